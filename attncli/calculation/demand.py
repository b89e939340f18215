"""How much memory the steps of a plan need, before any of them is calculated."""

from __future__ import annotations

from collections.abc import Collection

from attncli.calculation.costs import cells
from attncli.calculation.layouts import count, shape_text, sizes
from attncli.calculation.plan import Plan, Step
from attncli.errors import AttncliError
from attncli.records import record

MIB, GIB = 2**20, 2**30


@record(frozen=True)
class Demand:
    """The bytes that some steps need, and the step whose result takes most of them."""

    calculated: int
    written: int
    largest: Step
    itemsize: int

    @property
    def bytes(self) -> int:
        """In all."""
        return self.calculated + self.written

    @property
    def largest_text(self) -> str:
        """`weights alone, 4096 × 4096, takes 128 MiB`."""
        axes = self.largest.axes
        size = size_text(cells(axes) * self.itemsize)
        return f"{self.largest.name} alone, {shape_text(sizes(axes))}, takes {size}"


def demand(plan: Plan, names: Collection[str], itemsize: int, of_written: int = 0) -> Demand:
    """What these steps need, and all that they are made of: results are kept until the end.

    A number has `itemsize` bytes, and the form of the result `of_written` more for each that it
    shows.

    Raises ProblemError for a name that is no step.
    """
    needed = plan.needed_for(names)
    steps = [step for step in plan.steps if step.name in needed]
    largest = max(steps, key=lambda step: cells(step.axes))
    kept = sum(cells(step.axes) for step in steps)
    room = max(step.operation.room(step.axes) for step in steps)
    shown = sum(cells(step.axes) for step in steps if step.name in names)
    written = max(0, shown * of_written - room * itemsize)  # the room is free again by then
    return Demand((kept + room) * itemsize, written, largest, itemsize)


def check_memory(asked: Demand, instead: Demand, last: str, limit: int, why: str) -> None:
    """Raise AttncliError where the steps asked for need more bytes than the limit.

    `instead` is what the `last` step alone would need, and `why` says where the limit is from.
    """
    if asked.bytes <= limit:
        return
    message = (
        f"what is asked for needs {size_text(asked.bytes)} of memory, but {size_text(limit)} may "
        f"be used ({why}): {asked.largest_text}."
    )
    if asked.calculated <= limit:
        hint = "Write it as NPZ (-o result.npz), which takes no text, or ask for fewer steps."
    elif instead.bytes <= limit:
        hint = f"Ask for {last} alone (compute --only {last}): {size_text(instead.bytes)} will do."
    elif asked.itemsize > 4:
        hint = "Take shorter sequences, or numbers of fewer bytes: --dtype float32."
    else:
        hint = "Take shorter sequences."
    raise AttncliError(message, hint)


def size_text(size: int) -> str:
    """`12.9 GiB`, `300 MiB`, `800 bytes`."""
    if size >= GIB:
        return f"{size / GIB:.1f} GiB"
    return f"{size / MIB:.0f} MiB" if size >= MIB else count(size, "bytes")
