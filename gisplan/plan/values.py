"""Single values of a plan: what they may be, and how they are told."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pyproj import CRS
from pyproj.exceptions import CRSError

from gisplan.errors import nearest, told

__all__ = [
    "Date",
    "Model",
    "Number",
    "Text",
    "earthly",
    "folder_name",
    "nearest",
    "projected",
    "told",
]

#: Names no folder can have on Windows, or that would lead out of the folder of results.
_NO_FOLDER = re.compile(r"[\\/:*?\"<>|\x00-\x1f]|^[\s.]|[\s.]$")
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{d}{i}" for d in ("COM", "LPT") for i in range(1, 10))}


def _number(value: Any) -> Any:
    """Refuse what would only turn into a number by chance: yes and no, text, infinity."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"expected a number, found {told(value)}")
    return value


def _date(value: Any) -> Any:
    """Refuse plain numbers, which would be read as seconds since 1970."""
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    elif isinstance(value, dt.datetime):
        return value.date()
    elif isinstance(value, dt.date):
        return value
    raise ValueError(f"expected a date such as 2025-12-31, found {told(value)}")


Number = Annotated[float, BeforeValidator(_number)]
Date = Annotated[dt.date, BeforeValidator(_date)]


def folder_name(value: str) -> str:
    """Refuse a name that no folder can have, on Windows or elsewhere."""
    if not value or _NO_FOLDER.search(value) or value.split(".", maxsplit=1)[0].upper() in _DEVICES:
        raise ValueError(
            f"results go into a folder of this name, and {told(value)} cannot be one on every system. "
            'Write a name without \\ / : * ? " < > | and without spaces or dots at its ends'
        )
    return value


def projected(text: str) -> CRS:
    """Coordinate system a plan names.

    Raises
    ------
    ValueError
        It is unknown, or not projected in metres.
    """
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise ValueError(f'{text!r} is no coordinate system. Write e.g. crs = "EPSG:4549"') from None
    if not crs.is_projected or any(a.unit_name != "metre" for a in crs.axis_info[:2]):
        raise ValueError(
            f"{text} ({crs.name}) is not a projected system in metres. "
            "Give one, or leave crs out and gisplan chooses from the data"
        )
    return crs


def earthly(text: str) -> CRS:
    """Coordinate system a plan says a layer is in: any that has a place on the earth.

    Raises
    ------
    ValueError
        It is unknown, or has no place on the earth.
    """
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise ValueError(f'{text!r} is no coordinate system. Write e.g. crs = "EPSG:4549"') from None
    if crs.geodetic_crs is None:
        raise ValueError(f"{text} ({crs.name}) has no place on the earth. Give one that has")
    return crs


class Model(BaseModel):
    """A table of the plan: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(Model):
    """A text in Chinese, English or both; the other language falls back on the one given."""

    zh: str = ""
    en: str = ""

    def both(self, default: str) -> dict[str, str]:
        """Return both languages, filled from each other or from ``default``."""
        return {"zh": self.zh or self.en or default, "en": self.en or self.zh or default}
