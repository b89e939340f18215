"""The report on an answer: verdicts in words and points, from which every format is written."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attncli.calculation.algebra.plan import Plan
from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.answer import EXACT, AnswerMatrix
from attncli.homework.answers.tolerance import half_a_unit, near
from attncli.homework.diagnosis.diagnosis import Diagnosis, Explanation
from attncli.homework.diagnosis.replacements import Replacement
from attncli.homework.judging.headline import headline
from attncli.homework.judging.judge import Judge, Judgement, Verdict
from attncli.homework.judging.largest_difference import LargestDifference, largest_difference
from attncli.homework.judging.slips import slips
from attncli.homework.judging.stand_ins import with_stand_ins
from attncli.records import record
from attncli.words import count, noun, shape_text, some_in_words

MOST_STEPS_NAMED = 3  # the largest number of steps that a text names as the place of a mistake
LEADING = {"batch": "batch", "heads": "head"}  # axes that attncli explain takes by their names
PASSING = (Verdict.RIGHT, Verdict.ROUNDED)
EARNING = (*PASSING, Verdict.FOLLOWS)


@record(frozen=True)
class WrongCell:
    """A wrong cell: its place on paper, and its numbers.

    `index` is the place counted from 1, in the order of the layout. `yours` is the number of the
    answer, which has `decimals` as it is written (EXACT for arithmetic), and `right` the true
    number. `from_yours` is the number that follows from the earlier numbers of the answer; None if
    it differs from `right` by at most two units of the last place, as rounding may cause.
    """

    index: tuple[int, ...]
    place: str
    yours: float
    right: float
    from_yours: float | None
    decimals: int


@record(frozen=True)
class StepReport:
    """The report on one step; `passed` is None if nothing was answered.

    `rationale` describes the error, `help` is the advice, and `mistakes` are the names of the
    mistakes that may explain the numbers. `largest` is the largest difference from the right
    numbers, if a distance decides.
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
        """The points in words: `1 of 2`."""
        return f"{self.earned:g} of {self.points:g}"


@record(frozen=True)
class AnswerReport:
    """The report on a whole answer; `first` is the first step that is wrong by itself.

    `headline` is one sentence on the answer; `by_distance` is True if a distance decides which
    cells are right.
    """

    title: str
    lines: tuple[StepReport, ...]
    first: str | None
    headline: str
    by_distance: bool = False

    @property
    def score(self) -> float:
        """The points that the answer earns."""
        return sum(line.earned for line in self.lines)

    @property
    def max_score(self) -> float:
        """The points that a right answer earns."""
        return sum(line.points for line in self.lines)

    @property
    def marks(self) -> str:
        """The points in words: `3 of 4 points`."""
        return f"{self.score:g} of {self.max_score:g} {noun(self.max_score, 'points')}"

    @property
    def passed(self) -> bool:
        """True if every answered step passes."""
        return all(line.passed is not False for line in self.lines)


@record(frozen=True)
class Files:
    """The files of a check, as a shell reads them, for the commands in the advice of a report."""

    problem: str = "PROBLEM"
    answer: str = "ANSWER"


@record(frozen=True)
class _Outcome:
    """All findings on one step; `first` is the first wrong step up to here."""

    problem: Problem
    plan: Plan
    judged: Judgement
    verdict: Verdict
    diagnosis: Diagnosis
    slips: tuple[str, ...]
    first: str | None
    largest: LargestDifference | None
    files: Files


