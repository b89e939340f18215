"""Running a plan on long sequences: its memory is checked before, its progress is shown meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager

import numpy as np

from attncli.calculation.algebra.cost import cells
from attncli.calculation.algebra.plan import Plan, Trace, Watch
from attncli.calculation.long.fused import fuse
from attncli.calculation.long.memory_demand import Demand, check_memory, demand
from attncli.calculation.problem.problem import Problem
from attncli.records import record

SMALL = 2**16  # scores of one head


@record(frozen=True)
class Allowance:
    """The memory that a run may use: `limit` bytes, and `why` this is the limit.

    The form of the result takes `per_number` bytes for each number of it, the least of all forms
    `least_per_number`. `is_chosen`: the user has chosen the steps, and may choose others.
    """

    limit: int
    why: str
    per_number: int
    least_per_number: int
    is_chosen: bool


def run_long(
    problem: Problem,
    plan: Plan,
    names: Collection[str],
    allowed: Allowance,
    bar: AbstractContextManager[Watch | None],
) -> Trace:
    """The trace of these steps; scores that are not among them are not kept.

    Raises AttncliError where more memory is needed than is allowed.
    """
    inputs, last = problem.matrices, plan.names[-1]
    itemsize = max(matrix.itemsize for matrix in inputs.values())
    itemsize = max(itemsize, np.dtype(problem.choices.softmax_dtype or "bool").itemsize)
    shorter, per_number = fuse(plan, names), allowed.per_number

    def instead() -> Iterator[tuple[str, Demand]]:
        least = allowed.least_per_number
        if per_number > least:
            npz = demand(shorter, inputs, names, itemsize, least)
            yield "Write it as NPZ (-o result.npz)", npz
        if allowed.is_chosen:
            alone = demand(fuse(plan, [last]), inputs, [last], itemsize, per_number)
            yield f"Ask for {last} alone (--only {last})", alone
        if itemsize > 4:
            less = demand(shorter, inputs, names, 4, per_number)
            yield "Take numbers of fewer bytes (--dtype float32)", less

    asked = demand(shorter, inputs, names, itemsize, per_number)
    check_memory(asked, instead(), allowed.limit, allowed.why)
    fits = demand(plan, inputs, names, itemsize).bytes <= allowed.limit
    if fits and _has_small_tails(plan, shorter):
        shorter = plan
    with bar as watch:
        return shorter.run(inputs, names, watch)


def _has_small_tails(plan: Plan, shorter: Plan) -> bool:
    """True if tiles would be small: those of many heads take longer than each step on all heads."""
    fused = {name for step in shorter.steps for name in step.operation.stands_for}
    weights = (s for s in plan.steps if s.name in fused and s.operation.makes_weights)
    return any(cells(step.axes[-2:]) < SMALL for step in weights)
