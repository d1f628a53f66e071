"""Run gisplan on the sample study on a fresh machine: makes its own environment, then writes maps and tables.

python3 scripts/demo.py
"""

from __future__ import annotations

import subprocess
import sys

from environment import ROOT, ensure


def main() -> int:
    """Run the demo with the environment's own interpreter; further arguments go to ``gisplan demo``."""
    interpreter = ensure()
    arguments = sys.argv[1:] or ["--out", str(ROOT / "maps" / "yongan")]
    return subprocess.run([str(interpreter), "-m", "gisplan", "demo", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
