"""Mistakes in softmax: its axis, its input, its sum, and other functions in its place."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.normalisers import NORMALISERS, Normalise, Softmax
from attncli.calculation.operations.pointwise import DivideByRoot, Multiply
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter

EVERY_NORMALISER = tuple(NORMALISERS.values())


def normaliser(scene: Scene) -> Normalise:
    """The operation of this step, which turns scores into weights."""
    return scene.operation(Normalise)  # type: ignore[type-abstract]


def tempered(scene: Scene) -> Array:
    """The scores divided by the temperature, before the exponential."""
    (scores,) = scene.operands
    return scores / normaliser(scene).temperature


def shifted(scores: Array) -> tuple[Array, Array]:
    """The scores minus the largest of their row, and that largest; 0 for a row of −inf alone."""
    largest = scores.max(axis=-1, keepdims=True)
    largest = np.where(np.isneginf(largest), scores.dtype.type(0), largest)
    return scores - largest, largest


def sums(powers: Array) -> Array:
    """The sum for each query, as a column."""
    totals: Array = powers.sum(axis=-1, keepdims=True)
    return totals


def _along(scene: Scene, axis: int) -> Array:
    """Softmax over another axis than the keys."""
    (scores,) = scene.operands
    return np.moveaxis(scene.apply(np.moveaxis(scores, axis, -1)), -1, axis)


def _along_named(scene: Scene, name: str) -> Array:
    """Softmax over the axis of this name. Raises ValueError if there is none."""
    return _along(scene, [axis.name for axis in scene.step.axes].index(name))


def _along_both(scene: Scene) -> Array:
    """Softmax over all the queries and keys together."""
    (scores,) = scene.operands
    return scene.apply(scores.reshape(*scores.shape[:-2], -1)).reshape(scores.shape)


def _laid_across(column: Array, scores: Array) -> Array:
    """One number per query used as one number per key. Raises ValueError if n and m differ."""
    return np.broadcast_to(column.mT, scores.shape)


def _over_sums_across(scores: Array) -> Array:
    """The exponentials, divided by the sum of the query that has the number of the column."""
    powers = np.exp(scores)
    return powers / _laid_across(sums(powers), scores)


def _less_largest_across(scores: Array) -> Array:
    """The scores minus the largest score of the query that has the number of the column."""
    return scores - _laid_across(scores.max(axis=-1, keepdims=True), scores)


def _unscaled(scene: Scene) -> Array:
    """Softmax of the masked scores without scaling."""
    scaling = scene.behind(DivideByRoot, Multiply)
    return scene.apply(scene.follow(scaling.step.name, scaling.operands[0]))


def _overflowed(scene: Scene) -> Array | None:
    """Softmax of scores that are not shifted; None if no exponential is infinite."""
    powers = np.exp(tempered(scene))
    return powers / sums(powers) if np.isinf(powers).any() else None


def over_another_sum(scene: Scene, divisor: Callable[[Array, Array], Array]) -> Array:
    """The exponentials of the shifted scores, divided by another number for each query.

    `divisor` takes the exponentials and the subtracted largest scores, and returns this number.
    """
    less, largest = shifted(tempered(scene))
    powers = np.exp(less)
    return powers / divisor(powers, largest)


def _unshifted_sums(powers: Array, largest: Array) -> Array:
    """The sums of the exponentials of the scores as they are; 1 in place of a sum of 0."""
    total = sums(powers) * np.exp(largest)
    return np.where(total == 0, 1, total)


def shares(numbers: Array) -> Array:
    """The numbers of each query divided by their sum."""
    return numbers / sums(numbers)


def _shares_of_seen(scores: Array) -> Array:
    """The scores divided by their sum, with 0 for hidden scores; 0 if all are hidden."""
    seen = np.where(np.isneginf(scores), 0, scores)
    empty = np.isneginf(scores).all(axis=-1, keepdims=True)
    return seen / np.where(empty, 1, sums(seen))


def _hard(scores: Array) -> Array:
    """The weight 1 for the first of the largest scores of each query that sees a key, else 0."""
    first = np.arange(scores.shape[-1]) == scores.argmax(axis=-1, keepdims=True)
    weights: Array = (first & ~np.isneginf(scores)).astype(scores.dtype)
    return weights


def _logarithms(scores: Array) -> Array:
    """The logarithms of the weights of softmax."""
    less, _ = shifted(scores)
    return less - np.log(sums(np.exp(less)))


SOFTMAX: Table = {
    ("softmax-columns", "exp(sᵢⱼ) / Σᵢ exp(sᵢⱼ)", Softmax): Row(
        lambda scene: _along(scene, -2),
        "Softmax was taken over the queries: all the weights of one key sum to 1.",
        "Take it over the keys (axis={last axis}): all the weights of one query sum to 1.",
        "The weights of a query say how it shares its attention among the keys. Only if they sum "
        "to 1 is the output an average of the values.",
    ),
    ("softmax-wrong-batch-axis", "softmax over the batch", Softmax): Row(
        lambda scene: _along_named(scene, "batch"),
        "Softmax was taken over the batch axis.",
        "Take it over the keys: axis={last axis}.",
        "The entries of a batch have nothing to do with each other. With a single entry, every "
        "weight becomes 1.",
    ),
    ("softmax-over-heads", "softmax over the heads", Softmax): Row(
        lambda scene: _along_named(scene, "heads"),
        "Softmax was taken over the heads.",
        "Take it over the keys, in each head by itself: axis={last axis}.",
        "Heads do not compete with each other: each head is an attention of its own.",
    ),
    ("softmax-whole-matrix", "exp(sᵢⱼ) / Σᵢⱼ exp(sᵢⱼ)", Softmax): Row(
        _along_both,
        "The exponentials were divided by the sum of the whole matrix.",
        "Divide each exponential by the sum for its own query.",
        "The weights of each query must sum to 1. Here the weights of all queries together sum to "
        "1.",
    ),
    ("keepdims-missing", "exp(sᵢⱼ) / Σₖ exp(sⱼₖ)", Softmax): Row(
        lambda scene: _over_sums_across(tempered(scene)),
        "The exponentials were divided by the sum for the wrong query: the cell of query i and "
        "key j by the sum for query j.",
        "Divide the cell of query i and key j by the sum for query i: in NumPy, use sum with "
        "axis={last axis}, keepdims=True.",
        "With as many queries as keys, the wrong sums cause no error, but the weights of a query "
        "do not sum to 1.",
    ),
    ("keepdims-missing-twice", "exp(sᵢⱼ − maxⱼ) / Σₖ exp(sⱼₖ − maxₖ)", Softmax): Row(
        lambda scene: _over_sums_across(_less_largest_across(tempered(scene))),
        "The maximum and the sum of the wrong query were used: those of query j for the cell of "
        "query i and key j.",
        "Use the maximum and the sum of query i: in NumPy, use max and sum with axis={last axis}, "
        "keepdims=True.",
        "With as many queries as keys, the wrong sums cause no error, but the weights of a query "
        "do not sum to 1.",
    ),
    ("softmax-twice", "softmax(softmax(scores))", Softmax): Row(
        lambda scene: scene.apply(scene.right()),
        "Softmax was taken twice.",
        "Take it once. Some functions, such as a cross-entropy loss, take the softmax themselves.",
        "The second softmax works on numbers between 0 and 1, so that its weights are nearly "
        "equal. Hidden keys, which have the weight 0 after the first softmax, get weight again.",
    ),
    ("softmax-unscaled", "softmax of the scores before scaling", Softmax): Row(
        _unscaled,
        "Softmax was taken of the scores before they were scaled.",
        "Take softmax of the scaled scores.",
        "Scaling is done for softmax: if the scores are too large, the largest weight comes out "
        "too large.",
    ),
    ("scale-after-softmax", "softmax(unscaled scores) × scale", Softmax): Row(
        lambda scene: scene.behind(DivideByRoot, Multiply).apply(_unscaled(scene)),
        "The weights were scaled instead of the scores.",
        "Scale the scores first, then take softmax.",
        "The weights of a query must sum to 1. Scaled afterwards, they sum to the scale, and "
        "softmax was taken of scores without a scale.",
    ),
    ("exp-overflow", "exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ), too large for the dtype", Softmax): Row(
        _overflowed,
        "The exponentials overflowed to infinity, and ∞ / ∞ gave NaN (not a number).",
        "Subtract the largest score of a query from all its scores before taking exponentials.",
        "The subtraction does not change the weights, and keeps every exponential between 0 and "
        "1. exp(710) is too large for float64, exp(89) for float32, and exp(12) for float16.",
    ),
    ("shift-not-in-sum", "exp(sᵢⱼ − maxᵢ) / Σⱼ exp(sᵢⱼ)", Softmax): Row(
        lambda scene: over_another_sum(scene, _unshifted_sums),
        "The largest score was subtracted in the numerator, but not in the sum of the denominator.",
        "Subtract it in both places.",
        "The subtraction divides the exponential and the sum by the same factor, which cancels. "
        "Done in one place only, it does not cancel, and the weights do not sum to 1.",
    ),
    ("softmax1", "exp(sᵢⱼ) / (1 + Σⱼ exp(sᵢⱼ))", Softmax): Row(
        lambda scene: over_another_sum(scene, lambda powers, m: np.exp(-m) + sums(powers)),
        "1 was added to the sum of the exponentials.",
        "Divide by the sum of the exponentials alone.",
        'This is another function, called "softmax1" or "attention off by one": its weights sum '
        "to less than 1. The weights of softmax sum to 1.",
    ),
    ("softmax1-shift", "exp(sᵢⱼ − maxᵢ) / (1 + Σⱼ exp(sᵢⱼ − maxᵢ))", Softmax): Row(
        lambda scene: over_another_sum(scene, lambda powers, m: 1 + sums(powers)),
        "1 was added to the sum of the exponentials after the largest score had been subtracted.",
        "Divide by the sum of the exponentials alone.",
        'The weights sum to less than 1. Even in "softmax1", which adds 1 to the sum, the 1 '
        "becomes exp(−max) when the largest score is subtracted.",
    ),
    ("exp-not-normalised", "exp(sᵢⱼ)", Softmax): Row(
        lambda scene: np.exp(tempered(scene)),
        "The exponentials were taken, but not divided by their sum.",
        "Divide each exponential by the sum of the exponentials of its query.",
        "The weights of a query must sum to 1, so that the output is an average of the values.",
    ),
    ("no-exp", "sᵢⱼ / Σⱼ sᵢⱼ", Softmax): Row(
        lambda scene: _shares_of_seen(tempered(scene)),
        "The scores themselves were divided by their sum, with hidden scores counted as 0.",
        "Take the exponential of every score first, then divide by the sum of the exponentials.",
        "Scores may be negative, and their sum may be 0. Exponentials are always positive, so "
        "that the weights lie between 0 and 1.",
    ),
    ("relu-normalised", "max(sᵢⱼ, 0) / Σⱼ max(sᵢⱼ, 0)", Softmax): Row(
        lambda scene: shares(np.maximum(tempered(scene), 0)),
        "Negative scores were set to 0, and the others were divided by their sum.",
        "Take the exponential of every score, then divide by the sum of the exponentials.",
        "A negative score means little attention, not none. A query without a positive score "
        "would have no weights at all.",
    ),
    ("softmax-base-2", "2^sᵢⱼ / Σⱼ 2^sᵢⱼ", Softmax): Row(
        lambda scene: scene.apply(scene.operands[0] * log(2)),
        "Powers of 2 were taken instead of powers of e.",
        "Use e = 2.71828…: exp(s), not 2^s.",
        "A smaller base makes the weights more equal, as if all the scores were multiplied by ln "
        "2 ≈ 0.69.",
    ),
    ("sigmoid-instead", "1 / (1 + exp(−sᵢⱼ))", Softmax): Row(
        lambda scene: 1 / (1 + np.exp(-tempered(scene))),
        "The sigmoid of each score was taken.",
        "Take softmax of all the scores of a query together.",
        "The sigmoid looks at one score alone, so that the weights of a query do not sum to 1.",
    ),
    ("hardmax", "1 at the largest sᵢⱼ, else 0", Softmax): Row(
        lambda scene: _hard(scene.operands[0]),
        "All the weight was given to the key with the largest score, or to the first of several "
        "such keys.",
        "Take softmax: every key gets a weight that depends on its score.",
        "With softmax, a small change of a score changes the output a little. Without softmax, a "
        "model has no gradient to learn from.",
    ),
    ("softmax-negated", "softmax(−scores)", Softmax): Row(
        lambda scene: scene.of_operands(lambda s: scene.apply(np.where(np.isneginf(s), s, -s))),
        "exp(−s) was taken instead of exp(s).",
        "Take exp(s). The minus sign belongs to the sigmoid, 1 / (1 + exp(−s)).",
        "The larger a score, the larger its weight must be. Here it is the other way round.",
    ),
    ("log-softmax", "log softmax(scores)", Softmax): Row(
        lambda scene: _logarithms(tempered(scene)),
        "The logarithm of the weights was taken: log_softmax was used.",
        "Use softmax itself.",
        "Logarithms of weights are negative and do not sum to 1. They are used in losses, not for "
        "averages.",
    ),
}
enter(SOFTMAX)
