"""What a workbook is made from, and the words it says it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gisplan import vocabulary
from gisplan.assess import IdleLand, Intensity
from gisplan.issues import Issue
from gisplan.measure import Measured, Survey
from gisplan.measure.accessibility import facility_labels
from gisplan.measure.services import service_labels
from gisplan.plan import Plan
from gisplan.rules import Pack


@dataclass(frozen=True)
class Content:
    """What a workbook is made from; see `gisplan.study.result.Result` for what is not told here.

    Attributes
    ----------
    packs
        The plan's rule packs.
    asked
        What was asked and read, as ``run.json`` tells it.
    public
        Whether it may leave the office: private columns are then nowhere in it.
    changed
        Texts that a cell could not hold as they were, by sheet; filled while the sheets are written.
    """

    plan: Plan
    survey: Survey
    measured: Sequence[Measured]
    zones: pd.DataFrame
    indicators: pd.DataFrame
    parcels: pd.DataFrame | None
    findings: pd.DataFrame | None
    idle_land: IdleLand | None
    intensity: Intensity | None
    projects: pd.DataFrame | None
    balance: pd.DataFrame
    issues: Sequence[Issue]
    packs: Sequence[Pack]
    asked: Mapping[str, Any]
    public: bool = False
    changed: dict[str, int] = field(default_factory=dict)

    @property
    def by_ledger(self) -> bool:
        """Whether ratios are made with the ledger's area, of which some parcels may have none."""
        return self.plan.plan.area_basis == "ledger"

    def sheet(self, key: str) -> str:
        """Name of a sheet in the plan's language."""
        return self.say(vocabulary.workbook("sheets")[key])

    def say(self, words: Mapping[str, str], between: str = " ") -> str:
        """Words in the plan's language."""
        language = self.plan.plan.language
        if language != "both":
            return words[language]
        return between.join(dict.fromkeys(w for w in (words["zh"], words["en"]) if w))

    def note(self, name: str, **put_in: str) -> str:
        """Sentence of the vocabulary in the plan's language."""
        return self.say(vocabulary.workbook("notes")[name]).format(**put_in)

    @property
    def title(self) -> str:
        """Title of the study."""
        return self.say(self.plan.plan.title.both(self.plan.plan.name), " · ")


def labels(column: str) -> Mapping[str, str]:
    """Heading of a column of the workbook in both languages.

    Raises
    ------
    KeyError
        It has none.
    """
    return vocabulary.workbook("columns")[column]


def of_family(plan: Plan, column: str) -> Mapping[str, str] | None:
    """Heading of a column of which there is one a service or facility; None where it is of no family."""
    for pattern, words in vocabulary.workbook("families").items():
        head, _, tail = pattern.partition("{}")
        member = column.removeprefix(head).removesuffix(tail)
        if f"{head}{member}{tail}" == column and (member in vocabulary.services() or member in _members(plan)):
            title = _members(plan).get(member) or service_labels(plan, member)
            return {language: words[language].format(**title) for language in ("zh", "en")}
    return None


def _members(plan: Plan) -> Mapping[str, Mapping[str, str]]:
    """Names of the plan's services and facilities."""
    layers = plan.layers
    own = {name: service_labels(plan, name) for name in layers.services}
    return own | {name: facility_labels(plan, name) for name in layers.facilities}


def told(how: str) -> Mapping[str, str]:
    """How a column comes about in both languages.

    Raises
    ------
    KeyError
        Nothing is told of it.
    """
    return vocabulary.workbook("told")[how]
