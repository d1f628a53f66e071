"""Public works: records of any kind of geometry, or of none → one clean layer a kind, in gisplan's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.geometry import repair
from gisplan.issues import Issue
from gisplan.plan import Plan, Works
from gisplan.read.layer import Clean, clean, ids_of, sized
from gisplan.read.raw import Raw

#: Layers that the works become, by the dimension of their shapes; those that only name a zone have none.
PARTS: Mapping[int, str] = {2: "works.areas", 1: "works.lines", 0: "works.points"}
LISTED = "works.listed"

#: A share of 1 may be written a rounding above.
_WHOLE = 1 + 1e-9


def parted(raw: Raw, spec: Works, crs: CRS, plan: Plan) -> tuple[dict[str, Clean], list[Issue]]:
    """Clean the works and part them by kind of geometry.

    A record without a usable shape stays if it names a zone (see `LISTED`); else it is rejected.

    Parameters
    ----------
    raw
        The works as read.
    spec
        Their table of the plan.
    crs
        The study's coordinate system.
    plan
        For the limit of repair and the way sizes are measured.

    Returns
    -------
    tuple
        Clean layers by name (see `PARTS`), each with ``record`` (number in the file), ``status`` and ``kind`` in
        gisplan's words or missing, and ``done_share`` (0–1, NaN where not known); and what was found.

    Raises
    ------
    LayerError
        No record has a usable shape or names a zone, or mending would change too much.
    """
    frame = raw.frame
    ids, issues = ids_of(frame, "work_id", layer="works")
    frame = frame.assign(work_id=ids, record=np.asarray(frame.index, dtype=np.int64))
    for column, kind in (("status", "statuses"), ("kind", "kinds")):
        frame[column], found = _in_words(frame, column, kind, getattr(spec, kind))
        issues += found
    said = raw.sources["percent"].column if "percent" in raw.sources else ""
    frame["done_share"], found = _shares(frame, spec, says_percent="%" in said or "％" in said)
    issues += found
    for column in ("budget_wan", "spent_wan"):
        if column in frame:
            owed = (frame[column] < 0).to_numpy()
            issues += _told(
                frame, owed, "WORK_MONEY_NEGATIVE", f"with a negative {column.removesuffix('_wan')}, read as missing",
                "Correct the amounts.", values=frame[column].to_numpy(dtype=float),
            )  # fmt: skip
            frame[column] = frame[column].mask(owed)
    shapes = np.asarray(frame.geometry.array)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    dimension = np.where(empty, -1, shapely.get_dimensions(shapes))
    usable = np.zeros(len(frame), dtype=bool)
    for d in PARTS:
        mine = dimension == d
        if mine.any():
            usable[mine] = ~shapely.is_missing(repair(shapes[mine], dimension=d).geometry)
    names_zone = frame["zone"].notna().to_numpy() if "zone" in frame else np.zeros(len(frame), dtype=bool)
    listed, lost = ~usable & names_zone, ~usable & ~names_zone
    out: dict[str, Clean] = {}
    for d, name in PARTS.items():
        # What cannot be used is told by the layer it belongs to, if that has anything else.
        mine = dimension == d if (usable & (dimension == d)).any() else np.zeros(len(frame), dtype=bool)
        mine &= ~listed
        if mine.any():
            part = replace(raw, frame=frame[mine], issues=[], lost=())
            layer, found = clean(
                part, crs, layer=name, dimension=d, id_column="work_id", repair_limit=plan.checks.repair_limit
            )
            issues += found
            out[name] = sized(layer, crs, plan.plan.area)
            lost &= ~mine
    issues += [*_placeless(frame, listed, lost)]
    if listed.any() or lost.any() or raw.lost:
        rest = frame[listed].reset_index(drop=True)
        rest = rest.set_geometry(rest.geometry.set_crs(crs, allow_override=True))
        rest[rest.geometry.name] = None
        if "zone" not in rest:
            rest = rest.assign(zone=None)
        gone = (*raw.lost, *(str(i) for i in frame["work_id"][lost]))
        out[LISTED] = Clean(rest, 0, len(rest) + len(gone), gone)
    if not any(len(layer.frame) for layer in out.values()):
        raise LayerError(
            f"{raw.place}: none of its {counted(len(frame), 'record')} has a usable geometry or names a zone. "
            "Give geometry, or map the column zone."
        )
    return out, [*raw.issues, *issues]


def _in_words(
    frame: pd.DataFrame, column: str, kind: str, own: Mapping[str, Sequence[str]]
) -> tuple[NDArray[np.object_], list[Issue]]:
    """Turn the file's words into gisplan's, by the plan's table first; None where a word is missing or unknown."""
    known = vocabulary.works(kind)
    words = {w.casefold(): name for name, entry in known.items() for w in (name, entry["zh"], *entry["words"])}
    words |= {w.casefold(): name for name, listed in own.items() for w in listed}
    told = list(frame[column]) if column in frame else [None] * len(frame)
    said = [str(v).strip() if not pd.isna(v) else "" for v in told]
    found = np.array([words.get(s.casefold()) for s in said] + [None], dtype=object)[:-1]
    lost = [i for i, s in enumerate(said) if s and found[i] is None]
    if not lost:
        return found, []
    ids = [str(frame["work_id"].iloc[i]) for i in lost]
    listed = [f"{w} ({said[i]})" for w, i in zip(ids, lost, strict=True)]
    what = "state" if column == "status" else "kind"
    return found, [
        Issue(
            f"WORK_{column.upper()}_UNKNOWN",
            "warning" if column == "status" else "note",
            "works",
            len(lost),
            f"{counted(len(lost), 'work')} of a {what} that gisplan does not know: {first_ids(listed)}.",
            f"Map the words in [layers.works.{kind}].",
            "planner",
            features=listed,
            ids=ids,
        )
    ]


