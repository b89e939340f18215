"""Test that each mistake makes the numbers that were worked out without the catalogue."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import Mistake, scene_at
from tests.mistake_numbers import layers, masks, positions, registry, scores, values, weights
from tests.mistake_numbers.registry import BY_HAND, ByHand, Matrix
from tests.problems import PROBLEMS, solved

# The rooms whose mistakes are worked out. The tests don't require numbers in other rooms.
ROOMS = (positions, scores, masks, weights, values, layers)


def room_of(entry: Mistake) -> str:
    """Return the room of an entry: `masks` for an entry in `mistakes/masks/rules.py`."""
    return entry.wrong.__module__.split(".")[-2]


def names_of(room: str) -> set[str]:
    """Return the mistakes in a room of the catalogue."""
    return {name for name, entry in MISTAKES.items() if room_of(entry) == room}


def step_of(case: ByHand) -> Step:
    """Return the step of the problem that the numbers belong to."""
    _, trace = solved(case.problem)
    return next(step for step in trace.plan.steps if step.name == case.step)


def made_by_the_entry(case: ByHand) -> Matrix | None:
    """Return the wrong matrix that the catalogue makes in the same place."""
    problem, trace = solved(case.problem)
    scene = scene_at(problem, trace.plan, step_of(case), trace.matrices)
    return MISTAKES[case.mistake].make(scene)


@pytest.mark.parametrize("module", ROOMS, ids=lambda module: module.__name__.split(".")[-1])
def test_every_mistake_has_numbers_worked_out_by_hand(module: ModuleType) -> None:
    """Each file has numbers for all the mistakes of its room, and for no others."""
    room = module.__name__.split(".")[-1]
    worked_out = {case.mistake for case in BY_HAND if case.wrong.__module__ == module.__name__}
    missing = sorted(names_of(room) - worked_out)
    assert not missing, f"no numbers for these mistakes: {', '.join(missing)}"
    unknown = sorted(worked_out - names_of(room))
    assert not unknown, f"no mistakes of these names in {room}: {', '.join(unknown)}"


def can_be_made(name: str, kind: type[Operation]) -> bool:
    """Return True if a mistake can be made in this kind of operation, in any of the problems."""
    for problem_name in PROBLEMS:
        problem, trace = solved(problem_name)
        for step in trace.plan.steps:
            if isinstance(step.operation, kind):
                scene = scene_at(problem, trace.plan, step, trace.matrices)
                with np.errstate(all="ignore"):
                    wrong = MISTAKES[name].make(scene)
                if wrong is not None:
                    return True
    return False


@pytest.mark.parametrize("module", ROOMS, ids=lambda module: module.__name__.split(".")[-1])
def test_every_operation_that_a_mistake_replaces_has_numbers(module: ModuleType) -> None:
    """A mistake in several kinds of operations has numbers for each of them."""
    cases = [case for case in BY_HAND if case.wrong.__module__ == module.__name__]
    worked_out = [(case.mistake, step_of(case).operation) for case in cases]
    missing = [
        f"{name} in {kind.__name__}"
        for name in sorted({case.mistake for case in cases} & MISTAKES.keys())
        for kind in MISTAKES[name].replaces
        if not any(name == own and isinstance(operation, kind) for own, operation in worked_out)
        if can_be_made(name, kind)
    ]
    assert not missing, f"no numbers for {', '.join(missing)}"


@pytest.mark.parametrize("module", ROOMS, ids=lambda module: module.__name__.split(".")[-1])
def test_numbers_worked_out_by_hand_do_not_import_attncli(module: ModuleType) -> None:
    """The files of the numbers, and of their helpers, do not import attncli."""
    for path in (Path(str(module.__file__)), Path(registry.__file__)):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) attncli", text, re.MULTILINE), path.name


@pytest.mark.parametrize("case", BY_HAND, ids=str)
def test_a_mistake_makes_the_numbers_worked_out_by_hand(case: ByHand) -> None:
    """The entry makes the numbers to the last digits, and they differ from the right ones."""
    _, trace = solved(case.problem)
    right = trace.matrices[case.step]
    with np.errstate(all="ignore"):
        by_hand = case.wrong(trace.matrices)
        by_entry = made_by_the_entry(case)
    assert by_entry is not None, "the entry does not make this mistake here"
    np.testing.assert_allclose(by_entry, by_hand, rtol=1e-12, atol=1e-12, strict=True)
    assert by_hand.shape != right.shape or not np.allclose(by_hand, right, atol=1e-3)
