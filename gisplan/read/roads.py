"""Road classes: the file's own words → gisplan's."""

from __future__ import annotations

from dataclasses import replace

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import Roads
from gisplan.read.layer import Clean

#: Class of a road whose own class is missing or unknown: it counts in totals only.
UNCLASSIFIED = "unclassified"


def classify(layer: Clean, spec: Roads | None) -> tuple[Clean, list[Issue]]:
    """Give every road one of gisplan's classes, by the plan's table first, else by the usual words."""
    words = {w.lower(): c.id for c in vocabulary.road_classes().values() for w in (c.id, *c.names)}
    words |= {w.lower(): name for name, listed in (spec.classes if spec else {}).items() for w in listed}
    frame = layer.frame
    if "road_class" not in frame:
        return replace(layer, frame=frame.assign(road_class=UNCLASSIFIED)), []
    own = frame["road_class"]
    found = own.map(lambda w: UNCLASSIFIED if w is None else words.get(str(w).lower(), UNCLASSIFIED))
    issues = []
    unknown = own[(found == UNCLASSIFIED) & own.notna()]
    if len(unknown):
        listed = [f"{word} ({n:,})" for word, n in unknown.astype(str).value_counts().sort_index().items()]
        issues.append(
            Issue(
                "ROAD_CLASS_UNKNOWN",
                "warning",
                "roads",
                len(unknown),
                f"{counted(len(unknown), 'road')} of classes gisplan does not know count in totals only: "
                f"{first_ids(listed, limit=20)}.",
                "Map them in [layers.roads.classes].",
                "planner",
                features=frame["road_id"][unknown.index].tolist(),
            )
        )
    return replace(layer, frame=frame.assign(road_class=found)), issues
