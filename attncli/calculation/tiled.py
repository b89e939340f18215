"""Steps from scores to weights V, block by block of queries and tile by tile of keys.

Each kind of block is a class: `Streamed` where a normaliser can go on from tile to tile, `Whole`
where it needs whole rows of scores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import frexp, inf, log, prod
from threading import Event, local
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from attncli.calculation.chains import Chain
from attncli.calculation.layouts import Array
from attncli.calculation.masking import Mask
from attncli.calculation.operations import DivideByRoot, Multiply, Operation
from attncli.calculation.pairings import pairing
from attncli.calculation.plan import Step
from attncli.calculation.positioning import Distances
from attncli.calculation.sharing import shared
from attncli.calculation.streams import FACTOR, STREAMS
from attncli.calculation.tiles import Tile, Visible, at, cut, parts, visible
from attncli.calculation.workers import processors
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray


Seen: TypeAlias = "dict[str, Visible]"


@record(frozen=True)
class Tiling:
    """How many queries and keys a tile has at most, and how many scores where rows stay whole."""

    rows: int = 512
    columns: int = 1024
    scores: int = 2**19


TILING = Tiling()
LEAST = 64  # queries of a block: with fewer, products of matrices are slow


class Tiled(ABC):
    """A chain of steps on given matrices: `put` calculates a block of queries of `result`."""

    def __init__(self, chain: Chain, known: Mapping[str, NDArray[Any]], tiling: Tiling) -> None:
        self.chain = chain
        self.known = known
        self.tiling = tiling
        operations = [step.operation for step in chain.pairs]
        given = [[known[name] for name in o.operands if name in known] for o in operations]
        self.pairing = pairing(operations, given)
        self.values: Array = known[chain.sum.values]
        queries, keys = self.pairing.queries, self.pairing.keys
        self.n: int = queries.shape[-2]
        self.m: int = keys.shape[-2]
        dtype = np.result_type(queries, keys, self.values)
        self.result: Array = np.empty((*queries.shape[:-1], self.values.shape[-1]), dtype)
        self.buffers = local()
        steps = {step.name: step.operation for step in chain.between}
        self.masks = {name: o for name, o in steps.items() if isinstance(o, Mask)}
        ruled = {name: mask.rules for name, mask in self.masks.items() if mask.rules}
        self.sees = {name: visible(rules, self.n, self.m) for name, rules in ruled.items()}

    @property
    @abstractmethod
    def height(self) -> int:
        """How many queries a block has."""

    @abstractmethod
    def block(self, block: Tile, stop: Event) -> Array | None:
        """The result for some queries, with all keys; None when it was stopped."""

    @property
    def blocks(self) -> list[Tile]:
        """All of them; the last queries, which see most where a mask is causal, first."""
        every = slice(0, self.m)
        places = list(np.ndindex(self.result.shape[:-2]))
        rows = reversed(list(parts(self.n, self.height)))
        return [Tile(place, own, every) for own in rows for place in places]

    def put(self, block: Tile, stop: Event) -> None:
        """Calculate a block and put it into the result."""
        rows = self.block(block, stop)
        if rows is not None:
            self.result[block.index][block.rows] = rows

    def buffer(self, height: int, width: int) -> Array:
        """Room for scores, the same for every tile of a thread."""
        if not hasattr(self.buffers, "numbers"):
            self.buffers.numbers = np.empty(self.height * self.width, self.result.dtype)
        numbers: Array = self.buffers.numbers[: height * width]
        return numbers.reshape(height, width)

    @property
    @abstractmethod
    def width(self) -> int:
        """How many keys a buffer holds."""

    def changed(self, scores: Array, tile: Tile, steps: Sequence[Step], seen: Seen) -> Array:
        """The scores of a tile after these of the steps that change each by itself.

        The others have done their part before. What is seen is that of the tile's queries.
        """
        known = {self.chain.pairs[-1].name: scores}
        for step in self.chain.between:
            operation = at(step.operation, tile)
            if step not in steps:
                known[step.name] = known[operation.operands[0]]
                continue
            operands = (
                known[name] if name in known else cut(operation, self.known[name], tile)
                for name in operation.operands
            )
            known[step.name] = operation.apply(*operands)
            if step.name in seen:
                fill = self.masks[step.name].fill
                seen[step.name].hide(known[step.name], tile.columns, fill)
        return known[self.chain.normalise.source]

    def seen(self, block: Tile) -> Seen:
        """What the rules of each mask let the queries of a block see."""
        return {name: sees.of(block.index, block.rows) for name, sees in self.sees.items()}


class Whole(Tiled):
    """Rows of scores for all keys at a time, as a normaliser needs them that looks at all of them."""

    @property
    def height(self) -> int:
        return max(1, min(self.tiling.rows, self.tiling.scores // self.m))

    @property
    def width(self) -> int:
        return self.m

    def block(self, block: Tile, stop: Event) -> Array | None:
        scores = self.buffer(block.height, self.m)
        for columns in parts(self.m, self.tiling.columns):
            if stop.is_set():
                return None
            tile = Tile(block.index, block.rows, columns)
            self.pairing.scores(tile, scores[:, columns])
        weights = self.chain.normalise.apply(
            self.changed(scores, block, self.chain.between, self.seen(block))
        )
        place = shared(block.index, self.values, self.result.shape)
        return self.chain.sum.apply(weights, self.values[place])


class Streamed(Tiled):
    """Tile after tile of keys, of which only sums are kept."""

    def __init__(self, chain: Chain, known: Mapping[str, NDArray[Any]], tiling: Tiling) -> None:
        super().__init__(chain, known, tiling)
        ones = np.ones_like(self.values[..., :1])
        self.values = np.concatenate((self.values, ones), axis=-1)
        self.streams = STREAMS[type(chain.normalise)]
        largest = float(np.finfo(self.result.dtype).max)
        # Powers up to the root of the largest number, and no sum of them and values overflows.
        room = log(largest) - log(self.m) - log(largest_of(self.values)) - 1
        self.limit = min(log(largest) / 2, room)
        self.ways = self._ways()
        # The masks that leave no weight to what they forbid.
        self.hiding = {name: mask for name, mask in self.masks.items() if mask.fill == -inf}

    @property
    def height(self) -> int:
        """Fewer where that leaves threads without work."""
        share = self.n * prod(self.result.shape[:-2]) // (2 * processors())
        # Of a block that a rule cuts, half would be calculated in vain: smaller ones waste less.
        most = self.tiling.rows // 2 if self.sees else self.tiling.rows
        return max(1, min(most, self.n, max(share, LEAST)))

    @property
    def width(self) -> int:
        return min(self.tiling.columns, self.m)

    def block(self, block: Tile, stop: Event) -> Array | None:
        bounded = self.streams.bounded
        is_bounded = bounded is not None and self.bound(block) <= self.limit
        kind = bounded if bounded and is_bounded else self.streams.any
        way = self.ways[is_bounded]
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
            steps = [step for step in way.steps if not self.is_idle(step, columns, seen)]
            if steps:
                scores = self.changed(scores, tile, steps, seen)
            if way.rest != 1:
                scores *= way.rest
            stream.add(scores, values[columns])
        result, is_empty = stream.result()
        if is_empty.any():
            result[is_empty] = self.chain.normalise.empty * values.sum(axis=0)[:-1] + 0.0
        return result

    def columns(self, block: Tile, seen: Seen) -> Iterator[slice]:
        """The keys of each tile; those that no query of the block may attend are left out."""
        bounds = [0, self.m]
        for name in self.hiding.keys() & seen.keys():
            bounds = seen[name].bounds()
        for first, end in pairwise(bounds):
            for columns in parts(end, self.tiling.columns, first):
                if not self.is_hidden(Tile(block.index, block.rows, columns)):
                    yield columns

    def is_idle(self, step: Step, columns: slice, seen: Seen) -> bool:
        """Whether a mask hides and adds nothing there."""
        mask = self.masks.get(step.name)
        if mask is None or mask.keep or mask.add:
            return False
        return step.name not in seen or seen[step.name].is_all(columns)

    def is_hidden(self, tile: Tile) -> bool:
        """Whether a given matrix forbids all of a tile."""
        return any(
            not (cut(mask, self.known[name], tile) > hidden).any()
            for mask in self.hiding.values()
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


def largest_of(values: Array) -> float:
    """The largest number of a matrix, up or down; NaN where there is one."""
    return max(float(values.max()), -float(values.min()))


def tiled(chain: Chain, known: Mapping[str, NDArray[Any]], tiling: Tiling) -> Tiled:
    """The chain on these matrices, in the way that gives the numbers which its steps give.

    Rows stay whole where a normaliser looks at all of them; where the softmax has a precision of
    its own, or numbers have 16 bits, as the rounding of each weight is then seen; and where sums of
    values could overflow, or hold infinities, that weights would have made small, or NaN.
    """
    values = known[chain.sum.values]
    is_rounded = chain.normalise.dtype is not None or values.dtype.itemsize < 4
    room = float(np.finfo(values.dtype).max) / values.shape[-2] / 2
    streams = type(chain.normalise) in STREAMS and not is_rounded and largest_of(values) < room
    return (Streamed if streams else Whole)(chain, known, tiling)
