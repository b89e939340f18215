"""The document of a calculation: each step with its formula, its matrices and its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.analyses.cell_names import Selection, paper
from attncli.calculation.problem.problem import Computation, Problem
from attncli.calculation.problem.shown import ShownMatrix
from attncli.render.explain.explanations import Explanations
from attncli.render.numbers import number_text
from attncli.render.papers.formulas import read_formula, step_formula
from attncli.render.papers.paper import (
    Arithmetic,
    Block,
    Grid,
    Headline,
    StepOpening,
    prose,
)
from attncli.render.view import View
from attncli.words import count, shape_text

EDGE = 10  # rows, columns or matrices that stay at each end of an elided step
MOST = 24  # the largest number of rows, columns or matrices that is not elided
GAP = -1  # the position of an elided stretch
ROW_GAP, COLUMN_GAP = "⋮", "…"
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
    explained = Explanations(result.problem, result.trace, on_paper, (), full=view.full)
    for shown in result.shown():
        blocks += step_blocks(explained, shown, view)
    return blocks


def step_blocks(explained: Explanations, shown: ShownMatrix, view: View) -> Iterator[Block]:
    """Yield a step, or a part of one: its formula, its matrices and, if wanted, its arithmetic."""
    step, plan = shown.step, explained.trace.plan
    shape = plan.shape(step)
    if shown.is_part:
        shape = f"{shape_text(shown.matrix.shape)} of {shape}"
    number = plan.names.index(step.name) + 1
    yield StepOpening(number, shown.name, read_formula(step_formula(step, plan.layout)), shape)
    yield from matrix_blocks(explained.problem, shown, view)
    if view.worked:
        yield _arithmetic(explained, shown, view)


def matrix_blocks(problem: Problem, shown: ShownMatrix, view: View) -> Iterator[Block]:
    """Yield a grid for each matrix of a step, then a line on the matrices and cells left out."""
    slices = list(shown.slices())
    leading = shown.axes[:-2]
    for at in shown_places(len(slices), view.full):
        if at != GAP:
            part = slices[at]
            caption = problem.where(leading, part.index) if leading else ""
            yield _grid(part.name, caption, part.cells, shown, view)
    rows, columns = shown.cells.shape[-2:]
    left_out = [
        f"{size - 2 * EDGE} of {size} {kind}"
        for kind, size in (("matrices", len(slices)), ("rows", rows), ("columns", columns))
        if GAP in shown_places(size, view.full)
    ]
    if left_out:
        yield prose(f"left out: {', '.join(left_out)} (--full shows them)", "italic")


def _grid(name: str, caption: str, matrix: Array, shown: ShownMatrix, view: View) -> Grid:
    rows, columns = (shown_places(size, view.full) for size in matrix.shape)
    return Grid(
        name,
        caption,
        _some(shown.rows, rows, ROW_GAP),
        _some(shown.columns, columns, COLUMN_GAP),
        tuple(
            tuple(
                number_text(float(matrix[row, column]), view.precision)
                if GAP not in (row, column)
                else (ROW_GAP if row == GAP else COLUMN_GAP)
                for column in columns
            )
            for row in rows
        ),
        bool(shown.row_labels or shown.column_labels),
        row_numbers=tuple(at + 1 if at == GAP else shown.places[-2][at] + 1 for at in rows),
        column_numbers=tuple(at + 1 if at == GAP else shown.places[-1][at] + 1 for at in columns),
    )


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
    return Arithmetic(explained, tuple(islice(cells, size)))


def shown_places(size: int, full: bool) -> list[int]:
    """Return the places along an axis that are written, with GAP where some are left out."""
    if full or size <= MOST:
        return list(range(size))
    return [*range(EDGE), GAP, *range(size - EDGE, size)]


def _some(labels: Sequence[str], places: Sequence[int], gap: str) -> tuple[str, ...]:
    return tuple(gap if at == GAP else labels[at] for at in places)
