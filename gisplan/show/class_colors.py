"""Colours for classes that bring none: as many as there are classes, however many."""

from __future__ import annotations

import colorsys

# Eight that stay apart in every common form of colour blindness (after Okabe and Ito, without black).
_FIRST = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f6f5f")

# The golden angle, as a share of the circle of hues: no two of its multiples come close for long.
_GOLDEN = 0.381966

# Where the hues begin: of 200 places tried, one that keeps 60 classes furthest apart.
_START = 0.99

# Lightness and saturation, in turn, so that neighbours in hue differ in tone as well.
_TONES = ((0.40, 0.80), (0.65, 0.50), (0.82, 0.70), (0.25, 0.60))


def class_color(number: int) -> str:
    """Return the colour of a class: one of eight chosen ones, then steps of the golden angle in four tones.

    Parameters
    ----------
    number
        From 0.
    """
    if number < len(_FIRST):
        return _FIRST[number]
    lightness, saturation = _TONES[number % len(_TONES)]
    red, green, blue = colorsys.hls_to_rgb((_START + number * _GOLDEN) % 1.0, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
