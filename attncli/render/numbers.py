"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Sequence

ORDINARY = 4  # decimals: a number that vanishes beyond them is not rounded to 0


def number_text(number: float, precision: int | None = None, of_small: int = 0) -> str:
    """Return a number with `precision` decimals; from 1e16 on, as Python's `repr` writes it.

    If `precision` is None, a number that needs at most 4 decimals is written whole, without zeros
    at its end, and every other number has 4 decimals.

    A number that is not 0 but would be shown as 0 has `of_small` decimals and its power of ten
    instead, as on a pocket calculator: 1e-20. With a `precision` below 4, that is so only for
    numbers below 0.00005.

    >>> number_text(2.0), number_text(0.5), number_text(2 / 3), number_text(0.1 + 0.2)
    ('2', '0.5', '0.6667', '0.3000')
    >>> number_text(2 / 3, 4), number_text(-0.00001, 4), number_text(1e300, 4)
    ('0.6667', '-1e-05', '1e+300')
    >>> number_text(-0.001, 2), number_text(-0.00001, 2), number_text(0.0, 2)
    ('0.00', '-1e-05', '0.00')
    """
    if precision is None:
        exact = f"{number:.{ORDINARY}f}".rstrip("0").removesuffix(".")
        if abs(number) < 1e16 and float(exact) == number:
            return exact.removeprefix("-") if number == 0 else exact
        return number_text(number, ORDINARY, of_small)
    if abs(number) >= 1e16:  # a float has no decimals beyond 2⁵³, which is about 9e15
        return repr(number)
    if number and float(f"{number:.{max(precision, ORDINARY)}f}") == 0:
        return f"{number:.{of_small}e}"
    return f"{number:z.{precision}f}"


def aligned(texts: Sequence[str]) -> list[str]:
    """Return the numbers of a column with blanks at their ends, so that decimal points align.

    >>> aligned(["16", "0.5", "9.2376"])
    ['16     ', '0.5   ', '9.2376']
    """
    ends = [len(text) - len(text.partition(".")[0]) for text in texts]
    return [text + " " * (max(ends) - end) for text, end in zip(texts, ends, strict=True)]


def constant_text(number: float) -> str:
    """Return the shortest text that has all digits of a constant.

    >>> constant_text(-1e9), constant_text(0.5), constant_text(1 / 3), constant_text(2)
    ('-1e+09', '0.5', '0.3333333333333333', '2')
    """
    short = f"{number:g}"
    return short if float(short) == number else repr(number)
