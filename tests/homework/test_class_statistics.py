"""Test the statistics of a class against formulas in NumPy that use nothing of the program."""

from __future__ import annotations

import re
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import attncli
from attncli.homework.classes.class_tally import (
    LEAST_ANSWERS,
    MOST_VALUES,
    ClassTally,
    message_kind,
)
from attncli.homework.classes.grade import Grade, Status, StepGrade
from attncli.homework.classes.running_statistics import (
    Frequencies,
    RunningCorrelation,
    RunningSpread,
)
from attncli.homework.mistakes.catalogue import MISTAKES, PATTERNS, done_in
from tests.drawn_class import class_report, drawn_class

POINTS = {"scores": 2.0, "scaled": 1.0, "weights": 3.0, "output": 1.0}
Marks = NDArray[np.float64]


def drawn_marks(seed: int, answers: int) -> Marks:
    """Return 1 for right and 0 for wrong, by answers and steps; good students are often right."""
    random = np.random.default_rng(seed)
    skill = random.uniform(0.2, 0.95, size=(answers, 1))
    return np.asarray(random.random((answers, len(POINTS))) < skill, dtype=float)


def graded(marks: Marks, **fields: Any) -> list[Grade]:
    """Return grades with these marks."""
    return [
        Grade(
            f"student-{number}",
            Status.GRADED,
            steps=tuple(
                StepGrade(name, "follows" if mark else "wrong", mark * points, points)
                for (name, points), mark in zip(POINTS.items(), row, strict=True)
            ),
            **{name: values[number] for name, values in fields.items()},
        )
        for number, row in enumerate(marks)
    ]


def moodle_discrimination(earned: Marks, step: int) -> float:
    """Return 100 cov(mark, rest) / sqrt(var(mark) var(rest)), the rest without the step."""
    mark, rest = earned[:, step], np.delete(earned, step, axis=1).sum(axis=1)
    covariance = ((mark - mark.mean()) * (rest - rest.mean())).sum()
    return float(100 * covariance / np.sqrt(((mark - mark.mean()) ** 2).sum()
                                            * ((rest - rest.mean()) ** 2).sum()))  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_steps_have_the_indices_of_moodle(seed: int) -> None:
    """Share right, facility and discrimination are those of the formulas, with other rows beside.

    A step that follows from an earlier wrong one counts as right.
    """
    marks = drawn_marks(seed, 57)
    earned = marks * list(POINTS.values())
    others = [Grade("old", Status.SUPERSEDED), Grade("none", Status.MISSING)]
    found = class_report([*others, *graded(marks)]).statistics
    assert [step.name for step in found.steps] == list(POINTS)
    for number, (step, points) in enumerate(zip(found.steps, POINTS.values(), strict=True)):
        assert step.answers == 57
        assert step.share_right == pytest.approx(marks[:, number].mean())
        assert step.facility == pytest.approx(earned[:, number].mean() / points)
        assert step.discrimination == pytest.approx(moodle_discrimination(earned, number))


@pytest.mark.parametrize("seed", range(5))
def test_totals_are_in_percent_of_the_points(seed: int) -> None:
    """Mean, median, standard deviation and ends are those of NumPy."""
    marks = drawn_marks(seed, 41 + seed)
    percent = 100 * (marks @ list(POINTS.values())) / sum(POINTS.values())
    totals = class_report(graded(marks)).statistics.totals
    assert totals is not None
    assert totals.mean == pytest.approx(percent.mean())
    assert totals.median == pytest.approx(np.median(percent), abs=0.0051)
    assert totals.deviation == pytest.approx(percent.std(ddof=1))
    assert (totals.lowest, totals.highest) == pytest.approx((percent.min(), percent.max()))


def test_the_median_of_an_even_number_is_between_two_totals() -> None:
    """The median of two totals is their mean, and the median of three the middle one."""
    marks = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 0]], dtype=float)
    for answers, median in ((2, 50), (3, 100 * 6 / 7)):
        totals = class_report(graded(marks[:answers])).statistics.totals
        assert totals is not None
        assert totals.median == pytest.approx(median, abs=0.0051)


def test_discrimination_needs_answers_and_a_spread() -> None:
    """A step has no discrimination below 30 answers, or if all marks or all rests are equal."""
    few = class_report(graded(drawn_marks(1, LEAST_ANSWERS - 1))).statistics
    assert {step.discrimination for step in few.steps} == {None}
    enough = class_report(graded(drawn_marks(1, LEAST_ANSWERS))).statistics
    assert None not in {step.discrimination for step in enough.steps}
    marks = drawn_marks(1, LEAST_ANSWERS)
    marks[:, 0] = 1
    first, *others = class_report(graded(marks)).statistics.steps
    assert first.discrimination is None
    assert None not in {step.discrimination for step in others}
    marks[:, 1:] = 1
    marks[:9, 0] = 0
    assert class_report(graded(marks)).statistics.steps[0].discrimination is None


