"""Draws the README's picture: `python -m tests.picture` writes tests/golden/self_attention.svg."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from attncli.cli.problem_arguments import gather
from attncli.face.functions import compute
from attncli.render.trace_tables import TraceTables
from attncli.render.view import View

PICTURE = Path("tests/golden/self_attention.svg")
ARGUMENTS = ("samples/self_attention.json",)
CHOICES = {"tokens": "one,two,three", "title": ""}
STEPS = ("Q,scores,scaled,weights,output",)


def draw_picture() -> str:
    """The SVG that rich writes of the program's own tables."""
    console = Console(
        file=StringIO(), record=True, width=72, force_terminal=True, color_system="truecolor"
    )
    result = compute(gather(ARGUMENTS, dict(CHOICES)), only=STEPS).made
    TraceTables(console, result.problem, View(width=72, color="truecolor")).print_steps(
        result.trace, result.names
    )
    return console.export_svg(title="attncli compute samples/self_attention.json")


if __name__ == "__main__":
    PICTURE.write_text(draw_picture(), encoding="utf-8")
