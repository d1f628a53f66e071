"""Sums of the projects by zone: excess and inefficient land, promises, certificates."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.assess.idle import Array, Mask, Text, one_of
from gisplan.geometry import sum_by
from gisplan.measure import Survey


def project_zones(survey: Survey, projects: pd.DataFrame, among: Mask) -> pd.DataFrame:
    """Sums by zone; amounts are split by share of area where a border cuts a parcel, counts are not.

    Parameters
    ----------
    survey
        The measured study.
    projects
        One row a parcel, as `gisplan.assess.projects.assess_projects` makes it.
    among
        Parcels that hold a project.

    Returns
    -------
    pandas.DataFrame
        One row a zone, and one without an id for what lies outside all of them, where something does. ``n_pass``,
        ``n_fail``, ``n_UNKNOWN``, ``n_NO_RULE`` count ``control_class``; ``excess_area_m2`` sums what is known of it;
        ``inefficient_area_m2`` and one column a reason are land, a parcel with two reasons counting under both;
        ``promise_<CLASS>`` count cases, ``deposit_unpaid_wan`` sums
        what is known of the deposits not paid and ``deposit_unknown`` counts the cases of which it is not;
        ``no_<certificate>_share`` is the share, by number, of the parcels of which it is known, and NaN where it is
        known of none.
    """
    cut, zones = survey.pieces["parcels"], survey.layers.zones
    area = np.nan_to_num(projects["area_m2"].to_numpy(dtype=float))

    def total(amount: Array) -> Array:
        amount = np.nan_to_num(amount)
        return np.append(cut.total(amount), np.sum(cut.outside * amount))

    def count(where: Mask) -> NDArray[np.int64]:
        rows = where & among
        return sum_by(np.where(cut.owner >= 0, cut.owner, cut.zones)[rows], size=cut.zones + 1).astype(np.int64)

    def land(where: Mask) -> Array:
        return total(area * (where & among))

    def said(name: str) -> Text:
        return np.asarray(projects[name].fillna(""), dtype=object)

    kind = said("control_class")
    out: dict[str, object] = {
        "zone_id": [*zones["zone_id"], None],
        "name": [*zones["name"], "区外 / outside every zone"],
        "projects": count(among),
        "project_area_m2": land(among),
        **{f"n_{w}": count(kind == w) for w in ("pass", "fail", "UNKNOWN", "NO_RULE")},
        "excess_area_m2": total(projects["excess_area_m2"].to_numpy(dtype=float)),
        "n_excess_unknown": count(projects["allowed_area_m2"].isna().to_numpy() & (kind != "NO_RULE")),
    }
    if "inefficient_class" in projects:
        found = said("inefficient_class")
        out["inefficient_area_m2"] = land(found == "INEFFICIENT")
        out["inefficient_unknown_area_m2"] = land(found == "UNKNOWN")
        number, texts = pd.factorize(projects["inefficient_reasons"].fillna(""))
        listed = [str(t).split(";") for t in texts]  # parcels share few different lists of reasons
        for reason in sorted({r for names in listed for r in names} - {""}):
            out[f"inefficient_{reason}_m2"] = land(np.array([reason in names for names in listed])[number])
    if "promise_class" in projects:
        promise = said("promise_class")
        out |= {f"promise_{c}": count(promise == c) for c in vocabulary.projects()["promises"]}
        out["deposit_unpaid_wan"] = total(projects["deposit_unpaid_wan"].to_numpy(dtype=float))
        open_case = one_of(promise, ("PROMISED", "DEPOSIT_PAID", "BREACHED", "UNKNOWN"))
        out["deposit_unknown"] = count(open_case & projects["deposit_unpaid_wan"].isna().to_numpy())
    for name in ("has_land_cert", "has_building_cert"):
        if name in projects:
            yes, no = (count((projects[name] == v).to_numpy(dtype=bool)) for v in (True, False))
            with np.errstate(divide="ignore", invalid="ignore"):
                out[f"no_{name.removeprefix('has_')}_share"] = np.where(yes + no > 0, no / (yes + no), np.nan)
            out[f"{name.removeprefix('has_')}_unknown"] = count(projects[name].isna().to_numpy())
    table = pd.DataFrame(out)
    is_outside = table["project_area_m2"].iloc[-1] > 0
    return table if is_outside else table.iloc[:-1]
