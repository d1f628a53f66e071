"""Every fault that the folders of real data are known to have, and how gisplan reports it: the table is the test.

Each folder's README lists its known faults point by point. Each point stands here at least once: as an issue with its
count, as a figure, as something ``gisplan inspect`` shows, or as what nobody can know from the files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gisplan.plan import parse_plan
from gisplan.read.inspect import inspect
from gisplan.study import Result, evaluate

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not beside the checkout")

FT2 = 0.09290304

C, N, L = "cambridge_ma.gpkg", "mappluto_15v1_lower_manhattan.gpkg", "liechtenstein_osm_2013.gpkg"
P, V = "porto_alegre_osm.gpkg", "vologda_ru.gpkg"
CITY, LOTS, LAND, CENTRE, TOWN = (
    "cambridge_ma",
    "nyc_lower_manhattan",
    "liechtenstein",
    "porto_alegre_br",
    "vologda_ru",
)


# ------------------------------------------------------------------------------------------------ the studies


def lots(area: str, **more: Any) -> dict[str, Any]:
    return {
        "zones": {"from": "parcels", "by": "ZipCode"},
        "parcels": {
            "path": N,
            "columns": {
                "parcel_id": "BBL",
                "land_area": {"column": area, "unit": "ft2"},
                "floor_area": {"column": "BldgArea", "unit": "ft2"},
                **({"land_use": "LandUse"} if more else {}),
            },
            **more,
        },
    }


def country(where: str, **layers: Any) -> dict[str, Any]:
    zones = {"path": L, "layer": "admin_boundaries", "where": where, "columns": {"zone_id": "name"}}
    return {"zones": zones, **layers}


#: Folder, layers, and what else stands in [plan] and [checks].
STUDIES: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "cambridge": (
        CITY,
        {
            "zones": {"path": C, "layer": "neighborhoods", "columns": {"zone_id": "N_HOOD", "name": "NAME"}},
            "parcels": {
                "path": C,
                "layer": "parcels_fy2014",
                "duplicates": "merge",
                "columns": {"parcel_id": "ML"},
                "classes": {
                    "vacant": ["130"],
                    "residential": ["1*", "0*"],
                    "commerce": ["3*"],
                    "industrial": ["4*"],
                    "public": ["9*"],
                },
                "ledger": {
                    "path": "TaxFY14.csv",
                    "key": "ML",
                    "columns": {
                        "land_use": "UseCode",
                        "land_area": {"column": "LandArea", "unit": "ft2"},
                        "floor_area": {"column": "GrossArea", "unit": "ft2", "where": "UseCode <> '199'"},
                        # The same column without the condition, to see what it leaves out.
                        "footprint": {"column": "GrossArea", "unit": "ft2"},
                    },
                },
            },
            "road_surfaces": {"path": C, "layer": "road_surfaces"},
        },
        {},
        {},
    ),
    "lots": (
        LOTS,
        lots(
            "LotArea",
            classes={
                "residential": ["01", "02", "03"],
                "mixed": ["04"],
                "commerce": ["05"],
                "industrial": ["06"],
                "transport": ["07", "10"],
                "public": ["08"],
                "green": ["09"],
                "vacant": ["11"],
            },
        ),
        {"area_basis": "ledger"},
        {},
    ),
    "lots by shape": (LOTS, lots("SHAPE_Area"), {}, {"ledger_area_share": 0.01}),
    "municipalities": (
        LAND,
        country(
            "admin_level = '8' AND name IS NOT NULL",
            buildings={"path": L, "layer": "buildings"},
            roads={"path": L, "layer": "roads", "columns": {"road_class": "highway"}},
            services={"power": {"path": L, "layer": "power_lines"}},
        ),
        {"crs": "EPSG:32632", "area": "planar"},
        {},
    ),
    "all of level 8": (
        LAND,
        country("admin_level = '8'", buildings={"path": L, "layer": "buildings"}),
        {"crs": "EPSG:32632", "area": "planar"},
        {},
    ),
    "all levels": (
        LAND,
        country("admin_level IN ('2', '6', '8') AND name IS NOT NULL", buildings={"path": L, "layer": "buildings"}),
        {"crs": "EPSG:32632", "area": "planar"},
        {},
    ),
    "land use": (
        LAND,
        country("admin_level = '2'", parcels={"path": L, "layer": "landuse", "columns": {"parcel_id": "osm_id"}}),
        {"crs": "EPSG:32632", "area": "planar"},
        {},
    ),
    "centre": (
        CENTRE,
        {
            "zones": {"grid": 1000},
            "roads": {"path": P, "layer": "roads", "columns": {"road_class": "highway"}},
            "terrain": {"path": "poa_elevation.tif"},
        },
        {},
        {},
    ),
    "town": (
        TOWN,
        {
            "zones": {"path": V, "layer": "boundary"},
            "buildings": {"path": V, "layer": "buildings"},
            "roads": {"path": V, "layer": "roads"},
            "services": {"water": {"path": V, "layer": "water"}},
        },
        {"crs": "EPSG:32637", "area": "planar"},
        {},
    ),
}


@pytest.fixture(scope="module")
def study() -> Callable[[str], Result]:
    """A study's result by its name, each evaluated once."""

    @cache
    def result(name: str) -> Result:
        folder, layers, plan, checks = STUDIES[name]
        raw = {"plan": {"name": folder, **plan}, "checks": checks, "layers": layers}
        return evaluate(parse_plan(raw, folder=DATA / folder))

    return result


