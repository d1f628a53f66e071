"""What commands print alike: exit codes, issues in short, the books, progress."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gisplan.errors import GisplanError, counted, on_one_line

if TYPE_CHECKING:
    import pandas as pd

    from gisplan.issues import Issue

DONE, STRICT, MEND, OURS = 0, 1, 2, 3


#: Options that are no option without a name or day behind them.
_NAMED = ("out", "against", "baseline", "write_baseline", "as_of")


def require_named(options: argparse.Namespace) -> None:
    """Refuse options with nothing in them: a script whose variable is empty means something else than the default.

    Raises
    ------
    GisplanError
        One is empty.
    """
    for name in _NAMED:
        said = getattr(options, name, None)
        if isinstance(said, str) and not said.strip():
            flag = f"--{name.replace('_', '-')}"
            raise GisplanError(f"{flag} is empty. Say what it is, or leave {flag} out.")


def grave(found: Sequence[Issue]) -> bool:
    """Whether there is any error or warning."""
    return any(i.severity != "note" for i in found)


def summary(found: Sequence[Issue]) -> None:
    """Print how many issues there are, and the errors."""
    counts = {s: sum(i.severity == s for i in found) for s in ("error", "warning", "note")}
    print("\nissues: " + ", ".join(counted(n, severity) for severity, n in counts.items()))
    for issue in found:
        if issue.severity == "error":
            print(on_one_line(f"  error  {issue.layer}: {issue.message} {issue.remedy}"))


def books(balance: pd.DataFrame) -> str:
    """Lay the books out as a short table: hectares, kilometres and features."""
    scale = {"area_m2": (1e4, "ha"), "length_m": (1e3, "km"), "count": (1.0, "n")}
    lines = [f"{'layer':<20} {'unit':<4} {'input':>13} {'inside':>13} {'outside':>12} {'rejected':>9} {'overlap':>9}"]
    for row in balance.itertuples():
        by, unit = scale[row.measure]
        digits = 0 if row.measure == "count" else 3
        figures = [f"{v / by:,.{digits}f}" for v in (row.input, row.inside, row.outside, row.rejected, row.overlap)]
        lines.append(
            f"{row.layer:<20} {unit:<4} {figures[0]:>13} {figures[1]:>13} {figures[2]:>12} {figures[3]:>9} "
            f"{figures[4]:>9}"
        )
    return "\n".join([*lines, "The books balance: input + overlap = inside + outside + rejected."])


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show what is being done on a terminal; stay quiet in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield status.update
