"""The arithmetic of one cell: a small tree of sums, products, quotients and functions.

An operation builds the tree of a cell; a trace, or an answer, supplies the numbers of the cells in
the tree. Indices count from 0 and are those of the layout `rows`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Mapping, Sequence
from math import cos, erf, exp, inf, prod, sin, sqrt, tanh
from typing import Any, Protocol

import numpy as np

from attncli.records import record

Index = tuple[int, ...]


class Numbers(Protocol):
    """A matrix, or another table of numbers with an index for each number and for each line."""

    def __getitem__(self, index: tuple[int | slice, ...], /) -> Any: ...


Values = Mapping[str, Numbers]


def _exp(number: float) -> float:
    """Return e to the power of `number`; infinite if it overflows, as in NumPy."""
    return inf if number > 709.78 else exp(number)


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": _exp,
    "tanh": tanh,
    "sqrt": sqrt,
    "sin": sin,
    "cos": cos,
    "erf": erf,
}


class Expression(ABC):
    """A number together with the arithmetic that gives it.

    Python's operators make larger expressions: `Cell("X", (0, 1)) / 2`.
    """

    @property
    def parts(self) -> Sequence[Expression]:
        """The parts of this expression, from left to right; a leaf, such as a cell, has none."""
        return ()

    @abstractmethod
    def value(self, values: Values) -> float:
        """Return the number. `values` holds the matrices by name, in the layout `rows`."""

    def halfway(self, values: Values) -> Expression:
        """Return the next line of the calculation: numbers replace the inner parts."""
        return self

    def turned(self, swapped: Container[str]) -> Expression:
        """Return the expression in a layout that writes the matrices in `swapped` transposed."""
        return self

    def __add__(self, other: Expression) -> Expression:
        return Sum((self, other))

    def __sub__(self, other: Expression) -> Expression:
        return Difference(self, other)

    def __mul__(self, other: Expression) -> Expression:
        return Product((self, other))

    def __truediv__(self, other: Expression | float) -> Expression:
        return Quotient(self, other if isinstance(other, Expression) else Number(other))

    def __pow__(self, exponent: float) -> Expression:
        return Power(self, Number(exponent))


def settled(expression: Expression, values: Values) -> Expression:
    """Return the expression as one number; a leaf, such as a cell, stays as it is."""
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
    """A constant of the calculation, such as the fill of a mask; written with all its digits."""

    number: float

    def value(self, values: Values) -> float:
        return self.number


@record(frozen=True)
class Known(Expression):
    """A part that is already calculated; it is written with as many decimals as results."""

    number: float

    def value(self, values: Values) -> float:
        return self.number


@record(frozen=True)
class Root(Expression):
    """√n for a whole number n."""

    radicand: int

    def value(self, values: Values) -> float:
        return sqrt(self.radicand)


@record(frozen=True)
class Sum(Expression):
    """a + b + …"""

    terms: Sequence[Expression]

    @property
    def parts(self) -> Sequence[Expression]:
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
        """Return the quotient; infinite or NaN if the denominator is 0, as in NumPy."""
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
        """Return the power; infinite if it overflows, as in NumPy."""
        with np.errstate(all="ignore"):
            return float(np.float64(self.base.value(values)) ** self.exponent.value(values))


@record(frozen=True)
class Function(Expression):
    """f(a), such as exp(a) or tanh(a): `name` is a key of `FUNCTIONS`."""

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
    """A result with its reason; `note` is the text of the reason, with cells in it."""

    result: Expression
    note: tuple[str | Cell, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.result,)

    def value(self, values: Values) -> float:
        return self.result.value(values)

    def halfway(self, values: Values) -> Expression:
        return Noted(self.result.halfway(values), self.note)
