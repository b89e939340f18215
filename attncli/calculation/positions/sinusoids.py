"""Sinusoids, which are added to X so that the tokens have an order (Vaswani et al. 2017)."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.expressions import (
    Cell,
    Expression,
    Function,
    Index,
    Sum,
)
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation import Name, OfOne, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.requirements import Equal, Need, Paper
from attncli.calculation.positions.angles import Angles, HasPairs
from attncli.calculation.positions.places import First, place, places
from attncli.calculation.positions.position_schemes import POSITIONS
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import in_words


@record(frozen=True)
class Sinusoids(OfOne):
    """sin and cos of p / base^(2i/d), for the position p of every token (Vaswani et al. 2017, 3.5).

    Sines and cosines alternate, and an odd width ends with a sine; or all sines stand before all
    cosines. Only the shape of the source matters: (…, n, d) → (n, d), or (…, n, d) if batch entries
    begin at different positions.
    """

    angles: Angles
    first: First = 0

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = "Use --position sinusoidal: sin and cos alternate, and an odd width ends with sin."
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
        order = "alternating sin and" if self.angles.is_interleaved else "all sin, then all"
        return f"{order} cos of {self.angles.text(None, self.first)}"

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
        cure = "Give position the same shape as X: cut a longer table to that size."
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
