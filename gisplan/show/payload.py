"""One layer as a small block of bytes that a browser turns into typed arrays.

Layout: 4 bytes (length of the packed header, little endian), the packed header, then packed sections one after
another. The header is JSON and says of each section where it starts, how many bytes it takes, how many values it
holds and in how many *byte planes*: all lowest bytes of the values, then all second bytes and so on, because
neighbours resemble each other within a plane and deflate finds that. Every section is a zlib stream of its own, so
that a reader unpacks what it needs when it needs it.

Coordinates are whole multiples of ``10**-digits`` degrees. A corner is written where it occurs first, as its
distance from the corner before it; wherever it occurs again (a neighbour's border, a crossing) its number is
written instead. Shared edges therefore stay shared, and a fabric of parcels takes half the room. Signed numbers are
folded (0, -1, 1, -2 … become 0, 1, 2, 3 …) so that small ones stay small.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gisplan.errors import LayerError, counted, first_ids
from gisplan.geometry.parallel import in_chunks
from gisplan.show.payload_columns import column_sections
from gisplan.show.payload_pack import Section, folded, pack, packed_size, planes

FORMAT = "gisplan-map"
VERSION = 2

#: Web Mercator, in which browsers draw, ends here (degrees north and south).
MERCATOR_END = 85.051128

# shapely's type ids → what is drawn: 1 points, 2 lines, 3 polygons; 0 is "no geometry". -1 cannot be drawn.
_KINDS = np.array([1, 2, 2, 3, 1, 2, 3, -1])


@dataclass(frozen=True)
class Draft:
    """A layer laid out in sections and not yet packed: its size can be told before it is written.

    Parameters
    ----------
    header
        What the header says, but for columns and sections.
    shapes
        Sections of the geometry.
    columns
        Description and sections of each column, by key.
    """

    header: Mapping[str, Any]
    shapes: Sequence[Section]
    columns: Mapping[str, tuple[Mapping[str, Any], Sequence[Section]]]

    def sizes(self) -> dict[str, int]:
        """Estimate the characters each part takes in a page: "shapes", "header" and every column by its key.

        Parts are packed piece by piece, a few pieces of the long ones, so that this takes a fraction of writing.
        """
        # How far a header packs hangs on how often it says the same, so it is packed: it is short.
        told = json.dumps(self._head({}), ensure_ascii=False, default=str).encode("utf-8", "replace")
        head = len(zlib.compress(told))
        parts = {"shapes": self.shapes, **{key: sections for key, (_, sections) in self.columns.items()}}
        # A section's place in the header takes some 25 bytes, packed.
        found = {name: sum(packed_size(s) + 25 for s in sections) for name, sections in parts.items()}
        return {name: int(size * 4 / 3) for name, size in {**found, "header": head}.items()}

    def write(self, level: int = 6) -> bytes:
        """Pack the sections side by side and put the header that names them in front.

        Parameters
        ----------
        level
            Deflate level; 9 is five times slower than 6 and saves less than 2 %.
        """
        sections = [*self.shapes, *(s for _, parts in self.columns.values() for s in parts)]
        packed = [
            data
            for chunk in in_chunks(lambda rows: [pack(sections[i], level) for i in rows], len(sections))
            for data in chunk
        ]
        offset, places = 0, {}
        for section, data in zip(sections, packed, strict=True):
            places[section.name] = [offset, len(data), section.count, section.planes]
            offset += len(data)
        # A lone surrogate cannot be UTF-8; it arrives as "?" instead of stopping the map.
        text = json.dumps(self._head(places), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        head = pack(Section("", text, len(text)), level)
        return b"".join([len(head).to_bytes(4, "little"), head, *packed])

    def _head(self, places: Mapping[str, Any]) -> dict[str, Any]:
        described = [{"key": key, **about} for key, (about, _) in self.columns.items()]
        return {**self.header, "columns": described, "sections": places}


def lay_out(
    geometry: NDArray[np.object_],
    columns: Mapping[str, pd.Series[Any]],
    *,
    meta: Mapping[str, Any] | None = None,
    digits: int = 6,
) -> Draft:
    """Lay one layer out.

    Parameters
    ----------
    geometry
        One shapely geometry or None per row, EPSG:4326 (longitude, latitude in degrees). Heights are dropped.
    columns
        Attribute columns, each as long as ``geometry``. Missing values stay missing; booleans, whole numbers,
        decimals, dates and text keep their kind.
    meta
        Anything JSON can hold, carried along in the header.
    digits
        Decimal places kept of a degree, at most 7: 6 is within 0.1 m, 7 within 0.01 m (see `digits_for`).

    Raises
    ------
    LayerError
        A geometry is a collection, has coordinates outside the globe, or lies where no web map reaches.
    """
    geometry = np.asarray(geometry, dtype=object)
    shapes, origin = _geometry_sections(geometry, digits)
    present = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
    header = {
        "format": FORMAT,
        "version": VERSION,
        "n": len(geometry),
        "digits": digits,
        "origin": origin,
        "bounds": [float(v) for v in shapely.total_bounds(present)] if len(present) else None,
        "meta": dict(meta or {}),
    }
    return Draft(header, shapes, {key: column_sections(k, c) for k, (key, c) in enumerate(columns.items())})


def encode(
    geometry: NDArray[np.object_],
    columns: Mapping[str, pd.Series[Any]],
    *,
    meta: Mapping[str, Any] | None = None,
    digits: int = 6,
) -> bytes:
    """Encode one layer: `lay_out` and `Draft.write` in one. Equal input gives equal bytes."""
    return lay_out(geometry, columns, meta=meta, digits=digits).write()


def estimate(geometry: NDArray[np.object_], columns: Mapping[str, pd.Series[Any]], *, digits: int = 6) -> int:
    """Estimate the characters that a layer will take in a page, within some per cent, without writing it.

    Parameters
    ----------
    geometry, columns, digits
        As for `lay_out`.
    """
    return sum(lay_out(geometry, columns, digits=digits).sizes().values())


def digits_for(accuracy_m: float) -> int:
    """Decimal places of a degree that keep every corner within a distance of where it was.

    Half a step of rounding in both directions is at most ``10**-digits · 111,320 m · √½``, at the equator.

    Parameters
    ----------
    accuracy_m
        The distance in metres; 0.1 gives 6 places. Less than 0.01 gives the most there is, 7.
    """
    places = np.ceil(np.log10(111_320 * 0.5**0.5 / accuracy_m))
    return int(np.clip(places, 3, 7))


def as_text(payload: bytes) -> str:
    """Write a payload in the 64 letters that cannot close an HTML element."""
    return base64.b64encode(payload).decode("ascii")


def _geometry_sections(geometry: NDArray[np.object_], digits: int) -> tuple[list[Section], list[int]]:
    """Return kind per row, chains (rings, lines, points) per row, corners per chain and the corners."""
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    kinds = np.where(missing, 0, _KINDS[shapely.get_type_id(geometry)])
    if (kinds < 0).any():
        rows = first_ids(np.flatnonzero(kinds < 0).tolist())
        raise LayerError(f"geometry collections cannot be drawn (rows {rows}): keep their polygons, lines or points")
    # Outer rings run one way and holes the other, so that the browser fills overlapping parcels without gaps.
    shapes = shapely.orient_polygons(np.where(missing, np.array(None), geometry))
    chains, owner, closed = _chains(shapes, kinds)
    lengths = shapely.get_num_coordinates(chains) - closed
    points = shapely.get_coordinates(chains)
    _require_drawable(points, np.repeat(owner, lengths + closed))
    last = np.cumsum(lengths + closed) - 1
    keep = np.ones(len(points), dtype=bool)
    keep[last[closed]] = False  # the closing vertex repeats the first
    grid = np.round(points[keep] * 10**digits).astype(np.int64)
    starts = np.cumsum(lengths) - lengths
    origin = grid[0] if len(grid) else np.zeros(2, dtype=np.int64)
    tokens, fresh = _corners(grid)
    # From the corner before; the first of a chain from the first of the chain before.
    steps = np.diff(grid, axis=0, prepend=origin[None, :])
    steps[starts] = np.diff(grid[starts], axis=0, prepend=origin[None, :])
    return [
        planes("kind", kinds.astype(np.uint64)),
        planes("chains", np.bincount(owner, minlength=len(geometry)).astype(np.uint64)),
        planes("lengths", lengths.astype(np.uint64)),
        planes("corners", tokens),
        *(planes("step" + axis, folded(steps[fresh, i])) for i, axis in enumerate("xy")),
    ], [int(v) for v in origin]


def _corners(grid: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Number the corners in the order of their first occurrence.

    Returns
    -------
    tokens
        0 for a corner that is new, else 1 + its number, folded, less that of the corner that stands before the
        previous one: along a neighbour's border numbers run backwards.
    fresh
        Whether each is new.
    """
    numbers = pd.factorize((grid[:, 0] << 32) + grid[:, 1])[0].astype(np.int64)
    fresh = np.diff(np.maximum.accumulate(numbers), prepend=-1) > 0  # its number exceeds all before it
    again = folded(np.diff(numbers, prepend=0) + 1) + np.uint64(1)
    return np.where(fresh, np.uint64(0), again), fresh


