"""Mistakes in the softmax."""

from __future__ import annotations

import math

import numpy as np

from tests.teaching.calculation.operations import softmax
from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Scene
from tests.teaching.mistakes.registry import WEIGHTED, wrong

SQUARE_SCORES = ("self", "square", "heads", "encoder")
OPEN = ("self", "cross", "heads", "given", "dot", "additive", "encoder")


def powers(scores: Matrix) -> Matrix:
    """Return the exponentials."""
    return np.exp(scores)


def total(matrix: Matrix) -> Matrix:
    """Return the sum of each row, as a column."""
    return matrix.sum(axis=-1, keepdims=True)


def shifted(scores: Matrix) -> Matrix:
    """Return the exponentials after the largest score of the row was subtracted."""
    return np.exp(scores - scores.max(axis=-1, keepdims=True))


def column_of(scores: Matrix, sums: Matrix) -> Matrix:
    """Return exponentials divided by the sum of the query with the number of the key."""
    return powers(scores) / sums.swapaxes(-1, -2)


def largest_only(scores: Matrix) -> Matrix:
    """Return 1 at the largest score of each row, and 0 elsewhere."""
    return np.eye(scores.shape[-1])[scores.argmax(axis=-1)]


def finite(scores: Matrix) -> Matrix:
    """Return the scores with 0 for hidden ones."""
    return np.where(np.isfinite(scores), scores, 0)


def root(at: Scene) -> float:
    """Return √d_k."""
    return math.sqrt(at.inside["K"].shape[-1])


wrong("softmax-columns", (*OPEN, "decoder"), normalise=lambda at, s: softmax(s, -2))
wrong("softmax-whole-matrix", OPEN, normalise=lambda at, s: softmax(s, (-2, -1)))
wrong(
    "keepdims-missing",
    SQUARE_SCORES,
    normalise=lambda at, s: column_of(s, total(powers(s))),
)
wrong(
    "keepdims-missing-twice",
    SQUARE_SCORES,
    normalise=lambda at, s: (
        np.exp(s - s.max(-1, keepdims=True).swapaxes(-1, -2)) / total(shifted(s)).swapaxes(-1, -2)
    ),
)
wrong("softmax-twice", WEIGHTED, normalise=lambda at, s: softmax(softmax(s)))
wrong(
    "softmax-unscaled no-scale",
    ("self", "cross", "heads", "given"),
    normalise=lambda at, s: softmax(at.step("scores")),
)
wrong(
    "scale-after-softmax",
    ("self", "cross", "heads", "given", "encoder"),
    scale=lambda at, scores: scores,
    normalise=lambda at, s: softmax(s) / root(at),
)
wrong("shift-not-in-sum", OPEN, normalise=lambda at, s: shifted(s) / total(powers(s)))
wrong("softmax1", OPEN, normalise=lambda at, s: powers(s) / (1 + total(powers(s))))
wrong("softmax1-shift", OPEN, normalise=lambda at, s: shifted(s) / (1 + total(shifted(s))))
wrong("exp-not-normalised", WEIGHTED, normalise=lambda at, s: powers(s))
wrong("no-exp", OPEN, normalise=lambda at, s: finite(s) / total(finite(s)))
wrong(
    "relu-normalised sparsemax-clipped",
    OPEN,
    normalise=lambda at, s: np.maximum(s, 0) / total(np.maximum(s, 0)),
)
wrong("softmax-base-2", WEIGHTED, normalise=lambda at, s: softmax(s * math.log(2)))
wrong("sigmoid-instead", WEIGHTED, normalise=lambda at, s: 1 / (1 + np.exp(-s)))
wrong("hardmax", WEIGHTED, normalise=lambda at, s: largest_only(s))
wrong("softmax-negated", OPEN, normalise=lambda at, s: softmax(-s))
wrong("log-softmax", OPEN, normalise=lambda at, s: np.log(softmax(s)))
wrong("softmax-missing", ("self", "heads", "given", "dot"), normalise=lambda at, s: s)
wrong(
    "softmax-over-heads",
    ("heads", "narrow_heads", "shared_heads"),
    normalise=lambda at, s: softmax(s, -3),
)
wrong("softmax-wrong-batch-axis", ("batched",), normalise=lambda at, s: softmax(s, 0))

# Softmax of the published answers that the catalogue did not have at first.

for base in (3, 10):
    wrong(
        "softmax-another-base",
        ("self", "given", "dot", "causal"),
        f"base {base}",
        is_new=True,
        normalise=lambda at, s, base=base: softmax(s * math.log(base)),
    )


def dropped(at: Scene, s: Matrix) -> Matrix:
    """Softmax, then a quarter of the weights set to 0 and the others divided by 3/4."""
    weights = softmax(s)
    kept = np.random.default_rng(weights.size).random(weights.shape) > 0.25
    kept.flat[int(weights.argmax())] = False
    return weights * kept / 0.75


wrong(
    "dropout-left-on",
    ("self", "heads", "given", "encoder"),
    is_new=True,
    normalise=dropped,
)
wrong(
    "another-sum",
    ("self", "given", "dot"),
    is_new=True,
    normalise=lambda at, s: (
        powers(s) / (total(powers(s)) - 0.2 * np.eye(s.shape[-2])[:, :1] * total(powers(s)))
    ),
)
