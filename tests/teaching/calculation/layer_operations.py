"""The right operations of residual connections, norms and feed-forwards, in plain NumPy."""

from __future__ import annotations

import math

import numpy as np

from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Scene

_erf = np.vectorize(math.erf, otypes=[float])


def add(at: Scene, x: Matrix, sub: Matrix) -> Matrix:
    """The residual plus the output of the sublayer."""
    return x + sub


def mean(at: Scene, total: Matrix) -> Matrix:
    """The mean of the features of each token, as a column."""
    return total.mean(axis=-1, keepdims=True)


def variance(at: Scene, total: Matrix, centre: Matrix) -> Matrix:
    """The mean squared distance from the mean, as a column."""
    return ((total - centre) ** 2).mean(axis=-1, keepdims=True)


def mean_square(at: Scene, total: Matrix) -> Matrix:
    """The mean of the squares of each token, as a column."""
    return (total**2).mean(axis=-1, keepdims=True)


def normed(at: Scene, total: Matrix, centre: Matrix, spread: Matrix) -> Matrix:
    """gamma (x − mean) / √(variance + eps) + beta."""
    return finish(at, (total - centre) / np.sqrt(spread + eps(at)))


def rms_normed(at: Scene, total: Matrix, square: Matrix) -> Matrix:
    """gamma x / √(mean square + eps) + beta."""
    return finish(at, total / np.sqrt(square + eps(at)))


def finish(at: Scene, unit: Matrix) -> Matrix:
    """Return a normalised matrix times gamma, plus beta."""
    gamma, beta = at.given("gamma"), at.given("beta")
    unit = unit if gamma is None else gamma * unit
    return unit if beta is None else unit + beta


def eps(at: Scene) -> float:
    """Return the number that is added to the variance."""
    return float(at.choice("eps", 1e-5))


def ffn_hidden(at: Scene, x: Matrix) -> Matrix:
    """X W_1 + b_1."""
    return affine(at, x, "1")


def activate(at: Scene, hidden: Matrix) -> Matrix:
    """The activation of the hidden units."""
    return ACTIVATIONS[at.choice("activation", "relu")](hidden)


def ffn_output(at: Scene, activated: Matrix) -> Matrix:
    """The activated units times W_2, plus b_2."""
    return affine(at, activated, "2")


def affine(at: Scene, x: Matrix, number: str) -> Matrix:
    """Return x W + b of the feed-forward."""
    product, bias = x @ at.need(f"W_{number}"), at.given(f"b_{number}")
    return product if bias is None else product + bias


def relu(x: Matrix) -> Matrix:
    """Return max(0, x)."""
    return np.maximum(x, 0)


def gelu(x: Matrix) -> Matrix:
    """Return x (1 + erf(x / √2)) / 2."""
    return x * (1 + _erf(x / math.sqrt(2))) / 2


def gelu_tanh(x: Matrix) -> Matrix:
    """Return the approximation of gelu with tanh."""
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def silu(x: Matrix) -> Matrix:
    """Return x / (1 + exp(−x))."""
    return x / (1 + np.exp(-x))


def erf(x: Matrix) -> Matrix:
    """Return the error function of each number."""
    return np.asarray(_erf(x))


ACTIVATIONS = {"relu": relu, "gelu": gelu, "gelu-tanh": gelu_tanh, "silu": silu}
