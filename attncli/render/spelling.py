"""Expressions as people write them, in text; the methods at the end are what LaTeX has of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attncli.calculation.arithmetic import (
    Cell,
    Difference,
    Expression,
    Function,
    Known,
    Noted,
    Number,
    Product,
    Quotient,
    Root,
    Sum,
    Values,
)
from attncli.calculation.cells import WORDS
from attncli.calculation.needs import Paper
from attncli.calculation.vectors import Image, Inner, Line, Mapped, Slot, Total, Vector
from attncli.render.numbers import constant_text, number_text

LONG = 8  # sums of more terms are elided
FIRST, LAST = 3, 1  # the terms that stay at each end


def shown(parts: Sequence[Expression], full: bool) -> tuple[Sequence[Expression], int]:
    """The terms of a sum that are written, and how many are left out before the last of them."""
    if full or len(parts) <= LONG:
        return parts, 0
    return (*parts[:FIRST], *parts[-LAST:]), len(parts) - FIRST - LAST


@dataclass(frozen=True)
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
                return self.signed(self.minus_infinite(number) or constant_text(number), leads)
            case Root(radicand):
                return self.root(radicand)
            case Sum(terms):
                return self.sum(terms, leads)
            case Difference(left, right):
                return f"{self.spell(left, leads)} - {self.spell(right, False)}"
            case Product(factors):
                first, *others = factors
                spelled = (self.factor(first, leads), *(self.factor(f, False) for f in others))
                return self.times.join(spelled)
            case Quotient(numerator, denominator):
                return self.quotient(numerator, denominator, leads)
            case Function(name, argument):
                return self.function(name, self.spell(argument))
            case Noted(result):
                return self.spell(result, leads)
            case Inner(left, right) if self.values is None:
                return f"{self.vector(left)}{self.dot}{self.vector(right)}"
            case Total(vector) if self.values is None:
                return self.total(self.vector(vector))
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
            self.values is not None and isinstance(expression, Inner | Total)
        ):
            return self.bracketed(self.spell(expression))
        return self.spell(expression, leads)

    def vector(self, vector: Vector) -> str:
        match vector:
            case Line(name, slots):
                return self.place(name, slots)
            case Mapped(function, line, less):
                lesser = f" - {self.cell(less)}" if less else ""
                return self.function(function, self.place(line.name, line.slots) + lesser)
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
        places = [
            (axis, ":" if at is None else str(at + 1)) for axis, at in zip(axes, slots, strict=True)
        ]
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

    def minus_infinite(self, number: float) -> str:
        return "-inf" if np.isneginf(number) else ""

    def matrix(self, name: str, is_transposed: bool) -> str:
        return name + "ᵀ" * is_transposed

    def bracketed(self, text: str) -> str:
        return f"({text})"

    def quotient(self, numerator: Expression, denominator: Expression, leads: bool) -> str:
        below = self.spell(denominator, False)
        is_sum = self.values is not None and isinstance(denominator, Total | Inner | Sum)
        return f"{self.factor(numerator, leads)} / {f'({below})' if is_sum else below}"

    def root(self, radicand: int) -> str:
        return f"√{radicand}"

    def function(self, name: str, argument: str) -> str:
        return f"{name}({argument})"

    def total(self, vector: str) -> str:
        return f"Σ {vector}"

    def gap(self, count: int) -> str:
        return f"… {count} more …"

    def words(self, text: str) -> str:
        return text
