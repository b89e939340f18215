"""Running the steps before a wrong one again, with operations replaced or results rounded."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.problem.problem import Problem
from attncli.homework.mistakes.mistake import Mistake, Scene, scene_at


def hidden_steps(plan: Plan, target: Step, given: set[str]) -> tuple[Step, ...]:
    """The steps that lead to a target and that an answer does not show, the target last."""
    needed = set(target.operation.operands)
    found = [target]
    for step in reversed(plan.steps):
        if step.name in needed - given and step.name != target.name:
            found.append(step)
            needed.update(step.operation.operands)
    return tuple(reversed(found))


class Replay:
    """The hidden steps on given matrices: once as they should be, then again with changes.

    Only what a change reaches is calculated again, for a stack of layers has many steps. `right`
    is what the steps give unchanged, as far as the given matrices fit together.
    """

    def __init__(
        self, problem: Problem, plan: Plan, hidden: tuple[Step, ...], known: Mapping[str, Array]
    ) -> None:
        self.problem, self.plan = problem, plan
        names = {step.name for step in hidden}
        self.given = {name: matrix for name, matrix in known.items() if name not in names}
        self.steps = [(step, step.operation.operands) for step in hidden]
        self.right: dict[str, Array] = dict(self.given)
        with np.errstate(all="ignore"):
            for step, operands in self.steps:
                result = applied(step, operands, self.right)
                if result is not None:
                    self.right[step.name] = result

    def equals(self, other: Replay) -> bool:
        """Whether another begins with the same matrices."""
        return all(
            matrix is other.given[name] or np.array_equal(matrix, other.given[name], equal_nan=True)
            for name, matrix in self.given.items()
        )

    def scene(self, step: Step) -> Scene:
        """The scene of a step where all before it is right."""
        return scene_at(self.problem, self.plan, step, self.right)

    def run(self, wrong: Mapping[str, Mistake]) -> Mapping[str, Array] | None:
        """The matrices where mistakes are made at the steps of these names.

        None where a mistake cannot be made, or what it makes does not fit the steps after it.
        """
        known = dict(self.right)
        changed: set[str] = set()
        with np.errstate(all="ignore"):
            for step, operands in self.steps:
                if step.name in wrong:
                    scene = scene_at(self.problem, self.plan, step, known)
                    result = wrong[step.name].make(scene)
                elif changed.isdisjoint(operands) and step.name in known:
                    continue
                else:
                    result = applied(step, operands, known)
                if result is None:
                    return None
                known[step.name] = result
                changed.add(step.name)
        return known

    def run_rounding(self, names: Collection[str], decimals: int) -> Mapping[str, Array] | None:
        """The matrices where those of these names are rounded before they are used."""
        known = dict(self.right)
        changed: set[str] = set()
        for name in names:
            if name in self.given and known[name].dtype.kind == "f":
                known[name] = np.round(known[name], decimals)
                changed.add(name)
        with np.errstate(all="ignore"):
            for step, operands in self.steps:
                result: Array | None = known.get(step.name)
                if result is None or not changed.isdisjoint(operands):
                    result = applied(step, operands, known)
                    changed.add(step.name)
                if result is None:
                    return None
                if step.name in names:
                    result = np.round(result, decimals)
                    changed.add(step.name)
                known[step.name] = result
        return known


def applied(step: Step, operands: tuple[str, ...], known: Mapping[str, Array]) -> Array | None:
    """What the right operation gives; None where something is missing, or shapes do not fit."""
    try:
        return step.operation.apply(*(known[name] for name in operands))
    except (KeyError, ValueError, IndexError):
        return None
