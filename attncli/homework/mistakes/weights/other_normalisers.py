"""Mistakes in other normalisers than softmax, and with the temperature of any of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.weighing import (
    Sigmoid,
    Softmax,
    Softmax1,
    Sparsemax,
)
from attncli.homework.mistakes.mistake import Row, Scene, Table, mistake, mistakes
from attncli.homework.mistakes.weights.softmax import (
    EVERY_NORMALISER,
    normaliser,
    shares,
    shifted,
    sums,
    tempered,
)

TEMPERATURES: Table[Callable[[Scene, float], Array]] = {
    ("temperature-missing", "normalised scores without the temperature"): Row(
        lambda scene, t: scene.changed(temperature=1),
        "The temperature was left out.",
        "Divide the scores by the temperature, then normalise them.",
        "The temperature sets how far large scores win: above 1 it evens the weights out, below 1 "
        "it sharpens them.",
    ),
    ("temperature-multiplied", "normalised scores × temperature"): Row(
        lambda scene, t: scene.changed(temperature=1 / t),
        "The scores were multiplied by the temperature.",
        "Divide them by it.",
        "Hot means even: a temperature above 1 brings the scores together, so that the weights "
        "become more equal. Multiplied, it drives them apart.",
    ),
    ("temperature-after", "weights / temperature"): Row(
        lambda scene, t: scene.changed(temperature=1) / t,
        "The weights were divided by the temperature instead of the scores.",
        "Divide the scores by it, then normalise them.",
        "Divided afterwards, the weights keep their proportions, and their sum is no longer what "
        "it should be.",
    ),
}


@mistakes(TEMPERATURES, *EVERY_NORMALISER)
def at_temperature(scene: Scene, wrong: Callable[[Scene, float], Array]) -> Array | None:
    """The weights where the temperature is used otherwise; None where it is 1, as if left out."""
    temperature = normaliser(scene).temperature
    return None if temperature == 1 else wrong(scene, temperature)


@mistake("softmax-instead", "exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ)", Softmax1, Sparsemax, Sigmoid)
def softmax_instead(scene: Scene) -> Array | None:
    """Softmax was taken.

    Take the normaliser that the problem names.

    Softmax gives some weight to every key, and all the weights of a query sum to 1: it has no sink
    that takes a share, no weights that are exactly 0, and no scores that stand alone.
    """
    right = normaliser(scene)
    return scene.result_of(Softmax(right.source, right.temperature, right.dtype, right.empty))


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
def sparsemax_clipped(scene: Scene) -> Array | None:
    """Negative scores were set to 0, and the rest divided by their sum.

    Subtract the threshold τ from every score, and cut at 0: that needs no division.

    The nearest shares keep the differences between the scores. A division does not, and 0 is no
    threshold: a number added to all the scores of a row must change nothing.
    """
    return shares(np.maximum(tempered(scene), 0))


SIGMOIDS: Table[Callable[[Array, Array], Array]] = {
    ("sigmoid-sign", "1 / (1 + exp(sᵢⱼ))"): Row(
        lambda scores, right: 1 / (1 + np.exp(scores)),
        "The minus sign in the exponential was lost.",
        "The sigmoid is 1 / (1 + exp(−s)).",
        "Without the sign the weight falls as the score rises, and a hidden key gets a weight of "
        "1.",
    ),
    ("sigmoid-normalised", "sigmoid(sᵢⱼ) / Σⱼ sigmoid(sᵢⱼ)"): Row(
        lambda scores, right: shares(right),
        "The sigmoids were divided by their sum.",
        "Leave them as they are.",
        "Each key is judged by itself: a query may give a weight near 1 to several keys, or to "
        "none.",
    ),
    ("sigmoid-bias", "1 / (1 + exp(−sᵢⱼ + log m))"): Row(
        lambda scores, right: 1 / (1 + scores.shape[-1] * np.exp(-scores)),
        "The logarithm of the number of keys was subtracted from the scores.",
        "Take the sigmoid of the scores as they are, unless the problem gives such a bias.",
        "Training with sigmoids needs the bias at first, so that a row sums to about 1; it is no "
        "part of the function.",
    ),
}


@mistakes(SIGMOIDS, Sigmoid)
def instead(scene: Scene, wrong: Callable[[Array, Array], Array]) -> Array:
    """Another function of the scores over the temperature, and of the right weights."""
    return wrong(tempered(scene), scene.right())
