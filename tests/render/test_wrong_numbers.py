"""Test the numbers of wrong cells: readable digits that show each difference, points aligned."""

from __future__ import annotations

import random
from math import inf, nan

import pytest

from attncli.homework.answers.digits import EXACT
from attncli.homework.judging.marked_matrix import ComparedCell
from attncli.render.reports.wrong_numbers import (
    FROM_YOURS,
    RIGHT,
    YOURS,
    number_texts,
)

Row = tuple[float, float, int]


def cells(*rows: Row, follows: float | None = None) -> list[ComparedCell]:
    """Return wrong cells with these numbers: of the answer, the right one, and decimals."""
    return [
        ComparedCell(yours, right, right if follows is None else follows, decimals)
        for yours, right, decimals in rows
    ]


def number_columns(wrong: list[ComparedCell]) -> dict[str, list[str]]:
    """Return the columns of numbers of wrong cells by their headings."""
    return number_texts(wrong, ())[0]


TEXTS: list[tuple[list[Row], list[str], list[str]]] = [
    # As written, beside four decimals.
    ([(0.4, 1 / 3, 1)], ["0.4"], ["0.3333"]),
    ([(0.4, 1 / 3, 1), (0.25, 1 / 3, 2)], ["0.40", "0.25"], ["0.3333", "0.3333"]),
    # The 17 digits of a program, of which few show the difference.
    ([(0.47542598843574524, 0.12683138776024366, 17)], ["0.4754"], ["0.1268"]),
    # As many digits as show a difference.
    ([(0.33334, 1 / 3, 5)], ["0.33334"], ["0.33333"]),
    ([(0.3333333334, 1 / 3, 10), (0.5, 0.25, 1)], ["0.3333333334", "0.5000"],
     ["0.3333333333", "0.2500"]),
    # Arithmetic such as 2/5.
    ([(0.4, 1 / 3, EXACT)], ["0.4"], ["0.3333"]),
    ([(1 / 7, 1 / 3, EXACT)], ["0.1429"], ["0.3333"]),
    # Whole numbers have no decimals.
    ([(12, 11, 0), (4, 5, 0)], ["12", "4"], ["11", "5"]),
    ([(12, 11.5, 0)], ["12"], ["11.5"]),
    # Large numbers have at most six digits, small ones at least four.
    ([(123456.123456789, 2.0, 9)], ["123456"], ["2"]),
    ([(123.456789, 111.123456, 6)], ["123.457"], ["111.123"]),
    ([(0.00123456, 0.00345678, 8)], ["0.001235"], ["0.003457"]),
    ([(1.5e-9, 3.25e-9, 10)], ["1.5e-09"], ["3.25e-09"]),
    ([(2e12, 1e12, -12)], ["2e+12"], ["1e+12"]),
    # Infinities and NaN.
    ([(-inf, 1.0, EXACT), (0.0, -inf, 1)], ["-inf", "0.0"], ["1", "-inf"]),
    ([(nan, 1 / 3, EXACT)], ["NaN"], ["0.3333"]),
    ([(0.0, 1e-17, 1)], ["0"], ["1e-17"]),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "yours", "right"), TEXTS)
def test_numbers_have_readable_digits(rows: list[Row], yours: list[str], right: list[str]) -> None:
    """Numbers have four to six digits, or as many as their difference needs."""
    assert number_columns(cells(*rows)) == {YOURS: yours, RIGHT: right}


def test_no_difference_is_hidden() -> None:
    """Two different numbers have different texts, whatever their sizes and decimals."""
    chance = random.Random(1)
    for _ in range(3000):
        decimals = chance.randint(0, 17)
        right = chance.uniform(-1, 1) * 10 ** chance.randint(-9, 12)
        near = right * (1 + chance.choice((-1, 1)) * 10 ** -chance.uniform(0, 15))
        other = (chance.uniform(-1, 1), chance.uniform(-1, 1), chance.randint(0, 17))
        rows: list[Row] = [
            (round(yours, places), true, places)
            for yours, true, places in ((near, right, decimals), other)
        ]
        columns = number_columns(cells(*(row for row in rows if row[0] != row[1])))
        pairs = list(zip(columns[YOURS], columns[RIGHT], strict=True))
        assert all(yours != right for yours, right in pairs), rows


def test_numbers_from_yours_are_a_column_only_where_they_differ() -> None:
    """The third column has the right number where no other one follows from the answer."""
    assert FROM_YOURS not in number_columns(cells((2.5, 3.0, 1)))
    assert FROM_YOURS not in number_columns(cells((2.5, 3.0, 1), follows=3.0))
    both = cells((2.5, 3.0, 1)) + cells((2.5, 3.0, 1), follows=2.75)
    assert number_columns(both)[FROM_YOURS] == ["3.00", "2.75"]


def test_a_number_differs_from_the_number_that_follows_as_well() -> None:
    """The digits show that the answer's number is not the one that follows."""
    columns = number_columns(cells((0.123456, 0.5, 6), follows=0.123451))
    assert columns == {YOURS: ["0.12346"], RIGHT: ["0.5"], FROM_YOURS: ["0.12345"]}
