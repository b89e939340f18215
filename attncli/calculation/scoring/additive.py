"""Additive scoring, vᵀ tanh(q + k): Bahdanau et al. 2015, and Luong et al. 2015 (concat)."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np

from attncli.calculation.algebra.expressions import Cell, Expression, Function, Index
from attncli.calculation.algebra.layouts import Array, Axes, Axis, Layout, Role
from attncli.calculation.algebra.operation import Name, Operation, Then
from attncli.calculation.algebra.operation_cost import Cost, cells, product
from attncli.calculation.algebra.requirements import Equal, Need, Paper
from attncli.calculation.algebra.row_sums import row_sums
from attncli.calculation.algebra.shared_heads import shared_place, spread
from attncli.calculation.algebra.tiles import PairScores, Tile, TileMatrices, sub_blocks
from attncli.calculation.algebra.vector_expressions import Inner, Line, Total
from attncli.calculation.operations.pointwise import EvenCost
from attncli.calculation.scoring.products import OfQueriesAndKeys
from attncli.errors import ProblemError
from attncli.records import record


@record(frozen=True)
class TanhSum(EvenCost, OfQueriesAndKeys):
    """tanh(qᵢ + kⱼ) for every pair: (…, n, hidden), (…, m, hidden) → (…, n, m, hidden)."""

    works_by_pair = True
    of_number = Cost(additions=1, functions=1)
    name = "additive"
    cure = "Give W_a and U_a, which project both to the hidden width, or check their sizes."

    def axes(self, queries: Axes, keys: Axes) -> Axes:
        return (*queries[:-1], keys[-2], Axis("hidden", queries[-1].size))

    def apply(self, queries: Array, keys: Array) -> Array:
        return np.tanh(queries[..., :, None, :] + spread(keys, queries.shape)[..., None, :, :])

    def pair_scores(self, operands: Sequence[Array], then: Then) -> PairScores | None:
        """Return scores made of powers, if only vᵀ follows and no power overflows."""
        queries, keys = operands
        (_, own), *others = then
        vector = own[0] if own else np.ones(queries.shape[-1], queries.dtype)
        if others or not TanhByPowers.fits(queries, keys, vector):
            return None
        return TanhByPowers(queries, keys, vector)

    def formula(self, layout: Layout) -> str:
        return f"tanh({self.queries}ᵢ + {self.keys}ⱼ)"

    def cell(self, index: Index, queries: Array, keys: Array) -> Expression:
        *leading, query, key, unit = index
        place = shared_place((*leading,), keys, queries.shape)
        of_query, of_key = (*leading, query, unit), (*place, key, unit)
        return Function("tanh", Cell(self.queries, of_query) + Cell(self.keys, of_key))


@record(frozen=True)
class WeighHidden(Operation):
    """vᵀ hidden for every pair, or Σ hidden without v: (…, n, m, hidden) → (…, n, m)."""

    works_by_score = True

    hidden: Name
    vector: Name | None = None

    @property
    def needs(self) -> tuple[Need, ...]:
        if not self.vector:
            return ()
        cure = f"{self.vector} needs one number for each hidden unit."
        return (Equal((self.vector, -1), (self.hidden, -1), f"{self.vector}ᵀ {self.hidden}", cure),)

    def axes(self, hidden: Axes, vector: Axes = ()) -> Axes:
        return hidden[:-1]

    def apply(self, hidden: Array, vector: Array | None = None) -> Array:
        if vector is None:
            return row_sums(hidden)[..., 0].astype(hidden.dtype, copy=False)
        total: Array = hidden @ vector
        return total

    def on_tile(self, known: TileMatrices) -> Array:
        """Return the scores of the tile; the vector is the same for all pairs."""
        vector = known.whole[self.vector] if self.vector else None
        return self.apply(known.part(self.hidden), vector)

    def formula(self, layout: Layout) -> str:
        return f"{self.vector}ᵀ {self.hidden}ᵢⱼ" if self.vector else f"sum of {self.hidden}ᵢⱼ"

    def cell(self, index: Index, hidden: Array, *vector: Array) -> Expression:
        size = hidden.shape[-1]
        line = Line(self.hidden, (*index, None), size)
        return Inner(Line(self.vector, (None,), size), line) if self.vector else Total(line)

    def cost(self, hidden: Axes, vector: Axes = ()) -> Cost:
        """For each score: `hidden` multiplications if there is v, and `hidden` − 1 additions."""
        scores, units = cells(hidden[:-1]), hidden[-1].size
        return product(scores, units) if self.vector else Cost(additions=scores * (units - 1))


@record(frozen=True)
class ProjectPart(Operation):
    """X times some rows of W, one row for each feature of X: (…, n, d) → (…, n, hidden)."""

    source: Name
    weight: Name
    rows: range

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
        """d multiplications and d − 1 additions for each number of the result."""
        return product(cells(self.axes(source, weight)), source[-1].size)


@record(frozen=True)
class Stacks(Need):
    """The number of rows of a weight is the sum of the widths of two matrices."""

    weight: str
    upper: str
    lower: str

    def check(self, paper: Paper) -> None:
        upper, lower = paper.size(self.upper, -1), paper.size(self.lower, -1)
        if paper.size(self.weight, -2) == upper + lower:
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


SEEN = {32: 5e-6, 64: 5e-13}  # half of the error that scores may have, by the bits of the type


class TanhByPowers(PairScores):
    """vᵀ tanh(q + k), from one power per query and per key instead of one tanh per pair.

      tanh(q + k) = 1 − 2 / (e²⁽ᑫ⁺ᵏ⁾ + 1) = 1 − 2 e⁻²ᑫ / (e²ᵏ + e⁻²ᑫ)

    This takes an addition and a division for each unit, a quarter of the time of tanh. All terms
    are positive, so no digits cancel: the error of each tanh is a few units in the last digit of 1.
    Here `queries` and `keys` hold the powers e⁻²ᑫ and e²ᵏ.
    """

    def __init__(self, queries: Array, keys: Array, vector: Array) -> None:
        super().__init__(np.exp(-2 * queries), np.exp(2 * keys))
        self.vector = vector
        self.total = vector.sum()
        # A large v times a large power would overflow. Powers of two cost no digit.
        self.size = np.ldexp(vector.dtype.type(1), np.frexp(np.abs(vector).max())[1] - 1)

    @staticmethod
    def fits(queries: Array, keys: Array, vector: Array) -> bool:
        """Return True if no power comes near to overflowing or vanishing, and v is not large.

        The error of each tanh is relative to 1, even if the tanh is small, so a large v would make
        the error visible.
        """
        type_ = np.finfo(queries.dtype)
        limit = 0.4 * log(type_.max)
        are_fine = all(-limit <= side.min() and side.max() <= limit for side in (queries, keys))
        return are_fine and float(np.linalg.norm(vector) * type_.eps) <= SEEN[type_.bits]

    def bound(self, tile: Tile) -> float:
        """Return the sum of |v|: every tanh is between −1 and 1."""
        return float(np.abs(self.vector).sum())

    def meet(self, queries: Array, keys: Array, out: Array) -> None:
        weighed = self.vector / self.size * queries
        for rows, columns in sub_blocks(out, len(self.vector)):
            pairs = queries[rows, None] + keys[columns]
            np.reciprocal(pairs, out=pairs)
            shares = (pairs @ weighed[rows, :, None])[..., 0]
            np.subtract(self.total, 2 * self.size * shares, out=out[rows, columns])
