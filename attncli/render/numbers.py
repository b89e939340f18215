"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor, isfinite, log10

ORDINARY = 4  # decimals: a number that vanishes beyond them is not rounded to 0
LARGE = 4  # digits before the point from which a number for people has fewer decimals
NOISE = 2e-15  # relative: a number that differs less from a short one is written as the short one


def number_text(number: float, precision: int | None = None, of_small: int = 0) -> str:
    """Return a number for people, or with `precision` decimals.

    A number for people is exact where 5 decimals are enough: 2, 0.5, 16. Every other number has 4
    decimals, or 4 significant digits if it is below 0.01: 0.6667, 0.0008913. Zeros at the end, as
    in 1.0000, show that digits were left out. Numbers below 0.0001, and inexact numbers from ten
    million on, have a power of ten, as on a pocket calculator: 6.034e-06. No number that differs
    from 0 is written as 0.

    With `precision`, a number from 1e16 on is written as Python's `repr` writes it. A number that
    is not 0 but would be shown as 0 has `of_small` decimals and its power of ten instead. With a
    `precision` below 4, that is so only for numbers below 0.00005.

    >>> number_text(2.0), number_text(0.5), number_text(0.1 + 0.2), number_text(2 / 3)
    ('2', '0.5', '0.3', '0.6667')
    >>> number_text(1 / 30), number_text(1 / 1122), number_text(2 / 331451), number_text(1e-20)
    ('0.0333', '0.0008913', '6.034e-06', '1e-20')
    >>> number_text(2 / 3, 4), number_text(-0.00001, 4), number_text(1e300, 4)
    ('0.6667', '-1e-05', '1e+300')
    >>> number_text(-0.001, 2), number_text(-0.00001, 2), number_text(0.0, 2)
    ('0.00', '-1e-05', '0.00')
    """
    if precision is None:
        return rounded_text(number, decimals_for_people(number))
    if abs(number) >= 1e16:  # a float has no decimals beyond 2⁵³, which is about 9e15
        return repr(number)
    if number and float(f"{number:.{max(precision, ORDINARY)}f}") == 0:
        return f"{number:.{of_small}e}"
    return f"{number:z.{precision}f}"


def decimals_for_people(number: float, digits: int = ORDINARY) -> int:
    """Return the place of the last digit of a number for people; negative for tens and hundreds.

    It is `digits`, or what `digits` significant digits need if the number is below 0.01. From 10000
    on, only 4 digits more than `digits` are significant.

    >>> decimals_for_people(0.5), decimals_for_people(0.00089), decimals_for_people(20_000.3)
    (4, 7, 3)
    """
    size = abs(number)
    if 0.01 <= size < 10**LARGE or size == 0 or not isfinite(size):
        return digits
    return significant_decimals(number, digits if size < 1 else digits + LARGE)


def significant_decimals(number: float, digits: int) -> int:
    """Return the place of the last of `digits` significant digits; negative for tens and hundreds.

    >>> significant_decimals(0.5, 4), significant_decimals(33_333.3, 4)
    (4, -1)
    """
    return digits - 1 - floor(log10(abs(number))) if number and isfinite(number) else digits


def rounded_text(number: float, decimals: int) -> str:
    """Return a number rounded to `decimals`, but exact if `decimals` + 1 or 5 decimals are enough.

    So a number just between two rounded ones is exact: 0.03125 is neither 0.0312 nor 0.0313. Whole
    digits are never left out, unless the number has a power of ten.

    >>> rounded_text(2 / 3, 2), rounded_text(-0.03125, 2), rounded_text(1.5e9 + 0.1, -3)
    ('0.67', '-0.03125', '1.500000e+09')
    """
    if not isfinite(number):
        return str(number)
    size = abs(number)
    if size < 1e16 and number == int(number):
        return str(int(number))
    if 1e-4 <= size < 1e7:
        exact = f"{number:.{max(decimals, ORDINARY) + 1}f}".rstrip("0").removesuffix(".")
        if abs(float(exact) - number) <= NOISE * size:
            return exact
        return f"{number:.{max(decimals, 0)}f}"
    short = f"{number:g}"
    if abs(float(short) - number) <= NOISE * size:
        return short
    return f"{number:.{max(decimals + floor(log10(size)), 0)}e}"


def aligned(texts: Sequence[str]) -> list[str]:
    """Return the texts of a column with blanks at their ends, so that decimal points align.

    A text without digits, such as -inf, ends where the longest number ends.

    >>> aligned(["16", "0.5", "9.2376", "-inf"])
    ['16     ', '0.5   ', '9.2376', '-inf']
    """
    ends = [len(text.lstrip("-0123456789")) if _has_digits(text) else None for text in texts]
    longest = max((end for end in ends if end is not None), default=0)
    return [
        text if end is None else text + " " * (longest - end)
        for text, end in zip(texts, ends, strict=True)
    ]


def aligned_rows(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the texts of a table with decimal points aligned in each column."""
    columns = [aligned(column) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def rows_with_room(
    rows: Sequence[Sequence[str]], write: Callable[[str], str], room: str
) -> list[list[str]]:
    """Return a table by rows: each number as `write` writes it, so that decimal points align.

    Invisible digits stand behind it: `room` is the notation for them, with `{}` for the digits.
    An empty text stays empty.
    """

    def padded(number: str, in_column: str) -> str:
        blanks = len(in_column) - len(number)
        digits = "0" * blanks if "." in number else "." + "0" * (blanks - 1)
        return write(number) + (room.format(digits) if blanks and number else "")

    pairs = zip(rows, aligned_rows(rows), strict=True)
    return [list(map(padded, row, in_columns)) for row, in_columns in pairs]


def _has_digits(text: str) -> bool:
    return any(map(str.isdigit, text))


def constant_text(number: float) -> str:
    """Return the shortest text that has all digits of a constant.

    >>> constant_text(-1e9), constant_text(0.5), constant_text(1 / 3), constant_text(2)
    ('-1e+09', '0.5', '0.3333333333333333', '2')
    """
    short = f"{number:g}"
    return short if float(short) == number else repr(number)
