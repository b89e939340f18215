"""Draws the README's picture: `python -m tests.picture` writes tests/golden/self_attention.svg."""

from __future__ import annotations

import shlex
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.running import succeed

PICTURE = Path("tests/golden/self_attention.svg")
COMMAND = "attncli compute sample:self_attention --only scores,scaled,weights,output"
WIDTH = 80


def draw_picture() -> str:
    """Return the SVG of a terminal that shows the command and its output."""
    arguments = (*shlex.split(COMMAND)[1:], "--color", "always")
    shown = succeed(*arguments, width=WIDTH, colors="truecolor").stdout
    console = Console(
        file=StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="truecolor"
    )
    console.print(Text(f"$ {COMMAND}", "bold"), soft_wrap=True)
    console.print(Text.from_ansi(shown), soft_wrap=True)
    return console.export_svg(title="attncli")


if __name__ == "__main__":
    PICTURE.write_text(draw_picture(), encoding="utf-8")
