"""A result → files people open; and the map's parts for those who draw with folium.

`draw_map` makes a `StudyMap`, which is written as a page, an iframe or a fragment of another page. `feature_layer`
makes a layer that can be added to any `folium.Map`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gisplan.show.embed import StudyMap as StudyMap
    from gisplan.show.embed import assets_block as assets_block
    from gisplan.show.map_layers import MapClass as MapClass
    from gisplan.show.map_layers import MapColouring as MapColouring
    from gisplan.show.map_layers import MapColumn as MapColumn
    from gisplan.show.map_layers import MapLayer as MapLayer
    from gisplan.show.map_layers import feature_layer as feature_layer
    from gisplan.show.map_parts import FeatureLayer as FeatureLayer
    from gisplan.show.page import OfflineFigure as OfflineFigure
    from gisplan.show.page import OfflineMap as OfflineMap
    from gisplan.show.webmap import MapIndicator as MapIndicator
    from gisplan.show.webmap import MapPreset as MapPreset
    from gisplan.show.webmap import draw_map as draw_map

# Folium takes a while to load, and most commands draw nothing.
_PUBLIC = {
    "StudyMap": "embed",
    "assets_block": "embed",
    "MapClass": "map_layers",
    "MapColouring": "map_layers",
    "MapColumn": "map_layers",
    "MapLayer": "map_layers",
    "feature_layer": "map_layers",
    "FeatureLayer": "map_parts",
    "OfflineFigure": "page",
    "OfflineMap": "page",
    "MapIndicator": "webmap",
    "MapPreset": "webmap",
    "draw_map": "webmap",
}
__all__ = [
    "FeatureLayer",
    "MapClass",
    "MapColouring",
    "MapColumn",
    "MapIndicator",
    "MapLayer",
    "MapPreset",
    "OfflineFigure",
    "OfflineMap",
    "StudyMap",
    "assets_block",
    "draw_map",
    "feature_layer",
]


def __getattr__(name: str) -> Any:
    """Fetch a public name from the module that holds it."""
    if name in _PUBLIC:
        return getattr(import_module(f"gisplan.show.{_PUBLIC[name]}"), name)
    raise AttributeError(f"module 'gisplan.show' has no attribute {name!r}")
