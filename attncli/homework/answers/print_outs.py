"""Recognise the print-outs of programs that calculate with float32 or float16."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.homework.answers.digits import half_units_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.homework.answers.written_matrix import WrittenMatrix

ShortFloat: TypeAlias = "type[np.float16 | np.float32]"

OF_FLOAT32 = 7  # significant digits that a float32 always has, and hand-rounded numbers rarely
OF_FLOAT16 = 4  # significant digits that not every number with a float16's print can have
CHANCE = 1e-3  # the largest probability that numbers rounded by hand look like float16
ALL_BITS = 11  # the bits of a float16 that are significant
# A number with 7 decimals and 8 bits is hardly an exact fraction, such as 11/16 = 0.6875.
TELLING_DECIMALS, TELLING_BITS = 7, 8


def printed_type(matrix: WrittenMatrix) -> ShortFloat | None:
    """Return the type of numbers that only a program with that type prints; None for others."""
    return next((kind for kind in (np.float16, np.float32) if _is_evident(matrix, kind)), None)


def _is_evident(matrix: WrittenMatrix, kind: ShortFloat) -> bool:
    digits = matrix.digits[matrix.is_plain]
    if digits.max(initial=0) < (OF_FLOAT32 if kind is np.float32 else OF_FLOAT16):
        return False
    if not is_print_out(matrix, kind):
        return False
    return kind is np.float32 or _is_evident_float16(matrix)


def is_print_out(matrix: WrittenMatrix, kind: ShortFloat) -> bool:
    """Return True if every number is a print of a number of this type.

    A print is the shortest text that gives the number back, or the number rounded to the digits
    that are written. A matrix with arithmetic or percentages is not a print-out.
    """
    if not (matrix.is_plain | matrix.blank | ~np.isfinite(matrix.values)).all():
        return False
    values, digits = matrix.values[matrix.is_plain], matrix.digits[matrix.is_plain]
    near = nearest(values, kind)
    other = near != values
    return bool(np.isfinite(near).all()) and all(
        float(f"{short:.{count - 1}e}") == value or float(str(short)) == value
        for value, count, short in zip(values[other], digits[other], near[other], strict=True)
    )


def nearest(values: NDArray[np.float64], kind: ShortFloat) -> NDArray[np.float16 | np.float32]:
    """Return the nearest numbers of a type; infinities where a number is too large for it."""
    with np.errstate(over="ignore"):
        return np.asarray(values.astype(kind))


def _is_evident_float16(matrix: WrittenMatrix) -> bool:
    """Return True if numbers rounded by hand would hardly ever look like this print-out.

    Of the numbers rounded to a unit, only the share unit / spacing are prints of a float16. A hand
    rounds all numbers of a matrix to one decimal place, or to one number of significant digits; the
    larger of the two units counts, and equal numbers count once. Numbers that are exactly a
    float16, such as 0.6875, are often results of fractions, and count only if one of them has many
    decimals and many bits.
    """
    values, first = np.unique(matrix.values[matrix.is_plain], return_index=True)
    digits, decimals = (each[matrix.is_plain][first] for each in (matrix.digits, matrix.decimals))
    near = nearest(values, np.float16)
    exact = near == values
    if exact.all():
        significand = np.abs(np.frexp(values)[0]) * 2**ALL_BITS
        has_many_bits = significand.astype(np.int_) % 2 ** (ALL_BITS + 1 - TELLING_BITS) != 0
        return bool((has_many_bits & (decimals >= TELLING_DECIMALS)).any())
    telling = ~exact & (digits > 1)
    leading = np.floor(np.log10(np.abs(values[telling]))).astype(np.int_)
    places = np.minimum(decimals.max(), digits.max() - 1 - leading)
    spacing = np.abs(np.spacing(near[telling]).astype(np.float64))
    chance = float(np.minimum(2 * half_units_of(places) / spacing, 1).prod())
    return int((digits >= OF_FLOAT16).sum()) >= 3 and chance < CHANCE
