"""The scores of a tile: what meets queries with keys, on some of them.

What depends on a query alone, or on a key alone, is done once, before the tiles.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from math import inf, log
from typing import TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.long.tiles import Tile, parts
from attncli.calculation.operations.shared_heads import shared
from attncli.calculation.scoring.measures import Cosine, unit_rows
from attncli.calculation.scoring.products import Bilinear, Dot, TanhSum

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

    def scores(self, tile: Tile, out: Array, factor: float = 1) -> None:
        """Put the scores of a tile there, times the factor."""
        self.meet(*self.sides(tile), out)
        if factor != 1:
            out *= factor

    @abstractmethod
    def meet(self, queries: Array, keys: Array, out: Array) -> None:
        """Put the scores of these queries and keys there."""

    def bound(self, tile: Tile) -> float:
        """What no score of these queries exceeds, up or down; inf where that is not known."""
        return inf


class Applied(Pairing):
    """Scores as the operations give them, which make `numbers` numbers for each of them."""

    def __init__(
        self, apply: Callable[[Array, Array], Array], queries: Array, keys: Array, numbers: int = 1
    ) -> None:
        super().__init__(queries, keys)
        self.apply = apply
        self.numbers = numbers

    def meet(self, queries: Array, keys: Array, out: Array) -> None:
        for rows, columns in blocks(out, self.numbers):
            out[rows, columns] = self.apply(queries[rows], keys[columns])


def blocks(scores: Array, numbers: int) -> Iterator[tuple[slice, slice]]:
    """Parts of scores for which no more than `BLOCK` numbers are made, if each needs so many."""
    most = max(1, BLOCK // numbers)
    n, m = scores.shape
    for columns in parts(m, most):
        for rows in parts(n, max(1, most // (columns.stop - columns.start))):
            yield rows, columns


class Products(Pairing):
    """Scores that are dot products of something made of each query with something of each key."""

    def __init__(self, queries: Array, keys: Array) -> None:
        super().__init__(queries, keys)
        self.query_lengths, self.key_lengths = lengths(queries), lengths(keys)

    def scores(self, tile: Tile, out: Array, factor: float = 1) -> None:
        queries, keys = self.sides(tile)
        self.meet(queries if factor == 1 else queries * factor, keys, out)

    def meet(self, queries: Array, keys: Array, out: Array) -> None:
        np.matmul(queries, keys.T, out=out)

    def bound(self, tile: Tile) -> float:
        """The longest of the queries times the longest of all keys (Cauchy and Schwarz)."""
        place = shared(tile.index, self.keys, self.queries.shape)
        longest = self.query_lengths[tile.index][tile.rows].max()
        return float(longest) * float(self.key_lengths[place].max())


def lengths(matrix: Array) -> Array:
    """Of each row."""
    rows: Array = np.sqrt(np.einsum("...i,...i->...", matrix, matrix))
    return rows


Factors: TypeAlias = "Callable[..., tuple[Array, Array]]"
FACTORS: dict[type[Operation], Factors] = {
    Dot: lambda queries, keys: (queries, keys),
    Bilinear: lambda queries, weight, keys: (queries @ weight, keys),
    Cosine: lambda queries, keys: (unit_rows(queries), unit_rows(keys)),
}


SEEN = {32: 5e-6, 64: 5e-13}  # half of what scores may be off, by the bits of a number


class Additive(Pairing):
    """vᵀ tanh(q + k), by powers that are taken of each query and each key, not of each pair.

        tanh(q + k) = 1 − 2 / (e²⁽ᑫ⁺ᵏ⁾ + 1) = 1 − 2 e⁻²ᑫ / (e²ᵏ + e⁻²ᑫ)

    That is an addition and a division a unit, a quarter of the time of tanh. Nothing cancels, for
    nothing but positive numbers is added: the error of each tanh is a few units in the last digit
    of 1. Queries and keys are powers from here on: e⁻²ᑫ and e²ᵏ.
    """

    def __init__(self, queries: Array, keys: Array, vector: Array) -> None:
        super().__init__(np.exp(-2 * queries), np.exp(2 * keys))
        self.vector = vector
        self.total = vector.sum()
        # A large v times a large power would overflow. Powers of two cost no digit.
        self.size = np.ldexp(vector.dtype.type(1), np.frexp(np.abs(vector).max())[1] - 1)

    @staticmethod
    def can(queries: Array, keys: Array, vector: Array) -> bool:
        """Whether none of the powers overflows or vanishes, with room to spare, and v is not large.

        The error of each tanh is one of 1, however small the tanh is: times a large v, it is seen.
        """
        type_ = np.finfo(queries.dtype)
        limit = 0.4 * log(type_.max)
        fits = all(-limit <= side.min() and side.max() <= limit for side in (queries, keys))
        return fits and float(np.linalg.norm(vector) * type_.eps) <= SEEN[type_.bits]

    def bound(self, tile: Tile) -> float:
        """Every tanh is between −1 and 1."""
        return float(np.abs(self.vector).sum())

    def meet(self, queries: Array, keys: Array, out: Array) -> None:
        weighed = self.vector / self.size * queries
        for rows, columns in blocks(out, len(self.vector)):
            pairs = queries[rows, None] + keys[columns]
            np.reciprocal(pairs, out=pairs)
            shares = (pairs @ weighed[rows, :, None])[..., 0]
            np.subtract(self.total, 2 * self.size * shares, out=out[rows, columns])


def pairing(operations: Sequence[Operation], operands: Sequence[Sequence[Array]]) -> Pairing:
    """How these operations make scores of these operands; each but the first takes a result too.

    The first meets queries with keys. Numbers of 16 bits are calculated as the operations do it:
    they have so few digits that any other way would be seen in them.
    """
    first, *others = operations
    (queries, *between, keys), *more = operands
    is_hidden, is_exact = isinstance(first, TanhSum), queries.dtype.itemsize < 4
    if is_hidden and not is_exact:
        (vector,) = more[0] or [np.ones(queries.shape[-1], queries.dtype)]
        if Additive.can(queries, keys, vector):
            return Additive(queries, keys, vector)
    if type(first) in FACTORS and not is_exact:
        return Products(*FACTORS[type(first)](*operands[0]))

    def apply(queries: Array, keys: Array) -> Array:
        scores = first.apply(queries, *between, keys)
        for operation, given in zip(others, more, strict=True):
            scores = operation.apply(scores, *given)
        return scores

    return Applied(apply, queries, keys, queries.shape[-1] if is_hidden else 1)
