"""Sums by zone over the parts of parcels and buildings: numerators and denominators of all figures with a formula."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gisplan import vocabulary
from gisplan.geometry import sum_by
from gisplan.measure.economy import AMOUNTS
from gisplan.measure.land import INDUSTRIAL
from gisplan.measure.pieces import LEAST_LAND_M2, SLIVER
from gisplan.show.workbook.content import Content, labels, told
from gisplan.show.workbook.pieces import NONE, Cut
from gisplan.show.workbook.table import Column, Table

#: Conditions: a number and not an empty text; part of a feature and not the rounding of a border.
NUMBER, REAL = '"<1E+300"', '">1E-9"'

Array = np.ndarray


class Sums:
    """The table of sums, made one after the other.

    Attributes
    ----------
    table
        One row a zone.
    """

    def __init__(self, content: Content, parcels: Cut | None, buildings: Cut | None) -> None:
        self.content, self.survey = content, content.survey
        self.parcels, self.buildings = parcels, buildings
        zones = self.survey.layers.zones
        size = len(zones)
        self.table = Table("sums", content.sheet("sums"), size, prefix="z_")
        self.table.add(Column("zone_no", labels("zone_no"), np.arange(1, size + 1), style="count", width=8))
        self.table.add(Column("zone_id", labels("zone_id"), zones["zone_id"], "text", width=10))
        self.table.add(
            Column(
                "zone_area",
                {"zh": "分区面积", "en": "Zone area"},
                self.survey.zone_area,
                unit="m²",
                style="m2",
                width=16,
                name=True,
                told=told("measured"),
            )
        )
        if parcels is not None:
            self._land()
        if parcels is not None or buildings is not None:
            self._built()

    def add(
        self,
        name: str,
        words: Mapping[str, str],
        formulas: list[str],
        values: Array,
        *,
        least: bool = False,
        style: str = "m2",
    ) -> None:
        """Add a sum; with ``least`` land of less than a square metre is none."""
        if least:
            formulas = [f"IF(({f})<least_land_m2,0,{f})" for f in formulas]
            values = np.where(values < LEAST_LAND_M2, 0.0, values)
        unit = "m²" if style == "m2" else ""
        self.table.add(
            Column(name, words, values, formula=formulas, unit=unit, style=style, width=15, name=True, told=told("sum"))
        )

    def _of(self, cut: Cut, column: str, **where: str) -> list[str]:
        return [cut.table.summed(column, cut.rows(i), **where) for i in range(self.survey.zones)]

    def _count(self, cut: Cut, **where: str) -> list[str]:
        return [cut.table.counted(cut.rows(i), **where) for i in range(self.survey.zones)]

    def _total(self, cut: Cut, column: str, chosen: Array | None = None) -> Array:
        """Sum the cells of a column by zone, those of chosen parts where not of all."""
        values = np.nan_to_num(cut.table.values[column].array)
        zone = np.repeat(np.arange(self.survey.zones), np.diff(cut.starts))
        return sum_by(zone, values if chosen is None else values * chosen, size=self.survey.zones)

    def cells(self, cut: Cut, column: str) -> Array:
        """Cells of a text column of the parts."""
        return cut.table.values[column].array

    def numbers(self, cut: Cut, column: str) -> Array:
        """Cells of a column of numbers of the parts, NaN where there is none."""
        return cut.table.values[column].array

    def _land(self) -> None:
        cut = self.parcels
        assert cut is not None
        whole = self._of(cut, "land_part")
        area = self._total(cut, "land_part")
        self.add("parcel_land", {"zh": "宗地面积", "en": "Parcel land"}, whole, area)
        self.add("land", {"zh": "宗地面积（作分母）", "en": "Parcel land as a denominator"}, whole, area, least=True)
        if self.content.by_ledger:
            self._known(cut, "land_part", "area")
        kind = self.cells(cut, "land_class")
        known = {"land_class": f'"<>{NONE}"'}
        self.add(
            "class_known",
            {"zh": "分类已知宗地", "en": "Parcels of known class"},
            self._of(cut, "land_part", **known),
            self._total(cut, "land_part", kind != NONE),
            least=True,
        )
        self.add(
            "class_none",
            {"zh": "分类不明宗地", "en": "Parcels of unknown class"},
            self._of(cut, "land_part", land_class=f'"{NONE}"'),
            self._total(cut, "land_part", kind == NONE),
        )
        for c in vocabulary.land_classes().values():
            formulas = self._of(cut, "land_part", land_class=f'"{c.id}"')
            self.add(f"class_{c.id}", {"zh": c.zh, "en": c.en}, formulas, self._total(cut, "land_part", kind == c.id))
        state = self.cells(cut, "state")
        words = {
            "built": {"zh": "已建成宗地", "en": "Built parcels"},
            "vacant": {"zh": "空闲宗地", "en": "Vacant parcels"},
            "formed": {"zh": "已成形宗地", "en": "Formed parcels"},
            "open": {"zh": "其他宗地", "en": "Open parcels"},
        }
        for name, label in words.items():
            formulas = self._of(cut, "land_part", state=f'"{name}"')
            self.add(f"state_{name}", label, formulas, self._total(cut, "land_part", state == name))
        self._money(cut)
        for service in self.survey.served:
            served = self.numbers(cut, f"served_{service}")
            label = {"zh": f"{service} 已服务", "en": f"Served by {service}"}
            formulas = self._of(cut, "land_part", **{f"served_{service}": "1"})
            self.add(f"served_{service}", label, formulas, self._total(cut, "land_part", served))
        if "idle_class" in cut.table:
            self._idle(cut)

    def _money(self, cut: Cut) -> None:
        for amount in AMOUNTS:
            if amount.column not in cut.table:
                continue
            # Where the ledger has no area the amount has no land to be set against.
            on = {"land_part": NUMBER}
            there = ~np.isnan(self.numbers(cut, "land_part"))
            style = "money" if amount.column.endswith("_wan") else "plain"
            words = {"zh": amount.of_zh, "en": amount.of_en.capitalize()}
            formulas = self._of(cut, amount.column, **on)
            self.add(f"of_{amount.column}", words, formulas, self._total(cut, amount.column, there), style=style)
            stated = ~np.isnan(self.numbers(cut, amount.column))
            words = {"zh": f"{amount.of_zh}：有数宗地", "en": f"Parcels that state {amount.of_en}"}
            formulas = self._of(cut, "land_part", **{amount.column: NUMBER})
            self.add(f"land_{amount.column}", words, formulas, self._total(cut, "land_part", stated), least=True)

    def _idle(self, cut: Cut) -> None:
        kind = self.cells(cut, "idle_class").astype(str)
        column = "idle_class"
        of = {
            "idle_supplied": ("supplied_area_m2", (kind != NONE) & (kind != "UNKNOWN"), f'"<>{NONE}"'),
            "idle_area": ("idle_area_m2", np.char.startswith(kind, "IDLE"), '"IDLE*"'),
            "idle_gov": ("idle_gov_area_m2", np.char.endswith(kind, "_GOV"), '"*_GOV"'),
            "idle_unknown": ("unknown_area_m2", kind == "UNKNOWN", '"UNKNOWN"'),
        }
        for name, (label, chosen, condition) in of.items():
            formulas = self._of(cut, "land_part", **{column: condition})
            if name == "idle_supplied":
                less = self._of(cut, "land_part", **{column: '"UNKNOWN"'})
                formulas = [f"({a})-({b})" for a, b in zip(formulas, less, strict=True)]
            self.add(name, labels(label), formulas, self._total(cut, "land_part", chosen), least=True)

    def _known(self, cut: Cut, column: str, name: str) -> None:
        """Add how many parts of features have a number and how many lack it."""
        values, real = self.numbers(cut, column), cut.share > SLIVER
        for what, chosen, words in (
            ("n", ~np.isnan(values), {"zh": "有数个数", "en": "how many have it"}),
            ("lack", np.isnan(values), {"zh": "缺数个数", "en": "how many lack it"}),
        ):
            # Of what lacks a number there is no condition that all programs read alike, so it is all less those with.
            n = self._count(cut, **{column: NUMBER, "share": REAL})
            if what == "lack":
                n = [f"({a})-({b})" for a, b in zip(self._count(cut, share=REAL), n, strict=True)]
            count = self._number(cut, chosen & real)
            label = {k: f"{labels(column)[k]}: {words[k]}" for k in words}
            self.add(f"{name}_{what}", label, n, count, style="count")

    def _number(self, cut: Cut, chosen: Array) -> Array:
        zone = np.repeat(np.arange(self.survey.zones), np.diff(cut.starts))
        return sum_by(zone[chosen], size=self.survey.zones)

    def _built(self) -> None:
        """Floor area and footprint: of all, on land whose area is known, and on industry land."""
        words = {
            "floor": {"zh": "建筑面积", "en": "Floor area"},
            "floor_on_land": {"zh": "建筑面积（宗地面积已知）", "en": "Floor area on land of known area"},
            "floor_industry": {"zh": "工矿仓储用地上的建筑面积", "en": "Floor area on industry land"},
            "foot": {"zh": "基底面积", "en": "Footprint"},
            "foot_on_land": {"zh": "基底面积（宗地面积已知）", "en": "Footprint on land of known area"},
            "foot_known": {"zh": "建筑面积已知的基底", "en": "Footprint of known floor area"},
            "land_industry": {"zh": "工矿仓储宗地", "en": "Industry parcels"},
        }
        if self.parcels is not None:
            cut = self.parcels
            if self.content.plan.assumptions.m2_per_job is not None:
                self._jobs(cut)
            chosen = np.isin(self.cells(cut, "land_class").astype(str), INDUSTRIAL)
            formulas = self._each(cut, "land_part", "land_class")
            land = self._total(cut, "land_part", chosen)
            self.add("land_industry", words["land_industry"], formulas, land, least=True)
        if self.buildings is None:
            self._registered(words)
            return
        cut = self.buildings
        landless = self.content.by_ledger and "landless" in cut.table
        on: dict[str, str] = {"landless": "0"} if landless else {}
        kept = self.numbers(cut, "landless") == 0 if landless else np.ones(len(cut.share), dtype=bool)
        self._floor("floor", words["floor"], {}, np.ones(len(kept), dtype=bool))
        foot = self._total(cut, "foot_part")
        self.add("foot", words["foot"], self._of(cut, "foot_part"), foot)
        known = self.numbers(cut, "lacking") == 0
        formulas = self._of(cut, "foot_part", lacking="0")
        self.add("foot_known", words["foot_known"], formulas, self._total(cut, "foot_part", known))
        if self.parcels is None:
            return
        if landless:
            self._floor("floor_on_land", words["floor_on_land"], on, kept)
            formulas = self._of(cut, "foot_part", **on)
            self.add("foot_on_land", words["foot_on_land"], formulas, self._total(cut, "foot_part", kept))
        self._floor("floor_industry", words["floor_industry"], on, kept, industry=True)

    def _jobs(self, cut: Cut) -> None:
        """Add the floor area of industry parcels, empty where there are some of which none is known."""
        column = "own_floor_part" if "own_floor_part" in cut.table else "floor_part"
        values, real = self.numbers(cut, column), cut.share > SLIVER
        known = ~np.isnan(values) & ~np.isnan(self.numbers(cut, "land_part"))
        mine = np.isin(self.cells(cut, "land_class").astype(str), INDUSTRIAL)
        on = {"land_part": NUMBER}
        sums = self._each(cut, column, "land_class", **on)
        used = self._each_count(cut, "land_class", **{column: NUMBER, "share": REAL}, **on)
        every = self._each_count(cut, "land_class", share=REAL)
        formulas = [f'IF(AND({u}=0,{e}>0),"",{s})' for s, u, e in zip(sums, used, every, strict=True)]
        n, all_ = self._number(cut, mine & known & real), self._number(cut, mine & real)
        total = self._total(cut, column, mine & known)
        words = {"zh": "工矿仓储宗地的建筑面积", "en": "Floor area of industry parcels"}
        self.add("floor_jobs", words, formulas, np.where((n == 0) & (all_ > 0), np.nan, total))

    def _each(self, cut: Cut, column: str, kind: str, **where: str) -> list[str]:
        """Sum over the classes of industry, mining and storage."""
        each = [self._of(cut, column, **{kind: f'"{c}"'}, **where) for c in INDUSTRIAL]
        return ["+".join(fs) for fs in zip(*each, strict=True)]

    def _each_count(self, cut: Cut, kind: str, **where: str) -> list[str]:
        each = [self._count(cut, **{kind: f'"{c}"'}, **where) for c in INDUSTRIAL]
        return ["+".join(fs) for fs in zip(*each, strict=True)]

    def _floor(
        self, name: str, words: Mapping[str, str], on: dict[str, str], kept: Array, *, industry: bool = False
    ) -> None:
        """Add floor area, empty where there are buildings of which none has a known floor area."""
        cut, beside = self.buildings, self.parcels
        assert cut is not None
        real = cut.share > SLIVER
        floor = self.numbers(cut, "floor_part")
        lacking = self.numbers(cut, "lacking") == 1
        if industry:
            kept = kept & np.isin(self.cells(cut, "owner_class").astype(str), INDUSTRIAL)
            sums = self._each(cut, "floor_part", "owner_class", **on)
            used = self._each_count(cut, "owner_class", floor_part=NUMBER, share=REAL, **on)
            lack = self._each_count(cut, "owner_class", lacking="1", share=REAL, **on)
        else:
            sums = self._of(cut, "floor_part", **on)
            used = self._count(cut, floor_part=NUMBER, share=REAL, **on)
            lack = self._count(cut, lacking="1", share=REAL, **on)
        total = self._total(cut, "floor_part", kept)
        n = self._number(cut, ~np.isnan(floor) & real & kept)
        missing = self._number(cut, lacking & real & kept)
        if beside is not None:
            own = self.numbers(beside, "floor_part")
            chosen = ~np.isnan(own)
            where = {"land_part": NUMBER} if on else {}
            if on:
                chosen &= ~np.isnan(self.numbers(beside, "land_part"))
            if industry:
                chosen &= np.isin(self.cells(beside, "land_class").astype(str), INDUSTRIAL)
                more = self._each(beside, "floor_part", "land_class", **where)
                count = self._each_count(beside, "land_class", floor_part=NUMBER, share=REAL, **where)
            else:
                more = self._of(beside, "floor_part", **where)
                count = self._count(beside, floor_part=NUMBER, share=REAL, **where)
            sums = [f"{a}+{b}" for a, b in zip(sums, more, strict=True)]
            used = [f"{a}+{b}" for a, b in zip(used, count, strict=True)]
            total = total + self._total(beside, "floor_part", chosen)
            n = n + self._number(beside, chosen & (beside.share > SLIVER))
        formulas = [f'IF(AND({u}=0,{m}>0),"",{s})' for s, u, m in zip(sums, used, lack, strict=True)]
        self.add(name, words, formulas, np.where((n == 0) & (missing > 0), np.nan, total))

    def _registered(self, words: Mapping[str, Mapping[str, str]]) -> None:
        """Add the register's floor area and footprint, there being no buildings."""
        cut = self.parcels
        assert cut is not None
        floor, foot, land = (self.numbers(cut, c) for c in ("floor_part", "foot_part", "land_part"))
        there = ~np.isnan(land)
        industry = np.isin(self.cells(cut, "land_class").astype(str), INDUSTRIAL)
        for name, column, values in (("floor", "floor_part", floor), ("foot", "foot_part", foot)):
            self._known(cut, column, name)
            self.add(name, words[name], self._of(cut, column), self._total(cut, column))
            on = {"land_part": NUMBER}
            self.add(
                f"{name}_on_land",
                words[f"{name}_on_land"],
                self._of(cut, column, **on),
                self._total(cut, column, there),
            )
            label = {"zh": f"{words[name]['zh']}：有数宗地", "en": f"Parcels that state it: {words[name]['en']}"}
            formulas = self._of(cut, "land_part", **{column: NUMBER})
            self.add(f"land_{name}", label, formulas, self._total(cut, "land_part", ~np.isnan(values)), least=True)
        self.add(
            "floor_industry",
            words["floor_industry"],
            self._each(cut, "floor_part", "land_class", land_part=NUMBER),
            self._total(cut, "floor_part", there & industry),
        )
        label = {"zh": "有建筑面积的工矿仓储宗地", "en": "Industry parcels that state floor area"}
        self.add(
            "land_floor_industry",
            label,
            self._each(cut, "land_part", "land_class", floor_part=NUMBER),
            self._total(cut, "land_part", ~np.isnan(floor) & industry),
            least=True,
        )
