"""What a rule pack is made of; a pack is a TOML file of these tables, nothing else."""

from __future__ import annotations

import datetime as dt
import math
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gisplan.errors import told

Severity = Literal["must", "should", "info"]

#: What a limit may say of a value; the place of a word is its number.
JUDGED = ("pass", "below", "above", "no_data")
PASS, BELOW, ABOVE, NO_DATA = range(4)

#: A value may differ from a limit by this part of it and still be the limit: sums of areas are not exact.
TOLERANCE = 1e-9


def _number(value: Any) -> float:
    """Read a number, or a fraction in quotes such as "1/3", which has no exact decimal."""
    if isinstance(value, str):
        try:
            return float(Fraction(value))
        except (ValueError, ZeroDivisionError):
            pass
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError(f'expected a number or a fraction such as "1/3", found {told(value)}')


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    raise ValueError(f"expected a date such as 2012-07-01, found {told(value)}")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Number = Annotated[float, BeforeValidator(_number)]
Date = Annotated[dt.date, BeforeValidator(_date)]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Table(BaseModel):
    """A table of a pack: unknown keys are faults, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Words(Table):
    """A text in Chinese and English; the other language falls back on the one given."""

    zh: str = ""
    en: str = ""

    def __str__(self) -> str:
        """Both languages, as far as they are there and differ."""
        return " / ".join(dict.fromkeys(t for t in (self.zh, self.en) if t))


class Span(Table):
    """Values from one to another, both included; an end that is not given is open."""

    low: Number | None = Field(default=None, alias="from")
    high: Number | None = Field(default=None, alias="to")

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends, infinite where open."""
        return (-math.inf if self.low is None else self.low, math.inf if self.high is None else self.high)


