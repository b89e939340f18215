"""Mistakes in residual connections, norms and feed-forwards."""

from __future__ import annotations

import math

import numpy as np

from tests.teaching.calculation.layer_operations import (
    ACTIVATIONS,
    activate,
    affine,
    eps,
    erf,
    ffn_output,
    finish,
    mean,
    normed,
    rms_normed,
    variance,
)
from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Operation, Scene
from tests.teaching.mistakes.registry import wrong

POST = ("encoder", "decoder")
PRE = ("encoder_pre", "encoder_rms")
ALL = (*POST, "encoder_pre", "encoder_silu")
RMS = ("encoder_rms",)

# Residual connections


def layer_norm(at: Scene, matrix: Matrix) -> Matrix:
    """Return the layer norm of a matrix."""
    centre = mean(at, matrix)
    return normed(at, matrix, centre, variance(at, matrix, centre))


def from_the_beginning(at: Scene, x: Matrix, sub: Matrix) -> Matrix:
    """The input of the layer plus the output of the sublayer."""
    assert at.begun is not None
    return at.begun + sub


def normed_residual(at: Scene, x: Matrix, sub: Matrix) -> Matrix:
    """The normalised tokens plus the output of the sublayer."""
    assert at.normed is not None
    return at.normed + sub


wrong("no-residual", (*ALL, "encoder_rms"), add=lambda at, x, sub: sub)
wrong("residual-wrong-source", (*POST, *PRE), add=from_the_beginning)
wrong("prenorm-residual-normed", PRE, add=normed_residual)
wrong(
    "norm-before-add",
    POST,
    add=lambda at, x, sub: sub,
    normed=lambda at, total, centre, spread: at.x + normed(at, total, centre, spread),
)

# Norms


def by_axis(axis: int | tuple[int, int]) -> tuple[Operation, Operation]:
    """Return mean and variance over other axes."""

    def other_mean(at: Scene, total: Matrix) -> Matrix:
        return wide(total.mean(axis=axis, keepdims=True), total)

    def other_variance(at: Scene, total: Matrix, centre: Matrix) -> Matrix:
        return wide(((total - centre) ** 2).mean(axis=axis, keepdims=True), total)

    return other_mean, other_variance


def wide(found: Matrix, total: Matrix) -> Matrix:
    """Return one number per token where there is one for the whole matrix."""
    return np.broadcast_to(found, (len(total), 1)) if found.size == 1 else found


def of_variance(change: Operation) -> Operation:
    """Return the norm with another divisor: a function of variance and eps."""
    return lambda at, x, centre, v: finish(at, (x - centre) / change(v, eps(at)))


def gammas(at: Scene) -> tuple[Matrix | float, Matrix | float]:
    """Return gamma and beta, 1 and 0 where they are left out."""
    gamma, beta = at.given("gamma"), at.given("beta")
    return (1.0 if gamma is None else gamma), (0.0 if beta is None else beta)


def unit(x: Matrix, centre: Matrix, v: Matrix, at: Scene) -> Matrix:
    """Return (x − mean) / √(variance + eps)."""
    return (x - centre) / np.sqrt(v + eps(at))


def with_gammas(combine: Operation) -> Operation:
    """Return the norm with gamma and beta used otherwise: a function of both and the unit."""
    return lambda at, x, centre, v: combine(*gammas(at), unit(x, centre, v, at))


def squares(at: Scene, total: Matrix, centre: Matrix) -> Matrix:
    """Return the squared distances from the mean."""
    return (total - centre) ** 2


