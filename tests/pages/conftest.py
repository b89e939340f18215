"""A real Chromium for the tests of pages, started once per module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISTAKE = "sample:answers/two_heads/mistake"
# The golden files: the sample, the answer of a report, and the address of the page.
SNAPSHOTS: dict[str, tuple[str, str | None, str]] = {
    "self_attention": ("self_attention", None, "#weights[2,1]"),
    "report": ("two_heads", MISTAKE, "#masked[1,2,head=1]"),
}


def browser_file() -> str | None:
    """Return the path of the machine's browser, or None if it has none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched(file: str) -> Iterator[Browser]:
    """Yield the browser, and close it with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=file, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Yield the browser of the machine; skip the tests without one, except where CI is set."""
    file = browser_file()
    if file is None:
        missing = f"there is no browser: none of {', '.join(NAMES)} is installed"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with launched(file) as browser:
        yield browser
