"""Values × limits → findings: what each rule says of each zone and each project, and how sure that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask, Text
from gisplan.rules import Ideal, Limit, Pack
from gisplan.rules.pack import Period, Span
from gisplan.vocabulary import Condition

#: Columns of ``findings.csv``.
COLUMNS = (
    "level", "id", "zone_id", "indicator", "value", "unit", "limit", "class", "severity", "pack", "rule", "clause",
    "source", "verified", "note",
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
        What conditions are held against, by column; a column that is not there is not known.
    industry_system
        Edition of the industry classification of the column ``industry``; None where the plan does not say.
    """

    level: str
    ids: Text
    zone_ids: Text
    values: Mapping[str, Array]
    facts: pd.DataFrame
    industry_system: str | None = None


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
        has one row without an id, however many parcels there are.
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
    values = things.values.get(limit.indicator)
    may_apply, open_, notes = applies(limit, things)
    kind = limit.judge(np.full(len(things.ids), np.nan) if values is None else values)
    unmeasured = "not measured" if values is None else "no value"
    notes[(kind == "no_data") & may_apply & ~open_] = unmeasured
    kind[open_] = "no_data"
    kind[~may_apply] = "not_applicable"
    rows = np.arange(len(kind)) if is_zone else np.flatnonzero(may_apply)
    yield _table(pack, limit, things, rows, kind[rows], notes[rows])


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
        }
    )


def _at(names: Text, rows: NDArray[np.int64]) -> Text:
    """Names of rows, None for the row −1, which stands for all of them."""
    out = np.full(len(rows), None, dtype=object)
    out[rows >= 0] = names[rows[rows >= 0]]
    return out


def applies(limit: Limit | Ideal, things: Things) -> tuple[Mask, Mask, Text]:
    """Where a limit or an ideal value may apply, where that is open, and what leaves it open.

    A condition that fails settles the matter, whatever is not known of the others.
    """
    size = len(things.ids)
    fails, open_ = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    notes = np.full(size, "", dtype=object)
    for key, wanted in limit.where.given().items():
        condition = vocabulary.conditions()[key]
        said = _said(condition, things)
        if key == "industry" and said is not None and things.industry_system != limit.where.industry_system:
            lacks = np.ones(size, dtype=bool)
            own = things.industry_system or "an edition the plan does not name (industry_system)"
            note = f"industry codes are of {own}, the limit's of {limit.where.industry_system}"
        else:
            lacks = np.ones(size, dtype=bool) if said is None else said.isna().to_numpy()
            note = f"{condition.en} not known"
            if said is not None:
                fails |= ~lacks & ~_holds(condition, said, wanted)
        notes[lacks & ~open_] = note
        open_ |= lacks
    notes[fails] = ""
    return ~fails, open_ & ~fails, notes


def _said(condition: Condition, things: Things) -> pd.Series | None:
    """What is known of a condition, in the words of rules; None where nothing is."""
    if condition.column not in things.facts:
        return None
    said = things.facts[condition.column].reset_index(drop=True)
    return said.map(lambda v: condition.words.get(str(v).strip())) if condition.words else said


def _holds(condition: Condition, said: pd.Series, wanted: object) -> Mask:
    """Where what is known fulfils a condition; False where nothing is known."""
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
        out = said.map(lambda d: not pd.isna(d) and first <= d <= last)
    return cast(Mask, out.to_numpy(dtype=bool))
