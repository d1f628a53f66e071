"""When two limits can both apply to one thing, and which of two limits is laxer."""

from __future__ import annotations

from gisplan.rules.pack import Limit, Where


def meet(a: Where, b: Where) -> bool:
    """Whether something can fulfil both."""
    if a.industry and b.industry and a.industry_system != b.industry_system:
        return False  # codes of two editions are never held against one parcel
    for key in ("land_use", "zone_age", "zone_kind"):
        one, other = getattr(a, key), getattr(b, key)
        if one and other and not set(one) & set(other):
            return False
    for key in ("land_code", "industry"):
        one, other = getattr(a, key), getattr(b, key)
        always = key == "industry"
        if one and other and not any(_codes_meet(x, y, always) for x in one for y in other):
            return False
    for key in ("land_grade", "supplied"):
        one, other = getattr(a, key), getattr(b, key)
        if one is not None and other is not None and not _overlap(one.ends, other.ends):
            return False
    return True


def _codes_meet(a: str, b: str, always: bool) -> bool:
    """Whether a code can fit both patterns; ``always`` where every code stands for all that begin with it."""
    stems = a.removesuffix("*"), b.removesuffix("*")
    open_a, open_b = always or a.endswith("*"), always or b.endswith("*")
    return (
        stems[0] == stems[1] or (open_a and stems[1].startswith(stems[0])) or (open_b and stems[0].startswith(stems[1]))
    )


def _overlap(a: tuple, b: tuple) -> bool:  # type: ignore[type-arg]  # ends of numbers or of days
    return bool(a[0] <= b[1] and b[0] <= a[1])


def both_apply(a: Limit, b: Limit) -> bool:
    """Whether two limits of one indicator can hold for one thing on one day."""
    return a.indicator == b.indicator and _overlap(a.in_force.ends, b.in_force.ends) and meet(a.where, b.where)


def same_side(a: Limit, b: Limit) -> bool:
    """Whether both limits say how low, or both how high an indicator may be."""
    return (a.low[0] > -float("inf") and b.low[0] > -float("inf")) or (
        a.high[0] < float("inf") and b.high[0] < float("inf")
    )


def laxer(own: Limit, base: Limit) -> bool:
    """Whether a limit lets pass what another of the same indicator does not, on a side that both limit."""
    low = own.low[0] > -float("inf") and base.low[0] > -float("inf")
    high = own.high[0] < float("inf") and base.high[0] < float("inf")
    # A limit that may itself be reached lets more pass than one of the same value that may not.
    return (low and (own.low[0], not own.low[1]) < (base.low[0], not base.low[1])) or (
        high and (own.high[0], own.high[1]) > (base.high[0], base.high[1])
    )
