"""The two text files of the sample study: its plan and the account of where it comes from."""

import geopandas as gpd
import pyogrio
import shapely

PLAN = """\
# The sample study: one industrial park with four zones. Everything in it is invented; see SOURCE.md.
# 示例研究：一个集聚区，四个分区，数据全部虚构，说明见 SOURCE.md。

# What is asked, and on which day (评价时点). Every dated rule uses this day, never today's.
[plan]
name = "yongan"
title = { zh = "永安工业集聚区", en = "Yong'an industrial area" }
as_of = 2025-12-31
language = "both"          # zh | en | both
crs = "EPSG:4549"          # CGCS2000, 3-degree Gauss-Krueger, central meridian 120E
area = "ellipsoid"         # or "planar"      面积按椭球面计算
area_basis = "measured"    # or "ledger"      以图形面积为准
# What figures and dates are held against: gisplan rules lists what there is (评价所依据的规则).
rules = [
    "cn-idle-2012", "cn-industry-2023", "cn-park-practice", "cn-inefficient", "cn-admission", "cn-roads",
    "cn-zone-intensity", "cn-service-levels", "cn-slope", "park-rules.toml",
]

# Figures assumed where the data are silent; each use is reported (假设值，使用时逐条说明).
[assumptions]
storey_height_m = 4.5      # where a building gives its height but neither floors nor storey height

# Seven connections and level ground are what every parcel is to reach (目标：七通一平).
[services]
target_level = 7
details = true             # evidence, nearest main and distance of each in parcels.csv (宗地表列依据、最近管线与距离)

# Land intensity evaluation: the weights are the pack's unverified examples, these ideal values are invented
# (集约利用评价：权重为示例，理想值为虚构).
[intensity]
register_complete = true   # a parcel without a record was not supplied (台账完整，无记录即未供地)
land_acquired = true       # all land is acquired where nothing says otherwise (未注明的土地视为已征收)
[intensity.ideals]
land_built_rate = 1.0
industrial_land_rate = 0.60
industrial_far = 1.0
industrial_building_coefficient = 0.45
industrial_fixed_asset_intensity = 6000    # 万元/ha
industrial_tax_per_land = 500              # 万元/ha

# Zones share their edges and together cover the planned boundary (分区).
[layers.zones]
path = "park.gpkg"
layer = "zones"
columns = { zone_id = "zone_id", name = "name", level = "level" }

# Parcels with the land-use codes of 2023 (宗地；用地用海分类 2023).
[layers.parcels]
path = "park.gpkg"
layer = "parcels"
code_system = "ydyh2023"
industry_system = "gbt4754-2017"   # edition of the industry codes in the register (行业代码所用版本)
columns = { parcel_id = "parcel_id", land_use = "land_use", phase = "phase" }

# The office's register, joined by the parcel code; areas in mu, money in 10,000 yuan (宗地台账：亩、万元).
# Where two enterprises share a parcel it has two rows: sums are added, of dates the first counts.
[[layers.parcels.ledger]]
path = "register.xlsx"
sheet = "宗地台账"
key = "宗地代码"

[layers.parcels.ledger.columns]
name = "项目名称"
holder = "权利人"
industry = "行业代码"
status = "状态"
land_area = { column = "登记面积", unit = "mu" }
developed_area = { column = "已动工面积", unit = "mu" }
investment = { column = "固定资产投资", unit = "wan" }
investment_promised = { column = "约定投资", unit = "wan" }
output = { column = "年产值", unit = "wan" }
tax = { column = "年税收", unit = "wan" }
price = { column = "成交价款", unit = "wan" }
jobs = "从业人数"
supply_date = "供地日期"
handover_date = "交地日期"
agreed_start = "约定开工日期"
actual_start = "实际开工日期"
agreed_completion = "约定竣工日期"
completion_date = "竣工日期"
stop_date = "停工日期"
permit_no = "施工许可证号"
contract_no = "电子监管号"
delay_cause = "延误原因"
supply_type = "供地方式"
land_grade = "土地等别"
structure_area = { column = "构筑物占地面积", unit = "mu" }
yard_area = { column = "堆场用地面积", unit = "mu" }
admin_land = { column = "行政办公及生活服务设施用地面积", unit = "mu" }
green_land = { column = "绿地面积", unit = "mu" }
floor_area_promised = { column = "约定建筑面积", unit = "m2" }
occupied_promised = { column = "约定占地面积", unit = "mu" }
output_promised = { column = "约定年产值", unit = "wan" }
tax_promised = { column = "约定年税收", unit = "wan" }
promise_date = "承诺日期"
promised_completion = "承诺竣工日期"
deposit = { column = "履约保证金", unit = "wan" }
deposit_paid = "保证金已缴"
has_land_cert = "有土地证"
has_building_cert = "有房产证"

# Parcels that the land bank holds; their status says so (储备土地).
[[layers.parcels.ledger]]
path = "land_bank.csv"
key = "宗地代码"
columns = { status = "状态" }

# Buildings: the floor area is given, or follows from floors or heights; of some nothing is known (建筑).
[layers.buildings]
path = "park.gpkg"
layer = "buildings"
where = "status = 'built'"
[layers.buildings.columns]
building_id = "building_id"
use = "use"
floors = "floors"
floor_area = { column = "floor_area_m2", unit = "m2" }
height = { column = "height_m", unit = "m" }
storey_height = { column = "storey_height_m", unit = "m" }
is_standard_factory = "is_standard_factory"
leased_share = "leased_share"

# Centrelines; roads that are planned or under construction are counted apart (道路中心线；规划、在建道路单列).
[layers.roads]
path = "park.gpkg"
layer = "roads"
frontage_m = 5             # a parcel fronts on a road whose land begins within 5 m (临路判定距离)
[layers.roads.columns]
road_id = "road_id"
name = "name"
road_class = "road_class"
width = { column = "width_m", unit = "m" }
status = "status"
is_lit = "lit"
is_greened = "greened"
roadbed_done = { column = "pct_roadbed", unit = "percent" }
paving_done = { column = "pct_paving", unit = "percent" }
lighting_done = { column = "pct_lighting", unit = "percent" }
greening_done = { column = "pct_greening", unit = "percent" }

# Road land between the red lines (道路红线内用地).
[layers.road_surfaces]
path = "park.gpkg"
layer = "road_surfaces"
where = "status = 'built'"
columns = { surface_id = "surface_id" }

# Services: a parcel is served when a main that is in service on the day of the plan lies within reach_m; the layers say
# so by status and date, and what is planned is told beside (七通：仅计在役管线，规划、在建另列).
# Roads serve by their land: the centreline lies half the road's width away (道路按红线用地计，容差 5 米).
[layers.services.road]
path = "park.gpkg"
layer = "road_surfaces"
reach_m = 5

[layers.services.water]
path = "park.gpkg"
layer = "water"
reach_m = 50

[layers.services.rain]
path = "park.gpkg"
layer = "rain"
reach_m = 50

[layers.services.sewage]
path = "park.gpkg"
layer = "sewage"
reach_m = 50

# Distribution lines only: a parcel is not served by the 110 kV line that passes over it (供电，不含高压线).
[layers.services.power]
path = "park.gpkg"
layer = "power_lines"
where = "voltage_kv <= 20"
reach_m = 50

[layers.services.telecom]
path = "park.gpkg"
layer = "telecom"
reach_m = 50

[layers.services.gas]
path = "park.gpkg"
layer = "gas"
reach_m = 50

[layers.services.heat]
path = "park.gpkg"
layer = "heat"
reach_m = 50

# What feeds the networks; a capacity lets loads be told (电源、水厂、污水处理厂；有容量即可核算负荷).
[layers.sources.power]
path = "park.gpkg"
layer = "substations"
columns = { source_id = "substation_id", capacity = "capacity_mva" }

[layers.sources.water]
path = "park.gpkg"
layer = "facilities"
where = "kind = 'water_works'"

[layers.sources.sewage]
path = "park.gpkg"
layer = "facilities"
where = "kind = 'sewage_works'"

# Terrain, 12 m cells, heights in metres (数字高程模型).
[layers.terrain]
path = "dem.tif"
unit = "m"

# Planted ground; shapes that overlap count once (绿化覆盖).
[layers.green]
path = "park.gpkg"
layer = "green"

# Parcels that still lie vacant are each levelled to where cut makes the fill, on squares of 20 m for the grid drawing
# (空闲宗地场地平整，方格网 20 米；可松性系数与单价均为示例).
[levelling]
by = "parcels"
state = ["vacant"]
grid_m = 20
soil = "II"
prices = { cut = 12, fill = 8, borrow = 30, spoil = 22 }    # yuan per m3, invented 元/立方米，虚构

# Land conversion batches with their shapes as text, drawn in the park's own coordinates (农转用批次).
[layers.batches]
path = "batches.csv"
geometry = { wkt = "wkt" }
crs = "EPSG:4549"

# The approved and the planned boundary (核准范围、规划范围), and the phases (分期).
[layers.boundaries.approved]
path = "park.gpkg"
layer = "boundary_approved"
[layers.boundaries.planned]
path = "park.gpkg"
layer = "boundary_planned"
[layers.phases]
path = "park.gpkg"
layer = "phases"
columns = { phase_id = "phase", start_year = "start_year", target_year = "target_year" }

# Ground that has been levelled (已平整).
[layers.levelled]
path = "park.gpkg"
layer = "levelled"
where = "status = 'done'"

# Public works with their dates and money, drawn in the park's own coordinates: late, overdue, and whom they will serve
# (在建工程：进度、投资、逾期，完工后新增服务).
[layers.works]
path = "works.csv"
geometry = { wkt = "wkt" }
crs = "EPSG:4549"
late_share = 0.05          # how far progress may lie behind its pace (进度允许滞后)
# Bus stops and the fire station, reached along the roads (公交站步行、消防站行车，均沿道路); nobody wades the river.
[layers.facilities.bus_stop]
path = "park.gpkg"
layer = "facilities"
where = "kind = 'bus_stop' AND status = 'in_service'"
columns = { facility_id = "feature_id", name = "name" }
title = { zh = "公交站", en = "a bus stop" }
within = [300, 500]        # SDG 11.2.1: 500 m to a bus stop
[layers.facilities.fire_station]
path = "park.gpkg"
layer = "facilities"
where = "kind = 'fire_station' AND status = 'in_service'"
columns = { facility_id = "feature_id", name = "name" }
title = { zh = "消防站", en = "a fire station" }
mode = "drive"
within = [1000, 2500]
[layers.barriers.river]
path = "park.gpkg"
layer = "watercourses"

# Of what the shares within reach are told (可达占比：宗地、从业人员).
[accessibility]
weights = ["parcels", "jobs"]

# What the zones are to reach and by when; a base lets the pace be told (目标、期限与起点).
[[targets]]
indicator = "tax_intensity_mu"
value = 20
due = 2027
zone = "Z1"
base = 5
base_date = 2021
[[targets]]
indicator = "plot_ratio"
value = 0.9
due = 2027
base = 0.4
base_date = 2020
[[targets]]
indicator = "idle_rate"
value = 0.05
direction = "at_most"
due = 2025
zone = "Z3"
[[targets]]
indicator = "approved_unsupplied_m2"
value = 0
direction = "at_most"
due = 2028
zone = "Z3"

# Power from two sides: two ways to two substations that share no line; feeders are not joined to each other
# (双回路：两路不共线、来自两座变电站；不同馈线之间的联络开关视为断开).
[power]
join = "feeder"

# Loads against capacities; demand of a hectare by class, invented (容量与负荷；单位面积需求为虚构).
[capacity.power]
unit = "MVA"
per_ha = { industrial = 0.22, storage = 0.06, commerce = 0.35, residential = 0.18, public = 0.18, green = 0, road = 0 }
[capacity.water]
unit = "m³/d"
per_ha = { industrial = 50, storage = 20, commerce = 60, residential = 80, public = 50, green = 10, road = 0 }
source_snap_m = 120       # the works stand back from the road (厂站退离道路)
[capacity.sewage]
unit = "m³/d"
per_ha = { industrial = 40, storage = 15, commerce = 50, residential = 65, public = 40, green = 0, road = 0 }
source_snap_m = 120
snap_m = 5                # ends of sewers in a manhole are drawn apart (检查井处管线端点有间隙)

# Where mains could be extended along the roads, with costs in 10,000 yuan a km, invented (管线延伸；造价为虚构).
[links]
limit = 12
unit_cost = { water = 120, rain = 260, sewage = 220, power = 90, telecom = 60, gas = 110, heat = 340 }
"""

