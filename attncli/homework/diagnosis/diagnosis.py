"""The cause of a wrong step: what explains it, or what was rounded on the way."""

from __future__ import annotations

from attncli.homework.answers.tolerance import Numbers
from attncli.homework.diagnosis.replacements import Replacement
from attncli.records import record


@record(frozen=True)
class Explanation:
    """One replacement or two that explain a wrong matrix, the cells that agree, and the result.

    `is_rough` says that the cells agree only to 2 units of their last place: rounded on the way.
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
    """All that explains a wrong step, the likeliest first.

    `decider` is the step that would tell the explanations apart, where one would; `is_cut` says
    that the time was up before all had been tried.
    """

    explanations: tuple[Explanation, ...] = ()
    rounded: RoundedEarly | None = None
    decider: str | None = None
    is_cut: bool = False
