"""The tolerance: half a unit of the last place that was written, and a few last bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.digits import EXACT, half_a_unit
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

Numbers: TypeAlias = "NDArray[np.float64]"

SMALL = 0.1  # a bare 0 may stand for numbers up to this share of the largest in the matrix


@record(frozen=True)
class Tolerance:
    """The tolerance: by default the digits as written, else the user's decimals or distances."""

    decimals: int | None = None
    atol: float | None = None
    rtol: float | None = None
    epsilon: float = float(np.finfo(np.float64).eps)

    @property
    def by_distance(self) -> bool:
        """True if a distance, and not the digits, decides which cells are right."""
        return self.atol is not None or self.rtol is not None

    def allowed(self, answered: AnswerMatrix, expected: Numbers) -> Numbers:
        """Return the largest distance from the expected value at which a cell is right.

        By default it is the half unit of the cell. With `decimals` it is half a unit of that place,
        or of the cell's own last place if this is coarser. With `atol` or `rtol` it is that
        distance alone, so that the digits do not matter and no cell is `rounded`; `rtol` is a share
        of the expected value, and so allows no distance from 0. A little is added for the last
        bits, in which programs differ.
        """
        bits = self.roundoff(answered, expected)
        if self.by_distance:
            shares = (self.rtol or 0) * np.abs(np.nan_to_num(expected))
            return (self.atol or 0) + shares + bits
        if self.decimals is not None:
            return np.maximum(half_a_unit(self.decimals), answered.half_units) + bits
        return answered.half_units + bits

    def allowed_distance(self, answered: AnswerMatrix, expected: Numbers) -> Numbers:
        """Return the largest distance from the expected value at which a cell is right.

        By default, it is half a unit of the last place; whole numbers must be equal. A little is
        added for the last bits, in which programs differ. `rtol` is a share of the expected value,
        and so allows no distance from 0.
        """
        bits = self.roundoff(answered, expected)
        if self.by_distance:
            return self.allowed(answered, expected)
        finest = answered.finest if self.decimals is None else self.decimals
        return (half_a_unit(finest) if 0 < finest < EXACT else 0) + bits

    def coarse_distance(self, answered: AnswerMatrix, expected: Numbers) -> Numbers:
        """Return the distance at which a cell agrees to its own digits, which may be coarser.

        A bare 0 has no digit that could agree: it stands only for numbers that are small beside
        the largest.
        """
        if (self.decimals, self.atol, self.rtol) != (None, None, None):
            return np.zeros(expected.shape)
        sizes = np.abs(np.nan_to_num(expected, posinf=0, neginf=0))
        says_nothing = (answered.values == 0) & (sizes > sizes.max(initial=0) * SMALL)
        has_digits = (answered.decimals < EXACT) & ~says_nothing
        units = np.where(has_digits, half_a_unit(answered.decimals), 0.0)
        return np.asarray(units + self.roundoff(answered, expected))

    def roundoff(self, answered: AnswerMatrix, expected: Numbers) -> Numbers:
        """Return the distance that the last bits explain: 100 times epsilon, of the value or of 1.

        For an answer in fewer bits, such as float32, it is 8 times the epsilon of that type.
        """
        size = np.maximum(np.abs(np.nan_to_num(expected, posinf=0, neginf=0)), 1)
        return np.asarray(max(100 * self.epsilon, 8 * answered.epsilon) * size)


def near(values: Numbers, expected: Numbers, distance: Numbers) -> NDArray[np.bool_]:
    """Return True for values within a distance; infinities and NaN must be the same."""
    with np.errstate(invalid="ignore"):
        close = np.abs(values - expected) <= distance
    return np.asarray(close | (values == expected) | (np.isnan(values) & np.isnan(expected)))
