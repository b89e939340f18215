"""The digits of a number as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT = 1000  # the decimals of a cell that is not rounded: arithmetic, and infinities


def half_a_unit(decimals: NDArray[np.int_] | int) -> NDArray[np.float64]:
    """Return half a unit of a decimal place: 0.005 for 2."""
    return np.asarray(0.5 * 10.0 ** -np.clip(decimals, -300.0, 300.0))
