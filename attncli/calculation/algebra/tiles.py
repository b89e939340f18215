"""Tiles: some queries against some keys, and how operations calculate on them.

The scores of a long sequence do not fit into memory. They are calculated tile by tile, and each
tile is dropped when the next one comes.
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
from attncli.records import field, record

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class Tile:
    """Queries `rows` against keys `columns`, in the batch entry and head `index`.

    `n` and `m` are the numbers of all queries and all keys. `memo` is shared by all tiles of the
    same queries; it keeps facts about these queries.
    """

    index: Index
    rows: slice
    columns: slice
    n: int
    m: int
    memo: dict[int, Any] = field(default_factory=dict)

    @property
    def height(self) -> int:
        return int(self.rows.stop - self.rows.start)

    @property
    def width(self) -> int:
        return int(self.columns.stop - self.columns.start)

    @property
    def queries(self) -> NDArray[np.int32]:
        """The numbers of the tile's queries, from 0, as a column."""
        return np.arange(self.rows.start, self.rows.stop, dtype=np.int32)[:, None]

    @property
    def keys(self) -> NDArray[np.int32]:
        """The numbers of the tile's keys, from 0, as a row."""
        return np.arange(self.columns.start, self.columns.stop, dtype=np.int32)

    def with_columns(self, columns: slice) -> Tile:
        """Return a tile of the same queries against other keys."""
        return Tile(self.index, self.rows, columns, self.n, self.m, self.memo)

    def own(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """Return the part of a matrix in the tile's batch entry and head: its last two axes."""
        leading = matrix.shape[:-2]
        last = self.index[len(self.index) - len(leading) :]
        places = tuple(min(at, size - 1) for at, size in zip(last, leading, strict=True))
        part: NDArray[Any] = matrix[places]
        return part

    def part(self, matrix: NDArray[Any], fills_up: bool = False) -> NDArray[Any]:
        """Return the tile's part of a matrix that broadcasts to the scores.

        `fills_up`: the last axis may be shorter than the keys and is not repeated, so the part may
        be narrower than the tile.
        """
        if matrix.ndim > 1:
            matrix = self.own(matrix)
            matrix = matrix[self.rows] if matrix.shape[0] > 1 else matrix
        is_repeated = matrix.ndim == 0 or (matrix.shape[-1] == 1 and not fills_up)
        return matrix if is_repeated else matrix[..., self.columns]


class TileMatrices:
    """The matrices that are known while a tile is calculated, by name.

    `whole` holds complete matrices; `made` holds matrices that cover this tile only.
    """

    def __init__(self, tile: Tile, whole: Mapping[str, NDArray[Any]]) -> None:
        self.tile = tile
        self.whole = whole
        self.made: dict[str, Array] = {}

    def part(self, name: str, fills_up: bool = False) -> NDArray[Any]:
        """Return the tile's part of the matrix `name`: see `Tile.part`."""
        if name in self.made:
            return self.made[name]
        return self.tile.part(self.whole[name], fills_up)


class PairScores(ABC):
    """Scores, tile by tile, from a matrix of queries and a matrix of keys.

    Work that depends on a query alone, or on a key alone, is done once, before the first tile.
    """

    def __init__(self, queries: Array, keys: Array) -> None:
        self.queries = queries
        self.keys = keys

    def sides(self, tile: Tile) -> tuple[Array, Array]:
        """Return the rows of the tile's queries, and the rows of its keys."""
        return self.queries[tile.index][tile.rows], self.keys_of(tile)[tile.columns]

    def keys_of(self, tile: Tile) -> Array:
        """Return the rows of all keys in the tile's batch entry and head; heads may share keys."""
        keys: Array = self.keys[shared_place(tile.index, self.keys, self.queries.shape)]
        return keys

    def put(self, tile: Tile, out: Array, factor: float = 1) -> None:
        """Write the scores of a tile, times `factor`, into `out`."""
        self.meet(*self.sides(tile), out)
        if factor != 1:
            out *= factor

    @abstractmethod
    def meet(self, queries: Array, keys: Array, out: Array) -> None:
        """Write the scores of these queries (rows) and keys (rows) into `out`."""

    def bound(self, tile: Tile) -> float:
        """Return a bound on |score| for the tile's queries and all keys; inf if unknown."""
        return inf


class Products(PairScores):
    """Scores that are the dot products of rows of queries with rows of keys."""

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
        """Return the length of the longest query times that of the longest key.

        By the inequality of Cauchy and Schwarz, no dot product is larger.
        """
        place = shared_place(tile.index, self.keys, self.queries.shape)
        longest = self.query_lengths[tile.index][tile.rows].max()
        return float(longest) * float(self.key_lengths[place].max())


class RunningSum(ABC):
    """Σⱼ wⱼ vⱼ and Σⱼ wⱼ for some queries, added up over keys that come in parts.

    `values` end with a column of ones, so that the last of their sums is Σⱼ wⱼ. `largest` is the
    largest score so far, −inf for a query that may attend to none of the keys so far. If
    `exponent` is a number, `add` expects scores × exponent / temperature; if it is None,
    the scores themselves.
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
        """Return the weights of the next keys, before the division by `total`."""

    @abstractmethod
    def total(self) -> Array:
        """Return the divisor of the sums, as a column with one number per query."""

    def result(self) -> tuple[Array, NDArray[np.bool_]]:
        """Return the weighted sums, and for each query True if it may attend to no key."""
        return self.sums[:, :-1] / self.total(), np.isneginf(self.largest[:, 0])


BLOCK = 2**17  # the most temporary numbers at a time: they fit into the processor's cache


def sub_blocks(scores: Array, numbers: int) -> Iterator[tuple[slice, slice]]:
    """Yield parts of the scores that need at most `BLOCK` temporary numbers.

    Each score needs `numbers` of them.
    """
    most = max(1, BLOCK // numbers)
    n, m = scores.shape
    for columns in slices(m, most):
        for rows in slices(n, max(1, most // (columns.stop - columns.start))):
            yield rows, columns


def slices(size: int, most: int, first: int = 0) -> Iterator[slice]:
    """Yield slices that cover `first` to `size`, each of at most `most` indices."""
    return (slice(i, min(i + most, size)) for i in range(first, size, most))
