"""Which layer is what: one source for each layer of a plan, and what else could have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from gisplan.draft import keys
from gisplan.draft.files import Source
from gisplan.read.kinds import STRONG, Guess


@dataclass(frozen=True)
class Role:
    """A layer of the plan: the source taken, why, and the other sources it could have been."""

    source: Source
    guess: Guess
    others: tuple[tuple[Source, Guess], ...] = ()

    @property
    def rivals(self) -> tuple[Source, ...]:
        """Sources for which as much speaks as for the one taken."""
        return tuple(s for s, g in self.others if g.score == self.guess.score)


@dataclass(frozen=True)
class Cast:
    """Every layer of the plan with its source.

    Attributes
    ----------
    roles
        By layer of the plan: ``zones``, ``parcels``, ``services.water``.
    undecided
        Sources that may be two things between which nothing decides.
    tables
        Tables without geometry.
    terrain
        Rasters of one band.
    unused
        Layers that are nothing gisplan knows.
    """

    roles: Mapping[str, Role]
    undecided: tuple[Source, ...] = ()
    tables: tuple[Source, ...] = ()
    terrain: tuple[Source, ...] = ()
    unused: tuple[Source, ...] = field(default=())


def cast(sources: Sequence[Source]) -> Cast:
    """Give each layer of a plan the source for which most speaks.

    A source is taken for one thing only. Where two things are equally likely, it is the one that no other
    source is; where neither or both are taken, it stays undecided.
    """
    layers = [s for s in sources if s.guesses]
    clear = {s.guesses[0].kind for s in layers if len(_firsts(s)) == 1}
    candidates: dict[str, list[tuple[Source, Guess]]] = {}
    undecided = []
    for source in layers:
        firsts = _firsts(source)
        free = [g for g in firsts if g.kind not in clear] if len(firsts) > 1 else firsts
        if len(free) == 1:
            candidates.setdefault(free[0].kind, []).append((source, free[0]))
        else:
            undecided.append(source)
    roles = {}
    for kind, options in candidates.items():
        # A single outline that is only perhaps the zones is a border around all of them.
        able = [(s, g) for s, g in options if kind != "zones" or g.score >= STRONG or s.seen.look.count > 1]
        if able:
            ordered = sorted(able, key=lambda o: _order(kind, *o), reverse=True)
            (source, guess), *others = ordered
            rest = [o for o in options if o not in able]
            roles[kind] = Role(source, guess, (*others, *rest))
    used = {id(s) for r in roles.values() for s in (r.source, *(o for o, _ in r.others))} | {id(s) for s in undecided}
    return Cast(
        roles,
        tuple(undecided),
        tuple(s for s in sources if s.seen.look.geometry == "table" and s.seen.look.count),
        tuple(s for s in sources if s.seen.look.kind == "terrain"),
        tuple(s for s in sources if id(s) not in used and s.seen.look.geometry not in ("table", "raster")),
    )


def _firsts(source: Source) -> list[Guess]:
    return [g for g in source.guesses if g.score == source.guesses[0].score]


def _order(kind: str, source: Source, guess: Guess) -> tuple[int, int, int, int]:
    """What makes one source better than another for the same layer, the greater the better."""
    look = source.seen.look
    rank = keys.zone_id(source.table).rank if kind == "zones" else 0
    # Mains reach more land than the points along them.
    return guess.score, rank, int(look.geometry == "lines"), look.count


def level_of(table: pd.DataFrame) -> tuple[str, object] | None:
    """Column of administrative levels and the commonest named level, where borders of several lie in one layer."""
    column = next((c for c in table.columns if c.lower() == "admin_level"), None)
    if column is None or table[column].nunique() < 2:
        return None
    named = table[table["name"].notna()] if "name" in table else table
    counts = named[column].value_counts()
    return (column, sorted(counts.index[counts == counts.max()], key=str)[-1]) if len(counts) else None
