"""The tolerance: half a unit of the last place that was written, and a few last bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.digits import half_a_unit
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

Numbers: TypeAlias = "NDArray[np.float64]"

CALCULATOR = 5e-12  # the relative error of a calculator that shows 12 digits


@record(frozen=True)
class Tolerance:
    """The tolerance: by default the digits as written, else the user's decimals or distances.

    `places` are the decimals of the other matrices of an answer: a matrix of whole numbers may have
    lost them, as JSON writes 1.000 as 1.
    """

    decimals: int | None = None
    atol: float | None = None
    rtol: float | None = None
    epsilon: float = float(np.finfo(np.float64).eps)
    places: int = 0

    @property
    def of_whole_numbers(self) -> float:
        """The distance within which a whole number is right to every digit that it has lost."""
        return half_a_unit(self.places) if self.places > 0 else 0.0

    @property
    def by_distance(self) -> bool:
        """True if a distance, and not the digits, decides which cells are right."""
        return self.atol is not None or self.rtol is not None

    @property
    def by_digits(self) -> bool:
        """True if the digits as written decide."""
        return (self.decimals, self.atol, self.rtol) == (None, None, None)

    def allowed(self, answered: AnswerMatrix, expected: Numbers) -> Numbers:
        """Return the largest distance from the expected value at which a cell is right.

        By default it is the half unit of the cell. With `decimals` it is half a unit of that place,
        or of the cell's own last place if this is coarser. With `atol` or `rtol` it is that
        distance alone, so that the digits do not matter and no cell is `rounded`; `rtol` is a share
        of the expected value, and so allows no distance from 0. A little is added for the last
        bits, in which programs differ.
        """
        return self.distance(answered, expected) + self.roundoff(answered, expected)

    def distance(self, answered: AnswerMatrix, expected: Numbers) -> Numbers:
        """Return the largest distance at which a cell is right, without that of the last bits."""
        if self.by_distance:
            shares = (self.rtol or 0) * np.abs(np.nan_to_num(expected))
            return np.asarray((self.atol or 0) + shares)
        if self.decimals is not None:
            return np.maximum(half_a_unit(self.decimals), answered.half_units)
        return answered.half_units

    def roundoff(self, answered: AnswerMatrix, expected: Numbers) -> Numbers:
        """Return the distance that the last bits explain: 100 times epsilon, of the value or of 1.

        For an answer in fewer bits, such as float32, it is 8 times the epsilon of that type. A
        person may have rounded the 12 digits of a calculator.
        """
        by_hand = CALCULATOR if answered.is_by_hand else 0.0
        share = max(100 * self.epsilon, 8 * answered.epsilon, by_hand)
        return np.asarray(share * np.maximum(finite_sizes(expected), 1))


def finite_sizes(numbers: Numbers) -> Numbers:
    """Return the absolute values, with 0 for infinities and NaN."""
    return np.where(np.isfinite(numbers), np.abs(numbers), 0.0)


def near(values: Numbers, expected: Numbers, distance: Numbers) -> NDArray[np.bool_]:
    """Return True for values within a distance; infinities and NaN must be the same."""
    with np.errstate(invalid="ignore"):
        close = np.abs(values - expected) <= distance
    return np.asarray(close | (values == expected) | (np.isnan(values) & np.isnan(expected)))
