"""The matrices of a page, inputs and steps, and the tables into which they are cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from attncli.calculation.algebra.layouts import Array, Axes, Booleans, Role, sizes
from attncli.calculation.algebra.plan import Step
from attncli.calculation.masks.mask_operation import HIDES
from attncli.calculation.problem.problem import Computation
from attncli.calculation.problem.shown import WORDS, Places, ShownMatrix
from attncli.records import record
from attncli.render.heat import Heat
from attncli.render.numbers import number_text
from attncli.render.pages.cell_tables import CellTable, aligned_columns, shown, side
from attncli.render.pages.heat_styles import heat_class
from attncli.render.view import View

MASKED = "masked"  # the class of a cell that a mask hides


@record(frozen=True)
class PageMatrix:
    """A matrix as the user's layout writes it, or the part of it that is shown.

    `places` are the shown places along each of the `axes`, counted from 0, and `cells` the numbers
    there. `rows` and `columns` are the labels. `masked` is True for cells that a mask hides; `heat`
    is the scale of their backgrounds, or None for no backgrounds.
    """

    name: str
    axes: Axes
    places: Places
    cells: Array
    rows: Sequence[str]
    columns: Sequence[str]
    masked: Booleans | None = None
    heat: Heat | None = None
    is_given: bool = False

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape on paper; a vector has one number."""
        return tuple(axis.size for axis in self.axes[self.places[-2] == range(-1, 0) :])

    def size_of(self, word: str) -> int:
        """Return the number of heads or of batch entries; 1 without such an axis."""
        return next((axis.size for axis in self.axes if WORDS.get(axis.name) == word), 1)

    def indices(self, full: bool) -> list[tuple[int, ...]]:
        """Return the positions of the tables that are shown along the leading axes."""
        every = list(np.ndindex(self.cells.shape[:-2]))
        return [every[at] for at in shown(len(every), full)]

    def table(self, at: tuple[int, ...], view: View) -> CellTable:
        """Return the table at a position along the leading axes."""
        rows = side(self._numbers(-2), self.rows, view.full)
        columns = side(self._numbers(-1), self.columns, view.full)
        chosen = np.ix_(rows.positions, columns.positions)
        cells = self.cells[at][chosen]
        masked = np.zeros(cells.shape, bool) if self.masked is None else self.masked[at][chosen]
        texts = [[number_text(float(n), view.precision) for n in row] for row in cells]
        before, after, places = self._around(at)
        return CellTable(
            self.name,
            self._leading(at),
            places,
            before,
            after,
            rows,
            columns,
            aligned_columns(texts),
            [
                [self._class(float(n), bool(m)) for n, m in zip(*pair, strict=True)]
                for pair in zip(cells, masked, strict=True)
            ],
            self.is_given,
        )

    def _leading(self, at: tuple[int, ...]) -> tuple[int, ...]:
        """Return the place along the leading axes, counted from 0, of the table at a position."""
        return tuple(places[i] for places, i in zip(self.places, at, strict=False))

    def _numbers(self, axis: int) -> list[int]:
        return [place + 1 for place in self.places[axis]]

    def _around(self, at: tuple[int, ...]) -> tuple[str, str, dict[str, int]]:
        """Return the text before and after row and column in the name of a cell, and its places."""
        own, after, places = "", "", {}
        for axis, place in zip(self.axes, self._leading(at), strict=False):
            word = WORDS.get(axis.name)
            if word:
                after += f",{word}={place + 1}"
                places[word] = place + 1
            else:
                own += f"{place + 1},"
        return f"{self.name}[{own}", f"{after}]", places

    def _class(self, number: float, is_masked: bool) -> str:
        if is_masked:
            return MASKED
        return heat_class(self.heat, number) if self.heat and number else ""


def step_matrix(result: Computation, one: ShownMatrix) -> PageMatrix:
    """Return a step, or the shown part of a step."""
    shaded = one.step.operation.makes_weights
    return PageMatrix(
        one.name.partition("[")[0],
        one.axes,
        one.places,
        one.cells,
        one.rows,
        one.columns,
        _masked(result, one),
        Heat(1.0) if shaded else None,
    )


def given_matrices(result: Computation) -> Iterator[PageMatrix]:
    """Yield the inputs from which the shown steps are calculated directly."""
    problem, steps = result.problem, result.trace.plan.steps
    names = {*result.names, *(part.step for part in result.parts)}
    used = {name for step in steps if step.name in names for name in step.operation.operands}
    for name, matrix in problem.matrices.items():
        if name not in used:
            continue
        role = problem.roles[name]
        axes = problem.layout.written_order(problem.axes[name], role)
        places = tuple(range(size) for size in sizes(axes))
        cells = problem.layout.swap(matrix, role)
        if cells.ndim == 1:  # a vector is written as one row, whose number is not in its names
            axes, places, cells = (axes[0], *axes), (range(-1, 0), *places), cells[np.newaxis]
        rows, columns = (
            [name] if place == range(-1, 0) else [problem.label(axis, at) for at in place]
            for axis, place in zip(axes[-2:], places[-2:], strict=True)
        )
        yield PageMatrix(name, axes, places, cells, rows, columns, is_given=True)


def _masked(result: Computation, one: ShownMatrix) -> Booleans | None:
    """Return True for each shown cell that a mask hides; None if the step shows no mask."""
    scores = _scores(one.step)
    if scores is None or scores not in result.trace.matrices:
        return None
    layout, role = result.problem.layout, Role.TOKENS
    whole = layout.swap(result.trace.matrices[scores], role)
    return np.asarray(whole[np.ix_(*one.places)] <= HIDES)


def _scores(step: Step) -> str | None:
    """Return the name of the scores, −inf where a mask hides them, that a step shows."""
    if step.operation.hides:
        return step.name
    return step.operation.operands[0] if step.operation.makes_weights else None
