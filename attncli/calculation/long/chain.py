"""Where in a plan an attention goes from scores to weights V, and nobody asks for what lies between."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step
from attncli.calculation.masks.masking import Mask
from attncli.calculation.operations.projections import (
    DivideByRoot,
    Multiply,
    Same,
    SoftCap,
    WeightedSum,
)
from attncli.calculation.operations.weighing import Normalise
from attncli.calculation.positions.position_operations import Distances
from attncli.calculation.scoring.measures import Measure
from attncli.calculation.scoring.products import Bilinear, Dot, TanhSum, WeighHidden
from attncli.records import record

PAIRS = (Dot, Bilinear, Measure, TanhSum)  # they meet queries with keys
SINGLY = (WeighHidden, DivideByRoot, Multiply, SoftCap, Mask, Same)  # they make or change one score


@record(frozen=True)
class Chain:
    """The steps of an attention from its scores to weights V, in the order of the plan."""

    steps: tuple[Step, ...]

    @property
    def pairs(self) -> tuple[Step, ...]:
        """They make the scores: one step, or `hidden` and `scores`."""
        return self.steps[: 2 if isinstance(self.steps[0].operation, TanhSum) else 1]

    @property
    def between(self) -> tuple[Step, ...]:
        """They change each score by itself: scale, soft cap, mask, and the distances that it adds."""
        return self.steps[len(self.pairs) : -2]

    @property
    def mask(self) -> Mask | None:
        """What masks the scores; an attention has one mask, of all that its user gives."""
        operations = (step.operation for step in self.between)
        return next((operation for operation in operations if isinstance(operation, Mask)), None)

    @property
    def normalise(self) -> Normalise:
        operation = self.steps[-2].operation
        assert isinstance(operation, Normalise)
        return operation

    @property
    def sum(self) -> WeightedSum:
        operation = self.steps[-1].operation
        assert isinstance(operation, WeightedSum)
        return operation


def chain_to(last: Step, steps: Sequence[Step], asked: Collection[str]) -> Chain | None:
    """The chain that ends with this step, among those that are run.

    None where it is no weighted sum, or its weights are made in another way than is known here; and
    where something in between is asked for, or used elsewhere. Then each step is run by itself.
    """
    found = {step.name for step in _backwards(last, {step.name: step for step in steps})}
    own = tuple(step for step in steps if step.name in found)
    if not own or not isinstance(own[0].operation, PAIRS):
        return None
    others = (step for step in steps if step.name not in found)
    elsewhere = {name for step in others for name in step.operation.operands}
    return None if (found - {last.name}) & (elsewhere | set(asked)) else Chain(own)


def _backwards(step: Step | None, steps: Mapping[str, Step]) -> Iterator[Step]:
    """The steps of a chain, from its last as far as they are known here."""
    wanted: tuple[type[Operation], ...] = (WeightedSum,)
    while step and isinstance(step.operation, wanted):
        yield step
        operation = step.operation
        if isinstance(operation, PAIRS):
            return
        if isinstance(operation, Mask):
            yield from (steps[n] for n in operation.add if n in steps and _is_distances(steps[n]))
        wanted = (Normalise,) if isinstance(operation, WeightedSum) else (*SINGLY, *PAIRS)
        step = steps.get(operation.operands[0])


def _is_distances(step: Step) -> bool:
    return isinstance(step.operation, Distances)
