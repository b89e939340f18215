"""The scores of a tile: what meets queries with keys, on some of them.

What depends on a query alone, or on a key alone, is done once, before the tiles.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from math import inf
from typing import TypeAlias

import numpy as np

from attncli.calculation.layouts import Array
from attncli.calculation.measures import Cosine, unit_rows
from attncli.calculation.operations import Operation
from attncli.calculation.pairs import Bilinear, Dot, OfQueriesAndKeys, TanhSum
from attncli.calculation.sharing import shared
from attncli.calculation.tiles import Tile, parts

BLOCK = 2**17  # numbers of `hidden` that exist at a time: they fit into a cache


class Pairing(ABC):
    """Scores of queries and keys, tile by tile."""

    def __init__(self, queries: Array, keys: Array) -> None:
        self.queries = queries
        self.keys = keys

    def sides(self, tile: Tile) -> tuple[Array, Array]:
        """The queries and the keys of a tile, one a row; heads may share keys."""
        place = shared(tile.index, self.keys, self.queries.shape)
        return self.queries[tile.index][tile.rows], self.keys[place][tile.columns]

    @abstractmethod
    def scores(self, tile: Tile, out: Array) -> None:
        """Put the scores of a tile there."""

    def bound(self, tile: Tile) -> float:
        """What no score of these queries exceeds, up or down; inf where that is not known."""
        return inf


class Applied(Pairing):
    """Scores of any other operation: it is applied to the tile."""

    def __init__(self, operation: Operation, queries: Array, keys: Array) -> None:
        super().__init__(queries, keys)
        self.operation = operation

    def scores(self, tile: Tile, out: Array) -> None:
        out[...] = self.operation.apply(*self.sides(tile))


class Products(Pairing):
    """Scores that are dot products of something made of each query with something of each key."""

    def scores(self, tile: Tile, out: Array, factor: float = 1) -> None:
        """Put the scores of a tile there, times the factor."""
        queries, keys = self.sides(tile)
        np.matmul(queries if factor == 1 else queries * factor, keys.T, out=out)

    def bound(self, tile: Tile) -> float:
        """The longest of the queries times the longest of all keys (Cauchy and Schwarz)."""
        lengths, of_keys = self.lengths
        place = shared(tile.index, self.keys, self.queries.shape)
        return float(lengths[tile.index][tile.rows].max()) * float(of_keys[place].max())

    @cached_property
    def lengths(self) -> tuple[Array, Array]:
        """Of each query, and of each key."""
        sides = (self.queries, self.keys)
        queries, keys = (np.sqrt(np.einsum("...i,...i->...", side, side)) for side in sides)
        return queries, keys


Factors: TypeAlias = "Callable[..., tuple[Array, Array]]"
FACTORS: dict[type[Operation], Factors] = {
    Dot: lambda queries, keys: (queries, keys),
    Bilinear: lambda queries, weight, keys: (queries @ weight, keys),
    Cosine: lambda queries, keys: (unit_rows(queries), unit_rows(keys)),
}


class Additive(Pairing):
    """vᵀ tanh(q + k), by powers that are taken of each query and each key, not of each pair.

        tanh(q + k) = 1 − 2 / (e²⁽ᑫ⁺ᵏ⁾ + 1) = 1 − 2 e⁻²ᑫ / (e²ᵏ + e⁻²ᑫ)

    That is an addition and a division a unit, a quarter of the time of tanh. Nothing cancels, for
    nothing but positive numbers is added: the error of each tanh is a few units in the last digit
    of 1. Powers must neither overflow nor vanish, so that larger q and k are left to tanh itself.
    """

    def __init__(self, queries: Array, keys: Array, vector: Array | None = None) -> None:
        limit = 0.4 * float(np.log(np.finfo(queries.dtype).max))
        is_modest = all(-limit <= side.min() and side.max() <= limit for side in (queries, keys))
        if is_modest:
            queries, keys = np.exp(-2 * queries), np.exp(2 * keys)
        super().__init__(queries, keys)
        self.meet = self._by_powers if is_modest else self._by_tanh
        self.vector = np.ones(queries.shape[-1], queries.dtype) if vector is None else vector

    def bound(self, tile: Tile) -> float:
        """Every tanh is between −1 and 1."""
        return float(np.abs(self.vector).sum())

    def scores(self, tile: Tile, out: Array) -> None:
        queries, keys = self.sides(tile)
        width = max(1, BLOCK // len(self.vector))
        for columns in parts(tile.width, width):
            height = max(1, width // (columns.stop - columns.start))
            for rows in parts(tile.height, height):
                self.meet(queries[rows], keys[columns], out[rows, columns])

    def _by_powers(self, queries: Array, keys: Array, out: Array) -> None:
        pairs = queries[:, None, :] + keys
        np.reciprocal(pairs, out=pairs)
        weighed = pairs @ (self.vector * queries)[..., None]
        np.subtract(self.vector.sum(), 2 * weighed[..., 0], out=out)

    def _by_tanh(self, queries: Array, keys: Array, out: Array) -> None:
        pairs = queries[:, None, :] + keys
        np.tanh(pairs, out=pairs)
        np.matmul(pairs, self.vector, out=out)



def pairing(operations: Sequence[Operation], operands: Sequence[Sequence[Array]]) -> Pairing:
    """How the scores are made that these operations make, one after the other, of these operands.

    Their first is one that meets queries with keys; `TanhSum` has `WeighHidden` behind it.
    """
    first, given = operations[0], operands[0]
    factors = FACTORS.get(type(first))
    if isinstance(first, TanhSum):
        return Additive(*given, *operands[1])
    if factors:
        return Products(*factors(*given))
    return Applied(first, *given)


def is_pairing(operation: Operation) -> bool:
    """Whether an operation meets queries with keys and gives their scores."""
    return isinstance(operation, (OfQueriesAndKeys, Bilinear)) and not isinstance(operation, TanhSum)

