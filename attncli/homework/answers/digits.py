"""The digits of a number as it is written, and how far the true number may be from it."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from attncli.calculation.problem.written_arithmetic import LARGEST_EXPONENT, evaluate

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT = 1000  # the decimals of a cell that is not rounded: arithmetic, and infinities
FARTHEST_PLACE = 300  # units beyond this place are near the limits of a float
CHANCE = 3  # digits of evidence: by chance, this many zeros at the ends are one in a thousand
_DECIMAL = re.compile(r"[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?")
_PERCENT = re.compile(r"[+-]?\d*(?:\.(\d*))?\s*%")


class WrittenNumber(NamedTuple):
    """A number as it is written.

    `decimals` is its last decimal place; `half_unit` is the largest distance of the true number
    from `value`; `digits` is the number of significant digits, 0 for arithmetic and percentages.
    """

    value: float
    decimals: int
    half_unit: float
    digits: int = 0


def half_a_unit(decimals: int) -> float:
    """Return half a unit of a decimal place: 0.005 for 2."""
    return float(0.5 * 10.0 ** -max(-FARTHEST_PLACE, min(FARTHEST_PLACE, decimals)))


def half_units_of(decimals: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return half a unit of each of these decimal places."""
    places = np.minimum(np.maximum(decimals, -FARTHEST_PLACE), FARTHEST_PLACE)
    return np.asarray(0.5 * 10.0 ** -places.astype(np.float64))


def read_cell(text: str) -> WrittenNumber:
    """Return the number that the text of a cell writes. Raises ValueError for other texts.

    >>> read_cell("0.50")
    WrittenNumber(value=0.5, decimals=2, half_unit=0.005, digits=2)
    >>> tuple(read_cell("1/4")) == (0.25, EXACT, 0, 0)
    True
    """
    text = text.strip().replace("−", "-")
    number = _DECIMAL.fullmatch(text)
    if number:
        whole, places, bare, power = number.groups()
        exponent, fraction = int(power or 0), places or bare or ""
        if not isfinite(float(text)) or abs(exponent) > LARGEST_EXPONENT:
            raise ValueError("too large, or too small, for a number")
        digits = len(((whole or "") + fraction).lstrip("0")) or 1
        return _rounded(float(text), len(fraction) - exponent, digits)
    percent = _PERCENT.fullmatch(text)
    value, reach = evaluate(text)
    return (
        _rounded(value, len(percent[1] or "") + 2)
        if percent
        else WrittenNumber(value, EXACT, reach)
    )


def _rounded(value: float, decimals: int, digits: int = 0) -> WrittenNumber:
    return WrittenNumber(value, decimals, half_a_unit(decimals), digits)


def places_of_numbers(
    values: NDArray[np.float64], decimals: NDArray[np.int_], digits: NDArray[np.int_]
) -> NDArray[np.int_]:
    """Return the decimal places of the numbers of one matrix that has lost its trailing zeros.

    All numbers have the finest place of the matrix, such as 1 among numbers with four decimals. If
    zeros at the ends of too many numbers would be needed for that, as in 12.3, 1.23 and 0.0123,
    all numbers have the same number of significant digits instead.
    """
    finest = max(int(decimals.max(initial=0)), 0)
    places = np.full(values.shape, finest)
    # Whole numbers do not count as evidence: they are often exact.
    has_decimals = (decimals > 0) & (values != 0)
    if has_decimals.any():
        most = int(digits[has_decimals].max())
        with np.errstate(divide="ignore"):
            first = np.where(values == 0, -finest, np.floor(np.log10(np.abs(values))))
        significant = np.clip(most - 1 - first, 0, finest).astype(np.int_)
        significant[values == 0] = finest
        if most > 1 and (finest - significant)[has_decimals].sum() >= CHANCE:
            return np.asarray(significant, dtype=np.int_)
    return places
