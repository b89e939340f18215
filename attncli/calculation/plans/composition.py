"""A whole put together from the plans of sublayers: their steps in a row, under their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from attncli.calculation.algebra.layouts import Array, Axes, Layout, Role
from attncli.calculation.algebra.operation import rename
from attncli.calculation.algebra.plan import Plan, Step, Steps
from attncli.calculation.operations.pointwise import Add
from attncli.calculation.plans.attention import attention, embedding
from attncli.calculation.plans.feed_forward import add_and_norm, feed_forward, output_head
from attncli.calculation.plans.nested_places import Nested
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.problem import Part, Problem
from attncli.calculation.problem.read_problem import read_problem
from attncli.errors import ProblemError
from attncli.records import record, replace

Made = TypeVar("Made")


@record(frozen=True)
class SublayerKind:
    """A kind of sublayer: how its plan is made, and the owner of its matrices.

    `takes` are the matrices that it takes where it stands; None are all that stand there.
    """

    owner: str
    plan: Callable[[Problem], Plan]
    takes: tuple[str, ...] | None = None


ATTENTION = SublayerKind("attention", attention)
EMBEDDING = SublayerKind("attention", embedding, ())
FEED_FORWARD = SublayerKind("feed-forward", feed_forward)
NORM = SublayerKind("norm", add_and_norm)
HEAD = SublayerKind("head", output_head, ("W_out", "b_out"))


class Composition:
    """The whole in the making. `used` are the entries of the document that a sublayer took."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.used: set[str] = set()
        self.steps: list[Step] = []
        self.parts: list[Part] = []
        self.matrices: dict[str, Array] = {}
        self.axes: dict[str, Axes] = {}
        self.roles: dict[str, Role] = {}

    def give(self, name: str, matrix: Array, axes: Axes) -> None:
        """An input of the whole."""
        self.used.add(name)
        self.matrices[name], self.axes[name], self.roles[name] = matrix, axes, Role.TOKENS

    def finished(self, base: Problem) -> tuple[Problem, Plan]:
        """The problem of the whole, and its plan; labels and titles are those of `base`."""
        problem = replace(
            base,
            matrices=self.matrices,
            axes=self.axes,
            roles=self.roles,
            idle=(),
            parts=tuple(self.parts),
        )
        return problem, Plan(tuple(self.steps), self.layout)

    def add(
        self,
        place: Nested,
        name: str,
        kind: SublayerKind,
        sources: Mapping[str, str],
        last: str | None,
        extra: Mapping[str, Entry] | None = None,
        earlier: Mapping[str, Axes] | None = None,
    ) -> str:
        """Add the plan of a sublayer, and give back the name of its last step.

        `sources` are the steps, or inputs, that it works on, by the names that it has for them;
        `last` is another name for its last step; `earlier` are the axes of a cache that it counts.
        """
        inner = place.within(name) if name else place
        where = inner.prefix.removesuffix(".")
        # What a sublayer works on comes from the step before it.
        own = {n: e for n, e in inner.matrices().items() if n not in ("X", "memory")}
        taken = own.keys() if kind.takes is None else own.keys() & set(kind.takes)
        matrices = {n: e for n, e in own.items() if n in taken}
        self.used.update(inner.prefix + local for local in matrices)
        document = Document({**matrices, **inner.choices(), **(extra or {})})
        known = {local: self.axes[glob] for local, glob in sources.items()} | dict(earlier or {})
        problem = told(where, lambda: read_problem(document, kind.owner, known))
        plan = told(where, lambda: kind.plan(problem))
        if not plan.steps:
            return sources["X"]
        names = {**sources, **({plan.steps[-1].name: last} if last else {})}
        part = Part(inner.prefix, problem, plan, names)
        self.parts.append(part)
        for local, matrix in problem.matrices.items():
            self.matrices[part.name(local)] = matrix
            self.axes[part.name(local)] = problem.axes[local]
            self.roles[part.name(local)] = problem.roles[local]
        for step in plan.steps:
            operation = rename(step.operation, part.name)
            self.keep(Step(part.name(step.name), operation, step.axes))
        return part.name(plan.steps[-1].name)

    def residual(self, place: Nested, name: str, source: str, result: str, last: str | None) -> str:
        """`self.sum` = what went into the sublayer, with its norm, and what came out."""
        steps = Steps(self.layout, self.axes, self.roles)
        end = last or f"{place.prefix}{name}.sum"
        told(place.prefix + name, lambda: steps.add(end, Add(source, result)))
        self.keep(steps.plan().steps[0])
        return end

    def keep(self, step: Step) -> None:
        """The next step of the whole."""
        self.steps.append(step)
        self.axes[step.name], self.roles[step.name] = step.axes, step.role


def told(where: str, made: Callable[[], Made]) -> Made:
    """What a function makes; an error of it is told with the sublayer where it happened."""
    try:
        return made()
    except ProblemError as error:
        if not where:
            raise
        names = tuple(f"{where}.{name}" for name in error.names)
        raise ProblemError(
            f"{where}: {error.message}", error.hint, (*names, *error.names)
        ) from None
