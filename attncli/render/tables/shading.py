"""The shade of each cell of a matrix: its colours on a terminal, or a symbol beside its number."""

from __future__ import annotations

from rich.text import Text

from attncli.calculation.algebra.layouts import Booleans
from attncli.calculation.problem.shown import ShownMatrix
from attncli.records import record
from attncli.render.heat import Heat, heat_of
from attncli.render.view import View

MASKED = "·"  # the symbol of a masked cell


@record(frozen=True)
class Shading:
    """The look of the cells of one matrix; `heat` is None if they have no shade."""

    heat: Heat | None
    view: View
    symbols: bool

    @staticmethod
    def of(shown: ShownMatrix, hidden: Booleans, view: View) -> Shading:
        """Return the shading of a matrix of which the mask hides some cells."""
        symbols = view.heat == "symbols" or (view.heat == "all" and view.color is None)
        is_shaded = view.heat == "all" or shown.step.operation.shows_attention
        if view.heat == "off" or not is_shaded or not (symbols or view.color):
            return Shading(None, view, False)
        return Shading(heat_of(shown.cells[~hidden].tolist()), view, symbols)

    def cell(self, text: str, number: float, is_hidden: bool) -> Text:
        """Return the cell of a table with a number that is written as `text`."""
        if self.heat is None:
            return Text(f" {text} ")
        if self.symbols:
            return Text(f" {text} {MASKED if is_hidden else self.heat.symbol(number)} ")
        return Text(f" {text} ", self.style(number, is_hidden))

    def style(self, number: float, is_hidden: bool) -> str:
        """Return the colours of a number; a masked number is dim and has no background."""
        if self.heat is None or self.view.color is None:
            return ""
        return "dim" if is_hidden else self.heat.style(number, self.view.is_dark, self.view.color)
