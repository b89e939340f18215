"""The shade of each cell of a matrix: its colours on a terminal, or a symbol beside its number."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from rich.text import Text

from attncli.calculation.algebra.layouts import Booleans
from attncli.calculation.problem.shown import ShownMatrix
from attncli.records import record
from attncli.render.heat import SYMBOLS, Heat, heat_of
from attncli.render.numbers import number_text
from attncli.render.view import View

MASKED = "·"  # the mark of a masked cell
LEGEND = 20  # characters of the ramp in a legend
UPPER, LOWER = "▀", "▄"  # half a character


@record(frozen=True)
class Shading:
    """The look of the cells of one matrix; `heat` is None if they have no shade.

    `has_colors` is true if cells are painted, and false if they have symbols.
    """

    heat: Heat | None
    view: View
    has_colors: bool

    @staticmethod
    def of(shown: ShownMatrix, hidden: Booleans, view: View) -> Shading:
        """Return the shading of a matrix of which the mask hides some cells."""
        has_colors = view.color is not None and view.heat in ("weights", "all")
        is_wanted = view.compact or has_colors or view.heat not in ("weights", "off")
        is_shaded = view.compact or view.heat == "all" or shown.step.operation.shows_attention
        if not (is_wanted and is_shaded):
            return Shading(None, view, False)
        return Shading(heat_of(shown.cells[~hidden].tolist()), view, has_colors)

    @property
    def needs_two(self) -> bool:
        """True if a mark must have two characters: one of them is the sign of the number."""
        return self.heat is not None and self.heat.is_signed and not self.has_colors

    def cell(self, text: str, number: float, is_hidden: bool) -> Text:
        """Return the cell of a table with a number that is written as `text`."""
        if self.heat is None:
            return Text(f" {text} ")
        if self.has_colors:
            return Text(f" {text} ", self._style(number, is_hidden))
        return Text(f" {text} {MASKED if is_hidden else self.heat.symbol(number)} ")

    def mark(self, number: float, is_hidden: bool, width: int) -> Text:
        """Return the mark of a number: a painted blank or a symbol, `width` characters wide."""
        if is_hidden or isnan(number):
            return Text((MASKED if is_hidden else "?").ljust(width), "dim")
        if self.has_colors or self.heat is None:
            return Text(" " * width, self._style(number, is_hidden))
        symbol = self.heat.symbol(number)
        return Text("-" + symbol if number < 0 and symbol != SYMBOLS[0] else symbol * width)

    def halves(self, cells: Sequence[tuple[float, bool]]) -> Text:
        """Return one character for two cells, one above the other, or for one cell alone.

        A cell is a number, and True if a mask hides it.
        """
        upper, lower = (
            self._style(*cell).partition(" on ")[2] for cell in (*cells, (0.0, False))[:2]
        )
        if upper:
            return Text(UPPER, f"{upper} on {lower}" if lower else upper)
        if lower:
            return Text(LOWER, lower)
        return Text(MASKED if all(is_hidden for _, is_hidden in cells) else " ", "dim")

    def legend(self, has_hidden: bool) -> Text:
        """Return a line that says which numbers the marks stand for."""
        if self.heat is None:
            return Text()
        most = self.heat.most
        least = -most if self.heat.is_signed else 0.0
        legend = Text()
        if self.has_colors:
            legend.append(f"{number_text(least)} ")
            for place in range(LEGEND):
                number = least + (most - least) * place / (LEGEND - 1)
                legend.append_text(self.mark(number, False, 1))
            legend.append(f" {number_text(most)}")
        else:
            fifths = [number_text(most * level / len(SYMBOLS)) for level in range(1, len(SYMBOLS))]
            first, *others = zip(SYMBOLS[1:], fifths, strict=True)
            named = ", ".join(f"{symbol} {start}" for symbol, start in others)
            legend.append(f"{first[0]} from {first[1]}, {named} to {number_text(most)}")
            legend.append(", -░ to -█ below 0" if self.heat.is_signed else "")
        legend.append(f", {MASKED} masked" if has_hidden else "")
        return legend

    def _style(self, number: float, is_hidden: bool) -> str:
        """Return the colours of a number; a masked number is dim and has no background."""
        if self.heat is None or self.view.color is None:
            return ""
        return "dim" if is_hidden else self.heat.style(number, self.view.is_dark, self.view.color)