def report(
    judge: Judge, points: Mapping[str, float], is_strict: bool, files: Files
) -> AnswerReport:
    """Judge every step of an answer, and return verdicts, causes and points.

    `points` are the points by step, by default 1 for each step of the plan. With `is_strict`, a
    rounded step does not pass. The advice names the `files`. Raises ProblemError if the answer has
    a step that the plan lacks and that equals no step of the plan.
    """
    plan = judge.trace.plan
    lines: list[StepReport] = []
    first: str | None = None
    by_distance = judge.tolerance.by_distance
    for step in list(with_stand_ins(judge.problem, plan, judge.answer)):
        judged = judge.judge(step)
        is_wrong = judged.verdict in (Verdict.WRONG, Verdict.SHAPE)
        diagnosis = Diagnosis()
        if is_wrong:  # the catalogue is large: load it only when a step is wrong
            from attncli.homework.diagnosis.search import diagnose

            diagnosis = diagnose(judge, judged)
        verdict = judged.verdict
        if diagnosis.rounded or (verdict == Verdict.FOLLOWS and first is None):
            verdict = (
                Verdict.ROUNDED
            )  # a step that follows from one rounded too early is rounded too
        elif is_wrong:
            first = first or judged.name
        if diagnosis.explanations:
            judge.explain(judged, diagnosis.explanations[0].result)
        is_slip = verdict == Verdict.WRONG and not diagnosis.explanations
        found = tuple(slips(judge.problem, judged, judge.own)) if is_slip else ()
        worth = points.get(judged.name, 1 if judged.name in plan.names else 0)
        largest = largest_difference(judge.problem, judged) if by_distance else None
        outcome = _Outcome(
            judge.problem, plan, judged, verdict, diagnosis, found, first, largest, files
        )
        lines.append(_line(outcome, worth, is_strict))
    title = judge.problem.choices.title
    return AnswerReport(title, tuple(lines), first, headline(lines), by_distance)


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
    """The sentences on the error in a step, and the advice."""
    diagnosis, judged = outcome.diagnosis, outcome.judged
    if diagnosis.rounded:
        name, decimals = diagnosis.rounded.name, diagnosis.rounded.decimals
        rounded = f"{name} rounded to {count(decimals, 'decimals')} on the way"
        text = f"The method is right: these are the numbers with {rounded}."
        return text, "Carry more digits, and round at the end."
    if outcome.verdict == Verdict.ROUNDED and judged.verdict == Verdict.FOLLOWS:
        return "This is right for the earlier numbers, which were rounded too early.", ""
    if outcome.verdict == Verdict.ROUNDED:
        return _rounded(outcome.problem, judged)
    if outcome.verdict == Verdict.FOLLOWS:
        return f"The method is right: the numbers follow from {outcome.first}, which is wrong.", ""
    if outcome.verdict not in (Verdict.WRONG, Verdict.SHAPE):
        return "", ""
    fact = _fact(outcome.problem, judged)
    if diagnosis.explanations:
        return f"{fact} {_explanation_text(outcome)}", _cure(outcome, diagnosis.explanations[0])
    if outcome.slips:
        return fact, _again(outcome)
    if judged.answered is not None and _is_off_by_little(judged, judged.answered):
        text = f"{fact} The error is at most 2 units of the last digit."
        return text, "Something was rounded on the way: carry more digits, and round at the end."
    cut = " The search was stopped before every mistake was tried." if diagnosis.is_cut else ""
    return f"{fact} No known mistake explains these numbers.{cut}", _again(outcome)


def _rounded(problem: Problem, judged: Judgement) -> tuple[str, str]:
    """The sentences on a step that is right, but with cells of fewer digits than the others."""
    assert judged.answered is not None
    cells = np.argwhere(judged.cell_verdicts == Verdict.ROUNDED).tolist()
    first = problem.place(judged.step.axes, judged.step.role, cells[0])
    where = f"{first} has" if len(cells) == 1 else f"{len(cells)} cells, such as {first}, have"
    text = f"It is right, but {where} fewer decimals than other cells."
    return text, f"Write {count(judged.answered.finest, 'decimals')} everywhere."


def _again(outcome: _Outcome) -> str:
    """The advice to calculate the first wrong cell again, with a command that explains it."""
    judged, files = outcome.judged, outcome.files
    if not judged.wrong or judged.verdict == Verdict.SHAPE:
        return f"See how it is calculated: attncli explain {files.problem} {judged.name}"
    *leading, row, column = (
        (axis.name, str(at + 1)) for axis, at in zip(judged.step.axes, judged.wrong[0], strict=True)
    )
    is_swapped = judged.step.role in outcome.problem.layout.swapped
    sides = [column, row] if is_swapped else [row, column]
    own = [number for name, number in (*leading, *sides) if name not in LEADING]
    places = [*own, *(f"{LEADING[name]}={at}" for name, at in leading if name in LEADING)]
    cell = f"'{judged.name}[{','.join(places)}]'"
    return (
        f"Work the cell out again: attncli explain {files.problem} {cell} --answer {files.answer}"
    )


