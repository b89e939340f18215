"""A weight that queries and keys share: its first rows are of queries, the others of keys.

W [q; k] of two vectors, one below the other, is the sum of two products with the two parts of W.
"""

from __future__ import annotations

from attncli.calculation.algebra.cost import Cost, cells, product
from attncli.calculation.algebra.expressions import Expression, Index
from attncli.calculation.algebra.layouts import Array, Axes, Layout, Role
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.requirements import Need, Paper
from attncli.calculation.algebra.vector_expressions import Inner, Line
from attncli.errors import ProblemError
from attncli.records import record


@record(frozen=True)
class ProjectPart(Operation):
    """X times some rows of W, as many as X has features: (…, n, d) → (…, n, hidden)."""

    source: str
    weight: str
    rows: range

    @property
    def operands(self) -> tuple[str, ...]:
        return (self.source, self.weight)

    def axes(self, source: Axes, weight: Axes) -> Axes:
        return (*source[:-1], weight[-1])

    def apply(self, source: Array, weight: Array) -> Array:
        return source @ weight[self.rows.start : self.rows.stop]

    def formula(self, layout: Layout) -> str:
        side = layout.side(Role.WEIGHT, -2, 2)
        first, last = self.rows.start + 1, self.rows.stop
        part = f"{side} {first} to {last}" if first < last else f"{side.removesuffix('s')} {first}"
        return f"{self.source} times {part} of {self.weight}"

    def cell(self, index: Index, source: Array, weight: Array) -> Expression:
        *place, column = index
        size = source.shape[-1]
        return Inner(
            Line(self.source, (*place, None), size), Line(self.weight, (self.rows, column), size)
        )

    def cost(self, source: Axes, weight: Axes) -> Cost:
        """d multiplications and d − 1 additions a number of the result."""
        return product(cells(self.axes(source, weight)), source[-1].size)


@record(frozen=True)
class Stacks(Need):
    """A weight has as many rows as two matrices have features together."""

    weight: str
    upper: str
    lower: str

    def check(self, paper: Paper) -> None:
        rows, upper, lower = (
            paper.size(self.weight, -2),
            paper.size(self.upper, -1),
            paper.size(self.lower, -1),
        )
        if rows == upper + lower:
            return
        side, features = paper.side(self.weight, -2), paper.side(self.upper, -1)
        message = (
            f"{self.weight} is {paper.shape(self.weight)}, but {self.upper} is "
            f"{paper.shape(self.upper)} and {self.lower} is {paper.shape(self.lower)}"
            f"{paper.origins(self.upper, self.lower)}: concat scoring needs as many {side} in "
            f"{self.weight} as {self.upper} and {self.lower} have {features} together, "
            f"{upper} + {lower}."
        )
        hint = f"Check that {self.weight} is not transposed: see --layout."
        raise ProblemError(message, hint, (self.weight, self.upper, self.lower))