# ------------------------------------------------------------------------------------------------ ways to report


@dataclass(frozen=True)
class Told:
    """One issue of this code and layer: how many, a part of its message, and some of what it names."""

    study: str
    code: str
    layer: str
    count: int
    says: str = ""
    names: tuple[str, ...] = ()
    severity: str = "warning"

    def holds(self, study: Callable[[str], Result]) -> None:
        # Two columns made of one may tell the same twice.
        found = {
            i.message: i
            for i in study(self.study).issues
            if (i.code, i.layer) == (self.code, self.layer) and self.says in i.message
        }
        assert [(i.count, i.severity) for i in found.values()] == [(self.count, self.severity)]
        assert set(self.names) <= set(next(iter(found.values())).features)


@dataclass(frozen=True)
class Figure:
    """A figure of the results, rounded as the README has it."""

    study: str
    of: Callable[[Result], float]
    value: float
    digits: int = 0

    def holds(self, study: Callable[[str], Result]) -> None:
        assert round(float(self.of(study(self.study))), self.digits) == self.value


@dataclass(frozen=True)
class Inspected:
    """What ``gisplan inspect`` shows of a file's layers."""

    file: str
    of: Callable[[Mapping[str, Any]], Any]
    value: Any

    def holds(self, _: Callable[[str], Result]) -> None:
        assert self.of({look.name: look for look in inspect(DATA / self.file)}) == self.value


@dataclass(frozen=True)
class NotKnowable:
    """Nothing in the files tells it."""

    why: str

    def holds(self, _: Callable[[str], Result]) -> None:
        assert self.why


@dataclass(frozen=True)
class Fault:
    """A known fault: its folder, the words with which its point in the README begins, the fault, and its reports."""

    folder: str
    point: str
    words: str
    reports: tuple[Told | Figure | Inspected | NotKnowable, ...] = field(default=())


def book(layer: str, measure: str, entry: str, scale: float = 1.0) -> Callable[[Result], float]:
    """Entry of balance.csv."""
    return lambda r: r.balance.set_index(["layer", "measure"]).loc[(layer, measure), entry] / scale


def parcels_of(column: str, value: Any) -> Callable[[Result], float]:
    """Number of parcels with a value in parcels.csv."""
    return lambda r: int((r.parcels[column] == value).sum())


def plot_ratio(result: Result) -> float:
    rows = result.indicators.query("indicator == 'plot_ratio'")
    return float(rows["numerator"].sum() / rows["denominator"].sum())


def condominiums_m_ft2(result: Result) -> float:
    """What the rows with use code 199 hold, in millions of square feet."""
    parcels = result.parcels
    assert parcels is not None
    return float((parcels["register_footprint_m2"].sum() - parcels["register_floor_area_m2"].sum()) / FT2 / 1e6)


# ------------------------------------------------------------------------------------------------ the table

