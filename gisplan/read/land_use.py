"""Land-use codes → classes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.plan import Parcels


def code_table(spec: Parcels) -> Mapping[str, str] | None:
    """Code → class of a plan's parcels, None when none is given; ``07*`` stands for all that begin so."""
    if spec.code_system is not None:
        return {f"{code}*": name for code, name in vocabulary.code_systems()[spec.code_system].items()}
    return {code: name for name, codes in spec.classes.items() for code in codes} or None


def unread(spec: Parcels) -> Mapping[str, str]:
    """Columns that are not to be taken by their usual name alone → the line of the plan they wait for.

    The same digits mean different things in different systems, so codes without a table are not read.
    """
    systems = ", ".join(vocabulary.code_systems())
    if code_table(spec) is not None or "land_use" in spec.columns:
        return {}
    return {"land_use": f'code_system = "…" ({systems}) or a table [layers.parcels.classes]'}


def class_of(code: str, table: Mapping[str, str]) -> str | None:
    """Class of one code: an exact entry first, else the longest beginning that fits, else None."""
    if code in table:
        return table[code]
    fits = [k for k in table if k.endswith("*") and code.startswith(k[:-1])]
    return table[max(fits, key=len)] if fits else None


def classify(codes: pd.Series, spec: Parcels, *, ids: pd.Series) -> tuple[pd.Series, list[Issue]]:
    """Class of each parcel, missing where it has no code or an unknown one.

    Parameters
    ----------
    codes
        Land-use code of each parcel.
    spec
        The parcels' table of the plan, which says how to read them.
    ids
        Id of each parcel, for messages.

    Raises
    ------
    LayerError
        There are codes, but the plan does not say how to read them: the same digits mean different things in
        different systems.
    """
    table = code_table(spec)
    if table is None:
        raise LayerError(
            "[layers.parcels]: has a land_use column but nothing to read its codes by. "
            f'Give code_system = "…" ({", ".join(vocabulary.code_systems())}) or a table '
            "[layers.parcels.classes]."
        )
    known = {code: class_of(str(code), table) for code in codes.dropna().unique()}
    classes = codes.map(known).astype(object)
    issues = []
    unknown = sorted(str(c) for c, name in known.items() if name is None)
    if unknown:
        hit = codes.isin(unknown)
        issues.append(
            Issue(
                "LAND_USE_UNKNOWN",
                "warning",
                "parcels",
                int(hit.sum()),
                f"{counted(int(hit.sum()), 'parcel')} with land-use codes that are not in the table: "
                f"{first_ids(unknown, limit=20)}.",
                "Add the codes to [layers.parcels.classes] or correct them.",
                features=ids[hit].tolist(),
            )
        )
    blank = codes.isna()
    if blank.any():
        issues.append(
            Issue(
                "LAND_USE_MISSING",
                "warning",
                "parcels",
                int(blank.sum()),
                f"{counted(int(blank.sum()), 'parcel')} without a land-use code, of unknown class: "
                f"{first_ids(ids[blank].tolist())}.",
                "Fill in the codes.",
                features=ids[blank].tolist(),
            )
        )
    return classes, issues