def _require_drawable(points: NDArray[np.float64], owner: NDArray[np.int64]) -> None:
    """Stop at coordinates that are none, or that no web map shows."""
    if not np.isfinite(points).all() or (np.abs(points) > [[180.000001, 90.000001]]).any():
        raise LayerError("coordinates lie outside the globe: the declared coordinate system does not fit the numbers")
    far = np.unique(owner[np.abs(points[:, 1]) > MERCATOR_END])
    if len(far):
        raise LayerError(
            f"{counted(len(far), 'feature')} (rows {first_ids(far.tolist())}) beyond {MERCATOR_END:.2f}° north or "
            "south, where web maps end: mend the coordinates or leave the features out"
        )


def _chains(
    shapes: NDArray[np.object_], kinds: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.int64], NDArray[np.bool_]]:
    """Take geometries apart into rings, lines and single points, in row order.

    Returns
    -------
    chains, owner, closed
        The pieces, the row each belongs to, and whether it is a ring.
    """
    pieces, rows = shapely.get_parts(shapes, return_index=True)
    full = ~shapely.is_empty(pieces)  # a multipolygon may hold an empty part
    pieces, rows = pieces[full], rows[full]
    polygon = kinds[rows] == 3
    rings, parent = shapely.get_rings(pieces[polygon], return_index=True)
    chains = np.concatenate([rings, pieces[~polygon]])
    owner = np.concatenate([rows[polygon][parent], rows[~polygon]]).astype(np.int64)
    closed = np.arange(len(chains)) < len(rings)
    order = np.argsort(owner, kind="stable")
    return chains[order], owner[order], closed[order]
