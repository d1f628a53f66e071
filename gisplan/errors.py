"""What gisplan raises: one family, one clear line each, never a traceback for something the user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class GisplanError(Exception):
    """Something the user can mend; the command line prints it and exits with 2."""


class PlanError(GisplanError):
    """The plan file is wrong.

    Parameters
    ----------
    faults
        Every fault found, one line each: all are reported together.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class LayerError(GisplanError):
    """A layer cannot be read, or cannot mean what the plan says it means."""


class OutputError(GisplanError):
    """The results cannot be written where they should go."""


class BooksError(Exception):
    """The books do not balance: a fault of gisplan, not of the user's data."""


def first_ids(ids: Sequence[object], *, limit: int = 5) -> str:
    """Name the first few of many, for a one-line message.

    Parameters
    ----------
    ids
        The features concerned.
    limit
        How many are named.
    """
    named = ", ".join(_short(str(i)) for i in ids[:limit])
    return named if len(ids) <= limit else f"{named}, … and {len(ids) - limit:,} more"


def _short(text: str) -> str:
    """Name of a feature as far as it fits a line: a field may hold a book."""
    return text if len(text) <= 200 else f"{text[:80]}… ({len(text):,} characters)"


def on_one_line(message: object) -> str:
    """Bring a message onto one line that no terminal takes for an order, whatever files and drivers put into it."""
    text = " ".join(str(message).splitlines())
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return text if len(text) <= 4000 else f"{text[:4000]}…"


def counted(number: int, one: str, many: str = "") -> str:
    """Say how many there are: ``1 record``, ``60 records``; ``many`` where an s is not enough."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def nearest(word: str, valid: Iterable[str]) -> str:
    """Say which valid name a wrong one was probably meant to be, else list the valid ones."""
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    # Of short words many are alike; one that begins otherwise has to be very like.
    if close and close[0][:1].casefold() != word[:1].casefold():
        close = difflib.get_close_matches(word, close, n=1, cutoff=0.75)
    return f"did you mean {close[0]!r}?" if close else f"valid names: {', '.join(names)}"


def ended(sentence: str) -> str:
    """The sentence with a full stop, unless it has an end."""
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def told(value: object) -> str:
    """Show a value of the plan as a person wrote it, in a few words."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
