"""What a mistake is: one operation replaced by a wrong one, and how that is told.

An entry is one function. It is given the scene, and gives back the matrix that the mistake makes
in place of the right one, or None where the mistake cannot be made there. Its docstring is the
diagnosis, in three paragraphs: what was done, what should be done, why it matters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import cleandoc
from typing import TypeAlias

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.problem.problem import Part, Problem
from attncli.records import record


@record(frozen=True)
class Scene:
    """A step where a mistake may be made, and every matrix that is known before it.

    All matrices are in the layout `rows`, the inputs among them. In a layer this is the scene of
    one sublayer, by the names that it has there: `part` is that sublayer, `around` the same step
    among all the others, by the names of the whole.
    """

    problem: Problem
    plan: Plan
    step: Step
    matrices: Mapping[str, Array]
    part: Part | None = None
    around: Scene | None = None

    def __getitem__(self, name: str) -> Array:
        return self.matrices[name]

    def __contains__(self, name: str) -> bool:
        return name in self.matrices

    @property
    def whole(self) -> Scene:
        """The same step among all the others of its layers; this very scene outside of them."""
        return self.around or self

    def full_name(self, name: str) -> str:
        """The name in the whole: `self.scores` for the `scores` of a layer's self-attention."""
        return self.part.name(name) if self.part else name

    @property
    def operands(self) -> list[Array]:
        """The matrices that the right operation takes."""
        return [self.matrices[name] for name in self.step.operation.operands]

    def right(self) -> Array:
        """What the right operation gives."""
        return self.step.operation.apply(*self.operands)

    def find(self, kind: type[Operation]) -> Step | None:
        """The first step of the plan whose operation is of this kind."""
        return next((step for step in self.plan.steps if isinstance(step.operation, kind)), None)


def scene_at(problem: Problem, plan: Plan, step: Step, known: Mapping[str, Array]) -> Scene:
    """The scene of a step: of its sublayer alone, by the names that it has there, in a layer.

    A residual sum that is no part of a norm belongs to no sublayer: its scene is the whole.
    """
    around = Scene(problem, plan, step, known)
    part = problem.part_of(step.name)
    if part is None:
        return around
    matrices = {own: known[name] for own, name in part.full_names.items() if name in known}
    return Scene(part.problem, part.plan, part.steps[step.name], matrices, part, around)


Wrong: TypeAlias = "Callable[[Scene], Array | None]"


@record(frozen=True)
class Mistake:
    """An entry of the catalogue.

    `replaces` are the kinds of operation it stands in for; `done`, `right` and `why` its diagnosis.
    """

    name: str
    formula: str
    replaces: tuple[type[Operation], ...]
    wrong: Wrong
    done: str
    right: str
    why: str

    def make(self, scene: Scene) -> Array | None:
        """The wrong matrix, or None where this mistake cannot be made: shapes do not allow it."""
        if not isinstance(scene.step.operation, self.replaces):
            return None
        try:
            return self.wrong(scene)
        except (ValueError, KeyError, IndexError):
            return None


ENTRIES: dict[str, Mistake] = {}


def mistake(name: str, formula: str, *replaces: type[Operation]) -> Callable[[Wrong], Wrong]:
    """Enter a function into the catalogue under a name, with the formula of what it does."""

    def enter(wrong: Wrong) -> Wrong:
        done, right, why = cleandoc(wrong.__doc__ or "").split("\n\n")
        paragraphs = (" ".join(part.split()) for part in (done, right, why))
        ENTRIES[name] = Mistake(name, formula, replaces, wrong, *paragraphs)
        return wrong

    return enter
