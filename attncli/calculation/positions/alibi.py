"""ALiBi: scores are lowered in proportion to the distance of query and key.

Source: Press et al. 2022, "Train Short, Test Long".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.expressions import (
    Expression,
    Index,
    Number,
    Power,
    Product,
    Quotient,
)
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation import OfOne
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.positions.places import First, first_text, place, places
from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.algebra.tiles import TileMatrices

MOST_SLOPES = 8  # the largest number of slopes in a formula


@record(frozen=True)
class Distances(OfOne):
    """−slope · |i + first − j| of query i and key j, one slope for each head (Press et al. 2022).

    Only the shape of the source matters: scores (…, heads, n, m) → (heads, n, m), or (n, m) without
    heads. If batch entries begin at different positions, the result has all axes of the scores.
    """

    works_by_score = True

    heads: int | None = None
    first: First = 0

    def axes(self, source: Axes) -> Axes:
        if np.ndim(self.first):
            return source
        return tuple(axis for axis in source if axis.name != "batch")

    def apply(self, source: Array) -> Array:
        n, m = source.shape[-2:]
        distances = np.abs(places(self.first, n) - np.arange(m))
        slopes = np.array([2 ** (-8 * step / steps) for step, steps in self.slopes])
        if self.heads:
            slopes = slopes[:, None, None]
        return np.asarray(slopes * -distances, source.dtype)

    def on_tile(self, known: TileMatrices) -> Array:
        """Return the biases between the queries and keys of a tile, with the slope of its head."""
        tile = known.tile
        first = tile.own(np.atleast_2d(np.asarray(self.first)))
        distances = np.abs(first + tile.queries - tile.keys)
        step, steps = self.slopes[tile.index[-1] if self.heads else 0]
        return np.asarray(2 ** (-8 * step / steps) * -distances, known.part(self.source).dtype)

    def room(self, result: Axes, *operands: Axes) -> int:
        """Return the size of the distances, of their negatives, and of the result."""
        return 3 * cells(result)

    @property
    def slopes(self) -> list[tuple[int, int]]:
        """The slope 2^(−8a/b) of each head, as the pair (a, b).

        If the number of heads H is a power of two, a/b is 1/H, 2/H, …, 1. If not, the first P heads
        have the slopes for P heads, where P is the next lower power of two; the other heads have
        the first, third, … slope for 2P heads.
        """
        heads = self.heads or 1
        power = 2 ** (heads.bit_length() - 1)
        own = [(step, power) for step in range(1, power + 1)]
        return own + [(2 * step + 1, 2 * power) for step in range(heads - power)]

    def formula(self, layout: Layout) -> str:
        first = f" + {first_text(self.first)}" if np.any(self.first) else ""
        if np.size(self.first) > 1:  # one for each batch entry
            first = f" + ({first_text(self.first)})"
        first = first.replace("+ -", "- ")
        slopes = [f"2^(-{8 * step}/{steps})" for step, steps in self.slopes]
        if len(slopes) > MOST_SLOPES:
            slopes[MOST_SLOPES - 1 : -1] = ["…"]
        return f"-slope × |i{first} - j|, slope {', '.join(slopes)}"

    def cell(self, index: Index, source: Array) -> Expression:
        step, steps = self.slopes[index[-3] if self.heads else 0]
        slope = Power(Number(2), Quotient(Number(-8 * step), Number(steps)))
        return Product((slope, Number(-abs(place(self.first, index) - index[-1]))))

    def cost(self, source: Axes) -> Cost:
        """A subtraction for each pair, a power for each head, a multiplication for each number."""
        pairs = np.size(self.first) * source[-2].size * source[-1].size
        multiplications = cells(self.axes(source))
        return Cost(multiplications, additions=pairs, functions=self.heads or 1)
