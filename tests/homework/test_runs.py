"""Test that mistakes run together give what each gives alone, and that few runs are single."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
import pytest

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Step
from attncli.homework.answers.tolerance import Tolerance
from attncli.homework.diagnosis.explain import find_cause
from attncli.homework.diagnosis.habits import Habit, half_even
from attncli.homework.diagnosis.replacements import Replacement, pairs
from attncli.homework.diagnosis.runs import Runs
from attncli.homework.judging.judge import start
from attncli.homework.judging.trail import hidden_steps
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import scene_at
from tests.homework.test_catalogue import as_written
from tests.problems import PROBLEMS, numbers, solved

EVERY = 37  # out of this number of pairs, one is tried alone


def runs_of(name: str, rounding: Habit | None = None) -> tuple[Runs, tuple[Step, ...]]:
    """Return the runs of all steps that lead to the last step of a problem, and these steps."""
    problem, trace = solved(name)
    hidden = hidden_steps(trace.plan, trace.plan.steps[-1], ())
    return Runs(problem, trace.plan, hidden, problem.matrices, rounding), hidden


def singles_of(runs: Runs, hidden: tuple[Step, ...]) -> list[Replacement]:
    """Return each mistake at each step, and the first one at all its steps."""
    found = [
        Replacement(mistake, (step.name,))
        for step in hidden
        for mistake in MISTAKES.values()
        if mistake.make(runs.scene(step)) is not None
    ]
    first = found[0].mistake
    steps = tuple(single.steps[0] for single in found if single.mistake is first)
    return [Replacement(first, steps), *found] if len(steps) > 1 else found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", PROBLEMS)
def test_common_runs_give_what_single_runs_give(name: str) -> None:
    """One or two replacements give the same matrix in a run of their own and in a common run."""
    runs, hidden = runs_of(name)
    singles = singles_of(runs, hidden)
    tries: list[tuple[Replacement, ...]] = [(single,) for single in singles]
    results = runs.run_together(tries)
    fitting = [
        single for single, result in zip(singles, results, strict=True) if result is not None
    ]
    two = list(islice(pairs(fitting), 0, 4000, EVERY))
    results += runs.run_together(two)
    for replacements, result in zip([*tries, *two], results, strict=True):
        alone = runs.run(replacements)
        assert (alone is None) == (result is None)
        if alone is not None and result is not None:
            np.testing.assert_allclose(result, alone[hidden[-1].name], 1e-6, 1e-9)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_run_without_changes_gives_the_right_matrices(name: str) -> None:
    """A run without changes, or with nothing rounded, gives the right matrices to the last bit."""
    runs, hidden = runs_of(name)
    _, trace = solved(name)
    names = [step.name for step in hidden]
    for step in names:
        np.testing.assert_array_equal(runs.right[step], trace.matrices[step])
    finely = runs_of(name, Habit("", half_even, 15))[0].right
    np.testing.assert_allclose(finely[names[-1]], trace.matrices[names[-1]], 1e-9, 1e-11)


@pytest.mark.parametrize("name", ["square", "heads", "encoder"])
@pytest.mark.parametrize("decimals", [1, 3])
def test_rounding_at_a_step_is_carried_on(name: str, decimals: int) -> None:
    """Rounding at any steps gives what the plan gives if each step's result is rounded in turn."""
    problem, trace = solved(name)
    names = [step.name for step in runs_of(name)[1]]
    for rounded in (names[:-1], names[:1], names[2:3]):
        known = dict(problem.matrices)
        for step in trace.plan.steps:
            result = step.operation.apply(*(known[operand] for operand in step.operation.operands))
            known[step.name] = result.round(decimals) if step.name in rounded else result
        habit = Habit("", half_even, decimals, tuple(rounded))
        found = runs_of(name, habit)[0].right
        np.testing.assert_array_equal(found[names[-1]], known[names[-1]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_mistake_depends_on_earlier_steps_alone(name: str) -> None:
    """A mistake depends on the steps before it alone, so that runs can share these steps."""
    problem, trace = solved(name)
    known = dict(problem.matrices)
    for step in trace.plan.steps:
        kinds = (m for m in MISTAKES.values() if isinstance(step.operation, m.replaces))
        for mistake in kinds:
            made = mistake.make(scene_at(problem, trace.plan, step, known))
            with_all = mistake.make(scene_at(problem, trace.plan, step, trace.matrices))
            if made is None:
                assert with_all is None, mistake.name
            else:
                np.testing.assert_equal(made, with_all, mistake.name)
        known[step.name] = trace.matrices[step.name]


@pytest.mark.parametrize("name", ["heads", "shared heads", "batch and heads", "encoder"])
def test_an_answer_without_explanation_takes_few_single_runs(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that no mistake explains takes fewer than 30 single runs."""
    problem, trace = solved(name)
    last = trace.plan.steps[-1]
    nonsense = numbers(*trace.matrices[last.name].shape) * 1.37 + 0.001
    runs = []
    alone = Runs.run

    def counted(self: Runs, replacements: Sequence[Replacement]) -> Mapping[str, Array] | None:
        runs.append(replacements)
        return alone(self, replacements)

    monkeypatch.setattr(Runs, "run", counted)
    trail = start(problem, trace, {last.name: as_written(nonsense)}, Tolerance())
    for step in trace.plan.steps[:-1]:
        trail.judge(step)
    before = trail.copy()
    cause = find_cause(before, trail, trail.judge(last), [])
    assert not cause.names
    assert len(runs) < 60
