"""Charts of a study: structure of land use, plot ratio over land, idle land by class and age."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gisplan import vocabulary
from gisplan.show.figures.legend import NO_DATA
from gisplan.show.figures.sheet import A4, EDGE, INK, SOFT, fitted, lines, names, printable, width_of
from gisplan.show.study_layers import zone_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Years over which idle land is told by its age.
AGES = (1, 2, 3, 5, 10)

_HA = 1e4

Chart = tuple[str, str, str, "Figure"]


def draw_charts(spec: Mapping[str, Any], idle: pd.DataFrame | None) -> Iterator[Chart]:
    """Draw the charts for which a study has data: file name, title zh and en, drawing."""
    parcels = next((layer.frame for layer in spec["layers"] if layer.id == "parcels"), None)
    language = spec["language"]
    if _told(parcels, "land_class", "zone", "area_m2"):
        yield _land_use(parcels, spec["zones"], spec, language)
    if _told(parcels, "plot_ratio", "state", "area_m2"):
        yield _plot_ratio(parcels, spec, language)
    if idle is not None and _told(idle, "idle_class", "area_m2"):
        yield _idle_classes(idle, spec, language)
        if (idle["days_over"] > 0).any():
            yield _idle_age(idle, spec, language)


def _told(table: pd.DataFrame | None, *columns: str) -> bool:
    """Whether a table has columns with anything in each."""
    return table is not None and all(c in table and bool(table[c].notna().any()) for c in columns)


def _page(spec: Mapping[str, Any], title: tuple[str, str], language: str, *, below: str = "") -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=A4, facecolor="white")
    figure.text(0.06, 0.945, fitted(names(*title, language), 17, 0.8), fontsize=17, color=INK, va="center")
    study = names(spec["title"]["zh"], spec["title"]["en"], language)
    as_of = f" · {spec['as_of']}" if spec["as_of"] else ""
    figure.text(0.06, 0.9, f"{fitted(study, 10.5, 0.78)}{as_of}", fontsize=10.5, color=SOFT, va="center")
    if below:
        figure.text(0.06, 0.04, below, fontsize=7.5, color=SOFT, va="center")
    figure.text(0.96, 0.945, "gisplan", fontsize=7.5, color=SOFT, va="center", ha="right")
    axes = figure.add_axes((0.17, 0.13, 0.58, 0.72))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(EDGE)
    axes.tick_params(colors=INK, labelsize=9)
    return figure, axes


def _land_use(parcels: Any, zones: Any, spec: Mapping[str, Any], language: str) -> Chart:
    """Hectares of each class in each zone, one bar a zone."""
    title = "用地结构", "Structure of land use"
    figure, axes = _page(spec, title, language, below=names(
        "宗地按其主要部分所在分区计。", "A parcel counts in the zone where its largest part lies.", language
    ))  # fmt: skip
    order = [printable(n) for n in zone_names(zones)]
    area = parcels["area_m2"].to_numpy(dtype=float) / _HA
    table = pd.DataFrame(
        {
            "zone": parcels["zone"].map(printable, na_action="ignore"),
            "class": parcels["land_class"].fillna(""),
            "ha": area,
        }
    )
    sums = table.pivot_table(index="zone", columns="class", values="ha", aggfunc="sum").reindex(order).fillna(0.0)
    left = np.zeros(len(order))
    rows = np.arange(len(order))
    size = min(9.0, 0.8 * 72 * 0.72 * A4[1] / max(len(order), 1))
    for c in vocabulary.land_classes().values():
        if c.id in sums:
            width = sums[c.id].to_numpy()
            axes.barh(rows, width, left=left, color=c.color, edgecolor="#666666", linewidth=0.4, height=0.62,
                      label=fitted(names(c.zh, c.en, language), 7.5, 0.17))  # fmt: skip
            left += width
    if "" in sums:
        width = sums[""].to_numpy()
        axes.barh(rows, width, left=left, color=NO_DATA, edgecolor="#666666", linewidth=0.4, height=0.62,
                  hatch="//////", label=names("无数据", "No data", language))  # fmt: skip
        left += width
    for row, total in enumerate(left.tolist()):
        axes.text(total, row, f"  {total:,.1f}", va="center", fontsize=size, color=INK)
    axes.set_yticks(rows, [_bar_name(name, size, many=len(order)) for name in order], fontsize=size)
    axes.set_ylim(-0.6, max(len(order), 3) - 0.4)  # a single bar is no wall
    axes.invert_yaxis()
    axes.set_xlabel("ha", color=INK)
    axes.set_xlim(0, left.max(initial=0.0) * 1.12 or 1)
    axes.legend(loc="upper left", bbox_to_anchor=(1.03, 1.0), frameon=False, fontsize=7.5)
    return "chart_land_use", *title, figure


def _bar_name(name: str, size: float, *, many: int) -> str:
    """Name of a bar: over up to three lines where bars are few, else shortened."""
    room = 0.14
    if many > 20 or width_of(name, size) <= room:
        return fitted(name, size, room)
    letters = max(int(len(name) * room / width_of(name, size)), 4)
    return textwrap.fill(name, letters, max_lines=3, placeholder="…")


def _plot_ratio(parcels: Any, spec: Mapping[str, Any], language: str) -> Chart:
    """Hectares of built parcels by their plot ratio, in even steps."""
    title = "容积率分布", "Plot ratio over land"
    built = parcels[(parcels["state"] == "built") & parcels["plot_ratio"].notna()]
    value = built["plot_ratio"].to_numpy(dtype=float)
    area = built["area_m2"].to_numpy(dtype=float) / _HA
    figure, axes = _page(spec, title, language, below=names(
        f"{len(built):,} 宗已建成宗地，共 {area.sum():,.1f} ha。",
        f"{len(built):,} built parcels, {area.sum():,.1f} ha.", language,
    ))  # fmt: skip
    most = float(np.nanquantile(value, 0.995)) if len(value) else 0.0
    # Steps of 0.2 where there are no towers, and never more than fifty.
    step = next((s for s in (0.2, 0.5, 1.0, 2.0) if most <= 50 * s), 5.0)
    top = max(step, np.ceil(most / step) * step)
    edges = np.arange(0.0, top + step / 2, step)
    # What lies above the last edge stands in the last column, and the label says so.
    axes.hist(
        np.minimum(value, top - step / 1e6),
        bins=edges.tolist(),
        weights=area,
        color="#2a7bb0",
        edgecolor="white",
        linewidth=0.6,
    )
    axes.set_xlabel(names("容积率", "Plot ratio", language), color=INK)
    axes.set_ylabel("ha", color=INK)
    above = value > top
    if above.any():
        axes.text(top, 0, f" > {top:.1f}: {area[above].sum():,.1f} ha", rotation=90, va="bottom", ha="left", fontsize=8,
                  color=SOFT)  # fmt: skip
    mean = float((value * area).sum() / area.sum()) if area.sum() > 0 else np.nan
    if np.isfinite(mean):
        axes.axvline(mean, color=INK, lw=1, ls="--")
        axes.text(mean, axes.get_ylim()[1], f" {names('按面积平均', 'mean by area', language)} {mean:.2f}", va="top",
                  fontsize=9, color=INK)  # fmt: skip
    axes.set_position((0.08, 0.13, 0.88, 0.72))
    return "chart_plot_ratio", *title, figure


def _bars(
    axes: Axes, labels: Sequence[str], ha: NDArray[np.float64], count: NDArray[np.int64], colors: Sequence[str]
) -> None:
    rows = np.arange(len(labels))
    axes.barh(rows, ha, color=colors, edgecolor="#666666", linewidth=0.4, height=0.62)
    for row, (size, many) in enumerate(zip(ha, count, strict=True)):
        axes.text(size, row, f"  {size:,.1f} ha · {many:,}", va="center", fontsize=9, color=INK)
    axes.set_yticks(rows, list(labels))
    axes.invert_yaxis()
    axes.set_xlabel("ha", color=INK)
    axes.set_xlim(0, np.nanmax(ha, initial=0.0) * 1.22 or 1)
    axes.set_position((0.34, 0.13, 0.61, 0.72))


def _caution(language: str) -> str:
    told = vocabulary.idle_caution()["long"]
    return names(told["zh"], told["en"], language)


def _idle_classes(idle: pd.DataFrame, spec: Mapping[str, Any], language: str) -> Chart:
    """Hectares and number of parcels in each class of idle land."""
    title = "闲置土地筛查", "Idle-land screening"
    figure, axes = _page(spec, title, language, below=_caution(language))
    known = [c for c in vocabulary.idle_classes().values() if (idle["idle_class"] == c.id).any()]
    rows = [np.flatnonzero(idle["idle_class"] == c.id) for c in known]
    area = idle["area_m2"].to_numpy(dtype=float) / _HA
    _bars(
        axes,
        ["\n".join(lines(c.zh, c.en, language)) for c in known],
        np.array([np.nansum(area[r]) for r in rows]),
        np.array([len(r) for r in rows]),
        [c.color for c in known],
    )
    return "chart_idle", *title, figure


def _idle_age(idle: pd.DataFrame, spec: Mapping[str, Any], language: str) -> Chart:
    """Hectares and number of parcels by how long they are past the day work was due."""
    title = "超期时间", "Time past the due start"
    figure, axes = _page(spec, title, language, below=_caution(language))
    late = idle[(idle["days_over"] > 0).fillna(False)]
    years = late["days_over"].to_numpy(dtype=float) / 365.25
    area = late["area_m2"].to_numpy(dtype=float) / _HA
    code = np.searchsorted(AGES, years, side="right")
    ends = [f"< {AGES[0]}", *(f"{a} – {b}" for a, b in pairwise(AGES)), f"≥ {AGES[-1]}"]
    unit = names("年", "years", language)
    shades = ("#fcf46d", "#f6b73c", "#ef7831", "#d04a2b", "#a70017", "#5c000d")
    _bars(
        axes,
        [f"{end} {unit}" for end in ends],
        np.array([np.nansum(area[code == k]) for k in range(len(ends))]),
        np.array([int((code == k).sum()) for k in range(len(ends))]),
        shades,
    )
    return "chart_idle_age", *title, figure
