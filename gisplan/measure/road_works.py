"""Roads being made: what is under construction or planned, how far the works are, and the table of all roads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.measure.catalogue import Array, Figures, amount, indicator, part, ratio
from gisplan.measure.pieces import ROADS, SLIVER, Pieces
from gisplan.measure.survey import Survey, column
from gisplan.read.roads import IN_SERVICE, progress_columns

#: States of roads that are still to come.
COMING = ("building", "planned")


def _layers(survey: Survey) -> list[Pieces]:
    """Roads in service and the others, as far as there are any."""
    return [survey.pieces[name] for name in ROADS if name in survey.pieces]


def _state(pieces: Pieces) -> pd.Series:
    frame = pieces.frame
    return frame["state"] if "state" in frame else pd.Series(IN_SERVICE, index=frame.index, dtype=object)


def _coming(_: Survey) -> Mapping[str, Mapping[str, str]]:
    states = vocabulary.road_states()
    return {name: {"zh": states[name].zh, "en": states[name].en} for name in COMING}


@indicator(
    "road_coming_m_{state}",
    unit="m",
    group="roads",
    zh="{zh}道路长度",
    en="Roads: {en}",
    listed=["road_states"],
    members=_coming,
    formula_zh="分区内{zh}道路的长度",
    formula_en="Length of roads in the zone: {en}",
)
def road_coming(survey: Survey, name: str) -> Figures:
    """Length of roads that are under construction, or planned.

    Formula
    -------
    Σ length as drawn of the roads whose status says so, cut at the zone's border as road_length_m. They count in no
    other figure of roads but the progress of works.

    Zero
    ----
    No such road in the zone.

    Missing
    -------
    Not told of where no road says its status.

    Source
    ------
    gisplan's own convention.
    """
    length, count = np.zeros(survey.zones), np.zeros(survey.zones)
    for pieces in _layers(survey):
        mine = (_state(pieces) == name).to_numpy(dtype=bool)
        length += pieces.total(np.where(mine, pieces.size, 0.0))
        count += pieces.count(mine)
    return amount(length, n_used=count)


def _works(survey: Survey) -> Mapping[str, Mapping[str, str]]:
    """Works that roads tell the progress of."""
    columns = {c.stored: c for c in vocabulary.columns("roads").values()}
    told = {c for pieces in _layers(survey) for c in progress_columns(pieces.frame)}
    return {c.name.removesuffix("_done"): {"zh": c.zh, "en": c.en} for s, c in columns.items() if s in told}


@indicator(
    "road_progress_{work}",
    unit="share",
    group="roads",
    zh="{zh}完成率",
    en="{en} done",
    listed=["roads"],
    members=_works,
    formula_zh="Σ 道路长度 × {zh}完成比例 ÷ Σ 道路长度（填报完成比例的道路）",
    formula_en="Σ length × share done of {en} ÷ Σ length, of the roads that tell it",
)
def road_progress(survey: Survey, name: str) -> Figures:
    """Progress of one kind of works on roads.

    Formula
    -------
    Σ length × share done ÷ Σ length, as drawn, over all roads that give the share: in service, under construction and
    planned ones, but none that are gone.

    Zero
    ----
    The work has begun on no road of the zone.

    Missing
    -------
    No road of the zone tells it. Partial where some do not. Not told of where the layer has no such column.

    Source
    ------
    Length-weighted progress, as the parks' work plans report it (路基、路面、亮化、绿化).
    """
    stored = vocabulary.columns("roads")[f"{name}_done"].stored
    done, base, whole = (np.zeros(survey.zones) for _ in range(3))
    used, lacking = np.zeros(survey.zones), np.zeros(survey.zones)
    for pieces in _layers(survey):
        there = (_state(pieces) != "gone").to_numpy(dtype=bool)
        share, length = column(pieces.frame, stored), np.where(there, pieces.size, 0.0)
        known = ~np.isnan(share)
        done += pieces.total(length * np.where(known, share, 0.0))
        base += pieces.total(np.where(known, length, 0.0))
        whole += pieces.total(length)
        used += pieces.count(known & there)
        lacking += pieces.count(~known & there)
    return ratio(done, base, n_used=used, n_missing=lacking, known_share=part(base, whole))


def road_table(survey: Survey) -> pd.DataFrame | None:
    """One row a road and zone that it runs through, and one without a zone for what lies outside; None without roads.

    Returns
    -------
    pandas.DataFrame
        ``road_id, name, road_class, state, zone_id, length_m, width_m, is_lit, is_greened`` and the progress of works,
        as far as the layer has them. Zones in their order, roads in theirs.
    """
    if "roads" not in survey.pieces:
        return None
    blocks = [_rows(survey, pieces) for pieces in _layers(survey)]
    return pd.concat([b for b in blocks if len(b)], ignore_index=True)


def _rows(survey: Survey, pieces: Pieces) -> pd.DataFrame:
    frame = pieces.frame
    ids = survey.layers.zones["zone_id"].to_numpy(dtype=object)
    real = pieces.share > SLIVER
    out = np.flatnonzero(pieces.outside > SLIVER)
    road = np.concatenate([pieces.feature[real], out])
    zone = np.concatenate([pieces.zone[real], np.full(len(out), len(ids))])
    share: Array = np.concatenate([pieces.share[real], pieces.outside[out]])
    order = np.lexsort((zone, road))
    road, zone, share = road[order], zone[order], share[order]
    table = pd.DataFrame({"road_id": frame["road_id"].to_numpy(dtype=object)[road]})
    if "name" in frame:
        table["name"] = frame["name"].to_numpy(dtype=object)[road]
    table["road_class"] = frame["road_class"].to_numpy(dtype=object)[road]
    table["state"] = _state(pieces).to_numpy(dtype=object)[road]
    table["zone_id"] = np.concatenate([ids, np.array([None], dtype=object)])[zone]
    table["length_m"] = share * pieces.size[road]
    for name in ("width_m", "is_lit", "is_greened", *progress_columns(frame)):
        if name in frame:
            table[name] = frame[name].to_numpy()[road]
    return table
