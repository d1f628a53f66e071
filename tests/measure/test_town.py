"""Every figure of the town against the pencil. The drawing, and what lies where, is in `town`."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import shapely
import town
from pyproj import CRS, Geod, Transformer

from gisplan import measure, vocabulary

NAN = math.nan
ZONES = ("Z1", "Z2", "Z3")
HA, KM2, MU = 10_000.0, 1e6, 2000 / 3


@dataclass(frozen=True)
class Pencil:
    """What one row of ``indicators.csv`` must hold."""

    value: float
    numerator: float = NAN
    denominator: float = NAN
    used: int = 0
    missing: int = 0
    known: float = 1.0
    flags: str = ""


def total(amount, used, *, missing=0, known=1.0, flags=""):
    """An amount: it is its own numerator and has no denominator."""
    return Pencil(amount, amount, NAN, used, missing, known, flags)


def quotient(top, bottom, used, *, missing=0, known=1.0, flags=""):
    """A ratio of sums; over nothing it is missing and says so."""
    if bottom == 0:
        return Pencil(NAN, top, bottom, used, missing, NAN, "DENOM_ZERO" + (f";{flags}" if flags else ""))
    return Pencil(top / bottom, top, bottom, used, missing, known, flags)


# ---------------------------------------------------------------- land

ZONE = {"Z1": 400 * 300, "Z2": 300 * 300, "Z3": 300 * 200}

# Z1: P1, P2, P3, P5, P6, P7 whole, P13 of 100 × 40, and 40 m of P4's 100 m. Z2: P8, P9, P12 whole, 60 m of
# P4, 50 m of P10.
LAND = {"Z1": 6 * 10_000 + 100 * 40 + 40 * 100, "Z2": 3 * 10_000 + 60 * 100 + 50 * 100, "Z3": 0}
PARCELS = {"Z1": 8, "Z2": 5, "Z3": 0}

# Class → area. P7's code 9999 is of no class, so Z1 has 10 000 m² of unknown class.
CLASSES = {
    "Z1": {
        "industrial": 10_000 + 4_000 + 10_000 + 4_000,  # P1, 40 % of P4, P5, P13
        "storage": 10_000,  # P2
        "residential": 10_000,  # P3
        "green": 10_000,  # P6
    },
    "Z2": {
        "industrial": 6_000 + 5_000,  # 60 % of P4, half of P10
        "commerce": 10_000,  # P8
        "vacant": 10_000,  # P9
        "water": 10_000,  # P12
    },
    "Z3": {},
}
OF_CLASS = {
    "Z1": {"used": 7, "missing": 1, "known": 58_000 / 68_000, "flags": "PARTIAL"},
    "Z2": {"used": 5},
    "Z3": {"used": 0},
}


def class_share(name):
    return {z: quotient(CLASSES[z].get(name, 0), sum(CLASSES[z].values()), **OF_CLASS[z]) for z in ZONES}


def mixture(zone):
    """−Σ p ln p ÷ ln 16: the 2023 code table rolls up to 16 classes (all of gisplan's 17 but `mixed`)."""
    land = sum(CLASSES[zone].values())
    if land == 0:
        return Pencil(NAN, NAN, math.log(16), 0, 0, NAN, "NO_DATA")
    entropy = -sum(a / land * math.log(a / land) for a in CLASSES[zone].values())
    return Pencil(entropy / math.log(16), entropy, math.log(16), **OF_CLASS[zone])


LAND_FIGURES = {
    "zone_area_m2": {z: total(ZONE[z], 1) for z in ZONES},
    # P4 has 60 % of itself in Z2. P10 is half in, half out: what is no less than the rest has it.
    "parcel_count": {"Z1": total(7, 7), "Z2": total(5, 5), "Z3": total(0, 0)},
    "parcel_area_m2": {"Z1": total(LAND["Z1"], 8), "Z2": total(LAND["Z2"], 5), "Z3": total(0, 0, known=NAN)},
    **{f"land_use_share_{name}": class_share(name) for name in vocabulary.land_classes() if name != "mixed"},
    "land_use_mix": {z: mixture(z) for z in ZONES},
    "industrial_land_share": {
        "Z1": quotient(28_000 + 10_000, 58_000, **OF_CLASS["Z1"]),
        "Z2": quotient(11_000, 41_000, **OF_CLASS["Z2"]),
        "Z3": quotient(0, 0, 0),
    },
    # Z1: all but P13, whose gatehouse covers 30 of 4 000 m², is built, or formed (P6, green).
    # Z2: P9 is vacant by its class, P12 is water; P4, P8 and P10 are built.
    "built_land_share": {
        "Z1": quotient(68_000 - 4_000, 68_000, 8),
        "Z2": quotient(6_000 + 10_000 + 5_000, 41_000, 5),
        "Z3": quotient(0, 0, 0),
    },
    "vacant_parcel_share": {
        "Z1": quotient(4_000, 68_000 - 10_000, 7),  # without P6, which is not meant for buildings
        "Z2": quotient(10_000, 41_000 - 10_000, 4),  # without P12
        "Z3": quotient(0, 0, 0),
    },
}

# ---------------------------------------------------------------- buildings

# B1 its own 5 000; B2 50 × 50 × 2 floors; B3 30 × 30 × 4, 13.9 m being four whole storeys of 3 m;
# a third of B4 (30 × 40 × 3) since 10 of its 30 m lie in Z1; P5's register, 4 000, instead of B6 (unknown)
# and B7;
# half of B8 (40 × 20 × 2); B12's 6 × 5.
B1, B2, B3, B4, B8, B12 = 5_000, 50 * 50 * 2, 30 * 30 * 4, 30 * 40 * 3, 40 * 20 * 2, 6 * 5
P5_REGISTER = 4_000
B5 = 40 * 20 * 2  # 8 m, no storey height of its own: two storeys of the assumed 4 m
B11 = 40 * 30 * 4
FLOOR = {
    "Z1": B1 + B2 + B3 + B4 / 3 + P5_REGISTER + B8 / 2 + B12,
    "Z2": B4 * 2 / 3 + B5 + B11,  # and B9, of which nothing is known
    "Z3": B8 / 2,
}
# B1, B2, B3, a third of B4, B6, B7, half of B8, B12 | two thirds of B4, B5, B11, B9 | half of B8
FOOT = {
    "Z1": 50 * 40 + 50 * 50 + 30 * 30 + 10 * 40 + 30 * 30 + 30 * 20 + 40 * 10 + 30,
    "Z2": 20 * 40 + 40 * 20 + 40 * 30 + 30 * 30,
    "Z3": 40 * 10,
}
KNOWN_FOOT_Z2 = 20 * 40 + 40 * 20 + 40 * 30
BY = {
    "Z1": {"used": 6 + 1, "flags": "OWN:1;FLOORS:4;HEIGHT:1;REGISTER:1"},  # B1 | B2 B4 B8 B12 | B3 | P5
    "Z2": {
        "used": 3,
        "missing": 1,
        "known": KNOWN_FOOT_Z2 / FOOT["Z2"],
        "flags": "PARTIAL;FLOORS:2;HEIGHT:1;UNKNOWN:1",
    },
    "Z3": {"used": 1, "flags": "FLOORS:1"},
}
PLAIN = {
    "Z1": {"used": 7},
    "Z2": {"used": 3, "missing": 1, "known": KNOWN_FOOT_Z2 / FOOT["Z2"], "flags": "PARTIAL"},
    "Z3": {"used": 1},
}
BUILDING_FIGURES = {
    "floor_area_m2": {z: total(FLOOR[z], **BY[z]) for z in ZONES},
    "footprint_m2": {"Z1": total(FOOT["Z1"], 8), "Z2": total(FOOT["Z2"], 4), "Z3": total(FOOT["Z3"], 1)},
    "plot_ratio": {z: quotient(FLOOR[z], LAND[z], **BY[z]) for z in ZONES},
    "plot_ratio_gross": {z: quotient(FLOOR[z], ZONE[z], **BY[z]) for z in ZONES},
    # On P1, P2, P4, P5, P13: B1, B2, a third of B4, the register, B12. B5 stands mostly on P8, which is
    # commerce.
    # In Z2 on P4 and P10: two thirds of B4, and B9, unknown.
    "industrial_plot_ratio": {
        "Z1": quotient(B1 + B2 + B4 / 3 + P5_REGISTER + B12, 38_000, 4 + 1, flags="OWN:1;FLOORS:3;REGISTER:1"),
        "Z2": quotient(
            B4 * 2 / 3,
            11_000,
            1,
            missing=1,
            known=20 * 40 / (20 * 40 + 30 * 30),
            flags="PARTIAL;FLOORS:1;UNKNOWN:1",
        ),
        "Z3": quotient(0, 0, 0),
    },
    "building_density": {
        "Z1": quotient(FOOT["Z1"], LAND["Z1"], 8),
        "Z2": quotient(FOOT["Z2"], LAND["Z2"], 4),
        "Z3": quotient(FOOT["Z3"], 0, 1),
    },
    # B1 is let to six tenths, B4 to half; of B9 the floor area is not known.
    "vacant_floor_area_m2": {
        "Z1": total(0.4 * B1 + 0.5 * B4 / 3, 2),
        "Z2": total(0.5 * B4 * 2 / 3, 1, missing=1, known=800 / 1700, flags="PARTIAL"),
        "Z3": total(0, 0),
    },
    # Nobody says what B2 is; of B6 and B9 the floor area is not known.
    "standard_factory_share": {
        "Z1": quotient(
            B1 + B4 / 3, B1 + 3600 + B4 / 3 + 600 + 800 + 30, 6, missing=2, known=4330 / 7730, flags="PARTIAL"
        ),
        "Z2": quotient(B4 * 2 / 3, B4 * 2 / 3 + 1600 + 4800, 3, missing=1, known=2800 / 3700, flags="PARTIAL"),
        "Z3": quotient(0, 800, 1),
    },
    "standard_factory_occupancy": {
        "Z1": quotient(0.6 * B1 + 0.5 * B4 / 3, B1 + B4 / 3, 2),
        "Z2": quotient(B4 / 3, B4 * 2 / 3, 1, missing=1, known=800 / 1700, flags="PARTIAL"),
        "Z3": quotient(0, 0, 0),
    },
    # Of the footprints whose floor area is known: the floors of B9 are not known, so its land does not count
    # either.
    "mean_floors": {
        "Z1": quotient(FLOOR["Z1"], FOOT["Z1"], **PLAIN["Z1"]),
        "Z2": quotient(FLOOR["Z2"], KNOWN_FOOT_Z2, **PLAIN["Z2"]),
        "Z3": quotient(FLOOR["Z3"], FOOT["Z3"], **PLAIN["Z3"]),
    },
    # Z3 has floor area, but no parcel on which land could be open.
    "open_space_ratio": {
        "Z1": quotient(LAND["Z1"] - FOOT["Z1"], FLOOR["Z1"], **PLAIN["Z1"]),
        "Z2": quotient(LAND["Z2"] - FOOT["Z2"], FLOOR["Z2"], **PLAIN["Z2"]),
        "Z3": Pencil(NAN, -FOOT["Z3"], FLOOR["Z3"], 1, 0, NAN, "NO_DATA"),
    },
}

# ---------------------------------------------------------------- investment and output

# Sum, land (m²) of the parcels that state it, their number, number of those that do not.
LEDGER = {
    "investment_intensity": {  # P1, P2 (500 + 700), 40 % of P4, P5 | 60 % of P4, half of P10
        "Z1": (3_000 + 1_200 + 0.4 * 2_000 + 1_000, 10_000 + 10_000 + 4_000 + 10_000, 4, 4),
        "Z2": (0.6 * 2_000 + 0.5 * 800, 6_000 + 5_000, 2, 3),
    },
    "output_intensity": {  # P1, P2's one row | P8; a slash is no figure
        "Z1": (6_000 + 1_000, 20_000, 2, 6),
        "Z2": (900, 10_000, 1, 4),
    },
    "tax_intensity": {  # P1, P2 (10 + 20), P4 states 0 | P4, P8
        "Z1": (120 + 30 + 0, 10_000 + 10_000 + 4_000, 3, 5),
        "Z2": (0 + 45, 6_000 + 10_000, 2, 3),
    },
    "job_density": {  # P1, P2 (30 + 20), 40 % of P4 | 60 % of P4, P8 states 0, half of P10
        "Z1": (200 + 50 + 0.4 * 100, 10_000 + 10_000 + 4_000, 3, 5),
        "Z2": (0.6 * 100 + 0 + 0.5 * 40, 6_000 + 10_000 + 5_000, 3, 2),
    },
}


def intensity(name, unit):
    out = {
        z: quotient(top, land / unit, used, missing=lacking, known=land / LAND[z], flags="PARTIAL")
        for z, (top, land, used, lacking) in LEDGER[name].items()
    }
    return {**out, "Z3": quotient(0, 0, 0)}


LEDGER_FIGURES = {
    **{name: intensity(name, HA) for name in LEDGER},
    **{f"{name}_mu": intensity(name, MU) for name in LEDGER if name != "job_density"},
}

# ---------------------------------------------------------------- roads

# Z1: R1 from x 0 to 400, half of R2, R3 from x 0 to 400, R4, R6 from y 200 to 300.
# Z2: R1 from x 400 to 600, half of R2, R3 from x 400 to 700, R5, R8 from x 650 to 700. Z3: R6 from y 300 to
# 400.
LENGTHS = {
    "Z1": {"arterial": (400, 1), "secondary": (200 / 2, 1), "local": (400 + 100, 2), "path": (100, 1)},
    "Z2": {"arterial": (200, 1), "secondary": (200 / 2, 1), "local": (300 + 100, 2), "unclassified": (50, 1)},
    "Z3": {"path": (100, 1)},
}
LENGTH = {z: (sum(m for m, _ in by.values()), sum(n for _, n in by.values())) for z, by in LENGTHS.items()}

# Length × width, half of it along borders, crossings taken once; R5 has no width.
ROAD_LAND = {
    "Z1": 400 * 20
    + 200 * 5
    - 20 * 5
    + 400 * 5
    + 100 * 10
    - 20 * 10
    + 100 * 8,  # R1, R2 less crossing, R3, R4 less crossing, R6
    "Z2": 200 * 20 + 200 * 5 - 20 * 5 + 300 * 5 + 50 * 10,  # R1, R2 less crossing, R3, R8
    "Z3": 100 * 8,
}


def class_density(name):
    return {
        z: quotient(LENGTHS[z].get(name, (0, 0))[0] / 1000, ZONE[z] / KM2, LENGTHS[z].get(name, (0, 0))[1])
        for z in ZONES
    }


def length_share(name):
    """Of Z2's length R8, 50 m, is of no known class."""
    unknown = {"Z2": {"missing": 1, "known": 700 / 750, "flags": "PARTIAL"}}
    return {
        z: quotient(
            LENGTHS[z].get(name, (0, 0))[0],
            LENGTH[z][0],
            LENGTH[z][1] - unknown.get(z, {}).get("missing", 0),
            **unknown.get(z, {}),
        )
        for z in ZONES
    }


ROAD_FIGURES = {
    "road_length_m": {z: total(*LENGTH[z]) for z in ZONES},
    "road_density": {z: quotient(LENGTH[z][0] / 1000, ZONE[z] / KM2, LENGTH[z][1]) for z in ZONES},
    **{f"road_density_{name}": class_density(name) for name in vocabulary.road_classes()},
    "road_area_share": {
        "Z1": quotient(ROAD_LAND["Z1"], ZONE["Z1"], 5, flags="BY_WIDTH:5"),
        "Z2": quotient(ROAD_LAND["Z2"], ZONE["Z2"], 4, missing=1, known=650 / 750, flags="PARTIAL;BY_WIDTH:4"),
        "Z3": quotient(ROAD_LAND["Z3"], ZONE["Z3"], 1, flags="BY_WIDTH:1"),
    },
    # R1 × R4 in Z1; R1 × R2 on the border of Z1 and Z2, half in each; R5 on R1 in Z2. Dead ends are no
    # junctions.
    "intersection_density": {
        "Z1": quotient(1 + 0.5, ZONE["Z1"] / KM2, 2),
        "Z2": quotient(1 + 0.5, ZONE["Z2"] / KM2, 2),
        "Z3": quotient(0, ZONE["Z3"] / KM2, 0),
    },
    # Ends on the town's edge are cut off there: R1's western, R2's northern and both of R3. Z1: both ends of R4, the
    # lower one of R6 and half of R2's, on the border; Z2: the other half, R1's eastern, R5's upper, R8's western;
    # Z3: R6's upper.
    "dead_end_share": {
        "Z1": quotient(3.5, 3.5 + 1.5, 4 + 2),
        "Z2": quotient(3.5, 3.5 + 1.5, 4 + 2),
        "Z3": quotient(1, 1, 1),
    },
    # The roads enclose nothing; test_roads.py has a grid that does.
    "block_count": {z: total(0, 0, known=0) for z in ZONES},
    **{
        name: {z: Pencil(NAN, 0, 0, 0, 0, 0, "DENOM_ZERO") for z in ZONES}
        for name in ("mean_block_area_m2", "block_size_mean_m")
    },
    **{
        name: {z: Pencil(NAN, NAN, NAN, 0, 0, 0, "NO_DATA") for z in ZONES}
        for name in ("block_size_m", "block_size_max_m")
    },
    **{f"road_class_share_{name}": length_share(name) for name in vocabulary.road_classes()},
    "trunk_road_share": length_share("arterial"),  # there is no expressway
    # R1 is the only arterial, and runs west to east: 400 m of it in Z1, 200 m in Z2.
    "trunk_lengthwise": {z: total(0, 0) for z in ZONES},
    "trunk_crosswise": {"Z1": total(1, 1), "Z2": total(1, 1), "Z3": total(0, 0)},
}

# ---------------------------------------------------------------- services

# Arcs are drawn with 16 segments a quarter, so a circle of 50 m is a polygon of 64 corners.
CIRCLE = 64 / 2 * 50**2 * math.sin(2 * math.pi / 64)
SERVICE_FIGURES = {
    # All of Z1's parcels touch the strip y 100–200, x 50–350, but P4, whose corner (360, 100) is √(60² + 50²)
    # away.
    "coverage_water": {
        "Z1": quotient(LAND["Z1"] - 4_000, LAND["Z1"], 8),
        "Z2": quotient(0, LAND["Z2"], 5),
        "Z3": quotient(0, 0, 0),
    },
    # W1, from x 100 to 300 at y 150.
    "network_density_water": {
        "Z1": quotient(0.2, ZONE["Z1"] / KM2, 1),
        "Z2": quotient(0, ZONE["Z2"] / KM2, 0),
        "Z3": quotient(0, ZONE["Z3"] / KM2, 0),
    },
    "reach_water": {
        "Z1": quotient(200 * 100 + CIRCLE, ZONE["Z1"], 1),  # a strip with a half circle at each end
        "Z2": quotient(0, ZONE["Z2"], 0),
        "Z3": quotient(0, ZONE["Z3"], 0),
    },
    # 50 m, the vocabulary's own reach. P12 is 50 m east of E1; E2 touches P9, P8 is 40 m, P10 50 m away. P4
    # is far.
    "coverage_power": {
        "Z1": quotient(0, LAND["Z1"], 8),
        "Z2": quotient(10_000 + 10_000 + 10_000 + 5_000, LAND["Z2"], 5),
        "Z3": quotient(0, 0, 0),
    },
    "reach_power": {
        "Z1": quotient(CIRCLE / 2, ZONE["Z1"], 1),
        "Z2": quotient(CIRCLE / 2 + CIRCLE, ZONE["Z2"], 2),
        "Z3": quotient(0, ZONE["Z3"], 0),
    },
    # P1, P2, P3 and P13 meet G1 or G3; P12 is touched by G2, and touching is within 0 m.
    "coverage_gas": {
        "Z1": quotient(30_000 + 4_000, LAND["Z1"], 8),
        "Z2": quotient(10_000, LAND["Z2"], 5),
        "Z3": quotient(0, 0, 0),
    },
    "reach_gas": {
        "Z1": quotient(250 * 120 + 50 * 20, ZONE["Z1"], 2),  # G1, and what G3 adds to it
        "Z2": quotient(50 * 50, ZONE["Z2"], 1),
        "Z3": quotient(0, ZONE["Z3"], 0),
    },
}

#: What the town has no layers or columns for; test_supply.py, test_structure.py and test_growth.py lay them over it.
NOT_THERE = {
    **dict.fromkeys(("approved_unsupplied_m2", "batch_supply_rate"), "LAYER_MISSING:batches"),
    **dict.fromkeys(
        ("outside_dev_area_m2", "outside_dev_share", "expansion_pressure"), "LAYER_MISSING:boundaries.approved"
    ),
    **{
        f"{name}_{basis}": "INPUT_MISSING:industry"
        for name in ("hhi_industry", "industry_entropy", "krugman_index")
        for basis in ("land", "output", "jobs")
    },
    **dict.fromkeys(("lcr", "pgr", "lcrpgr"), "LAYER_MISSING:built_up.start,built_up.end"),
    "built_up_per_capita": "LAYER_MISSING:built_up.end",
    "jobs_capacity": "INPUT_MISSING:m2_per_job",
}
ABSENT_FIGURES = {
    name: {zone: Pencil(NAN, NAN, NAN, 0, 0, NAN, why) for zone in ZONE} for name, why in NOT_THERE.items()
}

TOWN = {**LAND_FIGURES, **BUILDING_FIGURES, **LEDGER_FIGURES, **ROAD_FIGURES, **SERVICE_FIGURES, **ABSENT_FIGURES}


def figure(result, indicator, zone):
    table = result.indicators
    rows = table[(table["indicator"] == indicator) & (table["zone_id"] == zone)]
    assert len(rows) == 1, f"{indicator} of {zone} occurs {len(rows)} times"
    row = rows.iloc[0]
    return Pencil(
        *(row[c] for c in ("value", "numerator", "denominator", "n_used", "n_missing", "known_share", "flags"))
    )


def same(got, pencil, rel=1e-12):
    near = [
        pytest.approx(getattr(pencil, n), rel=rel, abs=1e-12, nan_ok=True)
        for n in ("value", "numerator", "denominator", "known")
    ]
    assert [got.value, got.numerator, got.denominator, got.known] == near
    assert (got.used, got.missing, got.flags) == (pencil.used, pencil.missing, pencil.flags)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("indicator", TOWN)
def test_figure_is_the_pencils(town_result, indicator, zone):
    # Arcs end on coordinates of ten million that are rounded to half a nanometre.
    same(
        figure(town_result, indicator, zone),
        TOWN[indicator][zone],
        rel=1e-10 if indicator.startswith("reach_") else 1e-12,
    )


def test_every_indicator_has_a_pencil_value(town_result):
    assert {m.id for m in town_result.measured} == set(TOWN)
    families = [
        k.split("{")[0]
        for k, i in measure.register().items()
        if not i.listed and (i.members is None or i.members(town_result.survey))
    ]
    assert [f for f in families if not any(name.startswith(f) for name in TOWN)] == []


def test_wide_table_holds_the_values_of_the_long_one(town_result):
    zones = town_result.zones.set_index("zone_id")
    for row in town_result.indicators.itertuples():
        assert zones.loc[row.zone_id, row.indicator] == pytest.approx(row.value, rel=0, nan_ok=True)


@pytest.mark.parametrize("item", measure.register().values(), ids=lambda i: i.id)
def test_indicator_explains_itself(item):
    sections = {}
    for line, under in zip(item.text.splitlines(), [*item.text.splitlines()[1:], ""], strict=True):
        if under and set(under) == {"-"}:
            sections[line] = len(under)
    assert list(sections) == ["Formula", "Zero", "Missing", "Source"]
    assert all(len(name) == dashes for name, dashes in sections.items())
    assert item.source
    assert set(item.labels) == set(item.formula) == {"zh", "en"}
    assert all(text.strip() for text in (*item.labels.values(), *item.formula.values()))
    assert any("一" <= c <= "鿿" for c in item.labels["zh"] + item.formula["zh"])
    assert item.unit
    assert item.group in measure.GROUPS


def test_books_of_the_town(town_result):
    books = town_result.balance.set_index(["layer", "measure"])
    # input, inside, outside; nothing is rejected and nothing overlaps
    pencil = {
        ("parcels", "area_m2"): (124_000, 109_000, 10_000 + 5_000),
        ("parcels", "count"): (13, 12, 1),
        ("buildings", "area_m2"): (sum(FOOT.values()) + 25 * 20, sum(FOOT.values()), 25 * 20),
        ("buildings", "count"): (12, 11, 1),
        ("roads", "length_m"): (2_100, 1_100 + 750 + 100, 100 + 50),
        ("roads", "count"): (8, 7, 1),
        ("services.water", "length_m"): (200, 200, 0),
        ("services.water", "count"): (1, 1, 0),
        ("services.power", "count"): (3, 2, 1),
        ("services.gas", "area_m2"): (30_000 + 2_500 + 2_000, 34_500, 0),
        ("services.gas", "count"): (3, 3, 0),
    }
    assert set(books.index) == set(pencil)
    for key, (came, inside, outside) in pencil.items():
        row = books.loc[key]
        assert list(row) == pytest.approx([came, inside, outside, 0, 0, 0], abs=1e-6), key


def test_parcel_table(town_result):
    table = town_result.parcels.set_index("parcel_id")
    assert table["zone_id"].fillna("").to_dict() == {
        "P1": "Z1",
        "P2": "Z1",
        "P3": "Z1",
        "P4": "Z2",
        "P5": "Z1",
        "P6": "Z1",
        "P7": "Z1",
        "P8": "Z2",
        "P9": "Z2",
        "P10": "Z2",
        "P11": "",
        "P12": "Z2",
        "P13": "Z1",
    }
    assert list(table["state"]) == [
        "built",
        "built",
        "built",
        "built",
        "built",
        "formed",
        "built",
        "built",
        "vacant",
        "built",
        "built",
        "open",
        "vacant",
    ]
    assert table.loc[["P4", "P10", "P11", "P1"], "zone_share"].tolist() == pytest.approx([0.6, 0.5, 0, 1])
    # P4 carries B4 and a quarter of B5; P5 what its register says; P7 half of B8; of P10 nothing is known.
    floor = table.loc[["P1", "P4", "P5", "P7", "P8", "P10", "P12"], "floor_area_m2"]
    assert floor.tolist() == pytest.approx([5_000, B4 + B5 / 4, 4_000, B8 / 2, B11 + B5 * 3 / 4, NAN, 0], nan_ok=True)
    assert table.loc["P4", "plot_ratio"] == pytest.approx((B4 + B5 / 4) / 10_000)
    assert table.loc["P1", "register_floor_area_m2"] != table.loc["P1", "register_floor_area_m2"]
    assert table.loc["P4", "land_area_m2"] == pytest.approx(14.4 * 2000 / 3)


# ---------------------------------------------------------------- zero is a measurement, missing is not

INTENSITY = [i.id for i in measure.register().values() if i.group == "intensity"]


def flags_of(result, indicators):
    table = result.indicators
    return set(table.loc[table["indicator"].isin(indicators), "flags"])


def values_of(result, indicator):
    return result.zones.set_index("zone_id")[indicator]


def test_without_buildings_the_register_tells_and_only_what_it_tells(measured_town):
    result = measured_town(drop=["buildings"])
    # Only P5 has a registered floor area: 4 000 m² on 10 000 m², 1 of the 8 parcels of Z1.
    same(
        figure(result, "plot_ratio", "Z1"),
        quotient(4_000, 10_000, 1, missing=7, known=10_000 / 68_000, flags="PARTIAL;REGISTER:1"),
    )
    same(
        figure(result, "industrial_plot_ratio", "Z1"),  # P1, P2, P4 and P13 lack it
        quotient(4_000, 10_000, 1, missing=4, known=10_000 / 38_000, flags="PARTIAL;REGISTER:1"),
    )
    # Z2 has parcels, the register knows the floor area of none: not zero, but missing.
    assert math.isnan(values_of(result, "plot_ratio")["Z2"])
    assert math.isnan(values_of(result, "floor_area_m2")["Z2"])
    assert math.isnan(values_of(result, "plot_ratio_gross")["Z2"])
    assert flags_of(result, ["footprint_m2", "building_density"]) == {"INPUT_MISSING:footprint"}
    # Nothing tells whether land is built but the register's floor area, and the classes.
    same(
        figure(result, "built_land_share", "Z1"),
        quotient(10_000 + 10_000, 20_000, 2, missing=6, known=20_000 / 68_000, flags="PARTIAL"),  # P5 built, P6 formed
    )
    same(
        figure(result, "vacant_parcel_share", "Z2"),
        quotient(10_000, 10_000, 1, missing=3, known=10_000 / 31_000, flags="PARTIAL"),  # P9 by its class
    )


def test_register_alone_is_divided_parcel_by_parcel(measured_town):
    """P1 states a floor area only, P2 a footprint only, P3 both: means of floors and open land can be had of
    P3 alone."""
    said = {"floor_area_m2": {"P1": 9_000.0, "P3": 3_000.0}, "footprint_m2": {"P2": 8_000.0, "P3": 1_500.0}}
    result = measured_town(
        drop=["buildings"],
        ledger=None,
        parcels=lambda p: p.assign(**{c: p["parcel_id"].map(v) for c, v in said.items()}),
    )
    one = {"missing": 7, "known": 10_000 / 68_000, "flags": "PARTIAL"}
    same(figure(result, "mean_floors", "Z1"), quotient(3_000, 1_500, 1, **one))
    same(figure(result, "open_space_ratio", "Z1"), quotient(10_000 - 1_500, 3_000, 1, **one))
    two = {"missing": 6, "known": 20_000 / 68_000}
    same(figure(result, "plot_ratio", "Z1"), quotient(12_000, 20_000, 2, **two, flags="PARTIAL;REGISTER:2"))
    same(figure(result, "building_density", "Z1"), quotient(9_500, 20_000, 2, **two, flags="PARTIAL"))


def test_parcel_that_all_but_misses_a_zone_makes_no_ratio(measured_town):
    """P5 reaches 5 mm into Z3, half a square metre: no land that B8's 800 m² of floor area could be divided
    by."""

    def over(parcels):
        out = parcels.copy()
        out.loc[out["parcel_id"] == "P5", "geometry"] = town.box(0, 200, 100, 300.005)
        return out

    result = measured_town(parcels=over)
    for name in (
        "plot_ratio",
        "building_density",
        "land_use_share_industrial",
        "coverage_water",
        "open_space_ratio",
    ):
        assert math.isnan(values_of(result, name)["Z3"]), name


def test_without_buildings_and_register_no_intensity_has_a_figure(measured_town):
    result = measured_town(drop=["buildings"], ledger=None)
    assert values_of(result, "plot_ratio").isna().all()
    assert flags_of(result, ["plot_ratio", "floor_area_m2", "plot_ratio_gross", "industrial_plot_ratio"]) == {
        "INPUT_MISSING:floor_area"
    }
    assert flags_of(result, ["mean_floors", "open_space_ratio"]) == {"INPUT_MISSING:floor_area,footprint"}
    assert all(result.zones[i].isna().all() for i in INTENSITY)
    assert flags_of(result, ["investment_intensity"]) == {"INPUT_MISSING:investment_wan"}


def test_without_floor_area_a_zone_with_known_buildings_only_is_untouched(measured_town):
    """Without an assumed storey height B5 is unknown as well: Z2 says so, Z1 and Z3 stay what they are."""
    result = measured_town(storey_height_m=None)
    same(figure(result, "floor_area_m2", "Z1"), TOWN["floor_area_m2"]["Z1"])
    same(
        figure(result, "floor_area_m2", "Z2"),
        total(B4 * 2 / 3 + B11, 2, missing=2, known=(800 + 1200) / 3700, flags="PARTIAL;FLOORS:2;UNKNOWN:2"),
    )


def test_zone_of_which_no_building_is_known_has_no_plot_ratio(measured_town):
    """With B9 alone in Z2, the floor area there is unknown, not 0."""
    result = measured_town(buildings=lambda b: b[~b["building_id"].isin(["B4", "B5", "B11"])])
    assert math.isnan(values_of(result, "plot_ratio")["Z2"])
    assert math.isnan(values_of(result, "mean_floors")["Z2"])
    assert figure(result, "plot_ratio", "Z2").flags == "NO_DATA;UNKNOWN:1"
    assert values_of(result, "footprint_m2")["Z2"] == pytest.approx(900)


def test_zone_without_buildings_has_plot_ratio_zero(measured_town):
    result = measured_town(buildings=lambda b: b[b["building_id"].isin(["B1", "B2"])])
    same(figure(result, "plot_ratio", "Z2"), quotient(0, 41_000, 0))
    same(figure(result, "building_density", "Z2"), quotient(0, 41_000, 0))
    same(figure(result, "mean_floors", "Z2"), quotient(0, 0, 0))  # floors of no building: missing
    same(figure(result, "open_space_ratio", "Z2"), quotient(41_000, 0, 0))  # open land over no floor area: missing
    same(figure(result, "plot_ratio_gross", "Z3"), quotient(0, 60_000, 0))


def test_without_parcels(measured_town):
    result = measured_town(drop=["parcels"])
    assert result.parcels is None
    assert flags_of(
        result, ["parcel_count", "plot_ratio", "coverage_water", "investment_intensity", "land_use_mix"]
    ) == {"LAYER_MISSING:parcels"}
    # Without a register B6 is as unknown as B9. Gross figures stand, and reach does not need parcels.
    same(
        figure(result, "plot_ratio_gross", "Z1"),
        quotient(
            B1 + B2 + B3 + B4 / 3 + 600 + B8 / 2 + B12,
            ZONE["Z1"],
            7,
            missing=1,
            known=(7_730 - 900) / 7_730,
            flags="PARTIAL;OWN:2;FLOORS:4;HEIGHT:1;UNKNOWN:1",
        ),
    )
    same(figure(result, "reach_water", "Z1"), TOWN["reach_water"]["Z1"], rel=1e-10)


def test_without_roads(measured_town):
    result = measured_town(drop=["roads"])
    told = ("road_length_m", "road_density", "road_density_", "intersection_density")
    roads = [i for i in TOWN if i in told or i.startswith("road_density_")]
    assert set(result.zones) & {"dead_end_share", "block_count", "trunk_lengthwise", "road_class_share_local"} == set()
    assert result.zones[roads].isna().all().all()
    assert flags_of(result, roads) == {"LAYER_MISSING:roads"}
    assert result.zones["road_area_share"].isna().all()


def test_roads_without_width_take_an_unknown_area(measured_town):
    result = measured_town(roads=lambda r: r.drop(columns="width_m"))
    assert result.zones["road_area_share"].isna().all()
    assert flags_of(result, ["road_area_share"]) == {"INPUT_MISSING:width_m"}
    same(figure(result, "road_length_m", "Z1"), TOWN["road_length_m"]["Z1"])


def test_road_surfaces_come_before_widths_and_count_once_where_they_overlap(measured_town):
    result = measured_town(surfaces=True)
    # R1's land 20 m wide, half of R2's 10 m, less where they cross.
    same(figure(result, "road_area_share", "Z1"), quotient(400 * 20 + 5 * 200 - 5 * 20, ZONE["Z1"], 2))
    same(figure(result, "road_area_share", "Z2"), quotient(200 * 20 + 5 * 200 - 5 * 20, ZONE["Z2"], 2))
    same(figure(result, "road_area_share", "Z3"), quotient(0, ZONE["Z3"], 0))


def test_service_without_layer_has_no_figure(measured_town):
    result = measured_town(drop=["gas"])
    assert "coverage_gas" not in result.zones
    assert "reach_gas" not in result.zones


def test_parcels_without_codes_have_no_classes(measured_town):
    result = measured_town(parcels=lambda p: p.drop(columns="land_use"))
    names = [i for i in TOWN if i.startswith("land_use_")] + [
        "industrial_land_share",
        "industrial_plot_ratio",
    ]
    assert result.zones[names].isna().all().all()
    assert flags_of(result, names) == {"INPUT_MISSING:land_class"}
    # A parcel of unknown class is taken for building land: P6, P9 and P12 carry nothing and lie vacant with
    # P13.
    same(figure(result, "vacant_parcel_share", "Z1"), quotient(10_000 + 4_000, 68_000, 8))
    same(figure(result, "vacant_parcel_share", "Z2"), quotient(20_000, 41_000, 5))


def test_parcel_with_a_blank_code_is_of_unknown_class(measured_town):
    """A blank code is as unknown as a code that is in no table."""
    result = measured_town(parcels=lambda p: p.assign(land_use=p["land_use"].replace("9999", "")))
    for name in ("land_use_share_industrial", "industrial_land_share", "land_use_mix"):
        same(figure(result, name, "Z1"), TOWN[name]["Z1"])


def test_registered_vacancy_is_believed_before_buildings(measured_town):
    """P1 is said to be vacant though it carries B1; P13 is said to be in use though it carries a gatehouse
    only."""
    said = {"P1": "是", "P13": "否", "P9": "否"}
    result = measured_town(parcels=lambda p: p.assign(is_vacant=p["parcel_id"].map(said)))
    same(figure(result, "vacant_parcel_share", "Z1"), quotient(10_000, 58_000, 7))
    same(figure(result, "vacant_parcel_share", "Z2"), quotient(0, 31_000, 4))
    same(figure(result, "built_land_share", "Z1"), quotient(58_000, 68_000, 8))


# ---------------------------------------------------------------- the ledger's areas

LEDGER_AREA = {"P1": 10_000, "P2": 10_000, "P4": 9_600, "P8": 10_000, "P10": 10_000, "P11": 10_000}


def test_ledger_areas(measured_town):
    result = measured_town(header={"area_basis": "ledger"})
    # P1, P2 and 40 % of P4 have one in Z1, 60 % of P4, P8 and half of P10 in Z2.
    land = {"Z1": 10_000 + 10_000 + 0.4 * 9_600, "Z2": 0.6 * 9_600 + 10_000 + 5_000}
    same(
        figure(result, "parcel_area_m2", "Z1"),
        total(land["Z1"], 3, missing=5, known=24_000 / 68_000, flags="PARTIAL"),
    )
    same(
        figure(result, "parcel_area_m2", "Z2"),
        total(land["Z2"], 3, missing=2, known=21_000 / 41_000, flags="PARTIAL"),
    )
    # P5 states an investment, but its area is not known: neither counts.
    same(
        figure(result, "investment_intensity", "Z1"),
        quotient(3_000 + 1_200 + 0.4 * 2_000, land["Z1"] / HA, 3, missing=5, known=24_000 / 68_000, flags="PARTIAL"),
    )
    same(figure(result, "zone_area_m2", "Z1"), TOWN["zone_area_m2"]["Z1"])
    same(figure(result, "plot_ratio_gross", "Z1"), TOWN["plot_ratio_gross"]["Z1"])


def test_ledger_plot_ratio_takes_floor_area_and_land_of_the_same_parcels(measured_town):
    """Floor area on a parcel of unknown area must not make the ratio larger in silence."""
    result = measured_town(header={"area_basis": "ledger"})
    land = {"Z1": 10_000 + 10_000 + 0.4 * 9_600, "Z2": 0.6 * 9_600 + 10_000 + 5_000}
    # Z1: B1 on P1, B2 on P2, a third of B4 on P4; P3, P5, P6, P7 and P13 have no ledger area, so neither
    # their buildings count.
    got = figure(result, "plot_ratio", "Z1")
    same(
        got,
        quotient(B1 + B2 + B4 / 3, land["Z1"], 3, missing=5, known=24_000 / 68_000, flags="PARTIAL;OWN:1;FLOORS:2"),
    )
    # Z2: as ever, but P9 and P12 lack an area and B9 its floors: three things are missing.
    same(
        figure(result, "plot_ratio", "Z2"),
        quotient(
            FLOOR["Z2"],
            land["Z2"],
            3,
            missing=1 + 2,
            known=min(21_000 / 41_000, KNOWN_FOOT_Z2 / FOOT["Z2"]),
            flags="PARTIAL;FLOORS:2;HEIGHT:1;UNKNOWN:1",
        ),
    )
    foot = 50 * 40 + 50 * 50 + 10 * 40
    same(
        figure(result, "building_density", "Z1"),
        quotient(foot, land["Z1"], 3, missing=5, known=24_000 / 68_000, flags="PARTIAL"),
    )
    same(
        figure(result, "open_space_ratio", "Z1"),
        quotient(land["Z1"] - foot, B1 + B2 + B4 / 3, 3, missing=5, known=24_000 / 68_000, flags="PARTIAL"),
    )


def test_ledger_areas_that_differ_are_told_with_the_ratio_each_basis_gives(town_result):
    """And over how many parcels, for the two ratios differ by that as well."""
    (issue,) = [i for i in town_result.issues if i.code == "LEDGER_AREA_DIFFERS"]
    assert issue.count == 1
    by_ledger = B1 + B2 + (B4 + B5 / 4) + (B11 + B5 * 3 / 4) + 500  # P1, P2, P4, P8, P11; of P10 it is not known
    by_drawing = by_ledger + B3 + P5_REGISTER + B8 / 2 + B12  # and P3, P5, P7, P13, and 0 on P6, P9, P12
    assert f'{by_ledger / 49_600:.3f} with area_basis = "ledger" (5 parcels)' in issue.message
    assert f'{by_drawing / 114_000:.3f} with area_basis = "measured" (12 parcels)' in issue.message


# ---------------------------------------------------------------- on the ellipsoid


def test_near_the_central_meridian_the_ellipsoid_is_the_plane(measured_town, town_result):
    """At most 900 m from the meridian areas are drawn (900/6 378 000)² too large: 2e-8."""
    result = measured_town(header={"area": "ellipsoid"})
    left, right = result.indicators, town_result.indicators
    assert left["indicator"].equals(right["indicator"])
    assert left["flags"].equals(right["flags"])
    np.testing.assert_allclose(left["value"], right["value"], rtol=5e-8, atol=1e-15)


def test_far_from_the_central_meridian_areas_are_those_of_the_ground(measured_town):
    """150 km east of the meridian the plane draws areas 1 + (y/R)² too large, lengths by half of that."""
    east = 150_000
    moved = {
        name: (lambda f: f.set_geometry(f.geometry.translate(east, 0)))
        for name in ("zones", "parcels", "buildings", "roads", "water", "power", "gas")
    }
    result = measured_town(header={"area": "ellipsoid"}, **moved)
    crs = CRS(town.CRS)
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    geod = Geod(a=6378137, rf=298.257222101)
    for zone in town.zones().geometry.translate(east, 0):
        ring = shapely.transform(zone.segmentize(5.0), to_degrees.transform, interleaved=False)
        ground = abs(geod.geometry_area_perimeter(ring)[0])
        row = result.zones[np.isclose(result.zones["zone_area_m2"], ground, rtol=1e-6)]
        assert row["zone_area_m2"].iloc[0] == pytest.approx(ground, rel=1e-8)
        stretch = 1 + (east / 6_372_000) ** 2
        assert ground == pytest.approx(zone.area / stretch, rel=1e-5)
    # The share of land that is built does not depend on where the town lies, but for the assumption-free
    # floor area of P5 and B1.
    assert values_of(result, "building_density")["Z1"] == pytest.approx(FOOT["Z1"] / LAND["Z1"], rel=1e-6)
    assert values_of(result, "road_length_m")["Z1"] == pytest.approx(1_100 / math.sqrt(stretch), rel=1e-5)


# ---------------------------------------------------------------- hostile towns


def test_overlapping_zones_count_the_land_twice_and_say_so(measured_town):
    """Z3 moved 100 m south lies over the north of Z1: x 0-300, y 200-300, with P5, P6 and P7."""

    def south(zones):
        moved = zones.copy()
        moved.loc[2, "geometry"] = town.box(0, 200, 300, 500)
        return moved

    result = measured_town(zones=south)
    assert values_of(result, "parcel_area_m2").tolist() == pytest.approx([68_000, 41_000, 30_000])
    books = result.balance.set_index(["layer", "measure"])
    assert books.loc[("parcels", "area_m2"), "overlap"] == pytest.approx(30_000)
    assert books.loc[("roads", "length_m"), "overlap"] == pytest.approx(100)  # R6 from y 200 to 300
    (issue,) = [i for i in result.issues if i.code == "OVERLAP" and i.layer == "zones"]
    assert issue.severity == "error"
    assert issue.features == ["Z1 + Z3 (30,000.00 m²)"]


def test_overlapping_parcels_are_told(measured_town):
    def wider(parcels):
        out = parcels.copy()
        out.loc[out["parcel_id"] == "P1", "geometry"] = town.box(0, 0, 110, 100)
        return out

    result = measured_town(parcels=wider)
    (issue,) = [i for i in result.issues if i.code == "OVERLAP"]
    assert (issue.layer, issue.severity) == ("parcels", "warning")
    assert issue.features == ["P1 + P2 (1,000.00 m²)"]
    assert values_of(result, "parcel_area_m2")["Z1"] == pytest.approx(69_000)


def test_junction_on_a_border_with_odd_decimals_counts_half_in_each(measured_town):
    """A border seldom lies on a whole millimetre, and a junction on it must not be rounded off it."""
    shift = 0.0004321
    moved = {name: (lambda f: f.set_geometry(f.geometry.translate(shift, shift))) for name in ("zones", "roads")}
    result = measured_town(**moved)
    count = values_of(result, "intersection_density") * pd.Series(ZONE) / KM2
    assert count.tolist() == pytest.approx([1.5, 1.5, 0])


def test_junction_on_the_outer_border_is_not_lost(measured_town):
    """R9 meets R3, which runs along the town's south edge, at a place off the whole millimetre."""
    shift = 0.0004321

    def with_r9(roads):
        more = pd.concat(
            [
                roads,
                town.table(["road_id", "road_class", "width_m"], ("R9", "支路", 5.0, town.line((50, 0), (50, 50)))),
            ]
        )
        return more.set_geometry(more.geometry.translate(-shift, -shift))

    result = measured_town(roads=with_r9, zones=lambda z: z.set_geometry(z.geometry.translate(-shift, -shift)))
    assert values_of(result, "intersection_density")["Z1"] * ZONE["Z1"] / KM2 == pytest.approx(2.5)


def test_sliver_of_rounding_makes_no_figure_partial(measured_town):
    """P3 is drawn a nanometre over the border of Z3. It has no investment, but that is none of Z3's
    business."""

    def over(parcels):
        out = parcels.copy()
        out.loc[out["parcel_id"] == "P6", "geometry"] = town.box(100, 200, 200, 300 + 1e-9)
        return out

    result = measured_town(parcels=over)
    got = figure(result, "investment_intensity", "Z3")
    assert (got.used, got.missing) == (0, 0)
    assert figure(result, "parcel_area_m2", "Z3").used == 0
