"""The operations of a norm, which normalises the features of each token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from attncli.calculation.algebra.expressions import Cell, Expression, Function, Index, Number, Sum
from attncli.calculation.algebra.layouts import Array, Axes, Axis, Booleans, Layout
from attncli.calculation.algebra.operation import Name, OfOne, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.requirements import Equal, Need
from attncli.calculation.algebra.row_sums import row_sums
from attncli.calculation.algebra.vector_expressions import Line, Total
from attncli.records import record
from attncli.words import count


@record(frozen=True)
class OfFeatures(OfOne):
    """One number for each token, calculated from all its features: (…, n, d) → (…, n, 1)."""

    def axes(self, source: Axes) -> Axes:
        return (*source[:-1], Axis("feature", 1))


@record(frozen=True)
class Mean(OfFeatures):
    """Σ x / d over the features of each token, never outside the range of these features."""

    def apply(self, source: Array) -> Array:
        mean: Array = source.mean(axis=-1, keepdims=True)
        is_lost = ~np.isfinite(mean) & np.isfinite(source).all(axis=-1, keepdims=True)
        if is_lost.any():  # the sum overflows
            mean = np.where(is_lost, (source / source.shape[-1]).sum(axis=-1, keepdims=True), mean)
        # Rounding may not move the mean of equal features away from them: 0.1 + 0.1 + 0.1 > 0.3.
        mean = np.maximum(mean, source.min(axis=-1, keepdims=True))
        within: Array = np.minimum(mean, source.max(axis=-1, keepdims=True))
        return within

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
        variance: Array = _squares(source - mean) / (source.shape[-1] - self.is_sample)
        return variance.astype(source.dtype, copy=False)

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


def _squares(matrix: Array) -> Array:
    """Return the sum of the squares of each row, as a column; see `row_sums` for its type."""
    return row_sums(np.square(matrix, dtype=np.result_type(matrix, np.float32)))


@record(frozen=True)
class MeanSquare(OfFeatures):
    """Σ x² / d over the features of each token (RMSNorm, Zhang & Sennrich 2019)."""

    def apply(self, source: Array) -> Array:
        mean: Array = _squares(source) / source.shape[-1]
        return mean.astype(source.dtype, copy=False)

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
    With `eps_outside`, the divisor is √variance + eps. `is_sample`: see `Variance`. If the variance
    overflows, or vanishes though the features differ, the quotients are calculated from smaller or
    larger features instead: the norm stays the same.
    """

    source: Name
    mean: Name | None
    variance: Name
    gamma: Name | None = None
    beta: Name | None = None
    eps: float = 0.0
    eps_outside: bool = False
    is_sample: bool = False

    @property
    def needs(self) -> tuple[Need, ...]:
        names = (name for name in (self.gamma, self.beta) if name)
        cure = "gamma and beta need one number per feature."
        return tuple(Equal((n, -1), (self.source, -1), "normalising", cure) for n in names)

    def axes(self, source: Axes, *_: Axes) -> Axes:
        return source

    def apply(self, *operands: Array) -> Array:
        known = dict(zip(self.operands, operands, strict=True))
        mean = known[self.mean] if self.mean else None
        result = self._quotients(known[self.source], mean, known[self.variance])
        if self.gamma:
            result = result * known[self.gamma]
        return result + known[self.beta] if self.beta else result

    def _quotients(self, source: Array, mean: Array | None, variance: Array) -> Array:
        """Return the result without gamma and beta."""
        centred = source if mean is None else source - mean
        quotients: Array = centred / self._divisor(variance, self.eps)
        is_lost = np.isposinf(variance)
        if not self.eps:
            largest, type_ = np.abs(centred).max(axis=-1, keepdims=True), np.finfo(source.dtype)
            is_lost = is_lost | ((largest > 0) & (largest < np.sqrt(type_.tiny / type_.eps)))
        is_lost = is_lost & np.isfinite(source).all(axis=-1, keepdims=True)
        return (
            np.where(is_lost, self._scaled(source, mean), quotients) if is_lost.any() else quotients
        )

    def _scaled(self, source: Array, mean: Array | None) -> Array:
        """Return the quotients, calculated from the features times a power of two.

        The power makes the largest feature of each token about 1, and changes no digit.
        """
        power = -np.frexp(np.abs(source).max(axis=-1, keepdims=True))[1]
        centred = np.ldexp(source, power)
        if mean is not None:
            centred = centred - np.ldexp(mean, power)
        variance = _squares(centred) / (source.shape[-1] - self.is_sample)
        eps = np.ldexp(self.eps, power if self.eps_outside else 2 * power)
        quotients: Array = centred / self._divisor(variance, eps)
        return quotients.astype(source.dtype, copy=False)

    def _divisor(self, variance: Array, eps: Array | float) -> Array:
        divisor: Array = np.sqrt(variance) + eps if self.eps_outside else np.sqrt(variance + eps)
        return divisor

    def undefined(self, *operands: Array) -> Booleans:
        known = dict(zip(self.operands, operands, strict=True))
        centred = known[self.source] - (known[self.mean] if self.mean else 0)
        divisor = self._divisor(known[self.variance], self.eps)[..., 0]
        is_undefined: Booleans = ~centred.any(axis=-1) & (divisor == 0)
        return is_undefined

    def doubts(self, *operands: Array) -> Iterator[str]:
        """Yield a warning if the norm of a token is 0 / 0."""
        tokens = int(self.undefined(*operands).sum())
        if tokens:
            kind = "equal" if self.mean else "0"
            yield (
                f"all features of {count(tokens, 'tokens')} of {self.source} are {kind} and eps is "
                "0: the norm is 0 / 0 there, which is NaN. Use an eps above 0."
            )

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
