"""A measured study × its rule packs → the land intensity evaluation: land, indicators, scores and potential by zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Array, Text
from gisplan.assess.intensity_land import METHODS, Land, areas_by, land_of, land_table
from gisplan.assess.intensity_potential import potentials
from gisplan.assess.intensity_score import Scores, Tree, leaves, moved, ranks, scored, standardised, tree_of
from gisplan.assess.intensity_values import CHAIN, Value, values_of
from gisplan.assess.intensity_zones import Roles, benchmark_of, ideals_of, roles_of, terms_of, types_of
from gisplan.errors import GisplanError
from gisplan.measure import Survey
from gisplan.rules import Pack

#: Terms the evaluation works with.
TERMS = (
    "industry_led_industrial_above", "industry_led_residential_below", "main_area_weight", "development_area_weight",
)  # fmt: skip


@dataclass(frozen=True)
class Intensity:
    """The land intensity evaluation of a study.

    Attributes
    ----------
    as_of
        The day.
    pack
        Pack whose weights are used.
    indicators
        One row a zone and indicator (``intensity.csv``): value, numerator, denominator, ideal, standardised, weight and
        contribution (points of the area's score), flags, and the figure of other zones.
    scores
        One row a zone (``intensity_scores.csv``): goals and sub-goals 0–100, its own score, the total of main and
        development-direction area, rank, and between which ranks and totals it moves.
    land
        Both partitions (``intensity_land.csv``).
    potential
        ``potential.csv``.
    sorted_land
        The partitions as they were made.
    unread
        Words of zones for area roles and types that are none, by column.
    """

    as_of: dt.date
    pack: Pack
    indicators: pd.DataFrame
    scores: pd.DataFrame
    land: pd.DataFrame
    potential: pd.DataFrame
    sorted_land: Land
    unread: Mapping[str, Text]

    @property
    def parcels(self) -> pd.DataFrame:
        """Codes of the parcels by construction and supply state, and what told them; indexed like the parcels."""
        codes, frame = self.sorted_land.codes, self.sorted_land.survey.pieces["parcels"].frame
        columns = {
            "land_build": codes.build,
            "land_build_from": codes.build_from,
            "land_supply": codes.supply,
            "land_supply_from": codes.supply_from,
        }
        return pd.DataFrame(columns, index=frame.index)


def scoring_pack(packs: Sequence[Pack]) -> Pack | None:
    """Pack whose weights make a zone's score: the last that has a table ``zone``; None where there is none."""
    return next((p for p in reversed(packs) if any(w.id == "zone" for w in p.weights)), None)


def assess_intensity(
    survey: Survey, packs: Sequence[Pack], idle: pd.DataFrame | None, *, as_of: dt.date
) -> Intensity | None:
    """Evaluate the land intensity of all zones; None where no pack has weights for it.

    Parameters
    ----------
    survey
        The measured study.
    packs
        The plan's rule packs.
    idle
        Idle-land register of the day, indexed like the parcels; None without one.
    as_of
        The day.

    Raises
    ------
    GisplanError
        There are no parcels, no such set of weights, or terms are missing.
    BooksError
        The three rates do not multiply to the built share.
    """
    pack = scoring_pack(packs)
    if pack is None:
        return None
    if survey.parcels is None:
        raise GisplanError("The land intensity evaluation needs [layers.parcels]. Add it, or take the pack from rules.")
    options, zones = survey.plan.intensity, survey.layers.zones
    terms = terms_of(packs, *TERMS)
    tree = tree_of(pack.weights, options.weights)
    roles = roles_of(zones)
    ideals = ideals_of(packs, zones, options.ideals)
    condition = next((tuple(lv.needs) for p in reversed(packs) for lv in p.levels if lv.list == "supply_condition"), ())
    own = "ledger" if survey.plan.plan.area_basis == "ledger" else survey.plan.plan.area
    areas = areas_by(survey, own)
    if areas is None:
        raise GisplanError("The land intensity evaluation by ledger area needs ledger areas, and no parcel has one.")
    land = land_of(survey, areas, as_of=as_of, condition=condition, options=options)
    values = values_of(land, idle)
    judge = _Judge(tree, roles, ideals, land.areas.zone, options.renormalise, _area_weights(terms))
    near = judge.near(values)
    result = judge.scores(near)
    kind, source, unread = types_of(zones, land.of("A"), land.of("A2"), land.of("A1"), terms=terms)
    total = judge.total(result)
    others = [judge.total(judge.scores(near, other)) for other in moved(tree)]
    by_method: dict[str, Array] = {}
    for method in METHODS:
        areas = areas_by(survey, method)
        if method == own:
            by_method[method] = total
        elif areas is not None:
            by_method[method] = judge.total(judge.scores(judge.near(values_of(land.by(areas), idle))))
    lacking = _missing(judge, values)
    table = pd.DataFrame(
        {
            "zone_id": zones["zone_id"].to_numpy(dtype=object),
            "name": zones["name"].to_numpy(dtype=object),
            "area_role": roles.role,
            "main_area": [None if u < 0 else zones["zone_id"].iloc[u] for u in roles.unit],
            "type": kind,
            "type_from": source,
            **{name: score for name, score in result.tables.items() if name != "zone"},
            "area_score": result.tables["zone"],
            "total": total,
            "rank": ranks(total),
            **_ranges(total, [*others, *by_method.values()]),
            **{f"total_{name}": score for name, score in by_method.items()},
            "built_share": _product(values),
            "missing": lacking,
            "flags": _score_flags(survey, result, judge, values, pack=pack, kind=kind, lacking=lacking),
        }
    )
    for name in ("rank", "rank_low", "rank_high"):
        table[name] = table[name].astype("Int64")
    return Intensity(
        as_of,
        pack,
        _long(survey, roles, values, judge, result, packs),
        table,
        land_table(land),
        potentials(land, values, ideals, idle, as_of=as_of, years=options.supply_years),
        land,
        {"area_role": roles.unread, "zone_type": unread},
    )


def _area_weights(terms: Mapping[str, object]) -> tuple[float, float]:
    main, development = (getattr(terms[n], "value", 0.0) for n in TERMS[2:])
    if abs(main + development - 1) > 1e-6 or min(main, development) < 0:
        raise GisplanError(
            f"main_area_weight {main:g} and development_area_weight {development:g} do not add up to 1. Mend the pack."
        )
    return main, development


@dataclass(frozen=True)
class _Judge:
    """Everything scores depend on but the values."""

    tree: Tree
    roles: Roles
    ideals: Mapping[str, tuple[Array, Text, Text]]
    area: Array
    renormalise: bool
    area_weights: tuple[float, float]

    def near(self, values: Mapping[str, Value]) -> dict[str, Array]:
        return {n: standardised(v.value, self.ideals[n][0], better=self.ideals[n][1]) for n, v in values.items()}

    @property
    def development_root(self) -> str:
        """Table from which a development-direction area is scored: its own where the set has one."""
        return "development" if "development" in self.tree else "zone"

    def root(self, i: int) -> str:
        return self.development_root if self.roles.role[i] == "development" else "zone"

    def scores(self, near: Mapping[str, Array], tree: Tree | None = None) -> Scores:
        """Scores of each area by itself, under the key ``zone`` whatever table they begin from."""
        tree, size = tree or self.tree, len(self.area)
        main = scored(tree, "zone", near, zones=size, renormalise=self.renormalise)
        if self.development_root == "zone":
            return main
        beside = scored(tree, self.development_root, near, zones=size, renormalise=self.renormalise)
        is_main, nothing = self.roles.role == "main", np.full(size, np.nan)
        tables = {
            t: np.where(is_main, main.tables.get(t, nothing), beside.tables.get(t, nothing))
            for t in dict.fromkeys([*main.tables, *beside.tables])
        }
        tables["zone"] = np.where(is_main, main.tables["zone"], beside.tables[self.development_root])
        weights = {
            p: np.where(is_main, main.weights.get(p, nothing), beside.weights.get(p, nothing))
            for p in dict.fromkeys([*main.weights, *beside.weights])
        }
        return Scores(tables, weights)

    def total(self, scores: Scores) -> Array:
        """Score of main and development-direction area together, at the main area; an area of neither has none."""
        own, unit, role = scores.tables["zone"], self.roles.unit, self.roles.role
        out = np.where(role == "main", own, np.nan)
        first, second = self.area_weights
        # Only main areas that have a development-direction area are more than themselves.
        develops = role == "development"
        for i in np.intersect1d(unit[develops], np.flatnonzero(role == "main")):
            beside = np.flatnonzero((unit == i) & develops)
            if self.renormalise:
                beside = beside[~np.isnan(own[beside])]
            if len(beside):
                # Several development-direction areas count by their land.
                out[i] = first * own[i] + second * np.average(own[beside], weights=self.area[beside])
        return out


def _ranges(total: Array, others: Sequence[Array]) -> dict[str, Array]:
    """Lowest and highest number of a zone's rank, and its lowest and highest total, over all ways to judge."""
    every = np.array([total, *others])
    place = np.array([ranks(t) for t in every])
    known = ~np.isnan(every).all(axis=0)
    out = {}
    for name, table in (("rank", place), ("total", every)):
        filled = np.where(known, table, 0.0)
        out[f"{name}_low"] = np.where(known, np.nanmin(filled, axis=0), np.nan)
        out[f"{name}_high"] = np.where(known, np.nanmax(filled, axis=0), np.nan)
    return out


def _product(values: Mapping[str, Value]) -> Array:
    return np.asarray(np.prod([values[n].value for n in CHAIN], axis=0))


def _why(name: str, values: Mapping[str, Value], i: int) -> str:
    """Why a part of a score is not there for a zone."""
    if name not in values:
        return "OPEN"
    if np.isnan(values[name].value[i]):
        return values[name].flag(i).split(";")[0]
    return "NO_IDEAL"


def _missing(judge: _Judge, values: Mapping[str, Value]) -> list[str]:
    near, out = judge.near(values), []
    for i in range(len(judge.area)):
        lacks = [
            f"{part} ({_why(part, values, i)})"
            for _, part, weight in leaves(judge.tree, judge.root(i))
            if weight > 0 and (part not in near or np.isnan(near[part][i]))
        ]
        out.append("; ".join(lacks))
    return out


def _score_flags(
    survey: Survey,
    scores: Scores,
    judge: _Judge,
    values: Mapping[str, Value],
    *,
    pack: Pack,
    kind: Text,
    lacking: Sequence[str],
) -> list[str]:
    unverified = any(not w.verified for w in pack.weights if w.set == survey.plan.intensity.weights)
    out = []
    for i in range(survey.zones):
        marks = ["UNVERIFIED"] if unverified else []
        if lacking[i]:
            marks.append("RENORMALISED" if not np.isnan(scores.tables["zone"][i]) else "MISSING")
        if judge.roles.unit[i] < 0:
            marks.append("NO_MAIN_AREA")
        if kind[i] in ("unknown", "other"):
            marks.append(f"TYPE_{kind[i].upper()}")
        weighed = [p for _, p, _ in leaves(judge.tree, judge.root(i)) if p in values]
        for mark in ("OVER_100", "PARTIAL"):
            if any(mark in values[p].flag(i).split(";") for p in weighed):
                marks.append(mark)
        out.append(";".join(marks))
    return out


def _long(
    survey: Survey, roles: Roles, values: Mapping[str, Value], judge: _Judge, scores: Scores, packs: Sequence[Pack]
) -> pd.DataFrame:
    zones, near, rows = survey.layers.zones, judge.near(values), []
    ids, names = (zones[c].to_numpy(dtype=object) for c in ("zone_id", "name"))
    words = vocabulary.intensity("indicators")
    beside = {name: benchmark_of(packs, name) for name in values}
    for i in range(survey.zones):
        for name, value in values.items():
            known = vocabulary.indicator(name)
            assert known is not None
            ideal, better, source = (part[i] for part in judge.ideals[name])
            weight = scores.weights[name][i] if name in scores.weights else 0.0
            other = beside[name]
            rows.append(
                {
                    "zone_id": ids[i],
                    "name": names[i],
                    "area_role": roles.role[i],
                    "indicator": name,
                    "label_zh": known.zh,
                    "label_en": known.en,
                    "unit": known.unit,
                    "value": value.value[i],
                    "numerator": value.numerator[i],
                    "denominator": value.denominator[i],
                    "known_share": value.known_share[i],
                    "formula_zh": words[name]["zh"],
                    "formula_en": words[name]["en"],
                    "ideal": ideal,
                    "better": better,
                    "ideal_from": source,
                    "standardised": near[name][i],
                    "weight": weight,
                    # What has no weight brings nothing, also where its value is missing.
                    "contribution": 0.0 if weight == 0 else 100 * weight * near[name][i],
                    "flags": value.flag(i),
                    "benchmark": np.nan if other is None else other[0],
                    "benchmark_of": None if other is None else str(other[1].title),
                }
            )
    return pd.DataFrame(rows)
