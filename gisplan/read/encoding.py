"""In which encoding a text was written: as its file says, if that is true, else as its bytes tell."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from gisplan.errors import LayerError
from gisplan.issues import Issue
from gisplan.read.dbase import Cells, beside, read_table

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

    @property
    def guess(self) -> str:
        """Name of the encoding as people know it, where the file does not say it; else empty."""
        return title(self.name) if self.is_guess and self.name else ""

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
    table = beside(path, ".dbf")
    if table is None:
        return Encoding(None if asked == "auto" else asked)
    mark, cells = read_table(table)
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
    return _guessed(path, cells, said, by)


def _guessed(path: Path, cells: Cells, said: str, by: str) -> Encoding:
    """Tell a shapefile's encoding by its bytes where it says none, or one that cannot be."""
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
    page = beside(path, ".cpg")
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
