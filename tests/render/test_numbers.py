"""Test numbers for people: short where exact, never 0 for another number, points below points."""

from __future__ import annotations

from math import inf, isclose, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.render.numbers import aligned, number_text

LONGEST = len("-1.2345678e+307")
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2.0, "2"),
        (-0.0, "0"),
        (-1000000.0, "-1000000"),
        (0.5, "0.5"),
        (0.00015, "0.00015"),
        (-0.03125, "-0.03125"),
        (2 / 3, "0.6667"),
        (0.1 + 0.2, "0.3"),
        (0.1 + 0.2 - 0.3, "5.551e-17"),
        (1 - 1e-9, "1.0000"),
        (0.0902734, "0.0903"),
        (0.0089126345, "0.008913"),
        (-0.00089126345, "-0.0008913"),
        (6.03412345e-6, "6.034e-06"),
        (1e-300, "1e-300"),
        (12345.678912, "12345.679"),
        (123456789.12, "1.2345679e+08"),
        (1e300, "1e+300"),
        (-inf, "-inf"),
        (nan, "nan"),
    ],
)
def test_a_number_is_written_for_people(number: float, text: str) -> None:
    """Exact short numbers are whole or short; others have 4 decimals, or 4 digits if small."""
    assert number_text(number) == text


@given(NUMBERS)
def test_a_number_for_people_is_near_and_short(number: float) -> None:
    """A number for people is right to 4 decimals and to 2 digits, and 0 only for 0."""
    text = number_text(number)
    assert isclose(float(text), number, rel_tol=5.001e-4, abs_tol=0 if abs(number) < 0.01 else 6e-5)
    assert (float(text) == 0) == (number == 0)
    assert len(text) <= max(LONGEST, len(f"{number:.0f}") if abs(number) < 1e16 else 0)


@given(st.integers(-(10**6), 10**6), st.integers(0, 5))
def test_exact_short_decimals_have_no_zeros_at_the_end(whole: int, decimals: int) -> None:
    """A number that at most 5 decimals write exactly is written exactly, without final zeros."""
    number = whole / 10**decimals
    text = number_text(number)
    assert float(text) == number
    assert number_text(number * (1 + 4e-16)) == text
    assert "." not in text or not text.endswith("0")


def test_decimal_points_align() -> None:
    """Points are below each other, and words stand at the right end of the column."""
    column = ["16", "0.5", "-12.3456", "6.034e-06", "1e-20", "-inf", "⋮"]
    assert [text.rjust(13) for text in aligned(column)] == [
        "   16        ",
        "    0.5      ",
        "  -12.3456   ",
        "    6.034e-06",
        "    1e-20    ",
        "         -inf",
        "            ⋮",
    ]
