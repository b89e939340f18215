"""Mistakes in turning scores into weights."""

from __future__ import annotations

import numpy as np

from attncli.calculation.layouts import Array
from attncli.calculation.operations import DivideByRoot, Multiply, Softmax
from attncli.homework.catalogue import Scene, mistake
from attncli.homework.mistakes.masks import behind, chain


def shifted(scores: Array) -> tuple[Array, Array]:
    """The scores less the largest of their row, and that largest; 0 in a row of −inf alone."""
    largest = scores.max(axis=-1, keepdims=True)
    largest = np.where(np.isneginf(largest), scores.dtype.type(0), largest)
    return scores - largest, largest


def sums(powers: Array) -> Array:
    """The sum for each query, as a column."""
    totals: Array = powers.sum(axis=-1, keepdims=True)
    return totals


def along(scene: Scene, axis: int) -> Array:
    """Softmax over another axis than the keys."""
    (scores,) = scene.operands
    return np.moveaxis(scene.step.operation.apply(np.moveaxis(scores, axis, -1)), -1, axis)


def along_named(scene: Scene, name: str) -> Array:
    """Softmax over the axis that counts this. Raises ValueError where there is none."""
    return along(scene, [axis.name for axis in scene.step.axes].index(name))


@mistake("softmax-columns", "exp(sᵢⱼ) / Σᵢ exp(sᵢⱼ)", Softmax)
def softmax_columns(scene: Scene) -> Array | None:
    """Softmax was taken over the queries: all the weights of one key sum to 1.

    Take it over the keys: all the weights of one query sum to 1.

    The weights say how one query shares its attention among the keys, so they must sum to 1 for
    each query; only then is the output an average of the values.
    """
    return along(scene, -2)


@mistake("softmax-wrong-batch-axis", "softmax over the batch", Softmax)
def softmax_wrong_batch_axis(scene: Scene) -> Array | None:
    """Softmax was taken over the batch axis.

    Take it over the last axis, the keys: axis=-1.

    Entries of a batch have nothing to do with each other; with one entry every weight becomes 1.
    """
    return along_named(scene, "batch")


@mistake("softmax-over-heads", "softmax over the heads", Softmax)
def softmax_over_heads(scene: Scene) -> Array | None:
    """Softmax was taken over the heads.

    Take it over the last axis, the keys, in every head by itself: axis=-1.

    Heads do not compete with each other: each one is an attention of its own.
    """
    return along_named(scene, "heads")


@mistake("softmax-whole-matrix", "exp(sᵢⱼ) / Σᵢⱼ exp(sᵢⱼ)", Softmax)
def softmax_whole_matrix(scene: Scene) -> Array | None:
    """The exponentials were divided by the sum of the whole matrix.

    Divide each by the sum for its own query only.

    The weights of each query must sum to 1; here those of all the queries together do.
    """
    (scores,) = scene.operands
    flat = scores.reshape(*scores.shape[:-2], -1)
    return scene.step.operation.apply(flat).reshape(scores.shape)


def laid_across(column: Array, scores: Array) -> Array:
    """One number a query as one number a key. Raises ValueError where they differ in number."""
    return np.broadcast_to(column.swapaxes(-1, -2), scores.shape)


@mistake("keepdims-missing", "exp(sᵢⱼ) / Σₖ exp(sⱼₖ)", Softmax)
@np.errstate(all="ignore")
def keepdims_missing(scene: Scene) -> Array | None:
    """The cell of query i and key j was divided by the sum for query j.

    Divide by the sum for query i: in NumPy, sum with keepdims=True.

    Without keepdims the sums become a row, and are laid over the columns. As many queries as keys
    hide this: there is no error, but the weights of a query do not sum to 1.
    """
    (scores,) = scene.operands
    powers = np.exp(scores)
    return powers / laid_across(sums(powers), scores)


@mistake("keepdims-missing-twice", "exp(sᵢⱼ − maxⱼ) / Σₖ exp(sⱼₖ − maxₖ)", Softmax)
@np.errstate(all="ignore")
def keepdims_missing_twice(scene: Scene) -> Array | None:
    """For the cell of query i and key j the maximum and the sum of query j were used.

    Use the maximum and the sum of query i: in NumPy, max and sum with keepdims=True.

    Without keepdims both become a row, and are laid over the columns. As many queries as keys hide
    this: there is no error, but the weights of a query do not sum to 1.
    """
    (scores,) = scene.operands
    powers = np.exp(scores - laid_across(scores.max(axis=-1, keepdims=True), scores))
    return powers / laid_across(sums(powers), scores)


