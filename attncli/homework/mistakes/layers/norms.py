"""Mistakes in a norm: what is subtracted from a token, and what it is divided by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.norm_operations import Standardise
from attncli.homework.mistakes.mistake import Scene, mistake


def standardise(scene: Scene) -> Standardise:
    """The operation of this step, which is a norm."""
    operation = scene.step.operation
    assert isinstance(operation, Standardise)
    return operation


def _parts(scene: Scene) -> tuple[Array, Array | None, Array]:
    """What is normalised, its mean unless there is none, and its variance or mean square."""
    operation = standardise(scene)
    mean = scene[operation.mean] if operation.mean else None
    return scene[operation.source], mean, scene[operation.variance]


def _learned(scene: Scene, standard: Array) -> Array:
    """Times gamma, plus beta, where there are any."""
    operation = standardise(scene)
    if operation.gamma:
        standard = standard * scene[operation.gamma]
    return standard + scene[operation.beta] if operation.beta else standard


def _divided_by(scene: Scene, divisor: Callable[[Array, float], Array]) -> Array:
    """The norm with another divisor, made of the variance and eps."""
    source, mean, variance = _parts(scene)
    centred = source if mean is None else source - mean
    return _learned(scene, centred / divisor(variance, standardise(scene).eps))


@mistake("no-norm", "x + Sublayer(x), not normalised", Standardise)
def no_norm(scene: Scene) -> Array | None:
    """The norm was left out.

    Subtract each token's mean, divide by √(variance + eps), multiply by gamma and add beta.

    Sublayers add to a token again and again; the norm keeps its numbers of one size, however many
    layers there are.
    """
    return _parts(scene)[0].copy()


@mistake("ln-mean-not-subtracted", "x / √(variance + eps)", Standardise)
def ln_mean_not_subtracted(scene: Scene) -> Array | None:
    """The mean was not subtracted.

    Subtract each token's mean from its features before dividing.

    Features of a token are to be centred at 0; only RMSNorm leaves the mean, and it divides by the
    root mean square.
    """
    source, mean, variance = _parts(scene)
    if mean is None:
        return None
    return _learned(scene, source / np.sqrt(variance + standardise(scene).eps))


@mistake("ln-mean-subtracted", "(x − mean) / √(mean square + eps)", Standardise)
def ln_mean_subtracted(scene: Scene) -> Array | None:
    """The mean was subtracted.

    RMSNorm has no mean: divide each feature as it is by the root mean square.

    It keeps what a token's features have in common, and saves the work of subtracting it.
    """
    source, mean, variance = _parts(scene)
    if mean is not None:
        return None
    centred = source - source.mean(axis=-1, keepdims=True)
    return _learned(scene, centred / np.sqrt(variance + standardise(scene).eps))


@mistake("ln-for-rms", "(x − mean) / √(variance + eps)", Standardise)
def ln_for_rms(scene: Scene) -> Array | None:
    """Layer normalisation was used.

    RMSNorm is asked for: divide each feature by the root mean square, and subtract nothing.

    The two agree only where the mean of a token is 0.
    """
    source, mean, _ = _parts(scene)
    if mean is not None:
        return None
    centred = source - source.mean(axis=-1, keepdims=True)
    variance = source.var(axis=-1, keepdims=True)
    return _learned(scene, centred / np.sqrt(variance + standardise(scene).eps))


@mistake("rms-for-ln", "x / √(mean square + eps)", Standardise)
def rms_for_ln(scene: Scene) -> Array | None:
    """RMSNorm was used.

    Layer normalisation is asked for: subtract the mean, and divide by the root of the variance.

    The two agree only where the mean of a token is 0.
    """
    source, mean, _ = _parts(scene)
    if mean is None:
        return None
    squares: Array = np.square(source).mean(axis=-1, keepdims=True)
    return _learned(scene, source / np.sqrt(squares + standardise(scene).eps))


@mistake("ln-not-divided", "gamma (x − mean) + beta", Standardise)
def ln_not_divided(scene: Scene) -> Array | None:
    """The features were centred, but not divided.

    Divide by √(variance + eps).

    The division brings every token to one size, so that no token outweighs the others.
    """
    return _divided_by(scene, lambda variance, eps: np.ones_like(variance))


@mistake("ln-no-root", "(x − mean) / (variance + eps)", Standardise)
def ln_no_root(scene: Scene) -> Array | None:
    """The features were divided by the variance: the root is missing.

    Divide by its root, √(variance + eps).

    The variance is a square; only its root is of the size of the features themselves.
    """
    return _divided_by(scene, lambda variance, eps: variance + eps)


@mistake("ln-power", "(x − mean) / (variance + eps)²", Standardise)
def ln_power(scene: Scene) -> Array | None:
    """The variance was squared where its root is to be taken.

    Divide by √(variance + eps): in NumPy ** 0.5, not ** 2.

    Squared, it makes large tokens small and small tokens large.
    """
    return _divided_by(scene, lambda variance, eps: (variance + eps) ** 2)


@mistake("ln-power-root", "(x − mean) / √(std + eps)", Standardise)
def ln_power_root(scene: Scene) -> Array | None:
    """The root was taken twice: of the standard deviation, which is a root already.

    Take it once: √(variance + eps).

    The features of a token then do not get the variance 1.
    """
    return _divided_by(scene, lambda variance, eps: np.sqrt(np.sqrt(variance) + eps))
