"""Write all files of a run beside their place and move them in at the end: a run that fails or is killed leaves the earlier ones whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gisplan.errors import OutputError


def require_writable(folder: Path) -> None:
    """Find out at once, before hours of work, whether results can be written.

    Raises
    ------
    OutputError
        They cannot.
    """
    with published(folder):
        pass


@contextmanager
def published(folder: Path) -> Iterator[Path]:
    """Give a fresh folder to write into; when the block ends well, its files replace those of the same name in ``folder``.

    Other files in ``folder`` are left alone.

    Parameters
    ----------
    folder
        Where the files belong; made if it is not there.

    Yields
    ------
    pathlib.Path
        The folder to write into, on the same disk.

    Raises
    ------
    OutputError
        The folder cannot be written to, or a file in it is open in another program; nothing is replaced then.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder}: is a file, so results cannot be written there. Give another --out.")
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written to ({error.strerror}). Give another folder with --out.") from None
    try:
        try:
            yield fresh
        except OSError as error:
            if error.errno is None:
                raise
            raise OutputError(
                f"{folder}: writing failed ({error.strerror}); the earlier results are untouched. Make room or give another --out."
            ) from None
        _move(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _move(fresh: Path, folder: Path) -> None:
    """Move files in once it is sure that every one of them can be."""
    try:
        folder.mkdir(exist_ok=True)
        probe = folder / fresh.name
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written to ({error.strerror}). Give another folder with --out.") from None
    names = sorted(p.name for p in fresh.iterdir())
    held = [n for n in names if (folder / n).exists() and not _free(folder / n)]
    if held:
        raise OutputError(f"{folder}: {', '.join(held)} cannot be replaced (open in another program?). Close it and run again.")
    for name in names:
        os.replace(fresh / name, folder / name)


def _free(file: Path) -> bool:
    try:
        with file.open("r+b"):
            return True
    except OSError:
        return False
