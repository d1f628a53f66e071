"""Two sides of a benchmark, each in a process of its own, over a fabric that is made once."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Clock:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, phase: str, work: Callable[[], Any]) -> Any:
        """Do some work and book its time."""
        began = time.perf_counter()
        out = work()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - began
        return out


def peak_gb() -> float:
    """Peak memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)


def child(side: str, data: Path) -> dict[str, Any]:
    """Run one side in a process of its own."""
    # What else is on the path stays there: a peer may want a library that gisplan does without.
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "bench.py"), "--child", side, "--data", str(data)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout))


def fabric(size: int, folder: Path) -> Path:
    """Make the fabric unless it is there."""
    out = folder / f"fabric-{size}"
    if not (out / "plan.toml").exists():
        subprocess.run(
            [
                sys.executable,
                str(ROOT / "scripts" / "make_sample.py"),
                "fabric",
                "--parcels",
                str(size),
                "--out",
                str(out),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return out
