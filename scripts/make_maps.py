"""Render the sample into maps/sample/: the files a run writes, and the pictures of the README.

python scripts/make_maps.py        needs the dev extra and a Chromium (the environment of scripts/test.py has the first)
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from environment import ROOT

OUT = ROOT / "maps" / "sample"
KEPT = ("map.html", "zones.csv", "indicators.csv", "parcels.csv", "balance.csv", "issues.csv")


#: Pictures of the page: file → size, and what is chosen or clicked before, as (selector, value or None).
PICTURES: dict[str, tuple[tuple[int, int], list[tuple[str, str | None]]]] = {
    "map.png": ((1400, 900), []),
    "idle.png": (
        (1400, 900),
        [
            ("#gp-preset", "idle"),
            ("#gp-tab-find", None),
            ("#gp-find input", "330500-054-0003"),
            (".gp-list [role=option]", None),
            ("#gp-fit", None),
        ],
    ),
    "compare.png": (
        (1400, 900),
        [("#gp-lang", None), ("#gp-compare", None), ("#gp-compare-beside", None), ("#gp-preset-b", "plot_ratio")],
    ),
}


def take_pictures(page: Path) -> None:
    """Photograph a map page with the network off, once for each of `PICTURES`."""
    from playwright.sync_api import sync_playwright

    browser = next((b for b in map(shutil.which, ("chromium", "google-chrome", "chrome")) if b), None)
    if browser is None:
        sys.exit("The pictures need a Chromium on the path.")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, ((width, height), steps) in PICTURES.items():
            tab = chromium.new_context(viewport={"width": width, "height": height}, offline=True).new_page()
            tab.goto(page.as_uri())
            tab.wait_for_selector("html[data-gisplan=ready]")
            for selector, value in steps:
                where = tab.locator(selector).first
                if value is None:
                    where.click()
                elif where.evaluate("e => e.tagName") == "SELECT":
                    where.select_option(value)
                else:
                    where.fill(value)
                tab.wait_for_timeout(400)
            tab.wait_for_timeout(1500)
            tab.screenshot(path=str(page.with_name(name)))
        chromium.close()


def main() -> None:
    """Run the sample, keep what the repository shows, take the picture."""
    from gisplan.cli import sample
    from gisplan.plan import load_plan
    from gisplan.study import evaluate, write

    fresh = ROOT / "maps" / "yongan"
    write(evaluate(load_plan(sample() / "plan.toml")), fresh)
    OUT.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        shutil.copyfile(fresh / name, OUT / name)
    take_pictures(OUT / "map.html")
    print(f"{OUT}: {', '.join([*KEPT, *PICTURES])}")


if __name__ == "__main__":
    main()
