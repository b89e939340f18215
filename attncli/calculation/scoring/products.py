"""The operations that combine every query with every key by products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from attncli.calculation.algebra.expressions import Expression, Index
from attncli.calculation.algebra.layouts import Array, Axes, Factor, Layout, Role
from attncli.calculation.algebra.operation import Name, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells, product
from attncli.calculation.algebra.requirements import Equal, Need, SharesHeads
from attncli.calculation.algebra.shared_heads import shared_place, spread
from attncli.calculation.algebra.vector_expressions import Image, Inner, Line
from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.algebra.operation import Then
    from attncli.calculation.algebra.tiles import PairScores


@record(frozen=True)
class OfQueriesAndKeys(Operation):
    """An operation that combines every query with every key: (…, n, d), (…, m, d) → (…, n, m).

    Messages use `name`, the scoring function, and `cure`, the hint if the widths differ.
    """

    queries: Name
    keys: Name

    name: ClassVar[str]
    cure: ClassVar[str] = "Use --score concat or additive, or check that {keys} is not transposed."

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = self.cure.format(keys=self.keys)
        return (
            SharesHeads(self.keys, self.queries),
            Equal((self.keys, -1), (self.queries, -1), f"{self.name} scoring", cure),
        )

    def axes(self, queries: Axes, keys: Axes) -> Axes:
        return (*queries[:-1], keys[-2])


@record(frozen=True)
class Dot(OfQueriesAndKeys):
    """Q Kᵀ, the dot product of every query with every key: (…, n, d), (…, m, d) → (…, n, m)."""

    works_by_pair = True
    name = "dot"
    cure = "Use --score additive, or check that {keys} is not transposed."

    def apply(self, queries: Array, keys: Array) -> Array:
        return queries @ spread(keys, queries.shape).swapaxes(-1, -2)

    def pair_scores(self, operands: Sequence[Array], then: Then) -> PairScores:
        from attncli.calculation.algebra.tiles import Products

        return Products(*operands)

    def prepared(self, *operands: Axes) -> int:
        """Return 0: queries and keys are used without a copy."""
        return 0

    def formula(self, layout: Layout) -> str:
        return layout.product(Factor(self.queries), Factor(self.keys, transposed=True))

    def cell(self, index: Index, queries: Array, keys: Array) -> Expression:
        *leading, query, key = index
        place, size = shared_place((*leading,), keys, queries.shape), queries.shape[-1]
        return Inner(
            Line(self.queries, (*leading, query, None), size),
            Line(self.keys, (*place, key, None), size),
        )

    def cost(self, queries: Axes, keys: Axes) -> Cost:
        """d multiplications and d − 1 additions for each score."""
        return product(cells(self.axes(queries, keys)), queries[-1].size)


@record(frozen=True)
class Bilinear(Operation):
    """Q W Kᵀ: (…, n, d_q), (d_q, d_k), (…, m, d_k) → (…, n, m)."""

    works_by_pair = True

    queries: Name
    weight: Name
    keys: Name

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = f"{self.weight} is d_q × d_k in every layout: check that it is not transposed."
        return (
            SharesHeads(self.keys, self.queries),
            Equal((self.queries, -1), (self.weight, -2), "general scoring", cure),
            Equal((self.keys, -1), (self.weight, -1), "general scoring", cure),
        )

    def axes(self, queries: Axes, weight: Axes, keys: Axes) -> Axes:
        return (*queries[:-1], keys[-2])

    def apply(self, queries: Array, weight: Array, keys: Array) -> Array:
        return queries @ weight @ spread(keys, queries.shape).swapaxes(-1, -2)

    def pair_scores(self, operands: Sequence[Array], then: Then) -> PairScores:
        from attncli.calculation.algebra.tiles import Products

        queries, weight, keys = operands
        return Products(queries @ weight, keys)

    def formula(self, layout: Layout) -> str:
        weight = Factor(self.weight, Role.FIXED)
        return layout.product(Factor(self.queries), weight, Factor(self.keys, transposed=True))

    def cell(self, index: Index, queries: Array, weight: Array, keys: Array) -> Expression:
        *leading, query, key = index
        place, (d_q, d_k) = shared_place((*leading,), keys, queries.shape), weight.shape
        projected = Image(Line(self.queries, (*leading, query, None), d_q), self.weight, d_k)
        return Inner(projected, Line(self.keys, (*place, key, None), d_k))

    def cost(self, queries: Axes, weight: Axes, keys: Axes) -> Cost:
        """The cost of Q W, and of the dot products of its rows with the keys."""
        projected = (*queries[:-1], weight[-1])
        scores = self.axes(queries, weight, keys)
        return product(cells(projected), weight[-2].size) + product(cells(scores), weight[-1].size)
