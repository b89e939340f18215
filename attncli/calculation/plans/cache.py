"""The cache: keys and values of earlier calls, to which the new ones are appended."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.expressions import Cell, Expression, Index
from attncli.calculation.algebra.layouts import Array, Axes, Axis, Layout
from attncli.calculation.algebra.operation import Name
from attncli.calculation.algebra.plan import Steps
from attncli.calculation.algebra.requirements import Equal, Need, SameLeading
from attncli.calculation.operations.pointwise import EvenCost
from attncli.calculation.positions.places import First
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import count


@record(frozen=True)
class Join(EvenCost):
    """Earlier tokens, then new tokens: (…, p, d), (…, m, d) → (…, p + m, d)."""

    is_copy = True

    past: Name
    new: Name

    @property
    def needs(self) -> tuple[Need, ...]:
        cure = (
            f"{self.past} needs the axes of {self.new}, with an axis of heads if heads are split."
        )
        return (
            SameLeading(self.past, self.new, cure),
            Equal((self.past, -1), (self.new, -1), "joining them", cure),
        )

    def axes(self, past: Axes, new: Axes) -> Axes:
        return (*new[:-2], Axis("m", past[-2].size + new[-2].size), new[-1])

    def apply(self, past: Array, new: Array) -> Array:
        return np.concatenate((past, new), axis=-2)

    def formula(self, layout: Layout) -> str:
        return f"{self.past}, then {self.new}"

    def cell(self, index: Index, past: Array, new: Array) -> Expression:
        *leading, row, column = index
        earlier = past.shape[-2]
        if row < earlier:
            return Cell(self.past, index)
        return Cell(self.new, (*leading, row - earlier, column))


def joined(steps: Steps, keys: str, values: str | None) -> tuple[str, str | None]:
    """Add `K_present` = K_past, then K, and `V_present` in the same way, if K_past is given."""
    if "K_past" not in steps:
        return keys, values
    if "V_past" in steps and values:
        cure = "Each earlier key needs a value."
        steps.require(Equal(("V_past", -2), ("K_past", -2), "the weighted sum", cure))
    keys = steps.add("K_present", Join("K_past", keys))
    return keys, steps.add("V_present", Join("V_past", values)) if values else None


def first_position(problem: Problem, steps: Steps, queries: str) -> First:
    """Return the position of the first query among the keys.

    This is the number of keys in K_past, or 0. With `cache_lens` it is length − n for each batch
    entry (an array that broadcasts to the scores), because the last n filled keys belong to the
    queries. Raises ProblemError if `cache_lens` does not have one length per batch entry.
    """
    if problem.cache_lens is None:
        return steps.axes("K_past")[-2].size if "K_past" in steps else 0
    *leading, n, _ = steps.axes(queries)
    entries = next((axis.size for axis in leading if axis.name == "batch"), 1)
    if len(problem.cache_lens) != entries:
        lengths = count(len(problem.cache_lens), "lengths")
        have = f"{queries} has {count(entries, 'batch entries')}"
        message = f"cache_lens has {lengths}, but {have}."
        raise ProblemError(message, "Give one length per batch entry.", ("cache_lens",))
    axes = (entries, *(1,) * (len(leading) + 1)) if leading else ()
    return np.reshape(problem.cache_lens - n.size, axes)
