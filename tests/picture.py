"""Draws the README's picture, and the sample page that it links: `python -m tests.picture`."""

from __future__ import annotations

import shlex
from pathlib import Path

from attncli.render.pages.terminal_picture import terminal_svg
from tests.running import succeed

PICTURE = Path("tests/golden/self_attention.svg")
COMMAND = "attncli compute sample:self_attention"
WIDTH = 80
PAGE = Path("tests/golden/two_heads.html")


def draw_picture() -> str:
    """Return the SVG of a terminal that shows the command and its output."""
    arguments = (*shlex.split(COMMAND)[1:], "--color", "always")
    shown = succeed(*arguments, width=WIDTH, colors="truecolor").stdout
    return terminal_svg(f"\x1b[1m$ {COMMAND}\x1b[0m\n{shown}")


def draw_sample_page() -> str:
    """Return the sample page."""
    return succeed("compute", "sample:two_heads", "-f", "html").stdout


if __name__ == "__main__":
    PICTURE.write_text(draw_picture(), encoding="utf-8")
    PAGE.write_text(draw_sample_page(), encoding="utf-8")