HOLDS = {
    "zones": "the four zones; they share their edges and tile the planned boundary; `age_class` old/new",
    "parcels": "lots between the roads, codes of 2023 (`ydyh2023`); some straddle zones, two lie outside",
    "buildings": "footprints; floor area in m², heights in m, each known for some only; `leased_share` 0–1",
    "roads": "centrelines cut at crossings; `status` built/under construction/planned; progress in percent",
    "road_surfaces": "road land between the red lines, one or more polygons per road piece",
    "water": "water mains; diameter in mm; `status` in_service/under_construction/planned",
    "rain": "rain sewers, as above",
    "sewage": "foul sewers, as above",
    "telecom": "telecom ducts, as above",
    "gas": "gas mains, as above",
    "heat": "steam and hot-water mains, as above",
    "power_lines": "10 kV feeders (circuits I, II) and 110 kV lines; `from_id`, `to_id` are substations",
    "substations": "voltage in kV, capacity in MVA",
    "facilities": "works on utility land, and bus stops; capacity in the usual unit of each kind",
    "green": "cover: 公园绿地 parks, 防护绿地 belts, 广场绿地 squares, 道路绿化 verges, 附属绿地 lawns",
    "boundary_approved": "the approved boundary (核准), two blocks",
    "boundary_planned": "the planned boundary (规划)",
    "phases": "first, second and third phase (一期/二期/三期)",
    "works": "public works as lines and points; money in 万元, `percent` done, `due_date`",
    "levelled": "levelled ground; `status` done/under way, area in mu",
    "watercourses": "axes of river and canal; width in m",
}


