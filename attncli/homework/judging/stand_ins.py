"""Steps under other names: steps that a plan leaves out, and steps that a layer names otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.operations.pointwise import Same
from attncli.calculation.problem.problem import Problem, Sublayer
from attncli.errors import ProblemError
from attncli.homework.answers.answer import Answer
from attncli.records import replace
from attncli.words import did_you_mean


def stand_in(name: str, problem: Problem, plan: Plan) -> str:
    """Return the name of the matrix that equals a step which the plan leaves out.

    Raises ProblemError if there is none; the message lists the steps of the plan.
    """
    scope, _, last = name.rpartition(".")
    part = _part(problem, scope)
    for source in STEPS[last].equals:
        source = part.name(source) if part else source
        if source in plan.names or source in problem.matrices:
            return source
    message = f"{name} is not a step of this calculation{did_you_mean(name, plan.names)}."
    raise ProblemError(message, f"Its steps are {', '.join(plan.names)}.", (name,))


def by_plan_names(problem: Problem, plan: Plan, answer: Answer) -> Answer:
    """Return the answer with its steps under the names of the plan.

    The plan names the last step of a layer after the layer, and a residual sum after the norm
    around it, or after the sublayer in a pre-norm layer. A learner may name them after their place:
    `norm_2.output`, `self.sum`, `layers.2.output`.
    """
    named = dict(answer)
    for name in answer:
        other = None if name in plan.names else _plan_name(name, problem, plan)
        if other and other not in answer:
            named[other] = named.pop(name)
    return named


def _plan_name(name: str, problem: Problem, plan: Plan) -> str | None:
    """The plan's name for a step that is named after its place in a layer; None for other names."""
    scope, _, last = name.rpartition(".")
    part = _part(problem, scope)
    if part and last in part.plan.names:
        return part.name(last)
    if part and last == "sum":
        result = part.name(part.plan.steps[-1].name)
        sums = [step for step in plan.steps if step.operation.is_residual]
        return next((s.name for s in sums if s.operation.operands[1] == result), None)
    inside = [step.name for step in plan.steps if _home(step, problem).startswith(f"{scope}.")]
    return inside[-1] if scope and last == "output" and inside else None


def _part(problem: Problem, scope: str) -> Sublayer | None:
    return next((part for part in problem.parts if part.prefix == f"{scope}."), None)


def _home(step: Step, problem: Problem) -> str:
    """The prefix of the sublayer of a step; a residual sum belongs to the sublayer it adds."""
    part = problem.part_of(step.name)
    if part:
        return part.prefix
    *_, last = step.operation.operands
    return f"{last.rpartition('.')[0]}."


def with_stand_ins(problem: Problem, plan: Plan, answer: Answer) -> Iterator[Step]:
    """Yield the steps of a plan, each followed by the steps of the answer that must equal it."""
    extra: dict[str, list[str]] = {}
    for name in sorted(set(answer) - set(plan.names), key=lambda n: list(STEPS).index(last_of(n))):
        extra.setdefault(stand_in(name, problem, plan), []).append(name)
    for source, names in extra.items():
        if source in problem.matrices:
            for name in names:
                yield Step(name, Same(source), problem.axes[source])
    for step in plan.steps:
        yield step
        for name in extra.get(step.name, ()):
            yield replace(step, name=name, operation=Same(step.name))
