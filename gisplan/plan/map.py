"""What the plan says of the map."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from gisplan.plan.basemap import Basemap, as_table
from gisplan.plan.values import Model


class MapOptions(Model):
    """How the map is made; ``basemap`` is what lies under it, nothing by default."""

    basemap: Annotated[Basemap, BeforeValidator(as_table)] | None = None
