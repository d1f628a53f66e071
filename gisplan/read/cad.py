"""A CAD drawing → records of a layer: polygons, lines or points with what the drawing says of each."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.errors import LayerError, counted, first_ids
from gisplan.issues import Issue
from gisplan.plan.drawing import Drawing
from gisplan.read import cad_shapes, cad_texts
from gisplan.read.cad_entities import Content, Item, Label, gather, matcher
from gisplan.read.cad_file import SUFFIXES, open_drawing
from gisplan.read.cad_left import kinds, left_out
from gisplan.read.cad_place import Space, require_place, unit_of
from gisplan.read.cad_walk import layer_of, readable

#: Columns every record of a drawing has.
FIELDS = ("layer", "handle", "color", "elevation", "text")

#: How far (m) a chord may lie from the curve it stands for.
CHORD = 0.001


@dataclass(frozen=True)
class Drawn:
    """A layer out of a drawing: ``FIELDS``, the columns its texts fill, and geometry."""

    frame: gpd.GeoDataFrame
    issues: list[Issue]

    @property
    def fields(self) -> list[str]:
        """Attribute columns."""
        return [str(c) for c in self.frame.columns if c != "geometry"]


def is_drawing(path: Path) -> bool:
    """Whether a file is a CAD drawing, by its name."""
    return path.suffix.lower() in SUFFIXES


def read_drawing(spec: Any, path: Path, *, layer: str, place: str) -> Drawn:
    """Read a layer out of a drawing.

    Parameters
    ----------
    spec
        The layer's table of the plan, with its ``drawing``.
    path
        The DXF file.
    layer
        Whose vocabulary applies; it also says whether polygons or lines are wanted.
    place
        Where it stands in the plan, for messages.

    Raises
    ------
    LayerError
        The file cannot be read, has no such CAD layers, nothing usable on them, or lies elsewhere than the plan says.
    """
    doc, issues = open_drawing(path, encoding=spec.encoding, layer=layer, place=place)
    here = f"[{place.strip('[]')}.drawing]"
    how: Drawing | None = spec.drawing
    if spec.layer is not None:
        raise LayerError(
            f"{place}: layer = {spec.layer!r} does not go with a drawing. "
            f"Name its CAD layers with layers = [ ] in {here}."
        )
    if how is None or spec.crs is None:
        missing = f'Write crs = "EPSG:…" in {place}' + (f" and add {here} with layers = [ ]" if how is None else "")
        raise LayerError(
            f"{place}: {path.name} is a drawing and does not say where on the earth it lies. {missing}. "
            f"Its CAD layers: {_held(doc)}."
        )
    dimension = 2 if layer.split(".", maxsplit=1)[0] in vocabulary.POLYGON_LAYERS else 1 if layer == "roads" else None
    unit, scale, why = unit_of(doc, how, path=path, place=here)
    columns = {name: matcher(patterns) for name, patterns in how.text.items()}
    lines = matcher(how.layers)
    found = gather(
        doc,
        lines=lines,
        texts=lambda name: any(m(name) for m in columns.values()),
        dimension=dimension,
        scale=scale,
        within=CHORD,
        place=place,
    )
    _require_layers(doc, how, found, path=path, place=here)
    space = Space(scale, (how.offset[0], how.offset[1]))
    shapes = space.placed(np.array([i.shape for i in found.items], dtype=object))
    require_place(shapes, spec.crs, how, unit, space, path=path, place=here)
    issues.append(_taken(how, f"{unit} {why}", found, path, layer))
    issues += left_out(found, layer, path.name)
    labels = [Label(t.text, t.layer, t.handle, space.point(*t.middle), space.point(*t.anchor)) for t in found.labels]
    if dimension == 2:
        made = cad_shapes.polygons(
            found.items,
            shapes,
            close=how.close_within,
            holes=how.islands == "holes",
            layer=layer,
            file=path.name,
            at=space.at,
        )
    else:
        made = cad_shapes.as_drawn(found.items, shapes, layer=layer, file=path.name, services=dimension is None)
    if len(made.geometry) == 0:
        loose = next((f" {i.message}" for i in made.issues if i.code == "DRAWING_UNCLOSED"), "")
        raise LayerError(
            f"{here}: no line on {first_ids(how.layers)} of {path.name} closes a polygon.{loose} "
            "Close the lines, or write a larger close_within."
        )
    frame = _frame([found.items[i] for i in made.source], made.geometry, spec.crs)
    if dimension == 2:
        own = [label for label in labels if lines(label.layer)]
        frame["text"] = [" ".join(t) or None for t in cad_texts.inside(made.geometry, own).texts]
    issues += made.issues
    for name, match in columns.items():
        chosen = [label for label in labels if match(label.layer)]
        frame[name], told = cad_texts.column(name, made.geometry, chosen, layer=layer, file=path.name, at=space.at)
        issues += told
    return Drawn(frame, issues)


def held(path: Path, *, place: str) -> tuple[dict[str, int], list[str]]:
    """CAD layers of a drawing with the number of entities on each, the fullest first, and what is odd about the file.

    Raises
    ------
    LayerError
        The file cannot be read.
    """
    doc, issues = open_drawing(path, encoding="auto", layer=place, place=place)
    return _counts(doc), [i.message for i in issues]


def _counts(doc: Any) -> dict[str, int]:
    counts = Counter(layer_of(e) for e in doc.modelspace())
    return dict(sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])))


def _held(doc: Any) -> str:
    """CAD layers with the number of entities on each, in words."""
    return first_ids([f"{name} ({n:,})" for name, n in _counts(doc).items()], limit=20) or "none"


def _taken(how: Drawing, unit: str, found: Content, path: Path, layer: str) -> Issue:
    """Say how the drawing was taken."""
    curves = f"; {counted(found.curves, 'curve')} as chords within {CHORD * 1000:g} mm" if found.curves else ""
    moved = f", moved by {how.offset[0]:g}, {how.offset[1]:g} m" if any(how.offset) else ""
    return Issue(
        "DRAWING_TAKEN",
        "note",
        layer,
        len(found.items),
        f"{path.name}: {counted(len(found.items), 'entity', 'entities')} on "
        f"{first_ids(sorted({i.layer for i in found.items}))}, in {unit}{moved}{curves}.",
        "",
        "planner",
    )


def _require_layers(doc: Any, how: Drawing, found: Content, *, path: Path, place: str) -> None:
    """Refuse CAD layers that do not exist, and a drawing with nothing to read on those that do."""
    names = sorted(
        {readable(str(layer.dxf.name)) for layer in doc.layers} | {i.layer for i in found.items} | set(found.hidden)
    )
    names = sorted(set(names) | {label.layer for label in found.labels})
    for pattern in [*how.layers, *(p for patterns in how.text.values() for p in patterns)]:
        if not any(map(matcher([pattern]), names)):
            near = difflib.get_close_matches(pattern, names, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It has: {_held(doc)}."
            raise LayerError(f"{place}: {path.name} has no CAD layer {pattern!r}. {hint}")
    if found.items:
        return
    reasons = [
        f"{counted(sum(found.hidden.values()), 'entity', 'entities')} on layers that are off or frozen"
        * bool(found.hidden),
        f"{counted(found.paper, 'entity', 'entities')} in paper space" * bool(found.paper),
        f"{counted(len(found.faulty), 'damaged entity', 'damaged entities')}: {first_ids(found.faulty)}"
        * bool(found.faulty),
        f"{kinds(found.other)}" * bool(found.other),
        f"{counted(len(found.labels), 'text')}" * bool(found.labels),
    ]
    has = "; ".join(r for r in reasons if r)
    raise LayerError(
        f"{place}: nothing that can be read is drawn on {first_ids(how.layers)} of {path.name}"
        f"{f' ({has})' if has else ''}. Give other CAD layers; it has: {_held(doc)}."
    )


def _frame(items: list[Item], geometry: NDArray[np.object_], crs: str) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "layer": pd.Series([i.layer for i in items], dtype=object),
            "handle": pd.Series([i.handle for i in items], dtype=object),
            "color": pd.Series([i.color for i in items], dtype=int),
            "elevation": pd.Series([i.elevation for i in items], dtype=float),
            "text": pd.Series([i.text for i in items], dtype=object),
        }
    )
    return gpd.GeoDataFrame(table, geometry=geometry, crs=crs)
