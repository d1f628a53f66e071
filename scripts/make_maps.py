"""Render the sample into maps/sample/: the files a run writes, and the picture at the top of the README.

python scripts/make_maps.py        needs the dev extra and a Chromium (the environment of scripts/test.py has the first)
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from environment import ROOT

OUT = ROOT / "maps" / "sample"
KEPT = ("map.html", "zones.csv", "indicators.csv", "parcels.csv", "balance.csv", "issues.csv")


def picture(page: Path, file: Path) -> None:
    """Photograph a map page with the network off."""
    from playwright.sync_api import sync_playwright

    browser = next((b for b in map(shutil.which, ("chromium", "google-chrome", "chrome")) if b), None)
    if browser is None:
        sys.exit("The picture needs a Chromium on the path.")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = chromium.new_context(viewport={"width": 1400, "height": 900}, offline=True).new_page()
        tab.goto(page.as_uri())
        tab.wait_for_timeout(2000)
        tab.screenshot(path=str(file))
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
    picture(OUT / "map.html", OUT / "map.png")
    print(f"{OUT}: {', '.join([*KEPT, 'map.png'])}")


if __name__ == "__main__":
    main()
