"""Long sequences: what they need is told before, and how far they are while they last."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from attncli.calculation.costs import cells
from attncli.calculation.demand import Demand, check_memory, demand
from attncli.calculation.fused import Fused, fuse
from attncli.calculation.plan import Plan, Trace
from attncli.calculation.problem import Problem
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

    def needed(
        names: Collection[str], itemsize: int = itemsize, written: int = memory.of_written
    ) -> Demand:
        return demand(fuse(plan, names), inputs, names, itemsize, written)

    instead: list[tuple[str, Demand]] = []
    if memory.of_written > (npz := FORMATS["npz"].room):
        instead.append(("Write it as NPZ (-o result.npz)", needed(names, written=npz)))
    if memory.is_chosen:
        instead.append((f"Ask for {last} alone (--only {last})", needed([last])))
    if itemsize > 4:
        instead.append(("Take numbers of fewer bytes (--dtype float32)", needed(names, 4)))
    limit, why = memory.allowed(sum(matrix.nbytes for matrix in inputs.values()))
    check_memory(needed(names), instead, limit, why)
    shorter = fuse(plan, names)
    if _has_small_tails(shorter) and demand(plan, inputs, names, itemsize).bytes <= limit:
        shorter = plan
    with waiting("calculating") as bar:
        return shorter.run(inputs, names, bar)


def _has_small_tails(plan: Plan) -> bool:
    """Whether tiles would be small: those of many heads take longer than each step on all heads."""
    tails = (step.operation for step in plan.steps if isinstance(step.operation, Fused))
    return any(cells(tail.weights.axes[-2:]) < SMALL for tail in tails)
