"""Mistakes in what a norm measures of each token: its mean, its variance, its mean square."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.norm_operations import Mean, MeanSquare, Variance
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.records import replace

SPREADS = (Variance, MeanSquare)


def _terms(scene: Scene) -> Array:
    """What is averaged here: the features, their squares, or those of their distances."""
    source, *mean = scene.operands
    if isinstance(scene.step.operation, Mean):
        return source
    return np.square(source - mean[0]) if mean else np.square(source)


@mistake("ln-axis", "over the tokens of each feature", Mean, *SPREADS)
def ln_axis(scene: Scene) -> Array | None:
    """The tokens were averaged instead of the features: there is one number for each feature.

    Average over the features of each token: axis=-1, with keepdims.

    Layer normalisation knows one token at a time; over the tokens it would depend on what else
    stands in the sequence, as batch normalisation does on what else is in the batch.
    """
    mean: Array = _terms(scene).mean(axis=-2, keepdims=True)
    return mean


@mistake("ln-axis-all", "over the whole matrix", Mean, *SPREADS)
def ln_axis_all(scene: Scene) -> Array | None:
    """The whole matrix was averaged: all tokens have one number.

    Average over the features of each token: axis=-1, with keepdims.

    In NumPy and PyTorch mean and var without an axis take all there is; tokens are then not
    normalised each by itself.
    """
    terms = _terms(scene)
    return np.full_like(terms[..., :1], terms.mean())


@mistake("ln-mean-not-divided", "Σ x", Mean)
def ln_mean_not_divided(scene: Scene) -> Array | None:
    """The features were added up, and not divided by their number.

    Divide the sum by the number of features.

    Only with their mean subtracted are the features of a token centred at 0.
    """
    total: Array = scene.operands[0].sum(axis=-1, keepdims=True)
    return total


@mistake("ln-sample-variance", "Σ (x − mean)² / (d − 1)", Variance)
def ln_sample_variance(scene: Scene) -> Array | None:
    """The squares were divided by one less than the number of features.

    Divide by the number of features itself: in PyTorch var(unbiased=False), in NumPy var().

    The features are all there are, not a sample of more. PyTorch's std() and var() divide by one
    less unless told otherwise, which is how this gets into programs.
    """
    operation = scene.step.operation
    if not isinstance(operation, Variance) or operation.is_sample:
        return None
    return replace(operation, is_sample=True).apply(*scene.operands)


@mistake("ln-biased-variance", "Σ (x − mean)² / d", Variance)
def ln_biased_variance(scene: Scene) -> Array | None:
    """The squares were divided by the number of features.

    By this convention they are divided by one less.

    The two give other numbers, above all where there are few features; a trained model needs the
    one that it was trained with.
    """
    operation = scene.step.operation
    if not isinstance(operation, Variance) or not operation.is_sample:
        return None
    return replace(operation, is_sample=False).apply(*scene.operands)


@mistake("ln-variance-uncentred", "Σ x² / d", Variance)
def ln_variance_uncentred(scene: Scene) -> Array | None:
    """The squares of the features themselves were averaged: the mean was not subtracted.

    Average the squares of their distances from the mean: Σ (x − mean)² / d.

    This is the mean square, which RMSNorm uses; it is larger than the variance by the square of
    the mean.
    """
    mean: Array = np.square(scene.operands[0]).mean(axis=-1, keepdims=True)
    return mean


@mistake("ln-mean-square-centred", "Σ (x − mean)² / d", MeanSquare)
def ln_mean_square_centred(scene: Scene) -> Array | None:
    """The variance was taken: the mean was subtracted before squaring.

    Average the squares of the features as they are: Σ x² / d.

    RMSNorm has no mean; leaving it out is what makes it cheaper than layer normalisation.
    """
    variance: Array = scene.operands[0].var(axis=-1, keepdims=True)
    return variance


@mistake("ln-std-for-variance", "the root of it", *SPREADS)
def ln_std_for_variance(scene: Scene) -> Array | None:
    """The root was taken already: this is a standard deviation (or root mean square).

    Leave the squares: the root is taken in the next step, after eps is added.

    Whoever takes the root here and again there divides by too little.
    """
    return np.sqrt(scene.right())


@mistake("ln-variance-not-divided", "Σ (x − mean)², or Σ x²", *SPREADS)
def ln_variance_not_divided(scene: Scene) -> Array | None:
    """The squares were added up, and not divided by their number.

    Divide by the number of features.

    The sum grows with the number of features, so that wide tokens would be divided by more.
    """
    total: Array = _terms(scene).sum(axis=-1, keepdims=True)
    return total


@mistake("ln-absolute-deviation", "Σ |x − mean| / d", Variance)
def ln_absolute_deviation(scene: Scene) -> Array | None:
    """The distances from the mean were averaged without being squared.

    Square them first: Σ (x − mean)² / d.

    The mean distance is another measure of spread; divided by its root, features do not get the
    variance 1.
    """
    source, mean = scene.operands
    distance: Array = np.abs(source - mean).mean(axis=-1, keepdims=True)
    return distance
