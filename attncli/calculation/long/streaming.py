"""Steps from scores to weights V, tile after tile of keys, where a normaliser allows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import frexp, log, prod
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Step
from attncli.calculation.algebra.tiles import RunningSum, Tile, TileMatrices, slices
from attncli.calculation.long.chain import Chain
from attncli.calculation.long.threads import processors
from attncli.calculation.long.whole_rows import Blocks, Tiling, WholeRows
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 2**20  # numbers that are looked at together
LEAST = 64  # queries of a block: with fewer, products of matrices are slow


class Streaming(Blocks):
    """Tile after tile of keys, of which only sums are kept.

    `sums` are the running sums for scores without a bound and for bounded ones; `sizes` are the
    smallest of the values but 0, and the largest: see `sizes_of`.
    """

    def __init__(
        self,
        chain: Chain,
        known: Mapping[str, NDArray[Any]],
        tiling: Tiling,
        sums: tuple[type[RunningSum], type[RunningSum]],
        sizes: tuple[float, float],
    ) -> None:
        super().__init__(chain, known, tiling)
        self.unbounded, self.bounded = sums
        ones = np.ones_like(self.values[..., :1])
        self.values = np.concatenate((self.values, ones), axis=-1)
        largest = float(np.finfo(self.result.dtype).max)
        # Powers up to the root of the largest number; no sum of them and values overflows, and the
        # least of their products is a number with all its digits.
        smallest, most = sizes
        room = log(largest) - log(self.m) - log(most) - 1
        depth = log(smallest) - log(np.finfo(self.result.dtype).tiny)
        self.limit = min(log(largest) / 2, room, depth)
        self.way, self.bounded_way = self._ways()
        self.hides = any(step.operation.hides for step in chain.between)

    @property
    def height(self) -> int:
        """Fewer queries where that leaves threads without work."""
        share = self.n * prod(self.result.shape[:-2]) // (2 * processors())
        # Of a block that a mask cuts, half would be calculated in vain: smaller ones waste less.
        most = self.tiling.rows // 2 if self.hides else self.tiling.rows
        return max(1, min(most, self.n, max(share, LEAST)))

    @property
    def width(self) -> int:
        return min(self.tiling.columns, self.m)

    def block(self, block: Tile, stop: Event) -> Array | None:
        kind = self.bounded if self.bound(block) <= self.limit else self.unbounded
        way = self.way if kind.exponent is None else self.bounded_way
        values = self.values_of(block)
        sums = kind(self.chain.normalise, block.height, values)
        for tile in self.tiles(block):
            if stop.is_set():
                return None
            scores = self.buffer(tile.height, tile.width)
            self.pairs.put(tile, scores, way.factor)
            if way is self.way:  # no bound says that they are finite
                self.note(self.chain.scores, scores)
            steps = [step for step in way.steps if not step.operation.is_idle(tile)]
            if steps:
                scores = self.changed(scores, tile, steps)
            if way.rest != 1:
                scores *= way.rest
            sums.add(scores, values[tile.columns])
        result, is_empty = sums.result()
        if is_empty.any():
            # 0 times a negative sum is −0, and + 0 makes 0 of it, as the steps give.
            result[is_empty] = self.chain.normalise.empty * values.sum(axis=0)[:-1] + 0.0
        return result

    def tiles(self, block: Tile) -> Iterator[Tile]:
        """The tiles of a block, without those where no query may attend any key."""
        hiding = [step.operation for step in self.chain.between if step.operation.hides]
        parts = [operation.open_keys(block) for operation in hiding] or [(0, self.m)]
        for first, end in pairwise(parts[0]):
            for columns in slices(end, self.tiling.columns, first):
                tile = block.with_columns(columns)
                known = TileMatrices(tile, self.known)
                if not any(operation.hides_all(known) for operation in hiding):
                    yield tile

    def bound(self, block: Tile) -> float:
        """The largest size that an open score of these queries may have, over the temperature."""
        bound = self.pairs.bound(block)
        for step in self.chain.between:
            bound = step.operation.bound(bound)
        return bound / self.chain.normalise.temperature

    def _ways(self) -> tuple[Way, Way]:
        """How scores are made, without a bound for them and with one.

        Factors are multiplied into the queries where that changes no digit. With a bound, all the
        factors are, for then scores are exponents of other powers already.
        """
        steps = list(self.chain.between)
        factor = 1.0
        while steps and is_power_of_two(steps[0].operation.factor):
            factor *= steps.pop(0).operation.factor or 1.0
        unbounded = Way(factor, steps)
        exponent = (self.bounded.exponent or 1.0) / self.chain.normalise.temperature
        others = [step for step in steps if step.operation.factor is None]
        if not all(step.operation.hides for step in others):
            return unbounded, Way(factor, steps, exponent)
        for step in steps:
            factor *= 1.0 if step.operation.factor is None else step.operation.factor
        return unbounded, Way(factor * exponent, others)


@record(frozen=True)
class Way:
    """How the scores of a tile are made: times `factor`, then changed by steps, then times `rest`."""

    factor: float
    steps: Sequence[Step]
    rest: float = 1.0


def is_power_of_two(factor: float | None) -> bool:
    """True if a multiplication by it is exact: then queries may be multiplied instead of scores."""
    return factor is not None and abs(frexp(factor)[0]) == 0.5


def sizes_of(values: Array) -> tuple[float, float]:
    """The smallest of 1 and the numbers of a matrix but 0, up or down, and the largest of all.

    Both are NaN where one of the numbers is.
    """
    smallest, largest = [1.0], [1.0]
    numbers = values.reshape(-1)
    for part in slices(numbers.size, AT_ONCE):
        sizes = np.abs(numbers[part])
        largest.append(sizes.max())
        smallest.append(sizes.min() or sizes.min(where=sizes > 0, initial=np.inf))
    return float(np.min(smallest)), float(np.max(largest))


def blocks_of(chain: Chain, known: Mapping[str, NDArray[Any]], tiling: Tiling) -> Blocks:
    """The chain on these matrices, in the way that gives the same numbers as its steps.

    Rows stay whole where a normaliser looks at all of them; where the softmax has a precision of
    its own, or numbers have 16 bits, as the rounding of each weight is then seen; and where sums of
    values could overflow, or hold infinities, that weights would have made small, or NaN.
    """
    values, normalise = known[chain.values], chain.normalise
    sums = normalise.running_sum(is_bounded=False), normalise.running_sum(is_bounded=True)
    is_rounded = normalise.dtype is not None or values.dtype.itemsize < 4
    room = float(np.finfo(values.dtype).max) / values.shape[-2] / 2
    sizes = sizes_of(values)
    if sums[0] is None or sums[1] is None or is_rounded or not sizes[1] < room:
        return WholeRows(chain, known, tiling)
    return Streaming(chain, known, tiling, (sums[0], sums[1]), sizes)
