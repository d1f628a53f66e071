"""Files lying in a folder → a commented plan: what each is, why, and what the planner has to decide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gisplan.draft import files, layers, roles
from gisplan.draft.text import Block, line, one_line
from gisplan.errors import LayerError, OutputError, first_ids
from gisplan.plan.values import folder_name

__all__ = ["Draft", "draft", "save"]


@dataclass(frozen=True)
class Draft:
    """A plan as drafted.

    Attributes
    ----------
    text
        The plan file.
    told
        What was taken for what, one line each.
    questions
        What was not clear, one line each; in the plan it stands as a comment.
    """

    text: str
    told: tuple[str, ...]
    questions: tuple[str, ...]


def draft(folder: str | Path, *, base: Path | None = None) -> Draft:
    """Look at the files in a folder and write the plan they allow.

    Parameters
    ----------
    folder
        Where the files are; folders up to two levels below are looked into.
    base
        Folder the plan will lie in, to which its paths are relative; the same by default.

    Raises
    ------
    LayerError
        There is no such folder, or nothing in it that a study can be made from.
    """
    here = Path(folder)
    sources, unread = files.found(here)
    found = roles.cast(sources)
    if not found.roles.keys() & {"parcels", "buildings", "roads"}:
        seen = (
            f"It has: {first_ids([s.told for s in sources], limit=10)}." if sources else "It has nothing gisplan reads."
        )
        raise LayerError(
            f"init: {str(here)!r} has no layer that can be taken for parcels, buildings or roads. {seen} "
            "Name a layer after what it is, or look with gisplan inspect FILE and write the plan by hand."
        )
    blocks = list(_blocks(found, base or here))
    left = list(_left(found, unread))
    parts = [_header(here), *(b.toml() for b in blocks)]
    if left:
        parts.append("\n".join(["# Not used (未使用):", *(f"#   {one_line(text)}" for text in left), ""]))
    asked = [q for b in blocks for q in b.questions] + [_undecided(s) for s in found.undecided] + unread
    asked += [
        f"[layers.{name}]: {role.source.shown} names no coordinate system."
        for name, role in found.roles.items()
        if not role.source.seen.look.crs
    ]
    return Draft("\n".join(parts), tuple(_told(blocks)), tuple(one_line(q) for q in asked))


def save(drafted: Draft, file: Path, *, force: bool = False) -> None:
    """Write a draft to a plan file.

    Raises
    ------
    OutputError
        There is a plan already, or it cannot be written.
    """
    try:
        with file.open("w" if force else "x", encoding="utf-8", newline="\n") as stream:
            stream.write(drafted.text)
    except FileExistsError:
        raise OutputError(
            f"init: {file} is there already. Write --force to replace it, or --out FILE for another place."
        ) from None
    except OSError as error:
        raise OutputError(
            f"init: {file} cannot be written ({error.strerror}). Choose another place with --out."
        ) from None


def _blocks(found: roles.Cast, base: Path) -> Iterator[Block]:
    yield layers.zones(found, base)
    if "parcels" in found.roles:
        yield from layers.parcels(found, base)
    for name in ("buildings", "roads", "road_surfaces"):
        if name in found.roles:
            yield layers.other(name, found.roles[name], base)
    if "road_surfaces" in found.roles:
        yield layers.service("road", found.roles["road_surfaces"], base)
    for name, role in found.roles.items():
        if name.startswith("services."):
            yield layers.service(name.removeprefix("services."), role, base)
    if found.terrain:
        first, *rest = found.terrain
        yield Block(
            "layers.terrain",
            ["Heights of the ground (数字高程模型).", f"{first.told}: a raster of one band."],
            layers.paths(first, base)[:1],
            [f"or: {', '.join(layers.paths(s, base)[:1])}" for s in rest],
        )


def _header(folder: Path) -> str:
    """Return the plan's first table, named after the folder."""
    plain = re.sub(r"[\\/:*?\"<>|\x00-\x1f]+", "-", folder.resolve().name).strip(" .")
    try:
        name = folder_name(plain)
    except ValueError:
        name = "study"
    return "\n".join(
        [
            "# A plan drafted by gisplan init from the files beside it: look it through before you use its figures.",
            "# 由 gisplan init 根据文件夹中的文件起草，请核对后使用。 # ? 表示需要您决定。",
            "",
            "[plan]",
            line("name", name, "results go into a folder of this name"),
            line("language", "both"),
            '# title = { zh = "…", en = "…" }',
            "# as_of = 2025-12-31   # the day the study is for (评价时点)",
            '# crs = "EPSG:…"       # a projected system in metres; chosen from the data when absent',
            "",
        ]
    )


def _left(found: roles.Cast, unread: list[str]) -> Iterator[str]:
    """Name what lies there and is not used, and why."""
    for source in found.undecided:
        yield _undecided(source)
    yield from (f"{s.told}: nothing gisplan knows by its name, geometry or columns" for s in found.unused)
    yield from unread


def _undecided(source: files.Source) -> str:
    kinds = " or ".join(g.kind for g in source.guesses if g.score == source.guesses[0].score)
    return f"{source.told} may be {kinds}; write the table you mean."


def _told(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        yield f"{block.name.strip('[]')}: {block.why[-1]}"
