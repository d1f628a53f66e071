"""Terms that a procedure needs all of, with their units."""

from __future__ import annotations

from collections.abc import Mapping

#: Terms of an idle-land rule; years are whole.
IDLE_TERMS: Mapping[str, str] = {
    "first_years": "year",
    "second_years": "year",
    "stopped_years": "year",
    "developed_below": "share",
    "invested_below": "share",
    "fee_share": "share",
    "after_handover_years": "year",
    "after_approval_years": "year",
    "extension_years": "year",
}
