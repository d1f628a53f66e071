"""What stands on the CAD layers of a plan but cannot be used, told one by one."""

from __future__ import annotations

from collections.abc import Mapping

from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.read.cad_entities import Content


def kinds(counts: Mapping[str, int]) -> str:
    """Numbers of entities by kind."""
    return ", ".join(f"{n:,} {kind}" for kind, n in sorted(counts.items()))


def left_out(found: Content, layer: str, file: str) -> list[Issue]:
    """Say what stands on the layers but is not read."""
    issues = []
    if found.faulty:
        n = len(found.faulty)
        text = f"{file}: {counted(n, 'entity', 'entities')} cannot be used: {first_ids(found.faulty)}."
        issues.append(Issue("DRAWING_REJECTED", "error", layer, n, text, "Draw them again.", features=found.faulty))
    if found.hidden:
        n = sum(found.hidden.values())
        named = [f"{name} ({k:,})" for name, k in sorted(found.hidden.items())]
        issues.append(
            Issue(
                "DRAWING_HIDDEN",
                "warning",
                layer,
                n,
                f"{file}: {counted(n, 'entity', 'entities')} hidden or on layers that are off or frozen not read: "
                f"{first_ids(named)}.",
                "Thaw and switch on the layers if they belong to it.",
                features=named,
            )
        )
    if found.paper:
        issues.append(
            Issue(
                "DRAWING_PAPER",
                "note",
                layer,
                found.paper,
                f"{file}: {counted(found.paper, 'entity', 'entities')} on sheets of paper space not read.",
            )
        )
    if found.other:
        n = sum(found.other.values())
        issues.append(
            Issue(
                "DRAWING_NOT_READ",
                "warning",
                layer,
                n,
                f"{file}: {counted(n, 'entity', 'entities')} of kinds that are not read: {kinds(found.other)}.",
                "Turn them into polylines (EXPLODE, BOUNDARY) if they belong to it.",
            )
        )
    return issues
