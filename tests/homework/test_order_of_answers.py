"""Test that a verdict depends on the answer alone, although runs are kept for other answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pytest

import attncli
from attncli.calculation.algebra.layouts import Array
from attncli.calculation.problem.problem import Computation
from attncli.formats import REPORTS
from attncli.homework.checking import CheckOptions, check_answer
from attncli.homework.diagnosis.runs import LARGEST_SHARED, MOST_SHARED, Runs
from attncli.homework.judging.report import Files
from attncli.homework.mistakes.mistake import Mistake, Scene
from attncli.render.view import View
from tests.make_answers import carried
from tests.running import SAMPLES

PROBLEMS = ("self_attention", "two_heads")
MISTAKES = ("softmax-columns", "no-scale", "no-transpose", "values-first")
SHOWN = (("scores", "scaled", "weights", "output"), ("scores", "weights"), ("output",))

Entries = dict[str, object]


def computed(name: str) -> Computation:
    """Return the calculation of a sample, for which no answer was judged yet."""
    return attncli.compute(SAMPLES / f"{name}.json").made


@cache
def answers(name: str) -> list[Entries]:
    """Return answers to a sample: right, with a mistake, and with errors beyond explanation."""
    return list(drawn(computed(name)))


def drawn(made: Computation) -> Iterator[Entries]:
    chance = np.random.default_rng(0)
    for shown in SHOWN:
        for mistake in (None, *MISTAKES):
            steps = carried(made, None, mistake)
            yield written(made, {step: steps[step] for step in shown if step in steps})
        right = carried(made, None, None)
        yield written(made, {step: noisy(right[step], chance) for step in shown})


def noisy(matrix: Array, chance: np.random.Generator) -> Array:
    """Return a matrix with an error in each cell, which no mistake explains."""
    return np.asarray(matrix + chance.normal(size=matrix.shape))


def written(made: Computation, steps: dict[str, Array]) -> Entries:
    """Return steps as the entries of an answer, with two decimals."""
    return {name: np.vectorize("{:.2f}".format)(matrix).tolist() for name, matrix in steps.items()}


def reports(made: Computation, entries: Sequence[Entries]) -> list[bytes]:
    """Return the reports on answers to a problem, judged one after the other."""
    made_reports = [check_answer(made, each, CheckOptions(), Files()) for each in entries]
    return [REPORTS["json"].write(report, View()) for report in made_reports]


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_order_of_answers_changes_no_report(name: str) -> None:
    """An answer has the same report alone, after others, and in another order."""
    entries = answers(name)
    alone = [report for each in entries for report in reports(computed(name), [each])]
    assert reports(computed(name), entries) == alone
    assert reports(computed(name), entries[::-1]) == alone[::-1]


def test_mistakes_from_true_numbers_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second answer with the same right steps makes no mistake from the true numbers again."""
    made = computed("self_attention")
    answer = written(made, {"output": carried(made, None, "no-scale")["output"]})
    scenes: list[Scene] = []
    make = Mistake.make

    def counted(self: Mistake, scene: Scene) -> Array | None:
        scenes.append(scene)
        return make(self, scene)

    monkeypatch.setattr(Mistake, "make", counted)
    reports(made, [answer])
    first = len(scenes)
    reports(made, [answer])
    assert first > 100
    assert len(scenes) - first < first / 10


def test_few_runs_of_small_problems_are_kept() -> None:
    """A problem keeps a limited number of runs, and a large problem keeps none."""
    small = computed("two_heads")
    names = small.trace.plan.names
    wrong = carried(small, None, "softmax-columns")
    for first in range(len(names)):
        for last in ("weights", "output"):
            reports(small, [written(small, {name: wrong[name] for name in (names[first], last)})])
    assert 1 < len(small.trace.derived[Runs]) <= MOST_SHARED
    large = computed("image")
    assert sum(matrix.size for matrix in large.trace.matrices.values()) > LARGEST_SHARED
    reports(large, [written(large, {"output": 1.5 * large.trace.matrices["output"]})])
    assert Runs not in large.trace.derived
