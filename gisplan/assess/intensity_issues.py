"""What the land intensity evaluation brings to light: codes derived and not read, land of which nothing is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gisplan import vocabulary
from gisplan.assess.idle import Mask
from gisplan.assess.intensity import Intensity
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue


def intensity_issues(found: Intensity) -> list[Issue]:
    """Say from what codes were derived, what the register has that is none, and how much land is not known."""
    return [*_derived(found), *_unread(found), *_open(found), *_zones(found), *_over(found)]


def _ids(found: Intensity, where: Mask) -> list[str]:
    return [str(i) for i in found.sorted_land.survey.pieces["parcels"].frame["parcel_id"][where]]


def _derived(found: Intensity) -> Iterator[Issue]:
    codes, words = found.sorted_land.codes, vocabulary.intensity("sources")
    for what, own, sources in (
        ("construction", codes.build, codes.build_from),
        ("supply", codes.supply, codes.supply_from),
    ):
        made = (sources != "register") & (sources != "unsupported")
        if made.any():
            each = ", ".join(
                f"{words[s]['en']} {int((sources == s).sum()):,}" for s in words if (sources[made] == s).any()
            )
            message = f"Codes by {what} state derived for {counted(int(made.sum()), 'parcel')}: {each}."
            remedy = "Give the office's own codes in build_code and supply_code where they are known."
            yield Issue("INTENSITY_DERIVED", "note", "parcels", int(made.sum()), message, remedy)
        unknown = np.char.endswith(own.astype(str), "X")
        if unknown.any():
            ids = _ids(found, unknown)
            column = "approval_date or build_code" if what == "construction" else "supply_date or supply_code"
            message = f"{counted(len(ids), 'parcel')} without a full code by {what} state: {first_ids(ids)}."
            yield Issue(
                "INTENSITY_UNKNOWN", "note", "parcels", len(ids), message, f"Fill in {column}.", features=ids, ids=ids
            )


def _unread(found: Intensity) -> Iterator[Issue]:
    codes = found.sorted_land.codes
    for column, where in (("build_code", codes.unread_build), ("supply_code", codes.unread_supply)):
        if where.any():
            ids = _ids(found, where)
            valid = ", ".join(c for c in vocabulary.intensity(column.split("_")[0]) if not c.endswith("X"))
            message = f"{column}: {counted(len(ids), 'parcel')} with a code that is none, not used: {first_ids(ids)}."
            yield Issue(
                "INTENSITY_CODE_UNKNOWN", "warning", "parcels", len(ids), message, f"Codes are {valid}.", features=ids,
                ids=ids,
            )  # fmt: skip


def _open(found: Intensity) -> Iterator[Issue]:
    """Land that is neither parcel nor street, and zones whose land does not add up to their area."""
    table = found.land[found.land["partition"] == "build"]
    rest = table[table["source"] == "no_parcel"]
    if len(rest):
        ids = [f"{z} ({a:,.2f} ha)" for z, a in zip(rest["zone_id"], rest["area_ha"], strict=True)]
        code = rest["code"].iloc[0]
        took = "it counts in no rate" if code == "X" else f"taken for {code}, as the plan says"
        message = f"{counted(len(ids), 'zone')} with land that is neither parcel nor street ({took}): {first_ids(ids)}."
        remedy = "Add the parcels or road surfaces, or say what it is with land_without_parcel in [intensity]."
        yield Issue(
            "INTENSITY_NO_PARCEL", "note", "zones", len(ids), message, remedy, "planner", features=ids,
            ids=list(rest["zone_id"].astype(str)),
        )  # fmt: skip
    off = table[table["code"] == "difference"]
    if len(off):
        ids = [f"{z} ({a:+,.2f} ha)" for z, a in zip(off["zone_id"], off["area_ha"], strict=True)]
        message = (
            f"{counted(len(ids), 'zone')} whose coded land is not its area (overlaps, or ledger against drawing): "
        )
        yield Issue(
            "INTENSITY_AREA_DIFFERS", "warning", "zones", len(ids), f"{message}{first_ids(ids)}.",
            "Mend overlaps and ledger areas.", features=ids, ids=list(off["zone_id"].astype(str)),
        )  # fmt: skip
    filled = found.sorted_land.areas.filled
    if filled.any():
        ids = _ids(found, filled)
        message = f"{counted(len(ids), 'parcel')} without a ledger area; the drawn one stands in: {first_ids(ids)}."
        yield Issue("INTENSITY_AREA_FILLED", "note", "parcels", len(ids), message, features=ids, ids=ids)


def _zones(found: Intensity) -> Iterator[Issue]:
    for column, words in found.unread.items():
        where = np.flatnonzero(words != "")
        if len(where):
            ids = [str(i) for i in found.scores["zone_id"].iloc[where]]
            listed = [f"{i} ({words[k]})" for i, k in zip(ids, where, strict=True)]
            known = ", ".join(w for spec in vocabulary.intensity(f"{column}s").values() for w in spec["words"])
            message = f"{column}: {counted(len(ids), 'zone')} with a word that is none, not used: {first_ids(listed)}."
            yield Issue(
                "INTENSITY_WORD_UNKNOWN", "warning", "zones", len(ids), message, f"Words are {known}.", features=listed,
                ids=ids,
            )  # fmt: skip


def _over(found: Intensity) -> Iterator[Issue]:
    over = found.indicators[found.indicators["flags"].str.contains("OVER_100")]
    if len(over):
        listed = [f"{r.zone_id} ({r.indicator} {r.value:.1%})" for r in over.itertuples()]
        message = f"{counted(len(over), 'figure')} above 100 %, capped in the score only: {first_ids(listed)}."
        yield Issue(
            "INTENSITY_OVER_100", "warning", "zones", len(over), message, "Check supply dates, areas and yards.",
            features=listed, ids=list(over["zone_id"].astype(str)),
        )  # fmt: skip