def test_running_numbers_are_exact_far_from_0() -> None:
    """Numbers with a large mean keep the digits of their spread."""
    numbers = 1e9 + np.random.default_rng(5).normal(size=1000)
    others = numbers + np.random.default_rng(6).normal(size=1000)
    spread, correlation = RunningSpread(), RunningCorrelation()
    for one, other in zip(numbers.tolist(), others.tolist(), strict=True):
        spread.add(one)
        correlation.add(one, other)
    assert spread.deviation == pytest.approx((numbers - 1e9).std(ddof=1), rel=1e-6)
    expected = np.corrcoef(numbers - 1e9, others - 1e9)[0, 1]
    assert correlation.correlation == pytest.approx(expected, rel=1e-6)


def test_answers_that_show_different_steps_are_comparable() -> None:
    """An answer counts for the steps that it shows, and its rest is a share of their points."""
    whole = graded(drawn_marks(3, 40))
    output = [Grade("x", Status.GRADED, steps=each.steps[-1:]) for each in graded(np.ones((9, 4)))]
    found = class_report([*output, *whole]).statistics
    assert [step.name for step in found.steps] == list(POINTS)
    assert [step.answers for step in found.steps] == [40, 40, 40, 49]
    alone = class_report(whole).statistics
    assert found.steps[-1].discrimination == alone.steps[-1].discrimination


def test_a_rounded_step_is_right_unless_it_earns_nothing() -> None:
    """A rounded step counts as right, and as wrong if --strict takes its points."""
    steps = (StepGrade("output", "rounded", 1, 1), StepGrade("output", "rounded", 0, 1))
    found = class_report([Grade("", Status.GRADED, steps=(step,)) for step in steps]).statistics
    assert (found.steps[0].right, found.steps[0].rounded) == (1, 2)


def test_without_points_there_is_no_facility() -> None:
    """A step without points has a share of right answers, and neither facility nor totals."""
    steps = (StepGrade("scores", "right", 0, 0), StepGrade("output", "wrong", 0, 0))
    found = class_report([Grade("", Status.GRADED, steps=steps)]).statistics
    assert [(step.share_right, step.facility) for step in found.steps] == [(1, None), (0, None)]
    assert found.totals is None


def mistaken(**steps: str) -> Grade:
    """Return the grade of an answer with these mistakes in its steps, by names between blanks."""
    lines = (StepGrade(name, "wrong", 0, 1, tuple(names.split())) for name, names in steps.items())
    return Grade("", Status.GRADED, steps=tuple(lines))


def test_mistakes_are_counted_by_answers_and_steps() -> None:
    """A mistake counts once per answer, with its steps; mistakes that look alike are one entry."""
    grades = [
        mistaken(Q="weight-transposed", K="weight-transposed", scaled="no-scale"),
        mistaken(Q="weight-transposed", K="", scaled=""),
        mistaken(scaled="softmax-unscaled no-scale"),
        mistaken(scaled="no-scale softmax-unscaled"),
        mistaken(scaled="no-scale softmax-unscaled"),
    ]
    found = class_report(grades).statistics.mistakes
    assert [(each.names, each.answers, dict(each.steps)) for each in found] == [
        (("no-scale", "softmax-unscaled"), 3, {"scaled": 3}),
        (("weight-transposed",), 2, {"Q": 2, "K": 1}),
        (("no-scale",), 1, {"scaled": 1}),
    ]
    assert found[2].text == MISTAKES["no-scale"].done == "The scores were not scaled."


