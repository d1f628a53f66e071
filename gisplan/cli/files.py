"""Commands that look at files: a plan drafted from a folder, and what is in a file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gisplan.cli.told import DONE
from gisplan.errors import counted, on_one_line

if TYPE_CHECKING:
    from gisplan.read.inspect import LayerLook


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Enter these commands and their options."""
    init = verbs.add_parser("init", help="write a plan.toml from the files lying in a folder")
    init.add_argument("folder", metavar="FOLDER", help="where the layers and tables are")
    init.add_argument("--out", metavar="FILE", help="the plan to write (default: plan.toml in the folder)")
    init.add_argument("--force", action="store_true", help="replace a plan that is there already")
    init.set_defaults(call=_init)

    inspect = verbs.add_parser("inspect", help="what is in a file, and what gisplan would take it for")
    inspect.add_argument("file", metavar="FILE", help="a layer, a table or a raster")
    inspect.add_argument("--format", choices=("text", "json"), default="text")
    inspect.set_defaults(call=_inspect)


def _init(options: argparse.Namespace) -> int:
    from gisplan.draft import draft, save

    file = Path(options.out) if options.out else Path(options.folder) / "plan.toml"
    drafted = draft(options.folder, base=file.parent)
    save(drafted, file, force=options.force)
    for line in drafted.told:
        print(line)
    if drafted.questions:
        print(f"\nTo decide ({counted(len(drafted.questions), 'question')}, marked in the plan):")
        for question in drafted.questions:
            print(f"  {question}")
    print(f"\n{file} is written. Look it through, then: gisplan check {file}")
    return DONE


def _inspect(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from gisplan.read.inspect import inspect

    looks = inspect(options.file)
    if options.format == "json":
        print(json.dumps([asdict(look) for look in looks], ensure_ascii=False, indent=2))
        return DONE
    for number, look in enumerate(looks):
        print("\n" * (number > 0) + "\n".join(_looked(look)))
    return DONE


def _looked(look: LayerLook) -> Iterator[str]:
    """Lines that tell a layer as a person would read it."""
    yield f"{look.name}: {counted(look.count, 'cell' if look.geometry == 'raster' else 'record')}, {look.geometry}"
    if look.geometry not in ("table", "none"):
        yield f"  coordinates  {look.crs or 'no coordinate system'}"
    if look.extent is not None:
        x0, y0, x1, y1 = look.extent
        yield f"  extent       x {x0:.9g}…{x1:.9g}, y {y0:.9g}…{y1:.9g}"
    if look.encoding:
        yield f"  encoding     {look.encoding} (found out: the file does not say)"
    taken = f"{look.kind} ({'; '.join(look.reasons)})" if look.kind else "nothing gisplan knows"
    if any(f.type == "CAD layer" for f in look.fields):
        taken = "a drawing: say in a table [layers.….drawing] which of its CAD layers hold what"
    yield f"  taken for    {taken}"
    yield from (f"  remark       {on_one_line(remark)}" for remark in look.remarks)
    width = max((len(f.name) for f in look.fields), default=0)
    for f in look.fields:
        samples = ", ".join(s if len(s) <= 30 else f"{s[:29]}…" for s in map(on_one_line, f.samples))
        gaps = f"{f.missing:,} missing" if f.missing else ""
        means = f" → {f.means}{f' in {f.unit}' if f.unit else ''}" if f.means else f" → {f.question}" * bool(f.question)
        yield f"    {f.name:<{width}}  {f.type:<8} {gaps:>14}  {samples}{means}"
