"""Plans that are composed of the plans of sublayers: all steps in order, with full names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attncli.calculation.algebra.layouts import Array, Axes, Layout, Role
from attncli.calculation.algebra.operation import rename
from attncli.calculation.algebra.plan import Plan, Step, Steps
from attncli.calculation.operations.pointwise import Add
from attncli.calculation.plans.attention import attention, embedding
from attncli.calculation.plans.nested_places import Nested
from attncli.calculation.plans.sublayers import add_and_norm, feed_forward, output_head
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.problem import Problem, Sublayer, naming
from attncli.calculation.problem.read_problem import read_problem
from attncli.records import record, replace


@record(frozen=True)
class SublayerKind:
    """A kind of sublayer: the function that makes its plan, and the owner of its matrices.

    `takes` are the matrices that it uses from its place in the document; None means all of them.
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
    """The problem and plan of several sublayers, while the sublayers are added one by one.

    `used` are the names of the document's entries that a sublayer has used.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.used: set[str] = set()
        self.steps: list[Step] = []
        self.parts: list[Sublayer] = []
        self.matrices: dict[str, Array] = {}
        self.axes: dict[str, Axes] = {}
        self.roles: dict[str, Role] = {}

    def give(self, name: str, matrix: Array, axes: Axes) -> None:
        """Add a matrix as an input of the whole calculation."""
        self.used.add(name)
        self.matrices[name], self.axes[name], self.roles[name] = matrix, axes, Role.TOKENS

    def finished(self, base: Problem) -> tuple[Problem, Plan]:
        """Return the whole problem and its plan; labels and title come from `base`."""
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
        """Add the plan of the sublayer `name`, and return the name of its last step.

        `sources` maps the sublayer's own names (X, memory) to names of steps or inputs; `last` is
        another name for its last step; `extra` are further entries of its document; `earlier` are
        the axes of a cache whose tokens count for positions. Raises ProblemError if the entries of
        the sublayer do not make a problem, or if shapes do not fit.
        """
        inner = place.within(name) if name else place
        # The X and memory of a sublayer are results of the steps before it, not entries.
        own = {n: e for n, e in inner.matrices().items() if n not in ("X", "memory")}
        matrices = {n: e for n, e in own.items() if kind.takes is None or n in kind.takes}
        self.used.update(inner.prefix + local for local in matrices)
        document = Document({**matrices, **inner.choices(), **(extra or {})})
        known = {local: self.axes[glob] for local, glob in sources.items()} | dict(earlier or {})
        with naming(inner.prefix.removesuffix(".")):
            problem = read_problem(document, kind.owner, known)
            plan = kind.plan(problem)
        if not plan.steps:
            return sources["X"]
        names = {**sources, **({plan.steps[-1].name: last} if last else {})}
        part = Sublayer(inner.prefix, problem, plan, names)
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
        """Add the residual sum: the input of the sublayer `name`, before its norm, + its output.

        The sum is the step `last`, or for example `self.sum` if `last` is None. Return its name.
        """
        steps = Steps(self.layout, self.axes, self.roles)
        end = last or f"{place.prefix}{name}.sum"
        with naming(place.prefix + name):
            steps.add(end, Add(source, result))
        self.keep(steps.plan().steps[0])
        return end

    def keep(self, step: Step) -> None:
        """Append a step to the whole calculation."""
        self.steps.append(step)
        self.axes[step.name], self.roles[step.name] = step.axes, step.role
