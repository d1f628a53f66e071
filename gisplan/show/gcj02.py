"""GCJ-02, the displaced datum of several Chinese tile servers: the public approximation of its offset."""

from __future__ import annotations

import math

_A, _EE = 6378245.0, 0.00669342162296594323


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Move a place from WGS 84 to where GCJ-02 has it.

    Parameters
    ----------
    lon, lat
        Degrees.

    Returns
    -------
    tuple of float
        Degrees; outside 72.004–137.8347° E, 0.8293–55.8271° N the same as given.
    """
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y = lon - 105, lat - 35
    wave = math.pi * x
    common = 20 * math.sin(6 * wave) + 20 * math.sin(2 * wave)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += 2 / 3 * (common + _series(y, (20, 1), (40, 3), (160, 12), (320, 30)))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += 2 / 3 * (common + _series(x, (20, 1), (40, 3), (150, 12), (300, 30)))
    m = 1 - _EE * math.sin(math.radians(lat)) ** 2
    root = math.sqrt(m)
    return (
        lon + math.degrees(east / (_A / root * math.cos(math.radians(lat)))),
        lat + math.degrees(north / (_A * (1 - _EE) / (m * root))),
    )


def _series(value: float, *waves: tuple[float, float]) -> float:
    return sum(size * math.sin(math.pi * value / period) for size, period in waves)
