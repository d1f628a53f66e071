"""The books: what came in lies inside the zones, outside them, or was rejected, and nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gisplan.errors import BooksError
from gisplan.geometry import sum_by
from gisplan.measure.pieces import Pieces
from gisplan.read import Layers

#: Columns of ``balance.csv``.
COLUMNS = ("layer", "measure", "input", "inside", "outside", "rejected", "overlap", "residual")

#: Residual, as a share of the input, up to which the books balance.
TOLERANCE = 1e-9


def balance(layers: Layers, pieces: Mapping[str, Pieces]) -> pd.DataFrame:
    """Balance every layer in area or length, and in features.

    ``input + overlap = inside + outside + rejected``, each found on its own: the input from the features as they
    were read, inside
    from the pieces in zones, outside as what is left when zones are taken away, overlap from the land that
    several zones cover.
    A feature counts once, where its largest part lies.

    Returns
    -------
    pandas.DataFrame
        One row a layer and measure (see `COLUMNS`), m², m and features.
    """
    rows = []
    for name, cut in pieces.items():
        layer = layers.layers[name]
        size = cut.size
        if cut.dimension:
            inside = float(np.sum(cut.total(size)))
            rows.append(
                _row(
                    name,
                    "area_m2" if cut.dimension == 2 else "length_m",
                    came_in=float(size.sum()) + layer.rejected_size,
                    inside=inside,
                    outside=float((cut.outside * size).sum()),
                    rejected=layer.rejected_size,
                    overlap=float((cut.overlap * size).sum()),
                )
            )
        counted = sum_by(cut.owner[cut.owner >= 0], size=cut.zones)
        rows.append(
            _row(
                name,
                "count",
                came_in=float(layer.records),
                inside=float(counted.sum()),
                outside=float((cut.owner < 0).sum()),
                rejected=float(len(layer.rejected)),
                overlap=0.0,
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(
    name: str, measure: str, *, came_in: float, inside: float, outside: float, rejected: float, overlap: float
) -> dict[str, object]:
    return {
        "layer": name,
        "measure": measure,
        "input": came_in,
        "inside": inside,
        "outside": outside,
        "rejected": rejected,
        "overlap": overlap,
        "residual": came_in + overlap - inside - outside - rejected,
    }


def require_closed(table: pd.DataFrame) -> None:
    """Refuse books that do not balance.

    Raises
    ------
    BooksError
        Some residual is more than a billionth of its input: gisplan's own fault, never the data's.
    """
    base = np.maximum(table["input"].abs() + table["overlap"].abs(), 1e-9)
    open_rows = table[(table["residual"].abs() / base) > TOLERANCE]
    if len(open_rows):
        listed = "; ".join(f"{r.layer} {r.measure}: {r.residual:g} of {r.input:g}" for r in open_rows.itertuples())
        raise BooksError(
            f"The books do not balance ({listed}). This is a fault of gisplan: please report it with the plan."
        )
