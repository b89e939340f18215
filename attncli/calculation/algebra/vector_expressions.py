"""Expressions with vectors: rows and columns of matrices, their functions and inner products."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from math import hypot
from typing import TypeAlias, overload

from attncli.calculation.algebra.expressions import (
    FUNCTIONS,
    Cell,
    Expression,
    Function,
    Sum,
    Values,
)
from attncli.records import record, replace

Slot = int | range | None  # an index; None runs along the axis, a range along a part of it

# A sequence of expressions from the matrix `name`: `at` returns one element, `numbers` the values
# of all elements, and `turned` the vector with the factors of each element in reverse order.
Vector: TypeAlias = "Line | Image | Mapped"


@record(frozen=True)
class Line:
    """A row or a column of a matrix, or a part of it: the axis whose slot is not an index."""

    name: str
    slots: tuple[Slot, ...]
    size: int

    def at(self, position: int) -> Cell:
        return Cell(self.name, tuple(_along(slot, position) for slot in self.slots))

    def numbers(self, values: Values) -> list[float]:
        numbers: list[float] = values[self.name][tuple(map(_selected, self.slots))].tolist()
        return numbers

    def turned(self) -> Line:
        return self


def _along(slot: Slot, position: int) -> int:
    if isinstance(slot, int):
        return slot
    return position if slot is None else slot[position]


def _selected(slot: Slot) -> int | slice:
    """Return a slot as an index of NumPy."""
    if isinstance(slot, int):
        return slot
    return slice(None) if slot is None else slice(slot.start, slot.stop, slot.step)


class Elements(Sequence[Expression]):
    """The elements of a vector, or terms made of them; each is made where it is needed.

    Of a long sum only the first and the last terms are written.
    """

    def __init__(self, at: Callable[[int], Expression], size: int) -> None:
        self._at, self._places = at, range(size)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Expression: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Expression]: ...
    def __getitem__(self, place: int | slice) -> Expression | Sequence[Expression]:
        places = self._places[place]
        return self._at(places) if isinstance(places, int) else list(map(self._at, places))


@record(frozen=True)
class Whole(Expression):
    """A line in the place of a number, as in exp(scores[2]); it has a text, but no value."""

    line: Line

    def value(self, values: Values) -> float:
        raise TypeError(f"a line of {self.line.name} is not a number")


@record(frozen=True)
class Image:
    """A line times a matrix of shape (line.size, size); with `is_turned`, matrix times line."""

    line: Line
    matrix: str
    size: int
    is_turned: bool = False

    @property
    def name(self) -> str:
        return self.line.name

    def at(self, position: int) -> Inner:
        column = Line(self.matrix, (None, position), self.line.size)
        return Inner(column, self.line) if self.is_turned else Inner(self.line, column)

    def numbers(self, values: Values) -> list[float]:
        return [self.at(position).value(values) for position in range(self.size)]

    def turned(self) -> Image:
        return replace(self, is_turned=not self.is_turned)


@record(frozen=True)
class Mapped:
    """f((x − less) / over) for each number x of a line; `less` and `over` may be left out."""

    function: str
    line: Line
    less: Cell | None = None
    over: float = 1

    @property
    def name(self) -> str:
        return self.line.name

    @property
    def size(self) -> int:
        return self.line.size

    def of(self, number: Expression) -> Function:
        """Return f((number − less) / over)."""
        argument = number - self.less if self.less else number
        return Function(self.function, argument / self.over if self.over != 1 else argument)

    def at(self, position: int) -> Function:
        return self.of(self.line.at(position))

    def numbers(self, values: Values) -> list[float]:
        less = self.less.value(values) if self.less else 0.0
        function, over = FUNCTIONS[self.function], self.over
        return [function((number - less) / over) for number in self.line.numbers(values)]

    def turned(self) -> Mapped:
        return self


@record(frozen=True)
class Total(Expression):
    """The sum Σ of the elements of a vector."""

    vector: Vector

    @property
    def parts(self) -> Sequence[Expression]:
        return Elements(self.vector.at, self.vector.size)

    def value(self, values: Values) -> float:
        return sum(self.vector.numbers(values))


@record(frozen=True)
class Inner(Expression):
    """u · v: the sum of the products of the elements of two vectors of one size."""

    left: Vector
    right: Vector

    @property
    def parts(self) -> Sequence[Expression]:
        return Elements(lambda i: self.left.at(i) * self.right.at(i), self.left.size)

    def value(self, values: Values) -> float:
        pairs = zip(self.left.numbers(values), self.right.numbers(values), strict=True)
        return sum(left * right for left, right in pairs)

    def halfway(self, values: Values) -> Expression:
        if isinstance(self.left, Line) and isinstance(self.right, Line):
            return self  # its products are products of cells
        return Sum(tuple(part.halfway(values) for part in self.parts))

    def turned(self, swapped: Container[str]) -> Expression:
        if self.left.name not in swapped and self.right.name not in swapped:
            return self
        return Inner(self.right.turned(), self.left.turned())


@record(frozen=True)
class Length(Expression):
    """‖u‖: the square root of the sum of the squares."""

    line: Line

    @property
    def parts(self) -> Sequence[Expression]:
        return Elements(lambda i: self.line.at(i) ** 2, self.line.size)

    def value(self, values: Values) -> float:
        return hypot(*self.line.numbers(values))


@record(frozen=True)
class SquaredDistance(Expression):
    """‖u − v‖²: the sum of the squares of the differences."""

    left: Line
    right: Line

    @property
    def parts(self) -> Sequence[Expression]:
        return Elements(lambda i: (self.left.at(i) - self.right.at(i)) ** 2, self.left.size)

    def value(self, values: Values) -> float:
        return sum(part.value(values) for part in self.parts)