class Period(Table):
    """Days from one to another, both included; an end that is not given is open."""

    first: Date | None = Field(default=None, alias="from")
    last: Date | None = Field(default=None, alias="until")

    def holds(self, day: dt.date) -> bool:
        """Whether a day lies in it."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    @property
    def ends(self) -> tuple[dt.date, dt.date]:
        """Both ends, the first and the last day there is where open."""
        return (self.first or dt.date.min, self.last or dt.date.max)

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.first or '…'} – {self.last or '…'}"


class Where(Table):
    """To what a limit applies; every condition given must hold, and one that is not given always does.

    Attributes
    ----------
    land_use
        gisplan's land-use classes.
    land_code, industry
        Codes; one that ends in ``*`` stands for all that begin with it, an industry always does.
    industry_system
        Edition of the industry classification in which ``industry`` is written.
    supplied
        Period in which the land was supplied.
    land_grade
        Grades of land (土地等别), 1–15.
    zone_age, zone_kind
        Words of ``indicators.toml``.
    """

    land_use: Names = ()
    land_code: Names = ()
    industry: Names = ()
    industry_system: str | None = None
    supplied: Period | None = None
    land_grade: Span | None = None
    zone_age: Names = ()
    zone_kind: Names = ()

    def given(self) -> dict[str, Any]:
        """Conditions that are there, by key; the edition belongs to the industries and is none of its own."""
        own = {k: getattr(self, k) for k in type(self).model_fields if k != "industry_system"}
        return {k: v for k, v in own.items() if v not in ((), None)}


class Sourced(Table):
    """Something a pack says, with where it stands; ``verified`` is True only where the text itself was read."""

    verified: bool
    clause: str = ""
    source: str = ""
    title: Words = Words()
    note: Words = Words()


class Bounds(Sourced):
    """Values of an indicator between bounds; ``at_least`` and ``at_most`` include the bound, the others do not."""

    id: str
    indicator: str
    unit: str
    at_least: Number | None = None
    more_than: Number | None = None
    at_most: Number | None = None
    less_than: Number | None = None

    @property
    def low(self) -> tuple[float, bool]:
        """Lower bound and whether it is itself included; minus infinity where there is none."""
        if self.more_than is not None:
            return self.more_than, False
        return (-math.inf, True) if self.at_least is None else (self.at_least, True)

    @property
    def high(self) -> tuple[float, bool]:
        """Upper bound and whether it is itself included; infinity where there is none."""
        if self.less_than is not None:
            return self.less_than, False
        return (math.inf, True) if self.at_most is None else (self.at_most, True)

    def __str__(self) -> str:
        """As it is written: ``≥ 0.3``."""
        marks = (("≥", self.at_least), (">", self.more_than), ("≤", self.at_most), ("<", self.less_than))
        return ", ".join(f"{mark} {value:.12g}" for mark, value in marks if value is not None)


class Limit(Bounds):
    """What an indicator must be, as far as ``where`` and ``in_force`` say.

    ``code`` is what a finding of it is called where it fails, ``advice`` what to do then.
    """

    severity: Severity = "must"
    where: Where = Where()
    in_force: Period = Period()
    code: str = ""
    advice: Words = Words()

    def judge(self, values: NDArray[np.float64]) -> NDArray[np.int8]:
        """Number, in `JUDGED`, of what is said of each value; a missing one is ``no_data``.

        Parameters
        ----------
        values
            In the limit's unit; NaN where not known.
        """
        (low, low_in), (high, high_in) = self.low, self.high
        out = np.full(len(values), PASS, dtype=np.int8)
        with np.errstate(invalid="ignore"):  # a value may be known to have no end, and so may a side
            out[_beyond(low - values, low, including=low_in)] = BELOW
            out[_beyond(values - high, high, including=high_in)] = ABOVE
        out[np.isnan(values)] = NO_DATA
        return out


def _beyond(by: NDArray[np.float64], limit: float, *, including: bool) -> NDArray[np.bool_]:
    grace = TOLERANCE * max(1.0, abs(limit)) if math.isfinite(limit) else 0.0
    return by > grace if including else by >= -grace


class LimitTable(Sourced):
    """A CSV file of limits by industry and grade of land, one row a limit; see `gisplan.rules.limit_table`.

    Attributes
    ----------
    id
        Beginning of the ids of its limits.
    file
        Path, relative to the pack.
    indicator
        What its last column limits from below.
    unit
        Of that column.
    where
        Conditions that hold for every row besides industry and grade.
    """

    id: str
    file: str
    indicator: str
    unit: str
    severity: Severity = "must"
    where: Where = Where()


class Reason(Sourced):
    """Why land counts as inefficient (低效用地): one kind of test, on the parcels that ``where`` and ``state`` name.

    Attributes
    ----------
    indicator, unit, less_than, more_than
        A figure of the project beyond a number.
    of_limit
        The figure lies below this part of the lower limit that the plan's packs set for the parcel.
    idle_class
        Classes of the idle-land register.
    banned
        Nothing but ``where`` has to hold: an industry that is banned or to be moved.
    state
        States of parcels for which the reason is asked; all where none is named.
    """

    id: str
    indicator: str | None = None
    unit: str | None = None
    less_than: Number | None = None
    more_than: Number | None = None
    of_limit: Number | None = None
    idle_class: Names = ()
    banned: bool = False
    state: Names = ()
    where: Where = Where()


class Ideal(Sourced):
    """Value at which an indicator counts in full."""

    id: str
    indicator: str
    unit: str
    value: Number
    better: Literal["more", "less"] = "more"
    where: Where = Where()


class Weights(Sourced):
    """How the parts of a score weigh.

    A part is another table of weights of the same ``set``, an indicator, or one of ``open``: a part of which the
    source does not say what it is made of, so that no score can be given until somebody does.
    """

    id: str
    parts: dict[str, Number]
    set: str = "1"
    open: Names = ()


class Level(Sourced):
    """A level of a list, reached when all of ``needs`` are there; levels stand from the lowest to the highest.

    A need is a service, or several of which one is enough (``gas|heat``), or ``levelled`` for level ground.
    """

    id: str
    list: str
    needs: Names


class Band(Bounds):
    """A name for the values of an indicator between bounds."""


class Term(Sourced):
    """A number a procedure works with."""

    value: Number
    unit: str


class Benchmark(Sourced):
    """Figures of other zones to stand beside a study's own, by indicator in its unit.

    ``year`` is the year the figures are of; ``zones`` is how many they are the mean of.
    """

    id: str
    year: int
    values: dict[str, Number]
    zones: int | None = None


class Example(Table):
    """A case worked by hand that tests a pack: a value under a limit, or a parcel's life under an idle rule."""

    expect: str
    limit: str | None = None
    value: Number | None = None
    parcel: dict[str, Any] | None = None
    as_of: Date | None = None


class Pack(Table):
    """A rule pack.

    Attributes
    ----------
    name
        By which plans name it.
    title, edition, issued, in_force
        What it is, which edition, and when it applies.
    source
        Where it was read; an item's own ``source`` goes before it.
    refines
        Packs it may only make stricter, by name or path.
    file
        Where it was read from, None for one that ships with gisplan.
    """

    name: str
    title: Words
    edition: str = ""
    issued: Date | None = None
    in_force: Period = Period()
    source: str
    note: Words = Words()
    refines: Names = ()
    limits: tuple[Limit, ...] = ()
    ideals: tuple[Ideal, ...] = ()
    weights: tuple[Weights, ...] = ()
    levels: tuple[Level, ...] = ()
    bands: tuple[Band, ...] = ()
    terms: dict[str, Term] = Field(default_factory=dict)
    benchmarks: tuple[Benchmark, ...] = ()
    limit_tables: tuple[LimitTable, ...] = ()
    reasons: tuple[Reason, ...] = ()
    examples: tuple[Example, ...] = ()
    file: Path | None = None

    def source_of(self, item: Sourced) -> str:
        """Where an item of the pack stands."""
        return item.source or self.source
