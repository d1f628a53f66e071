"""Networks that ways are sought along: what hangs apart, what nearly meets, and what lies off them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gisplan import vocabulary
from gisplan.errors import counted, first_ids
from gisplan.geometry import Network, dangles
from gisplan.issues import Issue
from gisplan.measure.survey import Survey
from gisplan.plan.network import Ways

#: Ends that lie nearer to another line than this (m), and do not meet it, are asked about.
NEAR_MISS_M = 5.0


def _asked(survey: Survey) -> dict[str, Ways]:
    """Layers of the plan from which ways along a network are sought."""
    layers = survey.plan.layers
    ways: dict[str, Ways] = {f"services.{k}": v for k, v in layers.services.items()}
    ways |= {f"facilities.{k}": v for k, v in layers.facilities.items()}
    return {k: v for k, v in ways.items() if v.method == "network"}


def _networks(survey: Survey) -> Iterator[tuple[str, Network, Ways]]:
    """Each network in use with its layer's name and one of the ways sought along it."""
    for name, ways in {w.network: w for w in _asked(survey).values()}.items():
        yield name if name == "roads" else f"services.{name}", survey.networks.network(name), ways


def islands(survey: Survey) -> list[Issue]:
    """Parts of a network that hang apart from its longest one, or lines that meet nowhere at all."""
    issues = []
    for layer, network, ways in _networks(survey):
        ids = survey.layers.layers[layer].frame[vocabulary.id_column(layer)].astype(str).to_numpy(dtype=object)
        length, apart = network.component_length, len(network.component_length) - 1
        used = np.unique(network.line)
        if len(used) > 1 and len(length) >= len(used):
            told = f"The {counted(len(used), 'line')} meet nowhere, so no way leads from one to another."
            remedy = "Draw them so that they share their ends, or raise checks.snap_m."
            issues.append(Issue("NETWORK_UNJOINED", "warning", layer, len(used), told, remedy))
        elif apart > 0:
            parcels = survey.networks.streets(ways).parcels
            home = network.component[network.start]
            on_main, on_any = np.zeros((2, parcels.count), dtype=bool)
            on_any[parcels.of] = True
            on_main[parcels.of[home[parcels.edge] == 0]] = True
            stranded = int((on_any & ~on_main).sum())
            first = np.unique(home, return_index=True)[1][1:]
            names = [ids[network.line[k]] for k in first]
            listed = [f"{name} ({m:,.0f} m)" for name, m in zip(names, length[1:], strict=True)]
            out, whole = length[1:].sum() / 1000, length.sum() / 1000
            own = f"; {counted(stranded, 'parcel')} {'front' if stranded != 1 else 'fronts'} on nothing else" * (
                stranded > 0
            )
            issues.append(
                Issue(
                    "NETWORK_ISLANDS",
                    "warning",
                    layer,
                    apart,
                    f"{counted(apart, 'part')} of the network {'hang' if apart > 1 else 'hangs'} apart from the rest "
                    f"({out:,.1f} of {whole:,.1f} km, {out / whole:.1%}){own}: {first_ids(listed)}.",
                    "Join them where the ground does; see NETWORK_NEAR_MISS.",
                    features=listed,
                    ids=names,
                    places=[(float(x), float(y)) for x, y in network.xy[network.start[first]]],
                )
            )
    return issues


def joined(survey: Survey) -> list[Issue]:
    """Ends that were joined to a line they miss, and lines without any length."""
    issues = []
    for layer, network, _ in _networks(survey):
        if network.moved:
            told = (
                f"{counted(network.moved, 'end')} that {'miss' if network.moved > 1 else 'misses'} a line by up to "
                f"{network.furthest:.2f} m {'are' if network.moved > 1 else 'is'} taken to meet it."
            )
            issues.append(Issue("NETWORK_JOINED", "note", layer, network.moved, told, "Draw them on to the line."))
        frame = survey.layers.layers[layer].frame
        empty = network.rejected[frame["length_m"].to_numpy(dtype=float)[network.rejected] == 0]
        if len(empty):
            ids = frame[vocabulary.id_column(layer)].astype(str).to_numpy(dtype=object)[empty].tolist()
            told = f"{counted(len(ids), 'line')} without length lead nowhere: {first_ids(ids)}."
            issues.append(Issue("LINE_WITHOUT_LENGTH", "warning", layer, len(ids), told, "Delete them.", features=ids))
    return issues


