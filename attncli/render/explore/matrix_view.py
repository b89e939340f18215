"""The matrix on the screen: a cursor, highlighted operands, heat, and labels that stay in sight."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Set as AbstractSet
from itertools import accumulate
from typing import ClassVar

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from attncli.render.explore.answer_marks import WRONG
from attncli.render.explore.keys import KEYS
from attncli.render.explore.number_grid import NumberGrid
from attncli.render.heat import Heat

AROUND = 2  # the space on both sides of a cell: the marks of the cursor and of operands
CURSOR, OPERAND, PLAIN = ("[", "]"), ("‹", "›"), (" ", " ")


class MatrixView(ScrollView, can_focus=True, inherit_bindings=False):
    """A matrix of any size: only the visible cells are formatted.

    The row of the column labels and the column of the row labels do not scroll.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"matrix--wrong", "matrix--follows"}
    DEFAULT_CSS = """
    MatrixView {
        .matrix--wrong { color: $text-error; text-style: bold; }
        .matrix--follows { color: $text-warning; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            key.keys, f"app.{key.action}", key.short, key.is_in_footer, key.shown, tooltip=key.help
        )
        for key in KEYS
    ]

    class Chosen(Message):
        """The user has clicked on a cell."""

        def __init__(self, row: int, column: int) -> None:
            super().__init__()
            self.row, self.column = row, column

    def __init__(self) -> None:
        super().__init__()
        self._grid = NumberGrid(np.zeros((1, 1)), [""], [""])
        self._heat = Heat(0.0)
        self._cursor = (0, 0)
        self._operands: AbstractSet[tuple[int, int]] = frozenset()
        self._ends = [0]
        self.is_heated = True

    def show(
        self, grid: NumberGrid, cursor: tuple[int, int], operands: AbstractSet[tuple[int, int]]
    ) -> None:
        """Show a matrix with the cursor in a cell, and these operands highlighted."""
        if grid is not self._grid:
            self._grid, self._heat = grid, grid.heat()
            self._measure()
            self.call_after_refresh(self._scroll_to_cursor)  # its scroll bars are made by then
        self._cursor, self._operands = cursor, operands
        self._scroll_to_cursor()
        self.refresh()

    @property
    def page(self) -> int:
        """The number of rows on the screen."""
        return max(1, self.scrollable_content_region.height - 1)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._scroll_to_cursor()

    def on_click(self, event: events.Click) -> None:
        """Report the cell under the mouse."""
        grid = self._grid
        offset = event.get_content_offset(self)
        if offset is None or offset.y == 0:
            return
        row = offset.y - 1 + self.scroll_offset.y
        column = bisect_right(self._ends, offset.x - self._side + self.scroll_offset.x)
        if offset.x >= self._side and row < grid.shape[0] and column < grid.shape[1]:
            self.post_message(self.Chosen(row, column))

    def render_line(self, y: int) -> Strip:
        """Return a line of the visible part: the labels of the columns, or a row."""
        grid, style = self._grid, self.rich_style
        width = self.scrollable_content_region.width
        row = y - 1 + self.scroll_offset.y
        if row >= grid.shape[0]:
            return Strip.blank(width, style)
        label = "" if y == 0 else grid.rows[row]
        emphasis = Style(bold=True) if y and row == self._cursor[0] else Style(dim=True)
        side = Segment(set_cell_size(label, self._side), style + emphasis)
        left, room = self.scroll_offset.x, width - self._side
        first, last = bisect_right(self._ends, left), bisect_right(self._ends, left + room)
        columns = range(first, min(last + 1, grid.shape[1]))
        paint = self._label if y == 0 else self._cell
        segments = [segment for column in columns for segment in paint(row, column, style)]
        start = self._ends[first - 1] if first else 0
        body = Strip(segments).crop_extend(left - start, left - start + room, style)
        return Strip([side, *body], width)

    def _label(self, _: int, column: int, style: Style) -> list[Segment]:
        """Return the label of a column, above the ends of its numbers."""
        label = self._grid.columns[column].label
        emphasis = Style(bold=True) if column == self._cursor[1] else Style(dim=True)
        blank = " " * (self._width(column) - 1 - cell_len(label))
        return [Segment(f"{blank}{label} ", style + emphasis)]

    def _cell(self, row: int, column: int, style: Style) -> list[Segment]:
        """Return a cell between its marks: the number, and the number of an answer beside it."""
        place = (row, column)
        number, beside = self._grid.cell(row, column)
        if self.app.no_color:
            number += self._heat.symbol(float(self._grid.numbers[place])) if self.is_heated else " "
        if cell_len(number) + cell_len(beside) > self._width(column) - AROUND:
            self.call_after_refresh(self._grow)
        left, right = PLAIN
        if place in self._operands:
            left, right = OPERAND
            style += Style(bold=True, underline=True)
        if place == self._cursor:
            left, right = CURSOR
            style += Style(bold=True, reverse=True)
            return [Segment(f"{left}{number}{beside}{right}", style)]
        heat = style + self._heat_style(place)
        if not beside:
            return [Segment(f"{left}{number}{right}", heat)]
        kind = "matrix--wrong" if beside.startswith(f" {WRONG}") else "matrix--follows"
        marked = style + self.get_component_rich_style(kind, partial=True)
        return [Segment(f"{left}{number}", heat), Segment(f"{beside}{right}", marked)]

    def _heat_style(self, place: tuple[int, int]) -> Style:
        """Return the colours of a number."""
        if not self.is_heated:
            return Style()
        colors = self.app.console.color_system or "standard"
        is_dark = self.app.current_theme.dark
        number = float(self._grid.numbers[place])
        return Style.parse(self._heat.style(number, is_dark, colors))

    @property
    def _side(self) -> int:
        """The width of the row labels; on a tiny screen they leave half of it to the numbers."""
        return min(self._grid.label_width, self.scrollable_content_region.width // 2)

    def _width(self, column: int) -> int:
        return self._ends[column] - (self._ends[column - 1] if column else 0)

    def _measure(self) -> None:
        more = AROUND + self.app.no_color  # without colours, a symbol stands behind each number
        self._ends = list(accumulate(column.width + more for column in self._grid.columns))
        self.virtual_size = Size(self._grid.label_width + self._ends[-1], self._grid.shape[0] + 1)

    def _grow(self) -> None:
        """Make room for cells that were wider than their column."""
        self._measure()
        self.refresh()

    def _scroll_to_cursor(self) -> None:
        """Scroll so far that the whole cell of the cursor is in sight."""
        row, column = self._cursor
        region = self.scrollable_content_region
        rows, width = region.height - 1, region.width - self._side
        start, end = self._ends[column] - self._width(column), self._ends[column]
        x, y = self.scroll_offset
        x = min(max(x, end - width), start)
        y = min(max(y, row - rows + 1), row)
        self.scroll_to(x, y, animate=False, force=True, immediate=True)
