"""The report on a class: the grade of each answer, and the statistics of all."""

from __future__ import annotations

from collections.abc import Mapping

from attncli.homework.classes.grade import Grade
from attncli.records import record


@record(frozen=True)
class StepStatistics:
    """The results of a class in one step, over the graded answers in which the step counts.

    `answers` is their number. The step is `right` in those that earn its points: the numbers are
    right, or follow from an earlier wrong step. `rounded` and `missing` count these two verdicts.
    `facility` is the mean of the points divided by the maximum, from 0 to 1; None without points.
    `discrimination` is the index of Moodle, from -100 to 100: 100 cov(mark, rest) /
    sqrt(var(mark) var(rest)), where the rest are the other points of the answer. It is None below
    `LEAST_ANSWERS` answers, or where all marks or all rests are equal.
    """

    name: str
    answers: int
    right: int
    rounded: int
    missing: int
    facility: float | None
    discrimination: float | None

    @property
    def share_right(self) -> float:
        """The share of the answers in which the step is right, from 0 to 1."""
        return self.right / self.answers


@record(frozen=True)
class MistakeCount:
    """Mistakes that explain the same wrong numbers, and the number of answers that have them.

    `names` is one mistake, or several that the numbers cannot tell apart. `steps` is the number of
    answers by step. `text` says in a sentence what was done; it is empty if a name is unknown.
    """

    names: tuple[str, ...]
    answers: int
    steps: Mapping[str, int]
    text: str


@record(frozen=True)
class ValueCount:
    """A wrong value that no known mistake explains, its cell, and the number of answers with it."""

    place: str
    value: float
    answers: int


@record(frozen=True)
class MessageCount:
    """A kind of message on unreadable answers, and their number.

    Numbers and quoted texts, in which the messages of one kind differ, are `…` in `text`.
    """

    text: str
    answers: int


@record(frozen=True)
class VariantMean:
    """The number of graded answers to a variant, and the mean of their totals in percent."""

    variant: str
    answers: int
    mean: float


@record(frozen=True)
class TotalStatistics:
    """The totals of the graded answers, in percent of their points.

    `deviation` is the standard deviation of a sample, None for one answer. `median` is exact to
    0.01.
    """

    mean: float
    median: float
    deviation: float | None
    lowest: float
    highest: float


@record(frozen=True)
class ClassStatistics:
    """The statistics of a class; only graded answers count, except in `counts` and `unreadable`.

    `counts` is the number of rows by the word of their status. `totals` is None if no answer is
    graded, or if there are no points. `mistakes`, `values` and `unreadable` begin with the
    commonest. `values` are those that several answers have; their numbers may be too low by at most
    `values_missed`. `variants` is empty unless several answers have the same variant.
    """

    counts: Mapping[str, int]
    totals: TotalStatistics | None
    steps: tuple[StepStatistics, ...]
    mistakes: tuple[MistakeCount, ...]
    values: tuple[ValueCount, ...]
    values_missed: int
    unreadable: tuple[MessageCount, ...]
    variants: tuple[VariantMean, ...]

    @property
    def graded(self) -> int:
        """The number of graded answers."""
        return self.counts["graded"]


@record(frozen=True)
class ClassReport:
    """The title of a problem, the grade of each answer in order, and the statistics of all."""

    title: str
    grades: tuple[Grade, ...]
    statistics: ClassStatistics
