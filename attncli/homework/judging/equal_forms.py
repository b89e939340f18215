"""Forms of an answer that look different from the expected one and are as right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import sqrt
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step, Trace
from attncli.homework.answers.answer import Answer, AnswerMatrix
from attncli.homework.answers.digits import EXACT, half_a_unit
from attncli.homework.answers.tolerance import Numbers
from attncli.records import record, replace

if TYPE_CHECKING:
    from attncli.homework.judging.trail import Trail


@record(frozen=True)
class EqualForm:
    """An equal form: the sentence on it, and the matrix of the answer in the usual form."""

    text: str
    own: Numbers


# Takes a trail, a step, the matrix of the answer, and right numbers of this step.
Look: TypeAlias = "Callable[[Trail, Step, AnswerMatrix, Numbers], EqualForm | None]"


def equal_form(
    trail: Trail, step: Step, answered: AnswerMatrix, references: Sequence[Numbers]
) -> EqualForm | None:
    """Return the equal form in which a matrix of the answer is right, or None."""
    for reference in references:
        if reference.shape == answered.values.shape:
            for look in FORMS:
                form = look(trail, step, answered, reference)
                if form:
                    return form
    return None


def _scaled_already(
    trail: Trail, step: Step, answered: AnswerMatrix, reference: Numbers
) -> EqualForm | None:
    """The scores, divided by √d_k at once."""
    for factor in _factors_after(trail, step):
        # The scores may have been rounded before they were scaled.
        noise = abs(factor) * float(answered.half_units.max(initial=0))
        if trail.gives(step, answered, reference * factor, noise):
            text = "These numbers are scaled already, which is as right."
            return EqualForm(text, answered.values / factor)
    return None


def _scaled_before(
    trail: Trail, step: Step, answered: AnswerMatrix, reference: Numbers
) -> EqualForm | None:
    """Q or K divided by √d_k, or both by its root, if the scores that follow are right."""
    for factor in _factors_behind(trail, step):
        for part, words in ((factor, "the scaling"), (sqrt(abs(factor)), "half of the scaling")):
            if trail.gives(step, answered, reference * part) and _goes_on_right(trail, step):
                text = f"{step.name} includes {words} of the scores, which is as right."
                return EqualForm(text, answered.values / part)
    return None


def _less_the_largest(
    trail: Trail, step: Step, answered: AnswerMatrix, reference: Numbers
) -> EqualForm | None:
    """Scores with the largest of their row subtracted: softmax does not change."""
    if not any(consumer.operation.sums_to_1 for consumer in _consumers(trail, step)):
        return None
    with np.errstate(invalid="ignore"):
        largest = reference.max(axis=-1, keepdims=True)
        shifted = reference - largest
        if np.isfinite(largest).all() and trail.gives(step, answered, shifted):
            text = "The largest number of each row is subtracted, which softmax does not change."
            return EqualForm(text, answered.values + largest)
    return None


def _in_percent(
    trail: Trail, step: Step, answered: AnswerMatrix, reference: Numbers
) -> EqualForm | None:
    """Weights as percentages without the sign: 96 for 0.96."""
    if not step.operation.makes_weights:
        return None
    hundredth = replace(
        answered,
        values=answered.values / 100,
        half_units=answered.half_units / 100,
        decimals=np.where(answered.decimals < EXACT, answered.decimals + 2, answered.decimals),
    )
    if trail.gives(step, hundredth, reference):
        return EqualForm("The weights are in percent: 100 stands for 1.", hundredth.values)
    return None


FORMS: tuple[Look, ...] = (_scaled_already, _scaled_before, _less_the_largest, _in_percent)


def _consumers(trail: Trail, step: Step) -> Iterator[Step]:
    return (each for each in trail.plan.steps if step.name in each.operation.operands)


def _factors_after(trail: Trail, step: Step) -> Iterator[float]:
    """The factors by which the next steps multiply this one."""
    for consumer in _consumers(trail, step):
        if consumer.operation.factor is not None:
            yield consumer.operation.factor


def _factors_behind(trail: Trail, step: Step) -> Iterator[float]:
    """The factors that scale the product of this step with another."""
    for consumer in _consumers(trail, step):
        if len(consumer.operation.operands) > 1:
            yield from _factors_after(trail, consumer)
        elif consumer.name == f"{step.name}_h":
            yield from _factors_behind(trail, consumer)


def _goes_on_right(trail: Trail, step: Step) -> bool:
    """True if the next steps that the answer shows are right, or right and scaled already."""
    reached, shown = {step.name}, []
    for each in trail.plan.steps:
        if reached & set(each.operation.operands):
            if each.name in trail.answer:
                shown.append(each)
            else:
                reached.add(each.name)
    if not shown:
        return False
    for each in shown[:2]:
        answered, true = trail.answer[each.name], trail.true(each)
        scaled = [true * factor for factor in _factors_after(trail, each)]
        if not any(trail.gives(each, answered, reference) for reference in (true, *scaled)):
            return False
    return True


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
        fits = source.shape == sources[0].shape == answered.values.shape
        if fits and _has(answered, shifted.apply(source)):
            turned = step.operation.apply(source)
            return replace(answered, values=np.asarray(turned, np.float64))
    return None


def _has(answered: AnswerMatrix, matrix: Array) -> bool:
    """True if the answer has these numbers, to the digits as written."""
    distance = half_a_unit(answered.finest if answered.finest < EXACT else 12) + 1e-9
    if answered.values.shape != matrix.shape:
        return False
    return bool((answered.blank | (np.abs(answered.values - matrix) <= distance)).all())
