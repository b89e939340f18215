"""Run a plan on long sequences: check the memory first, then report progress."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager

import numpy as np

from attncli.calculation.algebra.operation_cost import cells
from attncli.calculation.algebra.plan import Plan, Trace, Watch
from attncli.calculation.long.fused import fuse
from attncli.calculation.long.memory_demand import Demand, check_memory, demand
from attncli.calculation.long.whole_rows import Share, here
from attncli.calculation.problem.problem import Problem
from attncli.records import record

SMALL = 2**16  # scores of one head; with fewer scores, separate steps are faster


@record(frozen=True)
class Allowance:
    """The memory that a run may use: `limit` bytes, and `why` this is the limit.

    Formatting takes `per_number` bytes per number of the result in the chosen format, and
    `least_per_number` in the format that takes least. `is_chosen` is True if the user chose the
    steps, and may choose other steps instead.
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
    share: Share | None = None,
) -> Trace:
    """Run the steps `names` and return their trace; scores that are not in `names` are not kept.

    `bar` is a context that shows progress. `share` calculates blocks of queries; None leaves them
    to the threads of this machine. Raises AttncliError if the run needs more memory than `allowed`.
    """
    inputs, last = problem.matrices, plan.names[-1]
    itemsize = max(matrix.itemsize for matrix in inputs.values())
    itemsize = max(itemsize, np.dtype(problem.choices.softmax_dtype or "bool").itemsize)
    shorter, per_number = fuse(plan, names, share=share or here), allowed.per_number

    def instead() -> Iterator[tuple[str, Demand]]:
        least = allowed.least_per_number
        if per_number > least:
            npz = demand(shorter, inputs, names, itemsize, least)
            yield "Write it as NPZ (-o result.npz)", npz
        if allowed.is_chosen:
            alone = demand(fuse(plan, [last]), inputs, [last], itemsize, per_number)
            yield f"Calculate {last} alone (--only {last})", alone
        if itemsize > 4:
            less = demand(shorter, inputs, names, 4, per_number)
            yield "Use 4 bytes per number (--dtype float32)", less

    asked = demand(shorter, inputs, names, itemsize, per_number)
    check_memory(asked, instead(), allowed.limit, allowed.why)
    fits = demand(plan, inputs, names, itemsize).bytes <= allowed.limit
    if not share and fits and _has_small_tails(plan, shorter):
        shorter = plan
    with bar as watch:
        return shorter.run(inputs, names, watch)


def _has_small_tails(plan: Plan, shorter: Plan) -> bool:
    """Return True if a head has few scores: many small heads are faster step by step."""
    fused = {name for step in shorter.steps for name in step.operation.stands_for}
    weights = (s for s in plan.steps if s.name in fused and s.operation.makes_weights)
    return any(cells(step.axes[-2:]) < SMALL for step in weights)
