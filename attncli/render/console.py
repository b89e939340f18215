"""A console that prints into a string: tables as wide as they are, in the colours of a view."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from attncli.render.view import View

# The styles that all views share, by the screen: the usual palettes have a cyan, a yellow and a
# green that cannot be read on white, and a red and a yellow that are hard to read on black.
ON_DARK = {
    "name": "bold cyan",
    "code": "cyan",
    "good": "green",
    "success": "bold green",
    "caution": "bright_yellow",
    "bad": "bold bright_red",
}
ON_LIGHT = {
    **ON_DARK,
    "name": "bold blue",
    "code": "blue",
    "good": "color(28)",
    "success": "bold color(28)",
    "caution": "color(130)",
    "bad": "bold red",
}
# Among the 16 colours, no green and no orange can be read on white.
ON_LIGHT_OF_16 = {**ON_LIGHT, "good": "blue", "success": "bold blue", "caution": "magenta"}
WIDE_OPEN = 1_000_000  # characters: rich breaks no line itself, and so cuts no digits


class TextConsole(Console):
    """A console whose output is collected in `text`."""

    def __init__(self, view: View) -> None:
        self._written = StringIO()
        self.view = view
        on_light = ON_LIGHT_OF_16 if view.color == "standard" else ON_LIGHT
        super().__init__(
            file=self._written,
            width=WIDE_OPEN,
            force_terminal=view.color is not None,
            color_system=view.color,
            no_color=view.color is None,
            theme=Theme(ON_DARK if view.is_dark else on_light),
        )

    @property
    def text(self) -> str:
        """The lines, without spaces at their ends."""
        return "\n".join(line.rstrip() for line in self._written.getvalue().split("\n"))

    def print_lines(self, lines: Iterable[Text]) -> None:
        """Print lines as they are."""
        for line in lines:
            self.print(line, soft_wrap=True)

    def say(self, text: str, style: str = "") -> None:
        """Print a sentence, broken between words where the screen ends."""
        self.print(Text(text, style), width=self.view.width)

    def say_below(self, lines: Iterable[str]) -> None:
        """Print sentences, each on a line of its own, below an empty line."""
        self.print()
        for line in lines:
            self.say(line)
