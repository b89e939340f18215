"""Draw a result as tables for people: each step with its formula, shape and uncut numbers.

A matrix wider than the screen is broken into blocks of columns. A long matrix is elided, and a line
says how much is left out. The user's texts reach rich only as `Text`, never as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich import box
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from attncli.calculation.algebra.layouts import Array, Layout
from attncli.calculation.algebra.plan import Step
from attncli.calculation.names.known_names import last_of
from attncli.calculation.problem.problem import Computation, Problem
from attncli.calculation.problem.shown import ShownMatrix
from attncli.records import record
from attncli.render.console import TextConsole
from attncli.render.numbers import number_text
from attncli.render.tables.wrapped_columns import wrap_columns
from attncli.render.view import View
from attncli.words import shape_text

EDGE = 10  # rows, columns or slices that stay at each end of an elided matrix
MOST = 24  # the largest number of rows, columns or slices that is not elided
GAP = -1  # the position of an elided stretch
ROW_GAP, COLUMN_GAP = "⋮", "…"
PADDING = 2  # the spaces around a label; cells have their own


def draw_trace(result: Computation, view: View) -> str:
    """Return the steps of a result as text, for a screen or a file."""
    console = TextConsole(view)
    TraceTables(console, result.problem, view).print_result(result)
    return console.text


def _formula(step: Step, layout: Layout) -> str:
    """Return the formula of a step; names of the same sublayer are short: `self.scores = Q Kᵀ`."""
    scope = step.name.removesuffix(last_of(step.name))
    formula = step.operation.formula(layout)
    return re.sub(rf"(?<![\w.]){re.escape(scope)}", "", formula) if scope else formula


@record(frozen=True)
class TraceTables:
    """Prints the matrices of one problem on a console, with the look that the view describes."""

    console: Console
    problem: Problem
    view: View

    def print_result(self, result: Computation) -> None:
        """Print title and note, then every matrix with the number of its step in the plan."""
        choices, plan = self.problem.choices, result.trace.plan
        lead = list(filter(None, (Text(choices.title, "bold"), Text(choices.note, "italic"))))
        for line in lead:
            self._print_line(line)
        is_first = not lead
        for shown in result.shown():
            step, shape = shown.step, plan.shape(shown.step)
            if shown.is_part:
                shape = f"{shape_text(shown.matrix.shape)} of {shape}"
            heading = Text.assemble(
                (f"{plan.names.index(step.name) + 1}  {shown.name} ", "bold cyan"),
                f"= {_formula(step, plan.layout)}   ",
                (shape, "dim"),
            )
            if not is_first:
                self.console.print()
            is_first = False
            self._print_line(heading)
            self._print_matrix(shown)

    def _print_line(self, text: Text) -> None:
        for line in wrap_words(text, self.view.width):
            self.console.print(line, soft_wrap=True)

    def _print_matrix(self, shown: ShownMatrix) -> None:
        """Print a table for each slice, then a line on the elided tables, rows and columns."""
        leading = shown.step.axes[:-2]
        slices = list(shown.slices())
        for position in self._shown(len(slices)):
            if position == GAP:
                continue
            if position:
                self.console.print()
            part = slices[position]
            if leading:
                where = self.problem.where(leading, part.index)
                self._print_line(Text(f"   {where}", "italic"))
            self._print_slice(part.cells, shown)
        rows, columns = shown.cells.shape[-2:]
        left_out = [
            f"{size - 2 * EDGE} of {size} {kind}"
            for kind, size in (("tables", len(slices)), ("rows", rows), ("columns", columns))
            if GAP in self._shown(size)
        ]
        if left_out:
            self._print_line(Text(f"   left out: {', '.join(left_out)} (--full shows them)", "dim"))

    def _print_slice(self, matrix: Array, shown: ShownMatrix) -> None:
        """Print one matrix, in blocks of columns where it is wider than the screen."""
        rows, columns = (self._shown(size) for size in matrix.shape)
        row_labels = _some(shown.rows, rows, ROW_GAP)
        column_labels = _some(shown.columns, columns, COLUMN_GAP)
        shaded = shown.step.operation.makes_weights
        cells = [
            [
                self._cell(matrix[row, column], shaded)
                if GAP not in (row, column)
                else Text(f" {ROW_GAP if row == GAP else COLUMN_GAP} ")
                for column in columns
            ]
            for row in rows
        ]
        tables = labelled_tables("", row_labels, column_labels, cells, self.view.width, "dim")
        for i, table in enumerate(tables):
            if i:
                self.console.print()
            self.console.print(table)

    def _shown(self, size: int) -> list[int]:
        """Return the positions that are drawn, with GAP where some are left out."""
        if self.view.full or size <= MOST:
            return list(range(size))
        return [*range(EDGE), GAP, *range(size - EDGE, size)]

    def _cell(self, number: float, shaded: bool) -> Text:
        text = number_text(float(number), self.view.decimals(4))
        return Text(f" {text} ", _shade(number) if shaded else "")


def _some(labels: Sequence[str], positions: Sequence[int], gap: str) -> list[str]:
    return [gap if at == GAP else labels[at] for at in positions]


def wrap_words(text: Text, width: int | None) -> Iterator[Text]:
    """Yield lines that fit the width, broken between words.

    A shape stays on one line, and so does a word that is wider than the line.
    """
    starts = [0]
    for word in re.finditer(r"\s*\S+(?: × \d+)*\s*", text.plain):
        line = text.plain[starts[-1] : word.end()].rstrip()
        if width is not None and cell_len(line) > width and word.start() > starts[-1]:
            starts.append(word.start())
    yield from text.divide(starts[1:])


def labelled_tables(
    corner: str,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    cells: Sequence[Sequence[Text]],
    screen: int | None,
    style: str = "",
) -> Iterator[Table]:
    """Yield the tables that these rows and columns need on a screen of this width in characters.

    `corner` is the heading of the row labels. `cells` already have spaces around them; labels do
    not. One table holds all columns if `screen` is None.
    """
    side = PADDING + max(map(cell_len, [corner, *row_labels]))
    widths = [
        max(PADDING + cell_len(label), *(row[column].cell_len for row in cells))
        for column, label in enumerate(column_labels)
    ]
    for run in wrap_columns(widths, side, screen):
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
        table.add_column(Text(corner and f" {corner} "), width=side, no_wrap=True)
        for label, width in zip(column_labels[run], widths[run], strict=True):
            heading = Text(f" {label} ", style)
            table.add_column(heading, width=width, justify="right", no_wrap=True)
        for label, row in zip(row_labels, cells, strict=True):
            table.add_row(Text(f" {label} ", style), *row[run])
        yield table


# Five colours of the map viridis, evenly spaced: as legible on dark screens as on light ones.
VIRIDIS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))


def _shade(weight: float) -> Style:
    """Return a colour between violet for 0 and yellow for 1; an exact 0 has no colour."""
    if not 0 < weight <= 1:
        return Style()
    place = float(weight) * (len(VIRIDIS) - 1)
    lower = min(int(place), len(VIRIDIS) - 2)
    pair = zip(VIRIDIS[lower], VIRIDIS[lower + 1], strict=True)
    mixed = (round(a + (b - a) * (place - lower)) for a, b in pair)
    ink = Color.from_rgb(255, 255, 255) if weight < 0.6 else Color.from_rgb(0, 0, 0)
    return Style(color=ink, bgcolor=Color.from_rgb(*mixed))
