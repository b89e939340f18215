"""The angles of sinusoids and rotations, which depend on the positions of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.cost import Cost
from attncli.calculation.algebra.expressions import Expression, Number, Power, Quotient
from attncli.calculation.positions.places import First, first_text
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class Angles:
    """p / base^(2i/d) for a position p and a pair i of d features, both counted from 0.

    A pair is two neighbours (2i and 2i + 1), or the same feature of the two halves (i and i + d/2).
    The first of a pair has the sine, or the real part; the second the cosine, or the imaginary
    part.
    """

    is_interleaved: bool
    base: float = 10000.0

    def of(self, at: NDArray[np.int_], width: int) -> NDArray[np.float64]:
        """Return the angle of every position and pair: (…, n, 1) → (…, n, ⌈width / 2⌉)."""
        pairs = np.arange((width + 1) // 2)
        return np.asarray(at / self.base ** (2 * pairs / width), np.float64)

    def cost(self, tokens: int, width: int) -> Cost:
        """One power for each pair, and one division for each position and pair."""
        pairs = (width + 1) // 2
        return Cost(divisions=tokens * pairs, functions=pairs)

    def sides(self, width: int) -> tuple[slice, slice]:
        """Return the slices of the first features of all pairs, and of the second features."""
        if self.is_interleaved:
            return slice(0, width, 2), slice(1, width, 2)
        return slice(0, width // 2), slice(width // 2, width)

    def pair(self, feature: int, width: int) -> tuple[int, int]:
        """Return the pair that a feature belongs to, and its index in that pair: 0 or 1."""
        if self.is_interleaved:
            return divmod(feature, 2)
        side, pair = divmod(feature, width // 2)
        return pair, side

    def spelled(self, at: int, pair: int, width: int) -> Expression:
        """Return the arithmetic of the angle for one position and pair."""
        exponent = Quotient(Number(2 * pair), Number(width))
        return Quotient(Number(at), Power(Number(self.base), exponent))

    def text(self, width: int | None, first: First) -> str:
        """Return the angle as formulas write it: `p / 10000^(2i/d), p from 0`."""
        return f"p / {self.base:.15g}^(2i/{width or 'd'}), p from {first_text(first)}"
