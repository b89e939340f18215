"""The cost of a whole calculation: the sum of its steps, its parameters, the size of its results.

Only sizes are used: no matrix is calculated. Masks do not change the counts, because hidden scores
are calculated like the others; the number of open scores is reported separately.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attncli.calculation.algebra.layouts import Axes, Axis, Role, Shape, sizes
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.counting.open_scores import Opened, opened
from attncli.calculation.masks.mask_operation import masks_in
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.problem.problem import Problem
from attncli.records import record, replace

if TYPE_CHECKING:
    import numpy as np

TOKENS = ("n", "m")  # the axes that grow with the sequences


@record(frozen=True)
class StepCost:
    """The cost of one step, and the bytes of its result."""

    step: Step
    cost: Cost
    bytes: int


@record(frozen=True)
class Group:
    """The steps of a sublayer, summed over layers; `times` is the number of such sublayers."""

    name: str
    times: int
    cost: Cost
    bytes: int
    parameters: int


@record(frozen=True)
class Doubled:
    """The cost of the calculation if the axes n and m have the sizes `lengths`."""

    lengths: Mapping[str, int]
    cost: Cost
    largest: StepCost


@record(frozen=True)
class Costing:
    """A problem, its plan, and the cost of the plan."""

    problem: Problem
    plan: Plan

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the numbers; masks may have another."""
        kinds = (matrix.dtype for matrix in self.problem.matrices.values())
        return next(dtype for dtype in kinds if dtype.kind == "f")

    @cached_property
    def steps(self) -> tuple[StepCost, ...]:
        return tuple(self.of_inputs(self.problem.axes))

    def of_inputs(self, inputs: Mapping[str, Axes]) -> Iterator[StepCost]:
        """Yield the cost of each step if the inputs have the axes `inputs`."""
        known = dict(inputs)
        for step in self.plan.steps:
            operands = [known[name] for name in step.operation.operands]
            axes = known[step.name] = step.operation.axes(*operands)
            cost = step.operation.cost(*operands)
            yield StepCost(replace(step, axes=axes), cost, cells(axes) * self.dtype.itemsize)

    @property
    def total(self) -> Cost:
        return sum((step.cost for step in self.steps), Cost())

    @property
    def bytes(self) -> int:
        """The bytes of all results together."""
        return sum(step.bytes for step in self.steps)

    @property
    def largest(self) -> StepCost:
        """The step with the largest result; the first if there are several."""
        return max(self.steps, key=lambda step: step.bytes)

    @cached_property
    def used(self) -> dict[str, Axes]:
        """The axes of the inputs that steps use, by name."""
        names = {name for step in self.plan.steps for name in step.operation.operands}
        return {n: self.problem.axes[n] for n in self.problem.matrices if n in names}

    @cached_property
    def parameters(self) -> dict[str, Shape]:
        """The shapes, as the layout writes them, of the weights, biases, norms and positions."""
        return {name: self._shape(name) for name in self.used if _is_learned(name)}

    @property
    def sequences(self) -> dict[str, Shape]:
        """The shapes of the other inputs: sequences, caches and masks."""
        return {name: self._shape(name) for name in self.used if not _is_learned(name)}

    def _shape(self, name: str) -> Shape:
        return self.plan.layout.written_order(sizes(self.used[name]), self.problem.roles[name])

    @property
    def learned(self) -> int:
        """The number of learned parameters."""
        return sum(cells(self.used[name]) for name in self.parameters)

    @property
    def opened(self) -> list[Opened]:
        """The number of scores that each mask leaves open; equal layers share one entry."""
        found: dict[Opened, None] = {}
        for step, mask in masks_in(self.plan.steps):
            part = opened(mask, step.axes, self.problem.matrices)
            found[replace(part, name=folded(step.name))] = None
        return list(found)

    @property
    def groups(self) -> list[Group]:
        """The cost of each sublayer, summed over all layers; empty if there are no layers."""
        if not self.problem.parts:
            return []
        names = dict.fromkeys(folded(self._owner(step.step.name)) for step in self.steps)
        return [self._group(name) for name in names]

    def _group(self, name: str) -> Group:
        steps = [step for step in self.steps if folded(self._owner(step.step.name)) == name]
        weights = [weight for weight in self.parameters if folded(self._owner(weight)) == name]
        return Group(
            name,
            times=len({self._owner(step.step.name) for step in steps}),
            cost=sum((step.cost for step in steps), Cost()),
            bytes=sum(step.bytes for step in steps),
            parameters=sum(cells(self.used[weight]) for weight in weights),
        )

    def _owner(self, name: str) -> str:
        """Return the sublayer of a step or weight; outside sublayers, the name itself."""
        return self._owners.get(name) or name.rpartition(".")[0] or name

    @cached_property
    def _owners(self) -> dict[str, str]:
        return {
            part.name(name): part.prefix.removesuffix(".") or part.plan.names[0]
            for part in self.problem.parts
            for name in (*part.problem.matrices, *part.plan.names)
        }

    def doubled(self, times: int) -> list[Doubled]:
        """Return the costs for sequences that are 1, 2, 4, … 2^`times` times as long."""
        return [self._of_length(2**power) for power in range(times + 1)]

    def _of_length(self, factor: int) -> Doubled:
        inputs = {
            name: tuple(_longer(axis, factor) for axis in axes)
            for name, axes in self.problem.axes.items()
        }
        lengths = {
            axis.name: axis.size
            for name in self.sequences
            for axis in inputs[name]
            if axis.name in TOKENS and not last_of(name).startswith("mask")
        }
        steps = list(self.of_inputs(inputs))
        cost = sum((step.cost for step in steps), Cost())
        return Doubled(lengths, cost, max(steps, key=lambda step: step.bytes))


def _longer(axis: Axis, factor: int) -> Axis:
    return Axis(axis.name, axis.size * factor) if axis.name in TOKENS else axis


def _is_learned(name: str) -> bool:
    last = last_of(name)
    return last == "position" or (last in MATRICES and MATRICES[last].role is not Role.TOKENS)


def folded(name: str) -> str:
    """Return a name with N for the number of its layer: `layers.N.self.scores`."""
    return re.sub(r"\blayers\.\d+", "layers.N", name)