def test_the_commonest_wrong_values_are_counted_by_cell() -> None:
    """The same wrong value in the same cell counts, to 6 significant digits; NaN is a value.

    A value that only one answer has is not listed.
    """
    values = [("a[1,1]", 0.5), ("a[1,1]", 0.50000000001), ("a[1,2]", 0.5), ("a[1,1]", np.nan)]
    steps = [StepGrade("a", "wrong", 0, 1, wrong=((place, value),)) for place, value in values]
    grades = [Grade("", Status.GRADED, steps=(step,)) for step in steps]
    found = class_report([*grades, grades[-1]]).statistics.values
    assert [(each.place, str(each.value), each.answers) for each in found] == [
        ("a[1,1]", "0.5", 2),
        ("a[1,1]", "nan", 2),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_frequencies_keep_what_is_common(seed: int) -> None:
    """With more keys than fit, numbers are too low by at most `missed`, and no common key is lost.

    `missed` is at most the number of keys divided by the number that fit, plus one.
    """
    random = np.random.default_rng(seed)
    keys = (random.pareto(1.0, size=3000) * 10).astype(int).tolist()
    frequencies = Frequencies[int](20)
    for key in keys:
        frequencies.add(key)
    found, true = dict(frequencies.commonest()), Counter(keys)
    assert 0 < frequencies.missed <= len(keys) / 21
    assert len(found) <= 20
    for key, times in true.items():
        assert times - frequencies.missed <= found.get(key, 0) <= times


def test_messages_are_counted_by_kind() -> None:
    """Messages that differ in their file, their numbers or their quotes are of one kind."""
    texts = ("line 3: 'a' is unknown.", "line 14: 'it is' is unknown.", "it is empty.")
    grades = [
        Grade("", Status.UNREADABLE, file=f"{n}.json", message=f"{n}.json: {text}\n  {n}{n}")
        for n, text in enumerate(texts)
    ]
    found = class_report(grades).statistics
    assert [(kind.text, kind.answers) for kind in found.unreadable] == [
        ("line …: '…' is unknown.", 2),
        ("it is empty.", 1),
    ]
    assert message_kind(Grade("", Status.UNREADABLE, message="Anna's file isn't text.")) == (
        "Anna's file isn't text."
    )


def test_variants_are_compared_only_if_they_repeat() -> None:
    """The mean of a variant is shown if several answers have the same variant."""
    marks = drawn_marks(8, 40)
    percent = 100 * (marks @ list(POINTS.values())) / sum(POINTS.values())
    names = ["ABC"[number % 3] for number in range(40)]
    found = class_report(graded(marks, variant=names)).statistics.variants
    means = {each.variant: (each.answers, each.mean) for each in found}
    for name in "ABC":
        own = percent[[each == name for each in names]]
        assert means[name][0] == len(own)
        assert means[name][1] == pytest.approx(own.mean())
    assert [each.mean for each in found] == sorted(each.mean for each in found)
    different = [str(number) for number in range(40)]
    assert class_report(graded(marks, variant=different)).statistics.variants == ()
    assert class_report(graded(marks)).statistics.variants == ()


def test_a_drawn_class_is_counted() -> None:
    """The mistakes put into drawn answers are those that the statistics count."""
    found = drawn_class().statistics
    assert found.counts == {"graded": 5, "unreadable": 1, "superseded": 1, "missing": 1}
    assert [(each.names, each.answers) for each in found.mistakes] == [
        (("no-scale",), 1),
        (("single-cell-slip",), 1),
    ]
    assert {each.place.partition("[")[0] for each in found.values} == {"weights"}
    assert {each.answers for each in found.values} == {2}


def test_an_empty_class_has_no_statistics() -> None:
    """Without answers nothing is divided by 0."""
    found = class_report([]).statistics
    assert (found.totals, found.steps, found.mistakes, found.graded) == (None, (), (), 0)


def test_memory_does_not_grow_with_the_answers() -> None:
    """Counting 5 times as many answers, all with new wrong values, takes the same memory."""
    tally, random = ClassTally(), np.random.default_rng(4)

    def count(answers: int) -> int:
        tracemalloc.start()
        for _ in range(answers):
            wrong = tuple((f"a[{at},1]", value) for at, value in enumerate(random.random(10)))
            step = StepGrade("a", "wrong", 0, 1, wrong=wrong)
            tally.add(Grade("", Status.GRADED, steps=(step,)))
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return taken

    count(2 * MOST_VALUES // 10)
    assert count(5 * MOST_VALUES // 10) < 3_000_000
    assert tally.statistics().values_missed > 0


def test_each_name_of_a_cause_has_a_sentence() -> None:
    """The statistics of a class say what was done for each name that a diagnosis gives."""
    folder = Path(attncli.__file__).parent / "homework" / "diagnosis"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    named = {*re.findall(r'f?"([a-z]+(?:-[a-z{}]+)+)"', source)}
    names = {name.replace("{line}", line) for name in named for line in ("row", "column")}
    assert names >= PATTERNS.keys()
    assert [name for name in sorted(names) if not done_in(name)] == []
    assert done_in("no-such-mistake") == ""
