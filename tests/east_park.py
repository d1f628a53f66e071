"""The park as the README's plans describe it: a folder of files with an office's own names, marks and habits."""

from __future__ import annotations

from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from docx import Document
from park_files import CRS, IDS, X0, Y0, buildings, parcels, roads, water, workbook, zones
from tile_makers import cells, plain

TITLE = ["东部园区宗地台账"]
REGISTER = ["宗地代码", "登记面积（亩）", "固定资产投资（万元）", "年税收（万元）"]


def east_park(folder: Path) -> None:
    """Write the files the README's plan names."""
    folder.mkdir()
    layers = {
        "zones": zones().rename(columns={"zone_id": "code"}),
        "buildings": buildings()[["geometry"]].assign(cs=[np.nan, *[2.0] * 59], gd=9.0),
        "roads": roads().rename(columns={"road_class": "dj", "width": "kd"}),
        "water_mains": water().assign(status="in_service"),
    }
    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, folder / "park.gpkg", layer=name)
    drawn = parcels().rename(columns={"parcel_id": "ZDDM"})[["ZDDM", "status", "geometry"]]
    drawn = drawn.assign(DLBM="1001", 权利人="永安公司")
    pyogrio.write_dataframe(drawn, folder / "parcels.shp", encoding="gbk")
    (folder / "parcels.cpg").unlink()
    # 15 mu are one hectare.
    workbook(folder / "register.xlsx", [TITLE, REGISTER, *([i, 15.0, 300.0, 20.0] for i in IDS)], sheet="台账")


def other_files(folder: Path) -> None:
    """Write the files the README's other blocks name."""
    (folder / "permits.csv").write_text(
        "ZDDM,许可证号,开工日期\n" + "".join(f"{i},P{i},2019年3月\n" for i in IDS), encoding="gbk"
    )
    _hydrants(folder / "hydrants.xlsx")
    _survey(folder / "survey.dxf")
    _swapped(folder / "roads.geojson")
    _tiles(folder / "tiles")
    _approved(folder)
    _infrastructure(folder)
    _ground(folder)
    _template(folder / "own.docx")


def _infrastructure(folder: Path) -> None:
    """One feeder along the road with a substation at its end, a stop, a river on the border, and a pipe to be laid."""
    road = roads().geometry.iloc[0]
    layers = {
        "power_lines": (["L1"], [road]),
        "substations": (["S1"], [shapely.Point(X0, Y0 + 200)]),
        "stops": (["B1"], [shapely.Point(X0 + 600, Y0 + 200)]),
        "rivers": (["R1"], [shapely.LineString([(X0, Y0 + 520), (X0 + 1200, Y0 + 520)])]),
    }
    for name, (ids, shapes) in layers.items():
        frame = gpd.GeoDataFrame({"设施编号": ids, "名称": ids}, geometry=shapes, crs=CRS)
        pyogrio.write_dataframe(frame, folder / "park.gpkg", layer=name)
    (folder / "works.csv").write_text(
        f"工程编号,工程名称,工程状态,工程进度,概算,已完成投资,开工日期,计划竣工日期,wkt\n"
        f'G1,给水管,在建,40,100,50,2025-01-01,2026-12-31,"{road.wkt}"\n',
        encoding="utf-8",
    )


def _ground(folder: Path) -> None:
    """Ground that rises one metre in a hundred to the east, in cells of 10 m, and a green square in each zone."""
    columns, rows = 124, 54
    heights = np.tile(0.1 * np.arange(columns, dtype=np.float32), (rows, 1))
    place = rasterio.Affine(10, 0, X0 - 20, 0, -10, Y0 + 520)
    about = {"driver": "GTiff", "width": columns, "height": rows, "count": 1, "dtype": "float32", "nodata": -9999}
    with rasterio.open(folder / "dem.tif", "w", crs=CRS, transform=place, **about) as file:
        file.write(heights, 1)
    green = [shapely.box(X0 + x, Y0, X0 + x + 100, Y0 + 100) for x in (0, 600)]
    frame = gpd.GeoDataFrame({"编号": ["1", "2"]}, geometry=green, crs=CRS)
    pyogrio.write_dataframe(frame, folder / "park.gpkg", layer="green")


def _template(file: Path) -> None:
    document = Document()
    document.add_paragraph("{{ body }}")
    document.save(file)


def _approved(folder: Path) -> None:
    """One batch and one boundary, both of the whole park."""
    park = zones().dissolve()[["geometry"]]
    pyogrio.write_dataframe(park, folder / "park.gpkg", layer="boundary_approved")
    shape = park.geometry.iloc[0].wkt
    (folder / "batches.csv").write_text(
        f'批次编号,阶段,批准日期,wkt\nB1,已批准,2018-05-01,"{shape}"\n', encoding="utf-8"
    )


def _tiles(folder: Path) -> None:
    """Grey images under the whole park."""
    bounds = zones().to_crs(4326).total_bounds
    for x, y in cells(bounds, 14):
        file = folder / "14" / str(x) / f"{y}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(plain((200, 200, 200)))


def _hydrants(file: Path) -> None:
    """One in the middle of each column, on the road, in degrees."""
    points = gpd.GeoSeries(shapely.points(X0 + np.arange(50, 1200, 100), Y0 + 200), crs=CRS).to_crs(4490)
    workbook(file, [["编号", "经度", "纬度"], *([i, p.x, p.y] for i, p in enumerate(points))], sheet="消火栓")


def _survey(file: Path) -> None:
    doc = ezdxf.new()
    doc.header["$INSUNITS"] = 6
    space = doc.modelspace()
    doc.layers.add("JZX")
    for name, shape in zip(IDS, parcels().geometry, strict=True):
        space.add_lwpolyline(list(shape.exterior.coords)[:-1], close=True, dxfattribs={"layer": "DK"})
        at = (shape.centroid.x, shape.centroid.y)
        space.add_text(name, height=5, dxfattribs={"layer": "ZDH", "insert": at})
        space.add_text("1001", height=5, dxfattribs={"layer": "DLH", "insert": (at[0], at[1] - 20)})
    doc.saveas(file)


def _swapped(file: Path) -> None:
    """Metres, north before east, in a format that stands for degrees."""
    frame = roads()
    frame = frame.set_geometry(shapely.transform(frame.geometry.array, lambda xy: xy[:, ::-1]))
    pyogrio.write_dataframe(frame.set_crs(4326, allow_override=True), file, driver="GeoJSON", RFC7946="NO")
