"""Run all tests on a fresh machine: makes its own environment, then calls pytest.

python3 scripts/test.py              everything
python3 scripts/test.py -k town      arguments go to pytest
"""

from __future__ import annotations

import subprocess
import sys

from environment import ROOT, ensure


def main() -> int:
    """Lint, check types and run the tests; further arguments go to pytest (and then only pytest runs)."""
    interpreter = str(ensure("[dev]"))
    steps = [["-m", "pytest", *sys.argv[1:]]]
    if not sys.argv[1:]:
        # Files side by side; the tests of one file share what they open.
        side_by_side = ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
        steps = [["-m", "ruff", "check", "gisplan", "scripts", "tests"], ["-m", "mypy"], [*steps[0], *side_by_side]]
    return max(subprocess.run([interpreter, *step], cwd=ROOT, check=False).returncode for step in steps)


if __name__ == "__main__":
    sys.exit(main())