def _is_off_by_little(judged: Judgement, answered: AnswerMatrix) -> bool:
    """True if all wrong cells are at most 2 units of the last place off, as rounding explains."""
    if judged.verdict == Verdict.SHAPE or not 2 <= answered.finest < EXACT:
        return False
    wrong = judged.cell_verdicts == Verdict.WRONG
    with np.errstate(invalid="ignore"):  # −inf minus −inf, in cells that are right
        off = np.abs(answered.values - judged.target)[wrong]
    return bool((off <= 4.2 * half_a_unit(answered.finest)).all())


def _fact(problem: Problem, judged: Judgement) -> str:
    """The sentence on the size of the matrix, or on the number of its wrong cells."""
    assert judged.answered is not None
    if judged.verdict == Verdict.SHAPE:
        layout, role = problem.layout, judged.step.role
        yours = shape_text(layout.written_order(judged.answered.values.shape, role))
        right = shape_text(layout.written_order(judged.expected.shape, role))
        return f"The matrix is {yours}, but should be {right}."
    answered = int((~judged.answered.blank).sum())
    return f"{len(judged.wrong)} of {count(answered, 'cells')} wrong."


def _explanation_text(outcome: _Outcome) -> str:
    """The sentences on what was done; if several mistakes give the same numbers, on all of them."""
    diagnosis = outcome.diagnosis
    likeliest, *others = diagnosis.explanations
    text = _done(outcome, likeliest)
    if likeliest.agreeing > 1:
        rough = ", to 2 units of the last digit" if likeliest.is_rough else ""
        subject = "Together they explain" if len(likeliest.replacements) > 1 else "This explains"
        text = f"{text} {subject} all {likeliest.agreeing} cells{rough}."
    if not others:
        return text
    text += " Other mistakes give" if len(others) > 1 else " Another mistake gives"
    named = " ".join(f"{' with '.join(e.names)}: {_done(outcome, e)}" for e in others)
    step = "No step tells which one was made."
    if diagnosis.decider:
        step = f"The step {diagnosis.decider} would show which one was made."
    return f"{text} the same numbers. {named} {step}"


def _done(outcome: _Outcome, explanation: Explanation) -> str:
    """The sentences on what was done, in the words of this problem."""
    return " ".join(
        f"{_place_text(outcome, r)}{r.texts(outcome.problem, outcome.plan).done}"
        for r in explanation.replacements
    )


def _place_text(outcome: _Outcome, replacement: Replacement) -> str:
    """The steps of a layer in which a mistake was made; empty if it is the step itself."""
    steps = replacement.steps
    if not outcome.problem.parts or steps == (outcome.judged.name,):
        return ""
    return f"In {some_in_words(steps, MOST_STEPS_NAMED)}: "


def _cure(outcome: _Outcome, explanation: Explanation) -> str:
    """The advice: the right method, and why it matters."""
    every = [r.texts(outcome.problem, outcome.plan) for r in explanation.replacements]
    return " ".join(f"{texts.right} {texts.why}" for texts in every)


def differences(problem: Problem, judged: Judgement) -> list[WrongCell]:
    """Return the wrong cells with their numbers."""
    if judged.answered is None or judged.verdict == Verdict.SHAPE:
        return []
    found = []
    finest = judged.answered.finest
    distance = 1e-9 + (4 * half_a_unit(finest) if 0 < finest < EXACT else 0)
    agrees = near(judged.target, judged.expected, np.asarray(distance))
    role = judged.step.role
    for index in judged.wrong:
        found.append(
            WrongCell(
                tuple(at + 1 for at in problem.layout.written_order(index, role)),
                problem.place(judged.step.axes, role, index),
                float(judged.answered.values[index]),
                float(judged.expected[index]),
                None if agrees[index] else float(judged.target[index]),
                int(judged.answered.decimals[index]),
            )
        )
    return found
