"""Every entity of a drawing, with those in its blocks, and the CAD layer each stands on."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import shapely

from gisplan.errors import LayerError

#: Entities, with those in blocks, that a drawing may hold: more come from blocks in blocks made to fill memory.
MOST = 3_000_000

#: Blocks in blocks.
_DEEPEST = 16

#: What reading a damaged entity raises.
_FAULTS = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    StopIteration,
    struct.error,
    shapely.errors.ShapelyError,
)


@dataclass(frozen=True)
class Drawn:
    """An entity, the CAD layer and color it shows, and the handle by which it is found."""

    entity: Any
    layer: str
    handle: str
    color: int
    hidden: bool


def damage() -> tuple[type[Exception], ...]:
    """What reading a damaged drawing or entity raises."""
    from ezdxf.lldxf.const import DXFError

    return (DXFError, *_FAULTS)


def fault(kind: str, handle: str, error: Exception) -> str:
    """Name an entity that cannot be used, and why."""
    return f"{kind} {handle} ({(str(error).splitlines() or ['damaged'])[0]})"


def _of(entity: Any, name: str, default: Any) -> Any:
    """Attribute of an entity, also of a kind that does not have it."""
    return entity.dxf.get(name, default) if entity.dxf.is_supported(name) else default


def layer_of(entity: Any) -> str:
    """CAD layer an entity stands on."""
    return readable(str(_of(entity, "layer", "0")))


def readable(text: str) -> str:
    r"""Text as it is meant: ``\U+5B97`` and ``\M+5D7DA`` as characters, no bytes that are none in its encoding."""
    if "\\" in text:
        from ezdxf.lldxf.encoding import decode_dxf_unicode, decode_mif_to_unicode

        text = decode_mif_to_unicode(decode_dxf_unicode(text))
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def walk(doc: Any, symbols: Callable[[str], bool] | None, faulty: list[str], *, place: str) -> Iterator[Drawn]:
    """Entities of model space one by one, those of blocks as they are placed.

    Parameters
    ----------
    doc
        The drawing.
    symbols
        Whether blocks on a CAD layer are symbols, to be left whole.
    faulty
        Filled with blocks that cannot be placed.
    place
        Where the drawing stands in the plan, for messages.

    Raises
    ------
    LayerError
        It holds more than can be read.
    """
    shown = {readable(str(layer.dxf.name)).lower(): layer for layer in doc.layers}
    faults = damage()
    numbers = count(1)

    def number_one() -> None:
        if next(numbers) > MOST:
            raise LayerError(
                f"{place}: the drawing holds more than {MOST:,} entities, with those in its blocks. "
                "Give a drawing of the layers that are needed only."
            )

    def is_hidden(name: str) -> bool:
        layer = shown.get(name.lower())
        return layer is not None and bool(layer.is_off() or layer.is_frozen())

    def color_of(entity: Any, layer: str, outer: int) -> int:
        own = int(_of(entity, "color", 256))
        if own == 256:
            table = shown.get(layer.lower())
            return abs(int(table.dxf.color)) if table is not None else 7
        return outer if own == 0 else own

    def placed(entity: Any, drawn: Drawn, depth: int) -> Iterator[Drawn]:
        for one in entity.multi_insert() if entity.mcount > 1 else (entity,):
            number_one()
            try:
                parts = list(one.virtual_entities())
            except faults as error:
                faulty.append(fault("INSERT", drawn.handle, error))
                return
            yield from each(parts, drawn, depth + 1)

    def each(entities: Any, outer: Drawn | None, depth: int) -> Iterator[Drawn]:
        for entity in entities:
            number_one()
            name = layer_of(entity)
            # What lies on layer 0 of a block lies on the layer the block is placed on.
            layer = outer.layer if outer is not None and name == "0" else name
            handle = str(_of(entity, "handle", None) or (outer.handle if outer else "?"))
            color = color_of(entity, layer, outer.color if outer else 7)
            off = is_hidden(layer) or bool(_of(entity, "invisible", 0)) or (outer is not None and outer.hidden)
            drawn = Drawn(entity, layer, handle, color, off)
            if entity.dxftype() != "INSERT" or depth >= _DEEPEST or (symbols is not None and symbols(layer)):
                yield drawn
                continue
            yield from placed(entity, drawn, depth)
            yield from each(entity.attribs, drawn, depth + 1)

    yield from each(doc.modelspace(), None, 0)
