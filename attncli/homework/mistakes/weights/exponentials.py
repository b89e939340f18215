"""Mistakes in the exponentials and their sum."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.normalisers import Softmax
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.homework.mistakes.weights.softmax import shifted, sums, tempered


@mistake("exp-overflow", "exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ), too large for the dtype", Softmax)
@np.errstate(all="ignore")
def exp_overflow(scene: Scene) -> Array | None:
    """The exponentials overflowed to infinity, and ∞ / ∞ gave NaN (not a number).

    Subtract the largest score of the row from all its scores before taking exponentials.

    That leaves the weights as they are, and keeps every exponential between 0 and 1. exp(710) is
    too large for float64, exp(89) for float32, and exp(12) for float16.
    """
    scores = tempered(scene)
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
    scores = tempered(scene)
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
    less, largest = shifted(tempered(scene))
    powers = np.exp(less)
    return powers / (np.exp(-largest) + sums(powers))


@mistake("softmax1-shift", "exp(sᵢⱼ − maxᵢ) / (1 + Σⱼ exp(sᵢⱼ − maxᵢ))", Softmax)
def softmax1_shift(scene: Scene) -> Array | None:
    """1 was added to the sum of the exponentials after the largest score had been subtracted.

    Divide by the sum alone.

    The weights sum to less than 1. Not even "softmax1" is done this way: with the largest score
    subtracted its 1 becomes exp(−max).
    """
    less, _ = shifted(tempered(scene))
    powers = np.exp(less)
    return powers / (1 + sums(powers))


@mistake("exp-not-normalised", "exp(sᵢⱼ)", Softmax)
@np.errstate(all="ignore")
def exp_not_normalised(scene: Scene) -> Array | None:
    """The exponentials were taken, but not divided by their sum.

    Divide each exponential by the sum of those of its query.

    Weights must sum to 1, so that the output is an average of the values.
    """
    powers: Array = np.exp(tempered(scene))
    return powers


@mistake("no-exp", "sᵢⱼ / Σⱼ sᵢⱼ", Softmax)
@np.errstate(all="ignore")
def no_exp(scene: Scene) -> Array | None:
    """The scores themselves were divided by their sum, hidden ones counted as 0.

    Take the exponential of every score first, then divide by the sum of the exponentials.

    Scores may be negative, and their sum may be 0: only exponentials are always positive, and so
    make weights between 0 and 1.
    """
    scores = tempered(scene)
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
    scores = tempered(scene)
    positive = np.maximum(scores, 0)
    return positive / sums(positive)


@mistake("softmax-base-2", "2^sᵢⱼ / Σⱼ 2^sᵢⱼ", Softmax)
def softmax_base_2(scene: Scene) -> Array | None:
    """Powers of 2 were taken instead of powers of e.

    Use e = 2.71828…: exp(s), not 2^s.

    A smaller base makes the weights more equal, as if all the scores were multiplied by
    ln 2 ≈ 0.69.
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
    scores = tempered(scene)
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
    less, _ = shifted(tempered(scene))
    return less - np.log(sums(np.exp(less)))
