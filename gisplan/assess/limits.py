"""The one limit of an indicator that every zone is held against, for maps and figures that have room for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from gisplan.rules import Limit, Pack

_JUDGED = ("pass", "below", "above")


def common_limits(packs: Sequence[Pack], findings: pd.DataFrame) -> Mapping[str, tuple[Pack, Limit]]:
    """Find the limits that hold for all zones alike.

    Parameters
    ----------
    packs
        The packs that were applied.
    findings
        What they said (see `gisplan.assess.findings.findings`).

    Returns
    -------
    dict
        Indicator → pack and limit. An indicator is left out when no limit judged it, or when some zone is held against
        another limit or none. Of several that hold for all, one that must be kept goes before one that should, then the
        order of the packs decides.
    """
    zones = findings[findings["level"] == "zone"]
    ranks = ("must", "should", "info")
    out: dict[str, tuple[Pack, Limit]] = {}
    for pack in packs:
        for limit in pack.limits:
            rows = zones[(zones["pack"] == pack.name) & (zones["rule"] == limit.id)]
            if not rows["class"].isin(_JUDGED).any() or not rows["class"].isin((*_JUDGED, "no_data")).all():
                continue
            known = out.get(limit.indicator)
            if known is None or ranks.index(limit.severity) < ranks.index(known[1].severity):
                out[limit.indicator] = pack, limit
    return out
