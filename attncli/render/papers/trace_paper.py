"""The document of a calculation: each step with its formula, its matrices and its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from math import isfinite

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Axis
from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.analyses.cell_names import Selection, paper
from attncli.calculation.problem.problem import Computation, Problem
from attncli.calculation.problem.shown import WORDS, ShownMatrix
from attncli.records import record, replace
from attncli.render.explain.explanations import Explanations
from attncli.render.heat import Heat, heat_of
from attncli.render.numbers import number_text
from attncli.render.papers.formulas import read_formula
from attncli.render.papers.paper import (
    Arithmetic,
    Block,
    Color,
    Grid,
    Headline,
    StepOpening,
    prose,
)
from attncli.render.tables.elision import (
    COLUMN_GAP,
    GAP,
    ROW_GAP,
    gap_sign,
    labels_at,
    left_out_text,
    shown_places,
)
from attncli.render.view import View
from attncli.words import count, shape_text

SMALL = 64  # the largest number of cells of a step whose arithmetic is written without --full


def trace_paper(result: Computation, view: View) -> list[Block]:
    """Return the title and the note of a result, then each step."""
    choices = result.problem.choices
    blocks: list[Block] = []
    if choices.title:
        blocks.append(Headline(choices.title))
    if choices.note:
        blocks.append(prose(choices.note, "italic"))
    on_paper = paper(result.problem, result.trace.plan)
    if view.worked:
        blocks += given_blocks(result.problem, view)
    explained = Explanations(result.problem, result.trace, on_paper, (), full=view.full)
    for shown in result.shown():
        blocks += step_blocks(explained, shown, view)
    return blocks


def step_blocks(explained: Explanations, shown: ShownMatrix, view: View) -> Iterator[Block]:
    """Yield a step, or a part of one: its formula, its matrices and, if wanted, its arithmetic."""
    opening = step_opening(explained.trace.plan, shown.step)
    yield replace(opening, name=shown.name, shape=shown.shape_text(explained.trace.plan))
    yield from matrix_blocks(explained.problem, shown, view)
    if view.worked:
        yield _arithmetic(explained, shown, view)


def step_opening(plan: Plan, step: Step) -> StepOpening:
    """Return the heading of a step: its number in the plan, its name, formula and shape."""
    number = plan.names.index(step.name) + 1
    formula = read_formula(plan.formula(step))
    return StepOpening(number, step.name, formula, plan.shape(step))


def matrix_blocks(problem: Problem, shown: ShownMatrix, view: View) -> Iterator[Block]:
    """Yield a grid for each matrix of a step, then a line on the matrices and cells left out."""
    slices, leading = list(shown.slices()), shown.axes[:-2]
    rows, columns = shown.places[-2:]
    sides = (_Side(rows, shown.row_labels), _Side(columns, shown.column_labels))
    is_attention = shown.step.operation.shows_attention
    is_shaded = view.heat == "all" or (view.heat == "weights" and is_attention)
    heat = heat_of(shown.cells.ravel().tolist()) if is_shaded else None
    for at in shown_places(len(slices), view.full):
        if at != GAP:
            part = slices[at]
            caption = problem.where(leading, part.index) if leading else ""
            yield _grid(part.name, caption, part.cells, sides, view, heat)
    yield from _left_out((len(slices), *shown.cells.shape[-2:]), view)


def given_blocks(problem: Problem, view: View) -> Iterator[Block]:
    """Yield the given matrices, as the user's layout writes them."""
    yield Headline("Given", 2)
    for name, matrix in problem.matrices.items():
        written = problem.layout.swap(matrix, problem.roles[name])
        axes = problem.layout.written_order(problem.axes[name], problem.roles[name])
        cells = written if written.ndim > 1 else written[None]
        sides = tuple(map(partial(_given_side, problem), (Axis("", 1), *axes)[-2:]))
        places = list(np.ndindex(cells.shape[:-2]))
        for at in shown_places(len(places), view.full):
            if at != GAP:
                index = zip(axes, places[at], strict=False)
                words = [f"{WORDS[axis.name]} {i + 1}" for axis, i in index]
                caption = ", ".join([shape_text(written.shape), *words])
                own = f"{name}[{','.join(str(i + 1) for i in places[at])}]" if words else name
                yield _grid(own, caption, cells[places[at]], sides, view, is_named=True)
        yield from _left_out((len(places), *cells.shape[-2:]), view)


@record(frozen=True)
class _Side:
    """The rows or the columns of a matrix: their places, counted from 0, and their labels."""

    places: Sequence[int]
    labels: Sequence[str] = ()

    def chosen(self, view: View, gap: str) -> tuple[list[int], tuple[str, ...], tuple[int, ...]]:
        """Return the positions that are written, GAP included, their labels, and their numbers.

        The label of a GAP is `gap`, its number 0.
        """
        size = len(self.places)
        positions = shown_places(size, view.full)
        numbers = tuple(0 if at == GAP else self.places[at] + 1 for at in positions)
        texts = self.labels or [str(place + 1) for place in self.places]
        return positions, tuple(labels_at(texts, positions, gap)), numbers


def _given_side(problem: Problem, axis: Axis) -> _Side:
    is_labelled = problem.is_labelled(axis)
    labels = [problem.label(axis, at) for at in range(axis.size)] if is_labelled else []
    return _Side(range(axis.size), labels)


def _grid(
    name: str,
    caption: str,
    matrix: AnyArray,
    sides: tuple[_Side, ...],
    view: View,
    heat: Heat | None = None,
    is_named: bool = False,
) -> Grid:
    """Return a matrix, without the middle of a long one; `heat` gives its cells colours."""
    rows, row_labels, row_numbers = sides[0].chosen(view, ROW_GAP)
    columns, column_labels, column_numbers = sides[1].chosen(view, COLUMN_GAP)

    def text(row: int, column: int) -> str:
        number = float(matrix[row, column])
        return gap_sign(row, column) or number_text(number, view.precision)

    def color(row: int, column: int) -> Color | None:
        is_shaded = GAP not in (row, column) and isfinite(matrix[row, column])
        return heat.background(float(matrix[row, column]), False) if heat and is_shaded else None

    return Grid(
        name,
        caption,
        row_labels,
        column_labels,
        tuple(tuple(text(row, column) for column in columns) for row in rows),
        any(side.labels for side in sides),
        is_named,
        tuple(tuple(color(row, column) for column in columns) for row in rows) if heat else (),
        row_numbers=row_numbers,
        column_numbers=column_numbers,
    )


def _left_out(sizes: Sequence[int], view: View) -> Iterator[Block]:
    """Yield a line on the matrices, rows and columns that are left out, if there are any."""
    kinds = zip(("matrices", "rows", "columns"), sizes, strict=True)
    seen = ((kind, size, shown_places(size, view.full)) for kind, size in kinds)
    text = left_out_text((kind, size, len(at) - at.count(GAP)) for kind, size, at in seen)
    if text:
        yield prose(text, "italic")


def _arithmetic(explained: Explanations, shown: ShownMatrix, view: View) -> Block:
    """Return the arithmetic of the cells that are shown, or a line on how to get it."""
    step, size = shown.step, int(np.prod(shown.cells.shape))
    if size > SMALL and not view.full:
        return prose(
            f"The arithmetic of these {count(size, 'cells')} is left out: --full writes it, and "
            f"attncli explain writes it for single cells, such as {step.name}[1,1].",
            "italic",
        )
    swapped = explained.problem.layout.swapped
    cells = Selection(step.name, shown.places, step.role in swapped)
    return Arithmetic(explained, tuple((0, cell) for cell in islice(cells, size)))
