"""Many mistakes are tried at once: what is tried together is what is tried alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import numpy as np
import pytest

from attncli.calculation.algebra.layouts import Array
from attncli.homework.answers.tolerance import Tolerance
from attncli.homework.diagnosis.replacements import Replacement, pairs
from attncli.homework.diagnosis.replay import Replay, hidden_steps
from attncli.homework.diagnosis.search import diagnose
from attncli.homework.diagnosis.together import Together
from attncli.homework.judging.judge import Judge
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import Mistake, scene_at
from tests.homework.test_catalogue import as_written, solved
from tests.problems import PROBLEMS, numbers

EVERY = 13  # of so many pairs one is tried alone


def replay_of(name: str) -> tuple[Replay, str]:
    """All that leads to the last step of a problem."""
    problem, trace = solved(name)
    hidden = hidden_steps(trace.plan, trace.plan.steps[-1], set())
    return Replay(problem, trace.plan, hidden, problem.matrices), hidden[-1].name


def singles_of(replay: Replay) -> list[Replacement]:
    """Each mistake at each step; one at two steps is among them."""
    found = [
        Replacement(mistake, (step.name,))
        for step, _ in replay.steps
        for mistake in MISTAKES.values()
        if mistake.make(replay.scene(step)) is not None
    ]
    first = found[0].mistake
    steps = tuple(single.steps[0] for single in found if single.mistake is first)
    return [Replacement(first, steps), *found] if len(steps) > 1 else found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_tried_together_is_what_is_tried_alone(name: str) -> None:
    """One replacement or two, that fit or do not, and in matrices of other shapes."""
    replay, target = replay_of(name)
    together = Together(replay)
    singles = singles_of(replay)
    tries: list[tuple[Replacement, ...]] = [(single,) for single in singles]
    results = together.results(tries, target)
    fitting = [
        single for single, result in zip(singles, results, strict=True) if result is not None
    ]
    two = list(islice(pairs(fitting), 0, 4000, EVERY))
    results += together.results(two, target)
    for replacements, result in zip([*tries, *two], results, strict=True):
        wrong = {step: r.mistake for r in replacements for step in r.steps}
        alone = replay.run(wrong)
        assert (alone is None) == (result is None)
        if alone is not None and result is not None:
            np.testing.assert_allclose(result, alone[target], 1e-6, 1e-9)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_mistake_is_made_from_what_comes_before_it(name: str) -> None:
    """So that runs may share what comes before, and no later step is taken for an earlier one."""
    problem, trace = solved(name)
    known = dict(problem.matrices)
    for step in trace.plan.steps:
        for mistake in MISTAKES.values():
            made = mistake.make(scene_at(problem, trace.plan, step, known))
            with_all = mistake.make(scene_at(problem, trace.plan, step, trace.matrices))
            np.testing.assert_equal(made, with_all, mistake.name)
        known[step.name] = trace.matrices[step.name]


@pytest.mark.parametrize("name", ["heads", "shared heads", "batch and heads", "encoder"])
def test_an_answer_that_nothing_explains_takes_no_runs_of_their_own(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A class of answers is checked in the time that the few take whose numbers are near."""
    problem, trace = solved(name)
    last = trace.plan.steps[-1]
    nonsense = numbers(*trace.matrices[last.name].shape) * 1.37 + 0.001
    runs = []
    alone = Replay.run

    def counted(replay: Replay, wrong: Mapping[str, Mistake]) -> Mapping[str, Array] | None:
        runs.append(wrong)
        return alone(replay, wrong)

    monkeypatch.setattr(Replay, "run", counted)
    judge = Judge(problem, trace, {last.name: as_written(nonsense)}, Tolerance())
    *_, judged = map(judge.judge, trace.plan.steps)
    diagnosis = diagnose(judge, judged)
    assert not diagnosis.explanations
    assert len(runs) < 30
