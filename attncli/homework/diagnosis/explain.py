"""Explain a step that does not agree: the cheapest of rounding, mistakes, slips and patterns.

The explanations are tried in the order of their cost: the usual rounding of every step, one
mistake, other rounding, a mistake and rounding, another presentation, a constant, a mistake beside
slips, slips, two mistakes, a broken law, and a row or column. Where several mistakes give the same
numbers, those come first that leave the fewest later steps wrong: an explanation is one for the
whole answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from attncli.calculation.algebra.plan import Step
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.digits import EXACT
from attncli.homework.answers.tolerance import Numbers
from attncli.homework.diagnosis.causes import CARRY, Cause, Mistaken, RoundedOnTheWay, Said
from attncli.homework.diagnosis.diagnosis import Explanation
from attncli.homework.diagnosis.habits import Habit, others, usual
from attncli.homework.diagnosis.patterns import CONSTANTS, LINES, pattern_of
from attncli.homework.diagnosis.presented import presented
from attncli.homework.diagnosis.replacements import Replacement
from attncli.homework.diagnosis.roundings import ROUNDINGS
from attncli.homework.diagnosis.search import MOST_SLIPS, Search
from attncli.homework.diagnosis.slips import OFF_BY, slips
from attncli.homework.judging.trail import Judgement, Trail
from attncli.homework.judging.verdicts import Verdict

MOST_HABITS = 2  # the number of usual habits under which pairs of mistakes are tried


def find_cause(before: Trail, trail: Trail, judged: Judgement, rest: Sequence[Step]) -> Cause:
    """Return the cause of a step that does not agree with the right numbers.

    `before` is the trail before the step and `trail` the one after it; `rest` are the later steps.
    """
    answered = judged.answered
    assert answered is not None
    search = Search(before, judged, answered)
    early = Verdict.FOLLOWS if judged.sources else Verdict.ROUNDED
    habits = list(_usual(search, answered)) if len(search.hidden) > 1 else []
    found = search.by_singles(search.plain)
    for habit in habits:
        if search.fits_under(habit):
            decider = search.decider(found, search.exact.right) if found else None
            return RoundedOnTheWay(habit.words, early, found, decider)
    if found and not found[0].is_rough:
        return _mistaken(search, trail, judged, rest, found)
    return (
        _rounded_otherwise(search, answered, early)
        or _nearly(search, judged, answered, early)
        or (_mistaken(search, trail, judged, rest, found) if found else None)
        or _with_rounding(search, trail, judged, rest, habits)
        or presented(before, judged)
        or pattern_of(before, judged, CONSTANTS)
        or _beside_slips(search, trail, judged, rest)
        or _before_slips(search, judged)
        or _slips(search, trail, judged, rest)
        or _pairs(search, trail, judged, rest, habits)
        or _by_laws(before, judged)
        or pattern_of(before, judged, LINES)
        or _undecided(before, judged, answered, search)
        or Cause()
    )


def _usual(search: Search, answered: AnswerMatrix) -> Iterator[Habit]:
    """The usual habits, at the decimals of this matrix and of the other matrices."""
    places = [answered.finest]
    places += [matrix.finest for matrix in search.trail.answer.values()]
    return usual(dict.fromkeys(place for place in places if 0 < place < EXACT))


def _rounded_otherwise(search: Search, answered: AnswerMatrix, early: Verdict) -> Cause | None:
    """Another habit of rounding, or a constant that was rounded, under a right method."""
    place = answered.finest
    if not 0 <= place < EXACT or not search.may_be_rounded:
        return None
    if len(search.hidden) > 1:
        for habit in others(search.hidden[:-1], place):
            if search.fits_under(habit):
                return RoundedOnTheWay(habit.words, early)
    given = [name for name in search.judged.step.operation.operands if name in search.own.given]
    for habit in others([], place) if given else ():
        if search.fits_with_rounded(given, habit):
            words = habit.words.replace("every step", " and ".join(given))
            return RoundedOnTheWay(words, early)
    for step in search.hidden:
        for rounding in ROUNDINGS:
            if search.fits_with(Replacement(rounding, (step.name,))):
                return RoundedOnTheWay(rounding.formula, early)
    return None


def _nearly(
    search: Search, judged: Judgement, answered: AnswerMatrix, early: Verdict
) -> Cause | None:
    """A right method whose numbers are off by little, as rounding on the way leaves them."""
    right = judged.target
    if answered.values.shape != right.shape or not 2 <= answered.finest < EXACT:
        return None
    if not search.trail.tolerance.by_digits or search.reach.shape != right.shape:
        return None
    with np.errstate(invalid="ignore"):
        off = np.abs(answered.values - right)
    most = np.minimum(OFF_BY * 2 * answered.half_units, search.reach + answered.half_units)
    if not (judged.agrees | (off <= most)).all():
        return None
    text = "The method is right, but something was rounded on the way: "
    text += "the error is at most 2 units of the last digit."
    return Said(text, advice=CARRY, verdict=early, exact=right)


def _mistaken(
    search: Search,
    trail: Trail,
    judged: Judgement,
    rest: Sequence[Step],
    found: Sequence[Explanation],
) -> Cause:
    """Mistakes, those first that leave the fewest later steps wrong."""
    ordered = list(found)
    if len(ordered) > 1 and rest:
        left = [wrong_after(trail, judged, rest, each.result) for each in ordered]
        fewest = min(left)
        ordered = [each for each, wrong in zip(ordered, left, strict=True) if wrong == fewest]
    return Mistaken(ordered, search.decider(ordered))


def _with_rounding(
    search: Search,
    trail: Trail,
    judged: Judgement,
    rest: Sequence[Step],
    habits: Sequence[Habit],
) -> Cause | None:
    """One mistake, and every step rounded."""
    for habit in habits:
        found = search.by_singles([search.under(habit)], habit)
        if found:
            return _mistaken(search, trail, judged, rest, found)
    return None


def _pairs(
    search: Search,
    trail: Trail,
    judged: Judgement,
    rest: Sequence[Step],
    habits: Sequence[Habit],
) -> Cause | None:
    """Two mistakes, with or without rounding."""
    found = search.by_pairs(search.plain)
    for habit in habits[:MOST_HABITS]:
        found = found or search.by_pairs([search.under(habit)], habit)
    return _mistaken(search, trail, judged, rest, found) if found else None


def _beside_slips(
    search: Search, trail: Trail, judged: Judgement, rest: Sequence[Step]
) -> Cause | None:
    """One mistake, and a slip in one or two cells; a matrix of another size has no such places."""
    if len(judged.wrong) <= MOST_SLIPS or judged.verdict is Verdict.SHAPE:
        return None
    found = search.with_slips(search.plain)
    return _mistaken(search, trail, judged, rest, found) if found else None


def _before_slips(search: Search, judged: Judgement) -> Cause | None:
    """Several wrong cells in one row or column: a slip in a step that is not shown."""
    is_hidden = len(search.hidden) > 1 and len(judged.wrong) > 1
    return pattern_of(search.trail, judged, LINES) if is_hidden else None


def _slips(search: Search, trail: Trail, judged: Judgement, rest: Sequence[Step]) -> Cause | None:
    """A few wrong cells among right ones."""
    later = [step for step in rest if step.name in trail.answer]
    goes_on = bool(later) and not wrong_after(trail, judged, rest, None)
    right = trail.trace.matrices
    # The arithmetic of a cell needs matrices of the right shape.
    own = {
        name: matrix
        for name, matrix in search.trail.own.items()
        if name in right and matrix.shape == right[name].shape
    }
    text = slips(search.problem, judged, own, search.reach, goes_on)
    return Said(text, "single-cell-slip") if text else None


def _by_laws(before: Trail, judged: Judgement) -> Cause | None:
    """Weights that break a law of all weights: rows that do not sum to 1."""
    if not judged.step.operation.makes_weights or judged.verdict is Verdict.SHAPE:
        return None
    from attncli.homework.laws.law import assumed
    from attncli.homework.laws.laws_broken import laws_broken

    alone = {judged.name: before.answer[judged.name]}
    found = laws_broken(alone, assumed(before.problem.choices), judged.name)
    return Said(found[0]) if found else None


def _undecided(
    before: Trail, judged: Judgement, answered: AnswerMatrix, search: Search
) -> Cause | None:
    """Numbers with so few digits that right and wrong ones look alike."""
    fit = before.fit(judged.step, answered, [judged.target])
    if fit is None or not fit.is_whole or len(search.hidden) < 2:
        return None
    step = search.hidden[-2].name
    text = "These numbers have too few digits to tell right from wrong."
    advice = f"Write more decimals, or show {step}."
    return Said(text, advice=advice, verdict=Verdict.UNDECIDED)


def wrong_after(
    trail: Trail, judged: Judgement, rest: Sequence[Step], exact: Numbers | None
) -> int:
    """Return how many of the later steps are wrong by themselves if a step is explained so."""
    other = trail.copy()
    other.settle(judged, exact)
    return sum(other.judge(step).verdict.is_wrong for step in rest)