def _shares(frame: pd.DataFrame, spec: Works, *, says_percent: bool) -> tuple[NDArray[np.float64], list[Issue]]:
    """Progress as a share, 0–1; NaN where it is not known, or is more than the whole.

    Numbers above 1 show that a column holds percent, fractions without any above 1 that it holds shares. Of ones
    among zeros nobody knows whether they are one percent or all.
    """
    if "percent" not in frame:
        return np.full(len(frame), np.nan), []
    given = frame["percent"].to_numpy(dtype=float)
    issues: list[Issue] = []
    has_above, has_fraction = bool((given > _WHOLE).any()), bool(((given > 0) & (given < 1)).any())
    written = spec.percent_as or ("percent" if says_percent or has_above else "share" if has_fraction else None)
    if written is None:
        unclear = given > 0
        share = np.where(unclear, np.nan, given)
        issues += _told(
            frame, unclear, "WORK_PERCENT_UNCLEAR",
            "with progress 1 and no other number that tells whether that is 1 % or all of it; not used",
            'Write percent_as = "percent" or percent_as = "share" in [layers.works].', who_planner=True,
        )  # fmt: skip
        return share, issues
    share = given / 100 if written == "percent" else given
    if spec.percent_as is None and not says_percent and has_above and has_fraction:
        issues += _told(
            frame, (given > 0) & (given < 1), "WORK_PERCENT_SMALL",
            "with progress below 1 among others in percent, read as less than one percent",
            'If they are shares, correct them; write percent_as = "percent" in [layers.works] if all is well.',
        )  # fmt: skip
    over = share > _WHOLE
    issues += _told(
        frame, over, "WORK_PERCENT_OVER", f"with progress above 100 % (read as {written}); not used",
        "Correct the progress.", values=given,
    )  # fmt: skip
    return np.where(over, np.nan, np.minimum(share, 1.0)), issues


def _told(
    frame: pd.DataFrame,
    rows: NDArray[np.bool_],
    code: str,
    what: str,
    remedy: str,
    *,
    values: NDArray[np.float64] | None = None,
    who_planner: bool = False,
) -> list[Issue]:
    if not rows.any():
        return []
    ids = [str(i) for i in frame["work_id"][rows]]
    told = ids if values is None else [f"{i} ({v:g})" for i, v in zip(ids, values[rows], strict=True)]
    message = f"{counted(len(ids), 'work')} {what}: {first_ids(told)}."
    issue = Issue(code, "warning", "works", len(ids), message, remedy, features=told, ids=ids)
    return [replace(issue, who="planner")] if who_planner else [issue]


def _placeless(frame: pd.DataFrame, listed: NDArray[np.bool_], lost: NDArray[np.bool_]) -> list[Issue]:
    """Works without a shape that can be used: those that count in the zone they name, and those that cannot."""
    cases = (
        ("WORK_WITHOUT_SHAPE", "note", listed, "without a usable shape, counted in the zone they name",
         "Draw them, so that it can be told whom they serve."),
        ("WORK_NOWHERE", "error", lost, "with neither a usable shape nor a zone, which count nowhere",
         "Draw them, or name their zone."),
    )  # fmt: skip
    out = []
    for code, severity, rows, what, remedy in cases:
        if rows.any():
            ids = [str(i) for i in frame["work_id"][rows]]
            message = f"{counted(len(ids), 'work')} {what}: {first_ids(ids)}."
            out.append(Issue(code, severity, "works", len(ids), message, remedy, features=ids))  # type: ignore[arg-type]
    return out