@mistake("softmax-twice", "softmax(softmax(scores))", Softmax)
def softmax_twice(scene: Scene) -> Array | None:
    """Softmax was taken twice.

    Take it once; some functions, such as a loss, take it themselves.

    The second one works on numbers between 0 and 1 and makes them nearly equal; keys hidden by a
    mask, with a weight of 0 after the first, get weight again.
    """
    return scene.step.operation.apply(scene.right())


@mistake("softmax-unscaled", "softmax of the scores before scaling", Softmax)
def softmax_unscaled(scene: Scene) -> Array | None:
    """Softmax was taken of the scores before they were scaled.

    Take it of the scaled scores: they are what scaling was done for.

    Larger scores make a sharper softmax: the largest weight comes out too large.
    """
    return unscaled_weights(scene)


@mistake("scale-after-softmax", "softmax(unscaled scores) × scale", Softmax)
def scale_after_softmax(scene: Scene) -> Array | None:
    """The weights were scaled instead of the scores: scaling came after softmax.

    Scale the scores, then take softmax.

    Weights must sum to 1; scaled, they sum to the scale, and softmax saw the scores at full size.
    """
    scaling = behind(scene, DivideByRoot, Multiply)
    weights = unscaled_weights(scene)
    return weights if scaling is None or weights is None else scaling.step.operation.apply(weights)


def unscaled_weights(scene: Scene) -> Array | None:
    """Softmax of the scores without their scaling, masked all the same; None without scaling."""
    scaling = behind(scene, DivideByRoot, Multiply)
    if scaling is None:
        return None
    known = {**scene.matrices, scaling.step.name: scaling.operands[0]}
    steps = chain(scene)
    for step in reversed(steps[: steps.index(scaling.step)]):
        known[step.name] = step.operation.apply(*(known[name] for name in step.operation.operands))
    return scene.step.operation.apply(known[steps[0].name])


@mistake("exp-overflow", "exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ), too large for the dtype", Softmax)
@np.errstate(all="ignore")
def exp_overflow(scene: Scene) -> Array | None:
    """The exponentials overflowed to infinity, and ∞ / ∞ gave NaN (not a number).

    Subtract the largest score of the row from all its scores before taking exponentials.

    That leaves the weights as they are, and keeps every exponential between 0 and 1. exp(710) is
    too large for float64, exp(89) for float32, and exp(12) for float16.
    """
    (scores,) = scene.operands
    powers = np.exp(scores)
    if not np.isinf(powers).any():
        return None
    return powers / sums(powers)


@mistake("shift-not-in-sum", "exp(sᵢⱼ − maxᵢ) / Σⱼ exp(sᵢⱼ)", Softmax)
@np.errstate(all="ignore")
def shift_not_in_sum(scene: Scene) -> Array | None:
    """The largest score was subtracted above the line of the fraction, but not below it.

    Subtract it in both places: in the sum of the exponentials too.

    Subtracting a number from all the scores divides both the exponential and the sum by the same
    factor; done in one place only, the weights do not sum to 1.
    """
    (scores,) = scene.operands
    less, largest = shifted(scores)
    total = sums(np.exp(less)) * np.exp(largest)
    return np.exp(less) / np.where(total == 0, 1, total)


@mistake("softmax1", "exp(sᵢⱼ) / (1 + Σⱼ exp(sᵢⱼ))", Softmax)
@np.errstate(all="ignore")
def softmax1(scene: Scene) -> Array | None:
    """1 was added to the sum of the exponentials.

    Divide by the sum alone.

    This is another function, "softmax1" or "attention off by one", whose weights sum to less than
    1; softmax as attention uses it gives weights that sum to 1.
    """
    less, largest = shifted(scene.operands[0])
    powers = np.exp(less)
    return powers / (np.exp(-largest) + sums(powers))


@mistake("softmax1-shift", "exp(sᵢⱼ − maxᵢ) / (1 + Σⱼ exp(sᵢⱼ − maxᵢ))", Softmax)
def softmax1_shift(scene: Scene) -> Array | None:
    """1 was added to the sum of the exponentials after the largest score had been subtracted.

    Divide by the sum alone.

    The weights sum to less than 1. Not even "softmax1" is done this way: with the largest score
    subtracted its 1 becomes exp(−max).
    """
    less, _ = shifted(scene.operands[0])
    powers = np.exp(less)
    return powers / (1 + sums(powers))


