"""Whether a line or facility is in service on the plan's day: its status and its date → one word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import InService
from gisplan.read.layer import Clean
from gisplan.read.where import names_in

#: What a feature of a service can be on a day. A layer of which everything is live has no column of this.
STANDINGS = ("live", "planned", "gone", "unknown")

#: What the words of a status say.
_SAID = {"in_service": "live", "planned": "planned", "gone": "gone"}


def standing(
    status: NDArray[np.object_] | None, opened: NDArray[np.object_] | None, *, as_of: dt.date | None
) -> NDArray[np.object_]:
    """Tell what each feature is on a day; at least one of the two columns has to be there.

    A status of being planned or gone stands. What is in service by its status, or says nothing, is planned as long as
    its date lies ahead. What says nothing at all is of unknown standing, and so is a word that is not known.

    Parameters
    ----------
    status
        ``in_service``, ``planned``, ``gone``, ``unknown`` or None (nothing said), shape (n,).
    opened
        `datetime.date` on which it goes into service, or None, shape (n,).
    as_of
        The day; None leaves dates out of account.

    Returns
    -------
    numpy.ndarray
        One of `STANDINGS` each.
    """
    told = [v for v in (status, opened) if v is not None]
    size = len(told[0])
    blank = np.full(size, None, dtype=object)
    said = pd.Series(blank if status is None else status, dtype=object).map({**_SAID, "unknown": "unknown"})
    day = pd.Series(blank if opened is None else opened, dtype=object)
    has_day = day.notna().to_numpy()
    ahead = np.zeros(size, dtype=bool)
    if as_of is not None:
        ahead[has_day] = [d > as_of for d in day[has_day]]
    out: NDArray[np.object_] = said.to_numpy(dtype=object, na_value=None)
    silent = said.isna().to_numpy()
    out[silent] = np.where(has_day[silent], "live", "unknown")
    out[ahead & (out == "live")] = "planned"
    return out


def classify(
    layer: Clean, spec: InService, name: str, *, as_of: dt.date | None, status_field: str | None = None
) -> tuple[Clean, list[Issue]]:
    """Add the column ``standing`` (one of `STANDINGS`) where something of the layer is not in service.

    Parameters
    ----------
    layer
        A service's lines, points or areas, with ``status`` and ``in_service_date`` where known.
    spec
        Whose ``statuses`` map the file's own words.
    name
        The layer's name in messages (``services.water``).
    as_of
        The plan's day.
    status_field
        The file's own column of the status. Where the plan's condition names it, what it lets through is in service
        as long as its word does not say otherwise.
    """
    frame = layer.frame
    issues: list[Issue] = []
    if "side" in frame:
        frame, issues = _sided(frame, name)
    has_date = "in_service_date" in frame and bool(frame["in_service_date"].notna().any())
    has_status = "status" in frame and bool(frame["status"].notna().any())
    if not has_date and not has_status:
        return replace(layer, frame=frame), issues
    words = dict(vocabulary.status_words())
    words |= {vocabulary.plain_word(w): meaning for meaning, listed in spec.statuses.items() for w in listed}
    status = _meaning(frame["status"], words) if has_status else None
    if status is not None and status_field and spec.where and names_in(spec.where, [status_field]):
        status[status == "unknown"] = "in_service"
    opened = frame["in_service_date"].to_numpy(dtype=object) if has_date else None
    found = standing(status, opened, as_of=as_of)
    ids = frame[vocabulary.id_column(name)].astype(str).to_numpy(dtype=object)
    if status is not None:
        issues += _unknown_words(name, ids, frame["status"], status == "unknown")
        if opened is not None and as_of is not None:
            late = np.array([d is not None and not pd.isna(d) and d <= as_of for d in opened], dtype=bool)
            issues += _contradicted(name, ids, opened, late & (status == "planned"))
            issues += _ahead(name, ids, opened, (status == "in_service") & (found == "planned"), as_of)
    if as_of is None and has_date:
        n = counted(int(frame["in_service_date"].notna().sum()), "date")
        told = f"{n} of going into service cannot be held against a day, for the plan has none: all count as past."
        issues.append(Issue("SERVICE_DATE_UNUSED", "note", name, len(frame), told, "Give as_of in [plan].", "planner"))
    silent = (found == "unknown") & (np.ones(len(frame), dtype=bool) if status is None else status != "unknown")
    issues += _silent(name, ids[silent])
    if (found == "live").all():
        return replace(layer, frame=frame), issues
    return replace(layer, frame=frame.assign(standing=found)), issues


def _meaning(own: pd.Series, words: Mapping[str, str]) -> NDArray[np.object_]:
    """Meaning of each word, ``unknown`` of one that is not known, None where there is none."""
    known = {w: words.get(vocabulary.plain_word(str(w)), "unknown") for w in own.dropna().unique()}
    return np.array([None if pd.isna(w) else known[w] for w in own], dtype=object)


def _sided(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[Issue]]:
    """Bring the side of the red line to ``inside``, ``outside`` or None."""
    side = _meaning(frame["side"], vocabulary.status_words("side"))
    odd = side == "unknown"
    issues = []
    if odd.any():
        n = int(odd.sum())
        listed = _by_word(frame["side"][odd])
        issues.append(
            Issue(
                "SERVICE_SIDE_UNKNOWN",
                "warning",
                name,
                n,
                f"{counted(n, 'record')} on a side of the red line that is neither inside nor outside, taken as not "
                f"told: {listed}.",
                "Write inside or outside (红线内, 红线外).",
                features=frame["feature_id"].astype(str)[odd].tolist(),
            )
        )
    side[odd] = None
    return frame.assign(side=side), issues


def _by_word(own: pd.Series) -> str:
    return first_ids([f"{w!r} ({n:,})" for w, n in own.astype(str).value_counts().sort_index().items()])


def _unknown_words(name: str, ids: NDArray[np.object_], own: pd.Series, odd: NDArray[np.bool_]) -> list[Issue]:
    if not odd.any():
        return []
    n = int(odd.sum())
    return [
        Issue(
            "SERVICE_STATUS_UNKNOWN",
            "warning",
            name,
            n,
            f"{counted(n, 'record')} of a status that gisplan does not know: {_by_word(own[odd])}. Parcels that only "
            "they reach are neither served nor unserved.",
            f'Map the words, e.g. [layers.{name}] statuses = {{ in_service = ["…"], planned = ["…"] }}.',
            "planner",
            features=ids[odd].tolist(),
        )
    ]


def _silent(name: str, ids: NDArray[np.object_]) -> list[Issue]:
    if not len(ids):
        return []
    return [
        Issue(
            "SERVICE_STATUS_MISSING",
            "warning",
            name,
            len(ids),
            f"{counted(len(ids), 'record')} with neither status nor date, unlike others: {first_ids(ids.tolist())}. "
            "Parcels that only they reach are neither served nor unserved.",
            "Fill in the status.",
            features=ids.tolist(),
        )
    ]


def _contradicted(
    name: str, ids: NDArray[np.object_], opened: NDArray[np.object_], wrong: NDArray[np.bool_]
) -> list[Issue]:
    if not wrong.any():
        return []
    listed = [f"{i} ({d})" for i, d in zip(ids[wrong], opened[wrong], strict=True)]
    told = f"{counted(len(listed), 'record')} still planned by status, though the date has passed: {first_ids(listed)}."
    return [
        Issue(
            "SERVICE_STATUS_CONTRADICTED",
            "warning",
            name,
            len(listed),
            f"{told} The status counts.",
            "Correct the status or the date.",
            features=listed,
            ids=[str(i) for i in ids[wrong]],
        )
    ]


def _ahead(
    name: str, ids: NDArray[np.object_], opened: NDArray[np.object_], wrong: NDArray[np.bool_], as_of: dt.date
) -> list[Issue]:
    if not wrong.any():
        return []
    listed = [f"{i} ({d})" for i, d in zip(ids[wrong], opened[wrong], strict=True)]
    told = f"{counted(len(listed), 'record')} in service by status, but only after the plan's day {as_of}"
    return [
        Issue(
            "SERVICE_DATE_AHEAD",
            "note",
            name,
            len(listed),
            f"{told}: {first_ids(listed)}. They count as planned.",
            "Correct the date if it is wrong.",
            features=listed,
            ids=[str(i) for i in ids[wrong]],
        )
    ]
