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
NOTHING = (0.0, False)  # the missing cell of a pair
NEXT_ROW = " (lower dots: the next row)"


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

    def pair(self, cells: Sequence[tuple[float, bool]]) -> Text:
        """Return one character for two cells, one above the other, or for one cell alone.

        A cell is a number, and True if a mask hides it. The character is two painted halves, or
        braille dots if there are no colours.
        """
        if all(is_hidden for _, is_hidden in cells):
            return Text(MASKED, "dim")
        if not self.has_colors and self.heat is not None:
            upper, lower = ((0.0 if is_hidden else n) for n, is_hidden in (*cells, NOTHING)[:2])
            return Text("?" if isnan(upper) or isnan(lower) else self.heat.dots(upper, lower))
        above, below = (self._style(*cell).partition(" on ")[2] for cell in (*cells, NOTHING)[:2])
        if above:
            return Text(UPPER, f"{above} on {below}" if below else above)
        return Text(LOWER, below) if below else Text(" ")

    def legend(self, has_hidden: bool, is_paired: bool) -> Text:
        """Return a line that says which numbers the marks stand for.

        `is_paired` is true if a character stands for two rows.
        """
        if self.heat is None:
            return Text()
        legend = self._ramp() if self.has_colors else Text(self._levels(self.heat, is_paired))
        return legend.append(f", {MASKED} masked" if has_hidden else "")

    def _ramp(self) -> Text:
        """Return the colours between their two ends, half as high as the cells above them."""
        heat = self.heat or Heat(0.0)
        least = -heat.most if heat.is_signed else 0.0
        ramp = Text(f"{number_text(least)} ")
        for place in range(LEGEND):
            number = least + (heat.most - least) * place / (LEGEND - 1)
            ramp.append_text(self.pair((NOTHING, (number, False))))
        return ramp.append(f" {number_text(heat.most)}")

    def _levels(self, heat: Heat, is_paired: bool) -> str:
        """Return the smallest number of each symbol, and the largest number."""
        fifth = heat.most / len(SYMBOLS)
        symbols = [(symbol, fifth * at) for at, symbol in enumerate(SYMBOLS) if at]
        below = "-░", "-█"
        if is_paired:
            symbols = heat.dot_ramp(is_negative=False)
            (least, _), *_, (most, _) = heat.dot_ramp(is_negative=True)
            below = least, most
        (first, start), *others = symbols
        named = "".join(f", {symbol} {number_text(number)}" for symbol, number in others)
        text = f"{first} from {number_text(start)}{named} to {number_text(heat.most)}"
        text += f", {' to '.join(below)} below 0" if heat.is_signed else ""
        return text + (NEXT_ROW if is_paired else "")

    def _style(self, number: float, is_hidden: bool) -> str:
        """Return the colours of a number; a masked number is dim and has no background."""
        if self.heat is None or self.view.color is None:
            return ""
        return "dim" if is_hidden else self.heat.style(number, self.view.is_dark, self.view.color)
