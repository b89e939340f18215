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
        "The average was taken over the tokens: there is one number per feature.",
        OVER_FEATURES,
        "Layer normalisation looks at one token at a time. Averaged over the tokens, the result "
        "depends on what else stands in the sequence.",
    ),
    ("ln-axis-all", "over the whole matrix", Mean, *SPREADS): Row(
        lambda scene: np.full_like(_terms(scene)[..., :1], _terms(scene).mean()),
        "The average was taken over the whole matrix: all tokens share one number.",
        OVER_FEATURES,
        "In NumPy and PyTorch, mean and var without an axis use all numbers. The tokens are then "
        "not normalised separately.",
    ),
    ("ln-mean-not-divided", "Σ x", Mean): Row(
        lambda scene: _terms(scene).sum(axis=-1, keepdims=True),
        "The features were added up, but not divided by their number.",
        "Divide the sum by the number of features.",
        "The features of a token are centred at 0 only if their mean is subtracted.",
    ),
    ("ln-sample-variance", "Σ (x − mean)² / (d − 1)", Variance): Row(
        lambda scene: _sampled(scene, is_sample=True),
        "The squares were divided by one less than the number of features.",
        "Divide by the number of features itself: in PyTorch var(unbiased=False), in NumPy var().",
        "The features of a token are all there are, not a sample of more. By default, PyTorch's "
        "std() and var() divide by one less.",
    ),
    ("ln-biased-variance", "Σ (x − mean)² / d", Variance): Row(
        lambda scene: _sampled(scene, is_sample=False),
        "The squares were divided by the number of features.",
        "Divide by one less than the number of features, as the convention of this problem does.",
        "The two results differ most where there are few features. A trained model needs the "
        "variance that it was trained with.",
    ),
    ("ln-variance-uncentred", "Σ x² / d", Variance): Row(
        lambda scene: _mean_square(scene.operands[0]),
        "The mean was not subtracted: the squares of the features themselves were averaged.",
        "Average the squared distances from the mean: Σ (x − mean)² / {count}.",
        "This is the mean square, which RMSNorm uses. It is larger than the variance by the "
        "square of the mean.",
    ),
    ("ln-mean-square-centred", "Σ (x − mean)² / d", MeanSquare): Row(
        lambda scene: scene.operands[0].var(axis=-1, keepdims=True),
        "The mean was subtracted before squaring: this is the variance.",
        "Average the squares of the features as they are: Σ x² / d.",
        "RMSNorm has no mean. Without the mean, it is cheaper than layer normalisation.",
    ),
    ("ln-std-for-variance", "the root of it", *SPREADS): Row(
        lambda scene: np.sqrt(scene.right()),
        "The square root was already taken: this is a standard deviation (or a root mean square).",
        "Leave the root out here: the next step takes it, after eps is added.",
        "If the root is taken here and again in the next step, the features are divided by the "
        "wrong number.",
    ),
    ("ln-variance-not-divided", "Σ (x − mean)², or Σ x²", *SPREADS): Row(
        lambda scene: _terms(scene).sum(axis=-1, keepdims=True),
        "The squares were added up, but not divided by their number.",
        "Divide the sum by {count}, where d is the number of features.",
        "The sum grows with the number of features: tokens with many features would be divided by "
        "more.",
    ),
    ("ln-absolute-deviation", "Σ |x − mean| / d", Variance): Row(
        lambda scene: np.abs(np.subtract(*scene.operands)).mean(axis=-1, keepdims=True),
        "The distances from the mean were averaged without being squared.",
        "Square them first: Σ (x − mean)² / {count}.",
        "The mean distance is another measure of spread. Divided by its root, the features do not "
        "get the variance 1.",
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
    return _learned(scene, features / np.sqrt(square + operation.eps))


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


def _with_eps(scene: Scene, eps: float) -> Array | None:
    """The norm with another eps; None if it is the right one."""
    return None if scene.operation(Standardise).eps == eps else scene.with_choices(eps=eps)


def _without(scene: Scene, *names: str) -> Array | None:
    """The norm without the parameters of these names; None if one is missing already."""
    is_given = all(name in scene for name in names)
    return scene.with_choices(**dict.fromkeys(names)) if is_given else None


AGREE = "The two norms agree only where the mean of a token is 0."

NORMS: Table = {
    ("no-norm", "x + Sublayer(x), not normalised", Standardise): Row(
        lambda scene: scene.left_out(),
        "The norm was left out.",
        "Normalise each token: {norm}.",
        "Sublayers add to a token again and again. The norm keeps its numbers at one size, "
        "however many layers there are.",
    ),
    ("ln-mean-not-subtracted", "x / √(variance + eps)", Standardise): Row(
        lambda scene: _instead_of("layer", scene, lambda x, square: (x, square)),
        "The mean was not subtracted: x / √(variance + eps).",
        "Subtract the mean of each token before dividing: {norm}.",
        "The features of a token must be centred at 0. Only RMSNorm keeps the mean, and it "
        "divides by the root mean square.",
    ),
    ("ln-mean-subtracted", "(x − mean) / √(mean square + eps)", Standardise): Row(
        lambda scene: _instead_of("rms", scene, lambda x, square: (_centred(x), square)),
        "The mean was subtracted: (x − mean) / √(mean_square + eps).",
        "RMSNorm has no mean: {norm}.",
        "RMSNorm keeps what the features of a token have in common, and saves the work of "
        "subtracting it.",
    ),
    ("ln-for-rms", "(x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _instead_of(
            "rms", scene, lambda x, _: (_centred(x), x.var(-1, keepdims=True))
        ),
        "Layer normalisation was used.",
        "Use RMSNorm: {norm}.",
        AGREE,
    ),
    ("rms-for-ln", "x / √(mean square + eps)", Standardise): Row(
        lambda scene: _instead_of("layer", scene, lambda x, _: (x, _mean_square(x))),
        "RMSNorm was used.",
        "Use layer normalisation: {norm}.",
        AGREE,
    ),
    ("ln-not-divided", "gamma (x − mean) + beta", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: np.ones_like(variance)),
        "The features were not divided.",
        "Divide by {divisor}.",
        "The division brings every token to one size, so that no token outweighs the others.",
    ),
    ("ln-no-root", "(x − mean) / (variance + eps)", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: variance + eps),
        "The features were divided by the {variance}: the square root is missing.",
        "Divide by {divisor}.",
        "The {variance} is made of squares: only its root has the size of the features.",
    ),
    ("ln-power", "(x − mean) / (variance + eps)²", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: (variance + eps) ** 2),
        "The {variance} was squared, but its square root is needed.",
        "Divide by {divisor}: in NumPy ** 0.5, not ** 2.",
        "Divided by the square, large tokens become small and small tokens large.",
    ),
    ("ln-power-root", "(x − mean) / √(std + eps)", Standardise): Row(
        lambda scene: _over(scene, lambda variance, eps: np.sqrt(np.sqrt(variance) + eps)),
        "The square root was taken twice.",
        "Take it once: {divisor}.",
        "Only with one root do the features of every token get the same size.",
    ),
    ("ln-eps-outside", "(x − mean) / (√variance + eps)", Standardise): Row(
        lambda scene: _with_eps_outside(scene, outside=True),
        "eps was added after the root.",
        "Add eps under the root: {divisor}.",
        "The two ways differ most where the features of a token are nearly equal, and this is the "
        "case that eps is made for.",
    ),
    ("ln-eps-inside", "(x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _with_eps_outside(scene, outside=False),
        "eps was added under the root.",
        "Add eps after the root, as the convention of this problem does: {divisor}.",
        "The two ways differ most where the features of a token are nearly equal. A trained model "
        "needs the norm that it was trained with.",
    ),
    ("ln-eps-missing", "(x − mean) / √variance", Standardise): Row(
        lambda scene: _with_eps(scene, 0),
        "eps was left out.",
        "Divide by {divisor}.",
        "A token whose features are all equal has the variance 0, and nothing can be divided by 0.",
    ),
    ("ln-eps-usual", "eps = 1e-5", Standardise): Row(
        lambda scene: _with_eps(scene, 1e-5),
        "eps was taken as 1e-5, the usual number.",
        "Use the eps of this problem: {eps}.",
        "If the variance of a token is small, eps decides how much the token is enlarged.",
    ),
    ("ln-gamma-missing", "(x − mean) / √(variance + eps) + beta", Standardise): Row(
        lambda scene: _without(scene, "gamma"),
        "gamma was left out.",
        "Multiply each feature by its gamma after dividing.",
        "The norm gives all features the same size. gamma lets the model choose another size for "
        "each feature.",
    ),
    ("ln-beta-missing", "gamma (x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _without(scene, "beta"),
        "beta was left out.",
        "Add its beta to each feature at the end.",
        "The norm centres all features at 0. beta lets the model choose another centre for each "
        "feature.",
    ),
    ("ln-gamma-beta-missing", "(x − mean) / √(variance + eps)", Standardise): Row(
        lambda scene: _without(scene, "gamma", "beta"),
        "gamma and beta were left out.",
        "Multiply each feature by its gamma and add its beta, after dividing.",
        "The norm makes all features alike. What the model learned about each feature is in gamma "
        "and beta.",
    ),
    ("ln-gamma-beta-swapped", "beta (x − mean) / √(variance + eps) + gamma", Standardise): Row(
        lambda scene: scene.with_choices(gamma="beta", beta="gamma"),
        "gamma and beta were exchanged.",
        "Multiply by gamma, then add beta.",
        "With beta as the factor, every feature whose beta is 0 is lost.",
    ),
    ("ln-gamma-plus-1", "(1 + gamma) (x − mean) / √(variance + eps) + beta", Standardise): Row(
        lambda scene: scene.with_matrices(gamma=1 + scene["gamma"]),
        "1 was added to gamma.",
        "Multiply by gamma as it is.",
        "Some models store gamma − 1, so that a stored 0 changes nothing. In this problem, gamma "
        "is the factor itself.",
    ),
    ("ln-beta-before-gamma", "gamma ((x − mean) / √(variance + eps) + beta)", Standardise): Row(
        lambda scene: scene.with_matrices(beta=scene["gamma"] * scene["beta"]),
        "beta was added before multiplying by gamma.",
        "Multiply by gamma first, then add beta.",
        "Otherwise beta is multiplied by gamma too.",
    ),
}
enter(NORMS)
