"""The register of numbers worked out by hand: for a mistake, in a step of a problem.

A function gets the matrices of a problem by name (its inputs, in the layout `rows`, and the right
result of every step) and returns the matrix that the mistake makes of one step. It is plain NumPy,
written from the entry's words and formula, and every constant stands in it as a number: nothing of
attncli is imported, so that no entry tests itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Matrix: TypeAlias = "np.ndarray[Any, Any]"
Known: TypeAlias = Mapping[str, Matrix]
Wrong: TypeAlias = Callable[[Known], Matrix]


@dataclass(frozen=True)
class ByHand:
    """The matrix that a mistake makes of one step of one problem in `tests.problems`."""

    mistake: str
    problem: str
    step: str
    wrong: Wrong

    def __str__(self) -> str:
        return f"{self.mistake}: {self.step} of {self.problem}"


BY_HAND: list[ByHand] = []


def by_hand(mistake: str, problem: str, step: str) -> Callable[[Wrong], Wrong]:
    """Register a function under a mistake, a problem and a step; a function may have several."""

    def register(wrong: Wrong) -> Wrong:
        BY_HAND.append(ByHand(mistake, problem, step, wrong))
        return wrong

    return register


def exponentials(scores: Matrix) -> Matrix:
    """Return exp(scores − largest score of the row), which leaves every quotient as it is."""
    return np.exp(scores - scores.max(-1, keepdims=True))


def softmax(scores: Matrix) -> Matrix:
    """Return the weights of each row of scores, which sum to 1."""
    powers = exponentials(scores)
    return powers / powers.sum(-1, keepdims=True)


def sparsemax(scores: Matrix) -> Matrix:
    """Return max(0, s − t) of each row of scores, with t such that it sums to 1; −∞ gets 0."""
    t = scores.max(-1, keepdims=True) - 1
    for _ in range(scores.shape[-1]):  # from below: each time without the keys with weight 0
        kept = scores > t
        t = (np.where(kept, scores, 0).sum(-1, keepdims=True) - 1) / kept.sum(-1, keepdims=True)
    return np.maximum(scores - t, 0)
