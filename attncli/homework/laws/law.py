"""A law must hold for any answer, so that no key is needed to check it.

An entry is one function, and its docstring is the law. It takes the matrices of the answer, and
returns for each cell, or row, True if the law is broken there. If a matrix is missing, it raises
KeyError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.calculation.operations.normalisers import Normalise
from attncli.calculation.scoring.scoring_functions import Scoring
from attncli.homework.answers.answer import Answer, AnswerMatrix
from attncli.homework.answers.digits import EXACT, half_a_unit
from attncli.homework.answers.tolerance import Numbers, near
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

BrokenCells: TypeAlias = "NDArray[np.bool_]"


@record(frozen=True)
class Assumptions:
    """The choices that the matrices of an answer do not show; `eps` is None if it is unknown."""

    scoring: Scoring
    normalise: Normalise
    activation: str
    eps: float | None


@record(frozen=True)
class SublayerAnswer:
    """The steps of an answer without its problem, by their names in one sublayer.

    `scope` is the prefix of that sublayer, or empty; `every` holds all steps by their full names.
    """

    every: Answer
    scope: str
    assumptions: Assumptions

    def __getitem__(self, name: str) -> AnswerMatrix:
        return self.every[self.scope + name]

    def __contains__(self, name: str) -> bool:
        return self.scope + name in self.every

    @property
    def layer(self) -> Mapping[str, AnswerMatrix]:
        """The steps of the layer that contains this sublayer, such as `norm_1.output`."""
        outer = self.scope.removesuffix(".").rpartition(".")
        prefix = "".join(outer[:2])
        return {
            name.removeprefix(prefix): answered
            for name, answered in self.every.items()
            if name.startswith(prefix)
        }


Law: TypeAlias = Callable[[SublayerAnswer], "BrokenCells"]

LAWS: dict[str, Law] = {}


def law(check: Law) -> Law:
    """Enter a function into the laws, under its own name."""
    LAWS[check.__name__.replace("_", "-")] = check
    return check


def rounding(answered: AnswerMatrix) -> float:
    """Return how far a written number may be from the exact one: half a unit of its last place.

    Whole numbers are exact. Numbers of fewer bits, such as float32, may differ in their last bits.
    """
    finest = answered.finest
    sizes = np.abs(np.nan_to_num(answered.values, posinf=0, neginf=0))
    bits = 1e-9 + 32 * answered.epsilon * float(sizes.max(initial=1))
    return bits + (float(half_a_unit(finest)) if 0 < finest < EXACT else 0.0)


def first_given(answer: SublayerAnswer, *names: str) -> AnswerMatrix:
    """Return the first of these matrices that the answer has. Raises KeyError if it has none."""
    for name in names:
        if name in answer:
            return answer[name]
    raise KeyError(names)


def differing(given: Numbers, expected: Numbers, distance: Numbers | float) -> BrokenCells:
    """Return True for cells that differ by more than a distance; blanks (NaN) never do."""
    known = ~np.isnan(given) & ~np.isnan(expected)
    return np.asarray(known & ~near(given, expected, np.broadcast_to(distance, given.shape)))


def differing_from_product(
    product: AnswerMatrix, left: AnswerMatrix, right: Numbers, error_right: float
) -> BrokenCells:
    """Return True for cells of a product that differ by more than rounding explains."""
    sizes = np.abs(np.nan_to_num(left.values))
    of_left = rounding(left) * np.abs(np.nan_to_num(right)).sum(axis=-2, keepdims=True)
    of_right = error_right * sizes.sum(axis=-1, keepdims=True)
    return differing(product.values, left.values @ right, rounding(product) + (of_left + of_right))
