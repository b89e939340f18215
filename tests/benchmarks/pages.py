"""Measure how long Chromium takes to open a page of 512 tokens, beside one of 12 tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from tests.benchmarks.measuring import Ratio, seconds, show
from tests.pages.conftest import browser_file, launched
from tests.pages.test_page_text import sized
from tests.running import succeed

LONG, SHORT = 512, 12  # tokens
ROUNDS = 5
TIMES = """() => {
    const [page] = performance.getEntriesByType("navigation");
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return {
        "first paint": paint.startTime / 1000,
        "DOM ready": page.domContentLoadedEventEnd / 1000,
        "load": page.loadEventEnd / 1000,
    };
}"""


def opened(browser: Browser, address: str) -> Mapping[str, float]:
    """Return the seconds from the call to each event, the last one being that keys work."""
    page = browser.new_page()

    def open_() -> None:
        page.goto(address)
        page.locator(".panel").wait_for()

    all_of_it = seconds(open_)
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    times: dict[str, float] = page.evaluate(TIMES)
    page.close()
    return {**times, "ready for keys": all_of_it}


def measured(browser: Browser, folder: str) -> Iterator[Ratio]:
    """Measure each event of opening a page with two heads, and all of it beside one second."""
    addresses = {}
    for tokens in (LONG, SHORT):
        file = Path(folder) / f"{tokens}.html"
        document = sized(tokens, 16, heads=2, mask="causal")
        succeed("compute", "-", "-o", str(file), stdin=document)
        addresses[tokens] = file.as_uri()
    rounds = [
        [opened(browser, addresses[tokens]) for tokens in (LONG, SHORT)] for _ in range(ROUNDS)
    ]
    for event in rounds[0][0]:
        ratio = median(long[event] / short[event] for long, short in rounds)
        yield Ratio(f"{LONG} tokens: {event}", f"{SHORT} tokens", ratio, None)
    yield Ratio(
        f"{LONG} tokens: ready for keys",
        "1 s",
        median(long["ready for keys"] for long, _ in rounds),
        1.0,
    )


def main() -> None:
    """Print the table of ratios."""
    with TemporaryDirectory() as folder, launched(browser_file() or "chromium") as browser:
        show("Pages in Chromium", list(measured(browser, folder)))
