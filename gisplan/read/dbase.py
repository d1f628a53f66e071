"""The table of a shapefile as bytes: its language mark, and the names and values in it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

#: Blocks of records of a dBase file that are looked at, spread over the file, and records of each.
_BLOCKS, _EACH = 10, 500


@dataclass(frozen=True)
class Cells:
    """Names and values of a file as bytes; the ``full`` ones fill their field and may be cut."""

    whole: frozenset[bytes]
    full: frozenset[bytes] = frozenset()

    def is_ascii(self) -> bool:
        """Whether any encoding would do."""
        return all(c.isascii() for c in self.whole | self.full)

    def text(self, encoding: str) -> str | None:
        """All that is not ASCII as text; None where a value is not text in that encoding."""
        out = []
        try:
            out += [c.decode(encoding) for c in sorted(self.whole) if not c.isascii()]
            out += [_decode_cut(c, encoding)[0] for c in sorted(self.full) if not c.isascii()]
        except UnicodeError:
            return None
        return "\n".join(out)

    def is_cut(self, encoding: str) -> bool:
        """Whether a value ends within a character, or is no text in that encoding at all."""
        cut = any(_decode_cut(c, encoding)[1] for c in self.full if not c.isascii() and _is_text(c, encoding))
        return cut or self.share(encoding) < 1

    def share(self, encoding: str) -> float:
        """Share of the values beyond ASCII that are text in an encoding."""
        values = [c for c in self.whole | self.full if not c.isascii()]
        return sum(_is_text(c, encoding) for c in values) / max(len(values), 1)


def _is_text(value: bytes, encoding: str) -> bool:
    try:
        _decode_cut(value, encoding)
    except UnicodeError:
        return False
    return True


def _decode_cut(value: bytes, encoding: str) -> tuple[str, bool]:
    decoder = codecs.getincrementaldecoder(encoding)()
    text = decoder.decode(value, final=False)
    return text, bool(decoder.getstate()[0])


def beside(path: Path, suffix: str) -> Path | None:
    """File of a shapefile by its ending, None where it is not there."""
    return next((p for p in (path.with_suffix(s) for s in (suffix, suffix.upper())) if p.is_file()), None)


def read_table(table: Path) -> tuple[int, Cells]:
    """Language mark of a dBase table, and its names and text values."""
    with table.open("rb") as stream:
        head = stream.read(32)
        if len(head) < 32:
            return 0, Cells(frozenset())
        count, size, width = (int.from_bytes(head[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
        fields = stream.read(max(size - 32, 0))
        records = b""
        for start in sorted({max(count - _EACH, 0) * i // (_BLOCKS - 1) for i in range(_BLOCKS)}):
            stream.seek(size + start * width)
            records += stream.read(width * _EACH)
    whole: set[bytes] = set()
    full: set[bytes] = set()
    at = 1
    for i in range(0, len(fields) - 31, 32):
        spec = fields[i : i + 32]
        if spec[0] == 0x0D:
            break
        name, length = spec[:11].split(b"\0")[0], spec[16]
        (full if len(name) >= 8 else whole).add(name)
        if spec[11:12] == b"C" and width:
            # Record by record: a sample of a table of fixed width.
            for r in range(0, len(records), width):
                value = records[r + at : r + at + length].rstrip(b" \0")
                (full if len(value) >= length - 3 else whole).add(value)
        at += length
    return head[29], Cells(frozenset(whole), frozenset(full))
