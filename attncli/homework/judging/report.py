"""The report on an answer: verdicts in words and points, from which every format is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray
from attncli.calculation.problem.problem import Problem
from attncli.homework.answers.answer import Answer
from attncli.homework.answers.comparing import Manner
from attncli.homework.judging.headline import headline
from attncli.homework.judging.judge import JudgedStep, findings
from attncli.homework.judging.largest_difference import LargestDifference, largest_difference
from attncli.homework.judging.marked_matrix import MarkedMatrix, agrees_with_right, marked_matrix
from attncli.homework.judging.trail import Judgement, Trail
from attncli.homework.judging.verdicts import Verdict
from attncli.records import record, replace
from attncli.words import count, in_words, noun, shape_text

LEADING = {"batch": "batch", "heads": "head"}  # axes that attncli explain takes by their names


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

    `fact` is a sentence on the wrong cells or the size, `rationale` describes the error, `cause` is
    the short form of it, `help` is the advice, and `mistakes` are the names of the mistakes that
    may explain the numbers. Steps with one `kind`, unless it is empty, have one cause. `answered`
    is the matrix of the answer, if it has the right shape. `largest` is the largest difference from
    the right numbers, if a distance decides. `type` is the type of numbers that a program has
    printed, such as `float32`.
    """

    name: str
    verdict: Verdict
    passed: bool | None
    earned: float
    points: float
    fact: str = ""
    rationale: str = ""
    cause: str = ""
    kind: tuple[str, ...] = ()
    help: str = ""
    mistakes: tuple[str, ...] = ()
    differences: tuple[WrongCell, ...] = ()
    answered: MarkedMatrix | None = None
    largest: LargestDifference | None = None
    type: str = ""

    @property
    def marks(self) -> str:
        """The points in words: `1 of 2`."""
        return f"{self.earned:g} of {self.points:g}"

    @property
    def matrix(self) -> MarkedMatrix | None:
        """The matrix of a step with wrong cells."""
        return self.answered if self.answered and self.answered.wrong.any() else None

    @property
    def text(self) -> str:
        """All sentences on the step but the advice."""
        return " ".join(filter(None, (self.fact, self.rationale)))


@record(frozen=True)
class AnswerReport:
    """The report on a whole answer; `first` is the first step that is wrong by itself.

    `headline` is one sentence on the answer; `student` is the person who wrote it, if the answer
    says so, and stands before the `title` too. `by_distance` is True if a distance decides which
    cells are right, and `shows_points` if the user chose points or required steps. `subject` is the
    word for what a line judges: a step or a law.
    """

    title: str
    lines: tuple[StepReport, ...]
    first: str | None
    headline: str
    by_distance: bool = False
    shows_points: bool = False
    subject: str = "step"

    student: str = ""

    def of(self, student: str) -> AnswerReport:
        """Return the report on the answer of a student; the same if nobody is named."""
        if not student:
            return self
        title = f"{student}: {self.title}" if self.title else student
        return replace(self, student=student, title=title)

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
class Marking:
    """The rule of marking: a step counts if it is answered, required, or the last of the plan.

    `points` are the points by step, by default 1; `required` are the names of required steps. With
    `strict`, a rounded step does not pass and earns nothing.
    """

    points: Mapping[str, float]
    required: Collection[str] = ()
    strict: bool = False

    def counts(self, name: str, answer: Answer, last: str) -> bool:
        """Return True if a step counts, and so stands in the report."""
        return name in answer or name in self.required or name == last

    def worth(self, name: str, in_plan: bool) -> float:
        """Return the points of a step; a step that only repeats another has none by default."""
        return self.points.get(name, 1.0 if in_plan else 0.0)


