"""The explanation of a wrong step by mistakes."""

from __future__ import annotations

from attncli.homework.answers.tolerance import Numbers
from attncli.homework.diagnosis.habits import Habit
from attncli.homework.diagnosis.replacements import Replacement
from attncli.records import record


@record(frozen=True)
class Explanation:
    """Replacements that explain a matrix, the number of cells, and the exact result.

    `is_rough`: the cells agree only to 2 units of their last place, as after rounding on the way.
    `habit` is the rounding under which they agree, or None. `slips` are the indices of a few cells
    that do not agree.
    """

    replacements: tuple[Replacement, ...]
    agreeing: int
    result: Numbers
    is_rough: bool = False
    habit: Habit | None = None
    slips: tuple[tuple[int, ...], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(replacement.mistake.name for replacement in self.replacements)
