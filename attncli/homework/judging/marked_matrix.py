"""The matrix of an answer with its wrong cells marked, beside the right matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Axes, WholeNumbers
from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.digits import EXACT, half_a_unit
from attncli.homework.answers.tolerance import Numbers, near
from attncli.homework.judging.trail import Judgement
from attncli.homework.judging.verdicts import Verdict
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class ComparedCell:
    """The numbers of one cell: of the answer, which has `decimals`, and those expected.

    `from_yours` is the number that follows from the earlier numbers of the answer; it is `right`
    where the two differ no more than rounding may cause.
    """

    yours: float
    right: float
    from_yours: float
    decimals: int


@record(frozen=True)
class MarkedMatrix:
    """The matrix of an answer beside the right one, as the layout writes both.

    All arrays have the shape of the matrix; their cells are those of `ComparedCell`. `wrong` marks
    the wrong cells, and `blank` the cells without an answer. `rows` and `columns` are labels, or
    numbers from 1. `slices` are the places of the slices along the leading axes in words, such as
    `head 1`; a matrix with two axes has one slice, whose text is empty.
    """

    axes: Axes
    yours: Numbers
    right: Numbers
    from_yours: Numbers
    decimals: WholeNumbers
    wrong: NDArray[np.bool_]
    blank: NDArray[np.bool_]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    slices: tuple[str, ...]

    def cell(self, index: tuple[int, ...]) -> ComparedCell:
        """Return the numbers of the cell at this index, which counts from 0."""
        return ComparedCell(
            float(self.yours[index]),
            float(self.right[index]),
            float(self.from_yours[index]),
            int(self.decimals[index]),
        )


def marked_matrix(problem: Problem, judged: Judgement, verdict: Verdict) -> MarkedMatrix | None:
    """Return the matrix of a judged step; None if it is not answered, or has another shape.

    Only a step with the verdict `wrong` has wrong cells.
    """
    answered, right, layout = judged.answered, judged.expected, problem.layout
    if answered is None or answered.values.shape != right.shape or verdict is Verdict.MISSING:
        return None
    wrong = ~judged.agrees & (verdict is Verdict.WRONG)
    role = judged.step.role
    *leading, rows, columns = layout.written_order(judged.step.axes, role)

    def written(matrix: AnyArray) -> AnyArray:
        return layout.swap(matrix, role)

    target = np.where(agrees_with_right(judged, answered), right, judged.target)
    return MarkedMatrix(
        axes=layout.written_order(judged.step.axes, role),
        yours=written(answered.values),
        right=written(right),
        from_yours=written(target),
        decimals=written(answered.decimals),
        wrong=written(wrong),
        blank=written(answered.blank),
        rows=tuple(problem.label(rows, at) for at in range(rows.size)),
        columns=tuple(problem.label(columns, at) for at in range(columns.size)),
        slices=tuple(problem.where(leading, index) for index in np.ndindex(right.shape[:-2])),
    )


def agrees_with_right(judged: Judgement, answered: AnswerMatrix) -> NDArray[np.bool_]:
    """Return True where the numbers that follow from the answer are right, up to rounding.

    They may differ from the right numbers by two units of the last place of the answer.
    """
    finest = answered.finest
    distance = 1e-9 + (4 * half_a_unit(finest) if 0 < finest < EXACT else 0)
    return near(judged.target, judged.expected, np.asarray(distance))
