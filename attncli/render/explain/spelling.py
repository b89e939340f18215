"""Expressions as people write them, in text; LaTeX replaces the methods at the end by its own."""

from __future__ import annotations

from collections.abc import Sequence

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

# How tightly an expression holds together: a part that is looser than its place stands in brackets.
ADDED, MULTIPLIED, CLOSED = range(3)
TIGHTNESS: dict[type[Expression], int] = {
    **dict.fromkeys((Sum, Difference), ADDED),
    **dict.fromkeys((Product, Quotient), MULTIPLIED),
    **dict.fromkeys((Cell, Known, Number, Root, Negative, Power, Function, Larger), CLOSED),
    **dict.fromkeys((Inner, Total, Whole, Length, SquaredDistance), CLOSED),  # in names
}
SumOfTerms = Sum | Inner | Total | Length | SquaredDistance  # written as sums, at least in numbers


def elide(parts: Sequence[Expression], full: bool) -> tuple[Sequence[Expression], int]:
    """The terms of a sum that are written, and how many are left out before the last of them."""
    if full or len(parts) <= LONG:
        return parts, 0
    return (*parts[:FIRST], *parts[-LAST:]), len(parts) - FIRST - LAST


def unknown(expression: Expression | Vector) -> NotImplementedError:
    """The error for a kind of expression that somebody added without saying how it is written."""
    kind = type(expression).__name__
    return NotImplementedError(f"nothing says how the expression {kind} is written")


@record(frozen=True)
class Spelling:
    """How expressions are written, in text; with `values` as numbers, without them as names."""

    paper: Paper
    precision: int
    full: bool
    values: Values | None = None

    times, dot = " × ", "·"
    brackets, norm, total, gap = "({})", "‖{}‖", "Σ {}", "… {} more …"

    def spell(self, expression: Expression, leads: bool = True) -> str:
        """Write an expression; a negative number stands in brackets where it does not lead.

        Raises NotImplementedError for a kind of expression that is not known here.
        """
        match self.bare(expression):
            case Cell() as cell if self.values is None:
                return self.cell(cell)
            case (Cell() | Known()) as known:
                return self.number(known.value(self.values or {}), leads)
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
        """The expression without its note; in numbers what is made of vectors is a sum of cells."""
        if isinstance(expression, Noted):
            return self.bare(expression.result)
        if self.values is not None and isinstance(expression, Inner | Total | SquaredDistance):
            return Sum(expression.parts)
        if self.values is not None and isinstance(expression, Length):
            return Function("sqrt", Sum(expression.parts))
        return expression

    def part(self, expression: Expression, tightness: int, leads: bool = False) -> str:
        """Write a part of something larger, in brackets where it is looser than its place."""
        kind = type(self.bare(expression))
        if kind not in TIGHTNESS:
            raise unknown(expression)
        if TIGHTNESS[kind] < tightness:
            return self.brackets.format(self.spell(expression))
        return self.spell(expression, leads)

    def sum(self, terms: Sequence[Expression], leads: bool) -> str:
        """The terms with a plus between; of many, the first and the last."""
        some, left_out = elide(terms, self.full)
        spelled = [self.spell(term, leads and not at) for at, term in enumerate(some)]
        if left_out:
            spelled.insert(FIRST, self.gap.format(left_out))
        return " + ".join(spelled)

    def vector(self, vector: Vector) -> str:
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
        """`scores[2,1]`, `weights[2,1,head=1]`: as it stands on the user's paper."""
        return self.place(cell.name, cell.index)

    def place(self, name: str, slots: Sequence[Slot]) -> str:
        """A cell, a row (`Q[2]`) or a column (`V[:,1]`) of a matrix."""
        own, leading = self.places(name, slots)
        below = ",".join([*own, *(f"{word}={at}" for word, at in leading)])
        return f"{name}[{below}]" if below else name

    def places(self, name: str, slots: Sequence[Slot]) -> tuple[list[str], list[tuple[str, str]]]:
        """Its own places in the order of the paper, and those along batch and heads."""
        axes, role = self.paper.axes[name], self.paper.roles[name]
        places = [(axis, _place(slot)) for axis, slot in zip(axes, slots, strict=True)]
        own = [at for axis, at in places if axis.name not in WORDS]
        if role in self.paper.layout.swapped and len(own) == 2:
            own.reverse()
        while own and own[-1] == ":":
            own.pop()
        return own, [(WORDS[axis.name], at) for axis, at in places if axis.name in WORDS]

    def number(self, number: float, leads: bool = True) -> str:
        """A number with the decimals that were asked for."""
        return self.signed(number_text(number, self.precision), leads)

    # LaTeX writes these in another way.

    def signed(self, text: str, leads: bool) -> str:
        """A number, in brackets where a minus would follow another sign."""
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
        if exponent == SQUARE:
            return f"{base}²"
        return f"{base}^({self.spell(exponent).replace(' ', '')})"

    def function(self, name: str, argument: str) -> str:
        return f"{name}({argument})"

    def words(self, text: str) -> str:
        return text


def _place(slot: Slot) -> str:
    """A place along an axis, counted from 1; a part of it with its first and last place."""
    if slot is None:
        return ":"
    return str(slot + 1) if isinstance(slot, int) else f"{slot.start + 1}:{slot.stop}"
