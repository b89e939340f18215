"""A picture of a terminal as SVG, which shows the tables for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from attncli.records import replace
from attncli.render.view import View

# The template of rich loads its font from a server. Without these rules the picture loads nothing:
# it has the font if it is installed, and else another one of fixed width.
TEMPLATE = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
WIDTH = 100  # characters: the least width of the terminal


def draw_terminal(writer: Callable[..., str | bytes], asked: object, view: View) -> str:
    """Return a picture of the text that `writer` returns for a result, as SVG.

    If the view has no width, the terminal is as wide as the longest line, so that no line breaks.
    """
    colored = replace(view, color="truecolor", is_dark=True)
    if view.width is None:
        lines = str(writer(asked, replace(view, color=None))).split("\n")
        colored = replace(colored, width=max(WIDTH, *map(cell_len, lines)))
    return terminal_svg(str(writer(asked, colored)))


def terminal_svg(text: str, title: str = "attncli") -> str:
    """Return a picture of a terminal, as wide as the text, which holds escape sequences."""
    shown = Text.from_ansi(text.rstrip("\n"))
    width = max(cell_len(line) for line in shown.plain.split("\n"))
    console = Console(
        file=StringIO(), record=True, width=width, force_terminal=True, color_system="truecolor"
    )
    # The last line is empty: rich forgets the clip path of the last line, and it is a margin.
    console.print(shown, soft_wrap=True, end="\n\n")
    return console.export_svg(title=title, code_format=TEMPLATE)
