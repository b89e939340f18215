"""Tiles: some queries against some keys, and how operations calculate on them.

The scores of a long sequence are too many to hold. They are calculated tile by tile, and each tile
is gone when the next one comes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from attncli.calculation.algebra.expressions import Index
from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.shared_heads import shared_place
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class Tile:
    """Queries `rows` against keys `columns`, of one batch entry and head: `index`.

    All queries and keys are n and m.
    """

    index: Index
    rows: slice
    columns: slice
    n: int
    m: int

    @property
    def height(self) -> int:
        return int(self.rows.stop - self.rows.start)

    @property
    def width(self) -> int:
        return int(self.columns.stop - self.columns.start)

    @property
    def queries(self) -> NDArray[np.int32]:
        """The numbers of its queries, from 0, as a column."""
        return np.arange(self.rows.start, self.rows.stop, dtype=np.int32)[:, None]

    @property
    def keys(self) -> NDArray[np.int32]:
        """The numbers of its keys, from 0, as a row."""
        return np.arange(self.columns.start, self.columns.stop, dtype=np.int32)

    def with_columns(self, columns: slice) -> Tile:
        """The same queries against other keys."""
        return Tile(self.index, self.rows, columns, self.n, self.m)

    def own(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """The last two axes of its batch entry and head, where a matrix has such axes."""
        leading = matrix.shape[:-2]
        last = self.index[len(self.index) - len(leading) :]
        places = tuple(min(at, size - 1) for at, size in zip(last, leading, strict=True))
        part: NDArray[Any] = matrix[places]
        return part

    def part(self, matrix: NDArray[Any], fills_up: bool = False) -> NDArray[Any]:
        """Its part of a matrix that broadcasts to the scores, which broadcasts to the tile.

        `fills_up`: a last axis that is shorter than the keys is not repeated, it ends early.
        """
        if matrix.ndim > 1:
            matrix = self.own(matrix)
            matrix = matrix[self.rows] if matrix.shape[0] > 1 else matrix
        is_repeated = matrix.ndim == 0 or (matrix.shape[-1] == 1 and not fills_up)
        return matrix if is_repeated else matrix[..., self.columns]


class TileMatrices:
    """The matrices that are known while a tile is calculated, by name.

    Some are given whole; the others were made for this tile.
    """

    def __init__(self, tile: Tile, whole: Mapping[str, NDArray[Any]]) -> None:
        self.tile = tile
        self.whole = whole
        self.made: dict[str, Array] = {}

    def part(self, name: str, fills_up: bool = False) -> NDArray[Any]:
        """The tile's part of a matrix: see `Tile.part`."""
        if name in self.made:
            return self.made[name]
        return self.tile.part(self.whole[name], fills_up)


class PairScores(ABC):
    """The scores of some queries and some keys: a row each in the two matrices.

    What depends on a query alone, or on a key alone, is done before, once for all tiles.
    """

    def __init__(self, queries: Array, keys: Array) -> None:
        self.queries = queries
        self.keys = keys

    def sides(self, tile: Tile) -> tuple[Array, Array]:
        """The rows of a tile's queries and of its keys; heads may share keys."""
        return self.queries[tile.index][tile.rows], self.keys_of(tile)[tile.columns]

    def keys_of(self, tile: Tile) -> Array:
        """The rows of all keys that belong to a tile's batch entry and head."""
        keys: Array = self.keys[shared_place(tile.index, self.keys, self.queries.shape)]
        return keys

    def put(self, tile: Tile, out: Array, factor: float = 1) -> None:
        """Put the scores of a tile, times a factor, into `out`."""
        self.meet(*self.sides(tile), out)
        if factor != 1:
            out *= factor

    @abstractmethod
    def meet(self, queries: Array, keys: Array, out: Array) -> None:
        """Put the scores of these queries and keys into `out`."""

    def bound(self, tile: Tile) -> float:
        """The largest size that a score of these queries may have; inf where it is unknown."""
        return inf


class Products(PairScores):
    """Scores that are dot products of a row of each query with a row of each key."""

    def __init__(self, queries: Array, keys: Array) -> None:
        super().__init__(queries, keys)
        self.query_lengths, self.key_lengths = (
            np.linalg.norm(queries, axis=-1),
            np.linalg.norm(keys, axis=-1),
        )

    def put(self, tile: Tile, out: Array, factor: float = 1) -> None:
        queries, keys = self.sides(tile)
        self.meet(queries if factor == 1 else queries * factor, keys, out)

    def meet(self, queries: Array, keys: Array, out: Array) -> None:
        np.matmul(queries, keys.T, out=out)

    def bound(self, tile: Tile) -> float:
        """The longest of the queries times the longest of all keys (Cauchy and Schwarz)."""
        place = shared_place(tile.index, self.keys, self.queries.shape)
        longest = self.query_lengths[tile.index][tile.rows].max()
        return float(longest) * float(self.key_lengths[place].max())


class RunningSum(ABC):
    """Σⱼ wⱼ vⱼ for some queries, and Σⱼ wⱼ, added up over keys that come some at a time.

    `values` end with a column of ones, so that the last of their sums is Σⱼ wⱼ. `largest` is the
    largest score so far: −inf where nothing may be attended yet. Scores come multiplied by `exponent`
    and over the temperature; as they are where it is None.
    """

    exponent: ClassVar[float | None] = None

    def __init__(self, normaliser: Any, rows: int, values: Array) -> None:
        self.normaliser = normaliser
        self.sums = np.zeros((rows, values.shape[-1]), values.dtype)
        self.part = np.empty_like(self.sums)
        self.largest = np.full((rows, 1), -np.inf, values.dtype)

    def add(self, scores: Array, values: Array) -> None:
        """Add the next keys: their scores, which are overwritten, and their values."""
        np.matmul(self.weigh(scores), values, out=self.part)
        self.sums += self.part

    @abstractmethod
    def weigh(self, scores: Array) -> Array:
        """The weights of the next keys, but for a factor for each query."""

    @abstractmethod
    def total(self) -> Array:
        """The divisor of the sums."""

    def result(self) -> tuple[Array, NDArray[np.bool_]]:
        """The weighted sums of the values, and for each query whether it may attend nothing."""
        return self.sums[:, :-1] / self.total(), np.isneginf(self.largest[:, 0])


BLOCK = 2**17  # numbers that exist at a time for some scores: they fit into a cache


def sub_blocks(scores: Array, numbers: int) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of scores that need at most `BLOCK` numbers, if each needs `numbers`."""
    most = max(1, BLOCK // numbers)
    n, m = scores.shape
    for columns in slices(m, most):
        for rows in slices(n, max(1, most // (columns.stop - columns.start))):
            yield rows, columns


def slices(size: int, most: int, first: int = 0) -> Iterator[slice]:
    """From `first` to `size` in slices of at most `most`."""
    return (slice(i, min(i + most, size)) for i in range(first, size, most))
