"""Where a layer lies: what its file declares, what the plan says, and whether the coordinates agree."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Proj
from pyproj.exceptions import ProjError

from gisplan.errors import LayerError, counted
from gisplan.issues import Issue
from gisplan.plan.placing import Placed
from gisplan.read import witness as witness_
from gisplan.read.crs import bounds
from gisplan.read.witness import Box, Guess, Witness, named

_YX = '"yx"'

#: Records at either end that do not count where they spread a layer over more than `_SPREAD` times its width.
_STRAY, _SPREAD = 0.02, 10.0


def as_planned(
    frame: gpd.GeoDataFrame, spec: Placed, *, layer: str, place: str
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Give a layer the order of axes and the coordinate system its plan says.

    Parameters
    ----------
    frame
        The layer as it stands in its file.
    spec
        Its table of the plan.
    layer, place
        For issues and messages.

    Raises
    ------
    LayerError
        The plan contradicts the file, and does not say that it means to.
    """
    issues = []
    if spec.axes == "yx":
        frame = frame.set_geometry(_swapped(frame))
        told = f'x and y are exchanged in {counted(len(frame), "record")}, as axes = "yx" says.'
        issues.append(Issue("AXES_SWAPPED", "note", layer, len(frame), told, "", "planner"))
    if spec.crs is None:
        return frame, issues
    said = CRS.from_user_input(spec.crs)
    own = CRS(frame.crs) if frame.crs is not None else None
    if own is not None and _same(own, said):
        return frame, issues
    if own is not None and not spec.crs_override:
        raise LayerError(
            f"{place} crs: the plan says {named(said)}, the file declares {named(own)}. "
            "Take crs out of the plan, or write crs_override = true if the file is wrong."
        )
    file = "declares none" if own is None else f"declares {named(own)}"
    told = f"Taken as {named(said)}, as the plan says; the file {file}."
    issues.append(Issue("CRS_FROM_PLAN", "note" if own is None else "warning", layer, len(frame), told, "", "planner"))
    return frame.set_crs(said, allow_override=True), issues


