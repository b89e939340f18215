"""Steps under other names: those that a plan leaves out, and those that a layer calls otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from attncli.calculation.names import STEPS, last_of
from attncli.calculation.operations import Same
from attncli.calculation.plan import Plan, Step
from attncli.calculation.problem import Problem
from attncli.errors import ProblemError, did_you_mean
from attncli.homework.answers import Answer

# Steps that a plan may leave out, and those whose matrix they then equal, the nearest first.
_OWN = ("embedded", "X_scaled", "X")
STAND_INS = {
    "position": ("position",),
    "X_scaled": ("X",),
    "embedded": _OWN,
    "Q": ("Q", *_OWN),
    "K": ("K", "memory", *_OWN),
    "V": ("V", "memory", *_OWN),
    "Q_h": ("Q", *_OWN),
    "K_h": ("K", "memory", *_OWN),
    "V_h": ("V", "memory", *_OWN),
    "Q_rotated": ("Q_h", "Q", *_OWN),
    "K_rotated": ("K_h", "K", "memory", *_OWN),
    "K_present": ("K_rotated", "K_h", "K", "memory", *_OWN),
    "V_present": ("V_h", "V", "memory", *_OWN),
    "scaled": ("scores",),
    "capped": ("scaled", "scores"),
    "masked": ("capped", "scaled", "scores"),
    "heads": ("output",),
    "concat": ("output",),
}


def stand_in(name: str, problem: Problem, plan: Plan) -> str:
    """The matrix that a step equals which the plan leaves out.

    Raises ProblemError where there is none, and lists the steps that there are.
    """
    scope, _, last = name.rpartition(".")
    part = next((part for part in problem.parts if part.prefix == f"{scope}."), None)
    for source in STAND_INS.get(last, ()):
        source = part.name(source) if part else source
        if source in plan.names or source in problem.matrices:
            return source
    message = f"{name} is no step of this calculation{did_you_mean(name, plan.names)}."
    raise ProblemError(message, f"Its steps are {', '.join(plan.names)}.", (name,))


def with_stand_ins(problem: Problem, plan: Plan, answer: Answer) -> Iterator[Step]:
    """The steps of a plan, each followed by those of the answer that must equal it."""
    extra: dict[str, list[str]] = {}
    for name in sorted(set(answer) - set(plan.names), key=lambda n: STEPS.index(last_of(n))):
        extra.setdefault(stand_in(name, problem, plan), []).append(name)
    for source, names in extra.items():
        if source in problem.matrices:
            for name in names:
                yield Step(name, Same(source), problem.axes[source])
    for step in plan.steps:
        yield step
        for name in extra.get(step.name, ()):
            yield replace(step, name=name, operation=Same(step.name))
