"""Steps from scores to weights V, block by block of queries and tile by tile of keys.

Each kind of block is a class: `Streamed` where a normaliser can go on from tile to tile, `Whole`
where it needs whole rows of scores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import exp, frexp, inf, log
from threading import Event, local
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.layouts import Array
from attncli.calculation.masking import Mask
from attncli.calculation.normalisers import Normalise
from attncli.calculation.operations import DivideByRoot, Multiply, Operation, Same, WeightedSum
from attncli.calculation.pairings import Pairing, pairing
from attncli.calculation.plan import Step
from attncli.calculation.positioning import Distances
from attncli.calculation.sharing import shared
from attncli.calculation.streams import FACTOR, STREAMS, Stream
from attncli.calculation.tiles import Tile, Visible, at, cut, parts, visible
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class Chain:
    """The steps of one attention from its scores on, told apart by what they do."""

    pairs: tuple[Step, ...]  # they make the scores
    between: tuple[Step, ...]  # they change each score by itself: scale, soft cap, masks
    normalise: Normalise
    sum: WeightedSum

    @property
    def scores(self) -> str:
        return self.pairs[-1].name


@record(frozen=True)
class Tiling:
    """How many queries and keys a tile has at most, and how many scores where rows stay whole."""

    rows: int = 256
    columns: int = 512
    scores: int = 2**19


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
        self.n, self.m = queries.shape[-2], keys.shape[-2]
        dtype = np.result_type(queries, keys, self.values)
        self.result: Array = np.empty((*queries.shape[:-1], self.values.shape[-1]), dtype)
        self.buffers = local()
        masks = {s.name: s.operation for s in chain.between if isinstance(s.operation, Mask)}
        self.sees = {
            name: visible(mask.rules, self.n, self.m) for name, mask in masks.items() if mask.rules
        }

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

    def changed(self, scores: Array, tile: Tile, steps: Sequence[Step]) -> Array:
        """The scores of a tile after the steps that change each by itself."""
        known = {step.name: scores for step in (*self.chain.pairs[-1:], *self.chain.between)}
        for step in steps:
            sees = self.sees.get(step.name)
            of_rows = sees.of(tile.index, tile.rows) if sees else None
            operation = at(step.operation, tile, of_rows)
            if isinstance(operation, Same):
                known[step.name] = known[operation.source]
                continue
            operands = (
                known[name] if name in known else cut(operation, self.known[name], tile)
                for name in operation.operands
            )
            known[step.name] = operation.apply(*operands)
        return known[self.chain.normalise.source]


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
        weights = self.chain.normalise.apply(self.changed(scores, block, self.chain.between))
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

    @property
    def height(self) -> int:
        return min(self.tiling.rows, self.n)

    @property
    def width(self) -> int:
        return min(self.tiling.columns, self.m)

    def block(self, block: Tile, stop: Event) -> Array | None:
        is_bounded = bool(self.streams.bounded) and self.bound(block) <= self.limit
        kind = self.streams.bounded if is_bounded and self.streams.bounded else self.streams.any
        factor, steps, rest = self.ways[is_bounded]
        place = shared(block.index, self.values, self.result.shape)
        values = self.values[place]
        stream = kind(self.chain.normalise, block.height, values)
        for columns in self.columns(block):
            if stop.is_set():
                return None
            tile = Tile(block.index, block.rows, columns)
            scores = self.buffer(tile.height, tile.width)
            self.pairing.scores(tile, scores, factor)
            scores = self.changed(scores, tile, steps)
            if rest != 1:
                scores *= rest
            stream.add(scores, values[columns])
        result, is_empty = stream.result()
        if is_empty.any():
            result[is_empty] = self.chain.normalise.empty * values.sum(axis=0)[:-1] + 0.0
        return result

    def columns(self, block: Tile) -> Iterator[slice]:
        """The keys of each tile; those that no query of the block may attend are left out."""
        first, end = 0, self.m
        for step in self.hiding:
            if step.name in self.sees:
                keys = self.sees[step.name].of(block.index, block.rows).range()
                first, end = max(first, keys.start), min(end, keys.stop)
        for columns in parts(end, self.tiling.columns, first):
            if not self.is_hidden(Tile(block.index, block.rows, columns)):
                yield columns
...
