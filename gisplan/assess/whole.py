"""A measured study × its rule packs: the idle-land register, what it says of the data, and all findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.findings import Things, findings
from gisplan.assess.idle import AMOUNTS, DATES, TEXTS, classify
from gisplan.assess.marks import mapped
from gisplan.assess.register import idle_calendar, idle_register, idle_zones
from gisplan.assess.values import zone_values
from gisplan.errors import GisplanError, counted, first_ids, nearest
from gisplan.issues import Issue
from gisplan.measure import Survey
from gisplan.measure.dates import days
from gisplan.measure.survey import column
from gisplan.rules import IdleRule, Pack, idle_rule

#: Columns of the zones that conditions ask for.
ZONE_FACTS = tuple(c.column for c in vocabulary.conditions().values() if c.of == "zone")


@dataclass(frozen=True)
class IdleLand:
    """The idle-land register on a day.

    Attributes
    ----------
    as_of
        The day.
    rule
        The rule in force on it.
    parcels, zones, calendar
        See `gisplan.assess.register`.
    """

    as_of: dt.date
    rule: IdleRule
    parcels: pd.DataFrame
    zones: pd.DataFrame
    calendar: pd.DataFrame


def assess_idle(survey: Survey, packs: Sequence[Pack], *, as_of: dt.date) -> IdleLand | None:
    """Idle-land register of a study on a day; None where its parcels have no dates that tell a life.

    Raises
    ------
    GisplanError
        No idle-land rule, or more than one, is in force that day; its pack's own examples come out otherwise; or all of
        the register's dates are later.
    """
    frame = survey.layers.frame("parcels")
    rule = idle_rule(packs, as_of)
    require_examples(rule)
    parcels = idle_register(survey, as_of=as_of, rule=rule)
    if parcels is None or frame is None:
        return None
    told = np.concatenate([days(frame, name) for name in DATES])
    told = told[~np.isnat(told)]
    if len(told) and np.datetime64(as_of, "D") < told.min():
        raise GisplanError(
            f"parcels: idle land on {as_of} cannot be told: the register begins on {told.min()}. Give a later day."
        )
    prices = column(frame, "price_wan")
    calendar = idle_calendar(parcels, as_of=as_of, rule=rule, prices=np.where(prices >= 0, prices, np.nan))
    return IdleLand(as_of, rule, parcels, idle_zones(survey, parcels), calendar)


def require_examples(rule: IdleRule) -> None:
    """See that the cases worked by hand in a rule's pack come out as it says.

    Raises
    ------
    GisplanError
        One does not.
    """
    for number, example in enumerate(rule.pack.examples, start=1):
        if example.parcel is None or example.as_of is None:
            continue
        unknown = next((k for k in example.parcel if k not in (*DATES, *AMOUNTS, *TEXTS)), None)
        if unknown is not None:
            hint = nearest(unknown, (*DATES, *AMOUNTS, *TEXTS))
            raise GisplanError(f"{rule.pack.name}: example no. {number}: unknown column {unknown!r}; {hint}")
        got = classify(pd.DataFrame([example.parcel]), as_of=example.as_of, rule=rule)["idle_class"].iloc[0]
        if got != example.expect:
            raise GisplanError(
                f"{rule.pack.name}: example no. {number} is {got} on {example.as_of}, but {example.expect} is expected."
                " Mend the example or the terms."
            )


def idle_issues(idle: IdleLand) -> list[Issue]:
    """Say what of the register is contradictory, speaks against the drawing, or lacks what a class needs."""
    table = idle.parcels
    kind, doubt = table["idle_class"], table["doubt"].fillna("")
    # More invested than promised is common and no fault by itself, so it is told apart from the rest.
    over = doubt.str.contains("OVER_100").map({True: "OVER_100", False: ""})
    doubt = doubt.str.replace(r";?OVER_100", "", regex=True).str.removeprefix(";")
    missing = table["missing"].fillna("").where(kind == "UNKNOWN", "")
    cases = (
        ("IDLE_DATES_CONTRADICT", "warning", doubt.where(kind == "UNKNOWN", ""), "with dates that leave the class open",
         "Check the dates against contract and permit.", "doubts"),
        ("IDLE_DATA_DOUBTFUL", "note", doubt.where(kind != "UNKNOWN", ""), "with dates or amounts to be checked",
         "Check them against contract and site.", "doubts"),
        ("IDLE_OVER_100", "note", over, "with more than the whole",
         "Check units and totals.", "doubts"),
        ("IDLE_EVIDENCE_MISSING", "note", missing, "whose class cannot be told for lack of data",
         "Fill in the register.", "missing"),
        ("IDLE_DRAWING_DIFFERS", "warning", table["witness"].fillna(""), "where register and drawn buildings disagree",
         "Look at the site, and mend the register or the drawing.", "witness"),
    )  # fmt: skip
    out = []
    for code, severity, marks, what, remedy, words in cases:
        rows = np.flatnonzero(marks != "")
        if len(rows):
            ids = [str(i) for i in table["parcel_id"].iloc[rows]]
            said = mapped(marks.iloc[rows], partial(_told, words))
            listed = [f"{i} ({m})" for i, m in zip(ids, said, strict=True)]
            message = f"{counted(len(rows), 'parcel')} {what} on {idle.as_of}: {first_ids(listed)}."
            out.append(
                Issue(code, severity, "parcels", len(rows), message, remedy, features=listed, ids=ids)  # type: ignore[arg-type]
            )
    return out


def _told(kind: str, marks: str) -> str:
    words = vocabulary.idle_words(kind)
    return "; ".join(str(words[m]["en"]) for m in marks.split(";"))


def judge(
    survey: Survey,
    zones: pd.DataFrame,
    idle: IdleLand | None,
    packs: Sequence[Pack],
    *,
    projects: Things | None = None,
    intensity: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Findings of all packs on all zones and projects of a study.

    Parameters
    ----------
    survey
        The measured study.
    zones
        Its indicators by zone, as ``zones.csv``.
    idle
        Its idle-land register, None without one.
    packs
        The plan's rule packs.
    projects
        Its projects, None without parcels.
    intensity
        Its land intensity indicators, as ``intensity.csv``, None without them.
    """
    land = survey.layers.zones
    ids = land["zone_id"].to_numpy(dtype=object)
    facts = land[[c for c in ZONE_FACTS if c in land]].reset_index(drop=True)
    things = [Things("zone", ids, ids, zone_values(zones, None if idle is None else idle.zones, intensity), facts)]
    if projects is not None:
        things.append(projects)
    return findings(packs, things, as_of=survey.plan.plan.as_of)
