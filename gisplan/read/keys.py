"""Keys of a ledger → parcel ids: alike but for how a workbook damaged them, and near matches that are only told."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.read.spelling import near, plain_key

#: Digits of a number that Excel keeps.
_KEPT = 15

#: A long id that was stored as a number, as Excel and gisplan write it.
_EXPONENT = re.compile(r"^\d(\.\d+)?[eE]\+\d{2}$")


@dataclass(frozen=True)
class Matched:
    """Keys as parcel ids where they could be matched, and what was done for it."""

    keys: pd.Series
    issues: tuple[Issue, ...]


def match(keys: pd.Series, ids: pd.Series, *, file: str, place: str) -> Matched:
    """Match the keys of a ledger with parcel ids.

    A key that is a parcel id as it stands is left alone. Others are matched without full-width digits, blanks,
    quotes and a trailing ``.0``, then with the zeros in front that a workbook took away, but only where every
    such key finds a parcel of its own. Keys that a workbook rounded are never matched.

    Parameters
    ----------
    keys
        Key of each row, missing ones None.
    ids
        The parcels' ids.
    file, place
        The ledger's file, and where it stands in the plan.

    Raises
    ------
    LayerError
        No key is a parcel id.
    """
    known = set(ids)
    open_keys = [k for k in sorted(keys.dropna().unique()) if k not in known]
    tidied = _tidied(open_keys, known)
    left = [k for k in open_keys if k not in tidied]
    restored, lost = _zeros(left, known, set(keys.dropna()) | set(tidied.values()))
    found = {**tidied, **restored}
    out = keys.map(lambda k: found.get(k, k)) if found else keys
    orphans = sorted(set(left) - set(restored))
    present = set(out.dropna())
    if not present & known:
        _refuse(keys.dropna(), ids, lost, place=place)
    bare = sorted(known - present)
    rounded = [k for k in orphans if _is_rounded(k)]
    issues = [
        *_tidied_issue(tidied, file),
        *_restored_issue(restored, file),
        *_lost_issue(lost, file),
        *_rounded_issue(rounded, bare, file),
        *_unmatched_issues(orphans, bare, file, rows=int(keys.isin(orphans).sum())),
        *_near_issue(sorted(set(orphans) - set(rounded)), bare, file),
    ]
    return Matched(out, tuple(issues))


def _tidied(open_keys: Sequence[str], known: set[str]) -> dict[str, str]:
    """Find keys that are a parcel id when both are written plainly, and no other parcel's."""
    if not open_keys:
        return {}
    plain: dict[str, list[str]] = defaultdict(list)
    for i in known:
        plain[plain_key(i)].append(i)
    return {k: plain[p][0] for k in open_keys if len(plain.get(p := plain_key(k), ())) == 1}


def _zeros(left: Sequence[str], known: set[str], taken: set[str]) -> tuple[dict[str, str], list[str]]:
    """Find keys that lost the zeros in front, and those that seem so but cannot be told apart.

    Nothing is matched unless all parcel ids of digits have one length and every short key, padded to it, is a
    parcel that no other key names.
    """
    lengths = {len(i) for i in known if i.isdecimal()}
    short = [k for k in left if plain_key(k).isdecimal() and len(plain_key(k)) < max(lengths, default=0)]
    padded = {k: plain_key(k).zfill(max(lengths)) for k in short}
    hits = [k for k in short if padded[k] in known]
    wanted = set(padded.values())
    if len(lengths) == 1 and len(hits) == len(short) == len(wanted) and not wanted & taken:
        return padded, []
    by_end = {i.lstrip("0") for i in known if i.isdecimal()}
    return {}, [k for k in short if plain_key(k).lstrip("0") in by_end]


def _is_rounded(key: str) -> bool:
    """Whether a key was a number too long for a workbook: an exponent, or nothing but zeros after fifteen digits."""
    text = plain_key(key)
    if _EXPONENT.match(text):
        return True
    return len(text) > _KEPT + 1 and text.isdecimal() and set(text[_KEPT:]) == {"0"}


def _refuse(rows: pd.Series, ids: pd.Series, lost: Sequence[str], *, place: str) -> None:
    keys = rows.unique().tolist()
    rounded = [k for k in keys if _EXPONENT.match(k)]
    if rounded:
        n = int(rows.isin(rounded).sum())
        raise LayerError(
            f"{place}: no key is a parcel id, and {n:,} of {counted(len(rows), 'row')} hold long ids stored as "
            f"numbers, whose last digits are lost: {first_ids(rounded)}. Store them as text."
        )
    hint = "Check key and parcel_id."
    if any(_is_rounded(k) for k in keys):
        hint = "Excel keeps fifteen digits of a number: fetch the keys again from where they came, as text."
    elif lost:
        hint = "The zeros in front are lost: keep the keys as text in the workbook."
    raise LayerError(
        f"{place}: none of its {counted(len(keys), 'key')} is a parcel id (keys {_some(keys)}; parcel "
        f"ids {_some(ids)}). {hint}"
    )


