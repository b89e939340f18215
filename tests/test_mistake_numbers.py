"""Each mistake of the catalogue makes the numbers that were worked out without it."""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np
import pytest

from attncli.calculation.algebra.plan import Trace
from attncli.calculation.plans.of_document import read
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.problem import Problem
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import Mistake, scene_at
from tests.mistake_numbers import masks, positions, scores
from tests.mistake_numbers.registry import BY_HAND, ByHand, Matrix
from tests.problems import PROBLEMS

# The rooms of the catalogue whose mistakes are worked out. An entry of another room is not missed.
ROOMS = (positions, scores, masks)


def room_of(entry: Mistake) -> str:
    """The room of an entry: `masks` for what stands in `mistakes/masks/rules.py`."""
    return entry.wrong.__module__.split(".")[-2]


def names_of(room: str) -> set[str]:
    """The mistakes in a room of the catalogue."""
    return {name for name, entry in MISTAKES.items() if room_of(entry) == room}


@cache
def solved(name: str) -> tuple[Problem, Trace]:
    """A problem and all its steps."""
    entries = {key: Entry(value, name) for key, value in PROBLEMS[name].items()}
    problem, plan = read(Document(entries))
    return problem, plan.run(problem.matrices)


def made_by_the_entry(case: ByHand) -> Matrix | None:
    """The wrong matrix that the catalogue makes in the same place."""
    problem, trace = solved(case.problem)
    step = next(step for step in trace.plan.steps if step.name == case.step)
    scene = scene_at(problem, trace.plan, step, trace.matrices)
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


@pytest.mark.parametrize("case", BY_HAND, ids=str)
def test_a_mistake_makes_the_numbers_worked_out_by_hand(case: ByHand) -> None:
    """To the last digits, and other numbers than the right ones."""
    _, trace = solved(case.problem)
    right = trace.matrices[case.step]
    with np.errstate(all="ignore"):
        by_hand = case.wrong(trace.matrices)
        by_entry = made_by_the_entry(case)
    assert by_entry is not None, "the entry makes no such mistake here"
    np.testing.assert_allclose(by_entry, by_hand, rtol=1e-12, atol=1e-12, strict=True)
    assert by_hand.shape != right.shape or not np.allclose(by_hand, right, atol=1e-3)
