"""The kernel: the only place where many geometries are worked on at once.

Every function takes and returns numpy arrays in one projected coordinate system in metres. Work is cut into
chunks whose number
does not depend on the number of workers, and chunks are joined in order, so that results do not either.
"""

from gisplan.geometry.borders import Borders, borders
from gisplan.geometry.coverage import Coverage, Grid, coverage
from gisplan.geometry.cut import Cut, cut, owners
from gisplan.geometry.dangles import Dangles, dangles
from gisplan.geometry.duplicates import duplicates
from gisplan.geometry.gaps import Slits, holes, slits, strip_width
from gisplan.geometry.near import reached_share, within
from gisplan.geometry.overlap import Overlaps, multiplicity_cells, overlaps
from gisplan.geometry.parallel import ahead, each, side_by_side, sum_by
from gisplan.geometry.repair import Repaired, repair
from gisplan.geometry.size import ellipsoidal_area, ellipsoidal_length
from gisplan.geometry.slivers import Filled, fill_slivers
from gisplan.geometry.spots import spots
from gisplan.geometry.union import common, covered, signed, united

__all__ = [
    "Borders",
    "Coverage",
    "Cut",
    "Dangles",
    "Filled",
    "Grid",
    "Overlaps",
    "Repaired",
    "Slits",
    "ahead",
    "borders",
    "common",
    "coverage",
    "covered",
    "cut",
    "dangles",
    "duplicates",
    "each",
    "ellipsoidal_area",
    "ellipsoidal_length",
    "fill_slivers",
    "holes",
    "multiplicity_cells",
    "overlaps",
    "owners",
    "reached_share",
    "repair",
    "side_by_side",
    "signed",
    "slits",
    "spots",
    "strip_width",
    "sum_by",
    "united",
    "within",
]
