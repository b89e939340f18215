"""The cause of a wrong step: mistakes, or a matrix that was rounded too early."""

from __future__ import annotations

from attncli.homework.answers.tolerance import Numbers
from attncli.homework.diagnosis.replacements import Replacement
from attncli.records import record


@record(frozen=True)
class Explanation:
    """One replacement or two that explain a wrong matrix, the number of cells, and the result.

    `is_rough`: the cells agree only to 2 units of their last place, as after rounding on the way.
    """

    replacements: tuple[Replacement, ...]
    agreeing: int
    result: Numbers
    is_rough: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(replacement.mistake.name for replacement in self.replacements)


@record(frozen=True)
class RoundedEarly:
    """The method is right, but a matrix was rounded before it was used."""

    name: str
    decimals: int


@record(frozen=True)
class Diagnosis:
    """All explanations of a wrong step, the likeliest first.

    `decider` is the step whose numbers would decide between them, or None. `is_cut`: the time was
    up before every mistake had been tried.
    """

    explanations: tuple[Explanation, ...] = ()
    rounded: RoundedEarly | None = None
    decider: str | None = None
    is_cut: bool = False
