"""A sheet of one page on one parcel (一地一册): where it lies, what it is, what reaches it, what rules say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from gisplan import vocabulary
from gisplan.measure.services import service_labels
from gisplan.show.figures import Figure
from gisplan.show.report.assessed import CLASSES, UNVERIFIED, indicator_text
from gisplan.show.report.blocks import Block, Column, Paragraph, Picture, Report, Table, Text
from gisplan.show.report.figures import AREA_UNITS, MISSING, limit_text, number
from gisplan.show.report.given import Given, known_text

#: Findings that a sheet has room for; what is missed goes first.
MOST_FINDINGS = 8

_ORDER = ("below", "above", "no_data", "pass", "not_applicable")

_STATES = {
    "built": Text("已建成", "Built"),
    "vacant": Text("空闲", "Vacant"),
    "formed": Text("已成形", "Formed"),
    "open": Text("非建设", "Open land"),
}


def parcel_sheet(given: Given, row: int, figure: Figure | None, *, public: bool) -> Report:
    """Make the sheet of a parcel.

    Parameters
    ----------
    given
        What the study found; it has parcels.
    row
        Row number of the parcel.
    figure
        Map of where it lies; None where none can be drawn.
    public
        Whether the sheet may leave the office: what the vocabulary calls private is then not on it.

    Raises
    ------
    ValueError
        The study has no parcels.
    """
    if given.parcels is None:
        raise ValueError("a study without parcels has no sheets")
    parcel = given.parcels.iloc[row]
    asked = given.plan.plan
    title = asked.title.both(asked.name)
    parcel_id = str(parcel["parcel_id"])
    name = _text(parcel.get("name"))
    head = Text("宗地", "Parcel").line(given.language)
    blocks: list[Block] = [] if figure is None else [Picture(figure)]
    blocks.append(_facts(given, row, public=public))
    blocks += [*_services(given, parcel), *_findings(given, parcel_id)]
    if _text(parcel.get("idle_class")) != MISSING:
        caution = vocabulary.idle_caution()["long"]
        blocks.append(Paragraph(Text(caution["zh"], caution["en"]), caution=True))
    return Report(
        Text(f"{head} {parcel_id}", f"{head} {parcel_id}"),
        Text(title["zh"], title["en"]),
        [
            (Text("项目", "Project"), name),
            (Text("评价时点", "As of"), str(asked.as_of or MISSING)),
            (Text("坐标系", "Coordinate system"), given.crs),
        ],
        blocks,
        given.language,
        sheet=True,
    )


def _text(value: object) -> str:
    return MISSING if value is None or pd.isna(value) or str(value) == "" else str(value)


def _heads(given: Given, *names: str) -> list[Column]:
    words = vocabulary.report("heads")
    out = []
    for name in names:
        told = words[name.removeprefix("#")]
        line = Text(told["zh"], told["en"]).line(given.language)
        out.append(Column(Text(line, line), number=name.startswith("#")))
    return out


def _facts(given: Given, row: int, *, public: bool) -> Table:
    """What the parcel is, two facts a row."""
    facts = [(k.line(given.language), v) for k, v in (*_known(given, row), *_private(given, row, public=public))]
    if len(facts) % 2:
        facts.append(("", ""))
    rows: list[list[str | Text]] = [[*facts[k], *facts[k + 1]] for k in range(0, len(facts), 2)]
    head = Column(Text("", ""))
    return Table(Text("基本情况", "The parcel"), [head] * 4, rows)


def _known(given: Given, row: int) -> Iterator[tuple[Text, str]]:
    parcel, language = _row(given, row), given.language

    def told(text: Text) -> str:
        return text.line(language) or MISSING

    def figure(name: str, unit: str) -> str:
        return given.write(parcel[name], unit) if name in parcel else MISSING

    zones = dict(zip(given.zones["zone_id"], given.names, strict=True))
    classes = vocabulary.land_classes()
    use = classes.get(_text(parcel["land_class"]))
    area = float(parcel["area_m2"])
    mu, unit = AREA_UNITS["mu"]
    zone = parcel["zone_id"]
    yield Text("分区", "Zone"), MISSING if pd.isna(zone) else str(zones.get(zone, zone))
    yield Text("用途", "Land use"), " ".join(
        t for t in (told(Text(use.zh, use.en)) if use else MISSING, str(_text(parcel.get("land_use")))) if t != MISSING
    ) or MISSING  # fmt: skip
    yield (
        Text("实测面积", "Area as measured"),
        f"{number(area / 1e4, digits=4)} ha = {number(area / mu, digits=2)} {unit.line(language)}",
    )
    if "land_area_m2" in parcel:
        yield Text("登记面积", "Area as registered"), figure("land_area_m2", "m²")
    state = _text(parcel["state"])
    yield Text("建设状态", "State"), told(_STATES.get(state, Text(state, state)))
    if "status" in parcel:
        yield Text("登记状态", "Status by the register"), _text(parcel["status"])
    if "plot_ratio" in parcel:
        yield Text("现状容积率", "Plot ratio"), figure("plot_ratio", "1")
        yield Text("建筑密度", "Building density"), figure("building_density", "share")
        yield Text("建筑面积", "Floor area"), f"{number(parcel['floor_area_m2'], digits=0)} m²"
    if "service_level" in parcel:
        level = Text(_text(parcel["service_level_zh"]), _text(parcel["service_level_en"]))
        yield Text("通平等级", "Level of supply"), told(level)
    if "frontage_m" in parcel:
        roads = _text(parcel.get("frontage_roads")).replace(";", "; ")
        length = figure("frontage_m", "m")
        yield Text("临路", "Frontage"), length if roads == MISSING else f"{length} ({roads})"
    if "slope_mean" in parcel:
        yield Text("平均坡度", "Mean slope"), figure("slope_mean", "share")
    if "power_feeds" in parcel:
        yield Text("电源回路", "Power feeds"), _text(parcel["power_feeds"])
    if given.idle is not None:
        idle = given.idle.iloc[row]
        known = vocabulary.idle_classes().get(_text(idle["idle_class"]))
        yield Text("闲置筛查", "Idle-land screening"), told(Text(known.zh, known.en)) if known else MISSING
        if not pd.isna(idle["due_date"]):
            over = "" if pd.isna(idle["days_over"]) else f" ({number(idle['days_over'])} d)"
            yield Text("应开工日期（超期天数）", "Due to start (days over)"), f"{str(idle['due_date'])[:10]}{over}"


def _row(given: Given, row: int) -> pd.Series[Any]:
    if given.parcels is None:
        raise ValueError("a study without parcels has no sheets")
    return given.parcels.iloc[row]


def _private(given: Given, row: int, *, public: bool) -> Iterator[tuple[Text, str]]:
    """What only the office may see."""
    parcel = _row(given, row)
    for column in () if public else vocabulary.columns("parcels").values():
        value = parcel.get(column.stored)
        if column.private and _text(value) != MISSING:
            unit = "万元" if column.measure == "money" else ""
            written = given.write(value, unit) if column.kind == "number" else _text(value)
            yield Text(column.zh, column.en), written


def _services(given: Given, parcel: pd.Series[Any]) -> Iterator[Table]:
    """Whether each service is there, by what that is known, and what is nearest."""
    words, evidence = vocabulary.report("served"), vocabulary.report("evidence")
    coming = _coming(given, str(parcel["parcel_id"]))
    rows: list[list[str | Text]] = []
    marks: dict[int, str] = {}

    def add(name: Text, state: str, key: str, words: Mapping[str, Mapping[str, str]] = words) -> None:
        marks[len(rows)] = {"yes": "pass", "no": "below"}.get(state, "")
        rows.append(
            [
                name.line(given.language),
                known_text(words, state).line(given.language),
                _text(parcel.get(f"nearest_{key}")),
                number(parcel.get(f"distance_{key}_m", float("nan")), digits=0),
                known_text(evidence, parcel.get(f"evidence_{key}")).line(given.language),
            ]
        )

    for service in given.plan.layers.services:
        told = service_labels(given.plan, service)
        add(Text(told["zh"], told["en"]), _state(parcel, f"served_{service}", service in coming), service)
    if "levelled" in parcel:
        told = vocabulary.levelled()
        add(
            Text(told["zh"], told["en"]),
            _state(parcel, "levelled", "levelled" in coming),
            "levelled",
            vocabulary.report("levelled"),
        )
    for facility, spec in given.plan.layers.facilities.items():
        title = spec.title
        label = Text(title.zh or facility, title.en or facility) if title else Text(facility, facility)
        if f"distance_{facility}_m" in parcel:
            add(label, "", facility)
    if rows:
        heads = _heads(given, "service", "state", "nearest", "#distance_m", "evidence")
        yield Table(Text("设施", "Services"), heads, rows, marks=marks)


def _state(parcel: Mapping[str, Any] | pd.Series[Any], column: str, planned: bool) -> str:
    value = parcel.get(column)
    if value is None or pd.isna(value):
        return "unknown"
    return "yes" if bool(value) else "planned" if planned else "no"


def _coming(given: Given, parcel_id: str) -> set[str]:
    """Services that the parcel gets with what is planned."""
    gaps = given.tables.get("gap_list.csv")
    if gaps is None:
        return set()
    own = gaps[(gaps["parcel_id"].astype(str) == parcel_id) & (gaps["state"] == "planned")]
    return set(own["service"].astype(str))


def _findings(given: Given, parcel_id: str) -> Iterator[Table]:
    """What rules allow, and what is: the plot ratio, then what is missed."""
    table = given.findings
    if table is None:
        return
    own = table[(table["level"] != "zone") & (table["id"].astype(str) == parcel_id)]
    if not len(own):
        return
    rank = own["class"].map({c: k for k, c in enumerate(_ORDER)}).fillna(len(_ORDER))
    # What may be built here is what a sheet is asked for.
    rank = rank.where(own["indicator"] != "project_far", -1)
    own = own.assign(_rank=rank).sort_values("_rank", kind="stable")
    measured = {m.id: m for m in given.measured}
    rows: list[list[str | Text]] = []
    marks = {}
    for k, found in enumerate(own.head(MOST_FINDINGS).to_dict("records")):
        marks[k] = str(found["class"])
        kind = str(found["class"])
        rows.append(
            [
                indicator_text(str(found["indicator"]), measured).line(given.language),
                given.write(found["value"], str(found["unit"])),
                limit_text(str(found["limit"]), str(found["unit"])),
                CLASSES.get(kind, Text(kind, kind)).line(given.language),
                "" if found["verified"] else UNVERIFIED.line(given.language),
            ]
        )
    heads = _heads(given, "figure", "#value", "#limit", "finding", "verified")
    more = max(len(own) - MOST_FINDINGS, 0)
    yield Table(Text("对照规则", "Against the rules"), heads, rows, more=more, where="findings.csv", marks=marks)
