"""Where tokens stand, and the angles that say so in sinusoids and in rotations.

Places are counted from 0, as in the papers. The first token stands at 0, or at `first` where
earlier ones are cached: a number, or an array that broadcasts to (…, n, d).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.cost import Cost
from attncli.calculation.algebra.expressions import Expression, Index, Number, Power, Quotient
from attncli.calculation.masks.masking import First
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray


def places(first: First, count: int) -> NDArray[np.int_]:
    """Where so many tokens stand, as a column: (…, count, 1)."""
    return np.asarray(first + np.arange(count)[:, None])


def place(first: First, index: Index) -> int:
    """Where the token of a cell stands."""
    own = index[len(index) - np.ndim(first) :]
    at = tuple(min(i, size - 1) for i, size in zip(own, np.shape(first), strict=True))
    return int(np.asarray(first)[at]) + index[-2]


def first_text(first: First) -> str:
    """The place of the first token, or of the first one of each batch entry: `3`, `2, 5`."""
    return ", ".join(map(str, np.ravel(first).tolist()))


@record(frozen=True)
class Angles:
    """p / base^(2i/d) for a place p and a pair i of d features, both counted from 0.

    A pair are two neighbours (2i and 2i + 1), or the same feature of the two halves (i and i + d/2).
    The first of them has the sine, or the real part; the second the cosine, or the imaginary part.
    """

    is_interleaved: bool
    base: float = 10000.0

    def of(self, at: NDArray[np.int_], width: int) -> NDArray[np.float64]:
        """The angle of every place and pair: (…, n, 1) → (…, n, ⌈width / 2⌉)."""
        pairs = np.arange((width + 1) // 2)
        return np.asarray(at / self.base ** (2 * pairs / width), np.float64)

    def cost(self, tokens: int, width: int) -> Cost:
        """A power a pair, and a division a place and pair."""
        pairs = (width + 1) // 2
        return Cost(divisions=tokens * pairs, functions=pairs)

    def sides(self, width: int) -> tuple[slice, slice]:
        """Where the first features of all pairs stand, and where the second."""
        if self.is_interleaved:
            return slice(0, width, 2), slice(1, width, 2)
        return slice(0, width // 2), slice(width // 2, width)

    def pair(self, feature: int, width: int) -> tuple[int, int]:
        """The pair that a feature is of, and which of the two it is there: 0 or 1."""
        if self.is_interleaved:
            return divmod(feature, 2)
        side, pair = divmod(feature, width // 2)
        return pair, side

    def spelled(self, at: int, pair: int, width: int) -> Expression:
        """The angle of one place and pair."""
        exponent = Quotient(Number(2 * pair), Number(width))
        return Quotient(Number(at), Power(Number(self.base), exponent))

    def text(self, width: int | None, first: First) -> str:
        """How formulas write it: `p / 10000^(2i/d), p from 0`."""
        return f"p / {self.base:.15g}^(2i/{width or 'd'}), p from {first_text(first)}"
