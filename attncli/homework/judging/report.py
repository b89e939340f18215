"""Verdicts in words and marks: what every form of a report is made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.answer import EXACT, AnswerMatrix
from attncli.homework.answers.tolerance import half_a_unit
from attncli.homework.diagnosis.diagnosis import Diagnosis, Explanation
from attncli.homework.diagnosis.replacements import Replacement
from attncli.homework.judging.headline import headline
from attncli.homework.judging.judge import Judge, Judgement, Verdict
from attncli.homework.judging.largest_difference import LargestDifference, largest_difference
from attncli.homework.judging.slips import slips
from attncli.homework.judging.stand_ins import with_stand_ins
from attncli.records import record
from attncli.words import count, noun, shape_text, some_in_words

MOST_STEPS_NAMED = 3  # steps that are named where a mistake was made
PASSING = (Verdict.RIGHT, Verdict.ROUNDED)
EARNING = (*PASSING, Verdict.FOLLOWS)


@record(frozen=True)
class WrongCell:
    """A wrong cell: where it stands on paper, and what stands there against what should."""

    index: tuple[int, ...]
    place: str
    yours: str
    expected: str


@record(frozen=True)
class StepReport:
    """The report on one step; `passed` is None where nothing was answered.

    `rationale` says what is wrong, `help` what to do about it, `mistakes` what may explain it.
    `largest` is the largest difference from the right numbers, where a distance decides.
    """

    name: str
    verdict: Verdict
    passed: bool | None
    earned: float
    points: float
    rationale: str = ""
    help: str = ""
    mistakes: tuple[str, ...] = ()
    differences: tuple[WrongCell, ...] = ()
    largest: LargestDifference | None = None

    @property
    def marks(self) -> str:
        return f"{self.earned:g} of {self.points:g}"


@record(frozen=True)
class Report:
    """The whole answer; `first` is the step that is wrong by itself, before all others.

    `headline` is one sentence on it; `by_distance` is True if a distance decides what is right.
    """

    title: str
    lines: tuple[StepReport, ...]
    first: str | None
    headline: str
    by_distance: bool = False

    @property
    def score(self) -> float:
        return sum(line.earned for line in self.lines)

    @property
    def max_score(self) -> float:
        return sum(line.points for line in self.lines)

    @property
    def marks(self) -> str:
        """The points in words: `3 of 4 points`."""
        return f"{self.score:g} of {self.max_score:g} {noun(self.max_score, 'points')}"

    @property
    def passed(self) -> bool:
        """True where every step that was answered passes."""
        return all(line.passed is not False for line in self.lines)


@record(frozen=True)
class _Outcome:
    """All that was found out about one step; `first` is the first wrong one up to here."""

    problem: Problem
    judged: Judgement
    verdict: Verdict
    diagnosis: Diagnosis
    slips: tuple[str, ...]
    first: str | None
    largest: LargestDifference | None


def report(judge: Judge, points: Mapping[str, float], is_strict: bool) -> Report:
    """Each step's verdict, cause and points; `points` are 1 a step unless they say otherwise.

    Raises ProblemError for steps that the plan does not have, and that no step stands in for.
    """
    plan = judge.trace.plan
    lines: list[StepReport] = []
    first: str | None = None
    by_distance = judge.tolerance.by_distance
    for step in list(with_stand_ins(judge.problem, plan, judge.answer)):
        judged = judge.judge(step)
        is_wrong = judged.verdict in (Verdict.WRONG, Verdict.SHAPE)
        diagnosis = Diagnosis()
        if is_wrong:  # the many mistakes are loaded only where there is one
            from attncli.homework.diagnosis.search import diagnose

            diagnosis = diagnose(judge, judged)
        verdict = judged.verdict
        if diagnosis.rounded or (verdict == Verdict.FOLLOWS and first is None):
            verdict = Verdict.ROUNDED  # and so is what follows from a matrix rounded too early
        elif is_wrong:
            first = first or judged.name
        if diagnosis.explanations:
            judge.explain(judged, diagnosis.explanations[0].result)
        is_slip = verdict == Verdict.WRONG and not diagnosis.explanations
        found = tuple(slips(judged, judge.own)) if is_slip else ()
        worth = points.get(judged.name, 1 if judged.name in plan.names else 0)
        largest = largest_difference(judge.problem, judged) if by_distance else None
        outcome = _Outcome(judge.problem, judged, verdict, diagnosis, found, first, largest)
        lines.append(_line(outcome, worth, is_strict))
    title = judge.problem.choices.title
    return Report(title, tuple(lines), first, headline(lines), by_distance)


def _line(outcome: _Outcome, worth: float, is_strict: bool) -> StepReport:
    judged, verdict = outcome.judged, outcome.verdict
    passing = PASSING[:1] if is_strict else PASSING
    earning = passing if verdict == Verdict.ROUNDED else EARNING
    rationale, advice = _rationale_and_help(outcome)
    names = [name for e in outcome.diagnosis.explanations for name in e.names]
    return StepReport(
        name=judged.name,
        verdict=verdict,
        passed=None if verdict == Verdict.MISSING else verdict in passing,
        earned=worth if verdict in earning else 0,
        points=worth,
        rationale=" ".join((rationale, *outcome.slips)).strip(),
        help=advice,
        mistakes=tuple(dict.fromkeys(names or (["single-cell-slip"] if outcome.slips else []))),
        differences=tuple(differences(outcome.problem, judged)),
        largest=outcome.largest,
    )


def _rationale_and_help(outcome: _Outcome) -> tuple[str, str]:
    """The sentences on what is wrong in a step, and on what to do about it."""
    diagnosis, judged = outcome.diagnosis, outcome.judged
    if diagnosis.rounded:
        name, decimals = diagnosis.rounded.name, diagnosis.rounded.decimals
        rounded = f"{name} rounded to {count(decimals, 'decimals')} on the way"
        text = f"The method is right: these are the numbers with {rounded}."
        return text, "Carry more digits, and round at the end."
    if outcome.verdict == Verdict.ROUNDED and judged.verdict == Verdict.FOLLOWS:
        return "It is right for numbers that were rounded too early.", ""
    if outcome.verdict == Verdict.ROUNDED:
        return "It is right, but only to fewer digits than were written.", "Write more digits."
    if outcome.verdict == Verdict.FOLLOWS:
        return f"It follows from {outcome.first}, which is wrong; what is done here is right.", ""
    if outcome.verdict not in (Verdict.WRONG, Verdict.SHAPE):
        return "", ""
    fact = _fact(outcome.problem, judged)
    if diagnosis.explanations:
        return f"{fact} {_explanation_text(outcome)}", _cure(diagnosis.explanations[0])
    if outcome.slips:
        return fact, f"Work these cells out again: attncli explain spells {judged.name} out."
    if judged.answered is not None and _is_off_by_little(judged, judged.answered):
        text = f"{fact} They are off by 2 units of the last digit or less."
        return text, "Something was rounded on the way: carry more digits, and round at the end."
    cut = " There was more to try than there is time for." if diagnosis.is_cut else ""
    text = f"{fact} No mistake of the catalogue explains it.{cut}"
    return text, f"Work one cell out again: attncli explain spells {judged.name} out."


def _is_off_by_little(judged: Judgement, answered: AnswerMatrix) -> bool:
    """True where no wrong cell is farther off than rounding on the way explains."""
    if judged.verdict == Verdict.SHAPE or not 2 <= answered.finest < EXACT:
        return False
    wrong = judged.cell_verdicts == Verdict.WRONG
    with np.errstate(invalid="ignore"):  # −inf less −inf, in cells that are right
        off = np.abs(answered.values - judged.target)[wrong]
    return bool((off <= 4.2 * half_a_unit(answered.finest)).all())


def _fact(problem: Problem, judged: Judgement) -> str:
    assert judged.answered is not None
    if judged.verdict == Verdict.SHAPE:
        layout, role = problem.layout, judged.step.role
        yours = shape_text(layout.written_shape(judged.answered.values.shape, role))
        right = shape_text(layout.written_shape(judged.expected.shape, role))
        return f"It is {yours}, but should be {right}."
    answered = int((~judged.answered.blank).sum())
    return f"{len(judged.wrong)} of {count(answered, 'cells')} wrong."


def _explanation_text(outcome: _Outcome) -> str:
    """The sentences on what was done; where several mistakes give the same numbers, all of them."""
    diagnosis = outcome.diagnosis
    text = [
        " ".join(f"{_place_text(outcome, r)}{r.mistake.done}" for r in e.replacements)
        for e in diagnosis.explanations
    ]
    agreeing = diagnosis.explanations[0].agreeing
    rough = ", to 2 units of their last digit" if diagnosis.explanations[0].is_rough else ""
    agreement = f"All {agreeing} cells agree{rough}." if agreeing > 1 else ""
    if len(text) == 1:
        return f"{text[0]} {agreement}".rstrip()
    names = [" with ".join(e.names) for e in diagnosis.explanations]
    decider = diagnosis.decider or "Nothing between"
    others = ", ".join(names[1:])
    return f"{text[0]} {agreement} As likely: {others}. {decider} would tell them apart."


def _place_text(outcome: _Outcome, replacement: Replacement) -> str:
    """In which steps of a layer a mistake was made, unless it is the step itself."""
    steps = replacement.steps
    if not outcome.problem.parts or steps == (outcome.judged.name,):
        return ""
    return f"In {some_in_words(steps, MOST_STEPS_NAMED)}: "


def _cure(explanation: Explanation) -> str:
    return " ".join(f"{r.mistake.right} {r.mistake.why}" for r in explanation.replacements)


def differences(problem: Problem, judged: Judgement) -> list[WrongCell]:
    """The wrong cells with both numbers, at so many decimals that they differ."""
    if judged.answered is None or judged.verdict == Verdict.SHAPE:
        return []
    found = []
    for index in judged.wrong:
        yours, expected = float(judged.answered.values[index]), float(judged.target[index])
        texts = _differing_texts(yours, expected, int(judged.answered.decimals[index]))
        place = problem.place(judged.step.axes, judged.step.role, index)
        found.append(WrongCell(index, place, *texts))
    return found


def _differing_texts(yours: float, expected: float, decimals: int) -> tuple[str, str]:
    """Yours as it was written, and the expected number with decimals enough to tell them apart."""
    written = min(max(decimals, 0), 17) if decimals < EXACT else 4
    for places in range(max(written, 4), 18):
        texts = f"{yours:z.{written}f}", f"{expected:z.{places}f}"
        if float(texts[0]) != float(texts[1]):
            return texts
    return repr(yours), repr(expected)
