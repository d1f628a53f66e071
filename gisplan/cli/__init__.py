"""The front door: one command per verb, parse → one call → print."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from gisplan import __version__
from gisplan.cli import checks, figures, files, knowledge, studies
from gisplan.cli.studies import sample
from gisplan.cli.told import DONE, MEND, OURS, require_named
from gisplan.errors import BooksError, GisplanError, PlanError, on_one_line

__all__ = ["main", "parser", "sample"]


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="gisplan",
        description="Land-use intensity, plot ratio and coverage of every zone, from one plan file.",
    )
    top.add_argument("--version", action="version", version=f"gisplan {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for group in (studies, figures, checks, files, knowledge):
        group.add(verbs)
    return top


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911  one way out for each kind of end
    """Run a command and return its exit code.

    0 done, 1 a finding under ``--strict``, 2 the user can mend it, 3 gisplan's own fault, 130 stopped.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a character must not stop the run
    options = parser().parse_args(arguments)
    try:
        require_named(options)
        return int(options.call(options))
    except PlanError as error:
        for fault in error.faults:
            print(f"gisplan: {on_one_line(fault)}", file=sys.stderr)
        return MEND
    except GisplanError as error:
        print(f"gisplan: {on_one_line(error)}", file=sys.stderr)
        return MEND
    except BooksError as error:
        print(f"gisplan: {error}", file=sys.stderr)
        return OURS
    except KeyboardInterrupt:
        print("gisplan: stopped; earlier results are untouched.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output (head, a pager) has seen enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception:  # noqa: BLE001  1 and 2 are taken, and a fault of gisplan must not look like them
        traceback.print_exc()
        print(
            "gisplan: this is a fault of gisplan: please report it with the lines above and the plan.",
            file=sys.stderr,
        )
        return OURS
