"""Limits of the checks: what is a sliver, what is a crossing, how far apart areas may be."""

from __future__ import annotations

from pydantic import Field

from gisplan.plan.values import Model, Number


class Checks(Model):
    """Limits of the checks; every one has a default, and all of them are gisplan's own and unverified.

    Attributes
    ----------
    sliver_m
        Gaps and overlaps narrower than this are slivers (m).
    snap_m
        A road end that misses another road by less than this was meant to meet it (m).
    crossing_m2, crossing_share
        A parcel over a zone's border, or a building over a parcel's, is told when more than both of these lie on
        the far side (m²; share of its area).
    ledger_area_m2, ledger_area_share
        Ledger and measured area differ when they are further apart than both of these (m²; share of the ledger's).
    zero_share
        Zeros in a column of the register are suspect when at least this share of its values is 0.
    repair_limit
        Largest share of a layer's area (or length) that mending its shapes may change; beyond it the run stops.
    """

    sliver_m: Number = Field(default=0.5, ge=0, le=10)
    snap_m: Number = Field(default=1.0, ge=0, le=20)
    crossing_m2: Number = Field(default=1.0, ge=0)
    crossing_share: Number = Field(default=0.01, ge=0, le=1)
    ledger_area_m2: Number = Field(default=1.0, ge=0)
    ledger_area_share: Number = Field(default=0.005, ge=0, le=1)
    zero_share: Number = Field(default=0.2, gt=0, le=1)
    repair_limit: Number = Field(default=0.01, ge=0, le=1)
