"""Fonts with Chinese letters: which of those that systems bring is there."""

from __future__ import annotations

from functools import cache

from gisplan.errors import GisplanError

#: Families with Chinese letters, as Windows, macOS and Linux bring them, the plainest first.
CHINESE = (
    "Microsoft YaHei", "SimHei", "DengXian", "SimSun", "PingFang SC", "Heiti SC", "STHeiti", "Songti SC",
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans CJK JP",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "AR PL UMing CN", "AR PL UKai CN",
    "Arial Unicode MS",
)  # fmt: skip

#: Latin letters; matplotlib brings it.
LATIN = "DejaVu Sans"


@cache
def families() -> tuple[str, ...]:
    """Font families to write with, each letter with the first that has it.

    Raises
    ------
    GisplanError
        No installed font has Chinese letters.
    """
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    found = next((name for name in CHINESE if name in there), None)
    if found is None:
        raise GisplanError(
            "figures: no font with Chinese letters is installed. Install one, e.g. `apt install fonts-noto-cjk` "
            "(Windows and macOS bring one), then delete matplotlib's font list: python -c \"import matplotlib; "
            'print(matplotlib.get_cachedir())" says where it lies.'
        )
    return LATIN, found
