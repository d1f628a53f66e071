"""What an indicator is, and the register of all of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gisplan.errors import GisplanError, nearest
from gisplan.geometry import side_by_side

if TYPE_CHECKING:
    from gisplan.measure.survey import Survey

Array = NDArray[np.float64]

#: Groups in display order.
GROUPS: Mapping[str, Mapping[str, str]] = {
    "land": {"zh": "土地利用", "en": "Land use"},
    "intensity": {"zh": "利用强度", "en": "Intensity"},
    "output": {"zh": "投入产出", "en": "Investment and output"},
    "roads": {"zh": "道路", "en": "Roads"},
    "supply": {"zh": "土地供应", "en": "Land supply"},
    "structure": {"zh": "产业结构", "en": "Industry structure"},
    "growth": {"zh": "土地消耗与人口", "en": "Land and people"},
    "works": {"zh": "在建工程", "en": "Public works"},
    "services": {"zh": "设施覆盖", "en": "Infrastructure coverage"},
    "terrain": {"zh": "地形与土方", "en": "Terrain and earthwork"},
    "green": {"zh": "绿化", "en": "Green"},
}


@dataclass(frozen=True)
class Figures:
    """One indicator of every zone, with what it was made from. All arrays have the shape (zones,).

    Attributes
    ----------
    value
        NaN where it is missing.
    numerator, denominator
        NaN where there is none.
    n_used, n_missing
        Features that went into the figure, and those that should have but lack the data.
    known_share
        Share of the land (or length) concerned for which the data are known; NaN where there is none.
    note
        Why the figure is missing, or which way it was made, for all zones; empty where all is plain.
    counts
        Counts by zone that belong to the flags, e.g. how many buildings had their floor area from which source.
    """

    value: Array
    numerator: Array
    denominator: Array
    n_used: Array
    n_missing: Array
    known_share: Array
    note: str = ""
    counts: Mapping[str, Array] | None = None

    def flags(self) -> list[str]:
        """Flags of each zone, joined by a semicolon."""
        out = []
        for i in range(len(self.value)):
            parts = [self.note] if self.note else []
            if not self.note and np.isnan(self.value[i]):
                parts.append("DENOM_ZERO" if self.denominator[i] == 0 else "NO_DATA")
            if self.n_missing[i] > 0 and not np.isnan(self.value[i]):
                parts.append("PARTIAL")
            parts += [f"{k}:{int(v[i])}" for k, v in (self.counts or {}).items() if v[i] > 0]
            out.append(";".join(parts))
        return out


def missing(zones: int, why: str) -> Figures:
    """Figures of an indicator whose inputs are not there."""
    nan = np.full(zones, np.nan)
    zero = np.zeros(zones)
    return Figures(nan, nan, nan, zero, zero, nan, note=why)


def ratio(
    numerator: Array,
    denominator: Array,
    *,
    n_used: Array,
    n_missing: Array | None = None,
    known_share: Array | None = None,
    counts: Mapping[str, Array] | None = None,
) -> Figures:
    """Divide sums by sums; over zero the figure is missing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(denominator > 0, numerator / denominator, np.nan)
    lacking = np.zeros(len(value)) if n_missing is None else n_missing.astype(float)
    known = np.where(denominator > 0, 1.0, np.nan) if known_share is None else known_share
    # Where nothing at all is known the sums are of nothing, and no measurement.
    value = np.where((n_used == 0) & (lacking > 0), np.nan, value)
    return Figures(value, numerator, denominator, n_used.astype(float), lacking, known, counts=counts)


def amount(
    value: Array,
    *,
    n_used: Array,
    n_missing: Array | None = None,
    known_share: Array | None = None,
    counts: Mapping[str, Array] | None = None,
) -> Figures:
    """Make figures of a plain sum."""
    nan = np.full(len(value), np.nan)
    lacking = np.zeros(len(value)) if n_missing is None else n_missing.astype(float)
    known = np.ones(len(value)) if known_share is None else known_share
    value = np.where((n_used == 0) & (lacking > 0), np.nan, value)
    return Figures(value, value, nan, n_used.astype(float), lacking, known, counts=counts)


