"""The matrices of a page, inputs and steps, and the tables into which they are cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod

import numpy as np

from attncli.calculation.algebra.layouts import Array, Axes, Booleans
from attncli.calculation.analyses.hidden_cells import hidden_cells
from attncli.calculation.problem.problem import Computation, Problem
from attncli.calculation.problem.shown import WORDS, Places, ShownMatrix
from attncli.records import record
from attncli.render.heat import Heat, heat_of
from attncli.render.numbers import aligned_rows, number_text
from attncli.render.pages.cell_tables import (
    CellTable,
    draw_table,
    shown,
    side,
)
from attncli.render.pages.elements import Html, element, join
from attncli.render.pages.heat_styles import heat_class
from attncli.render.pages.overview import draw_overview
from attncli.render.tables.elision import left_out_text
from attncli.render.view import View

Place = tuple[int, ...]  # positions along the axes of a matrix, counted from 0

MASKED = "masked"  # the class of a cell that a mask hides
VECTOR = range(-1, 0)  # the only row of a vector
CAPTIONS = {"batch": "batch entry", "heads": "head"}


@record(frozen=True)
class PageMatrix:
    """A matrix as the user's layout writes it, or the part of it that is shown.

    `places` are the shown places along each of the `axes`, counted from 0, and `cells` the numbers
    there. `rows` and `columns` are labels, and `captions` the words for the leading places, such as
    `head 1`, in their order. `masked` is True for cells that a mask hides; `heat` is the scale of
    their backgrounds, or None for no backgrounds.
    """

    name: str
    axes: Axes
    places: Places
    cells: Array
    rows: Sequence[str]
    columns: Sequence[str]
    captions: Sequence[str] = ("",)
    masked: Booleans | None = None
    heat: Heat | None = None
    is_given: bool = False

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape on paper; a vector has one number."""
        return tuple(axis.size for axis in self.axes[self.places[-2] == VECTOR :])

    def size_of(self, word: str) -> int:
        """Return the number of heads or of batch entries; 1 without such an axis."""
        return next((axis.size for axis in self.axes if WORDS.get(axis.name) == word), 1)

    def tables(self, view: View) -> list[CellTable]:
        """Return the tables that are shown, one for each place along the leading axes."""
        return [
            self._table(at, self.captions[number], view)
            for number, at in _shown_leading(self.cells.shape, view.full)
        ]

    def text(self, at: Place, view: View) -> str:
        """Return the text of the cell at a position."""
        return number_text(float(self.cells[at]), view.precision)

    def sign(self, at: Place) -> str:
        """Return the text behind the number at a position, when decimal points are aligned."""
        return ""

    def look(self, at: Place) -> str:
        """Return the class of the cell at a position, for the style sheet."""
        if self.masked is not None and self.masked[at]:
            return MASKED
        number = float(self.cells[at])
        return heat_class(self.heat, number) if self.heat and number else ""

    def _table(self, at: Place, caption: str, view: View) -> CellTable:
        rows = side(self._numbers(-2), self.rows, view.full)
        columns = side(self._numbers(-1), self.columns, view.full)
        cells = [[(*at, row, column) for column in columns.positions] for row in rows.positions]
        texts = aligned_rows([[self.text(cell, view) for cell in row] for row in cells])
        leading = tuple(places[i] for places, i in zip(self.places, at, strict=False))
        before, after, places = self._around(leading)
        is_elided = rows.is_elided or columns.is_elided
        return CellTable(
            self.name,
            leading,
            places,
            before,
            after,
            rows,
            columns,
            [
                [text + self.sign(cell) for text, cell in zip(*pair, strict=True)]
                for pair in zip(texts, cells, strict=True)
            ],
            [[self.look(cell) for cell in row] for row in cells],
            caption,
            draw_overview(self.cells[at], self.heat) if self.heat and is_elided else Html(),
            self.is_given,
        )

    def _numbers(self, axis: int) -> list[int]:
        return [place + 1 for place in self.places[axis]]

    def _around(self, leading: Place) -> tuple[str, str, dict[str, int]]:
        """Return the text before and after row and column in the name of a cell, and its places."""
        own, after, places = "", "", {}
        for axis, place in zip(self.axes, leading, strict=False):
            word = WORDS.get(axis.name)
            if word:
                after += f",{word}={place + 1}"
                places[word] = place + 1
            else:
                own += f"{place + 1},"
        return f"{self.name}[{own}", f"{after}]", places


