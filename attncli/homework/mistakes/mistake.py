"""A mistake: one operation replaced by a wrong one, and the diagnosis of it.

An entry is one function. It takes the scene, and returns the matrix that the mistake makes in place
of the right one, or None if the mistake cannot be made there. Its docstring is the
diagnosis, in three paragraphs: what was done, the right method, why it matters. Words of it that
depend on the problem stand in braces, such as `{X W_q}` or `{row}`: see `wording`.

Mistakes that differ in one number or one short function are the rows of a table. A row has a
lambda, which usually calls a function that many rows share, and the same three paragraphs. A
paragraph that several rows share is a constant beside the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import cleandoc
from itertools import takewhile
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import OfOne, Operation
from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.problem.problem import Problem, Sublayer
from attncli.homework.mistakes.wording import Texts, in_general
from attncli.records import record, replace

Kind = TypeVar("Kind", bound=Operation)


@record(frozen=True)
class Scene:
    """A step where a mistake may be made, and every matrix that is known before it.

    All matrices, inputs included, are in the layout `rows`. In a layer, this is the scene of one
    sublayer, with the names inside it: `part` is that sublayer, and `around` is the scene of the
    same step in the whole calculation, with the names of the whole.
    """

    problem: Problem
    plan: Plan
    step: Step
    matrices: Mapping[str, Array]
    part: Sublayer | None = None
    around: Scene | None = None

    def __getitem__(self, name: str) -> Array:
        return self.matrices[name]

    def __contains__(self, name: str) -> bool:
        return name in self.matrices

    @property
    def whole(self) -> Scene:
        """The scene of this step in the whole calculation; outside of layers, this scene itself."""
        return self.around or self

    @property
    def layer(self) -> str:
        """The prefix of this sublayer's layer: `layers.2.`, or empty if there is only one layer."""
        return layer_of(self.full_name("output"))

    def full_name(self, name: str) -> str:
        """The name in the whole: `self.scores` for the `scores` of a layer's self-attention."""
        return self.part.name(name) if self.part else name

    @property
    def operands(self) -> list[Array]:
        """The matrices that the right operation takes."""
        return [self.matrices[name] for name in self.step.operation.operands]

    def operation(self, kind: type[Kind]) -> Kind:
        """Return the right operation. Raises AssertionError if it is not of this kind."""
        operation = self.step.operation
        assert isinstance(operation, kind)
        return operation

    def right(self) -> Array:
        """The right result of this step."""
        return self.apply(*self.operands)

    def left_out(self) -> Array:
        """The result if the step is left out: a copy of its first operand."""
        return self.operands[0].copy()

    def apply(self, *operands: Array) -> Array:
        """The result of the right operation for other operands."""
        return self.step.operation.apply(*operands)

    def of_operands(self, function: Callable[..., Array | None]) -> Array | None:
        """The result of another function for the right operands."""
        return function(*self.operands)

    def with_choices(self, **choices: object) -> Array:
        """The result of the right operation with some of its fields changed, such as `eps`."""
        return self.result_of(replace(self.step.operation, **choices))  # type: ignore[type-var]

    def with_matrices(self, **instead: Array) -> Array:
        """The result of the right operation with other matrices for the operands of these names."""
        names = self.step.operation.operands
        return self.apply(*(instead[name] if name in instead else self[name] for name in names))

    def with_names(self, instead: Mapping[str, str]) -> Array | None:
        """The result of the right operation for known matrices in place of its operands.

        `instead` maps the names of operands to the names of other matrices. None if the operation
        takes none of these operands.
        """
        names = self.step.operation.operands
        if not set(names) & set(instead):
            return None
        return self.apply(*(self[instead.get(name, name)] for name in names)).copy()

    def result_of(self, operation: Operation) -> Array:
        """The result of another operation for the matrices that it names."""
        return operation.apply(*(self[name] for name in operation.operands))

    def operations(self, *kinds: type[Kind]) -> list[Kind]:
        """Return the operations of these kinds in the plan, in order."""
        every = (step.operation for step in self.plan.steps)
        return [operation for operation in every if isinstance(operation, kinds)]

    def find(self, *kinds: type[Kind]) -> Kind:
        """Return the first operation of this kind in the plan. Raises KeyError if there is none."""
        for step in self.plan.steps:
            if isinstance(step.operation, kinds):
                return step.operation
        raise KeyError(kinds)

    def maker(self, name: str) -> Operation:
        """Return the operation that makes a matrix. Raises KeyError for an input."""
        for step in self.plan.steps:
            if step.name == name:
                return step.operation
        raise KeyError(name)

    def size(self, axis: str) -> int:
        """Return the size of an axis of the result. Raises KeyError if there is no such axis."""
        return {axis.name: axis.size for axis in self.step.axes}[axis]

    def chain(self) -> list[Step]:
        """The steps that lead from the scores to this one, the nearest first."""
        steps = {step.name: step for step in self.plan.steps}
        found: list[Step] = []
        step = steps.get(self.step.operation.operands[0])
        while step and isinstance(step.operation, (OfOne, Mask)):
            found.append(step)
            step = steps.get(step.operation.operands[0])
        return found

    def follow(self, name: str, matrix: Array) -> Array:
        """Return the first operand of this step, if the step `name` behind it gives `matrix`.

        `name` is a step of `chain`, or the one that `chain` begins at.
        """
        known = {**self.matrices, name: matrix}
        later = list(takewhile(lambda step: step.name != name, self.chain()))
        for step in reversed(later):
            known[step.name] = step.operation.apply(*(known[n] for n in step.operation.operands))
        return known[self.step.operation.operands[0]]

    def behind(self, *kinds: type[Operation]) -> Scene:
        """Return the scene at the nearest step of `chain` with an operation of one of these kinds.

        Raises KeyError if there is none.
        """
        for step in self.chain():
            if isinstance(step.operation, kinds):
                return replace(self, step=step)
        raise KeyError(kinds)


