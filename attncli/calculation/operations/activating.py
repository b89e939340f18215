"""The operations between the two products of a feed-forward."""

from __future__ import annotations

from attncli.calculation.algebra.cost import Cost, cells
from attncli.calculation.algebra.expressions import Cell, Expression, Index, Product
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation import OfOne, Operation
from attncli.calculation.algebra.requirements import Equal, Need
from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.records import record


@record(frozen=True)
class Activate(OfOne):
    """A function of each number by itself, of the same shape."""

    kind: str

    def apply(self, source: Array) -> Array:
        return ACTIVATIONS[self.kind].bend.apply(source)

    def formula(self, layout: Layout) -> str:
        return f"{self.kind} of {self.source}: {ACTIVATIONS[self.kind].formula}"

    def cell(self, index: Index, source: Array) -> Expression:
        return ACTIVATIONS[self.kind].bend.cell(Cell(self.source, index), float(source[index]))

    def cost(self, source: Axes) -> Cost:
        """That of the function a number."""
        return ACTIVATIONS[self.kind].bend.cost * cells(source)


@record(frozen=True)
class Gate(Operation):
    """Two matrices, number by number multiplied, after a function of the first."""

    source: str
    gate: str
    kind: str

    @property
    def operands(self) -> tuple[str, ...]:
        return (self.source, self.gate)

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = "W_1 and W_3 need one width."
        return (Equal((self.gate, -1), (self.source, -1), "the gate", cure),)

    def axes(self, source: Axes, gate: Axes) -> Axes:
        return source

    def apply(self, source: Array, gate: Array) -> Array:
        return ACTIVATIONS[self.kind].bend.apply(source) * gate

    def formula(self, layout: Layout) -> str:
        bent = f"{ACTIVATIONS[self.kind].bends} of {self.source}"
        return f"{bent} × {self.gate}, number by number"

    def cell(self, index: Index, source: Array, gate: Array) -> Expression:
        bent = ACTIVATIONS[self.kind].bend.cell(Cell(self.source, index), float(source[index]))
        return Product((bent, Cell(self.gate, index)))

    def cost(self, source: Axes, gate: Axes) -> Cost:
        """That of the function, and a multiplication, a number."""
        return (ACTIVATIONS[self.kind].bend.cost + Cost(multiplications=1)) * cells(source)
