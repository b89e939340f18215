"""Grades for a gradebook, and the gradebook that took them."""

from __future__ import annotations

from enum import Enum

from attncli.records import record


class Reason(Enum):
    """The reason why a row was not filled, or why a grade has no row."""

    NO_ANSWER = "the student has no answer"
    NO_GRADE = "the answer has no grade"
    LOCKED = "the platform says that the grade cannot be changed"
    KEPT = "the cell is read only, or the student is excused"
    SHORT = "the row ends before the column"
    UNKNOWN = "no row has this student"
    AMBIGUOUS = "several rows have this student"
    TWICE = "an earlier grade has filled the row of this student"

    @property
    def text(self) -> str:
        """The reason in words."""
        return self.value


@record(frozen=True)
class Filling:
    """The grade of a student for a gradebook; `earned` of `points`, None without a grade.

    `student` is the id by which the platform knows the student, or another id that the gradebook
    has. Id, name and address may be empty. Without `feedback`, the feedback of the gradebook stays.
    """

    student: str
    name: str = ""
    email: str = ""
    earned: float | None = None
    points: float = 0.0
    feedback: str = ""


@record(frozen=True)
class Unfilled:
    """A grade without a row, or a row without a grade: the id and the name of the student."""

    student: str
    name: str
    reason: Reason


@record(frozen=True)
class Filled:
    """A gradebook with grades: its bytes, and the grades and rows that did not find each other.

    `platform` is the name of the learning platform, `column` the title of the column that took the
    points, and `maximum` its largest number of points; None if the file does not have it: then the
    points are not scaled. `count` is the number of rows with a new grade. `unmatched` are grades
    that have no row, and `unfilled` rows that stay as they were.
    """

    data: bytes
    platform: str
    column: str
    maximum: float | None
    count: int
    unmatched: tuple[Unfilled, ...] = ()
    unfilled: tuple[Unfilled, ...] = ()
