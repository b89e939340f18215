"""Mistakes in softmax: over what it is taken, how often, of what, and what it divides by."""

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
    """The operation of this step, which makes weights of scores."""
    return scene.operation(Normalise)  # type: ignore[type-abstract]


def tempered(scene: Scene) -> Array:
    """The scores over the temperature: what the exponentials are taken of."""
    (scores,) = scene.operands
    return scores / normaliser(scene).temperature


def shifted(scores: Array) -> tuple[Array, Array]:
    """The scores less the largest of their row, and that largest; 0 in a row of −inf alone."""
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
    """Softmax over the axis of this name. Raises ValueError where there is none."""
    return _along(scene, [axis.name for axis in scene.step.axes].index(name))


def _along_both(scene: Scene) -> Array:
    """Softmax over all the queries and keys together."""
    (scores,) = scene.operands
    return scene.apply(scores.reshape(*scores.shape[:-2], -1)).reshape(scores.shape)


def _laid_across(column: Array, scores: Array) -> Array:
    """One number a query as one number a key. Raises ValueError where they differ in number."""
    return np.broadcast_to(column.mT, scores.shape)


def _over_sums_across(scores: Array) -> Array:
    """The exponentials of the scores, over the sum of the query that has the column's number."""
    powers = np.exp(scores)
    return powers / _laid_across(sums(powers), scores)


def _less_largest_across(scores: Array) -> Array:
    """The scores less the largest one of the query that has the column's number."""
    return scores - _laid_across(scores.max(axis=-1, keepdims=True), scores)


def _unscaled(scene: Scene) -> Array:
    """Softmax of the scores without their scaling, masked all the same."""
    scaling = scene.behind(DivideByRoot, Multiply)
    known = {**scene.matrices, scaling.step.name: scaling.operands[0]}
    steps = scene.chain()
    for step in reversed(steps[: steps.index(scaling.step)]):
        known[step.name] = step.operation.apply(*(known[name] for name in step.operation.operands))
    return scene.apply(known[steps[0].name])


def _overflowed(scene: Scene) -> Array | None:
    """Softmax of unshifted scores; None where no exponential is infinite."""
    powers = np.exp(tempered(scene))
    return powers / sums(powers) if np.isinf(powers).any() else None


def over_another_sum(scene: Scene, divisor: Callable[[Array, Array], Array]) -> Array:
    """The exponentials of the shifted scores over another number for each query.

    `divisor` makes it of the exponentials, and of the largest scores, which are subtracted.
    """
    less, largest = shifted(tempered(scene))
    powers = np.exp(less)
    return powers / divisor(powers, largest)


def _unshifted_sums(powers: Array, largest: Array) -> Array:
    """The sums of the exponentials of the scores as they are; 1 where it is 0."""
    total = sums(powers) * np.exp(largest)
    return np.where(total == 0, 1, total)


def shares(numbers: Array) -> Array:
    """The numbers of each query over their sum."""
    return numbers / sums(numbers)


def _shares_of_seen(scores: Array) -> Array:
    """The scores over their sum, hidden ones counted as 0; 0 where all are hidden."""
    seen = np.where(np.isneginf(scores), 0, scores)
    empty = np.isneginf(scores).all(axis=-1, keepdims=True)
    return seen / np.where(empty, 1, sums(seen))


def _hard(scores: Array) -> Array:
    """1 at the first of the largest scores of each query that sees any key, else 0."""
    first = np.arange(scores.shape[-1]) == scores.argmax(axis=-1, keepdims=True)
    weights: Array = (first & ~np.isneginf(scores)).astype(scores.dtype)
    return weights


def _logarithms(scores: Array) -> Array:
    """The logarithms of what softmax gives."""
    less, _ = shifted(scores)
    return less - np.log(sums(np.exp(less)))


