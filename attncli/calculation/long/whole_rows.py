"""Steps from scores to weights V, in blocks of queries, with whole rows of scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from threading import Event, local
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Step
from attncli.calculation.algebra.shared_heads import shared_place
from attncli.calculation.algebra.tiles import Tile, TileMatrices, slices
from attncli.calculation.long.chain import Chain
from attncli.calculation.long.threads import Tell, do
from attncli.calculation.long.tile_scores import scores_of_pairs
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class Tiling:
    """The largest numbers of queries and keys in a tile, and of scores if rows stay whole."""

    rows: int = 512
    columns: int = 1024
    scores: int = 2**19


TILING = Tiling()


def here(blocks: Blocks, tell: Tell | None) -> None:
    """Calculate all blocks on this machine; its threads share them."""
    do(blocks.put, blocks.blocks, tell)


# Calculates all blocks of a chain, wherever; it reports the finished share, from 0 to 1, to Tell.
Share = Callable[["Blocks", "Tell | None"], None]


class Blocks(ABC):
    """A chain of steps on the matrices `known`: `put` calculates a block of queries of `result`.

    `overflowed` are the names of steps that turned finite numbers into infinities or NaN.
    """

    def __init__(self, chain: Chain, known: Mapping[str, NDArray[Any]], tiling: Tiling) -> None:
        self.chain = chain
        self.known = known
        self.tiling = tiling
        self.pairs = scores_of_pairs(chain, known)
        self.values: Array = known[chain.values]
        queries, keys = self.pairs.queries, self.pairs.keys
        self.n: int = queries.shape[-2]
        self.m: int = keys.shape[-2]
        dtype = np.result_type(queries, keys, self.values)
        self.result: Array = np.empty((*queries.shape[:-1], self.values.shape[-1]), dtype)
        self.buffers = local()
        self.overflowed: set[str] = set()
        hiding = [step.operation.hides for step in chain.between]
        first = hiding.index(True) if True in hiding else len(hiding)
        self.masked = {step.name for step in chain.between[first:]}

    @property
    @abstractmethod
    def height(self) -> int:
        """The number of queries in a block."""

    @property
    @abstractmethod
    def width(self) -> int:
        """The number of keys that a buffer holds."""

    @abstractmethod
    def block(self, block: Tile, stop: Event) -> Array | None:
        """Return the result for the queries of a block, with all keys; None if `stop` is set."""

    @property
    def blocks(self) -> list[Tile]:
        """All blocks; the last queries come first: under a causal mask they see most keys."""
        every = slice(0, self.m)
        places = list(np.ndindex(self.result.shape[:-2]))
        rows = reversed(list(slices(self.n, self.height)))
        return [Tile(place, own, every, self.n, self.m) for own in rows for place in places]

    def put(self, block: Tile, stop: Event) -> None:
        """Calculate a block and write it into the result."""
        rows = self.block(block, stop)
        if rows is not None:
            self.result[block.index][block.rows] = rows

    def buffer(self, height: int, width: int) -> Array:
        """Return memory for scores; a thread uses the same memory for every tile."""
        if not hasattr(self.buffers, "numbers"):
            self.buffers.numbers = np.empty(self.height * self.width, self.result.dtype)
        numbers: Array = self.buffers.numbers[: height * width]
        return numbers.reshape(height, width)

    def changed(self, scores: Array, tile: Tile, steps: Collection[Step]) -> Array:
        """Return a tile's scores after the steps between scores and weights that are in `steps`.

        `scores` may be overwritten. The other steps change nothing on this tile, or have already
        been applied to the scores.
        """
        known = TileMatrices(tile, self.known)
        known.made[self.chain.scores.name] = scores
        for step in self.chain.between:
            if step in steps:
                known.made[step.name] = step.operation.on_tile(known)
                self.note(step, known.made[step.name])
            else:
                known.made[step.name] = known.part(step.operation.operands[0])
        return known.part(self.chain.normalise.source)

    def note(self, step: Step, numbers: Array) -> None:
        """Remember a step that overflows; the −inf of a mask is not an overflow."""
        if step.name in self.overflowed or np.isfinite(numbers).all():
            return
        if step.name not in self.masked or not (numbers < np.inf).all():
            self.overflowed.add(step.name)

    @property
    def first_overflowed(self) -> str | None:
        """The first step of the chain that overflows; infinities in later steps come from it."""
        names = (step.name for step in self.chain.steps if step.name in self.overflowed)
        return next(names, None)

    def values_of(self, block: Tile) -> Array:
        """Return V for a block's batch entry and head; several heads may share one V."""
        values: Array = self.values[shared_place(block.index, self.values, self.result.shape)]
        return values


class WholeRows(Blocks):
    """Blocks with rows of scores for all keys, for normalisers that need all scores at once."""

    @property
    def height(self) -> int:
        return max(1, min(self.tiling.rows, self.tiling.scores // self.m))

    @property
    def width(self) -> int:
        return self.m

    def block(self, block: Tile, stop: Event) -> Array | None:
        scores = self.buffer(block.height, self.m)
        for columns in slices(self.m, self.tiling.columns):
            if stop.is_set():
                return None
            self.pairs.put(block.with_columns(columns), scores[:, columns])
        self.note(self.chain.scores, scores)
        scores = self.changed(scores, block, self.chain.between)
        weights = self.chain.normalise.apply(scores)
        self.note(self.chain.weights, weights[~self.chain.normalise.rows_without_keys(scores)])
        return self.chain.last.operation.apply(weights, self.values_of(block))
