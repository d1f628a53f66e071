"""Write the files of a run beside their place and move them in at the end: a failure leaves earlier ones."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gisplan.errors import OutputError

#: Every file a run writes of a study with parcels.
OUTPUTS = (
    "map.html",
    "zones.csv",
    "indicators.csv",
    "parcels.csv",
    "balance.csv",
    "issues.csv",
    "results.gpkg",
    "report.xlsx",
    "run.json",
)

#: Files that a run writes besides where the plan names rules, batches, boundaries, works or targets, and where the
#: register tells of idle land, promises or industries.
OPTIONAL = (
    "findings.csv",
    "projects.csv",
    "projects_zones.csv",
    "idle.csv",
    "idle_zones.csv",
    "idle_calendar.csv",
    "idle_calendar.ics",
    "supply.csv",
    "supply_batches.csv",
    "boundaries.csv",
    "targets.csv",
    "industry.csv",
    "industry_pairs.csv",
    "redevelopment.csv",
    "roads.csv",
    "road_grid.csv",
    "power_weak_links.csv",
    "capacity.csv",
    "links.csv",
    "gap_list.csv",
    "works.csv",
    "works_effect.csv",
    "works_levels.csv",
    "levelling.csv",
    "levelling_grid.csv",
)

#: Files that a run writes besides where a rule pack of the plan has weights for a score.
INTENSITY = ("intensity.csv", "intensity_scores.csv", "intensity_land.csv", "potential.csv")

#: Every file a run may write. One that an earlier run wrote and this one does not is taken away, so that no
#: folder mixes two runs.
ALL = (*OUTPUTS, *OPTIONAL, *INTENSITY)


def require_writable(folder: Path, outputs: tuple[str, ...] = ALL) -> None:
    """Find out at once, before hours of work, whether results can be written; leave no trace.

    Raises
    ------
    OutputError
        They cannot.
    """
    made = [p for p in (folder, *folder.parents) if not p.exists()]
    try:
        with _beside(folder) as fresh:
            _require_room(fresh, folder)
            _require_free(folder, outputs)
    finally:
        for p in made:
            if p.is_dir() and not any(p.iterdir()):
                p.rmdir()


@contextmanager
def published(folder: Path, outputs: tuple[str, ...] = ALL) -> Iterator[Path]:
    """Give a fresh folder to write into; if the block ends well, its files replace those of the earlier run.

    Files that are not gisplan's are left alone.

    Parameters
    ----------
    folder
        Where the files belong; made if it is not there.
    outputs
        Names of gisplan's own files there; an earlier one that is not written anew is taken away.

    Yields
    ------
    pathlib.Path
        The folder to write into, on the same disk.

    Raises
    ------
    OutputError
        The folder cannot be written to, or a file in it is open in another program; nothing is replaced then.
    """
    with _beside(folder) as fresh:
        try:
            yield fresh
        except OSError as error:
            raise OutputError(
                f"{folder}: writing failed ({error.strerror or error}); the earlier results are untouched. "
                "Make room or give another --out."
            ) from error
        _require_room(fresh, folder)
        _move(fresh, folder, outputs)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Give a folder of the same disk that is gone afterwards."""
    place = folder.resolve()
    file = next((p for p in (place, *place.parents) if p.is_file()), None)
    if file is not None:
        what = "is a file" if file == place else f"{file} is a file"
        raise OutputError(f"{folder}: {what}, so results cannot be written there. Give another folder with --out.")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{place.name[:40]}-", dir=place.parent))
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"{folder}: cannot be written to ({error.strerror}). Give another folder with --out.")


def _require_room(fresh: Path, folder: Path) -> None:
    """Make the folder if need be and see that it takes files."""
    probe = folder / fresh.name
    try:
        folder.mkdir(exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(folder, error) from None


def _require_free(folder: Path, names: tuple[str, ...]) -> None:
    held = [n for n in names if (folder / n).exists() and not _free(folder / n)]
    if held:
        raise OutputError(
            f"{folder}: {', '.join(held)} cannot be replaced (open in another program, or write-protected?). "
            "Close what holds it and run again."
        )


def _move(fresh: Path, folder: Path, outputs: tuple[str, ...]) -> None:
    """Replace the earlier files once each is known to be free; if one is not after all, put them all back."""
    names = sorted(p.name for p in fresh.iterdir())
    stale = [n for n in outputs if n not in names and (folder / n).is_file()]
    _require_free(folder, (*names, *stale))
    earlier = fresh / "earlier"
    done: list[str] = []
    try:
        earlier.mkdir()
        for name in (*names, *stale):
            if (folder / name).exists():
                _keep(folder / name, earlier / name)
        for name in names:
            done.append(name)
            (fresh / name).replace(folder / name)
        for name in stale:
            done.append(name)
            (folder / name).unlink()
    except BaseException as error:
        _put_back(earlier, folder, done)
        if isinstance(error, OSError):
            raise OutputError(
                f"{folder}: {done[-1] if done else 'a file'} cannot be replaced ({error.strerror}); the "
                "earlier results are untouched. "
                "Close it elsewhere and run again."
            ) from None
        raise


def _keep(file: Path, copy: Path) -> None:
    """Keep a file under a second name; a real copy where the disk knows no links."""
    try:
        os.link(file, copy)
    except OSError:
        shutil.copy2(file, copy)


def _put_back(earlier: Path, folder: Path, names: list[str]) -> None:
    for name in names:
        if (earlier / name).exists():
            (earlier / name).replace(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)


def _free(file: Path) -> bool:
    try:
        with file.open("r+b"):
            return True
    except OSError:
        return False