def source_text(layers: dict[str, gpd.GeoDataFrame], seed: int) -> str:
    """Account for the sample: how it was made, what is in it, and that it may be used for anything."""
    gdal = ".".join(str(part) for part in pyogrio.__gdal_version__)
    geos = shapely.geos_version_string
    lines = [
        "# The sample study",
        "",
        "A fictional industrial park, 永安工业集聚区 (Yong'an industrial area). **Nothing here is real**:",
        "the ground, the names of places, roads and companies, the dates and the figures are invented by",
        "a program; any likeness is chance.",
        "",
        f"- Made by `python scripts/make_sample.py`, seed {seed}; the same versions give the same bytes",
        f"  on the same kind of processor (these: GDAL {gdal}, GEOS {geos}).",
        "- Coordinates: EPSG:4549 (CGCS2000, 3-degree Gauss-Krüger, central meridian 120°E), metres.",
        "- Licence: none needed. No data of others are in it; use it for any purpose.",
        "- Reference date: 2025-12-31.",
        "",
        "## Files",
        "",
        "| file | holds |",
        "|---|---|",
        "| `plan.toml` | the study: which layers, columns, units and services |",
        "| `park.gpkg` | the layers below |",
        "| `register.xlsx` | sheet `宗地台账`: the parcel register; areas in mu, money in 万元, text keys |",
        "| `park-rules.toml` | a rule pack of the park's own, as invented as the rest |",
        "| `intensity.csv` | the table of least investment by industry and grade of land that it names |",
        "| `batches.csv` | land conversion batches (农转用批次) with stage, date, area in mu and shape; two overlap |",
        "| `works.csv` | `works` as the office lists them (在建工程): with kind, services, start, completion |",
        "| `land_bank.csv` | parcels that the land bank holds (储备) |",
        "| `dem.tif` | heights in m, 12 m cells, float32, nodata −9999 |",
        "",
        "The register has the faults of a real one: parcels with two rows (two enterprises), rows without a",
        "parcel, works without a row, areas that differ from the drawing, and cells with only a slash.",
        "",
        "## Layers of `park.gpkg`",
        "",
        "| layer | geometry | rows | holds | fields |",
        "|---|---|---|---|---|",
    ]
    for name, frame in layers.items():
        kinds = "/".join(sorted(set(frame.geom_type.str.replace("Multi", ""))))
        fields = ", ".join(f"`{c}`" for c in frame.columns if c != "geometry")
        lines.append(f"| `{name}` | {kinds} | {len(frame)} | {HOLDS[name]} | {fields} |")
    lines += [
        "",
        "Suffixes give the unit: `_m` metre, `_m2` square metre, `_mm` millimetre, `_mu` 亩 (2000/3 m²),",
        "`_wan` 万元 (10,000 yuan), `_kv` kilovolt, `_mva` megavolt-ampere, `_share` 0–1, `pct_` percent.",
        "",
    ]
    return "\n".join(lines)
