"""A trace as tables for people: a step, its formula and shape, and its numbers, none of them cut.

A matrix wider than the screen is broken into blocks of columns; a long one is elided, with a line
that says how much. Text of the user reaches rich only as `Text`, never as markup.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from rich import box
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from attncli.calculation.algebra.layouts import Array, Axis, Layout
from attncli.calculation.algebra.plan import Step, Trace
from attncli.calculation.names.known_names import last_of
from attncli.calculation.problem.problem import Problem, Result
from attncli.records import record
from attncli.render.console import TextConsole
from attncli.render.numbers import number_text
from attncli.render.view import View
from attncli.render.wrapped_columns import wrap_columns

EDGE = 10  # rows, columns or slices that stay at each end of what is elided
MOST = 24  # more than this many are elided
GAP = -1  # stands for what is left out
ROW_GAP, COLUMN_GAP = "⋮", "…"
PADDING = 2  # the spaces around a label; cells bring their own


def draw_trace(result: Result, view: View) -> str:
    """The steps of a result as text, for a screen or a file."""
    console = TextConsole(view)
    TraceTables(console, result.problem, view).print_steps(result.trace, result.names)
    return console.text


def _formula(step: Step, layout: Layout) -> str:
    """How a step comes about; names of its own sublayer are short: `self.scores = Q Kᵀ`."""
    scope = step.name.removesuffix(last_of(step.name))
    formula = step.operation.formula(layout)
    return re.sub(rf"(?<![\w.]){re.escape(scope)}", "", formula) if scope else formula


@record(frozen=True)
class TraceTables:
    """Tables on a console, of one problem, as one person wants to see them."""

    console: Console
    problem: Problem
    view: View

    def print_steps(self, trace: Trace, names: Collection[str]) -> None:
        """Title and note, then every step of these names with the number it has in the plan."""
        choices = self.problem.choices
        lead = list(filter(None, (Text(choices.title, "bold"), Text(choices.note, "italic"))))
        for line in lead:
            self._print_line(line)
        written = trace.written(names)
        is_first = not lead
        for number, step in enumerate(trace.plan.steps, 1):
            if step.name in written:
                heading = Text.assemble(
                    (f"{number}  {step.name} ", "bold cyan"),
                    f"= {_formula(step, trace.plan.layout)}   ",
                    (trace.plan.shape(step), "dim"),
                )
                if not is_first:
                    self.console.print()
                is_first = False
                self._print_line(heading)
                self._print_matrix(step, written[step.name])

    def _print_line(self, text: Text) -> None:
        for line in wrap_words(text, self.view.width):
            self.console.print(line, soft_wrap=True)

    def _print_matrix(self, step: Step, matrix: Array) -> None:
        """A table for each slice; then what was left out, if anything."""
        *leading, rows, columns = step.axes
        if step.role in self.problem.layout.swapped:
            rows, columns = columns, rows
        shaded = step.operation.makes_weights
        indices = list(np.ndindex(matrix.shape[:-2]))
        for position in self._shown(len(indices)):
            if position == GAP:
                continue
            if position:
                self.console.print()
            if leading:
                where = self.problem.where(leading, indices[position])
                self._print_line(Text(f"   {where}", "italic"))
            self._print_slice(matrix[indices[position]], rows, columns, shaded)
        counted = (("tables", len(indices)), ("rows", rows.size), ("columns", columns.size))
        left_out = [
            f"{size - 2 * EDGE} of {size} {kind}"
            for kind, size in counted
            if GAP in self._shown(size)
        ]
        if left_out:
            self._print_line(Text(f"   left out: {', '.join(left_out)} (--full shows them)", "dim"))

    def _print_slice(self, matrix: Array, row_axis: Axis, column_axis: Axis, shaded: bool) -> None:
        """One matrix, in blocks of columns where it is wider than the screen."""
        rows, columns = self._shown(row_axis.size), self._shown(column_axis.size)
        row_labels = self._labels(row_axis, rows, ROW_GAP)
        column_labels = self._labels(column_axis, columns, COLUMN_GAP)
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

    def _labels(self, axis: Axis, positions: list[int], gap: str) -> list[str]:
        return [gap if at == GAP else self.problem.label(axis, at) for at in positions]

    def _shown(self, size: int) -> list[int]:
        """The positions that are drawn, with GAP where some are left out."""
        if self.view.full or size <= MOST:
            return list(range(size))
        return [*range(EDGE), GAP, *range(size - EDGE, size)]

    def _cell(self, number: float, shaded: bool) -> Text:
        text = number_text(float(number), self.view.precision)
        return Text(f" {text} ", _shade(number) if shaded else "")


def wrap_words(text: Text, width: int | None) -> Iterator[Text]:
    """Lines that fit the width, broken between words; a shape, or a wider word, stays whole."""
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
    """Rows and columns under their labels, in as many tables as a screen of this width needs.

    The cells bring the spaces around them, the labels do not.
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
    """From violet to yellow as the weight grows; exact zeros stay plain."""
    if not 0 < weight <= 1:
        return Style()
    place = float(weight) * (len(VIRIDIS) - 1)
    lower = min(int(place), len(VIRIDIS) - 2)
    pair = zip(VIRIDIS[lower], VIRIDIS[lower + 1], strict=True)
    mixed = (round(a + (b - a) * (place - lower)) for a, b in pair)
    ink = Color.from_rgb(255, 255, 255) if weight < 0.6 else Color.from_rgb(0, 0, 0)
    return Style(color=ink, bgcolor=Color.from_rgb(*mixed))
