"""Operations on each number by itself: factors, the soft cap, sums, and a copy."""

from __future__ import annotations

from math import sqrt, tanh
from typing import ClassVar

import numpy as np

from attncli.calculation.algebra.expressions import Cell, Expression, Function, Index, Number, Root
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation import Name, OfOne, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.requirements import Equal, Need, SameLeading
from attncli.records import record


class EvenCost(Operation):
    """An operation with one cost, `of_number`, for each number of its result."""

    of_number: ClassVar[Cost] = Cost()  # by default no arithmetic: numbers are only copied

    def cost(self, *operands: Axes) -> Cost:
        return self.of_number * cells(self.axes(*operands))


@record(frozen=True)
class Add(EvenCost):
    """x + Sublayer(x), of the same shape: the residual connection (He et al. 2016)."""

    is_residual = True
    of_number = Cost(additions=1)

    source: Name
    sublayer: Name

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = "A sublayer must keep the number of features: check its last weight."
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


@record(frozen=True)
class DivideByRoot(EvenCost, OfOne):
    """scores / √d_k, of the same shape (Vaswani et al. 2017, section 3.2.1)."""

    works_by_score = True
    of_number = Cost(divisions=1)

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


@record(frozen=True)
class TimesRoot(EvenCost, OfOne):
    """X × √d_model, of the same shape (Vaswani et al. 2017, section 3.4)."""

    of_number = Cost(multiplications=1)

    d_model: int

    def apply(self, source: Array) -> Array:
        return source * sqrt(self.d_model)

    def formula(self, layout: Layout) -> str:
        return f"{self.source} × √{self.d_model}"

    def cell(self, index: Index, source: Array) -> Expression:
        return Cell(self.source, index) * Root(self.d_model)


@record(frozen=True)
class Multiply(EvenCost, OfOne):
    """scores × scale, of the same shape."""

    works_by_score = True
    of_number = Cost(multiplications=1)

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


@record(frozen=True)
class SoftCap(EvenCost, OfOne):
    """c · tanh(scores / c), of the same shape: scores stay within ±c (ONNX Attention)."""

    works_by_score = True
    of_number = Cost(multiplications=1, divisions=1, functions=1)

    cap: float

    def bound(self, scores: float) -> float:
        return self.cap * tanh(scores / self.cap)

    def room(self, result: Axes, *operands: Axes) -> int:
        """Return the size of the quotients, of their tanh, and of the result."""
        return 3 * cells(result)

    def apply(self, source: Array) -> Array:
        bent: Array = np.tanh(source / self.cap)
        return self.cap * bent

    def formula(self, layout: Layout) -> str:
        return f"{self.cap:g} tanh({self.source} / {self.cap:g})"

    def cell(self, index: Index, source: Array) -> Expression:
        return Number(self.cap) * Function("tanh", Cell(self.source, index) / self.cap)


@record(frozen=True)
class Same(EvenCost, OfOne):
    """A copy of a matrix, as a step that changes nothing."""

    is_copy = True
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
