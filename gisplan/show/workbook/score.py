"""The land intensity evaluation as formulas: ideal values and weights are cells, and every score follows them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gisplan import vocabulary
from gisplan.assess.intensity_score import Tree, tree_of
from gisplan.show.workbook.content import Content, labels, told
from gisplan.show.workbook.table import Column, Table

#: A row of the sheet of assumptions: name, value, unit, meaning, source, verified, whether formulas use it.
Assumed = tuple[str, float | str | None, str, str, str, str, bool]


def tree(content: Content) -> Tree:
    """Weights of the evaluation by table."""
    assert content.intensity is not None
    return tree_of(content.intensity.pack.weights, content.plan.intensity.weights)


def ideals(content: Content) -> Iterator[Assumed]:
    """Ideal values of the evaluation, one for each indicator and group of zones that have the same."""
    if content.intensity is None:
        return
    of = content.intensity.indicators
    for name, rows in of.groupby("indicator", sort=False):
        for number, (_, group) in enumerate(_groups(rows)):
            row = group.iloc[0]
            words = {"zh": f"理想值：{row['label_zh']}", "en": f"Ideal value: {row['label_en']}"}
            zones = ", ".join(str(z) for z in group["zone_id"].iloc[:8])
            only = f" [{zones}{' …' if len(group) > 8 else ''}]" if len(group) < len(rows) else ""
            source = "" if pd.isna(row["ideal_from"]) else str(row["ideal_from"])
            value = None if pd.isna(row["ideal"]) else float(row["ideal"])
            no = "未核实 no" if "unverified" in source else ""
            yield ideal_name(str(name), number), value, row["unit"], content.say(words) + only, source, no, True


def _groups(rows: pd.DataFrame) -> list[tuple[object, pd.DataFrame]]:
    """Rows of an indicator by ideal value and where it stands, in the order of the zones."""
    key = rows["ideal"].map(repr) + "\0" + rows["ideal_from"].fillna("").astype(str)
    return list(rows.groupby(key, sort=False))


def ideal_name(indicator: str, number: int) -> str:
    """Name of the cell with an ideal value."""
    return f"ideal_{indicator}" + (f"_{number + 1}" if number else "")


def weight_name(table: str, part: str) -> str:
    """Name of the cell with a weight."""
    return f"w_{table}_{part}"


def weights(content: Content) -> Iterator[Assumed]:
    """Weights of the evaluation, and those of main and development-direction area."""
    if content.intensity is None:
        return
    pack = content.intensity.pack
    source = f"{pack.name}/{content.plan.intensity.weights}"
    own = {w.id: w for w in pack.weights if w.set == content.plan.intensity.weights}
    for table, parts in tree(content).items():
        no = "" if own[table].verified else content.say({"zh": "未核实", "en": "no"})
        for part, weight in parts.items():
            meaning = {
                "zh": f"权重：{_named(part, 'zh', content)}（{_named(table, 'zh', content)}）",
                "en": f"Weight of {_named(part, 'en', content)} in {_named(table, 'en', content)}",
            }
            yield weight_name(table, part), weight, "", content.say(meaning), source, no, True
    known = {name: term for p in content.packs for name, term in p.terms.items()}
    for name in ("main_area_weight", "development_area_weight"):
        term = known[name]
        no = "" if term.verified else content.say({"zh": "未核实", "en": "no"})
        yield name, float(term.value), "share", content.say(vocabulary.workbook("assumed")[name]), source, no, True


def _named(part: str, language: str, content: Content) -> str:
    assert content.intensity is not None
    for w in content.intensity.pack.weights:
        if w.id == part and w.title:
            return str(getattr(w.title, language) or part)
    known = vocabulary.indicator(part)
    return str(getattr(known, language)) if known else part


class Scores:
    """The two tables of the evaluation: parts (zone × indicator), and scores by zone.

    Attributes
    ----------
    parts, table
        The tables.
    """

    def __init__(self, content: Content) -> None:
        found = content.intensity
        assert found is not None
        self.content, self.tree = content, tree(content)
        self.long, self.wide = found.indicators, found.scores
        self.size = len(self.wide)
        self.names = list(dict.fromkeys(self.long["indicator"]))
        self.renormalise = content.plan.intensity.renormalise
        self.parts = Table("score_parts", content.sheet("score_parts"), len(self.long))
        self.table = Table("score", content.sheet("score"), self.size)
        self._values()
        self._scores()
        self._weights()

    def _values(self) -> None:
        table, long = self.parts, self.long
        zone = np.repeat(np.arange(1, self.size + 1), len(self.names))
        table.add(Column("zone_no", labels("zone_no"), zone, style="count", width=7))
        for name in ("zone_id", "indicator"):
            table.add(Column(name, labels(name), long[name], "text", width=12 if name == "zone_id" else 30))
        shown = [self.content.say({"zh": z, "en": e}) for z, e in zip(long["label_zh"], long["label_en"], strict=True)]
        table.add(Column("indicator_name", labels("indicator_name"), shown, "text", width=40))
        table.add(Column("unit", labels("unit"), long["unit"], "text", width=10))
        table.add(Column("value", labels("value"), long["value"], style="ratio", told=told("measured")))
        cells = np.empty(len(long), dtype=object)
        for name, rows in long.reset_index(drop=True).groupby("indicator", sort=False):
            for number, (_, group) in enumerate(_groups(rows)):
                cell = ideal_name(str(name), number)
                cells[group.index] = f'IF(ISNUMBER({cell}),{cell},"")'
        table.add(
            Column("ideal", labels("ideal"), long["ideal"], formula=cells.tolist(), style="ratio", told=told("given"))
        )
        table.add(Column("better", labels("better"), long["better"], "text", width=8))
        table.add(Column("ideal_from", labels("ideal_from"), long["ideal_from"], "text", width=34))
        value, ideal, better = (table.cell(c) for c in ("value", "ideal", "better"))
        less = f"IF({ideal}>0,IF({value}<={ideal},1,{ideal}/{value}),1-{value})"
        more = f'IF({ideal}>0,{value}/{ideal},"")'
        inner = f'IF({better}="less",{less},{more})'
        table.add(
            Column(
                "standardised",
                labels("standardised"),
                long["standardised"],
                style="ratio",
                told=told("standardised"),
                formula=f'IF(OR({value}="",{ideal}=""),"",IF(AND({better}<>"less",{ideal}<=0),"",MAX(0,MIN(1,{inner}))))',
            )
        )

    def _at(self, zone: int, indicator: str) -> str:
        """Cell with an indicator as near as it comes to its ideal."""
        return self.parts.place("standardised", zone * len(self.names) + self.names.index(indicator))

    def _root(self, zone: int) -> str:
        role = self.wide["area_role"].iloc[zone]
        return "development" if role == "development" and "development" in self.tree else "zone"

    def _below(self, root: str) -> list[str]:
        """Tables of weights under a root, parts before wholes."""
        out: list[str] = []
        for part in self.tree[root]:
            if part in self.tree:
                out += self._below(part)
        return list(dict.fromkeys([*out, root]))

    def _scores(self) -> None:
        table, wide = self.table, self.wide
        table.add(Column("zone_no", labels("zone_no"), np.arange(1, self.size + 1), style="count", width=7))
        table.add(Column("zone_id", labels("zone_id"), wide["zone_id"], "text", width=10))
        table.add(Column("name", labels("zone_name"), wide["name"], "text", width=22))
        table.add(Column("area_role", labels("area_role"), wide["area_role"], "text", width=13))
        area = self.content.intensity.sorted_land.areas.zone  # type: ignore[union-attr]
        table.add(Column("zone_area", {"zh": "分区面积", "en": "Zone area"}, area, unit="m²", style="m2", width=14))
        order = list(
            dict.fromkeys(
                [*self._below("zone"), *(t for r in ("development",) if r in self.tree for t in self._below(r))]
            )
        )
        roots = {self._root(i): set(self._below(self._root(i))) for i in range(self.size)}
        for name in order:
            reached = [name in roots[self._root(i)] for i in range(self.size)]
            own = "area_score" if name in ("zone", "development") else name
            values = np.where(reached, wide[own].to_numpy(dtype=float), np.nan)
            words = {k: f"{_named(name, k, self.content)}" for k in ("zh", "en")}
            whole = {"zh": f"{words['zh']}：有数部分的权重", "en": f"{words['en']}: weight of what is known"}
            table.add(
                Column(
                    f"weight_{name}",
                    whole,
                    self._whole(name, reached),
                    style="ratio",
                    width=11,
                    told=told("score"),
                    formula=[self._sum(name, i, reached[i]) for i in range(self.size)],
                )
            )
            table.add(
                Column(
                    f"score_{name}",
                    words,
                    values,
                    style="score",
                    width=12,
                    told=told("score"),
                    formula=[self._score(name, i, reached[i]) for i in range(self.size)],
                )
            )
        roots_of = [f"score_{self._root(i)}" for i in range(self.size)]
        table.add(
            Column(
                "area_score",
                labels("area_score"),
                wide["area_score"],
                style="score",
                told=told("score"),
                formula=[table.place(c, i) for i, c in enumerate(roots_of)],
            )
        )
        table.add(
            Column(
                "total",
                labels("total"),
                wide["total"],
                style="score",
                told=told("score"),
                formula=[self._total(i) for i in range(self.size)],
            )
        )
        total = table.cell("total")
        table.add(
            Column(
                "rounded",
                {"zh": "排名用", "en": "For the rank"},
                np.where(wide["total"].isna(), -1, np.round(wide["total"].to_numpy(dtype=float), 6)),
                style="plain",
                formula=f'IF({total}="",-1,ROUND({total},6))',
            )
        )
        every, own = next(table.spans("rounded", range(self.size))), table.cell("rounded")
        table.add(
            Column(
                "rank",
                labels("rank"),
                wide["rank"].astype(float),
                style="count",
                told=told("score"),
                formula=f'IF({total}="","",1+COUNTIF({every},">"&{own}))',
            )
        )
        for name in ("rank_low", "rank_high"):
            values = wide[name].astype(float)
            table.add(Column(name, labels(name), values, style="count", told=told("measured")))
        for name in ("missing", "flags"):
            table.add(Column(name, labels(name), wide[name], "text", width=30))

    def _part(self, part: str, zone: int) -> str | None:
        """Cell of a part of a score, None where nothing tells it."""
        if part in self.tree:
            return self.table.place(f"score_{part}", zone)
        return self._at(zone, part) if part in self.names else None

    def _sum(self, name: str, zone: int, reached: bool) -> str:
        """Formula of the weight of what is known."""
        if not reached:
            return ""
        terms = []
        for part in self.tree[name]:
            weight, cell = weight_name(name, part), self._part(part, zone)
            if not self.renormalise:
                terms.append(weight)
            elif cell is not None:
                terms.append(f"IF(ISNUMBER({cell}),{weight},0)")
        return "+".join(terms) or "0"

    def _score(self, name: str, zone: int, reached: bool) -> str:
        if not reached:
            return ""
        terms, needed = [], []
        for part in self.tree[name]:
            weight, cell = weight_name(name, part), self._part(part, zone)
            if cell is None:
                needed.append(f"{weight}<>0")
                continue
            terms.append(f"{weight}*N({cell}){'/100' if part in self.tree else ''}")
            needed.append(f"AND({weight}<>0,NOT(ISNUMBER({cell})))")
        whole = self.table.place(f"weight_{name}", zone)
        made = f"100*({'+'.join(terms) or '0'})/{whole}"
        open_ = f"OR({whole}<=0,{','.join(needed)})" if not self.renormalise else f"{whole}<=0"
        return f'IF({open_},"",{made})'

    def _whole(self, name: str, reached: list[bool]) -> np.ndarray:
        """Weight of what is known by zone."""
        out = np.zeros(self.size)
        near = self.long["standardised"].to_numpy(dtype=float).reshape(self.size, len(self.names))
        for part, weight in self.tree[name].items():
            if part in self.tree:
                there = ~np.isnan(self._known(part))
            elif part in self.names:
                there = ~np.isnan(near[:, self.names.index(part)])
            else:
                there = np.zeros(self.size, dtype=bool)
            out += np.where(there | (not self.renormalise), weight, 0.0)
        return np.asarray(np.where(reached, out, np.nan))

    def _known(self, name: str) -> np.ndarray:
        return np.asarray(self.wide[name], dtype=float)

    def _total(self, zone: int) -> str:
        """Formula of the score of a main area with the development-direction areas that belong to it."""
        role, unit = self.wide["area_role"], self.wide["main_area"]
        if role.iloc[zone] != "main":
            return ""
        own = self.table.place("area_score", zone)
        mine = [
            j
            for j in range(self.size)
            if role.iloc[j] == "development" and unit.iloc[j] == self.wide["zone_id"].iloc[zone]
        ]
        if not mine:
            return own
        cells = [(self.table.place("area_score", j), self.table.place("zone_area", j)) for j in mine]
        top = "+".join(f"N({s})*{a}" for s, a in cells)
        land = "+".join(f"IF(ISNUMBER({s}),{a},0)" for s, a in cells)
        all_ = f'IF(ISNUMBER({own}),main_area_weight*{own}+development_area_weight*({top})/({land}),"")'
        if self.renormalise:
            return f"IF(({land})=0,{own},{all_})"
        lacking = ",".join(f"NOT(ISNUMBER({s}))" for s, _ in cells)
        return f'IF(OR({lacking}),"",{all_})'

    def _chains(
        self, name: str, above: tuple[tuple[str, str], ...]
    ) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
        """Each indicator under a table with the steps (table, part) that lead to it."""
        for part in self.tree[name]:
            steps = (*above, (name, part))
            if part in self.tree:
                yield from self._chains(part, steps)
            else:
                yield part, steps

    def _weights(self) -> None:
        """Add what each indicator weighs in the whole, and how many points it brings."""
        formulas = []
        for zone in range(self.size):
            root = self._root(zone)
            chains: dict[str, list[tuple[tuple[str, str], ...]]] = {}
            for leaf, steps in self._chains(root, ()):
                chains.setdefault(leaf, []).append(steps)
            total = self.table.place(f"score_{root}", zone)
            for name in self.names:
                terms = ["*".join(self._step(t, p, zone) for t, p in steps) for steps in chains.get(name, [])]
                made = f"IFERROR({'+'.join(terms)},0)" if terms else ""
                formulas.append(f'IF({total}="","",{made})' if made else "")
        long = self.long
        self.parts.add(
            Column("weight", labels("weight"), long["weight"], style="percent", told=told("score"), formula=formulas)
        )
        weight, near = self.parts.cell("weight"), self.parts.cell("standardised")
        formula = f'IF({weight}="","",IF({weight}=0,0,IF({near}="","",100*{weight}*{near})))'
        self.parts.add(
            Column(
                "contribution",
                labels("contribution"),
                long["contribution"],
                style="score",
                formula=formula,
                told=told("contribution"),
            )
        )
        self.parts.add(Column("flags", labels("flags"), long["flags"], "text", width=28))

    def _step(self, table: str, part: str, zone: int) -> str:
        weight, cell = weight_name(table, part), self._part(part, zone)
        if self.renormalise:
            weight = f"IF(ISNUMBER({cell}),{weight},0)" if cell else "0"
        return f"({weight}/{self.table.place(f'weight_{table}', zone)})"
