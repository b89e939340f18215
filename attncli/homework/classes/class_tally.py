"""The statistics of a class, counted grade by grade in memory that does not grow with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from math import fsum

from attncli.homework.classes.class_report import (
    ClassStatistics,
    MessageCount,
    MistakeCount,
    StepStatistics,
    TotalStatistics,
    ValueCount,
    VariantMean,
)
from attncli.homework.classes.grade import Grade, Status, StepGrade, short_message
from attncli.homework.classes.running_statistics import (
    Frequencies,
    RunningCorrelation,
    RunningSpread,
)
from attncli.homework.judging.verdicts import Verdict

LEAST_ANSWERS = 30  # below this number, an index of discrimination is mostly chance
LEAST_TIMES = 2  # answers that must share a wrong value before it is listed
MOST_VALUES = 10_000  # pairs of a cell and a wrong value that are kept
MOST_MESSAGES = 1000  # kinds of messages that are kept
MOST_VARIANTS = 1000  # variants that are kept: the first ones
BINS = 10_000  # of totals, for the median: it is exact to 0.01%


class ClassTally:
    """Counts grades one by one, for the statistics of a class."""

    def __init__(self) -> None:
        self._counts = Counter[str]()
        self._steps: dict[str, _StepTally] = {}
        self._order: list[str] = []
        self._totals, self._bins = RunningSpread(), Counter[int]()
        self._mistakes: dict[tuple[str, ...], Counter[str]] = {}
        self._values = Frequencies[tuple[str, str]](MOST_VALUES)
        self._messages = Frequencies[str](MOST_MESSAGES)
        self._variants: dict[str, RunningSpread] = {}

    def add(self, grade: Grade) -> None:
        """Count a grade: its points if the answer is graded, else its status and message."""
        self._counts[grade.status.word] += 1
        if grade.status is Status.UNREADABLE:
            self._messages.add(message_kind(grade))
        if grade.status is Status.GRADED:
            self._add_steps(grade)
            self._add_total(grade)
            self._add_mistakes(grade)

    def _add_steps(self, grade: Grade) -> None:
        self._order = merge_names(self._order, [step.name for step in grade.steps])
        for step in grade.steps:
            others = [other for other in grade.steps if other is not step]
            self._steps.setdefault(step.name, _StepTally()).add(step, others)
            for place, value in step.wrong:
                self._values.add((place, f"{value:.6g}"))

    def _add_total(self, grade: Grade) -> None:
        if not grade.points:
            return
        percent = 100 * fsum(step.earned for step in grade.steps) / grade.points
        self._totals.add(percent)
        self._bins[round(percent * BINS / 100)] += 1
        if grade.variant in self._variants or len(self._variants) < MOST_VARIANTS:
            self._variants.setdefault(grade.variant, RunningSpread()).add(percent)

    def _add_mistakes(self, grade: Grade) -> None:
        """Count the mistakes of an answer; those that one step cannot tell apart are one entry."""
        found: dict[tuple[str, ...], list[str]] = {}
        for step in grade.steps:
            if step.mistakes:
                found.setdefault(tuple(sorted(step.mistakes)), []).append(step.name)
        for names, steps in found.items():
            # The empty name counts the answers.
            self._mistakes.setdefault(names, Counter()).update(["", *steps])

    def statistics(self) -> ClassStatistics:
        """Return the statistics of the grades that were counted."""
        return ClassStatistics(
            counts={status.word: self._counts[status.word] for status in Status},
            totals=self._total_statistics(),
            steps=tuple(self._steps[name].statistics(name) for name in self._order),
            mistakes=tuple(self._mistake_counts()),
            values=tuple(
                ValueCount(place, float(value), times)
                for (place, value), times in self._values.commonest()
                if times >= LEAST_TIMES
            ),
            values_missed=self._values.missed,
            unreadable=tuple(MessageCount(*item) for item in self._messages.commonest()),
            variants=tuple(self._variant_means()),
        )

    def _total_statistics(self) -> TotalStatistics | None:
        totals = self._totals
        if not totals.count:
            return None
        lower, upper = (self._total_at((totals.count - odd) // 2) for odd in (1, 0))
        median = (lower + upper) / 2
        return TotalStatistics(totals.mean, median, totals.deviation, totals.lowest, totals.highest)

    def _total_at(self, rank: int) -> float:
        """Return the total with this rank from below, which counts from 0, in percent."""
        for place in sorted(self._bins):
            rank -= self._bins[place]
            if rank < 0:
                return place * 100 / BINS
        raise IndexError(rank)

    def _mistake_counts(self) -> Iterator[MistakeCount]:
        if not self._mistakes:
            return
        # The catalogue is large: load it only for a class with a mistake.
        from attncli.homework.mistakes.catalogue import done_in

        for names, counted in sorted(self._mistakes.items(), key=lambda item: -item[1][""]):
            texts = [done_in(name) for name in names]
            steps = {name: counted[name] for name in self._order if counted[name]}
            yield MistakeCount(names, counted[""], steps, " Or: ".join(filter(None, texts)))

    def _variant_means(self) -> Iterator[VariantMean]:
        """Yield the variants, those with the lowest means first; none if each has one answer."""
        if len(self._variants) > 1 and any(each.count > 1 for each in self._variants.values()):
            for name, each in sorted(self._variants.items(), key=lambda item: item[1].mean):
                yield VariantMean(name, each.count, each.mean)


class _StepTally:
    """Counts the grades of one step."""

    def __init__(self) -> None:
        self._answers = self._right = 0
        self._verdicts = Counter[str]()
        self._earned = self._points = 0.0
        self._correlation = RunningCorrelation()

    def add(self, step: StepGrade, others: list[StepGrade]) -> None:
        """Count the grade of the step beside the other steps of the same answer."""
        self._answers += 1
        self._verdicts[step.verdict] += 1
        self._right += step.is_right
        self._earned += step.earned
        self._points += step.points
        rest = fsum(other.points for other in others)
        if step.points and rest:
            # Answers may show different steps: a share of their points makes them comparable. Where
            # all show the same steps, shares have the same correlation as points.
            share = fsum(other.earned for other in others) / rest
            self._correlation.add(step.earned / step.points, share)

    def statistics(self, name: str) -> StepStatistics:
        """Return the statistics of the step."""
        is_enough = self._correlation.count >= LEAST_ANSWERS
        correlation = self._correlation.correlation if is_enough else None
        return StepStatistics(
            name,
            self._answers,
            self._right,
            self._verdicts[Verdict.ROUNDED.word],
            self._verdicts[Verdict.MISSING.word],
            self._earned / self._points if self._points else None,
            None if correlation is None else 100 * correlation,
        )


def merge_names(known: list[str], names: Iterable[str]) -> list[str]:
    """Return the known names and new ones, each new one before the known name that follows it.

    >>> merge_names(["scores", "output"], ["scores", "weights", "output"])
    ['scores', 'weights', 'output']
    """
    merged, place = list(known), len(known)
    for name in reversed(list(names)):
        if name in merged:
            place = merged.index(name)
        else:
            merged.insert(place, name)
    return merged


_DETAIL = re.compile(r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|\d+(?:[.,]\d+)*")


def message_kind(grade: Grade) -> str:
    """Return the message of an unreadable answer without its file, its numbers and its quotes.

    >>> message_kind(Grade("", Status.UNREADABLE, file="a.csv", message="a.csv: row 2 has '1;2'."))
    "row … has '…'."
    """
    text = short_message(grade)
    return _DETAIL.sub(lambda found: "'…'" if found[0][0] in "'\"" else "…", text)