over_tokens, all_axes = by_axis(-2), by_axis((-2, -1))
wrong("ln-axis", POST, mean=over_tokens[0], variance=over_tokens[1])
wrong("ln-axis-all", POST, mean=all_axes[0], variance=all_axes[1])
wrong("ln-mean-not-divided", ALL, mean=lambda at, x: x.sum(axis=-1, keepdims=True))
wrong(
    "ln-sample-variance",
    ALL,
    variance=lambda at, x, centre: x.var(axis=-1, ddof=1, keepdims=True),
)
wrong("ln-variance-uncentred", ALL, variance=lambda at, x, c: (x**2).mean(-1, keepdims=True))
wrong(
    "ln-std-for-variance ln-power-root",
    ALL,
    variance=lambda at, x, c: np.sqrt(variance(at, x, c)),
)
wrong(
    "ln-variance-not-divided",
    ALL,
    variance=lambda at, x, c: squares(at, x, c).sum(axis=-1, keepdims=True),
)
wrong(
    "ln-absolute-deviation",
    ALL,
    variance=lambda at, x, c: np.abs(x - c).mean(axis=-1, keepdims=True),
)
wrong("no-norm", POST, normed=lambda at, x, centre, v: x)
wrong(
    "ln-mean-not-subtracted",
    ALL,
    normed=lambda at, x, centre, v: finish(at, x / np.sqrt(v + eps(at))),
)
wrong("ln-not-divided", ALL, normed=lambda at, x, centre, v: finish(at, x - centre))
wrong("ln-no-root", ALL, normed=of_variance(lambda v, e: v + e))
wrong("ln-power", ALL, normed=of_variance(lambda v, e: (v + e) ** 2))
wrong(
    "ln-power-root ln-std-for-variance",
    ALL,
    normed=of_variance(lambda v, e: np.sqrt(np.sqrt(v) + e)),
)
wrong("ln-gamma-missing", POST, normed=with_gammas(lambda g, b, u: u + b))
wrong("ln-beta-missing", POST, normed=with_gammas(lambda g, b, u: g * u))
wrong("ln-gamma-beta-missing", POST, normed=with_gammas(lambda g, b, u: u))
wrong("ln-gamma-beta-swapped", POST, normed=with_gammas(lambda g, b, u: b * u + g))
wrong("ln-gamma-plus-1", POST, normed=with_gammas(lambda g, b, u: (1 + g) * u + b))
wrong("ln-beta-before-gamma", POST, normed=with_gammas(lambda g, b, u: g * (u + b)))
wrong(
    "ln-mean-square-centred ln-for-rms",
    RMS,
    mean_square=lambda at, x: x.var(axis=-1, keepdims=True),
)
wrong(
    "ln-mean-subtracted",
    RMS,
    rms_normed=lambda at, x, square: rms_normed(at, x - mean(at, x), square),
)
wrong(
    "ln-for-rms",
    RMS,
    rms_normed=lambda at, x, square: finish(
        at, (x - mean(at, x)) / np.sqrt(variance(at, x, mean(at, x)) + eps(at))
    ),
)
wrong(
    "rms-for-ln",
    ALL,
    normed=lambda at, x, centre, v: finish(
        at, x / np.sqrt((x**2).mean(-1, keepdims=True) + eps(at))
    ),
)

# Feed-forward


def activated_by(function: Operation) -> Operation:
    """Return another activation."""
    return lambda at, hidden: function(hidden)


wrong("ffn-linear", ALL, activate=lambda at, hidden: hidden)
wrong(
    "ffn-activation-last",
    ALL,
    activate=lambda at, hidden: hidden,
    ffn_output=lambda at, x: activate(at, ffn_output(at, x)),
)
wrong("ffn-activation-twice", ALL, ffn_output=lambda at, x: activate(at, ffn_output(at, x)))
wrong(
    "ffn-bias-after-activation",
    ALL,
    ffn_hidden=lambda at, x: x @ at.need("W_1"),
    activate=lambda at, hidden: activate(at, hidden) + at.need("b_1"),
)
wrong(
    "ffn-bias-missing bias-missing",
    ALL,
    ffn_output=lambda at, x: x @ at.need("W_2"),
)
wrong("relu-instead", ("encoder_silu", "encoder_rms"), activate=activated_by(ACTIVATIONS["relu"]))
wrong("gelu-instead", POST, activate=activated_by(ACTIVATIONS["gelu"]))
wrong("silu-instead", (*POST, "encoder_rms"), activate=activated_by(ACTIVATIONS["silu"]))
wrong("gelu-tanh-instead gelu-instead", POST, activate=activated_by(ACTIVATIONS["gelu-tanh"]))
wrong("gelu-no-root", RMS, activate=activated_by(lambda x: x * (1 + erf(x)) / 2))
wrong("gelu-not-halved", RMS, activate=activated_by(lambda x: x * (1 + erf(x / math.sqrt(2)))))
wrong("gelu-cdf-alone", RMS, activate=activated_by(lambda x: (1 + erf(x / math.sqrt(2))) / 2))
wrong(
    "sigmoid-for-activation silu-without-x",
    POST,
    activate=activated_by(lambda x: 1 / (1 + np.exp(-x))),
)
wrong("tanh-for-activation", POST, activate=activated_by(np.tanh))
wrong("relu-kept-negatives", POST, activate=activated_by(lambda x: np.minimum(x, 0)))
wrong("relu-absolute", POST, activate=activated_by(np.abs))
wrong(
    "ffn-of-input",
    ("encoder",),
    ffn_hidden=lambda at, x: affine(at, at.begun, "1"),
)