def part(some: Array, whole: Array) -> Array:
    """Share of a whole, missing where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, some / whole, np.nan)


@dataclass(frozen=True)
class Indicator:
    """A figure of every zone.

    Attributes
    ----------
    id
        Contract name; a family has one placeholder, e.g. ``coverage_{service}``.
    unit
        ``share`` (0–1) or a unit.
    group
        Key of `GROUPS`.
    labels
        Names by language; a family's hold ``{zh}`` or ``{en}``.
    formula
        One line by language.
    needs
        Layers without which it is missing.
    listed
        Layers or columns without which it is not told of at all: a plan that does not ask for it shows no gap.
    function
        Survey (and member) → Figures.
    members
        Survey → names that fill a family's placeholder, with their labels.
    """

    id: str
    unit: str
    group: str
    labels: Mapping[str, str]
    formula: Mapping[str, str]
    needs: Sequence[str]
    function: Callable[..., Figures]
    members: Callable[[Survey], Mapping[str, Mapping[str, str]]] | None = None
    listed: Sequence[str] = ()

    @property
    def text(self) -> str:
        """Formula, meaning of zero and of missing, and source, as its docstring tells them."""
        return inspect.getdoc(self.function) or ""

    @property
    def source(self) -> str:
        """Where the definition comes from."""
        lines = self.text.splitlines()
        for i, line in enumerate(lines):
            if line.strip() == "Source" and i + 2 < len(lines):
                return " ".join(part.strip() for part in lines[i + 2 :] if part.strip())
        return ""


@dataclass(frozen=True)
class Measured:
    """An indicator (one member of a family, whose name is ``member``) with its figures."""

    id: str
    unit: str
    group: str
    labels: Mapping[str, str]
    formula: Mapping[str, str]
    source: str
    figures: Figures
    indicator: Indicator
    member: str


_REGISTER: dict[str, Indicator] = {}


def indicator(  # noqa: PLR0913  each is a word of the contract
    id: str,  # noqa: A002  the contract's own word
    *,
    unit: str,
    group: str,
    zh: str,
    en: str,
    formula_zh: str,
    formula_en: str,
    needs: Iterable[str] = (),
    listed: Iterable[str] = (),
    members: Callable[[Survey], Mapping[str, Mapping[str, str]]] | None = None,
) -> Callable[[Callable[..., Figures]], Callable[..., Figures]]:
    """Enter a function into the register: tables, map and catalogue then show it."""

    def enter(function: Callable[..., Figures]) -> Callable[..., Figures]:
        labels, formula = {"zh": zh, "en": en}, {"zh": formula_zh, "en": formula_en}
        _REGISTER[id] = Indicator(id, unit, group, labels, formula, tuple(needs), function, members, tuple(listed))
        return function

    return enter


def register() -> Mapping[str, Indicator]:
    """All indicators by id, in display order."""
    order = list(GROUPS)
    return dict(sorted(_REGISTER.items(), key=lambda kv: order.index(kv[1].group)))


def require_indicator(name: str) -> None:
    """See that a name is an indicator's, or may be that of a family's member, before anything is measured.

    Raises
    ------
    GisplanError
        It is not.
    """
    known = register()
    if not any(re.fullmatch(re.sub(r"\\{.*\\}", "[a-z0-9_]+", re.escape(i)), name) for i in known):
        raise GisplanError(f"There is no indicator {name!r}; {nearest(name, known)}")


#: Families of layers, whose members are named with a point as columns are.
_FAMILIES = ("boundaries.", "built_up.", "constraints.", "facilities.", "barriers.", "sources.")


def _why(survey: Survey, lacking: Sequence[str]) -> str:
    """Flag that names what is not there: layers first, else columns."""
    # Roads that are there, but without a width, lack a column and not a layer.
    lacking = ["roads.width_m" if n == "roads_or_surfaces" and survey.has("roads") else n for n in lacking]
    lacking = ["buildings.is_standard_factory" if n == "buildings_let" else n for n in lacking]
    layers = [n for n in lacking if ("." not in n or n.startswith(_FAMILIES)) and n not in ("floor_area", "footprint")]
    if layers:
        return f"LAYER_MISSING:{','.join(layers)}"
    return f"INPUT_MISSING:{','.join(n.split('.')[-1] for n in lacking)}" if lacking else ""


def evaluate(survey: Survey, *, only: Measured | None = None) -> list[Measured]:
    """Work out every indicator of a survey, or one again; two at a time, for many of them only sum long columns."""
    asked = []
    for ind in register().values() if only is None else [only.indicator]:
        if not all(survey.has(n) for n in ind.listed):
            continue
        lacking = [n for n in ind.needs if not survey.has(n)]
        for name, labels in (ind.members(survey) if ind.members else {"": {}}).items():
            if only is None or name == only.member:
                asked.append((ind, name, labels, lacking))
    figures = side_by_side([partial(_figures, survey, ind, name, lacking) for ind, name, _, lacking in asked])
    return [_measured(ind, name, labels, f) for (ind, name, labels, _), f in zip(asked, figures, strict=True)]


def _figures(survey: Survey, ind: Indicator, name: str, lacking: Sequence[str]) -> Figures:
    if lacking:
        return missing(survey.zones, _why(survey, lacking))
    return ind.function(survey, name) if ind.members else ind.function(survey)


def _measured(ind: Indicator, name: str, labels: Mapping[str, str], figures: Figures) -> Measured:
    def filled(texts: Mapping[str, str]) -> dict[str, str]:
        return {
            k: v.replace("{zh}", labels.get("zh", "")).replace("{en}", labels.get("en", "")) for k, v in texts.items()
        }

    own = ind.id[: ind.id.index("{")] + name if ind.members else ind.id
    return Measured(own, ind.unit, ind.group, filled(ind.labels), filled(ind.formula), ind.source, figures, ind, name)
