"""Scores that measure two vectors: the cosine of their angle, or their distance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.expressions import Expression, Index, Negative, Noted, Number
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation_cost import Cost, cells, product
from attncli.calculation.algebra.row_sums import row_sums
from attncli.calculation.algebra.shared_heads import shared_place, spread
from attncli.calculation.algebra.vector_expressions import Inner, Length, Line, SquaredDistance
from attncli.calculation.scoring.products import OfQueriesAndKeys
from attncli.records import record
from attncli.words import count

if TYPE_CHECKING:
    from attncli.calculation.algebra.operation import Then
    from attncli.calculation.algebra.tiles import PairScores


@record(frozen=True)
class Measure(OfQueriesAndKeys):
    """A measure between every query and every key; both have the same width."""

    def cell(self, index: Index, queries: Array, keys: Array) -> Expression:
        *leading, query, key = index
        own, other = (*leading, query), (*shared_place((*leading,), keys, queries.shape), key)
        if self.is_undefined(queries[own], keys[other]):
            return Noted(Number(0), ("a vector of zeros has no direction",))
        size = queries.shape[-1]
        return self.of(
            Line(self.queries, (*own, None), size), Line(self.keys, (*other, None), size)
        )

    def room(self, result: Axes, *operands: Axes) -> int:
        """Return the size of scores, and of quotients, squares and lengths of both operands."""
        return 2 * cells(result) + 4 * sum(map(cells, operands))

    def is_undefined(self, query: Array, key: Array) -> bool:
        """Return True if the measure of these two vectors is not defined; the score is then 0."""
        return False

    def of(self, query: Line, key: Line) -> Expression:
        """Return the arithmetic of one score."""
        raise NotImplementedError


@record(frozen=True)
class Cosine(Measure):
    """qᵢ · kⱼ / (‖qᵢ‖ ‖kⱼ‖), between −1 and 1.

    A vector of zeros has no direction; its cosines are 0, as in PyTorch's `cosine_similarity`.
    """

    works_by_pair = True
    name = "cosine"

    def apply(self, queries: Array, keys: Array) -> Array:
        return unit_rows(queries) @ spread(unit_rows(keys), queries.shape).swapaxes(-1, -2)

    def pair_scores(self, operands: Sequence[Array], then: Then) -> PairScores:
        from attncli.calculation.algebra.tiles import Products

        return Products(*map(unit_rows, operands))

    def formula(self, layout: Layout) -> str:
        query, key = f"{self.queries}ᵢ", f"{self.keys}ⱼ"
        return f"{query} · {key} / (‖{query}‖ ‖{key}‖)"

    def doubts(self, *operands: Array) -> Iterator[str]:
        """Yield a warning for each matrix that has vectors of zeros."""
        for name, matrix in dict(zip(self.operands, operands, strict=True)).items():
            zeros = int((~matrix.any(axis=-1)).sum())
            if zeros:
                fact = f"{name} has {count(zeros, 'vectors')} of zeros"
                yield f"{fact}: cosines are not defined there, and 0 is used."

    def is_undefined(self, query: Array, key: Array) -> bool:
        return not (query.any() and key.any())

    def of(self, query: Line, key: Line) -> Expression:
        return Inner(query, key) / (Length(query) * Length(key))

    def cost(self, queries: Axes, keys: Axes) -> Cost:
        """The division of each vector by its length, as in `unit_rows`, and the dot products.

        A vector of d numbers takes 2 d divisions, d multiplications, d − 1 additions, a root, and
        d + 1 comparisons, to find the largest number and to find zeros.
        """
        d = queries[-1].size
        of_vector = Cost(d, d - 1, divisions=2 * d, functions=1, comparisons=d + 1)
        vectors = cells(queries[:-1]) + cells(keys[:-1])
        return of_vector * vectors + product(cells(self.axes(queries, keys)), d)


def unit_rows(matrix: Array) -> Array:
    """Return each row divided by its length; a row of zeros stays as it is.

    The row is first divided by its largest number, so that no square overflows.
    """
    largest = np.abs(matrix).max(axis=-1, keepdims=True)
    shares = matrix / np.where(largest == 0, 1, largest)
    lengths = np.sqrt(row_sums(shares * shares))
    rows = shares / np.where(lengths == 0, 1, lengths)
    return rows.astype(matrix.dtype, copy=False)


@record(frozen=True)
class Distance(Measure):
    """−½ ‖qᵢ − kⱼ‖².

    With softmax, the weights are those of a Gaussian kernel of width 1 around the query: attention
    is then Nadaraya–Watson regression (1964).
    """

    works_by_pair = True
    name = "distance"

    def apply(self, queries: Array, keys: Array) -> Array:
        keys = spread(keys, queries.shape)
        features = zip(np.moveaxis(queries, -1, 0), np.moveaxis(keys, -1, 0), strict=True)
        # Feature by feature: ‖q‖² + ‖k‖² − 2 q·k is faster, but loses digits if q is near k.
        squares: Array = sum(np.square(q[..., :, None] - k[..., None, :]) for q, k in features)
        return 0 - squares / 2  # not −0 if a key equals the query

    def formula(self, layout: Layout) -> str:
        return f"−½ ‖{self.queries}ᵢ − {self.keys}ⱼ‖²"

    def of(self, query: Line, key: Line) -> Expression:
        return Negative(SquaredDistance(query, key) / 2)

    def cost(self, queries: Axes, keys: Axes) -> Cost:
        """d subtractions, d squares, d − 1 additions and one division for each score."""
        d = queries[-1].size
        return Cost(d, 2 * d - 1, divisions=1) * cells(self.axes(queries, keys))
