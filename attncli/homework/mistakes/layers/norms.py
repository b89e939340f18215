"""Mistakes in a norm: its mean and variance, its divisor, and its eps, gamma and beta."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.norm_operations import Mean, MeanSquare, Standardise, Variance
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter

# Mistakes in the mean, the variance and the mean square of each token.

SPREADS = (Variance, MeanSquare)


def _terms(scene: Scene) -> Array:
    """The numbers that are averaged: the features, their squares, or their squared distances."""
    source, *mean = scene.operands
    if isinstance(scene.step.operation, Mean):
        return source
    return np.square(source - mean[0]) if mean else np.square(source)


def _mean_square(features: Array) -> Array:
    """The mean of the squares of the features of each token."""
    mean: Array = np.square(features).mean(axis=-1, keepdims=True)
    return mean


def _sampled(scene: Scene, is_sample: bool) -> Array | None:
    """The variance divided by d − 1 (`is_sample`) or by d; None if that is right."""
    is_right = scene.operation(Variance).is_sample == is_sample
    return None if is_right else scene.with_choices(is_sample=is_sample)


OVER_FEATURES = "Average over the features of each token: axis={last axis}, with keepdims=True."

MOMENTS: Table = {
    ("ln-axis", "over the tokens of each feature", Mean, *SPREADS): Row(
        lambda scene: _terms(scene).mean(axis=-2, keepdims=True),
        "The average was taken over the tokens, for each feature.",
        OVER_FEATURES,
        "A norm uses one token at a time. With an average over the tokens, the result for one "
        "token depends on the other tokens.",
    ),
    ("ln-axis-all", "over the whole matrix", Mean, *SPREADS): Row(
        lambda scene: np.full_like(_terms(scene)[..., :1], _terms(scene).mean()),
        "The average was taken over the whole matrix: all tokens got the same number.",
        OVER_FEATURES,
        "A norm uses one token at a time. In NumPy and PyTorch, mean and var without an axis use "
        "all numbers of the matrix.",
    ),
    ("ln-mean-not-divided", "Σ x", Mean): Row(
        lambda scene: _terms(scene).sum(axis=-1, keepdims=True),
        "The sum of the features was not divided by the number of features.",
        "Divide the sum by the number of features.",
        "The norm subtracts the mean, so that the features of each token have the mean 0. "
        "Subtracting the sum does not give the mean 0.",
    ),
    ("ln-sample-variance", "Σ (x − mean)² / (d − 1)", Variance): Row(
        lambda scene: _sampled(scene, is_sample=True),
        "The sum of the squares was divided by d − 1, where d is the number of features.",
        "Divide by d: in PyTorch var(unbiased=False), in NumPy var().",
        "d − 1 is for a sample, but a norm uses all features of a token. By default, PyTorch's "
        "var() and std() divide by d − 1.",
    ),
    ("ln-biased-variance", "Σ (x − mean)² / d", Variance): Row(
        lambda scene: _sampled(scene, is_sample=False),
        "The sum of the squares was divided by d, the number of features.",
        "Divide by d − 1, as the convention of this problem does.",
        "The fewer features there are, the more the two results differ. A model needs the "
        "variance that it was trained with.",
    ),
    ("ln-variance-uncentred", "Σ x² / d", Variance): Row(
        lambda scene: _mean_square(scene.operands[0]),
        "The mean of each token was not subtracted before squaring.",
        "Average the squared distances from the mean: Σ (x − mean)² / {count}.",
        "The average of x² is the mean square, which RMSNorm uses. Only if the mean is 0, the "
        "mean square is the variance.",
    ),
    ("ln-mean-square-centred", "Σ (x − mean)² / d", MeanSquare): Row(
        lambda scene: scene.operands[0].var(axis=-1, keepdims=True),
        "The mean of each token was subtracted before squaring: this gives the variance.",
        "Average the squares of the features: Σ x² / d.",
        "RMSNorm does not subtract the mean. This makes RMSNorm cheaper than layer normalisation.",
    ),
    ("ln-std-for-variance", "√variance, or √(mean square)", *SPREADS): Row(
        lambda scene: np.sqrt(scene.right()),
        "The square root was taken one step too early.",
        "Leave the square root out here: the next step takes the root.",
        "If both steps take a square root, the features are divided by the wrong number.",
    ),
    ("ln-variance-not-divided", "Σ (x − mean)², or Σ x²", *SPREADS): Row(
        lambda scene: _terms(scene).sum(axis=-1, keepdims=True),
        "The sum of the squares was not divided: it is not an average.",
        "Divide the sum by {count}, where d is the number of features.",
        "The sum grows with the number of features, the average does not. With the sum, the "
        "normalised features are too small.",
    ),
    ("ln-absolute-deviation", "Σ |x − mean| / d", Variance): Row(
        lambda scene: np.abs(np.subtract(*scene.operands)).mean(axis=-1, keepdims=True),
        "The distances from the mean were averaged without squaring.",
        "Square the distances first: Σ (x − mean)² / {count}.",
        "Layer normalisation gives each token the variance 1. The average distance does not give "
        "the variance 1.",
    ),
}
enter(MOMENTS)

# Mistakes in the subtraction, in the division, and in eps, gamma and beta.


def _learned(scene: Scene, standard: Array) -> Array:
    """The features times gamma, plus beta, if the norm has them."""
    operation = scene.operation(Standardise)
    if operation.gamma:
        standard = standard * scene[operation.gamma]
    return standard + scene[operation.beta] if operation.beta else standard


def _centred(source: Array) -> Array:
    """The features of each token minus their mean."""
    centred: Array = source - source.mean(axis=-1, keepdims=True)
    return centred


def _instead_of(
    kind: str, scene: Scene, wrong: Callable[[Array, Array], tuple[Array, Array]]
) -> Array | None:
    """Another norm in place of a norm of this kind, `rms` or `layer`; None for the other kind.

    `wrong` takes the features of each token and the right variance, or mean square. It returns the
    numerator, and the square of the divisor without eps.
    """
    operation = scene.operation(Standardise)
    if kind != ("layer" if operation.mean else "rms"):
        return None
    features, square = wrong(scene.operands[0], scene[operation.variance])
    inside, outside = (0, operation.eps) if operation.eps_outside else (operation.eps, 0)
    return _learned(scene, features / (np.sqrt(square + inside) + outside))


def _over(scene: Scene, divisor: Callable[[Array, float], Array]) -> Array:
    """The norm with another divisor, a function of the variance and eps."""
    operation = scene.operation(Standardise)
    source = scene[operation.source]
    centred = source - scene[operation.mean] if operation.mean else source
    return _learned(scene, centred / divisor(scene[operation.variance], operation.eps))


def _with_eps_outside(scene: Scene, outside: bool) -> Array | None:
    """The norm with eps added after the root, or under it; None if that changes nothing."""
    operation = scene.operation(Standardise)
    is_right = operation.eps_outside == outside or not operation.eps
    return None if is_right else scene.with_choices(eps_outside=outside)


def _standard(scene: Scene) -> Array:
    """The result without gamma and beta."""
    return scene.with_choices(gamma=None, beta=None)


def _of(scene: Scene, name: str, otherwise: float) -> Array:
    """gamma or beta, or the number that a norm without it uses."""
    return scene[name] if name in scene else np.asarray(otherwise)


def _with_eps(scene: Scene, eps: float) -> Array | None:
    """The norm with another eps; None if it is the right one."""
    return None if scene.operation(Standardise).eps == eps else scene.with_choices(eps=eps)


def _without(scene: Scene, *names: str) -> Array | None:
    """The norm without the parameters of these names; None if one is missing already."""
    is_given = all(name in scene for name in names)
    return scene.with_choices(**dict.fromkeys(names)) if is_given else None


AGREE = "The two norms give the same numbers only if the mean of each token is 0."

NORMS: Table = {
    ("no-norm", "x + Sublayer(x), not normalised", Standardise): Row(
        lambda scene: scene.left_out(),
        "The norm was left out.",
        "Normalise each token: {norm}.",
        "Each sublayer adds numbers to a token, so that the numbers grow from layer to layer. The "
        "norm brings them back to the same size.",
    ),
    ("ln-mean-not-subtracted", "x / √(variance + eps)", Standardise): Row(
        lambda scene: _instead_of("layer", scene, lambda x, square: (x, square)),
        "The mean was not subtracted: x / {divisor}.",
        "Subtract the mean of each token before dividing: {norm}.",
        "Layer normalisation gives the features of each token the mean 0. RMSNorm does not "
        "subtract the mean, but this problem uses layer normalisation.",
    ),
    ("ln-mean-subtracted", "(x − mean) / √(mean square + eps)", Standardise): Row(
        lambda scene: _instead_of("rms", scene, lambda x, square: (_centred(x), square)),
        "The mean of each token was subtracted before the division.",
        "Do not subtract the mean. RMSNorm is {rms norm}.",
        "RMSNorm saves the time for the mean. A model with RMSNorm was trained without "
        "subtracting the mean.",
    ),
    ("ln-for-rms", "(x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _instead_of(
            "rms", scene, lambda x, _: (_centred(x), x.var(-1, keepdims=True))
        ),
        "Layer normalisation was used instead of RMSNorm.",
        "Use RMSNorm: {rms norm}.",
        AGREE,
    ),
    ("rms-for-ln", "x / √(mean square + eps)", Standardise): Row(
        lambda scene: _instead_of("layer", scene, lambda x, _: (x, _mean_square(x))),
        "RMSNorm was used instead of layer normalisation.",
        "Use layer normalisation: {norm}.",
        AGREE,
    ),
    ("ln-not-divided", "gamma (x − mean) + beta", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: np.ones_like(variance)),
        "The norm did not divide the features.",
        "Divide the features by {divisor}.",
        "The division brings all tokens to the same size. Without the division, tokens with large "
        "numbers count more than others.",
    ),
    ("ln-no-root", "(x − mean) / (variance + eps)", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: variance + eps),
        "The square root was left out: the features were divided by {variance} + eps.",
        "Divide by {divisor}.",
        "The {variance} is an average of squares. Only its square root has the size of the "
        "features.",
    ),
    ("ln-power", "(x − mean) / (variance + eps)²", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: (variance + eps) ** 2),
        "The norm divided by the square of {variance} + eps, not by the square root.",
        "Divide by {divisor}: in NumPy ** 0.5, not ** 2.",
        "Division by the square makes tokens with large numbers small, and tokens with small "
        "numbers large.",
    ),
    ("ln-power-root", "(x − mean) / √(std + eps)", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: np.sqrt(np.sqrt(variance) + eps)),
        "The norm took the square root twice.",
        "Take the square root once: {divisor}.",
        "With one square root, all tokens get the same size. With two roots, their sizes still "
        "differ.",
    ),
    ("ln-eps-outside", "(x − mean) / (√variance + eps)", Standardise): Row(
        lambda scene: _with_eps_outside(scene, outside=True),
        "The norm added eps after the square root.",
        "Add eps first, then take the square root: {divisor}.",
        "The two results differ most if the features of a token are nearly equal. eps is made for "
        "such tokens.",
    ),
    ("ln-eps-inside", "(x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _with_eps_outside(scene, outside=False),
        "The norm added eps before it took the square root.",
        "Take the square root first, then add eps, as the convention of this problem does: "
        "{divisor}.",
        "The two results differ most if the features of a token are nearly equal. A model needs "
        "the norm that it was trained with.",
    ),
    ("ln-eps-missing", "(x − mean) / √variance", Standardise): Row(
        lambda scene: _with_eps(scene, 0),
        "The norm left out eps.",
        "Divide by {divisor}.",
        "The {variance} of a token can be 0. eps prevents a division by 0.",
    ),
    ("ln-eps-usual", "eps = 1e-5", Standardise): Row(
        lambda scene: _with_eps(scene, 1e-5),
        "The norm used eps = 1e-5, the usual number.",
        "Use the eps of this problem: {eps}.",
        "The smaller the {variance} of a token is, the more eps changes the result.",
    ),
    ("ln-gamma-missing", "(x − mean) / √(variance + eps) + beta", Standardise): Row(
        lambda scene: _without(scene, "gamma"),
        "The norm left out gamma.",
        "After the division, multiply each feature by its gamma.",
        "The model learns gamma. With gamma, each feature gets a size of its own.",
    ),
    ("ln-beta-missing", "gamma (x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _without(scene, "beta"),
        "The norm left out beta.",
        "At the end, add to each feature its beta.",
        "The model learns beta. With beta, each feature gets a mean of its own.",
    ),
    ("ln-gamma-beta-missing", "(x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _without(scene, "gamma", "beta"),
        "The norm left out gamma and beta.",
        "After the division, multiply each feature by its gamma, and add its beta.",
        "The model learns gamma and beta. With them, each feature gets a size and a mean of its "
        "own.",
    ),
    ("ln-gamma-beta-swapped", "beta (x − mean) / √(variance + eps) + gamma", Standardise): Row(
        lambda scene: _standard(scene) * _of(scene, "beta", 0.0) + _of(scene, "gamma", 1.0),
        "gamma and beta were exchanged.",
        "Multiply by gamma, then add beta.",
        "If beta is the factor, a feature whose beta is 0 is lost.",
    ),
    ("ln-gamma-plus-1", "(1 + gamma) (x − mean) / √(variance + eps) + beta", Standardise): Row(
        lambda scene: _standard(scene) * (1 + _of(scene, "gamma", 1)) + _of(scene, "beta", 0),
        "1 was added to gamma.",
        "Multiply by gamma as it is.",
        "Some models store gamma − 1, and add 1 when they use the stored number. In this problem, "
        "gamma itself is the factor.",
    ),
    ("ln-beta-before-gamma", "gamma ((x − mean) / √(variance + eps) + beta)", Standardise): Row(
        lambda scene: scene.with_matrices(beta=scene["gamma"] * scene["beta"]),
        "beta was added before the multiplication by gamma.",
        "Multiply by gamma first, then add beta.",
        "In the wrong order, beta is multiplied by gamma too.",
    ),
}
enter(NORMS)
