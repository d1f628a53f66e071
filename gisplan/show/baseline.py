"""Issues that are known already stay quiet: a file of them, and what is left of a check once they are taken away."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gisplan.errors import GisplanError, OutputError, counted, first_ids
from gisplan.issues import Issue

#: Says what the file is, and which edition.
_MARK = "gisplan baseline 1"


@dataclass(frozen=True)
class Baseline:
    """What was known.

    Attributes
    ----------
    features
        Ids of the features by code and layer.
    counts
        Largest count by code and layer of issues that name no feature.
    """

    features: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True)
class News:
    """What a baseline leaves of a check.

    Attributes
    ----------
    issues
        Issues that are new, or the new part of them.
    known_issues, known_features
        How many issues stay quiet altogether, and how many features in all.
    """

    issues: tuple[Issue, ...]
    known_issues: int
    known_features: int

    @property
    def line(self) -> str:
        """One line that says what stays quiet."""
        return (
            f"{counted(self.known_issues, 'issue')} and {counted(self.known_features, 'feature')} of the baseline "
            "stay quiet."
        )


def baseline_of(issues: Sequence[Issue]) -> Baseline:
    """Make a baseline of what a check found; the order of issues and of features does not matter."""
    features: dict[tuple[str, str], set[str]] = defaultdict(set)
    counts: dict[tuple[str, str], int] = {}
    for issue in issues:
        key = (issue.code, issue.layer)
        if issue.features:
            features[key].update(issue.feature_ids)
        else:
            counts[key] = max(issue.count, counts.get(key, 0))
    return Baseline({k: frozenset(v) for k, v in features.items()}, counts)


def news(issues: Sequence[Issue], known: Baseline) -> News:
    """Take away what is known: features by code, layer and id, and issues without features by code, layer and count."""
    new = []
    quiet_issues = quiet_features = 0
    for issue in issues:
        key = (issue.code, issue.layer)
        if not issue.features:
            if issue.count <= known.counts.get(key, 0):
                quiet_issues += 1
            else:
                new.append(issue)
            continue
        ids = issue.feature_ids
        left = [k for k, i in enumerate(ids) if i not in known.features.get(key, frozenset())]
        quiet_features += len(ids) - len(left)
        if len(left) == len(ids):
            new.append(issue)
        elif left:
            new.append(_part(issue, left))
        else:
            quiet_issues += 1
    return News(tuple(new), quiet_issues, quiet_features)


def _part(issue: Issue, rows: Sequence[int]) -> Issue:
    """Bring an issue down to some of its features; what it says of all of them stands behind what is new."""
    ids = issue.feature_ids
    return replace(
        issue,
        count=len(rows),
        message=f"{counted(len(rows), 'feature')} not in the baseline: {first_ids([ids[r] for r in rows])}. In all: "
        f"{issue.message}",
        features=[issue.features[r] for r in rows],
        ids=[issue.ids[r] for r in rows] if issue.ids else (),
        places=[issue.places[r] for r in rows] if issue.places else (),
    )


def write_baseline(issues: Sequence[Issue], file: Path) -> None:
    """Write a baseline; the same issues give the same bytes, in whatever order they come.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    known = baseline_of(issues)
    rows: list[dict[str, Any]] = [
        {"code": code, "layer": layer, "features": sorted(ids)} for (code, layer), ids in known.features.items()
    ]
    rows += [{"code": code, "layer": layer, "count": n} for (code, layer), n in known.counts.items()]
    rows.sort(key=lambda r: (r["code"], r["layer"], "count" in r))
    text = json.dumps({"file": _MARK, "issues": rows}, ensure_ascii=False, indent=1) + "\n"
    fresh = file.with_name(f".{file.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(file)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise OutputError(
            f"{file}: the baseline cannot be written ({error.strerror}). Give a file in a folder that is there."
        ) from None


def read_baseline(file: Path) -> Baseline:
    """Read what is known.

    Raises
    ------
    GisplanError
        There is no such file, or it is no baseline.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise GisplanError(
            f"{file}: the baseline cannot be read ({error.strerror}). Make one with --write-baseline."
        ) from None
    except ValueError:
        raise GisplanError(f"{file}: is no baseline of gisplan. Make one with --write-baseline.") from None
    if not isinstance(content, dict) or content.get("file") != _MARK:
        raise GisplanError(f"{file}: is no baseline of gisplan. Make one with --write-baseline.")
    features: dict[tuple[str, str], frozenset[str]] = {}
    counts: dict[tuple[str, str], int] = {}
    try:
        for row in content["issues"]:
            key = (str(row["code"]), str(row["layer"]))
            if "features" in row:
                features[key] = frozenset(str(i) for i in row["features"])
            else:
                counts[key] = int(row["count"])
    except (KeyError, TypeError, ValueError):
        raise GisplanError(f"{file}: is a damaged baseline. Make it anew with --write-baseline.") from None
    return Baseline(features, counts)
