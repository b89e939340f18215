"""The worth of an exercise: what its numbers hide, and which demands they do not meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attncli.calculation.algebra.plan import Plan
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError
from attncli.homework.exercises.demands import DEMANDS, Calculation, Finding
from attncli.homework.exercises.effects import Effects, LookAlikes, Unseen, effects_of
from attncli.records import record

MOST_NUMBERS = 50_000  # in all steps of an exercise that is judged


@record(frozen=True)
class Worth:
    """What the numbers of an exercise show, at the decimals that are asked.

    `findings` are the places that do not meet a demand, by the name of the demand. `effects` are
    those of each mistake that can be made.
    """

    decimals: int
    findings: Mapping[str, Sequence[Finding]]
    effects: Effects

    @property
    def invisible(self) -> tuple[Unseen, ...]:
        """The mistakes that do not change the output."""
        return self.effects.unseen

    @property
    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """The groups of mistakes that give the same output."""
        return self.effects.look_alikes


def worth_of(problem: Problem, plan: Plan, decimals: int) -> Worth:
    """Return the worth of an exercise. Raises ProblemError if it is too large for a person."""
    calculation = calculated(problem, plan, decimals)
    found = {name: tuple(demand.find(calculation)) for name, demand in DEMANDS.items()}
    return Worth(decimals, found, effects_of(problem, plan, decimals))


def calculated(problem: Problem, plan: Plan, decimals: int) -> Calculation:
    """Return the steps of an exercise. Raises ProblemError if it is too large for a person."""
    numbers = sum(step.operation.numbers(step.axes) for step in plan.steps)
    if numbers > MOST_NUMBERS:
        message = f"its steps have {numbers} numbers: too many for an exercise."
        raise ProblemError(message, f"An exercise has at most {MOST_NUMBERS}.")
    return Calculation(plan, plan.run(problem.matrices).matrices, decimals)
