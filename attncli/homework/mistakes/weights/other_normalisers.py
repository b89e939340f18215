"""Mistakes in other normalisers than softmax, and with the temperature of any of them."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.normalisers import Sigmoid, Softmax, Softmax1, Sparsemax
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter
from attncli.homework.mistakes.weights.softmax import (
    EVERY_NORMALISER,
    normaliser,
    over_another_sum,
    shares,
    sums,
    tempered,
)


def _at(scene: Scene, temperature: float) -> Array | None:
    """The weights at another temperature; None where the right one is 1, so that there is none."""
    has_none = normaliser(scene).temperature == 1
    return None if has_none else scene.with_choices(temperature=temperature)


def _cooled_after(scene: Scene) -> Array | None:
    """The weights at no temperature, divided by it."""
    weights = _at(scene, 1)
    return None if weights is None else weights / normaliser(scene).temperature


def _softmax(scene: Scene) -> Array:
    """Softmax in place of another normaliser."""
    right = normaliser(scene)
    return scene.result_of(Softmax(right.source, right.temperature, right.dtype, right.empty))


def _over_threshold_of_all(scores: Array) -> Array:
    """The scores less the threshold of all that are seen, cut at 0."""
    seen = ~np.isneginf(scores)
    count = seen.sum(axis=-1, keepdims=True)
    total = np.where(seen, scores, 0).sum(axis=-1, keepdims=True)
    weights: Array = np.maximum(scores - (total - 1) / np.maximum(count, 1), 0)
    return weights


NORMALISERS: Table = {
    ("temperature-missing", "normalised scores without the temperature", *EVERY_NORMALISER): Row(
        lambda scene: _at(scene, 1),
        "The temperature was left out.",
        "Divide the scores by the temperature, then normalise them.",
        "The temperature sets how far large scores win: above 1 it evens the weights out, below 1 "
        "it sharpens them.",
    ),
    ("temperature-multiplied", "normalised scores × temperature", *EVERY_NORMALISER): Row(
        lambda scene: _at(scene, 1 / normaliser(scene).temperature),
        "The scores were multiplied by the temperature.",
        "Divide them by it.",
        "Hot means even: a temperature above 1 brings the scores together, so that the weights "
        "become more equal. Multiplied, it drives them apart.",
    ),
    ("temperature-after", "weights / temperature", *EVERY_NORMALISER): Row(
        _cooled_after,
        "The weights were divided by the temperature instead of the scores.",
        "Divide the scores by it, then normalise them.",
        "Divided afterwards, the weights keep their proportions, and their sum is no longer what "
        "it should be.",
    ),
    ("softmax-instead", "exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ)", Softmax1, Sparsemax, Sigmoid): Row(
        _softmax,
        "Softmax was taken.",
        "Take the normaliser that the problem names.",
        "Softmax gives some weight to every key, and all the weights of a query sum to 1: it has "
        "no sink that takes a share, no weights that are exactly 0, and no scores that stand "
        "alone.",
    ),
    ("sink-not-shifted", "exp(sᵢⱼ − maxᵢ) / (1 + Σⱼ exp(sᵢⱼ − maxᵢ))", Softmax1): Row(
        lambda scene: over_another_sum(scene, lambda powers, _: 1 + sums(powers)),
        "The largest score was subtracted from the scores, but not from the 0 of the sink.",
        "With the largest score subtracted everywhere the 1 becomes exp(−max).",
        "The sink is a key of score 0. Where it stays 0 while the others are shifted, its share no "
        "longer depends on how large the scores are, and that is what it is for.",
    ),
    ("sparsemax-all-keys", "max(sᵢⱼ − (Σⱼ sᵢⱼ − 1) / m, 0)", Sparsemax): Row(
        lambda scene: _over_threshold_of_all(tempered(scene)),
        "The threshold τ was taken from all the scores of the row.",
        "Take it from the largest ones alone: those that are above it, and so get weight.",
        "Small scores pull τ down. What is left after cutting at 0 then sums to more than 1.",
    ),
    ("sparsemax-clipped", "max(sᵢⱼ, 0) / Σⱼ max(sᵢⱼ, 0)", Sparsemax): Row(
        lambda scene: shares(np.maximum(tempered(scene), 0)),
        "Negative scores were set to 0, and the rest divided by their sum.",
        "Subtract the threshold τ from every score, and cut at 0: that needs no division.",
        "The nearest shares keep the differences between the scores. A division does not, and 0 is "
        "no threshold: a number added to all the scores of a row must change nothing.",
    ),
    ("sigmoid-sign", "1 / (1 + exp(sᵢⱼ))", Sigmoid): Row(
        lambda scene: 1 / (1 + np.exp(tempered(scene))),
        "The minus sign in the exponential was lost.",
        "The sigmoid is 1 / (1 + exp(−s)).",
        "Without the sign the weight falls as the score rises, and a hidden key gets a weight of "
        "1.",
    ),
    ("sigmoid-normalised", "sigmoid(sᵢⱼ) / Σⱼ sigmoid(sᵢⱼ)", Sigmoid): Row(
        lambda scene: shares(scene.right()),
        "The sigmoids were divided by their sum.",
        "Leave them as they are.",
        "Each key is judged by itself: a query may give a weight near 1 to several keys, or to "
        "none.",
    ),
    ("sigmoid-bias", "1 / (1 + exp(−sᵢⱼ + log m))", Sigmoid): Row(
        lambda scene: 1 / (1 + tempered(scene).shape[-1] * np.exp(-tempered(scene))),
        "The logarithm of the number of keys was subtracted from the scores.",
        "Take the sigmoid of the scores as they are, unless the problem gives such a bias.",
        "Training with sigmoids needs the bias at first, so that a row sums to about 1; it is no "
        "part of the function.",
    ),
}
enter(NORMALISERS)