SOFTMAX: Table = {
    ("softmax-columns", "exp(sᵢⱼ) / Σᵢ exp(sᵢⱼ)", Softmax): Row(
        lambda scene: _along(scene, -2),
        "Softmax was taken over the queries: all the weights of one key sum to 1.",
        "Take it over the keys: all the weights of one query sum to 1.",
        "The weights say how one query shares its attention among the keys, so they must sum to 1 "
        "for each query; only then is the output an average of the values.",
    ),
    ("softmax-wrong-batch-axis", "softmax over the batch", Softmax): Row(
        lambda scene: _along_named(scene, "batch"),
        "Softmax was taken over the batch axis.",
        "Take it over the last axis, the keys: axis=-1.",
        "Entries of a batch have nothing to do with each other; with one entry every weight "
        "becomes 1.",
    ),
    ("softmax-over-heads", "softmax over the heads", Softmax): Row(
        lambda scene: _along_named(scene, "heads"),
        "Softmax was taken over the heads.",
        "Take it over the last axis, the keys, in every head by itself: axis=-1.",
        "Heads do not compete with each other: each one is an attention of its own.",
    ),
    ("softmax-whole-matrix", "exp(sᵢⱼ) / Σᵢⱼ exp(sᵢⱼ)", Softmax): Row(
        _along_both,
        "The exponentials were divided by the sum of the whole matrix.",
        "Divide each by the sum for its own query only.",
        "The weights of each query must sum to 1; here those of all the queries together do.",
    ),
    ("keepdims-missing", "exp(sᵢⱼ) / Σₖ exp(sⱼₖ)", Softmax): Row(
        lambda scene: _over_sums_across(tempered(scene)),
        "The cell of query i and key j was divided by the sum for query j.",
        "Divide by the sum for query i: in NumPy, sum with keepdims=True.",
        "Without keepdims the sums become a row, and are laid over the columns. As many queries as "
        "keys hide this: there is no error, but the weights of a query do not sum to 1.",
    ),
    ("keepdims-missing-twice", "exp(sᵢⱼ − maxⱼ) / Σₖ exp(sⱼₖ − maxₖ)", Softmax): Row(
        lambda scene: _over_sums_across(_less_largest_across(tempered(scene))),
        "For the cell of query i and key j the maximum and the sum of query j were used.",
        "Use the maximum and the sum of query i: in NumPy, max and sum with keepdims=True.",
        "Without keepdims both become a row, and are laid over the columns. As many queries as "
        "keys hide this: there is no error, but the weights of a query do not sum to 1.",
    ),
    ("softmax-twice", "softmax(softmax(scores))", Softmax): Row(
        lambda scene: scene.apply(scene.right()),
        "Softmax was taken twice.",
        "Take it once; some functions, such as a loss, take it themselves.",
        "The second one works on numbers between 0 and 1 and makes them nearly equal; keys hidden "
        "by a mask, with a weight of 0 after the first, get weight again.",
    ),
    ("softmax-unscaled", "softmax of the scores before scaling", Softmax): Row(
        _unscaled,
        "Softmax was taken of the scores before they were scaled.",
        "Take it of the scaled scores: they are what scaling was done for.",
        "Larger scores make a sharper softmax: the largest weight comes out too large.",
    ),
    ("scale-after-softmax", "softmax(unscaled scores) × scale", Softmax): Row(
        lambda scene: scene.behind(DivideByRoot, Multiply).apply(_unscaled(scene)),
        "The weights were scaled instead of the scores: scaling came after softmax.",
        "Scale the scores, then take softmax.",
        "Weights must sum to 1; scaled, they sum to the scale, and softmax saw the scores at full "
        "size.",
    ),
    ("exp-overflow", "exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ), too large for the dtype", Softmax): Row(
        _overflowed,
        "The exponentials overflowed to infinity, and ∞ / ∞ gave NaN (not a number).",
        "Subtract the largest score of the row from all its scores before taking exponentials.",
        "That leaves the weights as they are, and keeps every exponential between 0 and 1. "
        "exp(710) is too large for float64, exp(89) for float32, and exp(12) for float16.",
    ),
    ("shift-not-in-sum", "exp(sᵢⱼ − maxᵢ) / Σⱼ exp(sᵢⱼ)", Softmax): Row(
        lambda scene: over_another_sum(scene, _unshifted_sums),
        "The largest score was subtracted above the line of the fraction, but not below it.",
        "Subtract it in both places: in the sum of the exponentials too.",
        "Subtracting a number from all the scores divides both the exponential and the sum by the "
        "same factor; done in one place only, the weights do not sum to 1.",
    ),
    ("softmax1", "exp(sᵢⱼ) / (1 + Σⱼ exp(sᵢⱼ))", Softmax): Row(
        lambda scene: over_another_sum(scene, lambda powers, m: np.exp(-m) + sums(powers)),
        "1 was added to the sum of the exponentials.",
        "Divide by the sum alone.",
        'This is another function, "softmax1" or "attention off by one", whose weights sum to less '
        "than 1; softmax as attention uses it gives weights that sum to 1.",
    ),
    ("softmax1-shift", "exp(sᵢⱼ − maxᵢ) / (1 + Σⱼ exp(sᵢⱼ − maxᵢ))", Softmax): Row(
        lambda scene: over_another_sum(scene, lambda powers, m: 1 + sums(powers)),
        "1 was added to the sum of the exponentials after the largest score had been subtracted.",
        "Divide by the sum alone.",
        'The weights sum to less than 1. Not even "softmax1" is done this way: with the largest '
        "score subtracted its 1 becomes exp(−max).",
    ),
    ("exp-not-normalised", "exp(sᵢⱼ)", Softmax): Row(
        lambda scene: np.exp(tempered(scene)),
        "The exponentials were taken, but not divided by their sum.",
        "Divide each exponential by the sum of those of its query.",
        "Weights must sum to 1, so that the output is an average of the values.",
    ),
    ("no-exp", "sᵢⱼ / Σⱼ sᵢⱼ", Softmax): Row(
        lambda scene: _shares_of_seen(tempered(scene)),
        "The scores themselves were divided by their sum, hidden ones counted as 0.",
        "Take the exponential of every score first, then divide by the sum of the exponentials.",
        "Scores may be negative, and their sum may be 0: only exponentials are always positive, "
        "and so make weights between 0 and 1.",
    ),
    ("relu-normalised", "max(sᵢⱼ, 0) / Σⱼ max(sᵢⱼ, 0)", Softmax): Row(
        lambda scene: shares(np.maximum(tempered(scene), 0)),
        "Negative scores were set to 0, and the rest divided by their sum.",
        "Take the exponential of every score, then divide by the sum of the exponentials.",
        "A negative score means little attention, not none; and a query with no positive score "
        "would have no weights at all.",
    ),
    ("softmax-base-2", "2^sᵢⱼ / Σⱼ 2^sᵢⱼ", Softmax): Row(
        lambda scene: scene.apply(scene.operands[0] * log(2)),
        "Powers of 2 were taken instead of powers of e.",
        "Use e = 2.71828…: exp(s), not 2^s.",
        "A smaller base makes the weights more equal, as if all the scores were multiplied by ln 2 "
        "≈ 0.69.",
    ),
    ("sigmoid-instead", "1 / (1 + exp(−sᵢⱼ))", Softmax): Row(
        lambda scene: 1 / (1 + np.exp(-tempered(scene))),
        "The sigmoid of each score was taken, by itself.",
        "Take softmax of all the scores of a query together.",
        "A sigmoid looks at one score alone, so the weights of a query do not sum to 1.",
    ),
    ("hardmax", "1 at the largest sᵢⱼ, else 0", Softmax): Row(
        lambda scene: _hard(scene.operands[0]),
        "All the weight was given to the largest score; to the first of them where several are "
        "equal.",
        "Take softmax: every key gets weight by its score.",
        "Softmax is soft so that small changes of the scores change the output a little, without "
        "which there would be no gradient to learn from.",
    ),
    ("softmax-negated", "softmax(−scores)", Softmax): Row(
        lambda scene: scene.of_operands(lambda s: scene.apply(np.where(np.isneginf(s), s, -s))),
        "The sign of the scores was lost: exp(−s) was taken instead of exp(s).",
        "Take exp(s); a minus sign belongs to the sigmoid, 1 / (1 + exp(−s)).",
        "The larger the score, the larger the weight should be; here it is the other way round.",
    ),
    ("log-softmax", "log softmax(scores)", Softmax): Row(
        lambda scene: _logarithms(tempered(scene)),
        "The logarithm of the weights was taken: log_softmax was used.",
        "Use softmax itself.",
        "Logarithms of weights are negative and do not sum to 1; they are for losses, not for "
        "averages.",
    ),
}
enter(SOFTMAX)
