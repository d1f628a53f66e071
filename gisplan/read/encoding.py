"""In which encoding a text was written: as its file says, if that is true, else as its bytes tell."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from gisplan.errors import LayerError
from gisplan.issues import Issue

#: Language marks of a dBase header; 0 and 0x57, which most writers set, say nothing.
_MARKS = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x13: "cp932", 0x26: "cp866", 0x4D: "gbk", 0x4E: "cp949",
    0x4F: "big5", 0x58: "cp1252", 0x59: "cp1252", 0x65: "cp866", 0x78: "big5", 0x79: "cp949", 0x7A: "gbk",
    0x7B: "cp932", 0xC8: "cp1250", 0xC9: "cp1251",
}  # fmt: skip

#: Encodings told apart by the frequency of their letters, the likelier first where two fit alike.
_BY_LETTERS = ("cp1252", "big5", "cp932", "cp949", "cp1251", "cp1250", "cp1253", "cp1254", "cp874")

_TITLES = {"gb18030": "GBK", "gbk": "GBK", "gb2312": "GB2312", "utf-8": "UTF-8", "big5": "Big5", "cp932": "Shift-JIS"}

_CHINESE = ("gbk", "gb2312", "gb18030")

#: Encodings in which hardly anything is text by chance.
_OF_PAIRS = (*_CHINESE, "big5", "big5hkscs", "cp950", "cp932", "shift_jis", "euc_jp", "cp949", "euc_kr")

#: Blocks of records of a dBase file that are looked at, spread over the file, and records of each.
_BLOCKS, _EACH = 10, 500

#: Reads every byte as one character, so that cut text can be decoded afterwards.
_BYTES = "ISO-8859-1"


@dataclass(frozen=True)
class Encoding:
    """How to read the text of a file.

    Attributes
    ----------
    name
        The encoding; None where the driver finds it by itself or nothing but ASCII is there.
    told
        What there is to say of it: which it is and why; empty where there is nothing.
    is_guess, is_doubtful
        Whether the file does not say it, and whether what it says (or the guess) may be wrong.
    is_cut
        Whether a name or value ends within a character: text is read as bytes and decoded afterwards.
    """

    name: str | None = None
    told: str = ""
    is_guess: bool = False
    is_doubtful: bool = False
    is_cut: bool = False

    @property
    def reader(self) -> str | None:
        """Encoding a driver has to be told."""
        return _BYTES if self.is_cut else self.name

    def issues(self, *, layer: str) -> list[Issue]:
        """Say how a file was read."""
        if not self.told:
            return []
        code = "ENCODING_GUESSED" if self.is_guess else "ENCODING_DECLARED"
        remedy = 'Write encoding = "…" if that is wrong.' if self.is_guess else ""
        return [Issue(code, "warning" if self.is_doubtful else "note", layer, 1, self.told, remedy, "planner")]

    def names(self, fields: Sequence[str]) -> list[str]:
        """Column names as people read them; two that are cut to the same are told apart by a number."""
        if not self.is_cut:
            return list(fields)
        out: list[str] = []
        for field in fields:
            name = self._text(field)
            out.append(name if name not in out else f"{name}_{len(out) + 1}")
        return out

    def decoded(self, frame: gpd.GeoDataFrame, stored: Sequence[str], names: Sequence[str]) -> gpd.GeoDataFrame:
        """Layer with the text of its columns decoded where it was read as bytes."""
        if not self.is_cut:
            return frame
        out = frame.copy()
        for column in out.columns.drop(out.geometry.name):
            if out[column].map(lambda v: isinstance(v, str)).any():
                out[column] = out[column].map(lambda v: self._text(v) if isinstance(v, str) else v)
        return out.rename(columns=dict(zip(stored, names, strict=True)))

    def _text(self, read: str) -> str:
        """Text of bytes that were read one by one, without the part of a character at its end."""
        assert self.name is not None  # cut text is read in a known encoding
        return codecs.getincrementaldecoder(self.name)("replace").decode(read.encode(_BYTES), final=False)


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


def found(cells: Cells) -> tuple[str, str, bool]:
    """Tell an encoding by its bytes.

    Returns
    -------
    tuple
        The encoding, why it was chosen, and whether that is doubtful; an empty name where none fits.
    """
    if cells.text("utf-8") is not None:
        return "utf-8", "all of it is valid UTF-8", False
    chinese = cells.text("gb18030")
    if chinese is not None and _common(chinese) >= 0.6:
        return (
            "gb18030",
            f"it is not UTF-8, and {_common(chinese):.0%} of its characters are common Chinese ones",
            False,
        )
    if cells.share("utf-8") >= 0.5:
        # Bytes that are UTF-8 by chance are rare: the others are damaged.
        return "utf-8", f"{cells.share('utf-8'):.0%} of its values are valid UTF-8, the others are damaged", True
    from charset_normalizer import from_bytes

    raw = b"\n".join(sorted(c for c in cells.whole | cells.full if not c.isascii()))
    matches = [m for m in from_bytes(raw, cp_isolation=list(_BY_LETTERS)) if cells.text(m.encoding) is not None]
    if matches:
        best = min(matches, key=lambda m: (m.chaos, -m.coherence, _BY_LETTERS.index(m.encoding)))
        return best.encoding, "it is neither UTF-8 nor common Chinese in GBK, and its letters fit best", True
    if chinese is not None:
        return "gb18030", "nothing else fits", True
    return "", "", True


def _common(text: str) -> float:
    """Share of what is not ASCII that Chinese offices write every day: characters of GB 2312, level 1, and marks."""
    pairs = [c.encode("gb18030") for c in text if not c.isascii()]
    return sum(len(p) == 2 and 0xA1 <= p[0] <= 0xD7 and p[1] >= 0xA1 and not 0xA4 <= p[0] <= 0xAF for p in pairs) / max(
        len(pairs), 1
    )


def title(name: str) -> str:
    """Name of an encoding as people know it."""
    return _TITLES.get(name, name if not name.startswith("cp") else f"Windows-{name[2:]}")


def of_shapefile(path: Path, asked: str = "auto") -> Encoding:
    """Find the encoding of a shapefile.

    What its ``.cpg`` says goes first, then the language mark of its table, both only if the text can be that;
    then what the bytes tell. Planning offices pass on shapefiles in GBK without the ``.cpg`` that would say so.

    Parameters
    ----------
    path
        The ``.shp``; its ``.dbf`` and ``.cpg`` lie beside it.
    asked
        Encoding the plan names, or ``auto``.
    """
    table = _beside(path, ".dbf")
    if table is None:
        return Encoding(None if asked == "auto" else asked)
    mark, cells = _dbf(table)
    if asked != "auto":
        return Encoding(asked, is_cut=cells.is_cut(asked))
    if cells.is_ascii():
        return Encoding()
    said, by = _said(path, mark)
    if said and _can_be(said, cells):
        return Encoding(
            said if cells.is_cut(said) or by == "" else None,
            f"{path.name} is read as {title(said)}, as its {by} says.",
            is_cut=cells.is_cut(said),
        )
    share = cells.share(said) if said else 0.0
    # Bytes that are UTF-8 by chance are rare, so a small share of it is enough.
    if share < 1 and share >= (0.5 if said == "utf-8" else 0.9):
        told = f"{path.name} is read as {title(said)}, as its {by} says, but only {share:.1%} of its text is that."
        return Encoding(said, told, is_guess=True, is_doubtful=True, is_cut=True)
    name, why, is_doubtful = found(cells)
    claim = f"says {title(said)} in its {by}, but" if said else f"does not say its encoding{by and ' (' + by + ')'};"
    if not name:
        told = f"{path.name} {claim} its text fits no encoding known; read as Latin-1, so names may be garbled."
        return Encoding(_BYTES, told, is_guess=True, is_doubtful=True)
    told = f"{path.name} {claim} its text is {title(name)}: {why}."
    return Encoding(name, told, True, is_doubtful or bool(said), cells.is_cut(name))


def of_text(raw: bytes) -> Encoding:
    """Find the encoding of a text file's bytes, UTF-16 by its mark.

    Parameters
    ----------
    raw
        The whole file, or the lines of it that are not ASCII.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16")
    if raw.startswith(codecs.BOM_UTF8):
        return Encoding("utf-8-sig")
    if raw.isascii():
        return Encoding("utf-8")
    name, why, is_doubtful = found(Cells(frozenset(raw.splitlines())))
    if not name or b"\0" in raw:
        return Encoding()
    return Encoding(name, f"its text is {title(name)}: {why}.", name != "utf-8", is_doubtful)


