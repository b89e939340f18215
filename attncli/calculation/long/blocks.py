"""Steps from scores to weights V, block by block of queries.

`Whole` has whole rows of scores at a time; where they are not needed, `Streamed` has tiles of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from threading import Event, local
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Step
from attncli.calculation.long.chain import Chain
from attncli.calculation.long.tile_scores import pairing
from attncli.calculation.long.tiles import Tile, Visible, at, cut, parts, visible
from attncli.calculation.masks.masking import Mask
from attncli.calculation.operations.shared_heads import shared
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class Tiling:
    """How many queries and keys a tile has at most, and how many scores where rows stay whole."""

    rows: int = 512
    columns: int = 1024
    scores: int = 2**19


TILING = Tiling()


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
        self.overflowed: set[str] = set()  # steps that made infinities or NaN
        rules = chain.mask.rules if chain.mask else ()
        self.visible = visible(rules, self.n, self.m) if rules else None

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

    def changed(
        self, scores: Array, tile: Tile, steps: Sequence[Step], seen: Visible | None
    ) -> Array:
        """The scores of a tile after those of the steps between that are named.

        The others change nothing there, or are in the scores already. What is seen is that of the
        tile's queries.
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
            self.look(step, known[step.name])
            if seen and isinstance(step.operation, Mask):
                seen.hide(known[step.name], tile.columns, step.operation.fill)
        return known[self.chain.normalise.source]

    def look(self, step: Step, numbers: Array) -> None:
        """Remember a step that overflows; −inf is what masks are for."""
        if not (self.overflowed or isinstance(step.operation, Mask) or np.isfinite(numbers).all()):
            self.overflowed.add(step.name)

    def seen(self, block: Tile) -> Visible | None:
        """What the rules of the mask let the queries of a block see; None where it has no rules."""
        return self.visible.of(block.index, block.rows) if self.visible else None


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
        self.look(self.chain.pairs[-1], scores)
        weights = self.chain.normalise.apply(
            self.changed(scores, block, self.chain.between, self.seen(block))
        )
        place = shared(block.index, self.values, self.result.shape)
        return self.chain.sum.apply(weights, self.values[place])