FAULTS = [
    # ---------------- Cambridge
    Fault(
        CITY,
        "37 parcels are invalid",
        "25 parcels cross themselves",
        (Told("cambridge", "INVALID_SELF_INTERSECTION", "parcels", 25),),
    ),
    Fault(
        CITY,
        "37 parcels are invalid",
        "12 parcels touch themselves",
        (Told("cambridge", "INVALID_RING_SELF_INTERSECTION", "parcels", 12),),
    ),
    Fault(
        CITY,
        "37 parcels are invalid",
        "all 37 are mended, with the change",
        (Told("cambridge", "GEOMETRY_REPAIRED", "parcels", 37, "3,619,703.69 m² before and 3,619,708.26 m² after"),),
    ),
    Fault(
        CITY,
        "37 parcels are invalid",
        "one parcel is empty",
        (
            Told("cambridge", "GEOMETRY_REJECTED", "parcels", 1, names=("238-80 (empty geometry)",), severity="error"),
            Figure("cambridge", book("parcels", "count", "rejected"), 1),
        ),
    ),
    Fault(
        CITY,
        "37 parcels are invalid",
        "12 road surfaces are invalid",
        (
            Told("cambridge", "INVALID_RING_SELF_INTERSECTION", "road_surfaces", 7),
            Told("cambridge", "INVALID_SELF_INTERSECTION", "road_surfaces", 5),
            Told("cambridge", "GEOMETRY_REPAIRED", "road_surfaces", 12),
        ),
    ),
    Fault(
        CITY,
        "One parcel has no `ML`",
        "one parcel without ML (#9736), and three whose ML is a mere dash",
        (Told("cambridge", "ID_MISSING", "parcels", 4, names=("#1685", "#2028", "#4614", "#9736")),),
    ),
    Fault(
        CITY,
        "One parcel has no `ML`",
        "80 parcels repeat an ML: 90 − 12 here, and two of the three dashes",
        (Told("cambridge", "ID_MERGED", "parcels", 12, "90 records share 12 parcel_ids"),),
    ),
    Fault(
        CITY,
        "One parcel has no `ML`",
        "134 records have no row, or 133 where no id is held to match no key; merged and without the empty one, 62",
        (Told("cambridge", "PARCEL_WITHOUT_LEDGER_ROW", "parcels", 62),),
    ),
    Fault(
        CITY,
        "One parcel has no `ML`",
        "50 rows of the table have no parcel",
        (
            Told("cambridge", "LEDGER_ROW_WITHOUT_PARCEL", "ledger", 46, "46 keys of TaxFY14.csv in 50 rows"),
            Told("cambridge", "LEDGER_KEY_MISSING", "ledger", 1, "line 19191"),
        ),
    ),
    Fault(
        CITY,
        "The table has one row per property",
        "14,506 rows repeat an ML: 16,671 − 2,165",
        (Told("cambridge", "LEDGER_ROWS_JOINED", "ledger", 2165, "16,671 rows of 2,165 parcels", severity="note"),),
    ),
    Fault(
        CITY,
        "The table has one row per property",
        "LandArea 0 of units adds nothing to the building's; where all rows have 0 it is unknown",
        (Told("cambridge", "LEDGER_AREA_ZERO", "parcels", 24),),
    ),
    Fault(
        CITY,
        "Summing `GrossArea`",
        "17.8 million square feet are counted twice; only the assessor's code tells, so the plan's where leaves them out",
        (Figure("cambridge", condominiums_m_ft2, 17.8, 1),),
    ),
    Fault(
        CITY,
        "One `GrossArea` is negative",
        "44-100 has -35616",
        (Told("cambridge", "NEGATIVE_VALUE", "parcels", 1, "44-100 (-35616)"),),
    ),
    Fault(
        CITY,
        "One `GrossArea` is negative",
        "370 rows of 0: in sum 313 parcels, 18 of them vacant land",
        (
            Told("cambridge", "SUSPECT_ZERO_FLOOR_AREA", "parcels", 295, severity="note"),
            Figure("cambridge", parcels_of("register_floor_area_m2", 0), 313),
        ),
    ),
    Fault(
        CITY,
        "One `GrossArea` is negative",
        "345 rows without a value: unknown, not 0, in 343 parcels beside the 62 without a row",
        (
            Figure("cambridge", lambda r: r.parcels["register_floor_area_m2"].isna().sum(), 343 + 62),
            Told("cambridge", "LEDGER_SUM_PARTIAL", "ledger", 2, "floor_area: 2 parcels", ("127-143", "169-12")),
        ),
    ),
    Fault(
        CITY,
        "One `GrossArea` is negative",
        "AYBYrBuilt is 0 in 770 rows, BldgStories is text",
        (NotKnowable("gisplan reads neither the year of a building nor its storeys from a register of parcels"),),
    ),
    Fault(
        CITY,
        "`LandArea` has noise",
        "noise such as 12478.9999752 is below the limit; a factor of 26 is not",
        (
            Told(
                "cambridge",
                "LEDGER_AREA_DIFFERS",
                "parcels",
                11485,
                names=("267.3-256 (2,049.3 measured, 79.0 ledger)",),
            ),
        ),
    ),
    Fault(
        CITY,
        "`UseCode` has leading zeros",
        "334 rows, of which 324 are the first of their parcel, keep them",
        (Figure("cambridge", lambda r: r.parcels["land_use"].dropna().str.startswith("0").sum(), 324),),
    ),
    Fault(
        CITY,
        "Parcels are of 2014",
        "layers of different years, and no footprints",
        (NotKnowable("no column and no file says of which year its layer is"),),
    ),
    # ---------------- Lower Manhattan
    Fault(LOTS, "10 lots have", "10 lots have LotArea 0", (Told("lots", "LEDGER_AREA_ZERO", "parcels", 10),)),
    Fault(
        LOTS,
        "10 lots have",
        "83 lots have BldgArea 0; 22 of them are of classes that carry buildings, or of none",
        (
            Told("lots by shape", "SUSPECT_ZERO_FLOOR_AREA", "parcels", 83, severity="note"),
            Told("lots", "SUSPECT_ZERO_FLOOR_AREA", "parcels", 22, severity="note"),
        ),
    ),
    Fault(
        LOTS,
        "10 lots have",
        "76 lots have YearBuilt 0",
        (NotKnowable("gisplan reads no year of building from a register of parcels"),),
    ),
    Fault(LOTS, "10 lots have", "17 lots without LandUse", (Told("lots", "LAND_USE_MISSING", "parcels", 17),)),
    Fault(
        LOTS,
        "10 lots have",
        "6 lots have ZipCode 0: they are a zone of their own",
        (Figure("lots", lambda r: r.zones.set_index("zone_id").loc["0", "parcel_count"], 6),),
    ),
    Fault(
        LOTS,
        "The drawn lots measure",
        "lots are cut at the shoreline: 8.27 by the drawing, 6.84 by the ledger",
        (
            Told(
                "lots",
                "LEDGER_AREA_DIFFERS",
                "parcels",
                929,
                '6.840 with area_basis = "ledger" (972 parcels), 8.268 with area_basis = "measured" (982 parcels)',
            ),
            Figure("lots", plot_ratio, 6.84, 2),
            Figure("lots by shape", plot_ratio, 8.27, 2),
            Figure("lots", book("parcels", "area_m2", "input", FT2 * 1e6), 19.2, 1),
        ),
    ),
    Fault(
        LOTS,
        "`SHAPE_Area` differs",
        "SHAPE_Area is more than 1 % off in 4 lots",
        (
            Told(
                "lots by shape",
                "LEDGER_AREA_DIFFERS",
                "parcels",
                4,
                "4 of 982 parcels differ by more than 1 m² and 1 %",
            ),
        ),
    ),
    Fault(
        LOTS,
        "One lot is invalid",
        "one lot touches itself",
        (
            Told("lots", "INVALID_RING_SELF_INTERSECTION", "parcels", 1),
            Told("lots", "GEOMETRY_REPAIRED", "parcels", 1),
        ),
    ),
    Fault(
        LOTS,
        "One lot is invalid",
        "all 982 lots have heights",
        (Told("lots", "HEIGHTS_UNUSED", "parcels", 982, severity="note"),),
    ),
    Fault(
        LOTS,
        "One row stands for",
        "a condominium complex in one row, names of columns cut to ten characters",
        (NotKnowable("a row does not say how many properties it stands for, nor a name what it was cut from"),),
    ),
    Fault(
        LOTS,
        "Areas are in square feet",
        "the layer is in feet and measured in metres; the unit of LotArea stands in the plan",
        (
            Told(
                "lots",
                "STUDY_CRS",
                "study",
                1,
                "NAD83 / New York Long Island (ftUS) is in US survey foot",
                severity="note",
            ),
        ),
    ),
    # ---------------- Liechtenstein
    Fault(
        LAND,
        "Four polygons at",
        "four polygons of level 8 without a name",
        (Told("all of level 8", "ID_MISSING", "zones", 4, names=("#1", "#2", "#4", "#5")),),
    ),
    Fault(
        LAND,
        "Four polygons at",
        "they draw 0.37 km² again",
        (Told("all of level 8", "OVERLAP", "zones", 4, "368,307.80 m² in all", severity="error"),),
    ),
    Fault(
        LAND,
        "Four polygons at",
        "levels lie over each other: the country over 2 + 11, the two of level 6 over 11",
        (Told("all levels", "OVERLAP", "zones", 24, severity="error"),),
    ),
    Fault(
        LAND,
        "The land-use map covers",
        "81.0 km² of land use, 8.7 of it drawn over each other, so 72.3",
        (
            Told("land use", "OVERLAP", "parcels", 81, "8,695,017.00 m² in all"),
            Figure("land use", book("parcels", "area_m2", "input", 1e6), 81.0, 1),
            Figure("land use", lambda r: r.zones["zone_area_m2"].sum() / 1e6, 160.4, 1),
        ),
    ),
    Fault(
        LAND,
        "The power lines run",
        "2.7 of 86.1 km of power lines lie inside",
        (
            Told(
                "municipalities", "OUTSIDE_ZONES", "services.power", 1, "83.4 of 86.1 km lie outside", severity="note"
            ),
            Figure("municipalities", book("services.power", "length_m", "inside", 1000), 2.7, 1),
        ),
    ),
    Fault(
        LAND,
        "The power lines run",
        "one of three has a voltage",
        (Inspected(f"{LAND}/{L}", lambda k: {f.name: f.missing for f in k["power_lines"].fields}["voltage"], 2),),
    ),
    Fault(
        LAND,
        "The power lines run",
        "867.1 of 966.9 km of roads lie inside, 0.15 of them under construction",
        (
            Told("municipalities", "OUTSIDE_ZONES", "roads", 91, "99.8 of 966.8 km lie outside", severity="note"),
            Figure("municipalities", book("roads", "length_m", "inside", 1000), 867.0, 1),
        ),
    ),
    Fault(
        LAND,
        "Buildings have neither",
        "no building has storeys or a height",
        (Told("municipalities", "FLOOR_AREA_UNKNOWN", "buildings", 3723),),
    ),
    Fault(
        LAND,
        "`roads` includes tracks",
        "paths are a class of their own: 1,147, and 13 bridleways and 5 pedestrian streets",
        (
            Figure(
                "municipalities",
                lambda r: (r.survey.layers.layers["roads"].frame["road_class"] == "path").sum(),
                1147 + 13 + 5,
            ),
            Told("municipalities", "ROAD_CLASS_UNKNOWN", "roads", 3, "road (3)"),
            Told("municipalities", "ROAD_STATE_FROM_CLASS", "roads", 3, "construction (3)", severity="note"),
        ),
    ),
    # ---------------- Porto Alegre
    Fault(
        CENTRE,
        "The raster is in degrees",
        "a cell is an arc second, not a metre",
        (
            Told(
                "centre",
                "TERRAIN_IN_DEGREES",
                "terrain",
                1,
                "a cell of 0.000278° × 0.000278° is 26.8 m × 30.9 m here",
                severity="note",
            ),
        ),
    ),
    Fault(
        CENTRE,
        "19,588 of 166,439",
        "19,588 cells of 0 and one of 255: missing or measured",
        (
            Told(
                "centre",
                "TERRAIN_SUSPECT_VALUES",
                "terrain",
                19589,
                "19,588 of 166,439 cells are 0 and 1 is 255, the greatest uint8 can hold",
            ),
        ),
    ),
    Fault(
        CENTRE,
        "There are almost no buildings",
        "19 buildings, and no layer of parcels",
        (
            Inspected(f"{CENTRE}/{P}", lambda k: k["buildings"].count, 19),
            Inspected(f"{CENTRE}/{P}", lambda k: [n for n in k if k[n].kind == "parcels"], []),
        ),
    ),
    Fault(
        CENTRE,
        "`roads` includes footways",
        "147 platforms count in totals only, 21 proposed and 16 unbuilt streets in none",
        (
            Told(
                "centre",
                "ROAD_CLASS_UNKNOWN",
                "roads",
                149,
                "platform (147), road (2)",
            ),
            Told(
                "centre",
                "ROAD_STATE_FROM_CLASS",
                "roads",
                37,
                "construction (16), proposed (21)",
                severity="note",
            ),
        ),
    ),
    # ---------------- Vologda
    Fault(
        TOWN,
        "The layers of one file",
        "buildings in metres, all other layers in degrees, and all brought together",
        (
            Inspected(
                f"{TOWN}/{V}",
                lambda k: [k[n].crs for n in ("buildings", "roads", "railways", "water", "boundary")],
                ["WGS 84 / UTM zone 37N (EPSG:32637)", *["WGS 84 (EPSG:4326)"] * 4],
            ),
            Figure("town", book("roads", "length_m", "input", 1000), 484, 0),
            Figure("town", book("buildings", "area_m2", "input"), 10_136_027, 0),
        ),
    ),
    Fault(
        TOWN,
        "`number_of_floors` is never missing",
        "floors were filled in",
        (NotKnowable("a floor that was guessed looks like one that was counted"),),
    ),
    Fault(
        TOWN,
        "2 buildings are drawn twice",
        "2 buildings are drawn twice",
        (Told("town", "SHAPE_DUPLICATE", "buildings", 2, names=("#25310 (drawn like #25293)",)),),
    ),
    Fault(
        TOWN,
        "2 buildings are drawn twice",
        "buildings overlap by 20,949 m²",
        (Told("town", "OVERLAP", "buildings", 47, "21,734.29 m² in all, so 20,949.26 m² too much is counted"),),
    ),
    Fault(
        TOWN,
        "2 buildings are drawn twice",
        "3 buildings lie outside the boundary",
        (
            Told(
                "town",
                "OUTSIDE_ZONES",
                "buildings",
                3,
                "3 of 25,324 records mostly in no zone",
                ("#15990", "#19778", "#19780"),
                "note",
            ),
        ),
    ),
    Fault(
        TOWN,
        "`water` mixes",
        "171 polygons and 50 lines in one layer",
        (
            Told("town", "GEOMETRY_REJECTED", "services.water", 50, "In all: is a LineString (50).", severity="error"),
            Inspected(
                f"{TOWN}/{V}",
                lambda k: k["water"].remarks,
                ("holds 171 polygons, 50 lines: a layer of a plan takes one kind",),
            ),
        ),
    ),
    Fault(
        TOWN,
        "`water` mixes",
        "roads have no class",
        (Inspected(f"{TOWN}/{V}", lambda k: k["roads"].fields, ()),),
    ),
    Fault(
        TOWN,
        "`water` mixes",
        "460 of 484 km of roads lie inside",
        (
            Told("town", "OUTSIDE_ZONES", "roads", 38, "24.4 of 484.2 km lie outside", severity="note"),
            Figure("town", book("roads", "length_m", "inside", 1000), 460, 0),
        ),
    ),
    Fault(
        TOWN,
        "There are no parcels",
        "no parcels, no zones, no utilities",
        (
            Inspected(
                f"{TOWN}/{V}", lambda k: sorted(k[n].kind for n in k if k[n].kind), ["buildings", "roads", "zones"]
            ),
        ),
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f"{f.folder}: {f.words}")
def test_a_known_fault_is_reported(fault: Fault, study: Callable[[str], Result]) -> None:
    assert fault.reports
    for report in fault.reports:
        report.holds(study)


@pytest.mark.parametrize("folder", [CITY, LOTS, LAND, CENTRE, TOWN])
def test_every_point_of_a_readme_stands_in_the_table(folder: str) -> None:
    text = (DATA / folder / "README.md").read_text(encoding="utf-8")
    points = re.findall(r"^- (.*)$", text[text.index("\nKnown faults") :], flags=re.MULTILINE)
    begun = {f.point for f in FAULTS if f.folder == folder}
    assert all(sum(p.startswith(b) for b in begun) == 1 for p in points)
    assert len(points) == len(begun)