def near_misses(survey: Survey) -> list[Issue]:
    """Ends that lie near another line and do not meet it, further off than what is joined."""
    issues = []
    for layer, _, _ in _networks(survey):
        frame, snap = survey.layers.layers[layer].frame, float(survey.plan.checks.snap_m)
        if snap >= NEAR_MISS_M:
            continue
        found = dangles(np.asarray(frame.geometry.array), snap_m=NEAR_MISS_M, meets_m=max(snap, 1e-9))
        rows = np.flatnonzero(~found.is_over)
        if not len(rows):
            continue
        ids = frame[vocabulary.id_column(layer)].astype(str).to_numpy(dtype=object)
        order = sorted(rows, key=lambda r, f=found, i=ids: (i[f.line[r]], *f.xy[r]))  # type: ignore[misc]
        listed = [f"{ids[found.line[r]]} ({found.gap[r]:.2f} m from {ids[found.other[r]]})" for r in order]
        issues.append(
            Issue(
                "NETWORK_NEAR_MISS",
                "note",
                layer,
                len(order),
                f"{counted(len(order), 'end')} {'lie' if len(order) > 1 else 'lies'} {snap:g} to {NEAR_MISS_M:g} m "
                f"from another line without meeting it, so no way leads on there: {first_ids(listed)}.",
                "Draw those that meet on the ground on to the other line, or raise checks.snap_m.",
                features=listed,
                ids=[ids[found.line[r]] for r in order],
                places=[(float(found.xy[r, 0]), float(found.xy[r, 1])) for r in order],
            )
        )
    return issues


def off_network(survey: Survey) -> list[Issue]:
    """Places and parcels that lie too far from any edge for a way to lead to them."""
    issues = []
    seen = set()
    for layer, ways in _asked(survey).items():
        streets = survey.networks.streets(ways)
        places = survey.networks.places(layer)
        away = np.flatnonzero(streets.off_network(places, ways))
        ids = survey.layers.layers[layer].frame[vocabulary.id_column(layer)].astype(str).to_numpy(dtype=object)
        if len(away):
            all_ = len(away) == len(places)
            told = "No way leads to any." if all_ else f"No way leads to {'them' if len(away) > 1 else 'it'}."
            issues.append(
                Issue(
                    "FACILITY_OFF_NETWORK",
                    "error" if all_ else "warning",
                    layer,
                    len(away),
                    f"{f'All {len(places):,}' if all_ else f'{len(away):,} of {len(places):,}'} lie further than "
                    f"{ways.snap_m:g} m from the network {ways.network}, or behind a barrier. {told} "
                    f"{first_ids(ids[away].tolist())}.",
                    "Check their coordinates and the network, or raise snap_m.",
                    features=ids[away].tolist(),
                )
            )
        if id(streets) not in seen and len(streets.lots):
            seen.add(id(streets))
            lots = np.flatnonzero(~streets.parcels.is_on)
            parcels = survey.layers.layers["parcels"].frame["parcel_id"].astype(str).to_numpy(dtype=object)[lots]
            if len(lots):
                told = (
                    f"{len(lots):,} of {counted(len(streets.lots), 'parcel')} front on no edge of the network "
                    f"{ways.network} within {ways.snap_m:g} m: {first_ids(parcels.tolist())}."
                )
                remedy = "Draw the roads that lead to them, or raise snap_m."
                issues.append(
                    Issue("PARCEL_OFF_NETWORK", "note", "parcels", len(lots), told, remedy, features=parcels.tolist())
                )
    return issues
