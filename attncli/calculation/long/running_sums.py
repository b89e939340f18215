"""Normalisers that need not see a whole row: sums over tiles of keys, one entry each in `STREAMS`.

A normaliser that has no entry gets whole rows of scores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from math import e, log2
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.weighing import Normalise, Sigmoid, Softmax, Softmax1

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Stream(ABC):
    """Σⱼ wⱼ vⱼ of some queries, with what stands for the weights w, tile by tile.

    `values` end with a column of ones, so that the last of their sums is Σⱼ wⱼ. `largest` is the
    largest score so far: −inf where nothing may be attended yet.
    """

    def __init__(self, normaliser: Normalise, rows: int, values: Array) -> None:
        self.normaliser = normaliser
        self.sums = np.zeros((rows, values.shape[-1]), values.dtype)
        self.part = np.empty_like(self.sums)
        self.largest = np.full((rows, 1), -np.inf, values.dtype)

    def add(self, scores: Array, values: Array) -> None:
        """The next keys: their scores, which are overwritten, and their values."""
        np.matmul(self.weighed(scores), values, out=self.part)
        self.sums += self.part

    @abstractmethod
    def weighed(self, scores: Array) -> Array:
        """What stands for the weights of the next keys."""

    @abstractmethod
    def total(self) -> Array:
        """What the sums are to be divided by."""

    def result(self) -> tuple[Array, NDArray[np.bool_]]:
        """The weighted sums of the values, and whether each query may attend nothing at all."""
        return self.sums[:, :-1] / self.total(), np.isneginf(self.largest[:, 0])


class Powers(Stream):
    """exp(s / T) less the largest so far; when a larger one comes, the sums are made smaller.

    The online softmax of Milakov and Gimelshein 2018. `least` is the least that is subtracted.
    """

    least = -np.inf

    def weighed(self, scores: Array) -> Array:
        before = np.maximum(self.largest, self.least)
        np.maximum(self.largest, scores.max(axis=-1, keepdims=True), out=self.largest)
        self.sums *= self.power(before - self.shift)
        scores -= self.shift
        return self.power(scores)

    @property
    def shift(self) -> Array:
        """What is subtracted from the scores of each query."""
        largest = np.maximum(self.largest, self.least)
        return np.where(np.isneginf(largest), 0, largest)

    def power(self, scores: Array) -> Array:
        if self.normaliser.temperature != 1:
            scores /= self.normaliser.temperature
        return np.exp(scores, out=scores)

    def total(self) -> Array:
        return self.sums[:, -1:]


class PowersWithSink(Powers):
    """The same with a key of score 0, and value 0."""

    least = 0.0

    def total(self) -> Array:
        return self.sums[:, -1:] + self.power(-self.shift)


class BoundedPowers(Stream):
    """exp(s / T) of scores that cannot overflow: nothing is subtracted, no maximum is looked for.

    The scores come times `FACTOR` / T already, so that a power of `BASE` is what is wanted.
    """

    sink = 0

    def weighed(self, scores: Array) -> Array:
        return POWER(scores, out=scores)

    def total(self) -> Array:
        return self.sums[:, -1:] + self.sink

    def result(self) -> tuple[Array, NDArray[np.bool_]]:
        """No power is 0 but that of −inf: only queries without keys have none."""
        return self.sums[:, :-1] / self.total(), self.sums[:, -1] == 0


class BoundedPowersWithSink(BoundedPowers):
    """The same with a key of score 0, and value 0."""

    sink = 1


def _power() -> tuple[Callable[..., Array], float]:
    """exp2 where NumPy has it for registers of 512 bits, and is twice as fast with it; else exp."""
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    is_wide = {"AVX512_SKX", "X86_V4"} & {*simd.get("found", ()), *simd.get("baseline", ())}
    return (np.exp2, log2(e)) if is_wide else (np.exp, 1.0)


POWER, FACTOR = _power()


class Singles(Stream):
    """Weights that do not depend on each other."""

    def weighed(self, scores: Array) -> Array:
        np.maximum(self.largest, scores.max(axis=-1, keepdims=True), out=self.largest)
        return self.normaliser.weigh(scores)

    def total(self) -> Array:
        return np.ones_like(self.sums[:, -1:])


class Streams(NamedTuple):
    """How the weights of a normaliser are summed up, and how where the scores are bounded."""

    any: type[Stream]
    bounded: type[Stream] | None = None


STREAMS: dict[type[Normalise], Streams] = {
    Softmax: Streams(Powers, BoundedPowers),
    Softmax1: Streams(PowersWithSink, BoundedPowersWithSink),
    Sigmoid: Streams(Singles),
}
