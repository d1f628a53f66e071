"""Figures of the zones as formulas over their sums; of an indicator without a recipe here the value stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from gisplan.measure.economy import AMOUNTS
from gisplan.measure.land import INDUSTRIAL, classes_of
from gisplan.show.workbook.content import Content, labels, told
from gisplan.show.workbook.sums import Sums
from gisplan.show.workbook.table import Column, Table

#: Number formats by unit.
STYLES: Mapping[str, str] = {
    "share": "percent",
    "m²": "m2",
    "m": "m2",
    "n": "count",
    "1": "ratio",
    "floors": "ratio",
    "万元/ha": "money",
    "万元/mu": "money",
    "1/ha": "money",
    "km/km²": "ratio",
    "1/km²": "money",
    "1/year": "percent",
}


def zones_table(content: Content, sums: Sums, parcels: Table | None) -> Table:
    """One row a zone, one column an indicator."""
    zones = content.survey.layers.zones
    table = Table("zones", content.sheet("zones"), len(zones), prefix="v_")
    table.add(Column("zone_no", labels("zone_no"), np.arange(1, len(zones) + 1), style="count", width=6, name=True))
    table.add(Column("zone_id", labels("zone_id"), zones["zone_id"], "text", width=10, name=True))
    table.add(Column("name", labels("zone_name"), zones["name"], "text", width=22, name=True))
    table.add(Column("level", labels("level"), zones["level"], "text", width=10))
    recipes = dict(_recipes(content, sums, parcels))
    for measured in content.measured:
        # Of an indicator whose inputs are not there nothing can be worked out, whatever sums there are.
        lacking = measured.figures.note.startswith(("LAYER_MISSING", "INPUT_MISSING"))
        formula = None if lacking else recipes.get(measured.id)
        how = measured.formula if formula else _by_hand(measured.formula)
        table.add(
            Column(
                measured.id,
                measured.labels,
                measured.figures.value,
                formula=formula,
                unit=measured.unit,
                width=14,
                style=STYLES.get(measured.unit, "ratio"),
                told=how,
                source=measured.source,
                name=True,
            )
        )
    return table


def _by_hand(formula: Mapping[str, str]) -> Mapping[str, str]:
    """Text of a formula that gisplan itself has to work out."""
    why = told("measured")
    return {"zh": f"{formula['zh']}（{why['zh']}）", "en": f"{formula['en']} ({why['en']})"}


def _recipes(content: Content, sums: Sums, parcels: Table | None) -> Iterator[tuple[str, str]]:
    """Formulas by indicator; one that a study does not have is not asked for."""
    table = sums.table
    yield "zone_area_m2", sum_of("zone_area")
    if parcels is not None:
        yield from _land(content, table)
        counts = "+".join(f"COUNTIF({parcels.named('zone_no', i)},$A{{r}})" for i in range(len(parcels.parts)))
        yield "parcel_count", counts
        for amount in AMOUNTS:
            if f"of_{amount.column}" in table:
                top, land = f"of_{amount.column}", sum_of(f"land_{amount.column}")
                for name, unit in ((amount.id, 1e4), (f"{amount.id}_mu", "mu_m2")):
                    per = f"({land}/{unit if isinstance(unit, str) else '10000'})"
                    yield name, f'IF({land}>0,{sum_of(top)}/{per},"")'
        if "floor_jobs" in table:
            top = sum_of("floor_jobs")
            yield "jobs_capacity", f'IF(N(m2_per_job)>0,IF({top}="","",{top}/m2_per_job),"")'
        for service in content.survey.served:
            yield f"coverage_{service}", divided(f"served_{service}", "land")
    if "floor" in table:
        yield from _built(content, table, has_parcels=parcels is not None)


def sum_of(name: str) -> str:
    """Sum of the zone in whose row a formula stands; rows may have been sorted."""
    return f"INDEX(z_{name},$A{{r}})"


def divided(top: str, land: str) -> str:
    """One sum over another, empty over nothing and where the first is."""
    return f'IF(N({sum_of(land)})>0,IF({sum_of(top)}="","",{sum_of(top)}/{sum_of(land)}),"")'


def _added(names: list[str]) -> str:
    return "+".join(sum_of(n) for n in names)


def _land(content: Content, table: Table) -> Iterator[tuple[str, str]]:
    plain = sum_of("parcel_land")
    if "area_n" in table:
        plain = f'IF(AND({sum_of("area_n")}=0,{sum_of("area_lack")}>0),"",{plain})'
    yield "parcel_area_m2", plain
    known = sum_of("class_known")
    classes = [c for c in classes_of(content.survey) if f"class_{c}" in table]
    for name in classes:
        yield f"land_use_share_{name}", divided(f"class_{name}", "class_known")
    yield "industrial_land_share", f'IF({known}>0,({_added([f"class_{c}" for c in INDUSTRIAL])})/{known},"")'
    if len(classes) > 1:
        # A product with its own logarithm, 0 where there is nothing: ln 0 is never asked for.
        parts = "+".join(
            f"IF({sum_of(f'class_{c}')}>0,{sum_of(f'class_{c}')}/{known}*LN({sum_of(f'class_{c}')}/{known}),0)"
            for c in classes
        )
        yield "land_use_mix", f'IF({known}>0,-({parts})/LN({len(classes)}),"")'
    states = [f"state_{s}" for s in ("built", "formed", "vacant", "open")]
    for name, some, of in (
        ("built_land_share", states[:2], states),
        ("vacant_parcel_share", states[2:3], [states[0], states[2]]),
    ):
        whole = _added(of)
        yield name, f'IF(({whole})<least_land_m2,"",({_added(some)})/({whole}))'


def _built(content: Content, table: Table, *, has_parcels: bool) -> Iterator[tuple[str, str]]:
    floor, foot = sum_of("floor"), sum_of("foot")
    if content.survey.buildings is None:
        for name in ("floor", "foot"):
            missing = f"AND({sum_of(f'{name}_n')}=0,{sum_of(f'{name}_lack')}>0)"
            whole = "floor_area_m2" if name == "floor" else "footprint_m2"
            yield whole, f'IF({missing},"",{sum_of(name)})'
            if name == "floor":
                yield "plot_ratio_gross", f'IF({missing},"",{floor}/{sum_of("zone_area")})'
        yield "plot_ratio", divided("floor_on_land", "land_floor")
        yield "building_density", divided("foot_on_land", "land_foot")
        yield "industrial_plot_ratio", divided("floor_industry", "land_floor_industry")
        return
    yield "floor_area_m2", floor
    yield "footprint_m2", foot
    yield "plot_ratio_gross", divided("floor", "zone_area")
    yield "mean_floors", divided("floor", "foot_known")
    if not has_parcels:
        return
    on = "floor_on_land" if "floor_on_land" in table else "floor"
    under = "foot_on_land" if "foot_on_land" in table else "foot"
    land = sum_of("land")
    yield "plot_ratio", divided(on, "land")
    yield "building_density", divided(under, "land")
    yield "industrial_plot_ratio", divided("floor_industry", "land_industry")
    top = sum_of(on)
    yield "open_space_ratio", f'IF(AND({land}>0,N({top})>0),({land}-{sum_of(under)})/{top},"")'
