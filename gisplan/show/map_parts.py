"""What gisplan adds to a folium map: a layer drawn by its own script, and the side panel."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import folium
from branca.element import MacroElement
from folium.template import Template

from gisplan.show.assets import SCRIPTS, STYLES, own
from gisplan.show.page import Data, Script, Style, escape, json_text
from gisplan.show.payload import as_text


class FeatureLayer(folium.map.Layer):
    """A folium layer drawn by gisplan; it can be added to any `folium.Map`.

    `gisplan.show.feature_layer` makes one of a table. It carries what draws it; the map brings Leaflet. Clicking a
    feature shows its card.

    Parameters
    ----------
    payload
        Made by `gisplan.show.payload.encode`; the header's ``meta`` holds names, classes and columns.
    key
        Id in the page; letters and digits, unique on the map.
    name
        Name for folium's layer control.
    bounds
        West, south, east, north in degrees, or None when nothing is drawn.
    show
        Whether the map opens with it.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gisplan.layer({{ this.data_key|tojson }}, {});"
        "{% endmacro %}"
    )

    def __init__(
        self, payload: bytes, *, key: str, name: str, bounds: Sequence[float] | None, show: bool = True
    ) -> None:
        super().__init__(name=escape(name), overlay=True, show=show)
        self._name, self._id, self.data_key = "FeatureLayer", key, f"data-{key}"
        self._payload, self._bounds, self._given = payload, bounds, name

    def under(self, prefix: str) -> FeatureLayer:
        """Return the same layer, on no map yet, with a prefix to its id.

        Parameters
        ----------
        prefix
            Letters and digits, or nothing.
        """
        return FeatureLayer(self._payload, key=prefix + self._id, name=self._given, bounds=self._bounds, show=self.show)

    @property
    def size(self) -> int:
        """Bytes that its data take in a page."""
        return (len(self._payload) + 2) // 3 * 4

    def digest(self) -> bytes:
        """SHA-256 of all that makes it what it is: what it holds, its id, its name, whether it is shown."""
        about = json_text([self._id, self._given, self.show]).encode("utf-8")
        return hashlib.sha256(about + b"\0" + self._payload).digest()

    def _get_self_bounds(self) -> list[list[float | None]]:
        if self._bounds is None:
            return [[None, None], [None, None]]
        west, south, east, north = self._bounds
        return [[south, west], [north, east]]

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]  # as folium's own layers
        """Add the scripts once per page, the data once per layer, and the layer itself."""
        figure: Any = self.get_root()
        for file in SCRIPTS:
            figure.header.add_child(Script(own(file)), name=f"gisplan_{file}")
        for file in STYLES:
            figure.header.add_child(Style(own(file)), name=f"gisplan_{file}")
        figure.html.add_child(Data(self.data_key, as_text(self._payload)), name=self.data_key)
        super().render(**kwargs)  # type: ignore[no-untyped-call]


class Panel(MacroElement):
    """The side panel: indicator picker, legend, layers, figures of a zone and notes.

    Parameters
    ----------
    config
        What the panel shows, as JSON can hold it.
    zones
        The layer of zones, added to the map before the panel.
    layers
        The other layers, in drawing order.
    prefix
        What the ids of the panel begin with.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "gisplan.panel({{ this._parent.get_name() }}, {{ this.settings|tojson }}, {{ this.zones.get_name() }}, "
        "[{% for layer in this.layers %}{{ layer.get_name() }},{% endfor %}]);"
        "{% endmacro %}"
    )

    def __init__(
        self, config: Mapping[str, Any], *, zones: FeatureLayer, layers: Sequence[FeatureLayer], prefix: str = ""
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id, self.settings = "Panel", f"{prefix}panel", f"{prefix}config"
        self.config, self.zones, self.layers = config, zones, layers

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the panel and its inert settings."""
        settings = Data(self.settings, json_text(self.config), kind="application/json")
        figure: Any = self.get_root()
        figure.html.add_child(settings, name=self.settings)
        super().render(**kwargs)  # type: ignore[no-untyped-call]
