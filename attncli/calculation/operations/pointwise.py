"""Operations on each number by itself: factors, the soft cap, sums, and a copy."""

from __future__ import annotations

from math import sqrt, tanh

import numpy as np

from attncli.calculation.algebra.expressions import Cell, Expression, Function, Index, Number, Root
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation import Name, OfOne, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.requirements import Equal, Need, SameLeading
from attncli.records import record


@record(frozen=True)
class Add(Operation):
    """x + Sublayer(x), of the same shape: the residual connection (He et al. 2016)."""

    is_residual = True

    source: Name
    sublayer: Name

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = "A sublayer gives back as many features as it gets: see its last weight."
        return (
            SameLeading(self.sublayer, self.source),
            Equal((self.sublayer, -1), (self.source, -1), "the residual sum", cure),
        )

    def axes(self, source: Axes, sublayer: Axes) -> Axes:
        return source

    def apply(self, source: Array, sublayer: Array) -> Array:
        return source + sublayer

    def formula(self, layout: Layout) -> str:
        return f"{self.source} + {self.sublayer}"

    def cell(self, index: Index, source: Array, sublayer: Array) -> Expression:
        return Cell(self.source, index) + Cell(self.sublayer, index)

    def cost(self, source: Axes, sublayer: Axes) -> Cost:
        """One addition for each number."""
        return Cost(additions=cells(source))


@record(frozen=True)
class DivideByRoot(OfOne):
    """scores / √d_k, of the same shape (Vaswani et al. 2017, section 3.2.1)."""

    works_by_score = True

    d_k: int

    @property
    def factor(self) -> float:
        return 1 / sqrt(self.d_k)

    def bound(self, scores: float) -> float:
        return scores / sqrt(self.d_k)

    def apply(self, source: Array) -> Array:
        return source / sqrt(self.d_k)

    def formula(self, layout: Layout) -> str:
        return f"{self.source} / √{self.d_k}"

    def cell(self, index: Index, source: Array) -> Expression:
        return Cell(self.source, index) / Root(self.d_k)

    def cost(self, source: Axes) -> Cost:
        """One division for each score."""
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
        return Cell(self.source, index) * Root(self.d_model)

    def cost(self, source: Axes) -> Cost:
        """One multiplication for each number."""
        return Cost(multiplications=cells(source))


@record(frozen=True)
class Multiply(OfOne):
    """scores × scale, of the same shape."""

    works_by_score = True

    scale: float

    @property
    def factor(self) -> float:
        return self.scale

    def bound(self, scores: float) -> float:
        return abs(self.scale) * scores

    def apply(self, source: Array) -> Array:
        return source * self.scale

    def formula(self, layout: Layout) -> str:
        return f"{self.source} × {self.scale!r}"

    def cell(self, index: Index, source: Array) -> Expression:
        return Cell(self.source, index) * Number(self.scale)

    def cost(self, source: Axes) -> Cost:
        """One multiplication for each score."""
        return Cost(multiplications=cells(source))


@record(frozen=True)
class SoftCap(OfOne):
    """c · tanh(scores / c), of the same shape: scores stay within ±c (ONNX Attention)."""

    works_by_score = True

    cap: float

    def bound(self, scores: float) -> float:
        return self.cap * tanh(scores / self.cap)

    def room(self, result: Axes, *operands: Axes) -> int:
        """The temporaries are the quotients and their tanh, besides the result."""
        return 3 * cells(result)

    def apply(self, source: Array) -> Array:
        bent: Array = np.tanh(source / self.cap)
        return self.cap * bent

    def formula(self, layout: Layout) -> str:
        return f"{self.cap:g} tanh({self.source} / {self.cap:g})"

    def cell(self, index: Index, source: Array) -> Expression:
        return Number(self.cap) * Function("tanh", Cell(self.source, index) / self.cap)

    def cost(self, source: Axes) -> Cost:
        """A division, a tanh and a multiplication for each score."""
        return Cost(multiplications=1, divisions=1, functions=1) * cells(source)


@record(frozen=True)
class Same(OfOne):
    """A copy of a matrix: a step that changes nothing here, but may do so in an answer."""

    works_by_score = True

    @property
    def repeats(self) -> str:
        return self.source

    def bound(self, scores: float) -> float:
        return scores

    def apply(self, source: Array) -> Array:
        return source

    def formula(self, layout: Layout) -> str:
        return self.source

    def cell(self, index: Index, source: Array) -> Expression:
        return Cell(self.source, index)

    def cost(self, source: Axes) -> Cost:
        """No arithmetic."""
        return Cost()
