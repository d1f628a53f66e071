"""The projects of a study: figures and classes of every parcel, promises, inefficient land, and sums by zone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.clearing import clearing, is_promised
from gisplan.assess.findings import Things
from gisplan.assess.idle import Mask, Text, one_of
from gisplan.assess.inefficient import inefficient
from gisplan.assess.marks import joined, mapped
from gisplan.assess.project_control import CONTROL, Held, admission, allowed_area, allowing, bands, hold, overall, table
from gisplan.assess.project_figures import ProjectFigures, project_figures
from gisplan.assess.project_zones import project_zones
from gisplan.assess.whole import ZONE_FACTS, IdleLand
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.measure import Survey
from gisplan.rules import Pack

#: Columns of the parcels that conditions ask for.
_FACTS = tuple(c.column for c in vocabulary.conditions().values() if c.of == "parcel")

#: Flags that something is wrong with, and who can mend what.
_DOUBTS: Mapping[str, str] = {
    "NEGATIVE_AMOUNT": "Correct the register.",
    "OVER_100": "Check areas and their units.",
    "EDITION_NOT_READ": "Write GB/T 4754-2017, or another edition, in the register.",
    "PROMISE_DATES_CONTRADICT": "Check the dates against the written promise.",
    "PROMISE_UNDATED": "Enter the promised day of completion.",
}


#: Columns of the projects that say most on a map: classes without names or money.
SHOWN_OF_PROJECTS = ("project_far_class", "control_class", "promise_class", "inefficient_class")


@dataclass(frozen=True)
class ProjectLand:
    """The projects of a study.

    Attributes
    ----------
    parcels
        One row a parcel, indexed like ``parcels.csv``; rows of parcels that hold no project are empty.
    zones
        Sums by zone, and a row without an id for what lies outside.
    things
        The projects as rules see them.
    issues
        What of the register is not believed.
    """

    parcels: pd.DataFrame
    zones: pd.DataFrame
    things: Things
    issues: tuple[Issue, ...]


def assess_projects(
    survey: Survey, packs: Sequence[Pack], idle: IdleLand | None, *, as_of: dt.date | None
) -> ProjectLand | None:
    """Projects of a study on a day; None without parcels.

    Parameters
    ----------
    survey
        The measured study.
    packs
        The plan's rule packs; without any nothing has a class.
    idle
        The idle-land register on that day, None without one.
    as_of
        The day; without one no promise has a class.

    Returns
    -------
    ProjectLand
        Columns of ``parcels``: ``parcel_id, zone_id, name, land_class, area_m2, basis``, three columns each of
        `CONTROL` (value, limits, class), the figures that stand beside them, ``control_class`` (pass, fail, UNKNOWN,
        NO_RULE), ``allowed_area_m2, excess_area_m2``, ``admission_score, admission_lacks`` of what is not built,
        promise and inefficiency, ``findings, advice`` and ``flags``.
    """
    frame, known = survey.layers.frame("parcels"), survey.parcels
    figures = project_figures(survey, as_of=as_of)
    if frame is None or known is None or figures is None:
        return None
    things, edition_unread = _things(survey, figures)
    idle_class = None if idle is None else idle.parcels["idle_class"].to_numpy(dtype=object)
    among = _projects(survey)
    held = {name: hold(name, packs, things, as_of=as_of) for name in CONTROL}
    allowed, excess, at_most = allowed_area(figures.land, allowing(held, things))
    flags: dict[str, Mask] = {**figures.flags, "EDITION_NOT_READ": edition_unread, "ALLOWED_AT_MOST": at_most}
    out = pd.DataFrame(
        {
            "parcel_id": frame["parcel_id"].to_numpy(dtype=object),
            "zone_id": things.zone_ids,
            "name": frame["name"].to_numpy(dtype=object) if "name" in frame else None,
            "land_class": known.land_class,
            "area_m2": figures.land,
            "basis": figures.basis,
        }
    )
    out = pd.concat([out, table(held, things)], axis=1)
    for name, values in figures.values.items():
        if name not in CONTROL:
            out[name] = values
    out["bands"] = bands(packs, things, as_of=as_of)
    out["control_class"] = overall([held[name].number for name in CONTROL])
    out["allowed_area_m2"], out["excess_area_m2"] = allowed, excess
    scored = admission(packs, things, among & (figures.basis == "plan"), as_of=as_of)
    if scored is not None:
        out["admission_score"], out["admission_lacks"], out["admission_pack"] = scored
    if as_of is not None and is_promised(frame):
        cases, doubts = clearing(frame, as_of=as_of, idle_class=idle_class)
        out = pd.concat([out, cases.reset_index(drop=True)], axis=1)
        for name, where in doubts.items():
            flags[name] = flags[name] | where if name in flags else where
    reasons = inefficient(
        packs,
        things,
        state=known.state,
        idle_class=idle_class,
        built=figures.basis == "built",
        asked={"project_vacant_floor_share": figures.let},
        among=among,
        as_of=as_of,
    )
    if reasons is not None:
        out = pd.concat([out, reasons], axis=1)
    for name in ("has_land_cert", "has_building_cert"):
        if name in frame:
            out[name] = frame[name].to_numpy(dtype=object)
    out["findings"], out["advice"] = _findings(held, len(out))
    out["unverified"] = np.any([h.unverified for h in held.values()], axis=0)
    out["flags"] = _joined(flags, len(out))
    issues = tuple(_issues(out, flags))
    for name in out.columns[5:]:
        _blank(out, str(name), ~among)
    out.index = frame.index
    return ProjectLand(out, project_zones(survey, out, among), things, issues)


def _blank(out: pd.DataFrame, name: str, where: Mask) -> None:
    """Take away what stands in a column beside the projects."""
    if out[name].dtype == float:
        out.loc[where, name] = np.nan
    else:
        own = out[name].to_numpy(dtype=object, copy=True)
        own[where] = None
        out[name] = pd.Series(own, index=out.index, dtype=object)


def _things(survey: Survey, figures: ProjectFigures) -> tuple[Things, Mask]:
    """Projects as rules see them, and where the register names an edition of industry codes that is not known."""
    frame, known, plan = survey.layers.frame("parcels"), survey.parcels, survey.plan.layers.parcels
    assert frame is not None
    assert known is not None
    assert plan is not None
    zones, owner = survey.layers.zones, survey.pieces["parcels"].owner
    inside = owner >= 0
    own = {c: frame[c].to_numpy(dtype=object) for c in _FACTS if c in frame}

    def of_zone(name: str) -> Text:
        out = np.full(len(frame), None, dtype=object)
        out[inside] = zones[name].to_numpy(dtype=object)[owner[inside]]
        return out

    for name in ZONE_FACTS:
        if name in zones:
            own[name] = of_zone(name)
    if "land_grade" in frame:  # the parcel's own grade goes before its zone's
        said = frame["land_grade"].to_numpy(dtype=object)
        own["land_grade"] = np.where(pd.isna(said), own.get("land_grade", said), said)
    own["land_class"] = known.land_class
    system: Text = np.full(len(frame), plan.industry_system, dtype=object)
    unread = np.zeros(len(frame), dtype=bool)
    if "industry_edition" in frame:
        said = frame["industry_edition"].to_numpy(dtype=object)
        words = vocabulary.edition_words()
        read = mapped(said, lambda s: words.get(re.sub(r"[\s/\-_]", "", str(s)).casefold(), "unknown"), missing="")
        system = np.where(read == "", system, read)
        unread = read == "unknown"
    own["industry_system"] = system
    ids = frame["parcel_id"].to_numpy(dtype=object)
    facts = pd.DataFrame(own)
    return Things("project", ids, of_zone("zone_id"), figures.values, facts, plan.industry_system, figures.most), unread


def _projects(survey: Survey) -> Mask:
    """Parcels that can hold a project: for building, or of unknown use."""
    known = survey.parcels
    assert known is not None
    building = [c.id for c in vocabulary.land_classes().values() if c.building]
    unknown: Mask = pd.isna(known.land_class)
    return one_of(known.land_class, building) | unknown


def _findings(held: Mapping[str, Held], size: int) -> tuple[Text, Text]:
    """Codes of the limits that fail, and what they advise, each joined by a semicolon."""
    failing = [(code, words, where) for of in held.values() for code, (where, words) in of.findings.items()]
    codes = joined([(code, where) for code, _, where in failing], size, by="; ")
    return codes, joined([(words, where) for _, words, where in failing], size, by="; ")


def _joined(flags: Mapping[str, Mask], size: int) -> Text:
    """Names of a parcel's flags in the order of the vocabulary, joined by a semicolon."""
    return joined([(name, flags[name]) for name in vocabulary.projects()["flags"] if name in flags], size)


def _issues(out: pd.DataFrame, flags: Mapping[str, Mask]) -> list[Issue]:
    """Say what of the register is not believed; the figure is missing then, and its class not known."""
    issues = []
    for name, remedy in _DOUBTS.items():
        rows = np.flatnonzero(flags[name]) if name in flags else np.zeros(0, dtype=int)
        if len(rows):
            ids = [str(i) for i in out["parcel_id"].iloc[rows]]
            words = vocabulary.projects()["flags"][name]["en"]
            message = f"{counted(len(rows), 'parcel')}: {words}: {first_ids(ids)}."
            issues.append(Issue(f"PROJECT_{name}", "warning", "parcels", len(rows), message, remedy, features=ids))
    return issues