def _some(ids: Iterable[object]) -> str:
    """Show two ids of many as they are spelt."""
    two = [repr(i) for i in sorted(set(ids), key=str)[:2]]
    return f"like {', '.join(two)}" if two else "there are none"


def _tidied_issue(tidied: dict[str, str], file: str) -> list[Issue]:
    if not tidied:
        return []
    told = [f"{k!r} → {i}" for k, i in tidied.items()]
    return [
        Issue(
            "LEDGER_KEYS_TIDIED",
            "note",
            "ledger",
            len(told),
            f"{counted(len(told), 'key')} of {file} matched without stray blanks, quotes, full-width signs or .0: "
            f"{first_ids(told)}.",
            "Write the keys as the parcels have them.",
            features=told,
        )
    ]


def _restored_issue(restored: dict[str, str], file: str) -> list[Issue]:
    if not restored:
        return []
    told = [f"{k} → {i}" for k, i in restored.items()]
    return [
        Issue(
            "LEDGER_ZEROS_RESTORED",
            "warning",
            "ledger",
            len(told),
            f"{counted(len(told), 'key')} of {file} lost the zeros in front; with them each is one parcel, and is "
            f"joined to it: {first_ids(told)}.",
            "Keep the keys as text: format the column as text, then paste the keys again.",
            features=told,
        )
    ]


def _lost_issue(lost: Sequence[str], file: str) -> list[Issue]:
    if not lost:
        return []
    return [
        Issue(
            "LEDGER_ZEROS_LOST",
            "warning",
            "ledger",
            len(lost),
            f"{counted(len(lost), 'key')} of {file} may have lost the zeros in front, but not every such key is one "
            f"parcel then, so none is joined: {first_ids(lost)}.",
            "Keep the keys as text: format the column as text, then paste the keys again.",
            features=list(lost),
        )
    ]


def _rounded_issue(rounded: Sequence[str], bare: Sequence[str], file: str) -> list[Issue]:
    if not rounded:
        return []
    begins: dict[str, int] = defaultdict(int)
    for i in bare:
        begins[i[:_KEPT]] += 1
    told = []
    for key in rounded:
        head = _head(key)
        fits = begins[head] if len(head) == _KEPT else 0
        told.append(f"{key} (begins like {counted(fits, 'parcel')} without a row)" if fits else key)
    return [
        Issue(
            "LEDGER_KEYS_ROUNDED",
            "warning",
            "ledger",
            len(told),
            f"{counted(len(told), 'key')} of {file} passed through Excel as numbers and lost the digits after the "
            f"fifteenth: {first_ids(told)}.",
            "Fetch them again from where they came, into a column formatted as text.",
            features=told,
        )
    ]


def _head(key: str) -> str:
    """First fifteen digits of a rounded key, fewer where its exponent form shows fewer."""
    text = plain_key(key)
    if not _EXPONENT.match(text):
        return text[:_KEPT]
    return re.split("[eE]", text)[0].replace(".", "")


def _unmatched_issues(orphans: Sequence[str], bare: Sequence[str], file: str, *, rows: int) -> list[Issue]:
    issues = []
    if orphans:
        several = f" in {rows:,} rows" if rows > len(orphans) else ""
        issues.append(
            Issue(
                "LEDGER_ROW_WITHOUT_PARCEL",
                "warning",
                "ledger",
                len(orphans),
                f"{counted(len(orphans), 'key')} of {file}{several} without a parcel: {first_ids(orphans)}.",
                "Draw the parcels or correct the keys.",
                features=list(orphans),
            )
        )
    if bare:
        issues.append(
            Issue(
                "PARCEL_WITHOUT_LEDGER_ROW",
                "warning",
                "parcels",
                len(bare),
                f"{counted(len(bare), 'parcel')} without a row in {file}: {first_ids(bare)}.",
                "Add the rows or correct the keys.",
                features=list(bare),
            )
        )
    return issues


def _near_issue(orphans: Sequence[str], bare: Sequence[str], file: str) -> list[Issue]:
    pairs = near(orphans, bare)
    if not pairs:
        return []
    told = [f"{key} ~ {parcel} ({likeness:.0%})" for key, parcel, likeness in pairs]
    return [
        Issue(
            "LEDGER_KEYS_NEAR",
            "note",
            "ledger",
            len(told),
            f"{counted(len(told), 'unmatched key')} of {file} {'is' if len(told) == 1 else 'are'} spelt nearly like a "
            f"parcel without a row; none is joined: {first_ids(told)}.",
            "Correct the keys that were meant so.",
            features=told,
        )
    ]
