"""Time what the rules say of a study: idle land, projects, land intensity, supply, targets and all findings.

The survey is made once; then every step is done several times. Classes of idle land and of promises that were planted
in the register must be found again, as many of each, and every class that the vocabulary knows has to occur.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from bench_sides import child, peak_gb

#: Seconds that all rules on 100,000 parcels may take together.
LIMIT_S = 5.0

RUNS = 3


def ours(data: Path) -> dict[str, Any]:
    """Assess a fabric with gisplan, each step in turn, and say how many there are of each class."""
    import pandas as pd

    from gisplan import assess, measure
    from gisplan.measure import tables
    from gisplan.plan import load_plan
    from gisplan.read import read_layers
    from gisplan.rules import load_packs

    plan = load_plan(data / "plan.toml")
    as_of = plan.plan.as_of
    assert as_of is not None
    packs = load_packs(plan.plan.rules, plan.folder)
    began = time.perf_counter()
    survey = measure.make_survey(plan, read_layers(plan))
    zones = tables.wide(survey, measure.evaluate(survey))
    surveyed = time.perf_counter() - began
    seconds: dict[str, list[float]] = {}

    def step(name: str, work: Any) -> Any:
        since = time.perf_counter()
        out = work()
        seconds.setdefault(name, []).append(time.perf_counter() - since)
        return out

    def with_issues(found: Any, *tell: Any) -> Any:
        for told in tell:
            told(found)
        return found

    for _ in range(RUNS):
        idle = step(
            "idle land", lambda: with_issues(assess.assess_idle(survey, packs, as_of=as_of), assess.idle_issues)
        )
        projects = step("projects", lambda i=idle: assess.assess_projects(survey, packs, i, as_of=as_of))
        intensity = step(
            "land intensity",
            lambda i=idle: with_issues(
                assess.assess_intensity(survey, packs, i.parcels, as_of=as_of), assess.intensity_issues
            ),
        )
        findings = step(
            "findings",
            lambda i=idle, p=projects, n=intensity: assess.judge(
                survey, zones, i, packs, projects=p.things, intensity=n.indicators
            ),
        )
        supply = step(
            "supply",
            lambda i=idle: with_issues(
                assess.assess_supply(survey, i.parcels), lambda s: assess.supply_issues(survey, s)
            ),
        )
        values = assess.zone_values(zones, idle.zones, intensity.indicators)
        ids = [str(z) for z in zones["zone_id"]]
        targets = step("targets", lambda v=values, z=ids: assess.targets(plan.targets, z, v, as_of=as_of))

    def counts(column: pd.Series) -> dict[str, int]:
        return {str(k): int(n) for k, n in column[column.notna() & (column != "")].value_counts().sort_index().items()}

    of = projects.parcels
    return {
        "survey": surveyed,
        "seconds": seconds,
        "peak_gb": peak_gb(),
        "parcels": len(of),
        "zones": len(zones),
        "buildings": len(survey.layers.layers["buildings"].frame),
        "counts": {
            "idle": counts(idle.parcels["idle_class"]),
            "promise": counts(of["promise_class"]),
            "plot ratio": counts(of["project_far_class"]),
            "control": counts(of["control_class"]),
            "inefficient": counts(of["inefficient_class"]),
            "admission": {"scored": int(of["admission_score"].notna().sum())},
            "findings": counts(findings["class"]),
            "targets": counts(targets["class"]),
            "batches": {} if supply.batches is None else counts(supply.batches["scope"]),
        },
        "zones scored": int(intensity.scores["total"].notna().sum()),
    }


def expected() -> dict[str, list[str]]:
    """Every class that must occur, by what it is of."""
    from gisplan import vocabulary

    words = vocabulary.projects()
    return {
        "idle": list(vocabulary.idle_classes()),
        "promise": list(words["promises"]),
        "plot ratio": [c for c in words["classes"] if c != "above"],  # no pack has a greatest plot ratio
        "control": list(words["control"]),
        "inefficient": list(words["inefficient"]),
        "findings": ["pass", "below", "above", "no_data"],
    }


def differences(found: dict[str, dict[str, int]], data: Path) -> list[str]:
    """Planted classes that were not found again, and classes that nothing has."""
    import pandas as pd

    planted = pd.read_csv(data / "planted.csv", keep_default_na=False)
    wrong = []
    for kind, rows in planted.groupby("kind"):
        put = {c: int(n) for c, n in zip(rows["class"], rows["count"], strict=True)}
        got = found[str(kind)]
        wrong += [
            f"{kind} {c}: {put.get(c, 0)} planted, {got.get(c, 0)} found"
            for c in sorted(put.keys() | got.keys())
            if put.get(c, 0) != got.get(c, 0)
        ]
    return wrong + [f"{kind}: no {c}" for kind, of in expected().items() for c in of if not found[kind].get(c)]


def run(size: int, folder: Path) -> dict[str, Any]:
    """Assess a fabric and print what each step took, and how many of each class it found."""
    from sample_lives import write_lives

    data = folder / f"lives-{size}"
    if not (data / "plan.toml").exists():
        write_lives(size, data)
    mine = child("rules ours", data)
    print(f"\nrules on {mine['parcels']:,} parcels, {mine['buildings']:,} buildings, {mine['zones']:,} zones")
    print(f"  {'':<28} {'first':>9} {f'best of {RUNS}':>11}")
    print(f"  {'reading and survey':<28} {mine['survey']:7.2f} s")
    for name, took in mine["seconds"].items():
        print(f"  {name:<28} {took[0]:7.2f} s {min(took):9.2f} s")
    first, best = (sum(pick(t) for t in mine["seconds"].values()) for pick in (lambda t: t[0], min))
    limit = LIMIT_S * size / 100_000
    above = "" if first <= limit else f"  above {limit:g} s"
    print(f"  {'all rules together':<28} {first:7.2f} s {best:9.2f} s{above}")
    print(f"  {'peak memory':<28} {mine['peak_gb']:6.2f} GB")
    for kind, of in mine["counts"].items():
        print(f"  {kind}: " + ", ".join(f"{c} {n:,}" for c, n in of.items()))
    print(f"  zones with a score: {mine['zones scored']}")
    wrong = differences(mine["counts"], data)
    print("  found as planted, every class occurs" if not wrong else "  DIFFER " + "; ".join(wrong))
    if wrong:
        raise SystemExit(1)
    return {"ours": mine, "together": {"first": first, "best": best}}
