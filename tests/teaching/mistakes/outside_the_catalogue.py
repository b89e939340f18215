"""Mistakes that no catalogue has: a name given to one of them is a false name."""

from __future__ import annotations

import numpy as np

from tests.teaching.calculation.operations import merge, project, score, softmax
from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Scene
from tests.teaching.mistakes.registry import PROJECTED, WEIGHTED, only, outside


def over_sum(matrix: Matrix) -> Matrix:
    """Return each row divided by its sum."""
    return matrix / matrix.sum(axis=-1, keepdims=True)


def best_two(s: Matrix) -> Matrix:
    """Return the two largest weights of each row, made to sum to 1."""
    weights = softmax(s)
    return over_sum(np.where(weights >= np.sort(weights)[..., -2:-1], weights, 0))


def invented(at: Scene, s: Matrix) -> Matrix:
    """Return weights that somebody made up: rows of random numbers that sum to 1."""
    random = np.random.default_rng(int(abs(s[np.isfinite(s)]).sum() * 1e6) % 2**32)
    return over_sum(np.where(np.isfinite(s), random.random(s.shape) + 0.05, 0))


def plus_identity(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """Return X W plus a tenth of the first column of X."""
    return project(at, letter, matrix) + 0.1 * matrix[..., :1]


outside("scores squared", WEIGHTED[:6], score=lambda at, Q, K: score(at, Q, K) ** 2)
outside("scores of sines", WEIGHTED[:6], score=lambda at, Q, K: score(at, np.sin(Q), K))
outside("absolute queries", WEIGHTED[:6], score=lambda at, Q, K: score(at, np.abs(Q), K))
outside("scores plus row number", WEIGHTED[:6], score=lambda at, Q, K: tilted(score(at, Q, K)))
outside("weights with squares", WEIGHTED, normalise=lambda at, s: with_squares(softmax(s)))
outside(
    "weights half uniform",
    ("self", "dot", "given", "encoder"),
    normalise=lambda at, s: half_uniform(s),
)
outside("two best keys", ("self", "dot", "given", "heads"), normalise=lambda at, s: best_two(s))
outside("softplus", WEIGHTED, normalise=lambda at, s: over_sum(np.log1p(np.exp(s))))
outside("inverse distance", WEIGHTED, normalise=lambda at, s: over_sum(1 / (1 + np.abs(s))))
outside("roots of exponentials", WEIGHTED, normalise=lambda at, s: np.sqrt(softmax(s)))
outside("weights invented", WEIGHTED, normalise=invented)
outside(
    "largest product", ("self", "dot", "given"), weigh=lambda at, w, V: (w[..., None] * V).max(-2)
)
outside("values squared", WEIGHTED, weigh=lambda at, w, V: w @ (V * np.abs(V)))
outside("output halved", WEIGHTED, weigh=lambda at, w, V: 0.53 * (w @ V))
outside(
    "output plus mean of V",
    WEIGHTED,
    weigh=lambda at, w, V: w @ V + 0.3 * V.mean(-2, keepdims=True),
)
outside("bent projection", PROJECTED, project=only("q", project, plus_identity))
outside("bent values", PROJECTED, project=only("v", project, plus_identity))
outside("heads turned", ("heads",), merge=lambda at, heads: merge(at, np.sin(heads)))
outside("sine activation", ("encoder", "decoder"), activate=lambda at, x: np.sin(x))
outside(
    "squared relu", ("encoder", "encoder_rms"), activate=lambda at, x: np.maximum(x, 0) ** 2 / 2
)
outside(
    "median for mean",
    ("encoder", "encoder_pre"),
    mean=lambda at, x: np.median(x, -1, keepdims=True),
)
outside(
    "variance cubed",
    ("encoder", "decoder"),
    variance=lambda at, x, c: (np.abs(x - c) ** 3).mean(-1, keepdims=True),
)
outside(
    "residual of 0.7", ("encoder", "decoder", "encoder_pre"), add=lambda at, x, sub: 0.7 * x + sub
)


def tilted(scores: Matrix) -> Matrix:
    """Return scores with 0.3 j² added in column j."""
    return scores + 0.3 * np.arange(scores.shape[-1]) ** 2


def with_squares(weights: Matrix) -> Matrix:
    """Return weights plus their squares, made to sum to 1."""
    return over_sum(weights + weights**2)


def half_uniform(s: Matrix) -> Matrix:
    """Return the mean of the weights and of equal weights."""
    return 0.6 * softmax(s) + 0.4 / s.shape[-1]
