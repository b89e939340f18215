"""How much memory the steps of a plan need, before any of them is calculated."""

from __future__ import annotations

from collections.abc import Collection

from attncli.calculation.costs import cells
from attncli.calculation.layouts import shape_text, sizes
from attncli.calculation.plan import Plan, Step
from attncli.errors import ProblemError
from attncli.records import record

BESIDE = 4  # matrices of its size that an operation has beside its result: the sigmoid has most
GIB, MIB = 2**30, 2**20


@record(frozen=True)
class Demand:
    """The bytes that some steps need, and the step whose result takes most of them."""

    bytes: int
    largest: Step
    of_largest: int


def demand(plan: Plan, names: Collection[str], itemsize: int) -> Demand:
    """What these steps need, and all that they are made of: results are kept until the end.

    While the largest is calculated, others of its size stand beside it.
    """
    needed = plan.needed_for(names)
    steps = [step for step in plan.steps if step.name in needed]
    largest = max(steps, key=lambda step: cells(step.axes))
    of_largest = cells(largest.axes) * itemsize
    kept = sum(cells(step.axes) for step in steps) * itemsize
    return Demand(kept + BESIDE * of_largest, largest, of_largest)


def check_memory(asked: Demand, instead: Demand, last: str, limit: int) -> None:
    """Raise ProblemError where the steps asked for need more bytes than the limit.

    `instead` is what the `last` step alone would need, calculated in tiles.
    """
    if asked.bytes <= limit:
        return
    shape = shape_text(sizes(asked.largest.axes))
    message = (
        f"what is asked for needs {size_text(asked.bytes)} of memory, but {size_text(limit)} may "
        f"be used: {asked.largest.name} alone, {shape}, takes {size_text(asked.of_largest)}."
    )
    if instead.bytes <= limit:
        hint = f"Ask for {last} alone (compute --only {last}): {size_text(instead.bytes)} will do."
    else:
        hint = "Take shorter sequences, or numbers of fewer bytes: --dtype float32."
    raise ProblemError(message, hint, (asked.largest.name,))


def size_text(size: float) -> str:
    """`12.9 GiB`, `300 MiB`."""
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{max(1, round(size / MIB))} MiB"
