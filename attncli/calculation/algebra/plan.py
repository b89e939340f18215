"""Plans and traces: a plan is a tuple of named steps; running it gives a trace.

A trace holds the named matrices, in the order of the calculation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from attncli.calculation.algebra.layouts import Array, Axes, Layout, Role, sizes
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.requirements import Need, Paper
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import did_you_mean, shape_text

# A watcher is called with the name of a step, and with the share of all work done: 0 to 1.
Watch = Callable[[str, float], None]


@record(frozen=True)
class Step:
    """One named result: its name, the operation that calculates it, and its axes."""

    name: str
    operation: Operation
    axes: Axes

    @property
    def role(self) -> Role:
        """The role of the result; `hidden` has three axes and is the same in all layouts."""
        own_axes = [axis for axis in self.axes if axis.name not in ("batch", "heads")]
        return Role.TOKENS if len(own_axes) == 2 else Role.FIXED


@record(frozen=True)
class Plan:
    """The steps in the order of the calculation, and the layout in which they are written."""

    steps: tuple[Step, ...]
    layout: Layout

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the steps, in order."""
        return tuple(step.name for step in self.steps)

    def step(self, name: str) -> Step:
        """Return the step with this name. Raises StopIteration if the plan has no such step."""
        return next(step for step in self.steps if step.name == name)

    def shape(self, step: Step) -> str:
        """Return the shape of a step in the user's layout, such as `3 × 4`."""
        return shape_text(self.layout.written_order(sizes(step.axes), step.role))

    def formula(self, step: Step) -> str:
        """Return the formula of a step, in which names of the same sublayer are short.

        The formula of `self.scores` is `Q Kᵀ`.
        """
        scope, dot, _ = step.name.rpartition(".")
        formula = step.operation.formula(self.layout)
        return re.sub(rf"(?<![\w.]){re.escape(scope + dot)}", "", formula)

    def needed_for(self, names: Iterable[str]) -> set[str]:
        """Return the names of these steps and of all steps and inputs that they need.

        Raises ProblemError if a name is not a step of this plan; the message lists the steps.
        """
        needed = set(names)
        for name in sorted(needed - set(self.names)):
            guess = did_you_mean(name, self.names)
            message = f"{name or repr(name)} is not a step of this calculation{guess}."
            raise ProblemError(message, f"Its steps are {', '.join(self.names)}.", (name,))
        for step in reversed(self.steps):
            if step.name in needed:
                needed.update(step.operation.operands)
        return needed

    def run(
        self,
        inputs: Mapping[str, Array],
        names: Iterable[str] | None = None,
        watch: Watch | None = None,
    ) -> Trace:
        """Calculate the steps `names`, and the steps that they need; by default all steps.

        `inputs` are the matrices by name, in the layout `rows`. `watch` is called with the name of
        the current step and the share of the work that is done. An overflow is not an error: it
        leaves infinities or NaN in the trace. Raises ProblemError for a name that is not a step.
        """
        needed = self.needed_for(self.names if names is None else names)
        known = dict(inputs)
        overflowed: list[str] = []
        steps = [step for step in self.steps if step.name in needed]
        work = [step.operation.numbers(step.axes) for step in steps]
        with np.errstate(all="ignore"):
            for at, step in enumerate(steps):
                tell = _teller(watch, step.name, sum(work[:at]), work[at], sum(work))
                operands = (known[name] for name in step.operation.operands)
                known[step.name] = step.operation.watched(tell, overflowed.append, *operands)
        return Trace(self, known, tuple(overflowed))


def _teller(
    watch: Watch | None, name: str, before: int, own: int, total: int
) -> Callable[[float], None]:
    """Return the function that a step calls with its progress, 0 to 1; call it with 0 first."""

    def tell(share: float) -> None:
        if watch:
            watch(name, (before + share * own) / total)

    tell(0.0)
    return tell


@record(frozen=True)
class Trace:
    """The result of running a plan: every named matrix, inputs included, in the layout `rows`.

    An operation that stands for several steps does not keep their numbers. `overflowed` names those
    of its steps that turned finite numbers into infinities or NaN.
    """

    plan: Plan
    matrices: Mapping[str, Array]
    overflowed: tuple[str, ...] = ()

    @cached_property
    def derived(self) -> dict[Hashable, Any]:
        """Results that follow from this trace alone; other modules keep them by their own keys."""
        return {}

    def written(self, names: Iterable[str]) -> dict[str, Array]:
        """Return these steps' results, in the order of the plan and in the user's layout."""
        wanted = set(names)
        return {
            step.name: self.plan.layout.swap(self.matrices[step.name], step.role)
            for step in self.plan.steps
            if step.name in wanted
        }


class Steps:
    """A plan under construction: each new step is checked against the shapes of its operands.

    `inputs` are the axes of the input matrices, `roles` their roles, by name.
    """

    def __init__(
        self, layout: Layout, inputs: Mapping[str, Axes], roles: Mapping[str, Role]
    ) -> None:
        self._steps: list[Step] = []
        self._axes = dict(inputs)
        self._roles = dict(roles)
        self._formulas: dict[str, str] = {}
        self.paper = Paper(layout, self._axes, self._roles, self._formulas)

    def __contains__(self, name: str) -> bool:
        return name in self._axes

    def axes(self, name: str) -> Axes:
        """Return the axes of an input or of an earlier step."""
        return self._axes[name]

    def has_heads(self, name: str) -> bool:
        """Return True if one axis of the matrix `name` counts heads."""
        return any(axis.name == "heads" for axis in self._axes[name])

    def add(self, name: str, operation: Operation) -> str:
        """Add a step and return its name. Raises ProblemError if the shapes do not fit."""
        self.require(*operation.needs)
        step = Step(name, operation, operation.axes(*map(self.axes, operation.operands)))
        self._steps.append(step)
        self._axes[name] = step.axes
        self._roles[name] = step.role
        self._formulas[name] = operation.formula(self.paper.layout)
        return name

    def require(self, *needs: Need) -> None:
        """Raise ProblemError for the first of these conditions that does not hold."""
        for need in needs:
            need.check(self.paper)

    def plan(self) -> Plan:
        """Return the finished plan."""
        return Plan(tuple(self._steps), self.paper.layout)
