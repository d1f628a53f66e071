"""The first sheet: the main figures, zones side by side, charts, and what stands where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_rowcol_to_cell

from gisplan import vocabulary
from gisplan.measure.land import INDUSTRIAL
from gisplan.show.workbook.content import Content, labels
from gisplan.show.workbook.figures import STYLES
from gisplan.show.workbook.sums import Sums
from gisplan.show.workbook.table import Table, quoted_sheet
from gisplan.show.workbook.writer import FONT, INK, LINE, QUIET, Writer

#: Zones that are set side by side; of more, the sheet of zones has all.
MOST_ZONES = 40

#: Indicators of the comparison, as far as a study has them.
SHOWN = (
    "parcel_area_m2",
    "plot_ratio",
    "building_density",
    "industrial_land_share",
    "built_land_share",
    "vacant_parcel_share",
    "investment_intensity",
    "tax_intensity_mu",
    "road_density",
    "coverage_road",
    "coverage_water",
    "coverage_sewage",
    "coverage_power",
)


class Summary:
    """The first sheet, made first and filled last: it points to all others."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.content = writer, writer.content
        self.name = self.content.sheet("summary")
        self.sheet = writer.add_sheet(self.name, color="#0b4f6c")

    def fill(
        self, sums: Sums, zones: Table, parcels: Table | None, land: tuple[str, int, int] | None, sheets: list[str]
    ) -> None:
        """Write the sheet.

        Parameters
        ----------
        sums, zones, parcels
            Tables that figures are taken from.
        land
            Sheet of the land balance, first and last row of its classes.
        sheets
            Names of all other sheets.
        """
        content, sheet = self.content, self.sheet
        plan = content.plan.plan
        day = content.say({"zh": "评价时点", "en": "as of"})
        note = " · ".join(
            t
            for t in (
                f"{day} {plan.as_of}" if plan.as_of else "",
                f"{content.survey.zones:,} " + content.say({"zh": "个分区", "en": "zones"}),
                "gisplan",
            )
            if t
        )
        self.writer.title(sheet, content.title, note)
        sheet.set_column(0, 0, 12)
        sheet.set_column(1, 1, 40)
        sheet.set_column(2, 2 + len(SHOWN), 12.5)
        row = self._main(sums, parcels, 3)
        top = row + 1
        row, ratios = self._zones(zones, top)
        charts = row + 1
        self._charts(charts, ratios, land)
        row = charts + 23
        if parcels is not None and content.idle_land is not None:
            row = self._idle(parcels, row)
        self._contents(sheets, row + 1)
        sheet.freeze_panes(2, 0)
        sheet.hide_gridlines(2)
        sheet.fit_to_pages(1, 1)

    def _main(self, sums: Sums, parcels: Table | None, row: int) -> int:
        """Write the figures of all zones together, side by side: a name above, a number below."""
        sheet, writer = self.sheet, self.writer
        figures = list(_whole(self.content, sums, parcels))
        for i, (words, formula, value, style) in enumerate(figures):
            line, column = row + 3 * (i // 5), 1 + 2 * (i % 5)
            label = writer.format(font_size=9, font_color=QUIET, text_wrap=True, valign="bottom")
            big = writer.number(
                style, font_size=15, bold=True, font_color=INK, align="left", bottom=1, bottom_color=LINE
            )
            sheet.set_row(line, 28)
            sheet.set_row(line + 1, 24)
            if column > 1:
                sheet.merge_range(line, column, line, column + 1, "", label)
                sheet.merge_range(line + 1, column, line + 1, column + 1, "", big)
            sheet.write_string(line, column, "\n".join(words.values()), label)
            sheet.write_formula(line + 1, column, f"={formula}", big, "" if np.isnan(value) else float(value))
        return row + 3 * ((len(figures) + 4) // 5)

    def _zones(self, zones: Table, row: int) -> tuple[int, tuple[int, int, int] | None]:
        """Write zones side by side; where the plot ratios stand is told for the chart."""
        sheet, writer, content = self.sheet, self.writer, self.content
        shown = [c for c in zones.columns if c.id in SHOWN]
        shown.sort(key=lambda c: SHOWN.index(c.id))
        count = min(zones.count, MOST_ZONES)
        heads = [labels("zone_id"), labels("zone_name"), *(c.labels for c in shown)]
        units = ["", "", *(c.unit if c.unit not in ("share", "1") else "" for c in shown)]
        for i, (words, unit) in enumerate(zip(heads, units, strict=True)):
            text = "\n".join([*words.values(), *([f"({unit})"] if unit else [])])
            sheet.write_string(row, i, text, writer.heading)
        sheet.set_row(row, 64)
        frame, number = content.survey.layers.zones, {m.id: m for m in content.measured}
        ratios = None
        for z in range(count):
            at = row + 1 + z
            writer.put(sheet, at, 0, str(frame["zone_id"].iloc[z]), writer.format(num_format="@"))
            name = frame["name"].iloc[z]
            writer.put(sheet, at, 1, "" if name is None else str(name))
            for i, c in enumerate(shown, start=2):
                found = f"INDEX(v_{c.id},MATCH({z + 1},v_zone_no,0))"
                value = number[c.id].figures.value[z]
                form = writer.number(STYLES.get(c.unit, "ratio"))
                sheet.write_formula(at, i, f'=IF({found}="","",{found})', form, "" if np.isnan(value) else float(value))
                if c.id == "plot_ratio":
                    ratios = (row + 1, row + count, i)
        if zones.count > count:
            sheet.write_string(
                row + 1 + count, 0, content.note("first", n=str(count)), writer.format(font_size=9, font_color=QUIET)
            )
        return row + 2 + count, ratios

    def _charts(self, row: int, ratios: tuple[int, int, int] | None, land: tuple[str, int, int] | None) -> None:
        content = self.content
        if land is not None:
            name, first, last = land
            words = {"zh": "用地结构（公顷）", "en": "Land use (ha)"}
            chart = self._chart("bar", content.say(words))
            chart.add_series(
                {
                    "name": content.say(words),
                    "categories": [name, first, 0, last, 0],
                    "values": [name, first, 1, last, 1],
                    "fill": {"color": "#5a7d3a"},
                    "gap": 40,
                    "data_labels": {"value": True, "num_format": "#,##0.0"},
                }
            )
            chart.set_y_axis(
                {
                    "reverse": True,
                    "interval_unit": 1,
                    "num_font": {"name": FONT, "size": 8},
                    "major_gridlines": {"visible": False},
                }
            )
            chart.set_x_axis({"num_format": "#,##0", "num_font": {"size": 8}})
            chart.set_size({"width": 660, "height": 430})
            self.sheet.insert_chart(row, 0, chart)
        if ratios is not None:
            first, last, column = ratios
            chart = self._chart("column", content.say({"zh": "各分区容积率", "en": "Plot ratio by zone"}))
            chart.add_series(
                {
                    "name": content.say({"zh": "容积率", "en": "Plot ratio"}),
                    "categories": [self.name, first, 0, last, 0],
                    "values": [self.name, first, column, last, column],
                    "fill": {"color": "#0b4f6c"},
                    "gap": 60,
                    "data_labels": {"value": last - first < 15, "num_format": "0.00"},
                }
            )
            chart.set_y_axis({"num_format": "0.0", "min": 0, "num_font": {"size": 8}})
            chart.set_size({"width": 600, "height": 430})
            self.sheet.insert_chart(row, 6, chart)

    def _chart(self, kind: str, title: str) -> Any:
        chart = self.writer.book.add_chart({"type": kind})
        chart.set_title({"name": title, "name_font": {"name": FONT, "size": 11, "color": INK}, "overlay": False})
        chart.set_legend({"none": True})
        chart.set_chartarea({"border": {"color": LINE}})
        return chart

    def _idle(self, parcels: Table, row: int) -> int:
        """Write parcels and land by idle class, with a chart."""
        sheet, writer, content = self.sheet, self.writer, self.content
        found = content.idle_land
        assert found is not None
        seen = set(found.parcels["idle_class"].dropna())
        classes = [c for c in vocabulary.idle_classes().values() if c.id in seen]
        for i, words in enumerate(
            (labels("idle_class"), labels("idle_name"), {"zh": "宗数", "en": "Parcels"}, {"zh": "公顷", "en": "ha"})
        ):
            sheet.write_string(row, i, "\n".join(words.values()), writer.heading)
        sheet.set_row(row, 32)
        parts = range(len(parcels.parts))
        area = "basis_area_m2" if content.by_ledger else "area_m2"
        kind = found.parcels["idle_class"].fillna("").to_numpy(dtype=str)
        land = np.nan_to_num(found.parcels["area_m2"].to_numpy(dtype=float))
        for r, c in enumerate(classes, start=row + 1):
            writer.put(sheet, r, 0, c.id)
            writer.put(sheet, r, 1, content.say({"zh": c.zh, "en": c.en}))
            writer.rows(sheet, r, [(content.say({"zh": c.zh, "en": c.en}), 40)])
            cell = xl_rowcol_to_cell(r, 0, row_abs=False, col_abs=True)
            count = "+".join(f"COUNTIF({parcels.named('idle_class', p)},{cell})" for p in parts)
            sheet.write_formula(r, 2, f"={count}", writer.number("count"), int((kind == c.id).sum()))
            total = "+".join(f"SUMIFS({parcels.named(area, p)},{parcels.named('idle_class', p)},{cell})" for p in parts)
            sheet.write_formula(r, 3, f"=({total})/10000", writer.number("ha2"), float(land[kind == c.id].sum() / 1e4))
        last = row + len(classes)
        caution = vocabulary.idle_caution()["long"]
        sheet.write_string(last + 1, 0, content.say(caution), writer.format(font_size=9, font_color=QUIET))
        chart = self._chart(
            "bar",
            content.say({"zh": "土地开发状态（公顷，筛查结果）", "en": "State of development (ha, a screening)"}),
        )
        chart.add_series(
            {
                "name": content.say({"zh": "公顷", "en": "ha"}),
                "categories": [self.name, row + 1, 1, last, 1],
                "values": [self.name, row + 1, 3, last, 3],
                "gap": 50,
                "points": [{"fill": {"color": c.color}} for c in classes],
                "data_labels": {"value": True, "num_format": "#,##0.0"},
            }
        )
        chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"name": FONT, "size": 8}})
        chart.set_x_axis({"num_format": "#,##0", "num_font": {"size": 8}, "major_gridlines": {"visible": False}})
        chart.set_size({"width": 760, "height": 380})
        sheet.insert_chart(row, 6, chart)
        return max(last + 3, row + 20)

    def _contents(self, sheets: list[str], row: int) -> None:
        """Write links to all other sheets."""
        words = {"zh": "目录", "en": "Contents"}
        self.sheet.write_string(row, 0, self.content.say(words), self.writer.heading)
        link = self.writer.format(font_color="#0b4f6c", underline=1)
        for i, name in enumerate(sheets):
            self.sheet.write_url(row + 1 + i // 3, 1 + 3 * (i % 3), f"internal:{quoted_sheet(name)}!A1", link, name)


Figure = tuple[dict[str, str], str, float, str]


def _whole(content: Content, sums: Sums, parcels: Table | None) -> list[Figure]:
    """Figures of all zones together: names, formula, value, number format."""

    def of(name: str) -> float:
        return float(np.nansum(sums.table.values[name].array))

    def over(top: list[str], below: str) -> tuple[str, float]:
        whole = of(below)
        some = "+".join(f"SUM(z_{t})" for t in top)
        return f'IF(SUM(z_{below})>0,({some})/SUM(z_{below}),"")', sum(
            of(t) for t in top
        ) / whole if whole > 0 else np.nan

    out: list[Figure] = [
        ({"zh": "分区面积（公顷）", "en": "Zone area (ha)"}, "SUM(z_zone_area)/10000", of("zone_area") / 1e4, "ha2")
    ]
    make: Callable[[dict[str, str], tuple[str, float], str], None] = lambda w, f, s: out.append((w, f[0], f[1], s))  # noqa: E731
    if parcels is not None:
        out.append(
            (
                {"zh": "宗地面积（公顷）", "en": "Parcels (ha)"},
                "SUM(z_parcel_land)/10000",
                of("parcel_land") / 1e4,
                "ha2",
            )
        )
    if "floor" in sums.table:
        out.append(
            (
                {"zh": "建筑面积（万平方米）", "en": "Floor area (10,000 m²)"},
                "SUM(z_floor)/10000",
                of("floor") / 1e4,
                "ha2",
            )
        )
    if parcels is not None:
        if content.survey.buildings is not None:
            top = "floor_on_land" if "floor_on_land" in sums.table else "floor"
            make({"zh": "容积率", "en": "Plot ratio"}, over([top], "land"), "ratio")
            under = "foot_on_land" if "foot_on_land" in sums.table else "foot"
            make({"zh": "建筑密度", "en": "Building density"}, over([under], "land"), "percent")
        elif "land_floor" in sums.table:
            make({"zh": "容积率", "en": "Plot ratio"}, over(["floor_on_land"], "land_floor"), "ratio")
        make(
            {"zh": "工矿仓储用地率", "en": "Industrial land share"},
            over([f"class_{c}" for c in INDUSTRIAL], "class_known"),
            "percent",
        )
        built, vacant = of("state_built"), of("state_vacant")
        share = vacant / (built + vacant) if built + vacant > 0 else np.nan
        two = "SUM(z_state_built)+SUM(z_state_vacant)"
        out.append(
            (
                {"zh": "空闲宗地占比", "en": "Vacant parcel share"},
                f'IF({two}>0,SUM(z_state_vacant)/({two}),"")',
                share,
                "percent",
            )
        )
        if "idle_area" in sums.table:
            out.append(
                (
                    {"zh": "闲置面积（公顷，筛查）", "en": "Idle land (ha, a screening)"},
                    "SUM(z_idle_area)/10000",
                    of("idle_area") / 1e4,
                    "ha2",
                )
            )
            make(
                {"zh": "闲置率（筛查）", "en": "Idle rate (a screening)"},
                over(["idle_area"], "idle_supplied"),
                "percent",
            )
    return out
