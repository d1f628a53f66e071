"""Stages of conversion batches: the file's own words → gisplan's."""

from __future__ import annotations

from dataclasses import replace

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import Batches
from gisplan.read.layer import Clean


def classify(layer: Clean, spec: Batches | None) -> tuple[Clean, list[Issue]]:
    """Give every batch one of gisplan's stages, by the plan's table first, else by the usual words.

    A batch whose stage is missing or unknown has none: its land is neither taken for approved nor for pending.
    """
    words = {w.casefold(): s.id for s in vocabulary.stages().values() for w in s.words}
    words |= {w.casefold(): name for name, listed in (spec.stages if spec else {}).items() for w in listed}
    frame = layer.frame
    own = list(frame["stage"]) if "stage" in frame else [None] * len(frame)
    said = [v.strip() if isinstance(v, str) else None for v in own]
    found = [words.get(s.casefold()) if s else None for s in said]
    issues = []
    lost = [i for i, s in enumerate(found) if s is None]
    if lost:
        ids = [str(frame["batch_id"].iloc[i]) for i in lost]
        listed = [f"{b} ({said[i] or 'no stage'})" for b, i in zip(ids, lost, strict=True)]
        issues.append(
            Issue(
                "BATCH_STAGE_UNKNOWN",
                "warning",
                "batches",
                len(lost),
                f"{counted(len(lost), 'batch', 'batches')} of no stage that gisplan knows count in no approved land: "
                f"{first_ids(listed)}.",
                "Fill in the stage, or map the words in [layers.batches.stages].",
                "planner",
                features=listed,
                ids=ids,
            )
        )
    return replace(layer, frame=frame.assign(stage=found)), issues
