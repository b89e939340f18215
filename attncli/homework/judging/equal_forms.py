"""Forms of an answer that look different and are equal, so as right as ours."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step, Trace
from attncli.homework.answers.answer import EXACT, Answer, AnswerMatrix
from attncli.homework.answers.tolerance import half_a_unit
from attncli.records import replace


def count_places_from_0(trace: Trace, answer: Answer) -> Answer:
    """The answer; queries and keys that it turned by places from 1 are turned as ours instead.

    Scores depend on the difference of two places, so it is nothing where both are counted from.
    Where one of them is in the answer and counted as ours, the other is left as it is: wrong.
    """
    turned = {}
    for step in trace.plan.steps:
        shifted = step.operation.counted_from_1()
        if shifted and step.name in answer:
            ours = _turned_as_ours(step, shifted, trace, answer)
            if ours is None:
                return answer
            turned[step.name] = ours
    return {**answer, **turned}


def _turned_as_ours(
    step: Step, shifted: Operation, trace: Trace, answer: Answer
) -> AnswerMatrix | None:
    """The answer's matrix turned as ours; None where it is not turned by places one further on."""
    answered = answer[step.name]
    (name,) = shifted.operands
    own = answer.get(name)
    sources = [trace.matrices[name], *([own.values] if own else [])]
    for source in sources:
        if _agrees(answered, shifted.apply(source)):
            ours = step.operation.apply(source)
            return replace(answered, values=np.asarray(ours, np.float64))
    return None


def _agrees(answered: AnswerMatrix, matrix: Array) -> bool:
    """True where an answer says this, to the digits as written."""
    distance = half_a_unit(answered.finest if answered.finest < EXACT else 12) + 1e-9
    if answered.values.shape != matrix.shape:
        return False
    return bool((answered.blank | (np.abs(answered.values - matrix) <= distance)).all())
