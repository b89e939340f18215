"""Products with given matrices: projections, and the weighted sum of values."""

from __future__ import annotations

from attncli.calculation.algebra.expressions import Cell, Expression, Index
from attncli.calculation.algebra.layouts import Array, Axes, Factor, Layout, Role
from attncli.calculation.algebra.operation import Name, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells, product
from attncli.calculation.algebra.requirements import Equal, Need
from attncli.calculation.algebra.shared_heads import shared_place, spread
from attncli.calculation.algebra.vector_expressions import Inner, Line
from attncli.records import record, replace


@record(frozen=True)
class Project(Operation):
    """X W + b: (…, n, d_in), (d_in, d_out) → (…, n, d_out).

    A weight of rank 3, (heads, d_in, d_out), has one matrix for each head; the result is then
    (…, heads, n, d_out).
    """

    source: Name
    weight: Name
    bias: Name | None = None

    @property
    def needs(self) -> tuple[Need, ...]:
        product = Equal(
            (self.source, -1),
            (self.weight, -2),
            f"{self.source} times {self.weight}",
            f"Check that {self.weight} is not transposed: see --layout.",
        )
        if not self.bias:
            return (product,)
        cure = f"Check the length of {self.bias}."
        bias = Equal((self.bias, -1), (self.weight, -1), "adding the bias", cure)
        return (product, bias)

    def axes(self, source: Axes, weight: Axes, bias: Axes = ()) -> Axes:
        return (*source[:-2], *weight[:-2], source[-2], weight[-1])

    def apply(self, source: Array, weight: Array, bias: Array | None = None) -> Array:
        if weight.ndim == 3:
            source = source[..., None, :, :]
            bias = None if bias is None else bias[:, None, :]
        product = source @ weight
        return product if bias is None else product + bias

    def unfinished(self) -> Project | None:
        return replace(self, bias=None) if self.bias else None

    def formula(self, layout: Layout) -> str:
        product = layout.product(Factor(self.source), Factor(self.weight, Role.WEIGHT))
        return f"{product} + {self.bias}" if self.bias else product

    def cell(self, index: Index, source: Array, weight: Array, *bias: Array) -> Expression:
        *leading, row, column = index
        head = (leading.pop(),) if weight.ndim == 3 else ()
        size = source.shape[-1]
        product = Inner(
            Line(self.source, (*leading, row, None), size),
            Line(self.weight, (*head, None, column), size),
        )
        return product + Cell(self.bias, (*head, column)) if self.bias else product

    def cost(self, source: Axes, weight: Axes, bias: Axes = ()) -> Cost:
        """d_in multiplications and d_in − 1 additions for each number; one more for a bias."""
        results = cells(self.axes(source, weight))
        return product(results, source[-1].size) + Cost(additions=results if self.bias else 0)


@record(frozen=True)
class WeightedSum(Operation):
    """weights V: (…, n, m), (…, m, d_v) → (…, n, d_v)."""

    weights: Name
    values: Name

    @property
    def weighted_sum(self) -> tuple[str, str]:
        return self.weights, self.values

    def axes(self, weights: Axes, values: Axes) -> Axes:
        return (*weights[:-1], values[-1])

    def apply(self, weights: Array, values: Array) -> Array:
        return weights @ spread(values, weights.shape)

    def formula(self, layout: Layout) -> str:
        return layout.product(Factor(self.weights), Factor(self.values))

    def cell(self, index: Index, weights: Array, values: Array) -> Expression:
        *leading, row, column = index
        place, size = shared_place((*leading,), values, weights.shape), weights.shape[-1]
        return Inner(
            Line(self.weights, (*leading, row, None), size),
            Line(self.values, (*place, None, column), size),
        )

    def cost(self, weights: Axes, values: Axes) -> Cost:
        """m multiplications and m − 1 additions for each number of the result."""
        return product(cells(self.axes(weights, values)), weights[-1].size)
