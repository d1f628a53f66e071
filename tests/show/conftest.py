"""A headless browser for tests of the map. Its network is cut, and every request and every word it says is kept."""

from __future__ import annotations

import os
import shutil

import pytest
from park_map import study

from gisplan.show.webmap import webmap


@pytest.fixture(scope="module")
def page():
    return webmap(**study())


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        reason = "no Chromium, or no playwright, on this machine"
        if os.environ.get("GISPLAN_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a map; afterwards it must have asked for its own file only, and said nothing."""
    contexts = []

    def show(text, *, width=1400, height=900, before="", touch=False):
        file = tmp_path / "map.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, has_touch=touch)
        tab = context.new_page()
        asked, said = [], []
        tab.on("request", lambda r: asked.append(r.url))
        # What the tests read of canvases makes Chromium warn; that is not the page speaking.
        tab.on("console", lambda m: None if m.text.startswith("Canvas2D: Multiple readback") else said.append(m.text))
        tab.on("pageerror", lambda e: said.append(str(e)))
        tab.add_init_script(before)
        tab.goto(file.as_uri())
        tab.wait_for_selector("html[data-gisplan=ready]", timeout=30_000)
        contexts.append((context, asked, said, file.as_uri()))
        return tab

    yield show
    for context, asked, said, own in contexts:
        context.close()
        assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [own]
        assert said == []
