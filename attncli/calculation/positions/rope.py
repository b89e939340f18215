"""Rope: queries and keys are rotated by angles that grow with their positions.

Source: RoFormer, Su et al. 2021.
"""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.expressions import (
    Cell,
    Difference,
    Expression,
    Function,
    Index,
    Product,
    Sum,
)
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation import OfOne, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.requirements import Need
from attncli.calculation.positions.angles import Angles, HasPairs
from attncli.calculation.positions.places import First, place, places
from attncli.records import record, replace


@record(frozen=True)
class Rotate(OfOne):
    """Rotate every pair of features by p / base^(2i/d); the shape stays the same (Su et al. 2021).

    (x₁, x₂) becomes (cos · x₁ − sin · x₂, sin · x₁ + cos · x₂), so a score depends on the distance
    of two tokens, not on their positions. With `dims`, only the first `dims` features are rotated.
    """

    angles: Angles
    dims: int | None = None
    first: First = 0

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = "Use --position rope:dims=N with an even N: only the first N features are rotated."
        return (HasPairs(self.source, cure, self.dims),)

    def apply(self, source: Array) -> Array:
        width = self.dims or source.shape[-1]
        angles = self.angles.of(places(self.first, source.shape[-2]), width)
        cos, sin = np.cos(angles).astype(source.dtype), np.sin(angles).astype(source.dtype)
        real, imaginary = self.angles.sides(width)
        x1, x2 = source[..., real], source[..., imaginary]
        turned = source.copy()
        turned[..., real] = cos * x1 - sin * x2
        turned[..., imaginary] = sin * x1 + cos * x2
        return turned

    def counted_from_1(self) -> Operation:
        return replace(self, first=self.first + 1)

    def formula(self, layout: Layout) -> str:
        half = self.dims // 2 if self.dims else "d/2"
        pair = "(2i, 2i + 1)" if self.angles.is_interleaved else f"(i, i + {half})"
        angles = self.angles.text(self.dims, self.first)
        return f"{self.source}, pairs {pair} rotated by {angles}"

    def cell(self, index: Index, source: Array) -> Expression:
        width = self.dims or source.shape[-1]
        *leading, feature = index
        if feature >= width:
            return Cell(self.source, index)
        pair, side = self.angles.pair(feature, width)
        real, imaginary = (range(width)[features][pair] for features in self.angles.sides(width))
        x1, x2 = (Cell(self.source, (*leading, own)) for own in (real, imaginary))
        angle = self.angles.spelled(place(self.first, index), pair, width)
        cos, sin = Function("cos", angle), Function("sin", angle)
        if side:
            return Sum((Product((sin, x1)), Product((cos, x2))))
        return Difference(Product((cos, x1)), Product((sin, x2)))

    def cost(self, source: Axes) -> Cost:
        """The angles, their sines and cosines; 4 multiplications and 2 additions per pair."""
        width, tokens = self.dims or source[-1].size, np.size(self.first) * source[-2].size
        pairs = width // 2
        waves = self.angles.cost(tokens, width) + Cost(functions=2 * tokens * pairs)
        return waves + Cost(4, 2) * (cells(source[:-1]) * pairs)
