"""What is wrong with a pack beyond its form: unknown indicators, units, overlaps, weights, cycles, its own examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np

from gisplan import vocabulary
from gisplan.errors import nearest
from gisplan.rules.conditions import both_apply, laxer, same_side
from gisplan.rules.pack import JUDGED, Band, Bounds, Ideal, Limit, Pack, Reason, Weights, Where
from gisplan.rules.terms import IDLE_TERMS

#: States of parcels, as in ``parcels.csv``.
_STATES = ("built", "vacant", "formed", "open")

#: How far the sum of weights may be from 1.
_WEIGHTS_OFF = 1e-6


def faults_of(pack: Pack) -> Iterator[str]:
    """Say in a line each what is wrong with a pack by itself."""
    yield from _names(pack)
    for kind, items in (("limit", pack.limits), ("ideal", pack.ideals), ("band", pack.bands)):
        for item in items:
            yield from (f"{kind} {item.id}: {fault}" for fault in _indicator(item))
    wrong = [(i.id, f) for i in pack.limits for f in (*_ends(i), *_where(i.where), *_asked(i))]
    # All rows of a table have the table's own conditions, and what is wrong with those is said once.
    for fault in dict.fromkeys(f for _, f in wrong):
        ids = [i for i, f in wrong if f == fault]
        yield f"limit {ids[0]}{f' and {len(ids) - 1:,} more' if len(ids) > 1 else ''}: {fault}"
    for band in pack.bands:
        yield from (f"band {band.id}: {fault}" for fault in _ends(band))
    for ideal in pack.ideals:
        yield from (f"ideal {ideal.id}: {fault}" for fault in (*_ideal(ideal), *_where(ideal.where), *_asked(ideal)))
    for reason in pack.reasons:
        yield from (f"reason {reason.id}: {fault}" for fault in (*_reason(reason), *_where(reason.where)))
    yield from _overlaps(pack.limits)
    yield from _weights(pack.weights)
    yield from _bands(pack.bands)
    yield from _levels(pack)
    yield from _terms(pack)
    yield from _benchmarks(pack)
    yield from _examples(pack)
    first, last = pack.in_force.ends
    if first > last:
        yield f"in_force ends ({last}) before it begins ({first})"


def faults_with(pack: Pack, base: Pack) -> Iterator[str]:
    """Say in a line each where a pack is laxer than what the one it refines demands."""
    for own in pack.limits:
        for must in base.limits:
            if must.severity == "must" and both_apply(own, must) and laxer(own, must):
                yield f"limit {own.id}: {own} is laxer than {must}, which {base.name} ({must.id}) demands"


def _names(pack: Pack) -> Iterator[str]:
    groups = (("limit", pack.limits), ("ideal", pack.ideals), ("reason", pack.reasons))
    for kind, items in groups:
        ids = [i.id for i in items]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        yield from (f"{kind} {i}: the id stands {ids.count(i)} times" for i in twice)


def _indicator(item: Limit | Ideal | Band) -> Iterator[str]:
    known = vocabulary.indicator(item.indicator)
    if known is None:
        yield f"unknown indicator {item.indicator!r}; {nearest(item.indicator, vocabulary.indicators())}"
    elif item.unit != known.unit:
        yield f"{item.indicator} is in {known.unit}, not in {item.unit}"


def _asked(item: Limit | Ideal) -> Iterator[str]:
    """Conditions that what the indicator is about cannot answer: a zone has no land use."""
    known = vocabulary.indicator(item.indicator)
    if known is not None and known.level == "zone":
        for key in item.where.given():
            if vocabulary.conditions()[key].of == "parcel":
                yield f"{key} is a condition of parcels, and {item.indicator} is of zones"


def _ends(limit: Bounds) -> Iterator[str]:
    given = [n for n in ("at_least", "more_than", "at_most", "less_than") if getattr(limit, n) is not None]
    if not given:
        yield "says no limit; give at_least, more_than, at_most or less_than"
    for pair in (("at_least", "more_than"), ("at_most", "less_than")):
        if set(pair) <= set(given):
            yield f"gives both {pair[0]} and {pair[1]}; give one"
    if limit.low[0] > limit.high[0]:
        yield f"nothing can be {limit}"
    known = vocabulary.indicator(limit.indicator)
    if known is not None and limit.unit == known.unit == "share":
        yield from (
            f"{name} = {getattr(limit, name):g} is no share; 30 % is 0.30"
            for name in given
            if not 0 <= getattr(limit, name) <= 1
        )


def _reason(reason: Reason) -> Iterator[str]:
    tests = {
        "indicator": reason.indicator is not None,
        "idle_class": bool(reason.idle_class),
        "banned": reason.banned,
    }
    if sum(tests.values()) != 1:
        yield "give one of indicator, idle_class or banned = true"
    if reason.banned and not reason.where.given():
        yield "banned needs a where; without one all land is banned"
    for name in reason.idle_class:
        if name not in vocabulary.idle_classes():
            yield f"unknown idle_class {name!r}; {nearest(name, vocabulary.idle_classes())}"
    for name in reason.state:
        if name not in _STATES:
            yield f"unknown state {name!r}; {nearest(name, _STATES)}"
    ends = [n for n in ("less_than", "more_than", "of_limit") if getattr(reason, n) is not None]
    if reason.indicator is not None:
        yield from _figure(reason, ends)
    elif ends:
        yield f"{', '.join(ends)} without an indicator"


def _figure(reason: Reason, ends: Sequence[str]) -> Iterator[str]:
    """Say what is wrong with the figure a reason asks for."""
    assert reason.indicator is not None
    known = vocabulary.indicator(reason.indicator)
    if known is None:
        yield f"unknown indicator {reason.indicator!r}; {nearest(reason.indicator, vocabulary.indicators())}"
    elif known.level != "project":
        yield f"{reason.indicator} is of zones; a reason is of projects"
    elif reason.unit is not None and reason.unit != known.unit:
        yield f"{reason.indicator} is in {known.unit}, not in {reason.unit}"
    elif reason.unit is None and reason.of_limit is None:
        yield f"a number needs its unit ({known.unit})"
    if len(ends) != 1:
        yield "give one of less_than, more_than or of_limit"
    if reason.of_limit is not None and reason.of_limit <= 0:
        yield f"of_limit = {reason.of_limit:g} is no part of a limit"


def _ideal(ideal: Ideal) -> Iterator[str]:
    if ideal.value < 0 or (ideal.value == 0 and ideal.better == "more"):
        yield f"an ideal value of {ideal.value:g} cannot be scored against"


def _where(where: Where) -> Iterator[str]:
    if where.industry and where.industry_system is None:
        yield "industry needs industry_system: the same digits are other industries in another edition"
    if where.industry_system is not None and where.industry_system not in vocabulary.industry_systems():
        yield (
            f"unknown industry_system {where.industry_system!r}; "
            f"{nearest(where.industry_system, vocabulary.industry_systems())}"
        )
    words = {k: set(c.words.values()) for k, c in vocabulary.conditions().items()}
    words["land_use"] = set(vocabulary.land_classes())
    for key in ("land_use", "zone_age", "zone_kind"):
        for word in getattr(where, key):
            if word not in words[key]:
                yield f"unknown {key} {word!r}; {nearest(word, words[key])}"
    for key in ("land_grade", "supplied"):
        span = getattr(where, key)
        if span is not None and span.ends[0] > span.ends[1]:
            yield f"{key} ends before it begins"


def _overlaps(limits: Sequence[Limit]) -> Iterator[str]:
    of: dict[str, list[Limit]] = {}
    for limit in limits:
        of.setdefault(limit.indicator, []).append(limit)
    for a, b in (pair for group in of.values() for pair in combinations(group, 2)):
        if a.severity == b.severity and both_apply(a, b) and same_side(a, b):
            yield (f"limits {a.id} and {b.id}: both apply to some of {a.indicator}; let only one apply")
        elif both_apply(a, b) and max(a.low[0], b.low[0]) > min(a.high[0], b.high[0]):
            yield f"limits {a.id} and {b.id}: nothing can be {a} and {b}"


def _weights(tables: Sequence[Weights]) -> Iterator[str]:
    sets: dict[str, dict[str, Weights]] = {}
    for table in tables:
        if table.id in sets.setdefault(table.set, {}):
            yield f"weights {table.id} of set {table.set}: stand twice"
        sets[table.set][table.id] = table
    for name, known in sets.items():
        for table in known.values():
            where = f"weights {table.id} of set {name}"
            total = sum(table.parts.values())
            if abs(total - 1) > _WEIGHTS_OFF:
                yield f"{where}: add up to {total:.6g}, not to 1"
            if any(w < 0 for w in table.parts.values()):
                yield f"{where}: a weight is negative"
            for part in table.parts:
                if part not in known and part not in table.open and vocabulary.indicator(part) is None:
                    yield f"{where}: unknown part {part!r}; {nearest(part, [*known, *vocabulary.indicators()])}"
        yield from _circles(name, known)


def _circles(name: str, known: dict[str, Weights]) -> Iterator[str]:
    done: set[str] = set()
    for start in known:
        path = [start]
        while path and start not in done:
            # A walk down the first parts not yet done; meeting the path again is a circle.
            step = next((p for p in known[path[-1]].parts if p in known and p not in done), None)
            if step is None:
                done.add(path.pop())
            elif step in path:
                yield f"weights of set {name} go in a circle: {' → '.join([*path[path.index(step) :], step])}"
                done.update(path)
                path = []
            else:
                path.append(step)


def _bands(bands: Iterable[Band]) -> Iterator[str]:
    for a, b in combinations(bands, 2):
        low, high = max(a.low, b.low, key=_inner_low), min(a.high, b.high, key=_inner_high)
        if a.indicator == b.indicator and (low[0] < high[0] or (low[0] == high[0] and low[1] and high[1])):
            yield f"bands {a.id} and {b.id} of {a.indicator} overlap"


def _inner_low(bound: tuple[float, bool]) -> tuple[float, bool]:
    return bound[0], not bound[1]


def _inner_high(bound: tuple[float, bool]) -> tuple[float, bool]:
    return bound


def _levels(pack: Pack) -> Iterator[str]:
    known = {*vocabulary.services(), "levelled"}
    for level in pack.levels:
        for name in (n for need in level.needs for n in need.split("|")):
            if name not in known:
                yield f"level {level.id}: unknown service {name!r}; {nearest(name, known)}"
        if not any(n != "levelled" for n in level.needs):
            yield f"level {level.id}: needs no service; name some"
        if any("levelled" in need.split("|") for need in level.needs if need != "levelled"):
            yield f"level {level.id}: level ground is no alternative to a service; give it a need of its own"
    lists = [(level.list, level.id) for level in pack.levels]
    for name, id_ in sorted({x for x in lists if lists.count(x) > 1}):
        yield f"level {id_} of list {name}: stands {lists.count((name, id_))} times"


def _terms(pack: Pack) -> Iterator[str]:
    if not set(IDLE_TERMS) & set(pack.terms):
        return
    lacking = [name for name in IDLE_TERMS if name not in pack.terms]
    if lacking:
        yield f"an idle-land rule needs the terms {', '.join(lacking)} too"
    for name, unit in IDLE_TERMS.items():
        term = pack.terms.get(name)
        if term is None:
            continue
        if term.unit != unit:
            yield f"term {name} is in {unit}, not in {term.unit}"
        elif unit == "year" and (term.value != int(term.value) or term.value < 0):
            yield f"term {name}: full years only, found {term.value:g}"
        elif unit == "share" and not 0 <= term.value <= 1:
            yield f"term {name}: {term.value:g} is no share; 25 % is 0.25"
    years = [pack.terms[n].value for n in ("first_years", "second_years") if n in pack.terms]
    if years != sorted(years):
        yield "term second_years comes before first_years"


def _benchmarks(pack: Pack) -> Iterator[str]:
    for row in pack.benchmarks:
        for name in row.values:
            if vocabulary.indicator(name) is None:
                yield f"benchmark {row.id}: unknown indicator {name!r}; {nearest(name, vocabulary.indicators())}"


def _examples(pack: Pack) -> Iterator[str]:
    limits = {limit.id: limit for limit in pack.limits}
    for number, example in enumerate(pack.examples, start=1):
        where = f"example no. {number}"
        if (example.limit is None) == (example.parcel is None):
            yield f"{where}: give a limit and a value, or a parcel and as_of"
        elif example.parcel is not None:
            if example.as_of is None:
                yield f"{where}: a parcel needs as_of"
        elif example.limit not in limits:
            yield f"{where}: unknown limit {example.limit!r}; {nearest(str(example.limit), limits)}"
        else:
            value = np.nan if example.value is None else example.value
            limit = limits[example.limit]
            got = JUDGED[limit.judge(np.array([value]))[0]]
            if got != example.expect:
                yield f"{where}: {value:g} is {got} by limit {limit.id} ({limit}), but {example.expect} is expected"
