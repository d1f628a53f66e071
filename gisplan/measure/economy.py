"""What the land brings: investment, output, tax and jobs for each hectare and each mu."""

from __future__ import annotations

from gisplan import vocabulary
from gisplan.measure.catalogue import Figures, indicator, ratio
from gisplan.measure.land import known_parcels
from gisplan.measure.survey import Survey, column


def _intensity(survey: Survey, name: str, unit: str) -> Figures:
    """Sum of a ledger amount over the land of the parcels that state it, in amounts for each unit of area."""
    amounts = column(survey.pieces["parcels"].frame, name)
    top, land, used, lacking, share = known_parcels(survey, amounts)
    return ratio(top, land / vocabulary.units("area")[unit], n_used=used, n_missing=lacking, known_share=share)


@indicator(
    "investment_intensity",
    unit="万元/ha",
    group="output",
    zh="固定资产投资强度",
    en="Investment intensity",
    needs=["parcels", "parcels.investment_wan"],
    formula_zh="固定资产投资 ÷ 宗地面积（公顷）",
    formula_en="Fixed investment ÷ parcel area in hectares",
)
def investment_intensity(survey: Survey) -> Figures:
    """Fixed investment for each hectare.

    Formula
    -------
    Σ investment ÷ Σ area, over the parcels that state an investment; split by share of area at a border.

    Zero
    ----
    Parcels state an investment of 0.

    Missing
    -------
    No parcel of the zone states one. Partial where some do not; ``known_share`` tells how much land does.

    Source
    ------
    As 工业用地固定资产投入强度 (TD/T 1029, working edition), here over all parcels that state an amount.
    """
    return _intensity(survey, "investment_wan", "ha")


@indicator(
    "investment_intensity_mu",
    unit="万元/mu",
    group="output",
    zh="亩均投资",
    en="Investment per mu",
    needs=["parcels", "parcels.investment_wan"],
    formula_zh="固定资产投资 ÷ 宗地面积（亩）",
    formula_en="Fixed investment ÷ parcel area in mu",
)
def investment_intensity_mu(survey: Survey) -> Figures:
    """Fixed investment for each mu.

    Formula
    -------
    As investment_intensity, ÷ 15.

    Zero
    ----
    As for the hectare.

    Missing
    -------
    As for the hectare.

    Source
    ------
    1 mu = 2000/3 m².
    """
    return _intensity(survey, "investment_wan", "mu")


@indicator(
    "output_intensity",
    unit="万元/ha",
    group="output",
    zh="产出强度",
    en="Output intensity",
    needs=["parcels", "parcels.output_wan"],
    formula_zh="年产值 ÷ 宗地面积（公顷）",
    formula_en="Yearly output ÷ parcel area in hectares",
)
def output_intensity(survey: Survey) -> Figures:
    """Yearly output for each hectare.

    Formula
    -------
    Σ output ÷ Σ area, over the parcels that state an output.

    Zero
    ----
    Parcels state an output of 0.

    Missing
    -------
    No parcel of the zone states one. Partial where some do not.

    Source
    ------
    As 工业用地产出强度 (TD/T 1029-2010; formula unverified), here over all parcels that state an amount.
    """
    return _intensity(survey, "output_wan", "ha")


@indicator(
    "output_intensity_mu",
    unit="万元/mu",
    group="output",
    zh="亩均产值",
    en="Output per mu",
    needs=["parcels", "parcels.output_wan"],
    formula_zh="年产值 ÷ 宗地面积（亩）",
    formula_en="Yearly output ÷ parcel area in mu",
)
def output_intensity_mu(survey: Survey) -> Figures:
    """Yearly output for each mu.

    Formula
    -------
    As output_intensity, ÷ 15.

    Zero
    ----
    As for the hectare.

    Missing
    -------
    As for the hectare.

    Source
    ------
    1 mu = 2000/3 m².
    """
    return _intensity(survey, "output_wan", "mu")


@indicator(
    "tax_intensity",
    unit="万元/ha",
    group="output",
    zh="地均税收",
    en="Tax intensity",
    needs=["parcels", "parcels.tax_wan"],
    formula_zh="年税收 ÷ 宗地面积（公顷）",
    formula_en="Yearly tax ÷ parcel area in hectares",
)
def tax_intensity(survey: Survey) -> Figures:
    """Yearly tax for each hectare.

    Formula
    -------
    Σ tax ÷ Σ area, over the parcels that state a tax.

    Zero
    ----
    Parcels state a tax of 0.

    Missing
    -------
    No parcel of the zone states one. Partial where some do not.

    Source
    ------
    As 工业用地地均税收 (TD/T 1029, working edition), here over all parcels that state an amount.
    """
    return _intensity(survey, "tax_wan", "ha")


@indicator(
    "tax_intensity_mu",
    unit="万元/mu",
    group="output",
    zh="亩均税收",
    en="Tax per mu",
    needs=["parcels", "parcels.tax_wan"],
    formula_zh="年税收 ÷ 宗地面积（亩）",
    formula_en="Yearly tax ÷ parcel area in mu",
)
def tax_intensity_mu(survey: Survey) -> Figures:
    """Yearly tax for each mu.

    Formula
    -------
    As tax_intensity, ÷ 15.

    Zero
    ----
    As for the hectare.

    Missing
    -------
    As for the hectare.

    Source
    ------
    1 mu = 2000/3 m².
    """
    return _intensity(survey, "tax_wan", "mu")


@indicator(
    "job_density",
    unit="1/ha",
    group="output",
    zh="就业密度",
    en="Job density",
    needs=["parcels", "parcels.jobs"],
    formula_zh="从业人数 ÷ 宗地面积（公顷）",
    formula_en="Jobs ÷ parcel area in hectares",
)
def job_density(survey: Survey) -> Figures:
    """Jobs for each hectare.

    Formula
    -------
    Σ jobs ÷ Σ area, over the parcels that state their jobs.

    Zero
    ----
    Parcels state 0 jobs.

    Missing
    -------
    No parcel of the zone states any. Partial where some do not.

    Source
    ------
    gisplan's own convention.
    """
    return _intensity(survey, "jobs", "ha")