def scene_at(problem: Problem, plan: Plan, step: Step, known: Mapping[str, Array]) -> Scene:
    """Return the scene of a step; in a layer, that of its sublayer, with the names inside it.

    A residual sum without a norm belongs to no sublayer: its scene is the whole calculation.
    """
    around = Scene(problem, plan, step, known)
    part = problem.part_of(step.name)
    if part is None:
        return around
    matrices = {own: known[name] for own, name in part.full_names.items() if name in known}
    return Scene(part.problem, part.plan, part.steps[step.name], matrices, part, around)


Wrong: TypeAlias = "Callable[[Scene], Array | None]"


def layer_of(name: str) -> str:
    """Return the prefix of the layer of a step: `layers.2.` for `layers.2.ffn.output`.

    >>> layer_of("layers.2.ffn.output"), layer_of("ffn.output")
    ('layers.2.', '')
    """
    *layer, _, _ = name.rsplit(".", 2)
    return f"{layer[0]}." if layer else ""


@record(frozen=True)
class Mistake:
    """An entry of the catalogue.

    `replaces` are the kinds of operation that it replaces; `texts` are its diagnosis, with words of
    the problem in braces. `done`, `right` and `why` are the same without a problem.
    """

    name: str
    formula: str
    replaces: tuple[type[Operation], ...]
    wrong: Wrong
    texts: Texts

    @property
    def done(self) -> str:
        return in_general(self.texts).done

    @property
    def right(self) -> str:
        return in_general(self.texts).right

    @property
    def why(self) -> str:
        return in_general(self.texts).why

    def make(self, scene: Scene) -> Array | None:
        """Return the wrong matrix, or None if this mistake cannot be made here."""
        if not isinstance(scene.step.operation, self.replaces):
            return None
        try:
            with np.errstate(all="ignore"):
                return self.wrong(scene)
        except (ValueError, KeyError, IndexError, ArithmeticError):  # Python's powers overflow
            return None


ENTRIES: dict[str, Mistake] = {}


def mistake(name: str, formula: str, *replaces: type[Operation]) -> Callable[[Wrong], Wrong]:
    """Enter a function into the catalogue under a name, with the formula of what it does."""

    def enter(wrong: Wrong) -> Wrong:
        # With -OO, Python leaves out docstrings, and so the words of a diagnosis.
        paragraphs = cleandoc(wrong.__doc__).split("\n\n") if wrong.__doc__ else ("", "", "")
        texts = Texts(*(" ".join(paragraph.split()) for paragraph in paragraphs))
        ENTRIES[name] = Mistake(name, formula, replaces, wrong, texts)
        return wrong

    return enter


class Row(NamedTuple):
    """A mistake of a table: the function that makes its matrix, and the three paragraphs."""

    wrong: Wrong
    done: str
    right: str
    why: str


# Rows by what the decorator `mistake` takes: a name, a formula, and kinds of operation.
Table: TypeAlias = "Mapping[tuple[str, str, *tuple[type[Operation], ...]], Row]"


def enter(table: Table) -> None:
    """Enter the rows of a table into the catalogue.

    The catalogue is ordered by the files of the functions: a row needs a function, or a lambda, of
    the file of its table.
    """
    assert len({row.wrong.__module__ for row in table.values()}) == 1
    for (name, formula, *replaces), (wrong, *texts) in table.items():
        ENTRIES[name] = Mistake(name, formula, tuple(replaces), wrong, Texts(*texts))
