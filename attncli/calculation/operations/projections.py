"""The operations of every attention: projections, factors, and the weighted sum."""

from __future__ import annotations

from math import sqrt

import numpy as np

from attncli.calculation.algebra.cost import Cost, cells, product
from attncli.calculation.algebra.expressions import (
    Cell,
    Expression,
    Function,
    Index,
    Number,
    Product,
    Quotient,
    Root,
    Sum,
)
from attncli.calculation.algebra.layouts import Array, Axes, Factor, Layout, Role
from attncli.calculation.algebra.operation import OfOne, Operation
from attncli.calculation.algebra.requirements import Equal, Need
from attncli.calculation.algebra.vector_expressions import Inner, Line
from attncli.calculation.operations.shared_heads import shared, spread
from attncli.records import record


@record(frozen=True)
class Project(Operation):
    """X W + b: (…, n, d_in), (d_in, d_out) → (…, n, d_out).

    A weight of rank 3, (heads, d_in, d_out), gives each head its own: → (…, heads, n, d_out).
    """

    source: str
    weight: str
    bias: str | None = None

    @property
    def operands(self) -> tuple[str, ...]:
        return (self.source, self.weight, *([self.bias] if self.bias else []))

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
        bias = Equal((self.bias, -1), (self.weight, -1), "adding the bias", f"Check {self.bias}.")
        return (product, bias)

    def axes(self, source: Axes, weight: Axes, bias: Axes = ()) -> Axes:
        return (*source[:-2], *weight[:-2], source[-2], weight[-1])

    def apply(self, source: Array, weight: Array, bias: Array | None = None) -> Array:
        if weight.ndim == 3:
            source = source[..., None, :, :]
            bias = None if bias is None else bias[:, None, :]
        product = source @ weight
        return product if bias is None else product + bias

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
        return Sum((product, Cell(self.bias, (*head, column)))) if self.bias else product

    def cost(self, source: Axes, weight: Axes, bias: Axes = ()) -> Cost:
        """d_in multiplications a number of the result, d_in − 1 additions, and one for the bias."""
        results = cells(self.axes(source, weight))
        return product(results, source[-1].size) + Cost(additions=results if self.bias else 0)


@record(frozen=True)
class DivideByRoot(OfOne):
    """scores / √d_k, of the same shape (Vaswani et al. 2017, section 3.2.1)."""

    d_k: int

    def apply(self, source: Array) -> Array:
        return source / sqrt(self.d_k)

    def formula(self, layout: Layout) -> str:
        return f"{self.source} / √{self.d_k}"

    def cell(self, index: Index, source: Array) -> Expression:
        return Quotient(Cell(self.source, index), Root(self.d_k))

    def cost(self, source: Axes) -> Cost:
        """A division a score."""
        return Cost(divisions=cells(source))


@record(frozen=True)
class TimesRoot(OfOne):
    """X × √d_model, of the same shape (Vaswani et al. 2017, section 3.4)."""

    d_model: int

    def apply(self, source: Array) -> Array:
        return source * sqrt(self.d_model)

    def formula(self, layout: Layout) -> str:
        return f"{self.source} × √{self.d_model}"

    def cell(self, index: Index, source: Array) -> Expression:
        return Product((Cell(self.source, index), Root(self.d_model)))

    def cost(self, source: Axes) -> Cost:
        """A multiplication a number."""
        return Cost(multiplications=cells(source))


@record(frozen=True)
class Multiply(OfOne):
    """scores × factor, of the same shape."""

    factor: float

    def apply(self, source: Array) -> Array:
        return source * self.factor

    def formula(self, layout: Layout) -> str:
        return f"{self.source} × {self.factor!r}"

    def cell(self, index: Index, source: Array) -> Expression:
        return Product((Cell(self.source, index), Number(self.factor)))

    def cost(self, source: Axes) -> Cost:
        """A multiplication a score."""
        return Cost(multiplications=cells(source))


@record(frozen=True)
class SoftCap(OfOne):
    """c · tanh(scores / c), of the same shape: no score is beyond ±c (ONNX Attention, before masks)."""

    cap: float

    def room(self, result: Axes, *operands: Axes) -> int:
        """Beside it stand the quotients and their tanh."""
        return 3 * cells(result)

    def apply(self, source: Array) -> Array:
        bent: Array = np.tanh(source / self.cap)
        return self.cap * bent

    def formula(self, layout: Layout) -> str:
        return f"{self.cap:g} tanh({self.source} / {self.cap:g})"

    def cell(self, index: Index, source: Array) -> Expression:
        inner = Quotient(Cell(self.source, index), Number(self.cap))
        return Product((Number(self.cap), Function("tanh", inner)))

    def cost(self, source: Axes) -> Cost:
        """A division, a tanh and a multiplication a score."""
        return Cost(multiplications=1, divisions=1, functions=1) * cells(source)


@record(frozen=True)
class WeightedSum(Operation):
    """weights V: (…, n, m), (…, m, d_v) → (…, n, d_v)."""

    weights: str
    values: str

    @property
    def operands(self) -> tuple[str, ...]:
        return (self.weights, self.values)

    def axes(self, weights: Axes, values: Axes) -> Axes:
        return (*weights[:-1], values[-1])

    def apply(self, weights: Array, values: Array) -> Array:
        return weights @ spread(values, weights.shape)

    def formula(self, layout: Layout) -> str:
        return layout.product(Factor(self.weights), Factor(self.values))

    def cell(self, index: Index, weights: Array, values: Array) -> Expression:
        *leading, row, column = index
        place, size = shared((*leading,), values, weights.shape), weights.shape[-1]
        return Inner(
            Line(self.weights, (*leading, row, None), size),
            Line(self.values, (*place, None, column), size),
        )

    def cost(self, weights: Axes, values: Axes) -> Cost:
        """m multiplications and m − 1 additions a number of the result."""
        return product(cells(self.axes(weights, values)), weights[-1].size)


@record(frozen=True)
class Same(OfOne):
    """A matrix as it is: a step that does nothing here, but that an answer may have."""

    def apply(self, source: Array) -> Array:
        return source

    def formula(self, layout: Layout) -> str:
        return self.source

    def cell(self, index: Index, source: Array) -> Expression:
        return Cell(self.source, index)

    def cost(self, source: Axes) -> Cost:
        """Nothing."""
        return Cost()
