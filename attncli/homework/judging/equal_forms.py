"""Forms of an answer that look different from the expected one and are as right."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step, Trace
from attncli.homework.answers.answer import Answer, AnswerMatrix
from attncli.homework.answers.digits import EXACT, half_a_unit
from attncli.records import replace


def count_places_from_0(trace: Trace, answer: Answer) -> Answer:
    """Return the answer with queries and keys turned by positions from 0 instead of from 1.

    Scores depend only on the difference of two positions: counting both from 1 is as right. If the
    answer has only one of them counted from 1, nothing is changed, and that one is wrong.
    """
    turned = {}
    for step in trace.plan.steps:
        shifted = step.operation.counted_from_1()
        if shifted and step.name in answer:
            other = _turned_from_0(step, shifted, trace, answer)
            if other is None:
                return answer
            turned[step.name] = other
    return {**answer, **turned}


def _turned_from_0(
    step: Step, shifted: Operation, trace: Trace, answer: Answer
) -> AnswerMatrix | None:
    """The matrix of the answer turned by positions from 0; None if it was not turned from 1."""
    answered = answer[step.name]
    (name,) = shifted.operands
    own = answer.get(name)
    sources = [trace.matrices[name], *([own.values] if own else [])]
    for source in sources:
        if _agrees(answered, shifted.apply(source)):
            turned = step.operation.apply(source)
            return replace(answered, values=np.asarray(turned, np.float64))
    return None


def _agrees(answered: AnswerMatrix, matrix: Array) -> bool:
    """True if the answer has these numbers, to the digits as written."""
    distance = half_a_unit(answered.finest if answered.finest < EXACT else 12) + 1e-9
    if answered.values.shape != matrix.shape:
        return False
    return bool((answered.blank | (np.abs(answered.values - matrix) <= distance)).all())
