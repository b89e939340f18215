"""The operations that split features into heads, and join the heads again."""

from __future__ import annotations

from attncli.calculation.algebra.expressions import Cell, Expression, Index, Number, Sum
from attncli.calculation.algebra.layouts import Array, Axes, Axis, Layout
from attncli.calculation.algebra.operation import OfOne
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.requirements import Divides, Need
from attncli.calculation.operations.pointwise import EvenCost
from attncli.records import record
from attncli.words import count


@record(frozen=True)
class SplitHeads(EvenCost, OfOne):
    """Split the features into equal parts, one for each head: (…, n, h·d) → (…, h, n, d)."""

    is_copy = True

    heads: int

    @property
    def needs(self) -> tuple[Need, ...]:
        return (Divides(self.source, self.heads),)

    def axes(self, source: Axes) -> Axes:
        *leading, tokens, features = source
        width = Axis(features.name, features.size // self.heads)
        return (*leading, Axis("heads", self.heads), tokens, width)

    def apply(self, source: Array) -> Array:
        parts = source.reshape(*source.shape[:-1], self.heads, source.shape[-1] // self.heads)
        return parts.swapaxes(-2, -3)

    def formula(self, layout: Layout) -> str:
        return f"{self.source} split into {count(self.heads, 'heads')}"

    def cell(self, index: Index, source: Array) -> Expression:
        *leading, head, row, column = index
        width = source.shape[-1] // self.heads
        return Cell(self.source, (*leading, row, head * width + column))


@record(frozen=True)
class Concat(EvenCost, OfOne):
    """Join the heads side by side: (…, h, n, d) → (…, n, h·d)."""

    is_copy = True

    def axes(self, source: Axes) -> Axes:
        *leading, heads, tokens, features = source
        return (*leading, tokens, Axis(features.name, heads.size * features.size))

    def apply(self, source: Array) -> Array:
        side_by_side = source.swapaxes(-2, -3)
        return side_by_side.reshape(*side_by_side.shape[:-2], -1)

    def formula(self, layout: Layout) -> str:
        return f"all {self.source} side by side"

    def cell(self, index: Index, source: Array) -> Expression:
        *leading, row, column = index
        head, place = divmod(column, source.shape[-1])
        return Cell(self.source, (*leading, head, row, place))


@record(frozen=True)
class Average(OfOne):
    """The mean over the heads, as in PyTorch's MultiheadAttention: (…, h, n, m) → (…, n, m)."""

    shows_attention = True

    def axes(self, source: Axes) -> Axes:
        return (*source[:-3], *source[-2:])

    def apply(self, source: Array) -> Array:
        mean: Array = source.mean(axis=-3)
        return mean

    def formula(self, layout: Layout) -> str:
        return f"mean of the heads of {self.source}"

    def cell(self, index: Index, source: Array) -> Expression:
        *leading, row, column = index
        heads = source.shape[-3]
        total = Sum(tuple(Cell(self.source, (*leading, h, row, column)) for h in range(heads)))
        return total / Number(heads)

    def cost(self, source: Axes) -> Cost:
        """h − 1 additions and one division for each number of the result."""
        return Cost(additions=source[-3].size - 1, divisions=1) * cells(self.axes(source))
