"""The demands on the numbers of an exercise: one entry each in `DEMANDS`.

A demand finds places where numbers are hard to calculate with, or hide what a learner did. It looks
at one calculation, whose numbers `attncli new` has drawn or a teacher has chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.algebra.vector_expressions import Inner, Line, Vector
from attncli.calculation.names.known_names import last_of
from attncli.records import by_name, record
from attncli.words import count, number_in_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

SATURATED = 0.95  # the largest weight of a row in which softmax has something to do
LARGE = 20  # the largest number that is easy to calculate with
MOST_TRIVIAL = 0.5  # the largest part of the cells of a step that may need no calculation
NO_CALCULATION = "no calculation"  # the name of the demand on products
SAME = 1e-9  # the largest difference of numbers that count as equal


@record(frozen=True)
class Calculation:
    """The steps of an exercise with their matrices, inputs included, in the layout `rows`.

    Answers are asked with this many `decimals`.
    """

    plan: Plan
    matrices: Mapping[str, Array]
    decimals: int

    def of_weights(self) -> Iterator[tuple[Step, Array, Array]]:
        """Yield each step of weights, with the scores before it and the weights, as rows."""
        for step in self.plan.steps:
            if step.operation.makes_weights:
                scores = self.matrices[step.operation.operands[0]]
                weights = self.matrices[step.name]
                yield step, scores, weights


@record(frozen=True)
class Flaw:
    """A place that does not meet a demand: the step, and a sentence about it."""

    step: str
    text: str


Find: TypeAlias = "Callable[[Calculation], Iterator[Flaw]]"


@record(frozen=True)
class NumberDemand:
    """A demand: its name, what it demands, and the function that finds where it is not met."""

    name: str
    help: str
    find: Find


def _saturated(made: Calculation) -> Iterator[Flaw]:
    for step, scores, weights in made.of_weights():
        several = np.isfinite(scores).sum(axis=-1) > 1
        largest = np.where(several, weights.max(axis=-1), 0)
        if (largest > SATURATED).any():
            share = number_in_words(round(float(largest.max()), 4))
            yield Flaw(step.name, f"a weight is {share}: the other keys hardly count.")


def _vanishing(made: Calculation) -> Iterator[Flaw]:
    for step, scores, weights in made.of_weights():
        written = np.round(weights, made.decimals)
        vanished = int(((written == 0) & np.isfinite(scores)).sum())
        if vanished and step.operation.sums_to_1:
            decimals = count(made.decimals, "decimals")
            cells = count(vanished, "weights")
            verb = "is" if vanished == 1 else "are"
            yield Flaw(step.name, f"{cells} without a mask {verb} written as 0 ({decimals}).")


def _ties(made: Calculation) -> Iterator[Flaw]:
    for step, scores, _ in made.of_weights():
        name = step.operation.operands[0]
        ordered = np.sort(scores, axis=-1)
        with np.errstate(invalid="ignore"):
            gaps = np.diff(ordered, axis=-1)
        ties = (gaps < SAME) & np.isfinite(ordered[..., :-1])
        if rows := int(ties.any(axis=-1).sum()):
            verb = "has" if rows == 1 else "have"
            yield Flaw(name, f"{count(rows, 'rows')} {verb} equal scores, so equal weights.")


def _symmetric(made: Calculation) -> Iterator[Flaw]:
    steps = {step.name: step for step in made.plan.steps}
    for name, step in steps.items():
        if last_of(name) == "scores" and _is_symmetric(made.matrices[name]):
            yield Flaw(name, "the matrix is symmetric: its transpose looks right.")
        key = steps.get(f"{name.removesuffix('Q')}K")
        if last_of(name) != "Q" or key is None:
            continue
        (source, w_q, *_), (other, w_k, *_) = step.operation.operands, key.operation.operands
        of_q, of_k = made.matrices[w_q], made.matrices[w_k]
        if source != other or of_q.shape != of_k.shape:
            continue
        if _is_symmetric(of_q @ np.swapaxes(of_k, -1, -2)):
            yield Flaw(name, f"{w_q} {w_k}ᵀ is symmetric: so are all scores of {source}.")


def _is_symmetric(matrix: Array) -> bool:
    """True if one of the slices of a matrix equals its transpose, and has more than one row."""
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2] or matrix.shape[-1] == 1:
        return False
    difference = np.abs(matrix - np.swapaxes(matrix, -1, -2))
    return bool((difference.max(axis=(-2, -1)) < SAME).any())


def _idle(made: Calculation) -> Iterator[Flaw]:
    for step in made.plan.steps:
        first = step.operation.operands[0]
        if _equal(made.matrices[step.name], made.matrices[first]):
            yield Flaw(step.name, f"the step equals {first}: a learner can leave it out.")


def _equal(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=0, atol=SAME))


def _equal_rows(made: Calculation) -> Iterator[Flaw]:
    for step in made.plan.steps:
        matrix = made.matrices[step.name]
        if matrix.ndim > 1 and matrix.shape[-2] > 1 and _has_equal_rows(matrix):
            yield Flaw(step.name, "two rows are equal: one of them can be copied.")


def _has_equal_rows(matrix: Array) -> bool:
    for part in matrix.reshape(-1, *matrix.shape[-2:]):
        rounded = np.round(np.nan_to_num(part, neginf=-1e9), 9) + 0.0
        if len(np.unique(rounded, axis=0)) < len(part):
            return True
    return False


def _large(made: Calculation) -> Iterator[Flaw]:
    for step in made.plan.steps:
        matrix = made.matrices[step.name]
        largest = float(np.abs(matrix[np.isfinite(matrix)]).max(initial=0))
        if largest > LARGE:
            yield Flaw(step.name, f"a number has the size {largest:g}.")


def _trivial(made: Calculation) -> Iterator[Flaw]:
    for name, (trivial, cells) in trivial_cells(made).items():
        if trivial > MOST_TRIVIAL * cells:
            yield Flaw(name, f"{trivial} of {cells} cells need no calculation.")


def trivial_cells(made: Calculation) -> dict[str, tuple[int, int]]:
    """Return, for each step of products, the cells that need no calculation, and all its cells.

    Such a cell is an inner product with no term but zeros, or with one, times 1 or −1.
    """
    found = {}
    for step in made.plan.steps:
        operands = [made.matrices[name] for name in step.operation.operands]
        trivial = []
        for index in np.ndindex(made.matrices[step.name].shape):
            expression = step.operation.cell(index, *operands)
            if not isinstance(expression, Inner):  # and so are the other cells of the step
                break
            trivial.append(_has_one_term(expression, made.matrices))
        if trivial:
            found[step.name] = sum(trivial), len(trivial)
    return found


def _has_one_term(product: Inner, matrices: Mapping[str, Array]) -> bool:
    left, right = _numbers(product.left, matrices), _numbers(product.right, matrices)
    terms: NDArray[np.bool_] = left * right != 0
    ones = (np.abs(left) == 1) | (np.abs(right) == 1)
    return bool(terms.sum() == 0 or (terms.sum() == 1 and ones[terms].all()))


def _numbers(vector: Vector, matrices: Mapping[str, Array]) -> Array:
    if not isinstance(vector, Line):
        return np.array([vector.at(place).value(matrices) for place in range(vector.size)])
    along = slice(None)
    slots = (along if slot is None else slot for slot in vector.slots)
    numbers: Array = matrices[vector.name][tuple(slots)]
    return numbers


DEMANDS: dict[str, NumberDemand] = by_name(
    NumberDemand("large", f"no number is beyond {LARGE}", _large),
    NumberDemand("saturated", f"no weight is above {SATURATED}", _saturated),
    NumberDemand("vanishing", "no weight is written as 0, except under a mask", _vanishing),
    NumberDemand("ties", "no row has two equal scores", _ties),
    NumberDemand("symmetric", "neither scores nor W_q W_kᵀ equals its transpose", _symmetric),
    NumberDemand("idle", "no step equals the step before it", _idle),
    NumberDemand("equal rows", "no step has two equal rows", _equal_rows),
    NumberDemand(
        NO_CALCULATION, "at most half of the cells of a product are 0 or a copy", _trivial
    ),
)
