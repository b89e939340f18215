"""Softmax saturation: the size of scores and of softmax's gradient, query by query."""

from __future__ import annotations

from math import nan

import numpy as np

from attncli.calculation.algebra.layouts import Array, Booleans
from attncli.records import record


@record(frozen=True)
class Measured:
    """Measurements of scores and of their softmax weights.

    `mean` and `variance` are over all scores together (the variance divides by their number).
    `largest` weight, `entropy` and `gradient` size are means over the queries. Without queries all
    are NaN.
    """

    mean: float
    variance: float
    largest: float
    entropy: float
    gradient: float


@record(frozen=True)
class SaturationRow:
    """Measurements without and with √d_k, for one width d_k or for one head of an attention.

    `where` is the sublayer if there are layers; heads are counted from 1, and None is all heads.
    `queries` is the number of measured queries; `left_out` is the number of queries that may attend
    no key. `log_m` is the entropy of m equal weights, where m is the number of keys that a query
    sees; with a mask it is a mean over the queries.
    """

    d_k: int
    where: str
    head: int | None
    queries: int
    left_out: int
    log_m: float
    without: Measured
    scaled: Measured


def entropy(weights: Array) -> Array:
    """−Σ w log w of each row, in nats: 0 for one key, log m for m equal weights (Shannon 1948).

    >>> entropy(np.array([[1.0, 0.0], [0.5, 0.5]])).round(4).tolist()
    [0.0, 0.6931]
    """
    logarithms = np.log(np.where(weights > 0, weights, 1))
    total: Array = 0 - (weights * logarithms).sum(axis=-1)
    return total


def gradient_size(weights: Array) -> Array:
    """‖diag(w) − w wᵀ‖ of each row: the Frobenius norm of softmax's derivative, at most ½.

    ∂wᵢ/∂sⱼ = wᵢ (δᵢⱼ − wⱼ), where s is the input of softmax; the squares of these derivatives
    sum to Σ w² − 2 Σ w³ + (Σ w²)². If a weight is nearly 1, digits cancel in this sum. If a is the
    largest weight, r the sum of the others and u their shares of r, an equal sum without negative
    terms is r² (a² + 2 a² Σ u² + Σ u² (1 − 2 r u) + r² (Σ u²)²).

    >>> gradient_size(np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 1e-200]])).tolist()
    [0.0, 0.5, 2e-200]
    """
    place = weights.argmax(axis=-1, keepdims=True)
    largest = np.take_along_axis(weights, place, axis=-1)
    others = weights.copy()
    np.put_along_axis(others, place, 0, axis=-1)
    rest = others.sum(axis=-1, keepdims=True)
    squares = np.square(others / np.where(rest == 0, 1, rest))
    sharpness = squares.sum(axis=-1, keepdims=True)
    terms = (
        np.square(largest) * (1 + 2 * sharpness)
        + (squares * (1 - 2 * others)).sum(axis=-1, keepdims=True)
        + np.square(rest * sharpness)
    )
    size: Array = (rest * np.sqrt(terms))[..., 0]
    return size


def by_query(scores: Array, weights: Array, sees: Booleans) -> Array:
    """Measure each query over the keys that it sees.

    `scores`, `weights` and `sees` are (…, n, m); `sees` is True where a query may attend to a key.
    The result is (…, n, 6): the number of keys, the mean and the variance of the scores, the
    largest weight, the entropy of the weights, and the size of the gradient.
    """
    scores, weights = scores.astype(np.float64), weights.astype(np.float64)
    keys = sees.sum(axis=-1)
    with np.errstate(all="ignore"):  # overflow gives inf or NaN, which is shown
        mean = np.where(sees, scores, 0).sum(axis=-1) / keys
        away = np.where(sees, scores - mean[..., None], 0)
        variance = np.square(away).sum(axis=-1) / keys
        largest = weights.max(axis=-1)
        columns = (keys, mean, variance, largest, entropy(weights), gradient_size(weights))
        return np.stack(columns, axis=-1)


def summary(queries: Array) -> Measured:
    """Combine the rows of `by_query`, (n, 6), into one result; every query must see a key.

    The variance of all scores is the mean of the variances within a query plus the variance of the
    queries' means, both weighted by the number of keys.
    """
    if not len(queries):
        return Measured(nan, nan, nan, nan, nan)
    keys, means, variances, *of_weights = queries.T
    shares = keys / keys.sum()
    with np.errstate(all="ignore"):
        mean = shares @ means
        variance = shares @ (variances + np.square(means - mean))
        measured = (mean, variance, *(column.mean() for column in of_weights))
    return Measured(*map(float, measured))


def row(d_k: int, where: str, head: int | None, without: Array, scaled: Array) -> SaturationRow:
    """Return the row of an attention or head.

    `without` and `scaled` are results of `by_query`, (n, 6) each, for scores without and with √d_k.
    """
    may = without[:, 0] > 0
    keys = without[may, 0]
    log_m = float(np.log(keys).mean()) if len(keys) else nan
    sides = summary(without[may]), summary(scaled[may])
    return SaturationRow(d_k, where, head, len(keys), len(may) - len(keys), log_m, *sides)