def report(trail: Trail, marking: Marking, files: Files) -> AnswerReport:
    """Judge every step of an answer, and return verdicts, causes and points.

    The advice names the `files`. Raises ProblemError if the answer has a step that the plan lacks
    and that equals no step of the plan.
    """
    names, answer = trail.plan.names, dict(trail.answer)
    found = list(findings(trail))
    fails = [finding.verdict.passes is False for finding in found]
    lines = [
        _line(trail, finding, marking, files, any(fails[number:]))
        for number, finding in enumerate(found)
        if marking.counts(finding.judged.name, answer, names[-1])
    ]
    first = next((line.name for line in lines if line.verdict.is_wrong), None)
    return AnswerReport(
        title=trail.problem.choices.title,
        lines=tuple(lines),
        first=first,
        headline=headline(lines),
        by_distance=trail.tolerance.by_distance,
        shows_points=bool(marking.points or marking.required),
    )


def _line(
    trail: Trail, finding: JudgedStep, marking: Marking, files: Files, fails: bool
) -> StepReport:
    """The report on one step; `fails`: this step or a later one does not pass by its verdict."""
    judged, verdict = finding.judged, finding.verdict
    passes, earns = verdict.passes, verdict.earns
    if verdict is Verdict.NOT_YET:
        passes = earns = not fails
    if verdict is Verdict.ROUNDED and marking.strict:
        passes = earns = False
    worth = marking.worth(judged.name, judged.name in trail.plan.names)
    rationale, cause, advice = _words(trail, finding, files)
    return StepReport(
        name=judged.name,
        verdict=verdict,
        passed=passes,
        earned=worth if earns else 0,
        points=worth,
        fact=_fact(trail.problem, judged) if verdict.is_wrong else "",
        rationale=rationale,
        cause=cause,
        kind=finding.cause.kind if finding.cause else (),
        help=advice,
        mistakes=finding.cause.names if finding.cause else (),
        differences=tuple(differences(trail.problem, judged)) if verdict.is_wrong else (),
        answered=marked_matrix(trail.problem, judged, verdict),
        largest=largest_difference(trail.problem, judged) if trail.tolerance.by_distance else None,
        type=_type(judged),
    )


def _words(trail: Trail, finding: JudgedStep, files: Files) -> tuple[str, str, str]:
    """The sentences on a verdict, the short form of its cause, and the advice."""
    judged = finding.judged
    if finding.cause:
        from attncli.homework.diagnosis.causes import Told

        told = Told(trail.problem, trail.plan, judged, _again(trail.problem, judged, files))
        cause = finding.cause
        return cause.text(told), cause.summary(told), cause.advice(told)
    rationale, advice = _words_without_cause(trail, finding)
    return rationale, "", advice


def _words_without_cause(trail: Trail, finding: JudgedStep) -> tuple[str, str]:
    """The sentences on a verdict that needs no cause, and the advice."""
    judged = finding.judged
    if finding.verdict is Verdict.MISSING:
        return "", ""
    form = judged.form.text if judged.form else ""
    if finding.verdict is Verdict.FOLLOWS:
        names = sorted(judged.sources, key=list(trail.sources).index)
        source = f"{in_words(names)}, which {'is' if len(names) == 1 else 'are'} wrong."
        text = f"The method is right: the numbers follow from {source}"
        return " ".join(filter(None, (form, text))), ""
    if finding.verdict is Verdict.UNDECIDED:
        text = "These numbers cannot be judged: they depend on digits that are not written."
        return text, _show_more(trail, judged)
    if finding.verdict is Verdict.ROUNDED:
        return _rounded(trail.problem, judged)
    return form, ""


def _show_more(trail: Trail, judged: Judgement) -> str:
    """The advice to show the step before this one."""
    names = [name for name in judged.step.operation.operands if name not in trail.problem.matrices]
    hidden = [name for name in names if name not in trail.answer]
    return f"Show {in_words(hidden)}." if hidden else "Write more digits in the earlier steps."