def shown_positions(shape: Sequence[int], full: bool) -> list[Place]:
    """Return the positions of the cells that tables show of a matrix with this shape."""
    rows, columns = (shown(size, full) for size in shape[-2:])
    leading = (at for _, at in _shown_leading(shape, full))
    return [(*at, row, column) for at, row, column in product(leading, rows, columns)]


def _shown_leading(shape: Sequence[int], full: bool) -> Iterator[tuple[int, Place]]:
    """Yield the places along the leading axes that are shown, with their numbers from 0."""
    every = list(np.ndindex(*shape[:-2]))
    for number in shown(len(every), full):
        yield number, every[number]


def step_matrix(result: Computation, one: ShownMatrix) -> PageMatrix:
    """Return a step, or the shown part of a step."""
    leading = one.axes[:-2]
    masked = hidden_cells(result, one)
    is_shaded = one.step.operation.shows_attention
    return PageMatrix(
        one.step.name,
        one.axes,
        one.places,
        one.cells,
        one.rows,
        one.columns,
        [result.problem.where(leading, part.index) for part in one.slices()],
        masked,
        heat_of(one.cells[~masked].tolist()) if is_shaded else None,
    )


def given_matrices(result: Computation) -> Iterator[PageMatrix]:
    """Yield the inputs from which the shown steps are calculated directly."""
    problem, steps = result.problem, result.trace.plan.steps
    names = {*result.names, *(part.step for part in result.parts)}
    used = {name for step in steps if step.name in names for name in step.operation.operands}
    for name, matrix in problem.matrices.items():
        if name in used:
            yield _given_matrix(problem, name, matrix)


def _given_matrix(problem: Problem, name: str, matrix: Array) -> PageMatrix:
    role = problem.roles[name]
    axes = problem.layout.written_order(problem.axes[name], role)
    places: Places = tuple(range(axis.size) for axis in axes)
    cells = problem.layout.swap(matrix, role)
    if cells.ndim == 1:  # a vector is written as one row, whose number is not in its names
        axes, places, cells = (axes[0], *axes), (VECTOR, *places), cells[np.newaxis]
    rows, columns = (
        [name] if place == VECTOR else [problem.label(axis, at) for at in place]
        for axis, place in zip(axes[-2:], places[-2:], strict=True)
    )
    captions = [", ".join(_captions(axes, place)) for place in np.ndindex(cells.shape[:-2])]
    return PageMatrix(name, axes, places, cells, rows, columns, captions, is_given=True)


def _captions(axes: Axes, leading: Place) -> Iterator[str]:
    """Yield words for a place of an input along its leading axes: `batch entry 2`, `head 1`."""
    for axis, at in zip(axes, leading, strict=False):
        yield f"{CAPTIONS.get(axis.name, axis.name)} {at + 1}"


def draw_matrix(
    name: str, matrix: PageMatrix, tables: Sequence[CellTable], sizes: Mapping[str, int]
) -> Html:
    """Return the tables of a matrix, and a sentence on the elided tables, rows and columns.

    The switch of heads hides a table only if the matrix has as many heads as `sizes` says: shared
    heads of keys belong to several heads of queries. The same is true for batch entries.
    """
    figures = []
    for table in tables:
        caption = element("figcaption", table.caption) if table.caption else Html()
        label = ", ".join(filter(None, (name, table.caption)))
        places = {
            f"data_{word}": place
            for word, place in table.places.items()
            if matrix.size_of(word) == sizes[word]
        }
        drawn = element("div", draw_table(table, label), class_="scroll")
        figures.append(element("figure", caption, drawn, table.overview, **places))
    left_out = _left_out(matrix, tables)
    return join(
        element("div", *figures, class_="row"),
        element("p", left_out, class_="left-out") if left_out else Html(),
    )


def _left_out(matrix: PageMatrix, tables: Sequence[CellTable]) -> str:
    table = tables[0]
    sides = (
        ("tables", prod(matrix.cells.shape[:-2]), len(tables)),
        ("rows", table.rows.size, len(table.rows.numbers)),
        ("columns", table.columns.size, len(table.columns.numbers)),
    )
    return left_out_text(sides)
