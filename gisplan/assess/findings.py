"""Values × limits → findings: what each rule says of each zone and each project, and how sure that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask, Text
from gisplan.assess.marks import Numbers
from gisplan.rules import Limit, Pack, Where
from gisplan.rules.pack import ABOVE, BELOW, JUDGED, NO_DATA, Period, Span
from gisplan.vocabulary import Condition

#: Columns of ``findings.csv``.
COLUMNS = (
    "level", "id", "zone_id", "indicator", "value", "unit", "limit", "class", "severity", "pack", "rule", "clause",
    "source", "verified", "note", "finding", "advice",
)  # fmt: skip


#: Classes of a finding; the place of a word is its number.
CLASSES = (*JUDGED, "not_applicable")
NOT_APPLICABLE = len(JUDGED)


@dataclass(frozen=True)
class Notes:
    """What leaves it open whether a limit applies, or what it says: a number for each thing, and the texts."""

    number: Numbers
    texts: tuple[str, ...]

    def put(self, where: NDArray[np.bool_] | NDArray[np.int64], text: str) -> Notes:
        """The same notes with a text in some places."""
        number = self.number.copy()
        number[where] = len(self.texts)
        return Notes(number, (*self.texts, text))


#: Where conditions may hold, where that is open, and what leaves it open.
Applied = tuple[Mask, Mask, Notes]


@dataclass(frozen=True)
class Things:
    """Zones, or the projects on parcels, with what rules ask about them.

    Attributes
    ----------
    level
        ``zone`` or ``project``.
    ids, zone_ids
        Id of each, and of the zone it lies in.
    values
        Values by indicator, NaN where missing; an indicator that is not there was not measured.
    facts
        What conditions are held against, by column; a column that is not there is not known. The column
        ``industry_system`` is the edition of each one's industry code.
    industry_system
        Edition of the industry codes of all, where the facts have no such column; None where the plan does not say.
    most
        The most a value can be where ``values`` holds the least, by indicator; infinite where nothing tells.
    """

    level: str
    ids: Text
    zone_ids: Text
    values: Mapping[str, Array]
    facts: pd.DataFrame
    industry_system: str | None = None
    most: Mapping[str, Array] = field(default_factory=dict)
    _factors: dict[str, tuple[NDArray[np.int64], pd.Series]] = field(default_factory=dict, repr=False, compare=False)
    _applied: dict[Where, Applied] = field(default_factory=dict, repr=False, compare=False)
    _held: dict[Limit, tuple[Numbers, Notes]] = field(default_factory=dict, repr=False, compare=False)

    def factor(self, column: str) -> tuple[NDArray[np.int64], pd.Series] | None:
        """Number of each one's word for a column (−1 where nothing is known), and the words; None without the column.

        Thousands of things share a few dozen words, so a condition is asked of each word once.
        """
        if column not in self.facts:
            return None
        if column not in self._factors:
            codes, words = pd.factorize(self.facts[column])
            self._factors[column] = codes.astype(np.int64), pd.Series(words)
        return self._factors[column]


def findings(packs: Sequence[Pack], things: Sequence[Things], *, as_of: dt.date | None) -> pd.DataFrame:
    """What every limit says of everything it is about.

    Parameters
    ----------
    packs
        Rule packs, in the order in which they are to be told.
    things
        Zones and projects.
    as_of
        Day the values are of; without one nothing tells whether a pack is in force, and dated packs give ``no_data``.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`. ``class`` is ``pass``, ``below`` or ``above`` the limit, ``no_data`` where the value is missing or
        nothing tells whether the limit applies, ``not_applicable`` where it does not. A zone has a row for every limit
        of zones; a project has one unless the limit does not apply to it. A limit of an indicator that was not measured
        has one row without an id, however many parcels there are. ``finding`` and ``advice`` are the rule's words for
        what fails, empty where it has none.
    """
    blocks = [
        block for pack in packs for limit in pack.limits for of in things for block in _judged(pack, limit, of, as_of)
    ]
    if not blocks:
        return pd.DataFrame(columns=list(COLUMNS))
    return _table(blocks)


@dataclass(frozen=True)
class _Block:
    """What one limit says: rows of the things (−1 for all of them), and class and note of each."""

    pack: Pack
    limit: Limit
    things: Things
    rows: NDArray[np.int64]
    kind: Numbers
    notes: Notes


def _judged(pack: Pack, limit: Limit, things: Things, as_of: dt.date | None) -> Iterator[_Block]:
    """What one limit says; nothing where it is about other things."""
    known = vocabulary.indicator(limit.indicator)
    if known is None or known.level != things.level:
        return
    is_zone = things.level == "zone"
    outside = _outside(pack.in_force, limit.in_force, as_of)
    if outside or (limit.indicator not in things.values and not is_zone):
        number, note = outside or (NO_DATA, "not measured")
        rows = np.arange(len(things.ids)) if is_zone else np.array([-1])
        same = np.full(len(rows), number, dtype=np.int8)
        yield _Block(pack, limit, things, rows, same, Notes(np.zeros(len(rows), dtype=np.int8), (note,)))
        return
    kind, notes = held(limit, things)
    rows = np.arange(len(kind)) if is_zone else np.flatnonzero(kind != NOT_APPLICABLE)
    yield _Block(pack, limit, things, rows, kind[rows], Notes(notes.number[rows], notes.texts))


def held(limit: Limit, things: Things) -> tuple[Numbers, Notes]:
    """Class of each thing under a limit that is in force, and what leaves it open; see `findings`."""
    if limit not in things._held:
        things._held[limit] = _held(limit, things)
    return things._held[limit]


def _held(limit: Limit, things: Things) -> tuple[Numbers, Notes]:
    applies, open_, notes = applying(limit.where, things)
    kind = np.full(len(things.ids), NOT_APPLICABLE, dtype=np.int8)
    kind[open_] = NO_DATA
    rows = np.flatnonzero(applies & ~open_)
    values = things.values.get(limit.indicator)
    least = np.full(len(rows), np.nan) if values is None else values[rows]
    own = limit.judge(least)
    notes = notes.put(rows[own == NO_DATA], "not measured" if values is None else "no value")
    if limit.indicator in things.most:
        # The value lies anywhere between the least and the most; only where both come out alike is the class sure.
        unsure = limit.judge(np.where(np.isnan(least), np.nan, things.most[limit.indicator][rows])) != own
        own[unsure] = NO_DATA
        notes = notes.put(rows[unsure], "only its least value is known")
    kind[rows] = own
    return kind, notes


def in_force(pack: Pack, limit: Limit, as_of: dt.date | None) -> bool:
    """Whether a limit is known to be in force on a day."""
    return _outside(pack.in_force, limit.in_force, as_of) is None


def _outside(pack: Period, limit: Period, as_of: dt.date | None) -> tuple[int, str] | None:
    """Class and note of a limit that is not known to be in force; None where it is."""
    dated = [p for p in (pack, limit) if p != Period()]
    if dated and as_of is None:
        return NO_DATA, "the plan has no as_of"
    if as_of is not None and not all(p.holds(as_of) for p in dated):
        return NOT_APPLICABLE, f"not in force on {as_of}"
    return None


def _table(blocks: Sequence[_Block]) -> pd.DataFrame:
    """Rows of all blocks: every word is made once, and handed out by number."""
    of = np.repeat(np.arange(len(blocks)), [len(b.rows) for b in blocks])
    kind = np.concatenate([b.kind for b in blocks])
    fails = (kind == BELOW) | (kind == ABOVE)

    def each(word: Callable[[_Block], object]) -> pd.api.extensions.ExtensionArray:
        return _words([str(word(b)) for b in blocks]).take(of)

    def at(names: Callable[[Things], Text]) -> pd.Series:
        words = {key: _words(names(things)) for key, things in {id(b.things): b.things for b in blocks}.items()}
        parts = [words[id(b.things)].take(b.rows, allow_fill=True) for b in blocks]
        return pd.concat([pd.Series(p) for p in parts], ignore_index=True)

    def failing(word: Callable[[_Block], object]) -> pd.api.extensions.ExtensionArray:
        # Word 0 is that of everything that does not fail.
        return _words(["", *(str(word(b)) for b in blocks)]).take(np.where(fails, of + 1, 0))

    first = np.cumsum([0, *(len(b.notes.texts) for b in blocks)])
    note = np.concatenate([first[i] + b.notes.number for i, b in enumerate(blocks)])
    return pd.DataFrame(
        {
            "level": each(lambda b: b.things.level),
            "id": at(lambda t: t.ids),
            "zone_id": at(lambda t: t.zone_ids),
            "indicator": each(lambda b: b.limit.indicator),
            "value": np.concatenate([_values(b) for b in blocks]),
            "unit": each(lambda b: b.limit.unit),
            "limit": each(lambda b: b.limit),
            "class": _words(CLASSES).take(kind),
            "severity": each(lambda b: b.limit.severity),
            "pack": each(lambda b: b.pack.name),
            "rule": each(lambda b: b.limit.id),
            "clause": each(lambda b: b.limit.clause),
            "source": each(lambda b: b.pack.source_of(b.limit)),
            "verified": np.array([b.limit.verified for b in blocks], dtype=bool)[of],
            "note": _words([t for b in blocks for t in b.notes.texts]).take(note),
            "finding": failing(lambda b: b.limit.code),
            "advice": failing(lambda b: b.limit.advice),
        }
    )[list(COLUMNS)]


def _words(words: Sequence[object] | Text) -> pd.api.extensions.ExtensionArray:
    return pd.array(words, dtype="str")


def _values(block: _Block) -> Array:
    """Values of a block's rows, missing for the row −1, which stands for all of them."""
    out, real = np.full(len(block.rows), np.nan), block.rows >= 0
    if block.limit.indicator in block.things.values:
        out[real] = block.things.values[block.limit.indicator][block.rows[real]]
    return out


def applying(where: Where, things: Things) -> Applied:
    """Where conditions may hold, where that is open, and what leaves it open.

    A condition that fails settles the matter, whatever is not known of the others. Limits share conditions, so what
    was found is kept with the things; do not change it.
    """
    if where not in things._applied:
        things._applied[where] = _applying(where, things)
    return things._applied[where]


def _applying(where: Where, things: Things) -> Applied:
    size = len(things.ids)
    fails, open_ = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    notes = Notes(np.zeros(size, dtype=np.int8), ("",))
    for key, wanted in where.given().items():
        condition = vocabulary.conditions()[key]
        said = things.factor(condition.column)
        if said is None:
            lacks = np.ones(size, dtype=bool)
        else:
            codes, words = said
            told = words.map(lambda v, c=condition: c.words.get(str(v).strip())) if condition.words else words
            known = told.notna().to_numpy(dtype=bool)
            right = np.zeros(len(told), dtype=bool)
            right[known] = _holds(condition, told[known], wanted)
            # Number −1, nothing known, is the last of the words here.
            lacks, holds = np.append(~known, True)[codes], np.append(right, False)[codes]
            if key == "industry":
                foreign, own = _foreign(where, things)
                note = f"industry codes are of {own}, the limit's of {where.industry_system}"
                notes = notes.put(foreign & ~open_, note)
                lacks, open_ = lacks | foreign, open_ | foreign
            fails |= ~lacks & ~holds
        notes = notes.put(lacks & ~open_, f"{condition.en} not known")
        open_ |= lacks
    return ~fails, open_ & ~fails, notes.put(fails, "")


def _foreign(where: Where, things: Things) -> tuple[Mask, str]:
    """Things whose industry code is of another edition than the conditions', or of one that nobody names."""
    own = "another edition, or one that is not named (industry_system)"
    if "industry_system" in things.facts:
        codes, words = things.factor("industry_system") or (np.zeros(0, dtype=np.int64), pd.Series(dtype=object))
        # Number −1, an edition that nobody names, is the last of the words here.
        return np.append(words.to_numpy(dtype=object) != where.industry_system, True)[codes], own
    return np.full(len(things.ids), things.industry_system != where.industry_system), things.industry_system or own


def _holds(condition: Condition, said: pd.Series, wanted: object) -> Mask:
    """Where what is known fulfils a condition."""
    if condition.kind == "class":
        out = said.isin(wanted)
    elif condition.kind == "codes":
        assert isinstance(wanted, tuple)
        text = said.astype(str).str.strip()
        always = condition.id == "industry"
        out = text.isin(wanted)
        for code in wanted:
            if always or code.endswith("*"):
                out |= text.str.startswith(code.removesuffix("*"))
    elif condition.kind == "range":
        assert isinstance(wanted, Span)
        out = said.astype(float).between(*wanted.ends)
    else:
        assert isinstance(wanted, Period)
        first, last = wanted.ends
        out = said.map(lambda d: first <= d <= last)
    return cast(Mask, out.to_numpy(dtype=bool))
