"""The operations that meet every query with every key."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.cost import Cost, cells, product
from attncli.calculation.algebra.expressions import Cell, Expression, Function, Index, Sum
from attncli.calculation.algebra.layouts import Array, Axes, Axis, Factor, Layout, Role
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.requirements import Equal, Need, SharesHeads
from attncli.calculation.algebra.vector_expressions import Image, Inner, Line, Total
from attncli.calculation.operations.shared_heads import shared, spread
from attncli.records import record


@record(frozen=True)
class OfQueriesAndKeys(Operation):
    """An operation that meets every query with every key."""

    queries: str
    keys: str

    @property
    def operands(self) -> tuple[str, ...]:
        return (self.queries, self.keys)


@record(frozen=True)
class Dot(OfQueriesAndKeys):
    """Q Kᵀ, every query with every key: (…, n, d), (…, m, d) → (…, n, m)."""

    @property
    def needs(self) -> tuple[Need, ...]:
        return (
            SharesHeads(self.keys, self.queries),
            Equal(
                (self.keys, -1),
                (self.queries, -1),
                "dot scoring",
                f"Use --score additive, or check that {self.keys} is not transposed.",
            ),
        )

    def axes(self, queries: Axes, keys: Axes) -> Axes:
        return (*queries[:-1], keys[-2])

    def apply(self, queries: Array, keys: Array) -> Array:
        return queries @ spread(keys, queries.shape).swapaxes(-1, -2)

    def formula(self, layout: Layout) -> str:
        return layout.product(Factor(self.queries), Factor(self.keys, transposed=True))

    def cell(self, index: Index, queries: Array, keys: Array) -> Expression:
        *leading, query, key = index
        place, size = shared((*leading,), keys, queries.shape), queries.shape[-1]
        return Inner(
            Line(self.queries, (*leading, query, None), size),
            Line(self.keys, (*place, key, None), size),
        )

    def cost(self, queries: Axes, keys: Axes) -> Cost:
        """d multiplications and d − 1 additions a score."""
        return product(cells(self.axes(queries, keys)), queries[-1].size)


@record(frozen=True)
class Bilinear(Operation):
    """Q W Kᵀ: (…, n, d_q), (d_q, d_k), (…, m, d_k) → (…, n, m)."""

    queries: str
    weight: str
    keys: str

    @property
    def operands(self) -> tuple[str, ...]:
        return (self.queries, self.weight, self.keys)

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

    def formula(self, layout: Layout) -> str:
        weight = Factor(self.weight, Role.FIXED)
        return layout.product(Factor(self.queries), weight, Factor(self.keys, transposed=True))

    def cell(self, index: Index, queries: Array, weight: Array, keys: Array) -> Expression:
        *leading, query, key = index
        place, (d_q, d_k) = shared((*leading,), keys, queries.shape), weight.shape
        projected = Image(Line(self.queries, (*leading, query, None), d_q), self.weight, d_k)
        return Inner(projected, Line(self.keys, (*place, key, None), d_k))

    def cost(self, queries: Axes, weight: Axes, keys: Axes) -> Cost:
        """Q W first, d_q multiplications a number, then d_k a score; one addition less each."""
        projected = (*queries[:-1], weight[-1])
        scores = self.axes(queries, weight, keys)
        return product(cells(projected), weight[-2].size) + product(cells(scores), weight[-1].size)


@record(frozen=True)
class TanhSum(OfQueriesAndKeys):
    """tanh(qᵢ + kⱼ) for every pair: (…, n, hidden), (…, m, hidden) → (…, n, m, hidden)."""

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = "W_a and U_a bring both to one hidden width: give them, or check their sizes."
        return (
            SharesHeads(self.keys, self.queries),
            Equal((self.keys, -1), (self.queries, -1), "additive scoring", cure),
        )

    def axes(self, queries: Axes, keys: Axes) -> Axes:
        return (*queries[:-1], keys[-2], Axis("hidden", queries[-1].size))

    def apply(self, queries: Array, keys: Array) -> Array:
        return np.tanh(queries[..., :, None, :] + spread(keys, queries.shape)[..., None, :, :])

    def formula(self, layout: Layout) -> str:
        return f"tanh({self.queries}ᵢ + {self.keys}ⱼ)"

    def cell(self, index: Index, queries: Array, keys: Array) -> Expression:
        *leading, query, key, unit = index
        place = shared((*leading,), keys, queries.shape)
        pair = (Cell(self.queries, (*leading, query, unit)), Cell(self.keys, (*place, key, unit)))
        return Function("tanh", Sum(pair))

    def cost(self, queries: Axes, keys: Axes) -> Cost:
        """An addition and a tanh a hidden unit of every pair."""
        return Cost(additions=1, functions=1) * cells(self.axes(queries, keys))


@record(frozen=True)
class WeighHidden(Operation):
    """vᵀ hidden for every pair, or the plain sum where v is left out: (…, hidden) → (…)."""

    hidden: str
    vector: str | None = None

    @property
    def operands(self) -> tuple[str, ...]:
        return (self.hidden, *([self.vector] if self.vector else []))

    @property
    def needs(self) -> tuple[Need, ...]:
        if not self.vector:
            return ()
        cure = f"{self.vector} needs one number for each hidden unit."
        return (Equal((self.vector, -1), (self.hidden, -1), f"{self.vector}ᵀ {self.hidden}", cure),)

    def axes(self, hidden: Axes, vector: Axes = ()) -> Axes:
        return hidden[:-1]

    def apply(self, hidden: Array, vector: Array | None = None) -> Array:
        total: Array = hidden.sum(axis=-1) if vector is None else hidden @ vector
        return total

    def formula(self, layout: Layout) -> str:
        return f"{self.vector}ᵀ {self.hidden}ᵢⱼ" if self.vector else f"sum of {self.hidden}ᵢⱼ"

    def cell(self, index: Index, hidden: Array, *vector: Array) -> Expression:
        size = hidden.shape[-1]
        line = Line(self.hidden, (*index, None), size)
        return Inner(Line(self.vector, (None,), size), line) if self.vector else Total(line)

    def cost(self, hidden: Axes, vector: Axes = ()) -> Cost:
        """As many multiplications a score as hidden units, where there is v; one addition less."""
        scores, units = cells(hidden[:-1]), hidden[-1].size
        return product(scores, units) if self.vector else Cost(additions=scores * (units - 1))
