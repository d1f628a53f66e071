"""Control indicators of the projects on parcels (工业项目建设用地控制指标): what is built, or what is planned.

Formulas
--------
Plot ratio: counted floor area ÷ land, where storeys above 8 m count twice. Building coefficient: (footprint +
structures + yards) ÷ land. Office and living share: their land ÷ land, else their floor area ÷ floor area. Green rate:
green land ÷ land. Intensities: fixed investment, yearly output and yearly tax ÷ land. Land is by the plan's area basis.

A completed project is measured as built, one that is not completed by its declared plan (promised investment, floor
area …): half a factory says nothing of the project. What is not known is missing; where only the least value is known
(yards that nobody counted, storeys of unknown height), the most it can be stands beside it.

Source
------
Definitions as in the public reprints that the rule packs name; the register gives one year's output and tax, where the
definition of 2004 means the mean of three.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gisplan import vocabulary
from gisplan.assess.idle import DATES, Array, Mask, Text, is_life
from gisplan.assess.marks import mapped
from gisplan.geometry import sum_by
from gisplan.measure import Survey
from gisplan.measure.dates import days
from gisplan.measure.idle_buildings import leased_share, leases_doubted, to_let
from gisplan.measure.levelling import planned_slope
from gisplan.measure.survey import FLOOR_SOURCES, column
from gisplan.measure.terrain import natural_slope
from gisplan.measure.yards import yards_of

#: A part may be this much more than the whole it is a part of: areas of register and drawing are never the same.
_OVER = 1.05

#: Rounding of heights, so that 24 m on 3 floors are three storeys of 8 m, none of them higher.
_EPS = 1e-9

#: Columns of the register that cannot be negative.
_AMOUNTS = (
    "investment_wan", "investment_promised_wan", "output_wan", "output_promised_wan", "tax_wan", "tax_promised_wan",
    "structure_area_m2", "yard_area_m2", "occupied_area_m2", "occupied_promised_m2", "admin_land_m2",
    "admin_floor_area_m2", "green_land_m2", "vacant_floor_area_m2", "floor_area_promised_m2", "far_limit",
    "land_value_wan", "improvement_value_wan",
)  # fmt: skip


@dataclass(frozen=True)
class ProjectFigures:
    """Figures of the project on each parcel; all arrays have the shape (parcels,).

    Attributes
    ----------
    values
        By indicator, in its unit; NaN where missing. An indicator of which nothing is known of any parcel is not there.
    most
        The most a value can be where ``values`` holds the least.
    flags
        By flag of ``projects.toml``, where it holds.
    land
        m²; NaN where not known.
    basis
        ``built`` or ``plan``.
    let
        Whether something on the parcel is let by the floor, or its vacant floor area is registered.
    """

    values: Mapping[str, Array]
    most: Mapping[str, Array]
    flags: Mapping[str, Mask]
    land: Array
    basis: Text
    let: Mask


def counted_floor_area(
    floor_area: Array, *, floors: Array, height: Array, storey_height: Array, over: float
) -> tuple[Array, Array]:
    """Floor area as limits count it, high storeys twice, and the most it can be.

    Parameters
    ----------
    floor_area
        m² of each building.
    floors, height, storey_height
        Number, m and m; NaN where not known.
    over
        Storeys higher than this (m) count twice; one of just this height does not.

    Returns
    -------
    tuple
        m² counted and the most it can be. A storey height counts for all storeys; without one a single storey is as
        high as the building. Several storeys of unknown height count once, but as many of them may be high as fit into
        the building's height; all where that is not known either.
    """
    storey = np.where(storey_height > 0, storey_height, np.nan)
    tall = np.where(height > 0, height, np.nan)
    levels = np.where(floors > 0, floors, np.nan)
    storey = np.where(np.isnan(storey) & (levels <= 1), tall, storey)
    sure = ~np.isnan(storey)
    # k storeys above 8 m need more than 8 k metres.
    fits = np.where(np.isnan(tall), np.inf, np.maximum(0.0, np.ceil(tall / over - _EPS) - 1))
    share = np.minimum(1.0, np.where(fits == 0, 0.0, fits / np.where(np.isnan(levels), 1.0, levels)))
    high = sure & (storey > over + _EPS)
    return (
        np.where(high, 2.0, 1.0) * floor_area,
        np.where(sure, np.where(high, 2.0, 1.0), 1.0 + share) * floor_area,
    )


def project_figures(survey: Survey, *, as_of: dt.date | None) -> ProjectFigures | None:
    """Figures of the projects of a study on a day; None without parcels."""
    frame, known = survey.layers.frame("parcels"), survey.parcels
    if frame is None or known is None:
        return None
    ha, mu = vocabulary.units("area")["ha"], vocabulary.units("area")["mu"]
    size = len(frame)
    raw = {name: column(frame, name) for name in _AMOUNTS}
    told = {name: np.where(a < 0, np.nan, a) for name, a in raw.items()}
    yards = yards_of(survey)
    drawn = np.zeros(size, dtype=bool) if yards is None else yards.by_drawing
    if yards is not None:
        told["yard_area_m2"] = np.where(drawn, yards.area, told["yard_area_m2"])
    negative = np.any([a < 0 for a in raw.values()], axis=0)
    land = np.where(known.area > 0, known.area, np.nan)
    basis = _basis(survey, as_of)
    plan = basis == "plan"
    counted, counted_most, assumed = _counted(survey)
    occupied, occupied_most = _occupied(told, known.footprint)
    admin, admin_most, by_use = _admin_floor(survey, told["admin_floor_area_m2"])
    vacant, vacant_most, let, doubted = _vacant(survey, told["vacant_floor_area_m2"])

    def either(built: Array, planned: Array) -> Array:
        return np.where(plan, planned, built)

    investment = either(told["investment_wan"], told["investment_promised_wan"])
    output = either(told["output_wan"], told["output_promised_wan"])
    tax = either(told["tax_wan"], told["tax_promised_wan"])
    jobs = column(frame, "jobs")
    shares_over = np.zeros(size, dtype=bool)

    def share(some: Array, whole: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            made = np.where(whole > 0, some / whole, np.nan)
        np.logical_or(shares_over, made > _OVER, out=shares_over)
        return np.where(made > _OVER, np.nan, made)

    with np.errstate(divide="ignore", invalid="ignore"):
        by_land, by_floor = share(told["admin_land_m2"], land), share(admin, known.floor_area)
        coefficient = share(either(occupied, told["occupied_promised_m2"]), land)
        values = {
            "project_total_investment": told["investment_promised_wan"],
            "project_investment_intensity": investment / (land / ha),
            "project_output_intensity": output / (land / ha),
            "project_land_tax": tax / (land / ha),
            "project_tax_per_mu": tax / (land / mu),
            "project_far": either(counted, told["floor_area_promised_m2"]) / land,
            "project_far_physical": known.floor_area / land,
            "project_building_coefficient": coefficient,
            "project_building_density": known.footprint / land,
            "project_admin_share": np.where(np.isnan(by_land), by_floor, by_land),
            "project_admin_floor_share": by_floor,
            "project_green_rate": share(told["green_land_m2"], land),
            "project_vacant_floor_share": share(vacant, known.floor_area),
            "worker_area_m2": known.floor_area / np.where(jobs > 0, jobs, np.nan),
            "improvement_to_land_ratio": told["improvement_value_wan"]
            / np.where(told["land_value_wan"] > 0, told["land_value_wan"], np.nan),
        }
        admin_end = np.where(np.isnan(by_floor), np.nan, admin_most / known.floor_area)
        most = {
            "project_far": np.where(plan, values["project_far"], counted_most / land),
            "project_building_coefficient": np.where(plan, coefficient, occupied_most / land),
            "project_admin_share": np.where(np.isnan(by_land), admin_end, by_land),
            "project_admin_floor_share": admin_end,
            "project_vacant_floor_share": vacant_most / known.floor_area,
        }
    by_floor_area = np.isnan(by_land) & ~np.isnan(by_floor)
    flags = {
        "STOREY_HEIGHT_ASSUMED": assumed & ~plan & ~np.isnan(values["project_far"]),
        "COEFFICIENT_AT_LEAST": ~plan & ~np.isnan(coefficient) & (occupied_most > occupied),
        "YARDS_DRAWN": drawn & ~plan & (told["yard_area_m2"] > 0) & np.isnan(told["occupied_area_m2"]),
        "ADMIN_BY_FLOOR": by_floor_area,
        "ADMIN_BY_USE": by_use & ~np.isnan(by_floor),
        "NEGATIVE_AMOUNT": negative,
        "OVER_100": shares_over | doubted,
        "OVER_OWN_FAR_LIMIT": values["project_far_physical"] > told["far_limit"] * (1 + _EPS),
    }
    slopes = {"project_natural_slope": natural_slope(survey), "project_planned_slope": planned_slope(survey)}
    values |= {name: v for name, v in slopes.items() if v is not None}
    there = {name: v for name, v in values.items() if not np.isnan(v).all()}
    return ProjectFigures(there, {k: v for k, v in most.items() if k in there}, flags, land, basis, let)


def _basis(survey: Survey, as_of: dt.date | None) -> Text:
    """Whether each project is measured as built or by its declared plan.

    Completed by the day is built, and so is what stands on a parcel of whose life the register tells nothing. Without
    a day, any completion counts.
    """
    frame, known = survey.layers.frame("parcels"), survey.parcels
    assert frame is not None
    assert known is not None
    completed = days(frame, "completion_date")
    done = ~np.isnat(completed) if as_of is None else completed <= np.datetime64(as_of, "D")
    dated = np.zeros(len(frame), dtype=bool)
    for name in frame.columns:
        if is_life(str(name)) and name in DATES:
            dated |= frame[name].notna().to_numpy(dtype=bool)
    built = done | (~dated & (known.state == "built"))
    # Without a layer or register of buildings nothing says that nothing stands there.
    built |= ~dated & np.asarray([s is None for s in known.state], dtype=bool)
    return np.where(built, "built", "plan").astype(object)


def _on_parcels(survey: Survey, amount: Array) -> Array:
    """Sum an amount of the buildings by parcel, split where a border cuts them."""
    assert survey.buildings is not None
    assert survey.parcels is not None
    assert survey.buildings.on is not None
    parcel, building, share = survey.buildings.on
    return sum_by(parcel, share * amount[building], size=len(survey.parcels.area))


def _counted(survey: Survey) -> tuple[Array, Array, Mask]:
    """Counted floor area of each parcel, the most it can be, and whether storey heights had to be assumed."""
    known = survey.parcels
    assert known is not None
    if survey.buildings is None or survey.buildings.on is None:
        return known.floor_area, 2 * known.floor_area, known.floor_area > 0
    frame = survey.layers.layers["buildings"].frame
    storey = column(frame, "storey_height_m")
    assumed_m = survey.plan.assumptions.storey_height_m
    if assumed_m is not None:
        # Floor area that was made from storeys of an assumed height stands and falls with it.
        by_height = survey.buildings.source == FLOOR_SOURCES.index("height")
        storey = np.where(by_height & ~(storey > 0), assumed_m, storey)
    own = np.nan_to_num(survey.buildings.floor_area)
    counted, most = counted_floor_area(
        own,
        floors=column(frame, "floors"),
        height=column(frame, "height_m"),
        storey_height=storey,
        over=float(vocabulary.projects()["double_over_m"]),
    )
    extra, extra_most = _on_parcels(survey, counted - own), _on_parcels(survey, most - own)
    # Where the register's floor area stands for the buildings, how high their storeys are is not known of any.
    floor = known.floor_area
    sums = np.where(known.by_register, floor, floor + extra)
    ends = np.where(known.by_register, 2 * floor, floor + extra_most)
    return sums, ends, ends > sums


def _occupied(told: Mapping[str, Array], footprint: Array) -> tuple[Array, Array]:
    """Land under buildings, structures and yards, and the most it can be: infinite where a part is not known."""
    parts = footprint + np.nan_to_num(told["structure_area_m2"]) + np.nan_to_num(told["yard_area_m2"])
    whole = np.where(np.isnan(told["structure_area_m2"] + told["yard_area_m2"]), np.inf, parts)
    given = told["occupied_area_m2"]
    return np.where(np.isnan(given), parts, given), np.where(np.isnan(given), whole, given)


def _admin_floor(survey: Survey, given: Array) -> tuple[Array, Array, Mask]:
    """Office and living floor area of each parcel, the most it can be, and whether uses of buildings told it."""
    known = survey.parcels
    assert known is not None
    if survey.buildings is None or survey.buildings.on is None:
        return given, given, np.zeros(len(given), dtype=bool)
    frame = survey.layers.layers["buildings"].frame
    if "use" not in frame or not frame["use"].notna().any():
        return given, given, np.zeros(len(given), dtype=bool)
    words = {str(w).casefold() for w in vocabulary.projects()["admin_uses"]}
    said = frame["use"].notna().to_numpy(dtype=bool)
    office = mapped(frame["use"], lambda u: "office" if str(u).strip().casefold() in words else "") == "office"
    floor = np.nan_to_num(survey.buildings.floor_area)
    least = _on_parcels(survey, np.where(said & office, floor, 0.0))
    most = least + _on_parcels(survey, np.where(said, 0.0, floor))
    # Of a building without floor area nothing tells how much of the register's is offices.
    usable = np.isnan(given) & (known.unknown_count == 0)
    return (
        np.where(usable, least, given),
        np.where(usable, most, given),
        usable & (known.floor_area > 0),
    )


def _vacant(survey: Survey, given: Array) -> tuple[Array, Array, Mask, Mask]:
    """Vacant floor area, the most it can be, where something is let, and where a lease is not believed."""
    known = survey.parcels
    assert known is not None
    nothing = np.zeros(len(given), dtype=bool)
    if survey.buildings is None or survey.buildings.on is None:
        return given, given, ~np.isnan(given), nothing
    floor, let = np.nan_to_num(survey.buildings.floor_area), to_let(survey)
    vacant = floor * (1 - leased_share(survey))
    unknown = let & np.isnan(vacant)
    least = _on_parcels(survey, np.where(let & ~unknown, vacant, 0.0))
    whole = np.where(np.isnan(survey.buildings.floor_area), np.inf, floor)
    most = least + _on_parcels(survey, np.where(unknown, whole, 0.0))
    some = _on_parcels(survey, let.astype(float)) > 0
    use = np.isnan(given) & some
    doubted = _on_parcels(survey, leases_doubted(survey).astype(float)) > 0
    return (
        np.where(use, least, given),
        np.where(use, most, given),
        some | ~np.isnan(given),
        doubted,
    )
