"""The memory that the steps of a plan need, estimated before the calculation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from attncli.calculation.algebra.layouts import Array, Axis, sizes
from attncli.calculation.algebra.operation_cost import cells
from attncli.calculation.algebra.plan import Plan, Step
from attncli.errors import AttncliError
from attncli.records import record
from attncli.words import count, shape_text

MIB, GIB = 2**20, 2**30


@record(frozen=True)
class Demand:
    """The bytes that some steps need, and the step with the largest result."""

    bytes: int
    largest: Step
    itemsize: int

    @property
    def largest_text(self) -> str:
        """The largest result in words: `weights alone, 4096 × 4096, takes 128 MiB`."""
        axes = self.largest.axes
        size = size_text(cells(axes) * self.itemsize)
        return f"{self.largest.name} alone, {shape_text(sizes(axes))}, takes {size}"


def demand(
    plan: Plan,
    inputs: Mapping[str, Array],
    names: Collection[str],
    itemsize: int,
    of_written: int = 0,
) -> Demand:
    """Return the peak memory for the steps `names`, everything they depend on, and the inputs.

    Every number takes `itemsize` bytes; all results are kept. Formatting takes `of_written` bytes
    more for each number of the steps `names`. Raises ProblemError if a name is not a step.
    """
    needed = plan.needed_for(names)
    steps = [step for step in plan.steps if step.name in needed]
    axes = {name: tuple(Axis("", size) for size in m.shape) for name, m in inputs.items()}
    axes |= {step.name: step.axes for step in steps}
    largest = max(steps, key=lambda step: cells(step.axes))
    kept = sum(cells(step.axes) for step in steps)
    room = max(
        step.operation.room(step.axes, *(axes[name] for name in step.operation.operands))
        for step in steps
    )
    given = sum(matrix.nbytes for matrix in inputs.values())
    shown = sum(cells(step.axes) for step in steps if step.name in names)
    written = max(0, shown * of_written - room * itemsize)  # formatting reuses freed temporaries
    return Demand(given + (kept + room) * itemsize + written, largest, itemsize)


def check_memory(
    asked: Demand, instead: Iterable[tuple[str, Demand]], limit: int, why: str
) -> None:
    """Raise AttncliError if the demand `asked` is more than `limit` bytes.

    `why` is the reason for the limit, in words. `instead` yields alternatives: a piece of advice
    and its demand. The message recommends the first alternative that fits.
    """
    if asked.bytes <= limit:
        return
    message = (
        f"the calculation needs {size_text(asked.bytes)} of memory, but may use "
        f"{size_text(limit)} ({why}): {asked.largest_text}."
    )
    fitting = (
        f"{proposal}: {size_text(less.bytes)} is enough."
        for proposal, less in instead
        if less.bytes <= limit
    )
    raise AttncliError(message, next(fitting, "Use shorter sequences."))


def size_text(size: int) -> str:
    """Return a size in words: `12.9 GiB`, `300.5 MiB`, `800 bytes`."""
    if size >= GIB:
        return f"{size / GIB:.1f} GiB"
    return f"{size / MIB:.1f} MiB" if size >= MIB else count(size, "bytes")
