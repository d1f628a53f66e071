"""The kernel: the only place where many geometries are worked on at once.

Every function takes and returns numpy arrays in one projected coordinate system in metres. Work is cut into
chunks whose number
does not depend on the number of workers, and chunks are joined in order, so that results do not either.
"""

from gisplan.geometry.alongside import Facing, facing
from gisplan.geometry.attach import Attached, attach
from gisplan.geometry.borders import Borders, borders
from gisplan.geometry.carriageways import Beside, beside, merged_nodes
from gisplan.geometry.coverage import Coverage, Grid, coverage
from gisplan.geometry.cut import Cut, EdgeRule, cut, owners
from gisplan.geometry.dangles import Dangles, dangles
from gisplan.geometry.duplicates import duplicates
from gisplan.geometry.gaps import Slits, holes, slits, strip_width
from gisplan.geometry.near import reached_by, reached_share, within
from gisplan.geometry.nearest import nearest
from gisplan.geometry.network import Network, build_network
from gisplan.geometry.noding import MEETS_M
from gisplan.geometry.overlap import Overlaps, multiplicity_cells, overlaps
from gisplan.geometry.parallel import ahead, each, side_by_side, sum_by
from gisplan.geometry.reached import barrier_land, land_beside, part_shapes, reached_parts
from gisplan.geometry.repair import Repaired, repair
from gisplan.geometry.routes import Spread, Travel, each_along, nearest_along, spread
from gisplan.geometry.size import ellipsoidal_area, ellipsoidal_length
from gisplan.geometry.slivers import Filled, fill_slivers
from gisplan.geometry.spots import spots
from gisplan.geometry.streets import Streets, faces_between, mean_width, streets
from gisplan.geometry.union import common, covered, signed, united

__all__ = [
    "MEETS_M",
    "Attached",
    "Beside",
    "Borders",
    "Coverage",
    "Cut",
    "Dangles",
    "EdgeRule",
    "Facing",
    "Filled",
    "Grid",
    "Network",
    "Overlaps",
    "Repaired",
    "Slits",
    "Spread",
    "Streets",
    "Travel",
    "ahead",
    "attach",
    "barrier_land",
    "beside",
    "borders",
    "build_network",
    "common",
    "coverage",
    "covered",
    "cut",
    "dangles",
    "duplicates",
    "each",
    "each_along",
    "ellipsoidal_area",
    "ellipsoidal_length",
    "faces_between",
    "facing",
    "fill_slivers",
    "holes",
    "land_beside",
    "mean_width",
    "merged_nodes",
    "multiplicity_cells",
    "nearest",
    "nearest_along",
    "overlaps",
    "owners",
    "part_shapes",
    "reached_by",
    "reached_parts",
    "reached_share",
    "repair",
    "side_by_side",
    "signed",
    "slits",
    "spots",
    "spread",
    "streets",
    "strip_width",
    "sum_by",
    "united",
    "within",
]
