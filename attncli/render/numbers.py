"""Numbers as people read them."""

from __future__ import annotations


def number_text(number: float, precision: int) -> str:
    """Return a number with `precision` decimals; from 1e16 on, as Python's `repr` writes it.

    >>> number_text(2 / 3, 4), number_text(-0.00001, 2), number_text(1e300, 4)
    ('0.6667', '0.00', '1e+300')
    """
    if abs(number) >= 1e16:  # a float has no decimals beyond 2⁵³, which is about 9e15
        return repr(number)
    return f"{number:z.{precision}f}"


def constant_text(number: float) -> str:
    """Return the shortest text that has all digits of a constant.

    >>> constant_text(-1e9), constant_text(0.5), constant_text(1 / 3), constant_text(2)
    ('-1e+09', '0.5', '0.3333333333333333', '2')
    """
    short = f"{number:g}"
    return short if float(short) == number else repr(number)
