"""The wrong matrices that known mistakes give at one step, where all steps before it are right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attncli.calculation.algebra.layouts import Array, sizes
from attncli.calculation.algebra.plan import Step
from attncli.calculation.problem.problem import Computation
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import scene_at
from attncli.homework.mistakes.wording import at_step
from attncli.records import record


@record(frozen=True)
class StepMistake:
    """A mistake at a step: its name, what was done, and the matrix, as the layout writes it."""

    name: str
    done: str
    matrix: Array


def step_mistakes(result: Computation, step: Step) -> Iterator[StepMistake]:
    """Yield the mistakes of the catalogue that can be made at a step, and fit its shape."""
    problem, plan = result.problem, result.trace.plan
    known = {**problem.matrices, **result.trace.matrices}
    scene = scene_at(problem, plan, step, known)
    for mistake in MISTAKES.values():
        with np.errstate(all="ignore"):
            wrong = mistake.make(scene)
        if wrong is not None and wrong.shape == sizes(step.axes):
            done = at_step(mistake.texts, problem, plan, step.name).done
            yield StepMistake(mistake.name, done, problem.layout.swap(wrong, step.role))