def _rounded(problem: Problem, judged: Judgement) -> tuple[str, str]:
    """The sentences on a step that is right, but written with other digits than usual."""
    assert judged.answered is not None
    if judged.manner is Manner.CUT:
        return "The digits were cut off, not rounded.", "Round up if the next digit is 5 or more."
    if judged.manner is Manner.RAISED:
        text = "A weight was changed by one unit, so that its row sums to 1."
        return text, "Round each weight by itself: rounded weights need not sum to 1."
    if judged.manner is Manner.SIGNIFICANT:
        text = "It is right, but only to significant digits: the numbers have different decimals."
        return text, ""
    assert judged.coarse is not None
    cells = np.argwhere(judged.coarse).tolist()
    first = problem.place(judged.step.axes, judged.step.role, cells[0])
    finest = judged.answered.finest
    if finest == 0:
        text = "It is right, but only to whole numbers."
        return text, "Write decimals."
    where = f"{first} has" if len(cells) == 1 else f"{len(cells)} cells, such as {first}, have"
    text = f"It is right, but {where} fewer decimals than other cells."
    return text, f"Write {count(finest, 'decimals')} everywhere."


def _type(judged: Judgement) -> str:
    """The type of numbers that a program has printed; empty for others."""
    epsilon = judged.answered.epsilon if judged.answered else 0.0
    names = (kind.__name__ for kind in (np.float32, np.float16) if np.finfo(kind).eps == epsilon)
    return next(names, "")


def _again(problem: Problem, judged: Judgement, files: Files) -> str:
    """The advice to calculate the first wrong cell again, with a command that explains it."""
    if not judged.wrong or judged.verdict is Verdict.SHAPE:
        return f"See how it is calculated: attncli explain {files.problem} {judged.name}"
    *leading, row, column = (
        (axis.name, str(at + 1)) for axis, at in zip(judged.step.axes, judged.wrong[0], strict=True)
    )
    is_swapped = judged.step.role in problem.layout.swapped
    sides = [column, row] if is_swapped else [row, column]
    own = [number for name, number in (*leading, *sides) if name not in LEADING]
    places = [*own, *(f"{LEADING[name]}={at}" for name, at in leading if name in LEADING)]
    cell = f"'{judged.name}[{','.join(places)}]'"
    return (
        f"Work the cell out again: attncli explain {files.problem} {cell} --answer {files.answer}"
    )


def _fact(problem: Problem, judged: Judgement) -> str:
    """The sentence on the size of the matrix, or on the number of its wrong cells."""
    assert judged.answered is not None
    if judged.verdict is Verdict.SHAPE:
        layout, role = problem.layout, judged.step.role
        yours = shape_text(layout.written_order(judged.answered.values.shape, role))
        right = shape_text(layout.written_order(judged.expected.shape, role))
        sizes = f"The matrix is {yours}, but should be {right}."
        counters = _counters(layout.swap(judged.answered.values, role), right)
        return f"{sizes} {counters}".rstrip()
    answered = int((~judged.answered.blank).sum())
    return f"{len(judged.wrong)} of {count(answered, 'cells')} wrong." if judged.wrong else ""


def _counters(values: AnyArray, right: str) -> str:
    """The sentence on a first row or column that counts, and makes the matrix one too large."""
    if values.ndim != 2:
        return ""
    for line, axis, meaning in (
        (values[:, 0], 1, "column seems to number the rows"),
        (values[0], 0, "row seems to number the columns"),
    ):
        shape = tuple(size - (at == axis) for at, size in enumerate(values.shape))
        is_counter = (np.diff(line) == 1).all() and line[0] in (0, 1)
        if is_counter and line.size > 1 and shape_text(shape) == right:
            return f"The first {meaning}: leave it out."
    return ""


def differences(problem: Problem, judged: Judgement) -> Sequence[WrongCell]:
    """Return the wrong cells with their numbers."""
    if judged.answered is None or judged.verdict is Verdict.SHAPE:
        return []
    found = []
    agrees = agrees_with_right(judged, judged.answered)
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
