"""The arithmetic of a cell in numbers, with as many digits as a calculator needs.

A chain of equal expressions ends with the arithmetic in numbers, the same with its inner parts
calculated, and the value. A reader who calculates with the numbers as written gets the next number
as written: the value has the digits of tables; the expressions before it have about 4 digits, or as
many more as the value needs. The sign ≈ stands before a member that leaves digits out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from math import isclose, isnan
from typing import Any, TypeVar

import numpy as np

from attncli.calculation.algebra.expressions import (
    Cell,
    Expression,
    Known,
    Noted,
    Number,
    Numbers,
    Quotient,
    Values,
)
from attncli.calculation.algebra.layouts import Array
from attncli.records import field, record, replace, values_of
from attncli.render.explain.spelling import Spelling, SumOfTerms, elide
from attncli.render.numbers import NOISE, ORDINARY

MORE = (5, 6, 7, 8, 9, 10, 12, 14)  # digits to try where the ordinary ones are too few
ALL = 17  # digits that tell any two numbers of float64 apart
HALF = 0.5 * (1 + 1e-9)  # a number just between two written ones may be rounded to either


def chain_in_numbers(
    expression: Expression, value: float, spelling: Spelling, kept: dict[Hashable, Any]
) -> list[str]:
    """Return the arithmetic in numbers, the same halfway, and the value, each behind its sign.

    `spelling` holds the matrices from which `value` was calculated. `kept` keeps rows and columns
    as they are written, for other chains with the same matrices. A member that would repeat the
    text before it is left out, and so is a division by a number that is written as 0.
    """
    written, text = spelling.read(value), spelling.number(value)
    if is_constant(expression):
        return [f"{spelling.sign(_is_exact(written, value))} {text}"]
    halfway = _halfway(expression, spelling)
    if halfway is None:
        first = Member(expression, spelling, kept)
        whole = last = _fitting(first, lambda member: member.gives(value))
        members = [(whole.is_exact, whole.text)]
    else:
        ordinary = Half(halfway, spelling, kept)
        half = last = _fitting(ordinary, lambda member: member.gives(value))
        whole = _fitting(
            Member(expression, (ordinary if ordinary.is_exact else half).spelling, kept),
            lambda member: member.gives(value) and member.gives_results(half),
        )
        members = [(whole.is_exact, whole.text), (whole.equals(half), half.text)]
    members.append((_is_exact(written, value) and _are_equal(last.number, written), text))
    return [
        f"{spelling.sign(is_exact)} {text}"
        for at, (is_exact, text) in enumerate(members)
        if not at or text != members[at - 1][1]
    ]


def is_constant(expression: Expression) -> bool:
    """Return True for a number without arithmetic, such as the fill of a mask."""
    bare = expression.result if isinstance(expression, Noted) else expression
    return isinstance(bare, Number)


def cells_of(expression: Expression, full: bool) -> Iterator[Cell]:
    """Yield the cells in an expression, from left to right; not the elided ones unless `full`."""
    if isinstance(expression, Cell):
        yield expression
    parts: Sequence[Expression] = expression.parts
    if isinstance(expression, SumOfTerms):
        parts, _ = elide(parts, full)
    for part in parts:
        yield from cells_of(part, full)


class AsWritten(dict[str, "MatrixAsWritten"]):
    """Matrices by name, with their numbers as a spelling writes them."""

    def __init__(self, spelling: Spelling) -> None:
        super().__init__()
        self.spelling = spelling

    def __missing__(self, name: str) -> MatrixAsWritten:
        matrix = MatrixAsWritten((self.spelling.values or {})[name], self.spelling.read)
        self[name] = matrix
        return matrix


@record(frozen=True)
class MatrixAsWritten:
    """A matrix whose numbers are read from their texts."""

    matrix: Numbers
    read: Callable[[float], float]
    lines: dict[str, Array] = field(default_factory=dict)  # those that were read, by their index

    def __getitem__(self, index: tuple[int | slice, ...], /) -> Any:
        found = self.matrix[index]
        if not isinstance(found, np.ndarray):
            return self.read(float(found))
        key = str(index)
        if key not in self.lines:
            self.lines[key] = np.array(list(map(self.read, found.tolist())))
        return self.lines[key]


@record(frozen=True)
class Member:
    """A member of a chain, written with the digits of its spelling."""

    expression: Expression
    spelling: Spelling
    kept: dict[Hashable, Any]

    @property
    def text(self) -> str:
        """The expression in numbers."""
        return self.spelling.spell(self.expression)

    @cached_property
    def values(self) -> Values:
        """The matrices with their numbers as this member writes them."""
        key = (AsWritten, self.spelling.precision, self.spelling.digits)
        written: AsWritten = self.kept.setdefault(key, AsWritten(self.spelling))
        return written

    @cached_property
    def number(self) -> float:
        """The result on a calculator."""
        return self.expression.value(self.values)

    @property
    def is_exact(self) -> bool:
        """True if this member leaves out no digits of a cell."""
        read, values = self.spelling.read, self.spelling.values or {}
        cells = cells_of(self.expression, self.spelling.full)
        return all(_is_exact(read(number), number) for number in (c.value(values) for c in cells))

    @cached_property
    def results(self) -> list[float]:
        """The results of the inner parts on a calculator."""
        return list(_results(self.expression.halfway(self.values)))

    def gives(self, value: float) -> bool:
        """Return True if a calculator gives the value as it is written."""
        return _rounds_to(self.number, self.spelling.at(ORDINARY).written(value), value)

    def gives_results(self, half: Half) -> bool:
        """Return True if a calculator gives the results as the member `half` writes them."""
        return all(map(half.has_result, self.results, half.results))

    def equals(self, half: Half) -> bool:
        """Return True if the member `half` leaves out no digits, and a calculator gives it."""
        read = [half.spelling.read_result(result) for result in half.results]
        return (
            half.is_exact
            and all(map(_is_exact, read, half.results))
            and all(map(_are_equal, self.results, read))
        )


class Half(Member):
    """A member with the results of its inner parts."""

    @cached_property
    def results(self) -> list[float]:
        """The results with all digits."""
        return list(_results(self.expression))

    @cached_property
    def number(self) -> float:
        return _as_written(self.expression, self.spelling).value(self.values)

    def has_result(self, given: float, result: float) -> bool:
        """Return True if a result on a calculator is written as this member writes `result`."""
        return _rounds_to(given, self.spelling.result(result), result)


AnyMember = TypeVar("AnyMember", bound=Member)


def _fitting(first: AnyMember, fits: Callable[[AnyMember], bool]) -> AnyMember:
    """Return `first`, or the same with the fewest digits that fit; `first` if none fit.

    None fit where an operation rounds in another way than a calculator does, as in float16.
    """
    if first.spelling.precision is not None or fits(first):
        return first
    all_digits = replace(first, spelling=first.spelling.at(ALL))
    if not fits(all_digits):
        return first
    digits = (number for number in MORE if number > first.spelling.digits)
    more = (replace(first, spelling=first.spelling.at(number)) for number in digits)
    return next(filter(fits, more), all_digits)


def _halfway(expression: Expression, spelling: Spelling) -> Expression | None:
    """Return the expression with its inner parts calculated, or None if it has no inner parts."""
    halfway = expression.halfway(spelling.values or {})
    if halfway is expression or next(_results(halfway), None) is None:
        return None
    if isinstance(halfway, Quotient) and isinstance(halfway.denominator, Known):
        return halfway if spelling.read_result(halfway.denominator.number) else None
    return halfway


def _results(expression: Expression) -> Iterator[float]:
    """Yield the calculated results in an expression, from left to right."""
    if isinstance(expression, Known):
        yield expression.number
    for part in expression.parts:
        yield from _results(part)


def _as_written(expression: Expression, spelling: Spelling) -> Expression:
    """Return the expression with the results in it as they are written."""
    if isinstance(expression, Known):
        return Known(spelling.read_result(expression.number))
    if not expression.parts:
        return expression

    def part(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(map(part, value))
        return _as_written(value, spelling) if isinstance(value, Expression) else value

    one: Any = expression
    written: Expression = replace(one, **{name: part(old) for name, old in values_of(one).items()})
    return written


def _rounds_to(given: float, text: str, exact: float) -> bool:
    """Return True if `given` is `text` when it is rounded; an exact number has 4 decimals."""
    written = float(text)
    if _are_equal(given, written):
        return True
    mantissa, _, power = text.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(power or 0)
    if _is_exact(written, exact):
        decimals = max(decimals, ORDINARY)
    return abs(given - written) <= HALF * 10.0**-decimals


def _are_equal(given: float, written: float) -> bool:
    return isclose(given, written, rel_tol=1e-12) or (isnan(given) and isnan(written))


def _is_exact(written: float, number: float) -> bool:
    return isclose(written, number, rel_tol=NOISE) or isnan(number)
