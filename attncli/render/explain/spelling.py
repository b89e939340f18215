"""Expressions as people write them, in text; LaTeX replaces the methods at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
from attncli.calculation.analyses.cell_names import WORDS
from attncli.records import record
from attncli.render.numbers import constant_text, number_text

LONG = 8  # sums of more terms are elided
FIRST, LAST = 3, 1  # the terms that stay at each end
SQUARE = Number(2)


def shown(parts: Sequence[Expression], full: bool) -> tuple[Sequence[Expression], int]:
    """The terms of a sum that are written, and how many are left out before the last of them."""
    if full or len(parts) <= LONG:
        return parts, 0
    return (*parts[:FIRST], *parts[-LAST:]), len(parts) - FIRST - LAST


@record(frozen=True)
class Spelling:
    """How expressions are written, in text; with `values` as numbers, without them as names."""

    paper: Paper
    precision: int
    full: bool
    values: Values | None = None

    times, equals, dot = " × ", " = ", "·"

    def spell(self, expression: Expression, leads: bool = True) -> str:
        """The expression; a negative number stands in brackets where it does not lead."""
        match expression:
            case Cell() if self.values is None:
                return self.cell(expression)
            case Cell() | Known():
                return self.number(expression.value(self.values or {}), leads)
            case Number(number):
                return self.signed(self.minus_infinite(number) or self.constant(number), leads)
            case Root(radicand):
                return self.root(str(radicand))
            case Sum(terms):
                return self.sum(terms, leads)
            case Difference(left, right):
                return f"{self.spell(left, leads)} - {self.factor(right, False)}"
            case Negative(argument):
                return self.signed(f"-{self.factor(argument, False)}", leads)
            case Product(factors):
                first, *others = factors
                spelled = (self.factor(first, leads), *(self.factor(f, False) for f in others))
                return self.times.join(spelled)
            case Quotient(numerator, denominator):
                return self.quotient(numerator, denominator, leads)
            case Power(base, exponent):
                return self.power(self.factor(base, False), exponent)
            case Function("sqrt", argument):
                return self.root(self.spell(argument))
            case Function(name, argument):
                return self.function(name, self.spell(argument))
            case Larger(choices):
                return self.function("max", ", ".join(map(self.spell, choices)))
            case Noted(result):
                return self.spell(result, leads)
            case Inner(left, right) if self.values is None:
                return f"{self.vector(left)}{self.dot}{self.vector(right)}"
            case Total(vector) if self.values is None:
                return self.total(self.vector(vector))
            case Whole(line):
                return self.vector(line)
            case Length(line):
                length = self.vector(line) if self.values is None else ""
                return self.norm(length) if length else self.root(self.sum(expression.parts, True))
            case SquaredDistance(left, right) if self.values is None:
                return self.power(self.norm(f"{self.vector(left)} - {self.vector(right)}"), SQUARE)
            case _:
                return self.sum(expression.parts, leads)

    def sum(self, terms: Sequence[Expression], leads: bool) -> str:
        """The terms with a plus between; of many, the first and the last."""
        some, left_out = shown(terms, self.full)
        spelled = [self.spell(term, leads and not at) for at, term in enumerate(some)]
        if left_out:
            spelled.insert(FIRST, self.gap(left_out))
        return " + ".join(spelled)

    def factor(self, expression: Expression, leads: bool) -> str:
        """A factor, in brackets where it is a sum."""
        if isinstance(expression, Sum | Difference) or (
            self.values is not None and isinstance(expression, Inner | Total | SquaredDistance)
        ):
            return self.bracketed(self.spell(expression))
        return self.spell(expression, leads)

    def vector(self, vector: Vector) -> str:
        match vector:
            case Line(name, slots):
                return self.place(name, slots)
            case Mapped(line=line):
                return self.spell(vector.of(Whole(line)))
            case Image(line, matrix, _, is_turned):
                image = [self.place(line.name, line.slots), self.matrix(matrix, is_turned)]
                return f"({' '.join(reversed(image) if is_turned else image)})"
        raise AssertionError(f"{vector} is spelled nowhere")

    def cell(self, cell: Cell) -> str:
        """`scores[2,1]`, `weights[2,1,head=1]`: as it stands on the user's paper."""
        return self.place(cell.name, cell.index)

    def place(self, name: str, slots: Sequence[Slot]) -> str:
        """A cell, a row (`Q[2]`) or a column (`V[:,1]`) of a matrix."""
        own, leading = self.written(name, slots)
        while own and own[-1] == ":":
            own.pop()
        words = [f"{word}={at}" for word, at in leading]
        return f"{name}[{','.join([*own, *words])}]" if own or words else name

    def written(self, name: str, slots: Sequence[Slot]) -> tuple[list[str], list[tuple[str, str]]]:
        """Its own places in the order of the paper, and those along batch and heads."""
        axes, role = self.paper.axes[name], self.paper.roles[name]
        places = [(axis, _place(slot)) for axis, slot in zip(axes, slots, strict=True)]
        own = [at for axis, at in places if axis.name not in WORDS]
        if role in self.paper.layout.swapped and len(own) == 2:
            own.reverse()
        return own, [(WORDS[axis.name], at) for axis, at in places if axis.name in WORDS]

    def number(self, number: float, leads: bool = True) -> str:
        """A number with the decimals that were asked for."""
        text = self.minus_infinite(number) or number_text(number, self.precision)
        return self.signed(text, leads)

    def signed(self, text: str, leads: bool) -> str:
        return text if leads or not text.startswith("-") else f"({text})"

    # What LaTeX writes in another way.

    def constant(self, number: float) -> str:
        return constant_text(number)

    def minus_infinite(self, number: float) -> str:
        return "-inf" if np.isneginf(number) else ""

    def matrix(self, name: str, is_transposed: bool) -> str:
        return name + "ᵀ" * is_transposed

    def bracketed(self, text: str) -> str:
        return f"({text})"

    def quotient(self, numerator: Expression, denominator: Expression, leads: bool) -> str:
        below = self.factor(denominator, False)
        if isinstance(denominator, Product | Quotient):
            below = self.bracketed(below)
        return f"{self.factor(numerator, leads)} / {below}"

    def root(self, radicand: str) -> str:
        return f"√{radicand}" if radicand.isdigit() else f"√({radicand})"

    def norm(self, vector: str) -> str:
        return f"‖{vector}‖"

    def power(self, base: str, exponent: Expression) -> str:
        if exponent == SQUARE:
            return f"{base}²"
        return f"{base}^({self.spell(exponent).replace(' ', '')})"

    def function(self, name: str, argument: str) -> str:
        return f"{name}({argument})"

    def total(self, vector: str) -> str:
        return f"Σ {vector}"

    def gap(self, count: int) -> str:
        return f"… {count} more …"

    def words(self, text: str) -> str:
        return text


def _place(slot: Slot) -> str:
    """A place along an axis, counted from 1; a part of it with its first and last place."""
    if slot is None:
        return ":"
    return str(slot + 1) if isinstance(slot, int) else f"{slot.start + 1}:{slot.stop}"
