"""A private Python environment for the checkout, made once and kept up to date; standard library only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEAST = (3, 11)


def python(folder: Path) -> Path:
    """Interpreter of an environment, on Windows and elsewhere."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure(extras: str = "") -> Path:
    """Make the environment if it is not there, install gisplan and what it needs, and return its interpreter.

    Parameters
    ----------
    extras
        Extras to install, e.g. ``[dev]``; what is already there is not installed again.
    """
    if sys.version_info < LEAST:
        sys.exit(f"gisplan needs Python {LEAST[0]}.{LEAST[1]} or newer; this is {sys.version.split()[0]}.")
    folder = Path(os.environ.get("GISPLAN_VENV", ROOT / ".venv"))
    stamp = folder / f"gisplan{extras.replace('[', '-').replace(']', '')}.stamp"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python(folder)
    print(f"Preparing {folder} (once; this needs the package index) …", flush=True)
    if not python(folder).exists():
        try:
            venv.create(folder, with_pip=True)
        except (subprocess.CalledProcessError, OSError) as error:
            sys.exit(f"The environment cannot be made ({error}). On Debian and Ubuntu: apt install python3-venv.")
    command = [
        str(python(folder)),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-e",
        f"{ROOT}{extras}",
    ]
    if subprocess.run(command, check=False).returncode:
        sys.exit("Installing failed (see above). Check the network or your package index and run this again.")
    stamp.write_text(wanted, encoding="utf-8")
    return python(folder)
