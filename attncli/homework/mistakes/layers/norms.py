"""Mistakes in a norm: what it measures, subtracts and divides by, and its eps, gamma and beta."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.norm_operations import Mean, MeanSquare, Standardise, Variance
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter

# What is measured of each token: its mean, its variance, its mean square.

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
    """The variance of a sample, or of all there are; None where that is right."""
    is_right = scene.operation(Variance).is_sample == is_sample
    return None if is_right else scene.with_choices(is_sample=is_sample)


OVER_FEATURES = "Average over the features of each token: axis=-1, with keepdims."

MOMENTS: Table = {
    ("ln-axis", "over the tokens of each feature", Mean, *SPREADS): Row(
        lambda scene: _terms(scene).mean(axis=-2, keepdims=True),
        "The tokens were averaged instead of the features: there is one number for each feature.",
        OVER_FEATURES,
        "Layer normalisation knows one token at a time; over the tokens it would depend on what "
        "else stands in the sequence, as batch normalisation does on what else is in the batch.",
    ),
    ("ln-axis-all", "over the whole matrix", Mean, *SPREADS): Row(
        lambda scene: np.full_like(_terms(scene)[..., :1], _terms(scene).mean()),
        "The whole matrix was averaged: all tokens have one number.",
        OVER_FEATURES,
        "In NumPy and PyTorch mean and var without an axis take all there is; tokens are then not "
        "normalised each by itself.",
    ),
    ("ln-mean-not-divided", "Σ x", Mean): Row(
        lambda scene: _terms(scene).sum(axis=-1, keepdims=True),
        "The features were added up, and not divided by their number.",
        "Divide the sum by the number of features.",
        "Only with their mean subtracted are the features of a token centred at 0.",
    ),
    ("ln-sample-variance", "Σ (x − mean)² / (d − 1)", Variance): Row(
        lambda scene: _sampled(scene, is_sample=True),
        "The squares were divided by one less than the number of features.",
        "Divide by the number of features itself: in PyTorch var(unbiased=False), in NumPy var().",
        "The features are all there are, not a sample of more. PyTorch's std() and var() divide by "
        "one less unless told otherwise, which is how this gets into programs.",
    ),
    ("ln-biased-variance", "Σ (x − mean)² / d", Variance): Row(
        lambda scene: _sampled(scene, is_sample=False),
        "The squares were divided by the number of features.",
        "By this convention they are divided by one less.",
        "The two give other numbers, above all where there are few features; a trained model needs "
        "the one that it was trained with.",
    ),
    ("ln-variance-uncentred", "Σ x² / d", Variance): Row(
        lambda scene: _mean_square(scene.operands[0]),
        "The squares of the features themselves were averaged: the mean was not subtracted.",
        "Average the squares of their distances from the mean: Σ (x − mean)² / d.",
        "This is the mean square, which RMSNorm uses; it is larger than the variance by the square "
        "of the mean.",
    ),
    ("ln-mean-square-centred", "Σ (x − mean)² / d", MeanSquare): Row(
        lambda scene: scene.operands[0].var(axis=-1, keepdims=True),
        "The variance was taken: the mean was subtracted before squaring.",
        "Average the squares of the features as they are: Σ x² / d.",
        "RMSNorm has no mean; leaving it out is what makes it cheaper than layer normalisation.",
    ),
    ("ln-std-for-variance", "the root of it", *SPREADS): Row(
        lambda scene: np.sqrt(scene.right()),
        "The root was taken already: this is a standard deviation (or root mean square).",
        "Leave the squares: the root is taken in the next step, after eps is added.",
        "Whoever takes the root here and again there divides by too little.",
    ),
    ("ln-variance-not-divided", "Σ (x − mean)², or Σ x²", *SPREADS): Row(
        lambda scene: _terms(scene).sum(axis=-1, keepdims=True),
        "The squares were added up, and not divided by their number.",
        "Divide by the number of features.",
        "The sum grows with the number of features, so that wide tokens would be divided by more.",
    ),
    ("ln-absolute-deviation", "Σ |x − mean| / d", Variance): Row(
        lambda scene: np.abs(np.subtract(*scene.operands)).mean(axis=-1, keepdims=True),
        "The distances from the mean were averaged without being squared.",
        "Square them first: Σ (x − mean)² / d.",
        "The mean distance is another measure of spread; divided by its root, features do not get "
        "the variance 1.",
    ),
}
enter(MOMENTS)

# What is subtracted from a token, what it is divided by, and what is learned: eps, gamma and beta.


def _learned(scene: Scene, standard: Array) -> Array:
    """Times gamma, plus beta, where there are any."""
    operation = scene.operation(Standardise)
    if operation.gamma:
        standard = standard * scene[operation.gamma]
    return standard + scene[operation.beta] if operation.beta else standard


def _centred(source: Array) -> Array:
    """The features of each token less their mean."""
    centred: Array = source - source.mean(axis=-1, keepdims=True)
    return centred


def _instead_of(
    kind: str, scene: Scene, wrong: Callable[[Array, Array], tuple[Array, Array]]
) -> Array | None:
    """Another norm in place of one of this kind, `rms` or `layer`; None where that is the other.

    `wrong` makes what is divided, and the square of what it is divided by, of the features of each
    token and of the right square.
    """
    operation = scene.operation(Standardise)
    if kind != ("layer" if operation.mean else "rms"):
        return None
    features, square = wrong(scene.operands[0], scene[operation.variance])
    return _learned(scene, features / np.sqrt(square + operation.eps))


def _over(scene: Scene, divisor: Callable[[Array, float], Array]) -> Array:
    """The norm with another divisor, made of the variance and eps."""
    operation = scene.operation(Standardise)
    source = scene[operation.source]
    centred = source - scene[operation.mean] if operation.mean else source
    return _learned(scene, centred / divisor(scene[operation.variance], operation.eps))


def _with_eps_outside(scene: Scene, outside: bool) -> Array | None:
    """The norm with eps added to the root, or under it; None where that changes nothing."""
    operation = scene.operation(Standardise)
    is_right = operation.eps_outside == outside or not operation.eps
    return None if is_right else scene.with_choices(eps_outside=outside)


def _with_eps(scene: Scene, eps: float) -> Array | None:
    """The norm with another eps; None where it is the right one."""
    return None if scene.operation(Standardise).eps == eps else scene.with_choices(eps=eps)


def _without(scene: Scene, *names: str) -> Array | None:
    """The norm without the parameters of these names; None where one is missing already."""
    is_given = all(name in scene for name in names)
    return scene.with_choices(**dict.fromkeys(names)) if is_given else None


AGREE = "The two agree only where the mean of a token is 0."

NORMS: Table = {
    ("no-norm", "x + Sublayer(x), not normalised", Standardise): Row(
        lambda scene: scene.left_out(),
        "The norm was left out.",
        "Subtract each token's mean, divide by √(variance + eps), multiply by gamma and add beta.",
        "Sublayers add to a token again and again; the norm keeps its numbers of one size, however "
        "many layers there are.",
    ),
    ("ln-mean-not-subtracted", "x / √(variance + eps)", Standardise): Row(
        lambda scene: _instead_of("layer", scene, lambda x, square: (x, square)),
        "The mean was not subtracted.",
        "Subtract each token's mean from its features before dividing.",
        "Features of a token are to be centred at 0; only RMSNorm leaves the mean, and it divides "
        "by the root mean square.",
    ),
    ("ln-mean-subtracted", "(x − mean) / √(mean square + eps)", Standardise): Row(
        lambda scene: _instead_of("rms", scene, lambda x, square: (_centred(x), square)),
        "The mean was subtracted.",
        "RMSNorm has no mean: divide each feature as it is by the root mean square.",
        "It keeps what a token's features have in common, and saves the work of subtracting it.",
    ),
    ("ln-for-rms", "(x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _instead_of(
            "rms", scene, lambda x, _: (_centred(x), x.var(-1, keepdims=True))
        ),
        "Layer normalisation was used.",
        "RMSNorm is asked for: divide each feature by the root mean square, and subtract nothing.",
        AGREE,
    ),
    ("rms-for-ln", "x / √(mean square + eps)", Standardise): Row(
        lambda scene: _instead_of("layer", scene, lambda x, _: (x, _mean_square(x))),
        "RMSNorm was used.",
        "Layer normalisation is asked for: subtract the mean, and divide by the root of the "
        "variance.",
        AGREE,
    ),
    ("ln-not-divided", "gamma (x − mean) + beta", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: np.ones_like(variance)),
        "The features were centred, but not divided.",
        "Divide by √(variance + eps).",
        "The division brings every token to one size, so that no token outweighs the others.",
    ),
    ("ln-no-root", "(x − mean) / (variance + eps)", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: variance + eps),
        "The features were divided by the variance: the root is missing.",
        "Divide by its root, √(variance + eps).",
        "The variance is a square; only its root is of the size of the features themselves.",
    ),
    ("ln-power", "(x − mean) / (variance + eps)²", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: (variance + eps) ** 2),
        "The variance was squared where its root is to be taken.",
        "Divide by √(variance + eps): in NumPy ** 0.5, not ** 2.",
        "Squared, it makes large tokens small and small tokens large.",
    ),
    ("ln-power-root", "(x − mean) / √(std + eps)", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: np.sqrt(np.sqrt(variance) + eps)),
        "The root was taken twice: of the standard deviation, which is a root already.",
        "Take it once: √(variance + eps).",
        "The features of a token then do not get the variance 1.",
    ),
    ("ln-eps-outside", "(x − mean) / (√variance + eps)", Standardise): Row(
        lambda scene: _with_eps_outside(scene, outside=True),
        "eps was added to the root.",
        "Add it to the variance, under the root: √(variance + eps).",
        "The two differ most where a token's features are nearly equal, which is what eps is for.",
    ),
    ("ln-eps-inside", "(x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _with_eps_outside(scene, outside=False),
        "eps was added to the variance, under the root.",
        "By this convention it is added to the root: √variance + eps.",
        "The two differ most where a token's features are nearly equal; a trained model needs the "
        "one that it was trained with.",
    ),
    ("ln-eps-missing", "(x − mean) / √variance", Standardise): Row(
        lambda scene: _with_eps(scene, 0),
        "eps was left out.",
        "Add it to the variance: √(variance + eps).",
        "A token whose features are all equal has the variance 0, and nothing can be divided by "
        "that.",
    ),
    ("ln-eps-usual", "eps = 1e-5", Standardise): Row(
        lambda scene: _with_eps(scene, 1e-5),
        "eps was taken as 1e-5, which is usual.",
        "Take the one of this problem.",
        "Where a token's variance is small, eps decides how far it is enlarged.",
    ),
    ("ln-gamma-missing", "(x − mean) / √(variance + eps) + beta", Standardise): Row(
        lambda scene: _without(scene, "gamma"),
        "gamma was left out.",
        "Multiply each feature by its gamma after dividing.",
        "The norm makes all features of one size; gamma lets a model choose other sizes again.",
    ),
    ("ln-beta-missing", "gamma (x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _without(scene, "beta"),
        "beta was left out.",
        "Add each feature's beta at the end.",
        "The norm centres all features at 0; beta lets a model choose another place for each.",
    ),
    ("ln-gamma-beta-missing", "(x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _without(scene, "gamma", "beta"),
        "gamma and beta were left out.",
        "Multiply each feature by its gamma and add its beta, after dividing.",
        "The norm makes all features alike; what a model learned about them is in these two.",
    ),
    ("ln-gamma-beta-swapped", "beta (x − mean) / √(variance + eps) + gamma", Standardise): Row(
        lambda scene: scene.with_choices(gamma="beta", beta="gamma"),
        "gamma and beta changed places.",
        "gamma is the factor, beta what is added.",
        "With beta as the factor, features whose beta is 0 are lost.",
    ),
    ("ln-gamma-plus-1", "(1 + gamma) (x − mean) / √(variance + eps) + beta", Standardise): Row(
        lambda scene: scene.with_matrices(gamma=1 + scene["gamma"]),
        "1 was added to gamma.",
        "Multiply by gamma as it is.",
        "Some models keep gamma less 1, so that weights of 0 change nothing; here it is the factor "
        "itself.",
    ),
    ("ln-beta-before-gamma", "gamma ((x − mean) / √(variance + eps) + beta)", Standardise): Row(
        lambda scene: scene.with_matrices(beta=scene["gamma"] * scene["beta"]),
        "beta was added before multiplying by gamma.",
        "Multiply first, then add: gamma z + beta.",
        "Otherwise beta is multiplied by gamma as well.",
    ),
}
enter(NORMS)
