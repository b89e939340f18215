"""The problem to calculate: frozen, validated once, and in the layout `rows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from attncli.calculation.algebra.layouts import Array, Axes, Axis, Layout, Role, WholeNumbers
from attncli.calculation.algebra.plan import Plan, Step, Trace
from attncli.calculation.choices.choices import Choices
from attncli.calculation.conventions import Convention
from attncli.calculation.operations.normalisers import Normalise
from attncli.calculation.positions.position_schemes import Position
from attncli.calculation.problem.given_masks import Masks
from attncli.calculation.problem.shown import Places, ShownMatrix, StepPart
from attncli.calculation.scoring.scoring_functions import Scoring
from attncli.errors import ProblemError
from attncli.records import record


@record(frozen=True)
class Problem:
    """A problem: everything that a calculation needs.

    `matrices` are the inputs in the layout `rows` and in the chosen dtype; `axes` are their axes
    with names and sizes; `roles` decides how the layout writes them. `choices` are all choices;
    `scoring`, `normaliser`, `position` and `layout` are the registry entries that the choices name.
    `kv_heads` is None if keys have as many heads as queries; `cache_lens` is None if K is not a
    cache. `labels` are the labels of the tokens along an axis (`n`, `m`); `idle` are the choices
    that have no effect here; `perhaps_transposed` are square weights from PyTorch for which nobody
    chose the layout. `parts` are the sublayers of a layer, each with its own problem.
    """

    matrices: Mapping[str, Array]
    axes: Mapping[str, Axes]
    roles: Mapping[str, Role]
    choices: Choices
    scoring: Scoring
    normaliser: type[Normalise]
    position: Position
    layout: Layout
    heads: int | None
    kv_heads: int | None
    cache_lens: WholeNumbers | None
    masks: Masks
    labels: Mapping[str, tuple[str, ...]]
    idle: tuple[str, ...]
    perhaps_transposed: tuple[str, ...] = ()
    parts: tuple[Sublayer, ...] = ()

    @property
    def convention(self) -> Convention:
        """The framework or paper that decides how to read the document."""
        return self.choices.framework

    def part_of(self, name: str) -> Sublayer | None:
        """Return the sublayer of the step `name`; None if the step belongs to no sublayer."""
        return next((part for part in self.parts if name in part.steps), None)

    def is_labelled(self, axis: Axis) -> bool:
        """Return True if all tokens along the axis have labels."""
        return len(self.labels.get(axis.name, ())) == axis.size

    def label(self, axis: Axis, position: int) -> str:
        """Return the label of a row or column: its token, or its number from 1."""
        return self.labels[axis.name][position] if self.is_labelled(axis) else str(position + 1)

    def where(self, axes: Sequence[Axis], index: Sequence[int]) -> str:
        """Return a place in words: `batch entry 2, head 1, query 3 (love)`.

        `index` has one position, counted from 0, for each of `axes`: batch, heads or n.
        """
        return ", ".join(
            self._named(_COUNTED[axis.name], axis, position)
            for axis, position in zip(axes, index, strict=True)
        )

    def place(self, axes: Sequence[Axis], role: Role, index: Sequence[int]) -> str:
        """Return a cell's place as the layout writes it: `head 1, row 2 (love), column 3 (I)`."""
        *leading, first, second = zip(axes, index, strict=True)
        rows, columns = (second, first) if role in self.layout.swapped else (first, second)
        sides = [self._named("row", *rows), self._named("column", *columns)]
        return ", ".join([*(self.where([axis], [at]) for axis, at in leading), *sides])

    def _named(self, side: str, axis: Axis, position: int) -> str:
        token = f" ({self.label(axis, position)})" if self.is_labelled(axis) else ""
        return f"{side} {position + 1}{token}"


@record(frozen=True)
class Sublayer:
    """A sublayer: its own problem and plan, and its names in the whole calculation.

    `names` maps a local name to its name in the whole, if this is not `prefix` + the local name.
    """

    prefix: str
    problem: Problem
    plan: Plan
    names: Mapping[str, str]

    def name(self, local: str) -> str:
        """Return the name in the whole: `self.scores` for `scores`, `X` for the first `X`."""
        return self.names.get(local, self.prefix + local)

    @cached_property
    def steps(self) -> dict[str, Step]:
        """The steps of the sublayer by their names in the whole."""
        return {self.name(step.name): step for step in self.plan.steps}

    @cached_property
    def full_names(self) -> dict[str, str]:
        """The names of inputs and steps in the whole calculation, by their local names."""
        return {local: self.name(local) for local in (*self.problem.axes, *self.plan.names)}


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Name the sublayer `where`, if it is not empty, in a ProblemError that is raised inside."""
    try:
        yield
    except ProblemError as error:
        if not where:
            raise
        names = (*(f"{where}.{name}" for name in error.names), *error.names)
        raise ProblemError(f"{where}: {error.message}", error.hint, names) from None


@record(frozen=True)
class Computation:
    """The result for the user: the steps to show, their trace and its problem.

    `names` are the steps that are shown whole; `parts` are the parts of other steps.
    """

    problem: Problem
    trace: Trace
    names: Sequence[str]
    parts: Sequence[StepPart] = ()

    @property
    def matrices(self) -> dict[str, Array]:
        """The matrices that are shown, as the user's layout writes them."""
        return {shown.name: shown.matrix for shown in self.shown()}

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of the tokens, under the names of the choices that give them."""
        return {_LABELS[axis]: labels for axis, labels in self.problem.labels.items()}

    def shown(self) -> Iterator[ShownMatrix]:
        """Yield the matrices that are shown in the order of the plan, a whole step before parts."""
        for step in self.trace.plan.steps:
            if step.name in self.names:
                yield self._shown(step, step.name, None)
            for part in self.parts:
                if part.step == step.name:
                    yield self._shown(step, part.name, part.places)

    def _shown(self, step: Step, name: str, places: Places | None) -> ShownMatrix:
        layout = self.problem.layout
        cells = layout.swap(self.trace.matrices[step.name], step.role)
        axes = layout.written_order(step.axes, step.role)
        if places is None:
            places = tuple(range(axis.size) for axis in axes)
        else:
            cells = cells[np.ix_(*places)]
        labels = (self._labels(axis, at) for axis, at in zip(axes[-2:], places[-2:], strict=True))
        return ShownMatrix(name, step, axes, places, cells, *labels)

    def _labels(self, axis: Axis, places: Sequence[int]) -> tuple[str, ...]:
        if not self.problem.is_labelled(axis):
            return ()
        return tuple(self.problem.label(axis, at) for at in places)


_LABELS = {"n": "tokens", "m": "memory_tokens"}
# The rows of an encoder are counted by m: a decoder has them as keys.
_COUNTED = {"batch": "batch entry", "heads": "head", "n": "query", "m": "query"}
