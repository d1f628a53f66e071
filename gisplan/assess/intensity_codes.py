"""Codes of a parcel in the land intensity evaluation: by construction state (A, B, C) and by supply (D, E, F)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.idle import Mask, Text, one_of
from gisplan.assess.marks import begins, mapped
from gisplan.measure.dates import days

#: Dates of which each shows that land has been supplied.
SUPPLIED_DATES = ("supply_date", "handover_date")


@dataclass(frozen=True)
class Codes:
    """Codes of each parcel, and what told them (words of ``intensity.toml``); all arrays have the shape (parcels,).

    Attributes
    ----------
    build, build_from, supply, supply_from
        Code by construction and by supply state, and its source.
    unread_build, unread_supply
        True where the register has a code that is none.
    still
        Code that the parcel would have among the land that can still be supplied.
    supply_kind
        ``allocated``, ``auction``, ``agreement`` or ``paid`` as the register says, empty where it does not.
    """

    build: Text
    build_from: Text
    supply: Text
    supply_from: Text
    unread_build: Mask
    unread_supply: Mask
    still: Text
    supply_kind: Text


def codes_of(
    parcels: pd.DataFrame,
    *,
    as_of: dt.date,
    served: Mask,
    unserved: Mask,
    rural: Sequence[str] = (),
    register_complete: bool = False,
    land_acquired: bool | None = None,
) -> Codes:
    """Read the codes of parcels from the register, or derive them and say from what.

    Parameters
    ----------
    parcels
        ``land_class`` (class id or None), ``state`` (see `gisplan.measure.survey.Parcels`) and, as far as known,
        ``land_use, build_code, supply_code, supply_type, supply_date, handover_date, approval_date, completion_date,
        expiry_date, is_acquired``.
    as_of
        Day the codes are of; what is dated later has not happened.
    served, unserved
        True where all services of the supply condition are known to be at hand, and where one is known to lack.
    rural
        Beginnings of land-use codes that are rural construction land.
    register_complete, land_acquired
        As in the plan's table ``[intensity]``.

    Derivation
    ----------
    Water is C1, farmland that was not supplied B22. Built land (buildings stand on it, or its completion is on record)
    and public land in use take the A code of their class, rural built land B12. Other land is B21 where it was supplied
    or is acquired and served, B22 where one of the two is known to lack, B2X where neither is known. Supplied land is
    D1, D21 or D22 by type of supply and end of term, or by class where the type is not known; public land in use is D1.
    Without a date of supply land is not known to be supplied or not (X), unless the register is complete: then B21 can
    still be supplied (E), the rest cannot (F). C is F, and so is land that is not state land (B1) or still farmed.
    """
    size = len(parcels)
    empty = np.full(size, "", dtype=object)
    kind = _text(parcels, "land_class")
    state = _text(parcels, "state")
    table = vocabulary.intensity("classes")
    own = mapped(kind, lambda k: table.get(k, {}).get("build", ""))
    still = mapped(kind, lambda k: table.get(k, {}).get("still", "E22"))
    formed = one_of(kind, [c.id for c in vocabulary.land_classes().values() if c.formed])

    done = _happened(parcels, "completion_date", as_of) & ~formed & (own != "")
    built = (state == "built") | done
    supplied = np.logical_or.reduce([_happened(parcels, name, as_of) for name in SUPPLIED_DATES])
    condition = _condition(parcels, supplied, served, unserved, as_of=as_of, given=land_acquired)
    in_village = begins(_text(parcels, "land_use"), tuple(rural))

    build, build_from = empty.copy(), empty.copy()
    given, unread_build = _given(parcels, "build_code", "build")
    _set(build, build_from, given != "", given, "register")
    _set(build, build_from, kind == "water", "C1", "class")
    _set(build, build_from, (kind == "farmland") & ~supplied, "B22", "class")
    _set(build, build_from, built & in_village, "B12", "building")
    _set(build, build_from, formed, own, "class")
    _set(build, build_from, (state == "built") & (own != ""), own, "building")
    _set(build, build_from, done, own, "completion")
    # Built land of unknown class is built, but no code says so without saying what it is used for.
    _set(build, build_from, (built & (own == "")) | (state == ""), "X", "unsupported")
    for word, code in ((1, "B21"), (0, "B22"), (-1, "B2X")):
        _set(build, build_from, condition == word, code, "condition" if word >= 0 else "unsupported")

    supply, supply_from = empty.copy(), empty.copy()
    given, unread_supply = _given(parcels, "supply_code", "supply")
    _set(supply, supply_from, given != "", given, "register")
    _set(supply, supply_from, begins(build, "C"), "F", "class")
    how = _kinds(parcels)
    paid = one_of(how, ("auction", "agreement", "paid"))
    over = _happened(parcels, "expiry_date", as_of)
    _set(supply, supply_from, supplied & paid & over, "D22", "expired")
    by_class = (how == "") & (still == "E1")
    _set(supply, supply_from, supplied & ((how == "allocated") | by_class), "D1", "supplied")
    _set(supply, supply_from, supplied & over, "D22", "expired")
    _set(supply, supply_from, supplied, "D21", "supplied")
    _set(supply, supply_from, one_of(build, ("B11", "B12")), "F", "class")
    _set(supply, supply_from, (kind == "farmland") & (build == "B22"), "F", "class")
    is_built = begins(build, "A")
    _set(supply, supply_from, is_built & (still == "E1"), "D1", "in_use")
    # A register that tells no supply at all is not complete, whatever the plan says of it.
    if register_complete and supplied.any():
        _set(supply, supply_from, build == "B21", still, "not_in_register")
        _set(supply, supply_from, is_built | (build == "B22"), "F", "not_in_register")
    _set(supply, supply_from, supply == "", "X", "unsupported")
    return Codes(build, build_from, supply, supply_from, unread_build, unread_supply, still, how)


def _set(codes: Text, sources: Text, where: Mask, code: Text | str, source: str) -> None:
    """Give a code and its source to the parcels that have none yet."""
    open_ = where & (codes == "")
    codes[open_] = code[open_] if isinstance(code, np.ndarray) else code
    sources[open_] = source


def _text(parcels: pd.DataFrame, name: str) -> Text:
    if name not in parcels:
        return np.full(len(parcels), "", dtype=object)
    return mapped(parcels[name], lambda v: str(v).strip(), missing="")


def _happened(parcels: pd.DataFrame, name: str, as_of: dt.date) -> Mask:
    if name not in parcels:
        return np.zeros(len(parcels), dtype=bool)
    when = days(parcels, name)
    return ~np.isnat(when) & (when <= np.datetime64(as_of, "D"))


def _condition(
    parcels: pd.DataFrame, supplied: Mask, served: Mask, unserved: Mask, *, as_of: dt.date, given: bool | None
) -> np.ndarray:
    """Tell whether land meets the supply condition: 1 yes, 0 no, −1 not known."""
    acquired = np.full(len(parcels), -1 if given is None else int(given))
    acquired[_happened(parcels, "approval_date", as_of)] = 1
    if "is_acquired" in parcels:
        said = parcels["is_acquired"].to_numpy(dtype=object)
        acquired[said == True] = 1  # noqa: E712  the column holds True, False and None
        acquired[said == False] = 0  # noqa: E712
    out = np.full(len(parcels), -1)
    out[(acquired == 1) & served] = 1
    out[(acquired == 0) | unserved] = 0
    out[supplied] = 1
    return out


def _given(parcels: pd.DataFrame, column: str, kind: str) -> tuple[Text, Mask]:
    """Codes of the register that are codes, and where it has something else."""
    known: Mapping[str, object] = vocabulary.intensity(kind)
    said = mapped(_text(parcels, column), str.upper)
    # X and B2X say that something is not known; an office that writes them says no more than an empty cell.
    valid = one_of(said, [c for c in known if not c.endswith("X")])
    return np.where(valid, said, "").astype(object), (said != "") & ~valid


def _kinds(parcels: pd.DataFrame) -> Text:
    """How each parcel was supplied, empty where the register does not say or uses another word."""
    words = {w: kind for kind, listed in vocabulary.intensity("supply_types").items() for w in listed}
    return mapped(_text(parcels, "supply_type"), lambda w: words.get(w, ""))
