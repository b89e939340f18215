"""Long sequences: what they need is told before, and how far they are while they last."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from attncli.calculation.demand import check_memory, demand
from attncli.calculation.fused import fuse
from attncli.calculation.plan import Plan, Trace
from attncli.calculation.problem import Problem
from attncli.cli.memory import Memory
from attncli.cli.terminal import waiting


def run_long(problem: Problem, plan: Plan, names: Collection[str], memory: Memory) -> Trace:
    """These steps; the scores that are not among them are not kept.

    Raises AttncliError where more memory is needed than may be used.
    """
    fused, last = fuse(plan, names), plan.names[-1]
    itemsize = max(matrix.itemsize for matrix in problem.matrices.values())
    itemsize = max(itemsize, np.dtype(problem.softmax_dtype or "bool").itemsize)
    asked = demand(fused, names, itemsize, memory.of_written)
    least = demand(fuse(plan, [last]), [last], itemsize, memory.of_written)
    check_memory(asked, least, last, *memory.allowed())
    with waiting("calculating") as bar:
        return fused.run(problem.matrices, names, bar)
