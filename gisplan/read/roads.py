"""Roads: the file's own words for class and state → gisplan's; progress of works as shares; what is not in service."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import ColumnSource, Roads
from gisplan.read.layer import Clean

#: Class of a road whose own class is missing or unknown: it counts in totals only.
UNCLASSIFIED = "unclassified"

#: State of a road that counts in figures.
IN_SERVICE = "in_service"

#: Layer of the roads that do not count yet, or no more.
NOT_IN_SERVICE = "roads_not_in_service"


def read(layer: Clean, spec: Roads | None, sources: Mapping[str, ColumnSource]) -> tuple[Clean, list[Issue]]:
    """Give every road its class and state, and what is done of the works on it as shares."""
    layer, found = with_states_of_classes(layer, spec)
    layer, issues = classify(layer, spec)
    layer, told = with_states(layer, spec)
    layer, said = with_progress(layer, sources)
    return layer, [*found, *issues, *told, *said]


def _class_words(spec: Roads | None) -> dict[str, str]:
    words = {w.lower(): c.id for c in vocabulary.road_classes().values() for w in (c.id, *c.names)}
    return words | {w.lower(): name for name, listed in (spec.classes if spec else {}).items() for w in listed}


def _state_words(spec: Roads | None) -> dict[str, str]:
    words = {plain(w): s.id for s in vocabulary.road_states().values() for w in (s.id, *s.words)}
    return words | {plain(w): name for name, listed in (spec.statuses if spec else {}).items() for w in listed}


def with_states_of_classes(layer: Clean, spec: Roads | None) -> tuple[Clean, list[Issue]]:
    """Read a state where a road's class is the word for one, as OpenStreetMap writes ``highway=proposed``.

    Such a road has no class and, unless its own column says another, the state; what nobody has built yet would
    else count as a road.
    """
    frame = layer.frame
    if "road_class" not in frame:
        return layer, []
    classes, states = _class_words(spec), _state_words(spec)
    own = frame["road_class"]
    told = {w: states.get(plain(str(w))) for w in own.dropna().unique() if str(w).lower() not in classes}
    state = own.map(lambda w: None if w is None or pd.isna(w) or told.get(w) == IN_SERVICE else told.get(w))
    has = state.notna()
    if "status" in frame:
        has &= frame["status"].isna()
    if not has.any():
        return layer, []
    status = frame["status"].astype(object) if "status" in frame else pd.Series(None, index=frame.index, dtype=object)
    changed = frame.assign(road_class=own.astype(object).where(~has, None), status=status.where(~has, state))
    issue = Issue(
        "ROAD_STATE_FROM_CLASS",
        "note",
        "roads",
        int(has.sum()),
        f"The class of {counted(int(has.sum()), 'road')} is the word for a state, so they are not in use and count in "
        f"no figure: {first_ids(_tallied(own[has]), limit=20)}.",
        "Map the words in [layers.roads.classes] if they are classes.",
        "planner",
        features=frame["road_id"][has].tolist(),
    )
    return replace(layer, frame=changed), [issue]


def classify(layer: Clean, spec: Roads | None) -> tuple[Clean, list[Issue]]:
    """Give every road one of gisplan's classes, by the plan's table first, else by the usual words."""
    words = _class_words(spec)
    frame = layer.frame
    if "road_class" not in frame:
        return replace(layer, frame=frame.assign(road_class=UNCLASSIFIED)), []
    own = frame["road_class"]
    found = own.map(lambda w: UNCLASSIFIED if w is None else words.get(str(w).lower(), UNCLASSIFIED))
    issues = []
    unknown = own[(found == UNCLASSIFIED) & own.notna()]
    if len(unknown):
        issues.append(
            Issue(
                "ROAD_CLASS_UNKNOWN",
                "warning",
                "roads",
                len(unknown),
                f"{counted(len(unknown), 'road')} of classes gisplan does not know count in totals only: "
                f"{first_ids(_tallied(unknown), limit=20)}.",
                "Map them in [layers.roads.classes].",
                "planner",
                features=frame["road_id"][unknown.index].tolist(),
            )
        )
    return replace(layer, frame=frame.assign(road_class=found)), issues


def _tallied(words: pd.Series) -> list[str]:
    return [f"{word} ({n:,})" for word, n in words.astype(str).value_counts().sort_index().items()]


def plain(word: str) -> str:
    """Word of a register without case, width, and blanks, hyphens and underscores."""
    return re.sub(r"[\s_\-]+", "", unicodedata.normalize("NFKC", word)).casefold()


def with_states(layer: Clean, spec: Roads | None) -> tuple[Clean, list[Issue]]:
    """Give every road its state, by the plan's table first, else by the usual words.

    A road of which nothing tells the state, or a word that is not known, is drawn and so is taken to be there: it
    counts, and the word is told.
    """
    frame = layer.frame
    if "status" not in frame:
        return layer, []
    words = _state_words(spec)
    own = frame["status"]
    known = {w: words.get(plain(str(w))) for w in own.dropna().unique()}
    state = own.map(lambda w: IN_SERVICE if w is None or pd.isna(w) else known[w] or IN_SERVICE)
    unknown = own[own.map(lambda w: not (w is None or pd.isna(w)) and known[w] is None).astype(bool)]
    issues = []
    if len(unknown):
        issues.append(
            Issue(
                "ROAD_STATUS_UNKNOWN",
                "warning",
                "roads",
                len(unknown),
                f"{counted(len(unknown), 'road')} of states gisplan does not know count as in service: "
                f"{first_ids(_tallied(unknown), limit=20)}.",
                "Map them in [layers.roads.statuses], or choose the roads with where.",
                "planner",
                features=frame["road_id"][unknown.index].tolist(),
            )
        )
    return replace(layer, frame=frame.assign(state=state)), issues


def parted(layer: Clean) -> tuple[Clean, Clean | None]:
    """Part roads in service from those that are planned, under construction or gone; rejected ones stay with the first.

    The second is None where all are in service.
    """
    frame = layer.frame
    if "state" not in frame:
        return layer, None
    live = (frame["state"] == IN_SERVICE).to_numpy()
    if live.all():
        return replace(layer, frame=frame.drop(columns="state")), None
    coming = frame[~live].reset_index(drop=True)
    kept = frame[live].drop(columns="state").reset_index(drop=True)
    return replace(layer, frame=kept, records=layer.records - len(coming)), Clean(coming, 1, len(coming))


def progress_columns(frame: gpd.GeoDataFrame | pd.DataFrame) -> list[str]:
    """Canonical columns of a road layer that tell how much of some work is done, as far as they are there."""
    return [c.stored for c in vocabulary.columns("roads").values() if c.measure == "share" and c.stored in frame]


def with_progress(layer: Clean, sources: Mapping[str, ColumnSource]) -> tuple[Clean, list[Issue]]:
    """Turn progress into shares where the plan gives no unit, and leave out what is more than the whole.

    A column with some value above 1 is in percent; one without may be either only where all are 0 or 1, and is then
    taken for shares.
    """
    frame, issues, guessed = layer.frame.copy(), [], []
    for column in vocabulary.columns("roads").values():
        if column.measure != "share" or column.stored not in frame:
            continue
        values = frame[column.stored].astype(float)
        source = sources[column.name]
        percent = source.unit is None and bool((values > 1).any())
        if percent:
            between = values[(values > 0) & (values < 1)]
            guessed.append(
                f"{source.column} as percent"
                + (
                    f" (so {counted(len(between), 'value')} between 0 and 1 are below one percent)"
                    if len(between)
                    else ""
                )
            )
            values = values * vocabulary.units("share")["percent"]
        over = (values > 1 + 1e-9).to_numpy()
        frame[column.stored] = values.mask(over).clip(upper=1.0)
        if over.any():
            ids = frame["road_id"][over].astype(str).tolist()
            told = [f"{i} ({v:.0%})" for i, v in zip(ids, values[over], strict=True)]
            issues.append(
                Issue(
                    "ROAD_PROGRESS_OVER",
                    "warning",
                    "roads",
                    int(over.sum()),
                    f"{source.column} is more than 100 % in {counted(int(over.sum()), 'road')}, read as missing: "
                    f"{first_ids(told)}.",
                    'Correct the values, or give the unit: { column = "…", unit = "percent" }.',
                    features=ids,
                )
            )
    if guessed:
        issues.append(
            Issue(
                "ROAD_PROGRESS_UNIT",
                "note",
                "roads",
                len(guessed),
                f"Read, since some values are above 1: {'; '.join(guessed)}.",
                'Write unit = "share" or "percent" in the plan\'s columns if that is wrong.',
                "planner",
            )
        )
    return replace(layer, frame=frame), issues
