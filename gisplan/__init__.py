"""gisplan: land-use intensity, plot ratio and infrastructure coverage of every zone, from one plan file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gisplan.errors import GisplanError as GisplanError
    from gisplan.plan import Plan as Plan
    from gisplan.plan import load_plan as load_plan
    from gisplan.study import Result as Result
    from gisplan.study import evaluate as evaluate
    from gisplan.study import explain as explain
    from gisplan.study import idle as idle
    from gisplan.study import write as write

__version__ = "0.1.0"

# The command line must answer --help at once, so the names are fetched when they are first asked for.
_PUBLIC = {
    "GisplanError": "gisplan.errors",
    "Plan": "gisplan.plan",
    "load_plan": "gisplan.plan",
    "Result": "gisplan.study",
    "evaluate": "gisplan.study",
    "explain": "gisplan.study",
    "idle": "gisplan.study",
    "write": "gisplan.study",
}
__all__ = ["GisplanError", "Plan", "Result", "__version__", "evaluate", "explain", "idle", "load_plan", "write"]


def __getattr__(name: str) -> Any:
    """Fetch a public name from the module that holds it."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'gisplan' has no attribute {name!r}")
