"""The largest difference between an answer and the right numbers, step by step."""

from __future__ import annotations

import numpy as np

from attncli.calculation.masks.mask_operation import HIDES
from attncli.calculation.problem.problem import Problem
from attncli.homework.judging.trail import Judgement
from attncli.records import record


@record(frozen=True)
class LargestDifference:
    """The largest difference between a cell and the right number, and the cell's place on paper.

    `difference` is infinite if only one of the two numbers is finite, and NaN if one of them is.
    """

    difference: float
    place: str


def largest_difference(problem: Problem, judged: Judgement) -> LargestDifference | None:
    """Return the largest difference of a step from the right matrix, whatever its earlier steps.

    Blank cells are left out. None if nothing is answered, or if the matrix has another shape.
    Scores that hide their keys differ by 0, whatever low number a program writes for -inf. A cell
    that is NaN counts as the largest.
    """
    answered, right = judged.answered, judged.expected
    if answered is None or answered.values.shape != right.shape or answered.blank.all():
        return None
    values = answered.values
    same = (values == right) | ((values <= HIDES) & (right <= HIDES))
    same |= np.isnan(values) & np.isnan(right)
    with np.errstate(invalid="ignore"):
        differences = np.abs(values - right)
    differences = np.where(answered.blank, -1.0, np.where(same, 0.0, differences))
    index = tuple(int(i) for i in np.unravel_index(differences.argmax(), right.shape))
    place = problem.place(judged.step.axes, judged.step.role, index)
    return LargestDifference(float(differences[index]), place)