def require(name: str, *, place: str) -> None:
    """Refuse an encoding nobody knows.

    Raises
    ------
    LayerError
        There is none of this name.
    """
    if not _codec(name):
        raise LayerError(f'{place} encoding: there is no encoding {name!r}. Write e.g. encoding = "gbk".')


def _codec(name: str) -> str:
    """Python's name of an encoding; empty where there is none."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def _said(path: Path, mark: int) -> tuple[str, str]:
    """Encoding a shapefile says it has and where; an unknown word in the ``.cpg`` is told as the place alone."""
    page = _beside(path, ".cpg")
    if page is None:
        return (_MARKS[mark], f"language mark ({mark})") if mark in _MARKS else ("", "")
    word = (
        page.read_bytes()[:64].decode("latin-1").strip().strip("\0").lower().removeprefix("ansi ").removeprefix("oem ")
    )
    word = {"65001": "utf-8", "936": "gbk", "54936": "gb18030", "950": "big5", "88591": "latin-1"}.get(word, word)
    known = _codec(f"cp{word}" if word.isdigit() else word)
    return (known, ".cpg") if known else ("", f"its .cpg holds {word[:20]!r}")


def _can_be(said: str, cells: Cells) -> bool:
    """Whether text can be in the encoding its file says; one of single bytes would take any."""
    text = cells.text(said)
    if text is None or said == "utf-8":
        return text is not None
    if cells.text("utf-8") is not None:
        return said in _CHINESE and _common(text) >= 0.6
    if said in _OF_PAIRS:
        return True
    chinese = cells.text("gb18030")
    return chinese is None or _common(chinese) < 0.9


def _beside(path: Path, suffix: str) -> Path | None:
    return next((p for p in (path.with_suffix(s) for s in (suffix, suffix.upper())) if p.is_file()), None)


def _dbf(table: Path) -> tuple[int, Cells]:
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
