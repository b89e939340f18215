"""Test the page of a class in a real browser: accessibility, its policy, and narrow screens."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize

from attncli.formats import GRADES
from attncli.render.view import View
from tests.drawn_class import drawn_class
from tests.running import PATIENCE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_in_a_class(
    chromium: Browser, tmp_path: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    """The rules of axe-core hold, no page scrolls aside, and nothing else is loaded or refused."""
    file = tmp_path / "class.html"
    file.write_bytes(GRADES["html"].write(drawn_class(), View()))
    viewport: ViewportSize = {"width": width, "height": 800}
    context = chromium.new_context(color_scheme=scheme, viewport=viewport)
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    requested: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(file.as_uri())
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    shades = page.locator("td.h40, td.h30, td.h50").evaluate_all(
        "(cells) => new Set(cells.map((one) => getComputedStyle(one).backgroundColor)).size"
    )
    assert shades == 3
    assert (requested, faults) == ([file.as_uri()], [])
    context.close()
