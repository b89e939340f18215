"""Make the exercise of an order."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from attncli.homework.exercises.new_documents import FIRST, blank_of, document_of
from attncli.homework.exercises.orders import DECIMALS, Nested, Order
from attncli.records import record

if TYPE_CHECKING:
    from attncli.homework.exercises.worth import Worth


@record(frozen=True)
class Exercise:
    """An exercise: its document, and what it shows at the decimals that are asked.

    `accepted` is the number of the draw that the document has, and `tried` the number of draws that
    were made. `worth` is None for a layer with too many numbers to be judged. `unmet` are the
    mistakes of the order that do not change the output.
    """

    document: Nested
    decimals: int
    accepted: int = FIRST
    tried: int = FIRST
    worth: Worth | None = None
    unmet: tuple[str, ...] = ()

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps, in the order of the calculation."""
        from attncli.calculation.plans.from_document import read

        _, plan = read(document_of(self.document))
        return plan.names

    @property
    def meets_all(self) -> bool:
        """True if the exercise meets all demands that an exercise of these sizes can meet."""
        return not (self.unmet or (self.worth and (self.worth.faults or self.worth.lost)))


def make(order: Order) -> Exercise:
    """Return the exercise of an order: the first draw that meets all demands, or the best.

    Raises ProblemError if the order is impossible, or names an unknown mistake.
    """
    from attncli.homework.exercises.drawing import best_exercise

    decimals = DECIMALS if order.decimals is None else order.decimals
    return best_exercise(blank_of(order), decimals)
