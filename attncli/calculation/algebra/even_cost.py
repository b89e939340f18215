"""Operations whose result costs the same for each of its numbers."""

from __future__ import annotations

from typing import ClassVar

from attncli.calculation.algebra.layouts import Axes
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.operation_cost import Cost, cells


class EvenCost(Operation):
    """An operation with one cost, `of_number`, for each number of its result."""

    of_number: ClassVar[Cost] = Cost()  # no arithmetic: numbers are only moved or copied

    def cost(self, *operands: Axes) -> Cost:
        return self.of_number * cells(self.axes(*operands))
