"""Draw a result as tables for people: each step with its formula, shape and uncut numbers.

Small matrices stand side by side. A matrix wider than the screen is broken into blocks of columns.
A long matrix is elided, and a line says how much is left out. The user's texts reach rich only as
`Text`, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from math import isfinite

from rich.text import Text

from attncli.calculation.algebra.layouts import Array, Booleans
from attncli.calculation.analyses.hidden_cells import hidden_cells
from attncli.calculation.problem.problem import Computation
from attncli.calculation.problem.shown import ShownMatrix
from attncli.records import record
from attncli.render.console import TextConsole
from attncli.render.numbers import aligned, number_text
from attncli.render.tables.compact_grids import MARKS_AT_EDGE, MOST_MARKS, compact_grids, is_paired
from attncli.render.tables.elision import (
    COLUMN_GAP,
    EDGE,
    GAP,
    MOST,
    ROW_GAP,
    gap_sign,
    labels_at,
    left_out_text,
    shown_places,
)
from attncli.render.tables.labelled_tables import table_lines
from attncli.render.tables.shading import Shading
from attncli.render.tables.shelves import HEADING, Block, stacked, wrap_words
from attncli.render.view import View


def draw_trace(result: Computation, view: View) -> str:
    """Return the steps of a result as text, for a screen or a file."""
    console, choices = TextConsole(view), result.problem.choices
    lead = list(filter(None, (Text(choices.title, "bold"), Text(choices.note, "italic"))))
    for text in lead:
        console.print_lines(wrap_words(text, view.width))
    blocks = (TraceTable(result, shown, view).block() for shown in result.shown())
    for at, lines in enumerate(stacked(blocks, view.width)):
        if at or lead:
            console.print()
        console.print_lines(lines)
    return console.text


@record(frozen=True)
class TraceTable:
    """One matrix of a result, with the look that the view describes."""

    result: Computation
    shown: ShownMatrix
    view: View

    def block(self) -> Block:
        """Return the number of the step, its formula and its shape, above its matrix."""
        step, plan = self.shown.step, self.result.trace.plan
        number = f"{plan.names.index(step.name) + 1}  "
        heading = Text.assemble(
            (f"{number}{self.shown.name} ", "name"),
            f"= {plan.formula(step)}   ",
            (self.shown.shape_text(plan), "dim"),
        )
        return Block(heading, self._body(), len(number))

    def _body(self) -> list[Text]:
        """Return the table of each slice, then the legend, and what is left out."""
        hidden = hidden_cells(self.result, self.shown)
        shading = Shading.of(self.shown, hidden, self.view)
        slices = list(self.shown.slices())
        leading = self.shown.step.axes[:-2]
        blocks = (
            Block(
                Text(f"   {self.result.problem.where(leading, slices[at].index)}", "italic"),
                self._slice(slices[at].cells, hidden.reshape(-1, *hidden.shape[-2:])[at], shading),
            )
            for at in self._positions(len(slices), of_cells=False)
            if at != GAP
        )
        parts = stacked(blocks, self.view.width) if leading else [next(blocks).body]
        below = list(self._legend(shading, bool(hidden.any()))) if self.view.compact else []
        lines = _with_gaps(parts)
        painted = below[:1] if shading.has_colors else []  # a broken ramp cannot be read
        widest = max(HEADING, *(line.cell_len for line in (*lines, *painted)))
        width = min(widest, self.view.width) if self.view.width else None
        for line in (*below, *self._left_out(len(slices))):
            lines += wrap_words(line, width, 3)
        return lines

    def _left_out(self, slices: int) -> Iterator[Text]:
        """Yield a line on the elided tables, rows and columns, if there are any."""
        rows, columns = self.shown.cells.shape[-2:]
        counted = (("tables", slices, False), ("rows", rows, True), ("columns", columns, True))
        seen = ((kind, size, self._positions(size, of_cells)) for kind, size, of_cells in counted)
        text = left_out_text((kind, size, len(at) - at.count(GAP)) for kind, size, at in seen)
        if text:
            yield Text(f"   {text}", "dim")

    def _slice(self, matrix: Array, hidden: Booleans, shading: Shading) -> list[Text]:
        """Return the lines of one matrix, in blocks of columns if it is wider than the screen."""
        rows, columns = (self._positions(size) for size in matrix.shape)
        if self.view.compact:
            labels = self._numbered(-2), self._numbers(-1)
            places = rows, columns
            screen = self.view.width and self.view.width - 1
            grids = compact_grids(matrix, hidden, labels, places, shading, screen)
            return [Text(" ").append_text(line) for line in _with_gaps(grids)]
        row_labels = labels_at(self.shown.rows, rows, ROW_GAP)
        column_labels = labels_at(self.shown.columns, columns, COLUMN_GAP)
        cells = [
            self._column(column, rows, matrix, hidden, shading)
            if column != GAP
            else [Text(f" {gap_sign(row, column)} ") for row in rows]
            for column in columns
        ]
        by_row = list(zip(*cells, strict=True))
        parts = table_lines("", row_labels, column_labels, by_row, self.view.width, "dim")
        return _with_gaps(parts)

    def _column(
        self, column: int, rows: Sequence[int], matrix: Array, hidden: Booleans, shading: Shading
    ) -> list[Text]:
        """Return the cells of one column; their decimal points are below one another."""
        shown = [row for row in rows if row != GAP]
        numbers = dict(zip(shown, matrix[shown, column].tolist(), strict=True))
        texts = {row: number_text(number, self.view.precision) for row, number in numbers.items()}
        finite = [row for row in shown if isfinite(numbers[row])]  # -inf has no decimal point
        texts.update(zip(finite, aligned([texts[row] for row in finite]), strict=True))
        cells = {
            row: shading.cell(texts[row], number, bool(hidden[row, column]))
            for row, number in numbers.items()
        }
        return [cells.get(row, Text(f" {ROW_GAP} ")) for row in rows]

    def _numbers(self, axis: int) -> list[str]:
        """Return the number of each row (axis −2) or column (−1), counted from 1."""
        return [str(at + 1) for at in self.shown.places[axis]]

    def _numbered(self, axis: int) -> list[str]:
        """Return the number of each row or column, with its label behind it if it has one."""
        labels = (self.shown.row_labels, self.shown.column_labels)[axis]
        numbers = self._numbers(axis)
        side = max(map(len, numbers))
        pairs = zip_longest(numbers, labels, fillvalue="")
        return [f"{number:>{side}} {label}".rstrip() for number, label in pairs]

    def _legend(self, shading: Shading, has_hidden: bool) -> Iterator[Text]:
        """Yield the meaning of the marks, and the labels of columns that are not those of rows."""
        shown = self.shown
        in_pairs = is_paired(self._positions(shown.cells.shape[-2]))
        yield Text("   ").append_text(shading.legend(has_hidden, in_pairs))
        if shown.column_labels and shown.column_labels != shown.row_labels:
            columns = ", ".join(map(str.strip, self._numbered(-1)))
            yield Text(f"   columns: {columns}", "dim")

    def _positions(self, size: int, of_cells: bool = True) -> list[int]:
        """Return the positions that are drawn, with GAP where some are left out.

        They are rows or columns, or else tables, of which a screen holds fewer.
        """
        is_compact = of_cells and self.view.compact
        most, edge = (MOST_MARKS, MARKS_AT_EDGE) if is_compact else (MOST, EDGE)
        return shown_places(size, self.view.full, most, edge)


def _with_gaps(parts: Iterable[Sequence[Text]]) -> list[Text]:
    """Return the lines of all parts, with an empty line between two parts."""
    lines: list[Text] = []
    for part in parts:
        lines += [*([Text()] if lines else []), *part]
    return lines
