"""Mistakes in other normalisers than softmax, and in the temperature of any normaliser."""

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
    """The weights at another temperature; None if the problem has no temperature but 1."""
    has_none = normaliser(scene).temperature == 1
    return None if has_none else scene.with_choices(temperature=temperature)


def _cooled_after(scene: Scene) -> Array | None:
    """The weights without the temperature, divided by it."""
    weights = _at(scene, 1)
    return None if weights is None else weights / normaliser(scene).temperature


def _softmax(scene: Scene) -> Array:
    """Softmax in place of another normaliser."""
    right = normaliser(scene)
    return scene.result_of(Softmax(right.source, right.temperature, right.dtype, right.empty))


def _over_threshold(scores: Array, count: Array | int) -> Array:
    """The scores minus τ = (Σ s − 1) / count of the keys that are seen, cut off at 0."""
    total = np.where(np.isneginf(scores), 0, scores).sum(axis=-1, keepdims=True)
    weights: Array = np.maximum(scores - (total - 1) / np.maximum(count, 1), 0)
    return weights


def _over_threshold_of_seen(scene: Scene) -> Array:
    """The weights with the threshold of all keys that are seen."""
    scores = tempered(scene)
    return _over_threshold(scores, (~np.isneginf(scores)).sum(axis=-1, keepdims=True))


def _over_threshold_of_all(scene: Scene) -> Array | None:
    """The weights with the hidden keys counted in the threshold; None if no key is hidden."""
    scores = tempered(scene)
    is_any = np.isneginf(scores).any()
    return _over_threshold(scores, scores.shape[-1]) if is_any else None


LARGEST_ONLY = (
    "Calculate τ from the largest scores only: those that lie above it, and so get weight."
)

NORMALISERS: Table = {
    ("temperature-missing", "normalised scores without the temperature", *EVERY_NORMALISER): Row(
        lambda scene: _at(scene, 1),
        "The temperature was left out.",
        "Divide the scores by the temperature {temperature} before they are normalised.",
        "The temperature sets how strongly large scores win: above 1 the weights become more "
        "equal, below 1 sharper.",
    ),
    ("temperature-multiplied", "normalised scores × temperature", *EVERY_NORMALISER): Row(
        lambda scene: _at(scene, 1 / normaliser(scene).temperature),
        "The scores were multiplied by the temperature.",
        "Divide the scores by the temperature {temperature}.",
        "A high temperature makes the weights more equal: division by it brings the scores "
        "together. Multiplication drives them apart.",
    ),
    ("temperature-after", "weights / temperature", *EVERY_NORMALISER): Row(
        _cooled_after,
        "The weights were divided by the temperature instead of the scores.",
        "Divide the scores by the temperature {temperature} before they are normalised.",
        "Divided afterwards, the weights keep their proportions, and their sum is wrong.",
    ),
    ("softmax-instead", "exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ)", Softmax1, Sparsemax, Sigmoid): Row(
        _softmax,
        "Softmax was used instead of {normaliser}.",
        "Use the normaliser of the problem: {normaliser}.",
        "Softmax gives some weight to every key, and the weights of a query sum to 1. In "
        "contrast, softmax1 leaves a share to a sink, sparsemax makes small weights exactly 0, "
        "and sigmoid looks at each score alone.",
    ),
    ("sink-not-shifted", "exp(sᵢⱼ − maxᵢ) / (1 + Σⱼ exp(sᵢⱼ − maxᵢ))", Softmax1): Row(
        lambda scene: over_another_sum(scene, lambda powers, _: 1 + sums(powers)),
        "The largest score was subtracted from all scores, but not from the score 0 of the sink: "
        "its 1 in the sum stayed 1.",
        "If the largest score is subtracted, the 1 in the sum becomes exp(−max).",
        "The sink is an extra key with the score 0. If only the other scores are shifted, the "
        "share of the sink no longer depends on how large they are.",
    ),
    (
        "sparsemax-all-keys",
        "max(sᵢⱼ − (Σⱼ sᵢⱼ − 1) / m, 0), m and Σ of the keys that are seen",
        Sparsemax,
    ): Row(
        _over_threshold_of_seen,
        "The threshold τ was calculated from the scores of all keys that are seen.",
        LARGEST_ONLY,
        "Small scores pull τ down, and the weights then sum to more than 1.",
    ),
    ("sparsemax-hidden-keys", "max(sᵢⱼ − (Σⱼ sᵢⱼ − 1) / m, 0), m of all keys", Sparsemax): Row(
        _over_threshold_of_all,
        "The threshold τ was calculated from the scores of all keys that are seen, divided by the "
        "number of all keys, hidden ones included.",
        LARGEST_ONLY,
        "A hidden key has no score, and must not be counted. The weights then do not sum to 1.",
    ),
    ("sparsemax-clipped", "max(sᵢⱼ, 0) / Σⱼ max(sᵢⱼ, 0)", Sparsemax): Row(
        lambda scene: shares(np.maximum(tempered(scene), 0)),
        "Negative scores were set to 0, and the others were divided by their sum.",
        "Subtract the threshold τ from every score, and replace negative results by 0: the sum is "
        "then 1 without a division.",
        "Adding one number to all the scores of a query must not change its weights. With 0 as "
        "the threshold, it does.",
    ),
    ("sigmoid-sign", "1 / (1 + exp(sᵢⱼ))", Sigmoid): Row(
        lambda scene: 1 / (1 + np.exp(tempered(scene))),
        "The minus sign in the exponent of the sigmoid was lost.",
        "The sigmoid is 1 / (1 + exp(−s)).",
        "Without the sign, the weight falls as the score rises, and a hidden key gets the weight "
        "1.",
    ),
    ("sigmoid-normalised", "sigmoid(sᵢⱼ) / Σⱼ sigmoid(sᵢⱼ)", Sigmoid): Row(
        lambda scene: shares(scene.right()),
        "The sigmoids were divided by their sum.",
        "Leave the sigmoids as they are.",
        "Each key is judged by itself: a query may give a weight near 1 to several keys, or to "
        "none.",
    ),
    ("sigmoid-bias", "1 / (1 + exp(−sᵢⱼ + log m))", Sigmoid): Row(
        lambda scene: 1 / (1 + tempered(scene).shape[-1] * np.exp(-tempered(scene))),
        "The logarithm of the number of keys was subtracted from the scores.",
        "Take the sigmoid of the scores as they are.",
        "Some papers subtract this number, so that the weights of a query sum to about 1 when "
        "training begins. It is not part of the sigmoid.",
    ),
}
enter(NORMALISERS)