@mistake("exp-not-normalised", "exp(sᵢⱼ)", Softmax)
@np.errstate(all="ignore")
def exp_not_normalised(scene: Scene) -> Array | None:
    """The exponentials were taken, but not divided by their sum.

    Divide each exponential by the sum of those of its query.

    Weights must sum to 1, so that the output is an average of the values.
    """
    (scores,) = scene.operands
    return np.exp(scores)


@mistake("no-exp", "sᵢⱼ / Σⱼ sᵢⱼ", Softmax)
@np.errstate(all="ignore")
def no_exp(scene: Scene) -> Array | None:
    """The scores themselves were divided by their sum, hidden ones counted as 0.

    Take the exponential of every score first, then divide by the sum of the exponentials.

    Scores may be negative, and their sum may be 0: only exponentials are always positive, and so
    make weights between 0 and 1.
    """
    (scores,) = scene.operands
    seen = np.where(np.isneginf(scores), 0, scores)
    empty = np.isneginf(scores).all(axis=-1, keepdims=True)
    return seen / np.where(empty, 1, sums(seen))


@mistake("relu-normalised", "max(sᵢⱼ, 0) / Σⱼ max(sᵢⱼ, 0)", Softmax)
@np.errstate(all="ignore")
def relu_normalised(scene: Scene) -> Array | None:
    """Negative scores were set to 0, and the rest divided by their sum.

    Take the exponential of every score, then divide by the sum of the exponentials.

    A negative score means little attention, not none; and a query with no positive score would have
    no weights at all.
    """
    (scores,) = scene.operands
    positive = np.maximum(scores, 0)
    return positive / sums(positive)


@mistake("softmax-base-2", "2^sᵢⱼ / Σⱼ 2^sᵢⱼ", Softmax)
def softmax_base_2(scene: Scene) -> Array | None:
    """Powers of 2 were taken instead of powers of e.

    Use e = 2.71828…: exp(s), not 2^s.

    A smaller base makes the weights more equal, as if all the scores were multiplied by ln 2 ≈ 0.69.
    """
    (scores,) = scene.operands
    return scene.step.operation.apply(scores * float(np.log(2)))


@mistake("sigmoid-instead", "1 / (1 + exp(−sᵢⱼ))", Softmax)
@np.errstate(all="ignore")
def sigmoid_instead(scene: Scene) -> Array | None:
    """The sigmoid of each score was taken, by itself.

    Take softmax of all the scores of a query together.

    A sigmoid looks at one score alone, so the weights of a query do not sum to 1.
    """
    (scores,) = scene.operands
    weights: Array = 1 / (1 + np.exp(-scores))
    return weights


@mistake("hardmax", "1 at the largest sᵢⱼ, else 0", Softmax)
def hardmax(scene: Scene) -> Array | None:
    """All the weight was given to the largest score; to the first of them where several are equal.

    Take softmax: every key gets weight by its score.

    Softmax is soft so that small changes of the scores change the output a little, without which
    there would be no gradient to learn from.
    """
    (scores,) = scene.operands
    first = np.arange(scores.shape[-1]) == scores.argmax(axis=-1, keepdims=True)
    weights: Array = (first & ~np.isneginf(scores)).astype(scores.dtype)
    return weights


@mistake("softmax-negated", "softmax(−scores)", Softmax)
def softmax_negated(scene: Scene) -> Array | None:
    """The sign of the scores was lost: exp(−s) was taken instead of exp(s).

    Take exp(s); a minus sign belongs to the sigmoid, 1 / (1 + exp(−s)).

    The larger the score, the larger the weight should be; here it is the other way round.
    """
    (scores,) = scene.operands
    return scene.step.operation.apply(np.where(np.isneginf(scores), scores, -scores))


@mistake("log-softmax", "log softmax(scores)", Softmax)
@np.errstate(all="ignore")
def log_softmax(scene: Scene) -> Array | None:
    """The logarithm of the weights was taken: log_softmax was used.

    Use softmax itself.

    Logarithms of weights are negative and do not sum to 1; they are for losses, not for averages.
    """
    less, _ = shifted(scene.operands[0])
    return less - np.log(sums(np.exp(less)))
