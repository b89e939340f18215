"""The angles p / base^(2i/d) of sinusoids and rotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.expressions import Expression, Number, Power, Quotient
from attncli.calculation.algebra.operation_cost import Cost
from attncli.calculation.algebra.requirements import Paper
from attncli.calculation.positions.places import First, first_text
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import are, count

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class Angles:
    """p / base^(2i/d) for the position p and pair i of d features; p and i count from 0.

    Pair i is two neighbours (2i and 2i + 1) with `is_interleaved`, else features i and i + d/2. In
    sinusoids, the first feature of a pair has the sine and the second the cosine; in rotations,
    they are the real and the imaginary part.
    """

    is_interleaved: bool
    base: float = 10000.0

    def of(self, at: NDArray[np.int_], width: int) -> NDArray[np.float64]:
        """Return the angle of each position `at` and pair: (…, n, 1) → (…, n, ⌈width / 2⌉)."""
        pairs = np.arange((width + 1) // 2)
        return np.asarray(at / self.base ** (2 * pairs / width), np.float64)

    def cost(self, tokens: int, width: int) -> Cost:
        """One power for each pair, and one division for each position and pair."""
        pairs = (width + 1) // 2
        return Cost(divisions=tokens * pairs, functions=pairs)

    def sides(self, width: int) -> tuple[slice, slice]:
        """Return two slices: the first features of all pairs, and the second features."""
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


@record(frozen=True)
class HasPairs:
    """The features of a matrix, or the first `dims` of them, form pairs."""

    name: str
    cure: str
    dims: int | None = None

    def check(self, paper: Paper) -> None:
        """Raise ProblemError if the number of features is odd, or less than `dims`."""
        width, side = paper.size(self.name, -1), paper.side(self.name, -1)
        is_odd = self.dims is None and width % 2
        if not is_odd and (self.dims or 0) <= width:
            return
        shape = f"{self.name} is {paper.shape(self.name)}{paper.origins(self.name)}"
        if is_odd:
            message = f"{shape}: its {count(width, side)} cannot form pairs."
            raise ProblemError(message, self.cure, (self.name, "position"))
        rotated = f"rope:dims={self.dims} rotates {self.dims} {side}"
        message = f"{shape}: {rotated}, but there {are(width, side)}."
        even = width - width % 2
        hint = (
            f"Give dims={even} or less, or leave dims out."
            if even
            else "A rotation needs pairs of features: at least 2."
        )
        raise ProblemError(message, hint, (self.name, "position"))
