"""Two calculations of the same document: the first step that differs, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite, isnan

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Array
from attncli.calculation.algebra.plan import Plan, Step, Trace
from attncli.calculation.masks.mask_operation import HIDES
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.problem.problem import Problem
from attncli.records import record

# The difference that the order of additions can cause, by the bits of the numbers: it is relative
# to a number above 1, and absolute below 1.
ROUNDOFF = {64: 1e-12, 32: 1e-4, 16: 1e-2}


@record(frozen=True)
class Calculated:
    """A document calculated in one way: under a convention, or token by token.

    `way` is the way in a sentence: `under keras`.
    """

    name: str
    problem: Problem
    trace: Trace
    way: str = ""

    def matrix(self, name: str) -> Array | None:
        """Return the step `name`, or the step that it equals here; None if neither exists."""
        known = self.trace.plan.names
        last = last_of(name)
        equal = STEPS[last].equals
        names = (last, *equal) if "scores" in equal else (last,)
        scope = name.removesuffix(last)
        found = next((scope + step for step in names if scope + step in known), None)
        return self.trace.matrices[found] if found else None


@record(frozen=True)
class StepDistance:
    """The distance of a step from the step of the same name in the first calculation.

    `largest` is the largest difference of two cells, `index` is its place, and `first` and `other`
    are the two cells. `largest` is NaN if only one of them is NaN, and None if the shapes differ or
    one calculation lacks the step. `bits` are those of the coarsest type in the calculation of the
    step. Scores that hide a key in both calculations do not count; if these are different numbers,
    `fills` are the two.
    """

    step: Step
    largest: float | None
    bits: int = 64
    index: tuple[int, ...] = ()
    first: float = 0.0
    other: float = 0.0
    fills: tuple[float, float] | None = None

    @property
    def differs(self) -> bool:
        """True if the two calculations differ at this step by more than roundoff."""
        if self.largest is None:
            return True
        size = abs(self.first) if isfinite(self.first) else 0.0
        return not self.largest <= ROUNDOFF[self.bits] * max(1.0, size)


@record(frozen=True)
class Comparison:
    """A comparison of another way to calculate with the first way."""

    first: Calculated
    other: Calculated
    distances: Sequence[StepDistance]

    @property
    def first_difference(self) -> StepDistance | None:
        """The first step that differs; None if all are equal."""
        return next((distance for distance in self.distances if distance.differs), None)


def compare(first: Calculated, other: Calculated) -> Comparison:
    """Compare each step in both ways, in the order of the calculation."""
    return Comparison(first, other, tuple(_distances(first, other)))


def _distances(first: Calculated, other: Calculated) -> Iterator[StepDistance]:
    bits = 64
    for step in _in_order(first.trace.plan, other.trace.plan):
        left, right = first.matrix(step.name), other.matrix(step.name)
        # What a step rounds to few bits stays rounded in later steps, whatever their type is.
        types = [step.operation.works_in, *(m.dtype for m in (left, right) if m is not None)]
        bits = min(bits, *(8 * np.dtype(type_).itemsize for type_ in types if type_))
        if left is None or right is None or left.shape != right.shape:
            yield StepDistance(step, None)
        else:
            fills = _fills(left, right) if step.operation.hides else None
            if fills:
                left, right = (
                    np.where(matrix <= HIDES, -np.inf, matrix) for matrix in (left, right)
                )
            index = _farthest(left, right)
            pair = float(left[index]), float(right[index])
            largest = 0.0 if _same(*pair) else abs(pair[0] - pair[1])
            yield StepDistance(step, largest, bits, index, *pair, fills)


def _fills(left: AnyArray, right: AnyArray) -> tuple[float, float] | None:
    """Return the two numbers of the first cell that both hide with different numbers."""
    cells = np.argwhere((left <= HIDES) & (right <= HIDES) & (left != right))
    if not cells.size:
        return None
    first = tuple(cells[0])
    return float(left[first]), float(right[first])


def _in_order(first: Plan, other: Plan) -> list[Step]:
    """Return the steps of the first plan, with steps that only the other has at their places."""
    steps = list(first.steps)
    place = 0
    for step in other.steps:
        if step.name in first.names:
            place = max(place, first.names.index(step.name) + 1 + len(steps) - len(first.steps))
        else:
            steps.insert(place, step)
            place += 1
    return steps


def _same(left: float, right: float) -> bool:
    return left == right or (isnan(left) and isnan(right))


def _farthest(left: AnyArray, right: AnyArray) -> tuple[int, ...]:
    """Return the place where two matrices differ most; NaN and a number differ most of all."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.where(left == right, 0.0, np.abs(left - right))
    alone = np.isnan(left) ^ np.isnan(right)
    apart = np.where(alone, np.inf, np.nan_to_num(apart, nan=0.0, posinf=np.inf))
    return tuple(int(i) for i in np.unravel_index(int(apart.argmax()), apart.shape))
