"""The operations of a norm, which normalises the features of each token."""

from __future__ import annotations

from typing import Any

import numpy as np

from attncli.calculation.algebra.expressions import Cell, Expression, Function, Index, Number, Sum
from attncli.calculation.algebra.layouts import Array, Axes, Axis, Layout
from attncli.calculation.algebra.operation import Name, OfOne, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.requirements import Equal, Need
from attncli.calculation.algebra.vector_expressions import Line, Total
from attncli.records import record


@record(frozen=True)
class OfFeatures(OfOne):
    """One number for each token, calculated from all its features: (…, n, d) → (…, n, 1)."""

    def axes(self, source: Axes) -> Axes:
        return (*source[:-1], Axis("feature", 1))


@record(frozen=True)
class Mean(OfFeatures):
    """Σ x / d over the features of each token."""

    def apply(self, source: Array) -> Array:
        mean: Array = source.mean(axis=-1, keepdims=True)
        return mean

    def formula(self, layout: Layout) -> str:
        return f"mean of each token of {self.source}"

    def cell(self, index: Index, source: Array) -> Expression:
        size = source.shape[-1]
        return Total(Line(self.source, (*index[:-1], None), size)) / Number(size)

    def cost(self, source: Axes) -> Cost:
        """d − 1 additions and one division for each token."""
        return Cost(additions=source[-1].size - 1, divisions=1) * cells(source[:-1])


@record(frozen=True)
class Variance(Operation):
    """Σ (x − mean)² / d over the features of each token (Ba et al. 2016).

    With `is_sample`, the divisor is d − 1.
    """

    source: Name
    mean: Name
    is_sample: bool = False

    def axes(self, source: Axes, mean: Axes) -> Axes:
        return mean

    def apply(self, source: Array, mean: Array) -> Array:
        total: Array = np.square(source - mean).sum(axis=-1, keepdims=True)
        variance: Array = total / (source.shape[-1] - self.is_sample)
        return variance

    def formula(self, layout: Layout) -> str:
        over = "features − 1" if self.is_sample else "features"
        return f"Σ ({self.source} − {self.mean})² / {over} of each token"

    def cell(self, index: Index, source: Array, mean: Array) -> Expression:
        features, of_token = source.shape[-1], Cell(self.mean, index)
        away = (Cell(self.source, (*index[:-1], i)) - of_token for i in range(features))
        return Sum(tuple(difference**2 for difference in away)) / Number(features - self.is_sample)

    def cost(self, source: Axes, mean: Axes) -> Cost:
        """d subtractions, d squares, d − 1 additions and one division for each token."""
        d = source[-1].size
        return Cost(d, 2 * d - 1, divisions=1) * cells(source[:-1])


@record(frozen=True)
class MeanSquare(OfFeatures):
    """Σ x² / d over the features of each token (RMSNorm, Zhang & Sennrich 2019)."""

    def apply(self, source: Array) -> Array:
        mean: Array = np.square(source).mean(axis=-1, keepdims=True)
        return mean

    def formula(self, layout: Layout) -> str:
        return f"mean of the squares of each token of {self.source}"

    def cell(self, index: Index, source: Array) -> Expression:
        features = source.shape[-1]
        numbers = (Cell(self.source, (*index[:-1], i)) for i in range(features))
        return Sum(tuple(number**2 for number in numbers)) / Number(features)

    def cost(self, source: Axes) -> Cost:
        """d squares, d − 1 additions and one division for each token."""
        d = source[-1].size
        return Cost(d, d - 1, divisions=1) * cells(source[:-1])


@record(frozen=True)
class Standardise(Operation):
    """gamma (x − mean) / √(variance + eps) + beta, of the shape of x (Ba et al. 2016).

    `mean` is None in RMSNorm. `gamma` and `beta` have one number per feature; each may be None.
    With `eps_outside`, the divisor is √variance + eps.
    """

    source: Name
    mean: Name | None
    variance: Name
    gamma: Name | None = None
    beta: Name | None = None
    eps: float = 0.0
    eps_outside: bool = False

    @property
    def needs(self) -> tuple[Need, ...]:
        names = (name for name in (self.gamma, self.beta) if name)
        cure = "gamma and beta need one number per feature."
        return tuple(Equal((n, -1), (self.source, -1), "normalising", cure) for n in names)

    def axes(self, source: Axes, *_: Axes) -> Axes:
        return source

    def apply(self, *operands: Array) -> Array:
        known = dict(zip(self.operands, operands, strict=True))
        centred = known[self.source] - (known[self.mean] if self.mean else 0)
        variance = known[self.variance]
        divisor = np.sqrt(variance) + self.eps if self.eps_outside else np.sqrt(variance + self.eps)
        result = centred / divisor
        if self.gamma:
            result = result * known[self.gamma]
        return result + known[self.beta] if self.beta else result

    def formula(self, layout: Layout) -> str:
        centred = f"({self.source} − {self.mean})" if self.mean else self.source
        divisor = (
            f"(√{self.variance} + {self.eps:g})"
            if self.eps_outside
            else f"√({self.variance} + {self.eps:g})"
        )
        scaled = f"{self.gamma} × {centred} / {divisor}" if self.gamma else f"{centred} / {divisor}"
        return f"{scaled} + {self.beta}" if self.beta else scaled

    def cell(self, index: Index, *operands: Any) -> Expression:
        of_token = (*index[:-1], 0)
        centred: Expression = Cell(self.source, index)
        if self.mean:
            centred = centred - Cell(self.mean, of_token)
        variance, eps = Cell(self.variance, of_token), Number(self.eps)
        root = Function("sqrt", variance if self.eps_outside else variance + eps)
        result = centred / (root + eps if self.eps_outside else root)
        if self.gamma:
            result = Cell(self.gamma, index[-1:]) * result
        return result + Cell(self.beta, index[-1:]) if self.beta else result

    def cost(self, source: Axes, *_: Axes) -> Cost:
        """One addition and one root for each token; one division for each number.

        `mean`, `gamma` and `beta` add one operation each, for each number.
        """
        of_number = Cost(bool(self.gamma), bool(self.mean) + bool(self.beta), divisions=1)
        of_token = Cost(additions=1, functions=1)
        return of_number * cells(source) + of_token * cells(source[:-1])
