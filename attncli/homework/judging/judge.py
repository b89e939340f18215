"""Judge an answer: go along its trail, and find the cause of each step that does not agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray
from attncli.calculation.algebra.operation import result_if_it_fits
from attncli.calculation.algebra.plan import Step, Trace
from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.answer import Answer, AnswerMatrix
from attncli.homework.answers.tolerance import Tolerance, near
from attncli.homework.judging.equal_forms import count_places_from_0
from attncli.homework.judging.stand_ins import by_plan_names, with_stand_ins
from attncli.homework.judging.trail import Judgement, Trail
from attncli.homework.judging.verdicts import Verdict
from attncli.records import record, replace

if TYPE_CHECKING:
    from attncli.homework.diagnosis.causes import Cause, Turn


@record(frozen=True)
class JudgedStep:
    """A step with its verdict, and the cause of a verdict that needs words."""

    judged: Judgement
    verdict: Verdict
    cause: Cause | None = None


def start(problem: Problem, trace: Trace, answer: Answer, tolerance: Tolerance) -> Trail:
    """Return the trail of an answer at its beginning, with the steps by the names of the plan."""
    named = by_plan_names(problem, trace.plan, answer)
    return Trail(problem, trace, count_places_from_0(trace, named), tolerance)


def findings(trail: Trail) -> Iterator[JudgedStep]:
    """Judge every step of an answer, in order.

    Raises ProblemError if the answer has a step that the plan lacks and that equals no step of it.
    """
    steps = list(with_stand_ins(trail.problem, trail.plan, trail.answer))
    turned: tuple[Turn, str] | None = None
    for number, step in enumerate(steps):
        rest = steps[number + 1 :]
        before = trail.copy()
        judged = trail.judge(step)
        if judged.verdict.is_wrong and turned:
            judged = _turned(before, trail, judged, turned)
        if not judged.verdict.is_wrong:
            yield JudgedStep(judged, judged.verdict)
            continue
        finding = _explained(before, trail, judged, rest)
        if finding.cause and finding.cause.turn:
            turned = (finding.cause.turn, judged.name)
        yield finding


def _turned(before: Trail, trail: Trail, judged: Judgement, turned: tuple[Turn, str]) -> Judgement:
    """Judge a matrix again that is presented as an earlier one: turned back, it may be right."""
    turn, first = turned
    other = before.copy()
    assert judged.answered is not None
    other.answer[judged.name] = turn(judged.answered)
    again = other.judge(judged.step)
    if again.verdict.is_wrong:
        return judged
    trail.take(other)
    sources = again.sources | {first}
    return replace(again, verdict=Verdict.FOLLOWS, answered=judged.answered, sources=sources)


def _explained(before: Trail, trail: Trail, judged: Judgement, rest: Sequence[Step]) -> JudgedStep:
    """The finding on a step that does not agree."""
    # The catalogue is large: load it only when a step does not agree.
    from attncli.homework.diagnosis.explain import find_cause, wrong_after

    left_out = _left_as_it_was(before, judged)
    if left_out:
        without = before.copy()
        del without.answer[judged.name]
        without.judge(judged.step)
        probe = without.copy()
        later = [probe.judge(step) for step in rest]
        is_wrong = any(each.verdict.is_wrong for each in later)
        if not is_wrong and any(each.answered is not None for each in later):
            return _not_yet(trail, without, judged, left_out)
        cause = find_cause(before, trail, judged, rest)
        left = wrong_after(trail, judged, rest, cause.exact)
        # If this cause leaves no later step wrong, no other cause leaves fewer.
        if is_wrong and left and _left_by_one_mistake_later(without, rest) < left:
            return _not_yet(trail, without, judged, left_out)
    else:
        cause = find_cause(before, trail, judged, rest)
    if cause.verdict in (Verdict.ROUNDED, Verdict.FOLLOWS):
        trail.pardon(judged)
    else:
        trail.settle(judged, cause.exact)
    verdict = cause.verdict
    if verdict is Verdict.WRONG and judged.verdict is Verdict.SHAPE:
        verdict = Verdict.SHAPE
    return JudgedStep(judged, verdict, cause)


def _left_by_one_mistake_later(without: Trail, rest: Sequence[Step]) -> float:
    """The later wrong steps that one mistake at the first of them leaves; inf if none explains."""
    from attncli.homework.diagnosis.causes import Mistaken
    from attncli.homework.diagnosis.explain import find_cause, wrong_after

    trail = without.copy()
    for number, step in enumerate(rest):
        before = trail.copy()
        judged = trail.judge(step)
        if judged.verdict.is_wrong:
            after = rest[number + 1 :]
            cause = find_cause(before, trail, judged, after)
            if isinstance(cause, Mistaken):
                return wrong_after(trail, judged, after, cause.exact)
            break
    return inf


def _not_yet(trail: Trail, without: Trail, judged: Judgement, text: str) -> JudgedStep:
    """The finding on a step that is left as it was; the trail goes on as if it were not shown."""
    from attncli.homework.diagnosis.causes import Said

    trail.take(without)
    verdict = Verdict.NOT_YET
    return JudgedStep(replace(judged, verdict=verdict), verdict, Said(text, advice=""))


def _left_as_it_was(trail: Trail, judged: Judgement) -> str | None:
    """A sentence on the step if it was left out, or left without its last part; else None."""
    step, answered = judged.step, judged.answered
    assert answered is not None
    for known in (trail.own, trail.exact):
        operands = step.operation.operands
        for source in (*operands[:1], *(operands[-1:] if step.operation.is_residual else ())):
            is_made = source not in trail.problem.matrices
            if is_made and _equals(trail, answered, known[source]):
                return f"{step.name} still equals {source}: this step was not done here yet."
        part = step.operation.unfinished()
        if part and _equals(trail, answered, result_if_it_fits(part, known)):
            formula = part.formula(trail.plan.layout)
            return f"{step.name} is {formula} here: the rest of the step was not done yet."
    return None


def _equals(trail: Trail, answered: AnswerMatrix, matrix: AnyArray | None) -> bool:
    """True if the answer has these numbers, to the digits as written."""
    if matrix is None:
        return False
    numbers = np.asarray(matrix, dtype=np.float64)
    if numbers.shape != answered.values.shape:
        return False
    allowed = trail.tolerance.allowed(answered, numbers)
    return bool((near(answered.values, numbers, allowed) | answered.blank).all())
