"""Expressions as people write them, in text; other notations override methods at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Self

from attncli.calculation.algebra.expressions import (
    Cell,
    Difference,
    Expression,
    Function,
    Known,
    Larger,
    Negative,
    Noted,
    Number,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
    Values,
)
from attncli.calculation.algebra.requirements import Paper
from attncli.calculation.algebra.vector_expressions import (
    Image,
    Inner,
    Length,
    Line,
    Mapped,
    Slot,
    SquaredDistance,
    Total,
    Vector,
    Whole,
)
from attncli.calculation.problem.shown import WORDS
from attncli.records import record, replace
from attncli.render.numbers import (
    ORDINARY,
    constant_text,
    decimals_for_people,
    number_text,
    rounded_text,
    significant_decimals,
)

LONG = 8  # sums with more terms are elided
MANY = 1 << 15  # texts of numbers that are kept
FIRST, LAST = 3, 1  # the numbers of terms that an elided sum keeps at its ends
SQUARE = Number(2)

# The tightness of expressions: a part that is looser than its place needs is put in brackets.
ADDED, MULTIPLIED, CLOSED = range(3)
TIGHTNESS: dict[type[Expression], int] = {
    **dict.fromkeys((Sum, Difference), ADDED),
    **dict.fromkeys((Product, Quotient), MULTIPLIED),
    **dict.fromkeys((Cell, Known, Number, Root, Negative, Power, Function, Larger), CLOSED),
    **dict.fromkeys((Inner, Total, Whole, Length, SquaredDistance), CLOSED),  # in names
}
SumOfTerms = Sum | Inner | Total | Length | SquaredDistance  # written as sums, at least in numbers


def elide(parts: Sequence[Expression], full: bool) -> tuple[Sequence[Expression], int]:
    """Return the terms of a sum that are written, and the number of terms left out between them."""
    if full or len(parts) <= LONG:
        return parts, 0
    return (*parts[:FIRST], *parts[-LAST:]), len(parts) - FIRST - LAST


def unknown(expression: Expression | Vector) -> NotImplementedError:
    """Return the error for a kind of expression that the renderer does not know."""
    kind = type(expression).__name__
    return NotImplementedError(f"there is no spelling for expressions of the kind {kind}")


@record(frozen=True)
class Spelling:
    """The spelling of expressions in text: with numbers if `values` are given, else with names.

    `values` are the matrices by name; `full` elides no terms. Numbers get `precision` decimals, or
    about `digits` digits if `precision` is None: cells have the decimals of tables, and results of
    inner parts have significant digits.
    """

    paper: Paper
    precision: int | None
    full: bool
    values: Values | None = None
    digits: int = ORDINARY

    times, dot, about = " × ", "·", "≈"
    brackets, norm, total, gap = "({})", "‖{}‖", "Σ {}", "… {} more …"

    def spell(self, expression: Expression, leads: bool = True) -> str:
        """Return the text of an expression.

        A negative number gets brackets unless `leads` is True, which means that no sign stands
        before it. Raises NotImplementedError for an unknown kind of expression.
        """
        match self.bare(expression):
            case Cell() as cell if self.values is None:
                return self.cell(cell)
            case Cell() as cell:
                return self.number(cell.value(self.values or {}), leads)
            case Known(number):
                return self.signed(self.result(number), leads)
            case Number(number):
                return self.signed(self.constant(number), leads)
            case Root(radicand):
                return self.root(str(radicand))
            case Sum(terms):
                return self.sum(terms, leads)
            case Difference(left, right):
                return f"{self.spell(left, leads)} - {self.part(right, MULTIPLIED)}"
            case Negative(argument):
                return self.signed(f"-{self.part(argument, MULTIPLIED)}", leads)
            case Product((first, *others)):
                factors = (self.part(factor, MULTIPLIED) for factor in others)
                return self.times.join((self.part(first, MULTIPLIED, leads), *factors))
            case Quotient(numerator, denominator):
                return self.quotient(numerator, denominator, leads)
            case Power(base, exponent):
                return self.power(self.part(base, CLOSED), exponent)
            case Function("sqrt", argument):
                return self.root(self.spell(argument))
            case Function(name, argument):
                return self.function(name, self.spell(argument))
            case Larger(choices):
                return self.function("max", ", ".join(map(self.spell, choices)))
            case Inner(left, right):
                return f"{self.vector(left)}{self.dot}{self.vector(right)}"
            case Total(vector):
                return self.total.format(self.vector(vector))
            case Whole(line):
                return self.vector(line)
            case Length(line):
                return self.norm.format(self.vector(line))
            case SquaredDistance(left, right):
                between = f"{self.vector(left)} - {self.vector(right)}"
                return self.power(self.norm.format(between), SQUARE)
        raise unknown(expression)

    def bare(self, expression: Expression) -> Expression:
        """Return the expression without its note; with numbers, also vectors as sums of cells."""
        if isinstance(expression, Noted):
            return self.bare(expression.result)
        if self.values is not None and isinstance(expression, Inner | Total | SquaredDistance):
            return Sum(expression.parts)
        if self.values is not None and isinstance(expression, Length):
            return Function("sqrt", Sum(expression.parts))
        return expression

    def part(self, expression: Expression, tightness: int, leads: bool = False) -> str:
        """Return the text of a part, in brackets if it is looser than `tightness`."""
        kind = type(self.bare(expression))
        if kind not in TIGHTNESS:
            raise unknown(expression)
        if TIGHTNESS[kind] < tightness:
            return self.brackets.format(self.spell(expression))
        return self.spell(expression, leads)

    def sum(self, terms: Sequence[Expression], leads: bool) -> str:
        """Return the terms with a plus between them; of many, only the first and the last."""
        some, left_out = elide(terms, self.full)
        spelled = [self.spell(term, leads and not at) for at, term in enumerate(some)]
        if left_out:
            spelled.insert(FIRST, self.gap.format(left_out))
        return " + ".join(spelled)

    def vector(self, vector: Vector) -> str:
        """Return the text of a row or column, or of a vector that is calculated from one."""
        match vector:
            case Line(name, slots):
                return self.place(name, slots)
            case Mapped(line=line):
                return self.spell(vector.of(Whole(line)))
            case Image(line, matrix, _, is_turned):
                image = [self.place(line.name, line.slots), self.matrix(matrix, is_turned)]
                return f"({' '.join(reversed(image) if is_turned else image)})"
        raise unknown(vector)

    def cell(self, cell: Cell) -> str:
        """Return `scores[2,1]` or `weights[2,1,head=1]`, as the user's layout counts."""
        return self.place(cell.name, cell.index)

    def place(self, name: str, slots: Sequence[Slot]) -> str:
        """Return the text of a cell, a row (`Q[2]`) or a column (`V[:,1]`) of a matrix."""
        own, leading = self.places(name, slots)
        below = ",".join([*own, *(f"{word}={at}" for word, at in leading)])
        return f"{name}[{below}]" if below else name

    def places(self, name: str, slots: Sequence[Slot]) -> tuple[list[str], list[tuple[str, str]]]:
        """Return the row and column in the layout's order, and the places in batch and heads."""
        axes, role = self.paper.axes[name], self.paper.roles[name]
        places = [(axis, _place(slot)) for axis, slot in zip(axes, slots, strict=True)]
        own = [at for axis, at in places if axis.name not in WORDS]
        if role in self.paper.layout.swapped and len(own) == 2:
            own.reverse()
        while own and own[-1] == ":":
            own.pop()
        return own, [(WORDS[axis.name], at) for axis, at in places if axis.name in WORDS]

    def at(self, digits: int) -> Self:
        """Return the spelling with another number of digits."""
        return replace(self, digits=digits)

    def number(self, number: float, leads: bool = True) -> str:
        """Return the number of a cell, in brackets if its minus would follow another sign."""
        return self.signed(self.written(number), leads)

    def written(self, number: float) -> str:
        """Return the number of a cell."""
        return _written(number, self.precision, self.digits)

    def result(self, number: float) -> str:
        """Return the result of an inner part."""
        return _result(number, self.precision, self.digits)

    def read(self, number: float) -> float:
        """Return the number of a cell as a reader reads it."""
        return float(self.written(number))

    def read_result(self, number: float) -> float:
        """Return the result of an inner part as a reader reads it."""
        return float(self.result(number))

    def sign(self, is_exact: bool) -> str:
        """Return the sign before a member of a chain: = if the member leaves out no digits."""
        return "=" if is_exact else self.about

    # LaTeX and Typst override the following methods.

    def signed(self, text: str, leads: bool) -> str:
        """Return the text of a number, in brackets if its minus would follow another sign."""
        return text if leads or not text.startswith("-") else f"({text})"

    def constant(self, number: float) -> str:
        return constant_text(number)

    def matrix(self, name: str, is_transposed: bool) -> str:
        return name + "ᵀ" * is_transposed

    def quotient(self, numerator: Expression, denominator: Expression, leads: bool) -> str:
        return f"{self.part(numerator, MULTIPLIED, leads)} / {self.part(denominator, CLOSED)}"

    def root(self, radicand: str) -> str:
        return f"√{radicand}" if radicand.isdigit() else f"√({radicand})"

    def power(self, base: str, exponent: Expression) -> str:
        if re.fullmatch(r"[0-9.]+e[+-][0-9]+", base):
            base = self.brackets.format(base)
        if exponent == SQUARE:
            return f"{base}²"
        return f"{base}^({self.spell(exponent).replace(' ', '')})"

    def function(self, name: str, argument: str) -> str:
        return f"{name}({argument})"

    def words(self, text: str) -> str:
        return text


@lru_cache(MANY)
def _written(number: float, precision: int | None, digits: int) -> str:
    if precision is not None:
        return number_text(number, precision, precision)
    return rounded_text(number, decimals_for_people(number, digits))


@lru_cache(MANY)
def _result(number: float, precision: int | None, digits: int) -> str:
    if precision is not None:
        return number_text(number, precision, precision)
    return rounded_text(number, significant_decimals(number, digits))


def _place(slot: Slot) -> str:
    """Return a place along an axis, counted from 1, or the first and last place of a slice."""
    if slot is None:
        return ":"
    return str(slot + 1) if isinstance(slot, int) else f"{slot.start + 1}:{slot.stop}"
