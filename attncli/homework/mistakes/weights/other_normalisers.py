"""Mistakes in other normalisers than softmax, and with the temperature of any of them."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.normalisers import Sigmoid, Softmax, Softmax1, Sparsemax
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.homework.mistakes.weights.softmax import (
    EVERY_NORMALISER,
    normalising,
    shifted,
    sums,
    tempered,
)
from attncli.records import replace


def at_temperature(scene: Scene, temperature: float) -> Array | None:
    """The weights at another temperature; None where the right one is 1, so that there is none."""
    operation = normalising(scene)
    if operation.temperature == 1:
        return None
    return replace(operation, temperature=temperature).apply(*scene.operands)


@mistake("temperature-missing", "normalised scores without the temperature", *EVERY_NORMALISER)
def temperature_missing(scene: Scene) -> Array | None:
    """The temperature was left out.

    Divide the scores by the temperature, then normalise them.

    The temperature sets how far large scores win: above 1 it evens the weights out, below 1 it
    sharpens them.
    """
    return at_temperature(scene, 1)


@mistake("temperature-multiplied", "normalised scores × temperature", *EVERY_NORMALISER)
def temperature_multiplied(scene: Scene) -> Array | None:
    """The scores were multiplied by the temperature.

    Divide them by it.

    Hot means even: a temperature above 1 brings the scores together, so that the weights become
    more equal. Multiplied, it drives them apart.
    """
    return at_temperature(scene, 1 / normalising(scene).temperature)


@mistake("temperature-after", "weights / temperature", *EVERY_NORMALISER)
def temperature_after(scene: Scene) -> Array | None:
    """The weights were divided by the temperature instead of the scores.

    Divide the scores by it, then normalise them.

    Divided afterwards, the weights keep their proportions, and their sum is no longer what it
    should be.
    """
    weights = at_temperature(scene, 1)
    return None if weights is None else weights / normalising(scene).temperature


@mistake("softmax-instead", "exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ)", Softmax1, Sparsemax, Sigmoid)
def softmax_instead(scene: Scene) -> Array | None:
    """Softmax was taken.

    Take the normaliser that the problem names.

    Softmax gives some weight to every key, and all the weights of a query sum to 1: it has no sink
    that takes a share, no weights that are exactly 0, and no scores that stand alone.
    """
    operation = normalising(scene)
    softmax = Softmax(operation.source, operation.temperature, operation.dtype, operation.empty)
    return softmax.apply(*scene.operands)


@mistake("sink-not-shifted", "exp(sᵢⱼ − maxᵢ) / (1 + Σⱼ exp(sᵢⱼ − maxᵢ))", Softmax1)
def sink_not_shifted(scene: Scene) -> Array | None:
    """The largest score was subtracted from the scores, but not from the 0 of the sink.

    With the largest score subtracted everywhere the 1 becomes exp(−max).

    The sink is a key of score 0. Where it stays 0 while the others are shifted, its share no
    longer depends on how large the scores are, and that is what it is for.
    """
    less, _ = shifted(tempered(scene))
    powers: Array = np.exp(less)
    return powers / (1 + sums(powers))


@mistake("sparsemax-all-keys", "max(sᵢⱼ − (Σⱼ sᵢⱼ − 1) / m, 0)", Sparsemax)
def sparsemax_all_keys(scene: Scene) -> Array | None:
    """The threshold τ was taken from all the scores of the row.

    Take it from the largest ones alone: those that are above it, and so get weight.

    Small scores pull τ down. What is left after cutting at 0 then sums to more than 1.
    """
    scores = tempered(scene)
    seen = ~np.isneginf(scores)
    count = seen.sum(axis=-1, keepdims=True)
    total = np.where(seen, scores, 0).sum(axis=-1, keepdims=True)
    weights: Array = np.maximum(scores - (total - 1) / np.maximum(count, 1), 0)
    return weights


@mistake("sparsemax-clipped", "max(sᵢⱼ, 0) / Σⱼ max(sᵢⱼ, 0)", Sparsemax)
@np.errstate(all="ignore")
def sparsemax_clipped(scene: Scene) -> Array | None:
    """Negative scores were set to 0, and the rest divided by their sum.

    Subtract the threshold τ from every score, and cut at 0: that needs no division.

    The nearest shares keep the differences between the scores. A division does not, and 0 is no
    threshold: a number added to all the scores of a row must change nothing.
    """
    positive: Array = np.maximum(tempered(scene), 0)
    return positive / sums(positive)


@mistake("sigmoid-sign", "1 / (1 + exp(sᵢⱼ))", Sigmoid)
@np.errstate(all="ignore")
def sigmoid_sign(scene: Scene) -> Array | None:
    """The minus sign in the exponential was lost.

    The sigmoid is 1 / (1 + exp(−s)).

    Without the sign the weight falls as the score rises, and a hidden key gets a weight of 1.
    """
    weights: Array = 1 / (1 + np.exp(tempered(scene)))
    return weights


@mistake("sigmoid-normalised", "sigmoid(sᵢⱼ) / Σⱼ sigmoid(sᵢⱼ)", Sigmoid)
@np.errstate(all="ignore")
def sigmoid_normalised(scene: Scene) -> Array | None:
    """The sigmoids were divided by their sum.

    Leave them as they are.

    Each key is judged by itself: a query may give a weight near 1 to several keys, or to none.
    """
    weights = scene.right()
    return weights / sums(weights)


@mistake("sigmoid-bias", "1 / (1 + exp(−sᵢⱼ + log m))", Sigmoid)
@np.errstate(all="ignore")
def sigmoid_bias(scene: Scene) -> Array | None:
    """The logarithm of the number of keys was subtracted from the scores.

    Take the sigmoid of the scores as they are, unless the problem gives such a bias.

    Training with sigmoids needs the bias at first, so that a row sums to about 1; it is no part of
    the function.
    """
    scores = tempered(scene)
    weights: Array = 1 / (1 + scores.shape[-1] * np.exp(-scores))
    return weights