def settle(
    frame: gpd.GeoDataFrame, *, layer: str, place: str, witness: Witness | None, is_vouched: bool
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Find out where a layer lies, and whether that can be.

    Parameters
    ----------
    frame
        The layer as its file and the plan declare it, perhaps without a coordinate system.
    layer, place
        For issues and messages.
    witness
        A layer whose place is known, if there is one.
    is_vouched
        Whether the plan insists on its coordinate system: it is believed wherever that puts the layer.

    Returns
    -------
    tuple
        The layer with its coordinate system, and what was assumed or looks odd.

    Raises
    ------
    LayerError
        It declares none and the coordinates leave a choice, or they cannot be in the one it declares.
    """
    box = _most(frame)
    if frame.crs is None:
        return _guessed(frame, box, layer=layer, place=place, witness=witness)
    crs = CRS(frame.crs)
    if crs.geodetic_crs is None:
        raise LayerError(
            f"{place}: its coordinate system ({crs.name}) has no place on the earth. Declare the right one in the file."
        )
    try:
        Proj(crs)
    except ProjError:
        raise LayerError(
            f"{place}: its coordinate system ({crs.name}) cannot be calculated with. Declare the right one in the file."
        ) from None
    if np.isnan(box[0]):
        return frame, []
    _require_unit(crs, box, place=place, witness=witness)
    if is_vouched:
        return frame, []
    return frame, _doubts(crs, box, layer=layer, place=place, witness=witness, records=len(frame))


def _most(frame: gpd.GeoDataFrame) -> Box:
    """Bounds of a layer; of all but the outermost records where a few of them, at 0, 0 perhaps, lie far away."""
    whole = bounds(frame)
    if np.isnan(whole[0]) or len(frame) < 1 / _STRAY:
        return whole
    each = shapely.bounds(np.asarray(frame.geometry.array))
    each = each[np.isfinite(each).all(axis=1)]
    x0, y0 = np.quantile(each[:, :2], _STRAY, axis=0, method="inverted_cdf").tolist()
    x1, y1 = np.quantile(each[:, 2:], 1 - _STRAY, axis=0, method="inverted_cdf").tolist()
    is_spread = max(whole[2] - whole[0], whole[3] - whole[1]) > _SPREAD * max(x1 - x0, y1 - y0, 0.0) > 0
    return (x0, y0, x1, y1) if is_spread else whole


def is_sure(frame: gpd.GeoDataFrame) -> bool:
    """Whether a layer's place can be told without the others."""
    box = _most(frame)
    return frame.crs is not None or witness_.sure(box) is not None


def witness_of(frame: gpd.GeoDataFrame, *, place: str) -> Witness:
    """Make a settled layer a witness for the others."""
    crs = CRS(frame.crs)
    return Witness(place, crs, witness_.degrees(Guess(crs, ""), _most(frame)))


def _swapped(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    shapes = shapely.transform(np.asarray(frame.geometry.array), lambda xy: xy[:, ::-1])
    return gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)


def _same(a: CRS, b: CRS) -> bool:
    """Whether two systems are one, however they are written."""
    return bool(a.equals(b, ignore_axis_order=True)) or (a.to_epsg() is not None and a.to_epsg() == b.to_epsg())


def _where(box: Box) -> str:
    return f"x {box[0]:.9g}…{box[2]:.9g}, y {box[1]:.9g}…{box[3]:.9g}"


def _guessed(
    frame: gpd.GeoDataFrame, box: Box, *, layer: str, place: str, witness: Witness | None
) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Place a layer without a coordinate system, or ask where it lies."""
    if np.isnan(box[0]):
        raise LayerError(f"{place}: none of {counted(len(frame), 'record')} has a usable geometry. Give another layer.")
    found = witness_.guesses(box)
    guess, why = witness_.sure(box), ""
    if witness is not None:
        onto = _onto(found, box, witness)
        if len(onto) == 1:
            guess, why = onto[0], f", and so it falls onto {witness.place}"
        elif onto:
            found, guess = onto, None
        elif guess is not None:
            apart = witness_.gap_km(witness_.degrees(guess, box), witness.box)
            why = f", which puts it {apart:,.0f} km from {witness.place}"
    if guess is None:
        raise LayerError(
            f"{place}: has no coordinate system ({_where(box)}). {witness_.told(found)} "
            f'Write crs = "EPSG:…" in {place}{" (and axes = " + _YX + ")" if found and found[0].is_swapped else ""}, '
            "or declare it in the file (e.g. a .prj beside a shapefile)."
        )
    axes = f" and axes = {_YX}" if guess.is_swapped else ""
    code = f"EPSG:{guess.crs.to_epsg()}" if guess.crs.to_epsg() else "…"
    is_chinese = guess.crs.geodetic_crs is not None and guess.crs.geodetic_crs.to_epsg() == 4490
    older = " On an older datum (Xi'an 1980, Beijing 1954) it would be off by tens of metres." if is_chinese else ""
    issue = Issue(
        "CRS_GUESSED",
        "warning",
        layer,
        len(frame),
        f"There is no coordinate system ({_where(box)}); taken as {guess.name}"
        f"{', with x and y exchanged' if guess.is_swapped else ''}, for {guess.evidence}{why}.",
        f'Write crs = "{code}"{axes} in {place} if that is right, or the right one.{older}',
        "planner",
    )
    shapes = _swapped(frame) if guess.is_swapped else gpd.GeoSeries(frame.geometry.array, index=frame.index)
    return frame.set_geometry(shapes).set_crs(guess.crs, allow_override=True), [issue]


def _onto(found: tuple[Guess, ...], box: Box, witness: Witness) -> tuple[Guess, ...]:
    """Guesses that put bounds onto the witness; one that is sure, or its own system, goes before the others."""
    own = Guess(witness.crs, f"it is the system of {witness.place}")
    first = [g for g in found if g.is_sure]
    onto = [g for g in (*first, own, *found) if witness_.gap_km(witness_.degrees(g, box), witness.box) == 0.0]
    return tuple(onto[:1] if onto and (onto[0].is_sure or onto[0] is own) else onto)


def _require_unit(crs: CRS, box: Box, *, place: str, witness: Witness | None) -> None:
    """Refuse degrees declared as metres, and metres declared as degrees."""
    if crs.is_geographic == witness_.is_degrees(box):
        return
    but = "which is in degrees, but its coordinates are not" if crs.is_geographic else ""
    raise LayerError(
        f"{place}: declares {crs.name}, {but or 'but its coordinates look like degrees'} ({_where(box)}). "
        f"{_advice(_likely(crs, box, witness), box, place=place)}"
    )


def _likely(crs: CRS, box: Box, witness: Witness | None) -> tuple[Guess, ...]:
    """Systems the layer may be in: those that put it onto the witness, else what its coordinates tell."""
    onto = witness_.others(crs, box, witness) if witness is not None else ()
    return onto or witness_.others(crs, box, None)


def _doubts(crs: CRS, box: Box, *, layer: str, place: str, witness: Witness | None, records: int) -> list[Issue]:
    """Stop where the coordinates cannot be in the system declared; warn where they hardly can."""
    lies = witness_.degrees(Guess(crs, ""), box)
    beyond = witness_.outside(crs, lies)
    likely = _likely(crs, box, witness) if beyond > witness_.NOTICED else ()
    if beyond > witness_.BEYOND or (likely and likely[0].is_sure):
        if crs.is_geographic and np.isnan(lies[0]):
            lie = "cannot be longitude and latitude"
        elif crs.area_of_use is not None:
            lie = f"lie far outside its area ({crs.area_of_use.name.rstrip('.')})"
        else:
            lie = "have no place in it"
        raise LayerError(
            f"{place}: declares {named(crs)}, but its coordinates ({_where(box)}) {lie}. "
            f"{_advice(likely, box, place=place)}"
        )
    if witness is not None:
        apart = witness_.gap_km(lies, witness.box)
        onto = witness_.others(crs, box, witness) if apart > witness_.APART_KM else ()
        if onto:
            raise LayerError(
                f"{place}: declares {named(crs)}, which puts it {apart:,.0f} km from {witness.place}. "
                f"{_advice(onto, box, place=place)} Or {witness.place} is declared wrongly."
            )
    if beyond <= witness_.NOTICED:
        return []
    return [
        Issue(
            "CRS_OUTSIDE_AREA",
            "warning",
            layer,
            records,
            f"Lies {beyond:.1f}° outside the area {named(crs)} is made for: perhaps that is not its system.",
            _advice(likely, box, place=place) if likely else "Check the coordinate system.",
        )
    ]


def _advice(likely: tuple[Guess, ...], box: Box, *, place: str) -> str:
    """Say which system is probably right and how to say so."""
    if not likely:
        return f"{witness_.told(witness_.guesses(box))} Declare the right coordinate system in the file."
    first = likely[0]
    if first.scale != 1.0:
        return f"It would fit if {first.evidence}. Declare the system with that unit in the file."
    if first.is_swapped and first.evidence.startswith("it fits"):
        return f"It would fit with x and y exchanged. Write axes = {_YX} in {place}."
    code = f"EPSG:{first.crs.to_epsg()}" if first.crs.to_epsg() else first.crs.name
    axes = f" and axes = {_YX}" if first.is_swapped else ""
    return (
        f"It is probably in {first.name}, for {first.evidence}. Declare that in the file, "
        f'or write crs = "{code}"{axes} and crs_override = true in {place}.'
    )
