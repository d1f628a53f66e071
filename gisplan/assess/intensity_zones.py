"""What the land intensity evaluation takes a zone for: main or development-direction area, and which type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.findings import Things, applying
from gisplan.assess.idle import Array, Text
from gisplan.errors import GisplanError
from gisplan.rules import Benchmark, Ideal, Pack, Term


@dataclass(frozen=True)
class Roles:
    """Areas of the evaluation; all arrays have the shape (zones,).

    Attributes
    ----------
    role
        ``main`` or ``development``.
    unit
        Row of the main area to which a zone belongs: its own for a main area, −1 for a development-direction area
        of which nothing tells the main area.
    unread
        Words for a role that are none, empty elsewhere.
    """

    role: Text
    unit: np.ndarray
    unread: Text


def roles_of(zones: pd.DataFrame) -> Roles:
    """Tell main and development-direction areas apart, and which belong together.

    A development-direction area belongs to the main area that its ``parent_id`` names, else to the one main area with
    the same ``parent_id``. A zone without a role is a main area.
    """
    role, unread = _words(zones, "area_role", "area_roles")
    role[role == ""] = "main"
    ids = zones["zone_id"].astype(str).to_numpy(dtype=object)
    parent = _said(zones, "parent_id")
    unit = np.arange(len(zones))
    for i in np.flatnonzero(role == "development"):
        named = np.flatnonzero((ids == parent[i]) & (role == "main"))
        beside = np.flatnonzero((parent == parent[i]) & (role == "main")) if parent[i] else np.array([], dtype=int)
        unit[i] = named[0] if len(named) else beside[0] if len(beside) == 1 else -1
    return Roles(role, unit, unread)


def types_of(
    zones: pd.DataFrame, built: Array, industrial: Array, residential: Array, *, terms: Mapping[str, Term]
) -> tuple[Text, Text, Text]:
    """Type of each zone, what told it (``zone``, ``kind``, ``rule``), and words for a type that are none.

    Parameters
    ----------
    zones
        The zones; a type in ``zone_type`` goes before everything.
    built, industrial, residential
        m² of A, A2 and A1 by zone.
    terms
        ``industry_led_industrial_above`` and ``industry_led_residential_below``.

    Rule
    ----
    Bonded and export zones are led by industry. Industry above the first term and homes below the second: led by
    industry; neither: industry and city; else other, which needs a person's word. Without built land: not known.
    """
    kind, unread = _words(zones, "zone_type", "zone_types")
    source = np.where(kind != "", "zone", "").astype(object)
    own = vocabulary.conditions()["zone_kind"].words
    bonded = np.array([own.get(k) == "bonded" for k in _said(zones, "zone_kind")], dtype=bool) & (kind == "")
    kind[bonded], source[bonded] = "industry_led", "kind"
    with np.errstate(divide="ignore", invalid="ignore"):
        much = np.where(built > 0, industrial / built, np.nan) > terms["industry_led_industrial_above"].value
        few = np.where(built > 0, residential / built, np.nan) < terms["industry_led_residential_below"].value
    ruled = np.select([built <= 0, much & few, ~much & ~few], ["unknown", "industry_led", "industry_city"], "other")
    open_ = kind == ""
    kind[open_], source[open_] = ruled[open_], "rule"
    return kind, source, unread


def _said(zones: pd.DataFrame, name: str) -> Text:
    if name not in zones:
        return np.full(len(zones), "", dtype=object)
    return np.array(["" if pd.isna(v) else str(v).strip() for v in zones[name]], dtype=object)


def _words(zones: pd.DataFrame, name: str, kind: str) -> tuple[Text, Text]:
    words = {w: k for k, spec in vocabulary.intensity(kind).items() for w in spec["words"]}
    said = _said(zones, name)
    found = np.array([words.get(w, "") for w in said], dtype=object)
    return found, np.where((said != "") & (found == ""), said, "").astype(object)


def ideals_of(
    packs: Sequence[Pack], zones: pd.DataFrame, own: Mapping[str, float]
) -> dict[str, tuple[Array, Text, Text]]:
    """Ideal value, whether more or less is better, and where it stands, by indicator and zone; NaN where there is none.

    Parameters
    ----------
    packs
        Rule packs; a later one goes before an earlier one, and in a pack the first that applies counts.
    zones
        The zones, with what the conditions of ideal values ask for.
    own
        The plan's ideal values, which go before all.
    """
    ids = zones["zone_id"].to_numpy(dtype=object)
    facts = pd.DataFrame(zones.drop(columns="geometry", errors="ignore")).reset_index(drop=True)
    things = Things("zone", ids, ids, {}, facts)
    ways = {i.indicator: i.better for pack in packs for i in pack.ideals}
    out = {}
    for name in vocabulary.intensity("indicators"):
        value = np.full(len(zones), own.get(name, np.nan))
        way = ways.get(name, "less" if name in ("land_idle_rate", "construction_land_per_capita") else "more")
        better = np.full(len(zones), way, dtype=object)
        source = np.where(np.isnan(value), "", "plan").astype(object)
        for pack, ideal in _known(packs, name):
            may, unsure, _ = applying(ideal.where, things)
            mark = "" if ideal.verified else " (未核实 / unverified)"
            take = may & ~unsure & np.isnan(value)
            value[take], better[take], source[take] = ideal.value, ideal.better, f"{pack.name}/{ideal.id}{mark}"
        out[name] = (value, better, source)
    return out


def _known(packs: Sequence[Pack], name: str) -> list[tuple[Pack, Ideal]]:
    return [(pack, ideal) for pack in reversed(packs) for ideal in pack.ideals if ideal.indicator == name]


def terms_of(packs: Sequence[Pack], *names: str) -> dict[str, Term]:
    """Terms that the evaluation needs, the last pack's first.

    Raises
    ------
    GisplanError
        One is in no pack of the plan.
    """
    known = {name: term for pack in packs for name, term in pack.terms.items()}
    lacking = [n for n in names if n not in known]
    if lacking:
        raise GisplanError(
            f"The land intensity evaluation needs the terms {', '.join(lacking)}, and no pack in the plan's rules has "
            "them. Add cn-zone-intensity to rules before your own pack."
        )
    return {n: known[n] for n in names}


def benchmark_of(packs: Sequence[Pack], indicator: str) -> tuple[float, Benchmark] | None:
    """Latest figure of other zones for an indicator, None where no pack has one."""
    rows = [row for pack in packs for row in pack.benchmarks if indicator in row.values]
    if not rows:
        return None
    # The largest group of zones stands for the country where two are of one time.
    row = max(rows, key=lambda r: (r.zones or 0, r.year))
    return row.values[indicator], row
