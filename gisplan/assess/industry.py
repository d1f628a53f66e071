"""Industry of the zones: each industry's share and quotient, and how alike every two zones are."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from gisplan.assess.idle import Array
from gisplan.measure import Survey
from gisplan.measure.structure import BASES, DIGITS, krugman, location_quotients, rest, similarity, structure

#: Similarity from which two zones are called alike, and very alike; no official threshold was found.
MEDIUM, HIGH = 0.7, 0.9

#: Columns of ``industry.csv``.
INDUSTRIES = ("basis", "zone_id", "industry", "amount", "unit", "share", "location_quotient", "classification")

#: Columns of ``industry_pairs.csv``.
PAIRS = (
    "basis", "zone_id", "other_id", "n_industries", "similarity", "krugman_index", "reading", "classification",
)  # fmt: skip


def industry_tables(survey: Survey) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Industries by zone, and pairs of zones; None where no parcel states an industry.

    Returns
    -------
    tuple
        Tables of `INDUSTRIES`, largest share first, and of `PAIRS`. A quotient above 1 says that the zone has more of
        an industry than all zones have, not that it is large. ``other_id`` is a zone, or None for all the others.
        Zones in which nothing is known have no rows in the first and no figures in the second.
    """
    if survey.parcels is None or not survey.has("parcels.industry"):
        return None
    ids = survey.layers.zones["zone_id"].to_numpy(dtype=object)
    units = {"land": "m²", "output": "万元", "jobs": "n"}
    spec = survey.plan.layers.parcels
    edition = spec.industry_system if spec is not None else None
    # How alike zones look depends on how fine the classes are, so the level stands by every figure.
    level = f"{edition or 'edition not named'}, {DIGITS} digits"
    rows, pairs = [], []
    for basis, (column, _, _) in BASES.items():
        if column and not survey.has(f"parcels.{column}"):
            continue
        made = structure(survey, basis)
        share, quotient = made.shares, location_quotients(made.amounts)
        for z, zone in enumerate(ids):
            order = sorted(np.flatnonzero(made.amounts[z] > 0), key=lambda k: (-made.amounts[z, k], made.industries[k]))
            rows += [
                (basis, zone, made.industries[k], made.amounts[z, k], units[basis], share[z, k], quotient[z, k], level)
                for k in order
            ]
        others = rest(made.amounts)
        both: list[tuple[int, int | None, Array, Array]] = [
            (a, b, share[a], share[b]) for a, b in combinations(range(len(ids)), 2)
        ]
        both += [(a, None, share[a], others[a]) for a in range(len(ids)) if len(ids) > 1]
        for a, b, one, other in both:
            alike = float(similarity(one, other))
            pairs.append(
                (basis, ids[a], None if b is None else ids[b], int(((one > 0) | (other > 0)).sum()), alike,
                 float(krugman(one, other)), _reading(alike), level)
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(INDUSTRIES)), pd.DataFrame(pairs, columns=list(PAIRS))


def _reading(alike: float) -> str:
    if np.isnan(alike):
        return "no_data"
    return "high" if alike >= HIGH else "medium" if alike >= MEDIUM else "low"
