"""The worth of an exercise: what its numbers hide, and which demands they do not meet.

Numbers of no special form, in place of those of the exercise, show what an exercise of these sizes
can show at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Plan
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError
from attncli.homework.exercises.demands import DEMANDS, Calculation, Flaw, trivial_cells
from attncli.homework.exercises.drawn_numbers import VALUES, Dice, drawn
from attncli.homework.exercises.effects import Effects, LookAlikes, Unseen, effects_of, together
from attncli.records import record, replace

MOST_NUMBERS = 50_000  # in all steps of an exercise that is judged
# Calculations with numbers of no special form, and the numbers in all their steps.
MOST_GENERAL, FEWEST_GENERAL, NUMBERS_GENERAL = 12, 4, 2_000
NOT_DRAWN = ("mask", "position")


@record(frozen=True)
class Draw:
    """An exercise with its numbers: its calculation, and what each mistake changes."""

    problem: Problem
    plan: Plan
    calculation: Calculation

    def unmet(self, names: Sequence[str], most: int = 1) -> int:
        """Return how many of these demands the numbers do not meet; stop at `most`."""
        found = 0
        for name in names:
            found += any(True for _ in DEMANDS[name].find(self.calculation))
            if found >= most:
                break
        return found

    def effects(self) -> Effects:
        """Return what each mistake changes."""
        return effects_of(self.problem, self.plan, self.calculation.decimals)


@record(frozen=True)
class Possible:
    """The most that an exercise of these sizes can show, seen with numbers of no special form.

    `effects` are those of the mistakes in several such calculations together; `demands` are the
    names of the demands that one of them meets. Of those that meet the most demands, `most` is the
    largest number of different outputs, and `usual` the median.
    """

    effects: Effects
    demands: tuple[str, ...]
    most: int
    usual: int

    def outputs(self, effects: Effects) -> int:
        """Return the number of different outputs in an exercise, of the same mistakes."""
        return effects.outputs_of(self.effects.written)


@record(frozen=True)
class Worth:
    """The facts on the numbers of an exercise, at the decimals that are asked.

    `flaws` are the places that do not meet a demand, by the name of the demand. `effects` are
    those of each mistake that can be made. `trivial` counts, for each step of products, the cells
    that need no calculation, and all its cells.
    """

    title: str
    decimals: int
    flaws: Mapping[str, Sequence[Flaw]]
    effects: Effects
    trivial: Mapping[str, tuple[int, int]]
    possible: Possible

    @property
    def invisible(self) -> tuple[Unseen, ...]:
        """The mistakes that do not change the output."""
        return self.effects.unseen

    @property
    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """The groups of mistakes that give the same output."""
        return self.effects.look_alikes

    @property
    def faults(self) -> list[Flaw]:
        """The places that do not meet a demand which other numbers of these sizes meet."""
        return [flaw for name in self.possible.demands for flaw in self.flaws[name]]

    @property
    def lost(self) -> int:
        """How many more outputs usually differ with other numbers of these sizes."""
        return max(0, self.possible.usual - self.possible.outputs(self.effects))

    @property
    def is_good(self) -> bool:
        """True if all demands are met, and other numbers of these sizes usually show no more."""
        return not (any(self.flaws.values()) or self.lost)

    def is_always_unseen(self, unseen: Unseen) -> bool:
        """Return True if no numbers of these sizes let a mistake change the output."""
        return unseen.name in {each.name for each in self.possible.effects.unseen}

    def is_always_alike(self, group: LookAlikes) -> bool:
        """Return True if mistakes give the same output with any numbers of these sizes."""
        possible = self.possible.effects.look_alikes
        return any(set(group.names) <= set(other.names) for other in possible)


def worth_of(problem: Problem, plan: Plan, decimals: int) -> Worth:
    """Return the worth of an exercise. Raises ProblemError if it is too large for a person."""
    draw = calculated(problem, plan, decimals)
    return worth_of_draw(draw, possible_of(problem, plan, decimals))


def worth_of_draw(draw: Draw, possible: Possible) -> Worth:
    """Return the worth of an exercise that is calculated."""
    made = draw.calculation
    found = {name: tuple(demand.find(made)) for name, demand in DEMANDS.items()}
    title = draw.problem.choices.title or ""
    return Worth(title, made.decimals, found, draw.effects(), trivial_cells(made), possible)


def calculated(problem: Problem, plan: Plan, decimals: int) -> Draw:
    """Return the steps of an exercise. Raises ProblemError if it is too large for a person."""
    numbers = plan_size(plan)
    if numbers > MOST_NUMBERS:
        message = f"its steps have {numbers} numbers: too many for an exercise."
        raise ProblemError(message, f"An exercise has at most {MOST_NUMBERS}.")
    calculation = Calculation(plan, plan.run(problem.matrices).matrices, decimals)
    return Draw(problem, plan, calculation)


def possible_of(problem: Problem, plan: Plan, decimals: int) -> Possible:
    """Return what attention of these sizes can show, whatever its numbers are."""
    most = within(MOST_GENERAL, NUMBERS_GENERAL, plan_size(plan))
    draws = []
    for number in range(max(FEWEST_GENERAL, most)):
        matrices = {**problem.matrices, **_general(problem, plan, number)}
        draws.append(calculated(replace(problem, matrices=matrices), plan, decimals))
    met = tuple(name for name in DEMANDS if any(draw.unmet((name,)) == 0 for draw in draws))
    unmet = [draw.unmet(met, len(met)) for draw in draws]
    every = [draw.effects() for draw in draws]
    effects = together(every)
    outputs = sorted(
        each.outputs_of(effects.written)
        for each, faults in zip(every, unmet, strict=True)
        if faults == min(unmet)
    )
    return Possible(effects, met, outputs[-1], outputs[len(outputs) // 2])


def plan_size(plan: Plan) -> int:
    """Return the count of numbers in all steps of a plan."""
    return sum(step.operation.numbers(step.axes) for step in plan.steps)


def within(most: int, numbers: int, size: int) -> int:
    """Return how many calculations of this size have `numbers` in all: from 1 to `most`."""
    return max(1, min(most, numbers // size))


def _general(problem: Problem, plan: Plan, draw: int) -> dict[str, Array]:
    """Return numbers of no special form for all matrices but masks and positions."""
    enlarged = {s.operation.operands[0] for s in plan.steps if last_of(s.name) == "X_scaled"}
    found = {}
    for name, matrix in problem.matrices.items():
        if last_of(name) in MATRICES and last_of(name) not in NOT_DRAWN:
            dice = Dice(f"general {draw} {name}")
            numbers = drawn(name, matrix.shape, dice, VALUES["any"], name in enlarged)
            found[name] = np.array(numbers, dtype=matrix.dtype)
    return found
