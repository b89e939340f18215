"""Points as a column of a gradebook writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from attncli.documents.gradebooks.platform import NUMBER

_FEWEST_DECIMALS = 2  # of points that are not whole


class ScaledPoints:
    """Points as a column writes them: their scale, their decimals, and the decimal sign."""

    def __init__(self, maximum: str, cells: Sequence[str]) -> None:
        number = _decimal(maximum)
        self.maximum = number or None
        self._decimals = max(_FEWEST_DECIMALS, _decimals(maximum))
        self._is_fixed = _decimals(maximum) > 0
        numbers = [cell for cell in (maximum, *cells) if NUMBER.fullmatch(cell)]
        signs = {sign for number in numbers if (sign := _sign(number))}
        self._sign = "," if signs == {","} else "."

    def text(self, earned: float, points: float) -> str:
        """Return points of a largest number of points, scaled to the column and capped."""
        number = Decimal(str(earned))
        if self.maximum:
            number = min(number * self.maximum / Decimal(str(points)), self.maximum)
        number = max(number, Decimal(0))
        rounded = number.quantize(Decimal(1).scaleb(-self._decimals), ROUND_HALF_UP)
        text = f"{rounded:f}"
        if not self._is_fixed:
            text = text.rstrip("0").rstrip(".")
        return text.replace(".", self._sign)


def _sign(number: str) -> str:
    """Return the decimal sign of a number: its last comma or point; empty without one."""
    return next((sign for sign in reversed(number) if sign in ".,"), "")


def _decimals(number: str) -> int:
    sign = _sign(number)
    return len(number.rpartition(sign)[2]) if sign else 0


def _decimal(number: str) -> Decimal:
    """Return the number of a text whose last comma or point is the decimal sign; 0 for none."""
    if not NUMBER.fullmatch(number):
        return Decimal(0)
    sign = _sign(number)
    whole, _, decimals = number.rpartition(sign) if sign else (number, "", "0")
    return Decimal(f"{re.sub('[.,]', '', whole)}.{decimals}")
