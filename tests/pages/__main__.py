"""Write the golden files of pages: `python -m tests.pages`, where Chromium is installed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.pages.conftest import SNAPSHOTS, browser_file, launched
from tests.running import GOLDEN, run

if __name__ == "__main__":
    with TemporaryDirectory() as folder, launched(browser_file() or "chromium") as browser:
        for name, (sample, answer, address) in SNAPSHOTS.items():
            file = Path(folder) / f"{name}.html"
            command = (
                ["check", f"sample:{sample}", answer] if answer else ["compute", f"sample:{sample}"]
            )
            run(*command, "-o", str(file))
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(file.as_uri() + address)
            page.locator("td.current").wait_for()
            found = page.locator("body").aria_snapshot() + "\n"
            (GOLDEN / f"pages/{name}.yml").write_text(found, encoding="utf-8")
