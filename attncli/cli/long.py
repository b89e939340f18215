"""Long sequences: what they need is told before, and how far they are while they last."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from attncli.calculation.algebra.cost import cells
from attncli.calculation.algebra.plan import Plan, Trace
from attncli.calculation.long.fused import Fused, fuse
from attncli.calculation.long.memory_demand import Demand, check_memory, demand
from attncli.calculation.problem.problem import Problem
from attncli.cli.memory import Memory
from attncli.cli.terminal import waiting
from attncli.formats import FORMATS

SMALL = 2**16  # scores of one head


def run_long(problem: Problem, plan: Plan, names: Collection[str], memory: Memory) -> Trace:
    """These steps; the scores that are not among them are not kept.

    Raises AttncliError where more memory is needed than may be used.
    """
    inputs, last = problem.matrices, plan.names[-1]
    itemsize = max(matrix.itemsize for matrix in inputs.values())
    itemsize = max(itemsize, np.dtype(problem.softmax_dtype or "bool").itemsize)

    shorter, written = fuse(plan, names), memory.of_written

    def instead() -> Iterator[tuple[str, Demand]]:
        npz = FORMATS["npz"].bytes_per_number
        if written > npz:
            yield "Write it as NPZ (-o result.npz)", demand(shorter, inputs, names, itemsize, npz)
        if memory.is_chosen:
            least = demand(fuse(plan, [last]), inputs, [last], itemsize, written)
            yield f"Ask for {last} alone (--only {last})", least
        if itemsize > 4:
            less = demand(shorter, inputs, names, 4, written)
            yield "Take numbers of fewer bytes (--dtype float32)", less

    limit, why = memory.allowed(sum(matrix.nbytes for matrix in inputs.values()))
    asked = demand(shorter, inputs, names, itemsize, written)
    check_memory(asked, instead(), limit, why)
    if _has_small_tails(shorter) and demand(plan, inputs, names, itemsize).bytes <= limit:
        shorter = plan
    with waiting("calculating") as bar:
        return shorter.run(inputs, names, bar)


def _has_small_tails(plan: Plan) -> bool:
    """Whether tiles would be small: those of many heads take longer than each step on all heads."""
    tails = (step.operation for step in plan.steps if isinstance(step.operation, Fused))
    return any(cells(tail.weights.axes[-2:]) < SMALL for tail in tails)
