"""Scores to weights V, tile after tile of keys, where a normaliser can go on from tile to tile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import frexp, inf, log, prod
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step
from attncli.calculation.long.blocks import Tiled, Tiling, Whole
from attncli.calculation.long.chain import Chain
from attncli.calculation.long.running_sums import FACTOR, STREAMS
from attncli.calculation.long.threads import processors
from attncli.calculation.long.tiles import Tile, Visible, cut, parts
from attncli.calculation.masks.masking import Mask
from attncli.calculation.operations.projections import DivideByRoot, Multiply
from attncli.calculation.operations.shared_heads import shared
from attncli.calculation.positions.position_operations import Distances
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 2**20  # numbers that are looked at
LEAST = 64  # queries of a block: with fewer, products of matrices are slow


class Streamed(Tiled):
    """Tile after tile of keys, of which only sums are kept."""

    def __init__(
        self,
        chain: Chain,
        known: Mapping[str, NDArray[Any]],
        tiling: Tiling,
        sizes: tuple[float, float],
    ) -> None:
        """`sizes` are the smallest of the values, but for 0, and the largest: see `sizes_of`."""
        super().__init__(chain, known, tiling)
        ones = np.ones_like(self.values[..., :1])
        self.values = np.concatenate((self.values, ones), axis=-1)
        self.streams = STREAMS[type(chain.normalise)]
        largest = float(np.finfo(self.result.dtype).max)
        # Powers up to the root of the largest number; no sum of them and values overflows, and the
        # least of their products is a number with all its digits.
        smallest, most = sizes
        room = log(largest) - log(self.m) - log(most) - 1
        depth = log(smallest) - log(np.finfo(self.result.dtype).tiny)
        self.limit = min(log(largest) / 2, room, depth)
        self.way, self.bounded_way = self._ways()
        # The mask, if it leaves no weight to what it forbids.
        self.hiding = chain.mask if chain.mask and chain.mask.fill == -inf else None

    @property
    def height(self) -> int:
        """Fewer where that leaves threads without work."""
        share = self.n * prod(self.result.shape[:-2]) // (2 * processors())
        # Of a block that a rule cuts, half would be calculated in vain: smaller ones waste less.
        most = self.tiling.rows // 2 if self.visible else self.tiling.rows
        return max(1, min(most, self.n, max(share, LEAST)))

    @property
    def width(self) -> int:
        return min(self.tiling.columns, self.m)

    def block(self, block: Tile, stop: Event) -> Array | None:
        bounded = self.streams.bounded
        if bounded and self.bound(block) <= self.limit:
            kind, way = bounded, self.bounded_way
        else:
            kind, way = self.streams.any, self.way
        place = shared(block.index, self.values, self.result.shape)
        values = self.values[place]
        stream = kind(self.chain.normalise, block.height, values)
        seen = self.seen(block)
        for columns in self.columns(block, seen):
            if stop.is_set():
                return None
            tile = Tile(block.index, block.rows, columns)
            scores = self.buffer(tile.height, tile.width)
            self.pairing.scores(tile, scores, way.factor)
            if way is self.way:  # no bound says that they are finite
                self.look(self.chain.pairs[-1], scores)
            steps = [step for step in way.steps if not self.is_idle(step, columns, seen)]
            if steps:
                scores = self.changed(scores, tile, steps, seen)
            if way.rest != 1:
                scores *= way.rest
            stream.add(scores, values[columns])
        result, is_empty = stream.result()
        if is_empty.any():
            # 0 times a negative sum is −0, and + 0 makes 0 of it, as the steps give.
            result[is_empty] = self.chain.normalise.empty * values.sum(axis=0)[:-1] + 0.0
        return result

    def columns(self, block: Tile, seen: Visible | None) -> Iterator[slice]:
        """The keys of each tile; those that no query of the block may attend are left out."""
        bounds = seen.bounds() if seen and self.hiding else [0, self.m]
        for first, end in pairwise(bounds):
            for columns in parts(end, self.tiling.columns, first):
                if not self.is_hidden(Tile(block.index, block.rows, columns)):
                    yield columns

    def is_idle(self, step: Step, columns: slice, seen: Visible | None) -> bool:
        """Whether a step is the mask, and hides and adds nothing there."""
        mask = step.operation
        if not isinstance(mask, Mask) or mask.keep or mask.add:
            return False
        return seen is None or seen.is_all(columns)

    def is_hidden(self, tile: Tile) -> bool:
        """Whether a given matrix forbids all of a tile."""
        mask = self.hiding
        return mask is not None and any(
            not (cut(mask, self.known[name], tile) > hidden).any()
            for names, hidden in ((mask.keep, 0), (mask.add, -inf))
            for name in names
            if name in self.known
        )

    def bound(self, block: Tile) -> float:
        """What no open score of these queries exceeds, up or down, before it is normalised."""
        bound = self.pairing.bound(block)
        for operation in (step.operation for step in self.chain.between):
            if isinstance(operation, Distances):
                return inf
            if not isinstance(operation, Mask):
                bound = abs(float(operation.apply(np.asarray(bound))))
            elif operation.add or operation.fill != -inf:
                return inf
        return bound / self.chain.normalise.temperature

    def _ways(self) -> tuple[Way, Way]:
        """How scores are made, without a bound for them and with one."""
        steps = list(self.chain.between)
        factor = 1.0
        while steps and is_linear(steps[0].operation) and is_exact(steps[0].operation):
            factor *= factor_of(steps.pop(0).operation)
        exponent = FACTOR / self.chain.normalise.temperature
        unbounded = Way(factor, steps)
        others = [step for step in steps if not is_linear(step.operation)]
        if any(not isinstance(step.operation, Mask) for step in others):
            return unbounded, Way(factor, steps, exponent)
        for step in steps:
            if is_linear(step.operation):
                factor *= factor_of(step.operation)
        return unbounded, Way(factor * exponent, others)


@record(frozen=True)
class Way:
    """How the scores of a tile are made: times a factor, then changed, then times another."""

    factor: float
    steps: Sequence[Step]
    rest: float = 1.0


def is_linear(operation: Operation) -> bool:
    """Whether it multiplies every score by a number."""
    return isinstance(operation, (DivideByRoot, Multiply))


def factor_of(operation: Operation) -> float:
    """What a linear operation multiplies by."""
    return float(operation.apply(np.ones(())))


def is_exact(operation: Operation) -> bool:
    """Whether it multiplies by a power of two: then queries may be multiplied instead of scores."""
    return abs(frexp(factor_of(operation))[0]) == 0.5


def sizes_of(values: Array) -> tuple[float, float]:
    """The smallest of 1 and the numbers of a matrix but 0, up or down, and the largest of all.

    Both are NaN where one of them is.
    """
    smallest, largest = [1.0], [1.0]
    numbers = values.reshape(-1)
    for part in parts(numbers.size, AT_ONCE):
        sizes = np.abs(numbers[part])
        largest.append(sizes.max())
        smallest.append(sizes.min() or sizes.min(where=sizes > 0, initial=np.inf))
    return float(np.min(smallest)), float(np.max(largest))


def tiled(chain: Chain, known: Mapping[str, NDArray[Any]], tiling: Tiling) -> Tiled:
    """The chain on these matrices, in the way that gives the numbers which its steps give.

    Rows stay whole where a normaliser looks at all of them; where the softmax has a precision of
    its own, or numbers have 16 bits, as the rounding of each weight is then seen; and where sums of
    values could overflow, or hold infinities, that weights would have made small, or NaN.
    """
    values = known[chain.sum.values]
    is_rounded = chain.normalise.dtype is not None or values.dtype.itemsize < 4
    room = float(np.finfo(values.dtype).max) / values.shape[-2] / 2
    sizes = sizes_of(values)
    if type(chain.normalise) in STREAMS and not is_rounded and sizes[1] < room:
        return Streamed(chain, known, tiling, sizes)
    return Whole(chain, known, tiling)
