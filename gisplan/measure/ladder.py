"""Levels of supply (N通一平) as rule packs list them, and which of them parcels reach by what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gisplan.errors import PlanError, nearest
from gisplan.plan import Plan
from gisplan.rules import Level, Pack, load_packs

#: Name of the list of levels, and the pack that has it where the plan's own packs have none.
LIST, DEFAULT_PACK = "connections", "cn-service-levels"

#: The need that is no service.
LEVELLED = "levelled"

#: What is known of a parcel and a service, in the order of sureness.
LACKS, MAYBE, HAS = 0, 1, 2

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Rung:
    """A level: one of each of ``needs`` has to be there, and the ground level where ``is_levelled``."""

    id: str
    zh: str
    en: str
    needs: tuple[tuple[str, ...], ...]
    is_levelled: bool

    @property
    def connections(self) -> tuple[str, str]:
        """Names of its services without the ground, in Chinese and English: 三通 of 三通一平."""
        if not self.is_levelled:
            return self.zh, self.en
        return self.zh.removesuffix("一平"), self.en.removesuffix(", levelled")


@dataclass(frozen=True)
class Ladder:
    """Levels from the lowest to the highest, and which of them parcels are to reach.

    Attributes
    ----------
    rungs
        The levels.
    target
        Number of the level to be reached.
    source
        Pack they come from.
    """

    rungs: tuple[Rung, ...]
    target: int
    source: str

    @property
    def services(self) -> tuple[str, ...]:
        """Every service that some level needs, in the order in which levels ask for them."""
        return tuple(dict.fromkeys(s for rung in self.rungs for need in rung.needs for s in need))


def asks_levels(plan: Plan, packs: Sequence[Pack] | None = None) -> bool:
    """Whether a plan wants levels: it names a target, or a pack with the list."""
    if plan.services.target_level is not None:
        return True
    return any(_listed(p) for p in (load_packs(plan.plan.rules, plan.folder) if packs is None else packs))


def _listed(pack: Pack) -> list[Level]:
    return [level for level in pack.levels if level.list == LIST]


def ladder_of(plan: Plan, packs: Sequence[Pack]) -> Ladder | None:
    """Levels of a plan: of the last of its packs that has the list; None where it does not ask for any.

    Raises
    ------
    PlanError
        Its target is no level of the list.
    """
    if not asks_levels(plan, packs):
        return None
    pack = next((p for p in reversed(packs) if _listed(p)), None) or load_packs([DEFAULT_PACK])[0]
    listed = _listed(pack)
    ids = [level.id for level in listed]
    wanted = plan.services.target_level
    if wanted is not None and wanted not in ids:
        raise PlanError([f"[services] target_level: {pack.name} has no level {wanted!r}; {nearest(wanted, ids)}"])
    sure = [i for i, level in enumerate(listed) if level.verified]
    target = ids.index(wanted) if wanted is not None else (sure or range(len(ids)))[-1]
    return Ladder(tuple(_rung(level) for level in listed), target, pack.name)


def _rung(level: Level) -> Rung:
    needs = tuple(tuple(n.split("|")) for n in level.needs if n != LEVELLED)
    zh, en = level.title.zh or level.title.en or level.id, level.title.en or level.title.zh or level.id
    return Rung(level.id, zh, en, needs, LEVELLED in level.needs)


@dataclass(frozen=True, eq=False)
class ParcelLevels:
    """What level each parcel has reached.

    Parcels of which the same is known are one case; everything is worked out case by case, of which there are few
    however many parcels there are. What is known is `LACKS`, `MAYBE` or `HAS`: both of two is the lesser, one of two
    the greater.

    Attributes
    ----------
    ladder
        The levels.
    keys
        Services (and ``levelled``) that are looked at.
    cases
        What is known of each key in each case, shape (cases, keys).
    case
        Number of each parcel's case, shape (parcels,).
    parts
        Keys that stand for one of the ladder's services where it has no layer of its own: rain and sewage for drainage.
    with_ground
        Whether the target asks for level ground too.
    """

    ladder: Ladder
    keys: tuple[str, ...]
    cases: NDArray[np.int8]
    case: Rows
    parts: Mapping[str, tuple[str, ...]]
    with_ground: bool

    @cached_property
    def of_rung(self) -> NDArray[np.int8]:
        """Whether each case has all services of each level, whatever the ground, shape (cases, levels)."""
        return self._of_rung(self.cases)

    def _of_rung(self, cases: NDArray[np.int8]) -> NDArray[np.int8]:
        return np.column_stack([self._all(cases, rung.needs) for rung in self.ladder.rungs])

    def _all(self, cases: NDArray[np.int8], needs: Sequence[Sequence[str]]) -> NDArray[np.int8]:
        met = [np.max([self.has(cases, s) for s in need], axis=0) for need in needs]
        return np.asarray(np.min(met, axis=0), dtype=np.int8)

    def has(self, cases: NDArray[np.int8], service: str) -> NDArray[np.int8]:
        """What is known of a service, or of what stands for it, in some cases."""
        own = [cases[:, self.keys.index(service)]] if service in self.keys else []
        if service in self.parts:
            own.append(np.min([cases[:, self.keys.index(part)] for part in self.parts[service]], axis=0))
        return np.asarray(np.max(own, axis=0), dtype=np.int8)

    @cached_property
    def reached(self) -> Rows:
        """Number of the highest level each parcel surely has; −1 below the lowest."""
        return _highest(self.of_rung == HAS)[self.case]

    @cached_property
    def possible(self) -> Rows:
        """Number of the highest level each parcel may have, for all that is known; −1 below the lowest."""
        return _highest(self.of_rung != LACKS)[self.case]

    @property
    def ground(self) -> NDArray[np.int8]:
        """Whether each parcel's ground is level."""
        return np.asarray(self.cases[self.case, self.keys.index(LEVELLED)], dtype=np.int8)

    @cached_property
    def on_target(self) -> NDArray[np.int8]:
        """Whether each parcel has what the target asks for."""
        out = self.of_rung[:, self.ladder.target]
        if self.asks_ground:
            out = np.minimum(out, self.cases[:, self.keys.index(LEVELLED)])
        return np.asarray(out[self.case], dtype=np.int8)

    @property
    def asks_ground(self) -> bool:
        """Whether the target asks for level ground."""
        return self.with_ground and self.ladder.rungs[self.ladder.target].is_levelled

    def reached_with(self, key: str) -> Rows:
        """Number of the level each parcel would surely have if it had one more service."""
        changed = self.cases.copy()
        changed[:, self.keys.index(key)] = HAS
        return _highest(self._of_rung(changed) == HAS)[self.case]

    def open_needs(self, known: int, *, ahead: bool = False) -> NDArray[np.object_]:
        """Needs that each parcel lacks (`LACKS`), or of which nobody knows (`MAYBE`), joined by a semicolon.

        Parameters
        ----------
        known
            Which of the two.
        ahead
            To the next level above the one that is reached, in place of the target; none above the highest.
        """
        told = [
            ";".join(self._open(i, self._wanted(i, ahead=ahead), known, ground=self.asks_ground and not ahead))
            for i in range(len(self.cases))
        ]
        return np.array(told, dtype=object)[self.case]

    def _wanted(self, i: int, *, ahead: bool) -> Sequence[Sequence[str]]:
        if not ahead:
            return self.ladder.rungs[self.ladder.target].needs
        above = int(np.flatnonzero(self.of_rung[i] == HAS).max(initial=-1)) + 1
        return self.ladder.rungs[above].needs if above < len(self.ladder.rungs) else ()

    def _open(self, i: int, needs: Sequence[Sequence[str]], known: int, *, ground: bool) -> list[str]:
        row = self.cases[i : i + 1]
        out = []
        for need in needs:
            if int(self._all(row, [need])[0]) == known:
                out += self._called(row, need, known)
        if ground and row[0, self.keys.index(LEVELLED)] == known:
            out.append(LEVELLED)
        return list(dict.fromkeys(out))

    def _called(self, row: NDArray[np.int8], need: Sequence[str], known: int) -> list[str]:
        """Name a need: what it is made of where that has layers and it has none."""
        if len(need) == 1 and need[0] in self.parts and need[0] not in self.keys:
            return [p for p in self.parts[need[0]] if row[0, self.keys.index(p)] == known]
        return ["|".join(need)]

    def lacking(self, key: str) -> NDArray[np.bool_]:
        """Parcels that are not known to have a service (or level ground) and need it for the target."""
        rung = self.ladder.rungs[self.ladder.target]
        needed = np.zeros(len(self.cases), dtype=bool)
        own = self.cases[:, self.keys.index(key)] != HAS
        if key == LEVELLED:
            needed |= self.asks_ground
        for need in rung.needs:
            named = [p for s in need for p in (self.parts[s] if s in self.parts and s not in self.keys else (s,))]
            if key in named:
                needed |= self._all(self.cases, [need]) != HAS
        return np.asarray((needed & own)[self.case], dtype=bool)

    def labels(self, *, ground: bool = True) -> Mapping[str, NDArray[np.object_]]:
        """Level of each parcel in words, by language.

        Parameters
        ----------
        ground
            Whether the ground is told too.
        """
        told = [self._label(i, ground=ground) for i in range(len(self.cases))]
        return {
            language: np.array([t[j] for t in told], dtype=object)[self.case] for j, language in enumerate(("zh", "en"))
        }

    def _label(self, i: int, *, ground: bool) -> tuple[str, str]:
        sure = int(np.flatnonzero(self.of_rung[i] == HAS).max(initial=-1))
        most = int(np.flatnonzero(self.of_rung[i] != LACKS).max(initial=-1))
        if sure < 0:
            lowest = self.ladder.rungs[0].connections
            return (f"不足{lowest[0]}", f"Below {lowest[1].lower()}") if most < 0 else ("不明", "Not known")
        rung = self.ladder.rungs[sure]
        zh, en = rung.connections
        if ground and rung.is_levelled:
            level = int(self.cases[i, self.keys.index(LEVELLED)])
            zh += {HAS: "一平", LACKS: "未平", MAYBE: "（平整不明）"}[level]
            en += {HAS: ", levelled", LACKS: ", not levelled", MAYBE: ", levelling not known"}[level]
        return (f"≥{zh}", f"≥ {en}") if most > sure else (zh, en)

    def id_of(self, number: Rows) -> NDArray[np.object_]:
        """Id of each level by its number, ``0`` below the lowest."""
        return np.array([*(rung.id for rung in self.ladder.rungs), "0"], dtype=object)[number]


def _highest(reached: NDArray[np.bool_]) -> Rows:
    """Number of the last level of each case that holds; −1 where none does."""
    number = np.arange(reached.shape[1])
    return np.asarray(np.max(np.where(reached, number, -1), axis=1), dtype=np.int64)
