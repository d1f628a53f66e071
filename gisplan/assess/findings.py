"""Values × limits → findings: what each rule says of each zone and each project, and how sure that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask, Text, one_of
from gisplan.rules import Limit, Pack, Where
from gisplan.rules.pack import Period, Span
from gisplan.vocabulary import Condition

#: Columns of ``findings.csv``.
COLUMNS = (
    "level", "id", "zone_id", "indicator", "value", "unit", "limit", "class", "severity", "pack", "rule", "clause",
    "source", "verified", "note", "finding", "advice",
)  # fmt: skip


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
    return pd.concat(blocks, ignore_index=True)[list(COLUMNS)]


def _judged(pack: Pack, limit: Limit, things: Things, as_of: dt.date | None) -> Iterator[pd.DataFrame]:
    """Rows of one limit; none where it is about other things."""
    known = vocabulary.indicator(limit.indicator)
    if known is None or known.level != things.level:
        return
    is_zone = things.level == "zone"
    outside = _outside(pack.in_force, limit.in_force, as_of)
    if outside or (limit.indicator not in things.values and not is_zone):
        word, note = outside or ("no_data", "not measured")
        rows = np.arange(len(things.ids)) if is_zone else np.array([-1])
        yield _table(pack, limit, things, rows, _same(word, len(rows)), _same(note, len(rows)))
        return
    kind, notes = held(limit, things)
    rows = np.arange(len(kind)) if is_zone else np.flatnonzero(kind != "not_applicable")
    yield _table(pack, limit, things, rows, kind[rows], notes[rows])


def held(limit: Limit, things: Things, applied: tuple[Mask, Mask, Text] | None = None) -> tuple[Text, Text]:
    """Class of each thing under a limit that is in force, and what leaves it open; see `findings`.

    ``applied`` is what `applying` gave for the limit's conditions, where that is known already.
    """
    applies, open_, notes = applying(limit.where, things) if applied is None else applied
    kind = np.full(len(things.ids), "not_applicable", dtype=object)
    kind[open_] = "no_data"
    rows = np.flatnonzero(applies & ~open_)
    values = things.values.get(limit.indicator)
    least = np.full(len(rows), np.nan) if values is None else values[rows]
    own = limit.judge(least)
    notes[rows[own == "no_data"]] = "not measured" if values is None else "no value"
    if limit.indicator in things.most:
        # The value lies anywhere between the least and the most; only where both come out alike is the class sure.
        unsure = limit.judge(np.where(np.isnan(least), np.nan, things.most[limit.indicator][rows])) != own
        own[unsure] = "no_data"
        notes[rows[unsure]] = "only its least value is known"
    kind[rows] = own
    return kind, notes


def in_force(pack: Pack, limit: Limit, as_of: dt.date | None) -> bool:
    """Whether a limit is known to be in force on a day."""
    return _outside(pack.in_force, limit.in_force, as_of) is None


def _outside(pack: Period, limit: Period, as_of: dt.date | None) -> tuple[str, str] | None:
    """Class and note of a limit that is not known to be in force; None where it is."""
    dated = [p for p in (pack, limit) if p != Period()]
    if dated and as_of is None:
        return "no_data", "the plan has no as_of"
    if as_of is not None and not all(p.holds(as_of) for p in dated):
        return "not_applicable", f"not in force on {as_of}"
    return None


def _same(word: str, size: int) -> Text:
    return np.full(size, word, dtype=object)


def _table(pack: Pack, limit: Limit, things: Things, rows: NDArray[np.int64], kind: Text, notes: Text) -> pd.DataFrame:
    values, real = np.full(len(rows), np.nan), rows >= 0
    if limit.indicator in things.values:
        values[real] = things.values[limit.indicator][rows[real]]
    fails = one_of(kind, ("below", "above"))
    return pd.DataFrame(
        {
            "level": things.level,
            "id": _at(things.ids, rows),
            "zone_id": _at(things.zone_ids, rows),
            "indicator": limit.indicator,
            "value": values,
            "unit": limit.unit,
            "limit": str(limit),
            "class": kind,
            "severity": limit.severity,
            "pack": pack.name,
            "rule": limit.id,
            "clause": limit.clause,
            "source": pack.source_of(limit),
            "verified": limit.verified,
            "note": notes,
            "finding": np.where(fails, limit.code, ""),
            "advice": np.where(fails, str(limit.advice), ""),
        }
    )


def _at(names: Text, rows: NDArray[np.int64]) -> Text:
    """Names of rows, None for the row −1, which stands for all of them."""
    out = np.full(len(rows), None, dtype=object)
    out[rows >= 0] = names[rows[rows >= 0]]
    return out


def applying(where: Where, things: Things) -> tuple[Mask, Mask, Text]:
    """Where conditions may hold, where that is open, and what leaves it open.

    A condition that fails settles the matter, whatever is not known of the others.
    """
    size = len(things.ids)
    fails, open_ = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    notes = np.full(size, "", dtype=object)
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
                notes[foreign & ~open_] = note
                lacks, open_ = lacks | foreign, open_ | foreign
            fails |= ~lacks & ~holds
        notes[lacks & ~open_] = f"{condition.en} not known"
        open_ |= lacks
    notes[fails] = ""
    return ~fails, open_ & ~fails, notes


def _foreign(where: Where, things: Things) -> tuple[Mask, str]:
    """Things whose industry code is of another edition than the conditions', or of one that nobody names."""
    own = "another edition, or one that is not named (industry_system)"
    if "industry_system" in things.facts:
        return (things.facts["industry_system"] != where.industry_system).to_numpy(dtype=bool), own
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
