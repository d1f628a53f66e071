"""What the land brings: investment, output, tax and jobs for each hectare and each mu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gisplan import vocabulary
from gisplan.measure.catalogue import Figures, indicator, ratio
from gisplan.measure.land import known_parcels
from gisplan.measure.survey import Survey, column


@dataclass(frozen=True)
class Amount:
    """An amount of the register that is set against land, with its names for each hectare and each mu."""

    column: str
    id: str
    zh: str
    en: str
    zh_mu: str
    en_mu: str
    of_zh: str
    of_en: str
    source: str


#: Per hectare for all; per mu for those that money is counted by.
AMOUNTS = (
    Amount(
        "investment_wan", "investment_intensity", "固定资产投资强度", "Investment intensity", "亩均投资",
        "Investment per mu", "固定资产投资", "fixed investment",
        "As 工业用地固定资产投入强度 (TD/T 1029, working edition)",
    ),
    Amount(
        "output_wan", "output_intensity", "产出强度", "Output intensity", "亩均产值", "Output per mu",
        "年产值", "yearly output", "As 工业用地产出强度 (TD/T 1029-2010; formula unverified)",
    ),
    Amount(
        "tax_wan", "tax_intensity", "地均税收", "Tax intensity", "亩均税收", "Tax per mu",
        "年税收", "yearly tax", "As 工业用地地均税收 (TD/T 1029, working edition)",
    ),
    Amount("jobs", "job_density", "就业密度", "Job density", "", "", "从业人数", "jobs", "gisplan's own convention"),
)  # fmt: skip

_TEXT = """{title}: {of} for each {unit}.

Formula
-------
Σ {of} ÷ Σ area in {unit}, over the parcels that state the amount; split by share of area at a border.

Zero
----
Parcels state an amount of 0.

Missing
-------
No parcel of the zone states one. Partial where some do not; ``known_share`` tells how much land does.

Source
------
{source}, here over all parcels that state an amount. 1 ha = 15 mu, 1 mu = 2000/3 m².
"""


def _intensity(amount: Amount, unit: str) -> Callable[[Survey], Figures]:
    """Make the function that sets an amount against the land of the parcels that state it."""

    def intensity(survey: Survey) -> Figures:
        amounts = column(survey.pieces["parcels"].frame, amount.column)
        top, land, used, lacking, share = known_parcels(survey, amounts)
        return ratio(top, land / vocabulary.units("area")[unit], n_used=used, n_missing=lacking, known_share=share)

    title = amount.en if unit == "ha" else amount.en_mu
    intensity.__doc__ = _TEXT.format(title=title, of=amount.of_en, unit=unit, source=amount.source)
    return intensity


def _enter(amount: Amount, unit: str) -> None:
    per_mu = unit == "mu"
    indicator(
        f"{amount.id}_mu" if per_mu else amount.id,
        unit=f"{'1' if amount.column == 'jobs' else '万元'}/{unit}",
        group="output",
        zh=amount.zh_mu if per_mu else amount.zh,
        en=amount.en_mu if per_mu else amount.en,
        needs=["parcels", f"parcels.{amount.column}"],
        formula_zh=f"{amount.of_zh} ÷ 宗地面积（{'亩' if per_mu else '公顷'}）",
        formula_en=f"{amount.of_en.capitalize()} ÷ parcel area in {'mu' if per_mu else 'hectares'}",
    )(_intensity(amount, unit))


for _amount in AMOUNTS:
    _enter(_amount, "ha")
    if _amount.zh_mu:
        _enter(_amount, "mu")
