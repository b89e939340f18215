"""The grade of one answer of a class: the verdict and the points of each step."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from math import isfinite
from typing import Any

from attncli.homework.judging.report import AnswerReport, StepReport
from attncli.homework.judging.verdicts import Verdict
from attncli.records import record, values_of


class Status(Enum):
    """The state of a row of a gradebook: its word, and its meaning."""

    GRADED = ("graded", "the answer was read and judged")
    UNREADABLE = ("unreadable", "the answer cannot be read; the message says why")
    SUPERSEDED = ("superseded", "a newer attempt of the same student counts")
    MISSING = ("missing", "the student has no answer, or one without numbers")

    def __init__(self, word: str, meaning: str) -> None:
        self.word, self.meaning = word, meaning


@record(frozen=True)
class StepGrade:
    """The grade of one step: its verdict in a word, and its points.

    `mistakes` are the names of the mistakes that may explain it. `wrong` are the wrong cells of a
    step that no mistake or only a slip explains: each is a place such as `scores[2,1]`, and the
    number of the answer.
    """

    name: str
    verdict: str
    earned: float
    points: float
    mistakes: tuple[str, ...] = ()
    wrong: tuple[tuple[str, float], ...] = ()

    @property
    def is_right(self) -> bool:
        """True if the step earns all its points: it is right, or follows from a wrong step.

        The verdict alone does not decide: with --strict, a rounded step earns nothing.
        """
        earns = next(verdict.earns for verdict in Verdict if verdict.word == self.verdict)
        return earns and self.earned >= self.points


@record(frozen=True)
class Grade:
    """A row of a gradebook: a student, the student's answer, and its grade.

    `student` is the id by which the learning platform knows the student, and `name` the full name,
    or empty. `file` is the place of the answer. `message` says why an answer has no grade.
    `digest` identifies the answer, the problem, the options and the version of the program, so
    that an unchanged answer need not be graded again. `variant` is the student's own problem, if
    each has one. `folder` is the path that the platform's export has for the student's files.
    """

    student: str
    status: Status
    name: str = ""
    email: str = ""
    file: str = ""
    folder: str = ""
    variant: str = ""
    message: str = ""
    headline: str = ""
    first_wrong: str = ""
    steps: tuple[StepGrade, ...] = ()
    digest: str = ""

    @property
    def earned(self) -> float | None:
        """The points of the answer; None without a grade."""
        return sum(s.earned for s in self.steps) if self.status is Status.GRADED else None

    @property
    def points(self) -> float:
        """The points of a right answer."""
        return sum(step.points for step in self.steps)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The names of the mistakes that may explain the answer, each once."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.mistakes))

    def data(self) -> dict[str, Any]:
        """Return the grade as an object of JSON; infinities and NaN are strings."""
        own = values_of(self) | {"status": self.status.word}
        steps = {step.name: _data(step) for step in self.steps}
        totals = {"earned": self.earned, "points": self.points, "mistakes": list(self.mistakes)}
        return {**own, **totals, "steps": steps}


def grade_from(data: Mapping[str, Any]) -> Grade:
    """Return the grade of an object that `Grade.data` has made. Raises KeyError for another."""
    own = {name: data[name] for name in Grade.__annotations__}
    status = next(status for status in Status if status.word == data["status"])
    steps = tuple(_step(name, step) for name, step in data["steps"].items())
    return Grade(**{**own, "status": status, "steps": steps})


def _data(step: StepGrade) -> dict[str, Any]:
    data = {name: value for name, value in values_of(step).items() if name != "name"}
    wrong = {place: number if isfinite(number) else str(number) for place, number in step.wrong}
    return {**data, "wrong": wrong}


def _step(name: str, data: Mapping[str, Any]) -> StepGrade:
    wrong = tuple((str(place), float(number)) for place, number in data["wrong"].items())
    return StepGrade(name, **{**data, "mistakes": tuple(data["mistakes"]), "wrong": wrong})


def grade_of(report: AnswerReport) -> Grade:
    """Return the grade of a report; the caller adds the student and the file.

    A student whose answer holds no number has not answered.
    """
    is_answered = any(line.passed is not None for line in report.lines)
    return Grade(
        report.student,
        Status.GRADED if is_answered else Status.MISSING,
        headline=report.headline,
        first_wrong=report.first or "",
        steps=tuple(map(_graded, report.lines)) if is_answered else (),
    )


def notice_of(grade: Grade) -> AnswerReport:
    """Return the report for a student whose answer cannot be read: the message alone."""
    text = f"{own_name(grade.file)}: {short_message(grade)}"
    return AnswerReport(text, (), None, "Your answer is not graded.")


def own_name(file: str) -> str:
    """Return the name of a file as students know it: without the teacher's folders and ZIP.

    >>> own_name("week 3/export.zip:anna/answer.json")
    'answer.json'
    """
    return file.replace(":", "/").rpartition("/")[2]


def short_message(grade: Grade) -> str:
    """Return the first line of a message, without the file, which may show the text below it."""
    first, *_ = grade.message.removeprefix(f"{grade.file}: ").splitlines() or [""]
    return first


def _graded(line: StepReport) -> StepGrade:
    """Return the grade of a step; the mistake of a slip, which has no kind, explains no number."""
    wrong = () if line.mistakes and line.kind else line.differences
    places = tuple((f"{line.name}[{','.join(map(str, c.index))}]", c.yours) for c in wrong)
    return StepGrade(line.name, line.verdict.word, line.earned, line.points, line.mistakes, places)
