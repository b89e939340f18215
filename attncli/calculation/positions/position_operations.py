"""The operations of positional encodings; without these, attention ignores the order of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.cost import Cost, cells
from attncli.calculation.algebra.expressions import (
    Cell,
    Difference,
    Expression,
    Function,
    Index,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
)
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation import Name, OfOne, Operation
from attncli.calculation.algebra.requirements import Equal, Need, Paper
from attncli.calculation.positions.angles import Angles
from attncli.calculation.positions.places import First, first_text, place, places
from attncli.calculation.positions.schemes import POSITIONS
from attncli.errors import ProblemError
from attncli.records import record, replace
from attncli.words import are, count, in_words

if TYPE_CHECKING:
    from attncli.calculation.algebra.tiles import TileMatrices

MOST_SLOPES = 8  # the largest number of slopes in a formula


@record(frozen=True)
class Sinusoids(OfOne):
    """sin and cos of p / base^(2i/d), for the position p of every token (Vaswani et al. 2017, 3.5).

    Sines and cosines alternate, or all sines stand before all cosines; an odd width ends with a
    sine. Only the size of the source matters: (…, n, d) → (n, d), or (…, n, d) if batch entries
    begin at different positions.
    """

    angles: Angles
    first: First = 0

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = "Use --position sinusoidal: by turns, an odd width ends with a sine."
        halves = () if self.angles.is_interleaved else (HasPairs(self.source, cure),)
        return (HasX(), *halves)

    def axes(self, source: Axes) -> Axes:
        return source if np.ndim(self.first) else source[-2:]

    def apply(self, source: Array) -> Array:
        n, width = source.shape[-2:]
        angles = self.angles.of(places(self.first, n), width)
        sines, cosines = self.angles.sides(width)
        waves = np.empty((*angles.shape[:-1], width), source.dtype)
        waves[..., sines] = np.sin(angles)
        waves[..., cosines] = np.cos(angles[..., : width // 2])
        return np.broadcast_to(waves, source.shape) if np.ndim(self.first) else waves

    def formula(self, layout: Layout) -> str:
        order = "by turns" if self.angles.is_interleaved else "in halves"
        return f"sin and cos {order} of {self.angles.text(None, self.first)}"

    def cell(self, index: Index, source: Array) -> Expression:
        width = source.shape[-1]
        pair, side = self.angles.pair(index[-1], width)
        angle = self.angles.spelled(place(self.first, index), pair, width)
        return Function("cos" if side else "sin", angle)

    def cost(self, source: Axes) -> Cost:
        """The angles, as in `Angles.cost`, and one sine or cosine for each number."""
        waves = self.axes(source)
        of_angles = self.angles.cost(cells(waves[:-1]), source[-1].size)
        return of_angles + Cost(functions=cells(waves))


@record(frozen=True)
class AddPositions(Operation):
    """X + position: (…, n, d), (n, d) → (…, n, d)."""

    source: Name
    position: Name

    @property
    def needs(self) -> tuple[Need, ...]:
        position, source = self.position, self.source
        cure = "It needs the size of X: cut a longer table to it."
        sides = (
            Equal((position, -2), (source, -2), "adding positions", cure),
            Equal((position, -1), (source, -1), "adding positions", cure),
        )
        return (HasX(), *sides)

    def axes(self, source: Axes, position: Axes) -> Axes:
        return source

    def apply(self, source: Array, position: Array) -> Array:
        return source + position

    def formula(self, layout: Layout) -> str:
        return f"{self.source} + {self.position}"

    def cell(self, index: Index, source: Array, position: Array) -> Expression:
        own = index[len(index) - position.ndim :]
        return Sum((Cell(self.source, index), Cell(self.position, own)))

    def cost(self, source: Axes, position: Axes) -> Cost:
        """One addition for each number."""
        return Cost(additions=cells(source))


@record(frozen=True)
class Rotate(OfOne):
    """Rotate every pair of features by p / base^(2i/d); the shape stays the same (Su et al. 2021).

    (x₁, x₂) becomes (cos · x₁ − sin · x₂, sin · x₁ + cos · x₂), so that a score depends on the
    distance of two tokens, not on their positions. With `dims`, only the first `dims` features are
    rotated.
    """

    angles: Angles
    dims: int | None = None
    first: First = 0

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = "Use --position rope:dims=N with an even N: the others are left as they are."
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
        pairs = "neighbours" if self.angles.is_interleaved else "halves"
        return f"{self.source}, {pairs} turned by {self.angles.text(self.dims, self.first)}"

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
        """The angles, their sines and cosines, then 4 multiplications and 2 additions per pair."""
        width, tokens = self.dims or source[-1].size, np.size(self.first) * source[-2].size
        pairs = width // 2
        waves = self.angles.cost(tokens, width) + Cost(functions=2 * tokens * pairs)
        return waves + Cost(4, 2) * (cells(source[:-1]) * pairs)


@record(frozen=True)
class Distances(OfOne):
    """−slope · |i + first − j| of query i and key j, one slope for each head (Press et al. 2022).

    Only the size of the source matters: scores (…, heads, n, m) → (heads, n, m), or (n, m) without
    heads; with every axis if batch entries begin at different positions.
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
        """The temporaries are the distances as whole numbers, and their negatives."""
        return 3 * cells(result)

    @property
    def slopes(self) -> list[tuple[int, int]]:
        """The slope of each head as a and b of 2^(−8a/b).

        For H heads, a/b is 1/H, 2/H, … if H is a power of two. If not, the first heads use the next
        lower power of two, and the others the first, third, … slope for twice that power.
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


@record(frozen=True)
class HasX:
    """The problem has an X, to which positions can be added."""

    def check(self, paper: Paper) -> None:
        """Raise ProblemError if queries and keys are given instead of X."""
        if "X" in paper.axes:
            return
        message = "position is added to X, but there is no X: Q and K are given."
        kinds = {name: kind.make() for name, kind in POSITIONS.items() if name != "none"}
        others = in_words([name for name, kind in kinds.items() if not kind.needs_x], "or")
        hint = f"Give X and W_q, W_k, W_v, or use --position {others}, which need no X."
        raise ProblemError(message, hint, ("position",))


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
            message = f"{shape}: of its {count(width, side)}, one is left over without a pair."
            raise ProblemError(message, self.cure, (self.name, "position"))
        turned = f"rope:dims={self.dims} turns {self.dims} {side}"
        message = f"{shape}: {turned}, but there {are(width, side)}."
        even = width - width % 2
        hint = f"Give dims of at most {even}, or leave it out." if even else "A pair needs two."
        raise ProblemError(message, hint, (self.name, "position"))
