"""Weighted sums over keys that come in parts, one class for each kind of weights."""

from __future__ import annotations

from collections.abc import Callable
from math import e, log2

import numpy as np

from attncli.calculation.algebra.layouts import Array, Booleans
from attncli.calculation.algebra.tiles import RunningSum
from attncli.calculation.operations.normalisers import lowered


class Powers(RunningSum):
    """exp((s − shift) / T); the shift is the largest score so far, but at least `least`.

    When the shift grows, the sums so far are scaled down: the online softmax (Milakov & Gimelshein
    2018).
    """

    least = -np.inf

    def weigh(self, scores: Array) -> Array:
        before = np.maximum(self.largest, self.least)
        np.maximum(self.largest, scores.max(axis=-1, keepdims=True), out=self.largest)
        self.sums *= self.power(before)
        return self.power(scores)

    @property
    def shift(self) -> Array:
        """The number that is subtracted from all scores of each query, as a column."""
        largest = np.maximum(self.largest, self.least)
        return np.where(np.isneginf(largest), 0, largest)

    def power(self, scores: Array) -> Array:
        """Return exp((scores − shift) / T); `scores` may be overwritten."""
        temperature = self.normaliser.temperature
        if temperature == 1:
            scores -= self.shift
        else:
            scores = lowered(scores, self.shift, temperature)
        return np.exp(scores, out=scores)

    def total(self) -> Array:
        return self.sums[:, -1:]


class PowersWithSink(Powers):
    """Like `Powers`, with one more key of score 0 and value 0."""

    least = 0.0

    def total(self) -> Array:
        return self.sums[:, -1:] + self.power(np.zeros_like(self.largest))


def _power() -> tuple[Callable[..., Array], float]:
    """Return exp2, which is twice as fast where NumPy has AVX-512 code for it; else exp."""
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    is_wide = {"AVX512_SKX", "X86_V4"} & {*simd.get("found", ()), *simd.get("baseline", ())}
    return (np.exp2, log2(e)) if is_wide else (np.exp, 1.0)


POWER, EXPONENT = _power()


class BoundedPowers(RunningSum):
    """exp(s / T) for scores whose powers cannot overflow: no maximum is subtracted.

    `add` expects the scores multiplied by `exponent` and divided by T.
    """

    exponent = EXPONENT
    sink = 0

    def weigh(self, scores: Array) -> Array:
        return POWER(scores, out=scores)

    def total(self) -> Array:
        return self.sums[:, -1:] + self.sink

    def result(self) -> tuple[Array, Booleans]:
        """Return the weighted sums, and for each query True if it may attend to no key.

        Only the power of −inf is 0, so only a query without keys has a sum of weights of 0.
        """
        return self.sums[:, :-1] / self.total(), self.sums[:, -1] == 0


class BoundedPowersWithSink(BoundedPowers):
    """Like `BoundedPowers`, with one more key of score 0 and value 0."""

    sink = 1


class Singles(RunningSum):
    """Weights that depend on one score each, as in sigmoid."""

    def weigh(self, scores: Array) -> Array:
        np.maximum(self.largest, scores.max(axis=-1, keepdims=True), out=self.largest)
        weights: Array = self.normaliser.weigh(scores)
        return weights

    def total(self) -> Array:
        return np.ones_like(self.sums[:, -1:])
