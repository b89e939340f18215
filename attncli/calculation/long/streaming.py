"""Steps from scores to weights V, tile by tile of keys, for normalisers with running sums."""

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
from attncli.calculation.long.whole_rows import Blocks, Tiling, WholeRows
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 2**20  # numbers that are examined together
LEAST = 64  # the fewest queries of a block: matrix products with fewer rows are slow
# The fewest blocks of a calculation with enough queries: two for each of 8 threads. The number of
# processors must not matter, because products of blocks of another height round otherwise.
SHARES = 16


class Streaming(Blocks):
    """Process the keys tile by tile, and keep only running sums.

    `sums` are the classes of running sums for unbounded and for bounded scores; `sizes` are the
    smallest and the largest absolute value: see `sizes_of`.
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
        # `limit` keeps exponentials below the square root of the largest number: no sum of their
        # products with values overflows, and the smallest product keeps all its digits.
        smallest, most = sizes
        room = log(largest) - log(self.m) - log(most) - 1
        depth = log(smallest) - log(np.finfo(self.result.dtype).tiny)
        self.limit = min(log(largest) / 2, room, depth)
        self.way, self.bounded_way = self._ways()
        self.hides = any(step.operation.hides for step in chain.between)

    @property
    def height(self) -> int:
        """The number of queries in a block; smaller if 8 threads would have no work."""
        share = self.n * prod(self.result.shape[:-2]) // SHARES
        # A causal mask hides half of a block on the diagonal: smaller blocks waste less work.
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
            if way is self.way:  # scores without a bound may overflow
                self.note(self.chain.scores, scores)
            steps = [step for step in way.steps if not step.operation.is_idle(tile)]
            if steps:
                scores = self.changed(scores, tile, steps)
            if way.rest != 1:
                scores *= way.rest
            sums.add(scores, values[tile.columns])
        result, is_empty = sums.result()
        if is_empty.any():
            # 0 times a negative sum is −0; + 0 turns it into 0, as the separate steps do.
            result[is_empty] = self.chain.normalise.empty * values.sum(axis=0)[:-1] + 0.0
        return result

    def tiles(self, block: Tile) -> Iterator[Tile]:
        """Yield the tiles of a block, without tiles in which no query may attend to any key."""
        hiding = [step.operation for step in self.chain.between if step.operation.hides]
        parts = [operation.open_keys(block) for operation in hiding] or [(0, self.m)]
        for first, end in pairwise(parts[0]):
            for columns in slices(end, self.tiling.columns, first):
                tile = block.with_columns(columns)
                known = TileMatrices(tile, self.known)
                if not any(operation.hides_all(known) for operation in hiding):
                    yield tile

    def bound(self, block: Tile) -> float:
        """Return an upper bound of |score| / temperature for the open scores of a block."""
        bound = self.pairs.bound(block)
        for step in self.chain.between:
            bound = step.operation.bound(bound)
        return bound / self.chain.normalise.temperature

    def _ways(self) -> tuple[Way, Way]:
        """Return the way to make unbounded scores, and the way to make bounded scores.

        Unbounded: the queries are multiplied by the factors that are powers of two, which changes
        no digit. Bounded: by all factors, because the exponent changes the digits anyway.
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
    """The way to make a tile's scores: q · k times `factor`, then `steps`, then times `rest`."""

    factor: float
    steps: Sequence[Step]
    rest: float = 1.0


def is_power_of_two(factor: float | None) -> bool:
    """Return True if a product with `factor` is exact: queries can be multiplied, not scores."""
    return factor is not None and abs(frexp(factor)[0]) == 0.5


def sizes_of(values: Array) -> tuple[float, float]:
    """Return the smallest absolute value except 0, at most 1, and the largest, at least 1.

    Both are NaN if one of the values is NaN.
    """
    smallest, largest = [1.0], [1.0]
    numbers = values.reshape(-1)
    for part in slices(numbers.size, AT_ONCE):
        sizes = np.abs(numbers[part])
        largest.append(sizes.max())
        smallest.append(sizes.min() or sizes.min(where=sizes > 0, initial=np.inf))
    return float(np.min(smallest)), float(np.max(largest))


def blocks_of(chain: Chain, known: Mapping[str, NDArray[Any]], tiling: Tiling) -> Blocks:
    """Return the chain on the matrices `known`, in a form that gives the same numbers as its steps.

    Rows stay whole if the normaliser needs all scores of a row; if the softmax has its own dtype or
    numbers have 16 bits, because the rounding of each weight is then visible; and if sums of values
    could overflow, or values are infinite or NaN, because small weights could hide such values.
    """
    values, normalise = known[chain.values], chain.normalise
    sums = normalise.running_sum(is_bounded=False), normalise.running_sum(is_bounded=True)
    is_rounded = normalise.dtype is not None or values.dtype.itemsize < 4
    room = float(np.finfo(values.dtype).max) / values.shape[-2] / 2
    sizes = sizes_of(values)
    if sums[0] is None or sums[1] is None or is_rounded or not sizes[1] < room:
        return WholeRows(chain, known, tiling)
    return Streaming(chain, known, tiling, (sums[0], sums[1]), sizes)
