"""The arithmetic of one cell: a small tree of what is added, multiplied and divided.

An operation builds the tree of a cell; a trace, or an answer, supplies the numbers of the cells it
speaks of. Indices count from 0 and are those of the layout `rows`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Mapping
from math import cos, erf, exp, inf, prod, sin, sqrt, tanh

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.records import record

Values = Mapping[str, Array]
Index = tuple[int, ...]


def _exp(number: float) -> float:
    """e to this power; infinite where it overflows, as in NumPy."""
    return inf if number > 709.78 else exp(number)


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": _exp,
    "tanh": tanh,
    "sin": sin,
    "cos": cos,
    "sqrt": sqrt,
    "erf": erf,
}


class Expression(ABC):
    """A number, and how it comes about."""

    @property
    def parts(self) -> tuple[Expression, ...]:
        """What it is made of, from left to right; a leaf has none."""
        return ()

    @abstractmethod
    def value(self, values: Values) -> float:
        """The number, where the matrices hold these."""

    def halfway(self, values: Values) -> Expression:
        """The same with its inner parts calculated: what a person writes before the result."""
        return self

    def turned(self, swapped: Container[str]) -> Expression:
        """The same as a layout writes it where these matrices stand transposed on paper."""
        return self


def settled(expression: Expression, values: Values) -> Expression:
    return Known(expression.value(values)) if expression.parts else expression


@record(frozen=True)
class Cell(Expression):
    """One cell of a named matrix."""

    name: str
    index: Index

    def value(self, values: Values) -> float:
        return float(values[self.name][self.index])


@record(frozen=True)
class Number(Expression):
    """A constant of the calculation, such as the fill of a mask: written with all its digits."""

    number: float

    def value(self, values: Values) -> float:
        return self.number


@record(frozen=True)
class Known(Expression):
    """A part that is calculated already: written with the decimals of results."""

    number: float

    def value(self, values: Values) -> float:
        return self.number


@record(frozen=True)
class Root(Expression):
    """√n of a whole number."""

    radicand: int

    def value(self, values: Values) -> float:
        return sqrt(self.radicand)


@record(frozen=True)
class Sum(Expression):
    """a + b + …"""

    terms: tuple[Expression, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.terms

    def value(self, values: Values) -> float:
        return sum(term.value(values) for term in self.terms)

    def halfway(self, values: Values) -> Expression:
        return Sum(tuple(term.halfway(values) for term in self.terms))

    def turned(self, swapped: Container[str]) -> Expression:
        return Sum(tuple(term.turned(swapped) for term in self.terms))


@record(frozen=True)
class Difference(Expression):
    """a − b."""

    left: Expression
    right: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.left, self.right)

    def value(self, values: Values) -> float:
        return self.left.value(values) - self.right.value(values)

    def halfway(self, values: Values) -> Expression:
        return Difference(settled(self.left, values), settled(self.right, values))


@record(frozen=True)
class Negative(Expression):
    """−a."""

    argument: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.argument,)

    def value(self, values: Values) -> float:
        return -self.argument.value(values)

    def halfway(self, values: Values) -> Expression:
        return Negative(self.argument.halfway(values))


@record(frozen=True)
class Product(Expression):
    """a × b × …"""

    factors: tuple[Expression, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.factors

    def value(self, values: Values) -> float:
        return prod(factor.value(values) for factor in self.factors)

    def halfway(self, values: Values) -> Expression:
        return Product(tuple(settled(factor, values) for factor in self.factors))


@record(frozen=True)
class Quotient(Expression):
    """a / b."""

    numerator: Expression
    denominator: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.numerator, self.denominator)

    def value(self, values: Values) -> float:
        """Infinite or NaN over 0, as in NumPy."""
        with np.errstate(all="ignore"):
            return float(np.float64(self.numerator.value(values)) / self.denominator.value(values))

    def halfway(self, values: Values) -> Expression:
        return Quotient(settled(self.numerator, values), settled(self.denominator, values))


@record(frozen=True)
class Power(Expression):
    """a ^ b."""

    base: Expression
    exponent: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.base, self.exponent)

    def value(self, values: Values) -> float:
        """Infinite where it overflows, as in NumPy."""
        with np.errstate(all="ignore"):
            return float(np.float64(self.base.value(values)) ** self.exponent.value(values))


@record(frozen=True)
class Function(Expression):
    """exp(a) or tanh(a): one of `FUNCTIONS`."""

    name: str
    argument: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.argument,)

    def value(self, values: Values) -> float:
        return FUNCTIONS[self.name](self.argument.value(values))

    def halfway(self, values: Values) -> Expression:
        return Function(self.name, settled(self.argument, values))


@record(frozen=True)
class Larger(Expression):
    """max(a, b)."""

    choices: tuple[Expression, Expression]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.choices

    def value(self, values: Values) -> float:
        return max(choice.value(values) for choice in self.choices)

    def halfway(self, values: Values) -> Expression:
        left, right = self.choices
        return Larger((left.halfway(values), right.halfway(values)))


@record(frozen=True)
class Noted(Expression):
    """A number with the reason for it, in words between which cells may stand."""

    result: Expression
    note: tuple[str | Cell, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.result,)

    def value(self, values: Values) -> float:
        return self.result.value(values)

    def halfway(self, values: Values) -> Expression:
        return Noted(self.result.halfway(values), self.note)
