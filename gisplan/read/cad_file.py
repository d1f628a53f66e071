"""A DXF file → the drawing in it, recovered as far as it can be when it is damaged."""

from __future__ import annotations

import io
import logging
import re
from pathlib import Path
from typing import Any

from gisplan.errors import LayerError, counted
from gisplan.issues import Issue
from gisplan.read import encoding as encoding_
from gisplan.read.cad_walk import damage

SUFFIXES = (".dxf", ".dwg")

#: Largest drawing that is read (bytes): ten times as much is needed in memory.
MOST_BYTES = 500_000_000

#: Text beyond ASCII, byte by byte.
_BEYOND = re.compile(rb"[\x80-\xff]+")


def open_drawing(path: Path, *, encoding: str, layer: str, place: str) -> tuple[Any, list[Issue]]:
    """Open a drawing.

    Parameters
    ----------
    path
        A DXF file, of text or binary.
    encoding
        ``auto`` takes what the drawing says, and GBK where an old one only claims to be in Latin letters.
    layer
        Whose drawing it is, for issues.
    place
        Where it stands in the plan, for messages.

    Returns
    -------
    tuple
        The drawing as ezdxf holds it, and what was found.

    Raises
    ------
    LayerError
        It is no DXF drawing or is damaged beyond recovery, or the extra that reads drawings is not installed.
    """
    if path.suffix.lower() == ".dwg":
        raise LayerError(
            f"{place}: {path.name} is a DWG drawing, which CAD programs keep to themselves. Save it as DXF (in AutoCAD "
            "SAVEAS, in ZWCAD and GstarCAD the same; or with the free ODA File Converter) and give that file."
        )
    try:
        from ezdxf.filemanagement import readfile
        from ezdxf.lldxf.const import DXFStructureError
    except ImportError:
        raise LayerError(
            f"{place}: {path.name} is a drawing, and what reads drawings is not installed. "
            'Run pip install "gisplan[cad]".'
        ) from None
    if encoding != "auto":
        encoding_.require(encoding, place=place)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise LayerError(
                f"{place}: {path.name} has {size / 1e6:,.0f} MB; up to {MOST_BYTES / 1e6:,.0f} MB are read. "
                "Save the layers that are needed as a drawing of their own."
            )
        raw = path.read_bytes()
    except OSError as error:
        raise LayerError(
            f"{place}: {path.name} cannot be opened ({error.strerror}). Close it elsewhere or check your rights."
        ) from None
    # Remarks of the library are no lines for the console; what they come to is told as issues.
    log = logging.getLogger("ezdxf")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    broken: tuple[type[Exception], ...] = (OSError, *damage())
    whole = raw.rstrip(b"\r\n \t\0\x1a").endswith(b"EOF")
    issues: list[Issue] = []
    try:
        doc = readfile(path, encoding=None if encoding == "auto" else encoding)
        if not whole:
            raise DXFStructureError("the file ends early")
        guessed = _claimed_latin(doc, raw) if encoding == "auto" else None
        if guessed:
            doc = readfile(path, encoding=guessed)
            issues.append(_guessed(path, layer))
    except broken as error:
        doc, mended = _recovered(path, raw, error, broken, place=place)
        issues = [_damage(path, doc, "the file ends early" if not whole else _why(error), mended, layer)]
    return doc, issues


def _recovered(
    path: Path, raw: bytes, error: Exception, broken: tuple[type[Exception], ...], *, place: str
) -> tuple[Any, int]:
    from ezdxf import recover

    for content in (_ended(raw), raw):
        try:
            doc, audit = recover.read(io.BytesIO(content))
        except broken:
            continue
        if len(doc.modelspace()):
            return doc, len(audit.errors) + len(audit.fixes)
    raise LayerError(
        f"{place}: {path.name} cannot be read as a DXF drawing ({_why(error)}). Open it in a CAD program, run "
        "RECOVER and save it as DXF again."
    )


def _ended(raw: bytes) -> bytes:
    """Close a drawing that breaks off behind its last whole entity."""
    lines = raw.splitlines()
    # Lines come in pairs, a code and its value; code 0 begins an entity.
    begins = [i for i in range(0, len(lines) - 1, 2) if lines[i].strip() == b"0"]
    if not begins or lines[begins[-1] + 1].strip() == b"EOF":
        return raw
    return b"\r\n".join([*lines[: begins[-1]], b"  0", b"ENDSEC", b"  0", b"EOF", b""])


def _why(error: Exception) -> str:
    """Say in a few words what is wrong with a file."""
    text = (str(error).splitlines() or [""])[0].strip().rstrip(".").removeprefix("DXFStructureError: ")
    if "not a DXF file" in text:
        return "it is no DXF file"
    return text or type(error).__name__


def _damage(path: Path, doc: Any, why: str, mended: int, layer: str) -> Issue:
    n = len(doc.modelspace())
    more = f" after {counted(mended, 'fault')} in it" if mended else ""
    return Issue(
        "DRAWING_DAMAGED",
        "error",
        layer,
        n,
        f"{path.name} is damaged ({why}); {counted(n, 'entity', 'entities')} could be recovered{more}, others may be "
        "lost.",
        "Open it in a CAD program, run RECOVER and save it as DXF again.",
    )


def _claimed_latin(doc: Any, raw: bytes) -> str | None:
    """Tell the encoding of a drawing that claims Latin letters but was lettered in Chinese."""
    if doc.dxfversion >= "AC1021" or doc.encoding != "cp1252":
        return None
    runs = _BEYOND.findall(raw)
    if not runs:
        return None
    # Accents stand alone between plain letters; Chinese characters are pairs of bytes beyond A0.
    chinese = sum(len(run) % 2 == 0 and min(run) > 0xA0 for run in runs)
    return "gbk" if chinese >= 0.9 * len(runs) else None


def _guessed(path: Path, layer: str) -> Issue:
    return Issue(
        "ENCODING_GUESSED",
        "note",
        layer,
        1,
        f"{path.name} claims Latin letters; its text is GBK.",
        'Write encoding = "…" if that is wrong.',
        "planner",
    )
