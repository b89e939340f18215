"""Make an exercise: draw its numbers again until they meet all demands.

The first draws are judged by the demands on the numbers alone, which is quick. A draw that meets
them is judged by the mistakes: each must change the output, and no two may give the same output,
where that is possible. Draws with numbers of no special form show what is possible. All limits are
counts, so that the same order makes the same exercise on every machine.
"""

from __future__ import annotations

from functools import cached_property
from math import prod

import numpy as np

from attncli.calculation.algebra.layouts import sizes
from attncli.calculation.algebra.plan import Plan
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError
from attncli.homework.exercises.demands import DEMANDS, Calculation, Finding
from attncli.homework.exercises.drawn_numbers import VALUES
from attncli.homework.exercises.effects import (
    Effects,
    LookAlikes,
    Unseen,
    effects_of,
    together,
)
from attncli.homework.exercises.kinds import KINDS
from attncli.homework.exercises.new_documents import FIRST, Blank, blank_of, document_of
from attncli.homework.exercises.orders import DECIMALS, Nested, Order
from attncli.homework.exercises.worth import Worth, calculated, worth_of
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.records import record, replace
from attncli.words import did_you_mean

MOST_DRAWS, NUMBERS_DRAWN = 3000, 400_000  # draws, and the numbers in all their steps
MOST_JUDGED, NUMBERS_JUDGED = 40, 4_000  # the same for draws whose mistakes are made
GENERAL = range(1001, 1009)  # draws with numbers of no special form


@record(frozen=True)
class Possible:
    """What an exercise of these sizes can show: seen with numbers of no special form.

    `effects` are those of the mistakes in several such calculations together; `demands` are the
    names of the demands that one of them meets.
    """

    effects: Effects
    demands: tuple[str, ...]


@record(frozen=True)
class Exercise:
    """An exercise: its document, the names of its steps, and what it shows.

    `accepted` is the number of the draw that the document has, and `tried` the number of draws that
    were made; they differ if no draw meets all demands. An exercise with layers is judged only if
    its order names mistakes; else `worth` and `possible` are None. `unmet` are the mistakes of the
    order that do not change the output.
    """

    document: Nested
    decimals: int
    steps: tuple[str, ...]
    accepted: int = FIRST
    tried: int = FIRST
    worth: Worth | None = None
    possible: Possible | None = None
    unmet: tuple[str, ...] = ()

    @property
    def look_alikes(self) -> tuple[LookAlikes, ...]:
        """The groups of mistakes that give the same output."""
        return self.worth.look_alikes if self.worth else ()

    @property
    def invisible(self) -> tuple[Unseen, ...]:
        """The mistakes that do not change the output."""
        return self.worth.invisible if self.worth else ()

    @property
    def faults(self) -> list[Finding]:
        """The places that do not meet a demand which exercises of these sizes can meet."""
        if self.worth is None or self.possible is None:
            return []
        return [each for name in self.possible.demands for each in self.worth.findings[name]]

    @property
    def lost(self) -> int:
        """The number of different outputs that other numbers show, and these do not."""
        if self.worth is None or self.possible is None:
            return 0
        return _lost(self.worth.effects, self.possible.effects)


def make(order: Order) -> Exercise:
    """Return the exercise of an order: the first draw that meets all demands, or the best.

    Raises ProblemError if the order is impossible, and AttncliError for an unknown mistake.
    """
    decimals = DECIMALS if order.decimals is None else order.decimals
    draws = _Draws(blank_of(order), decimals)
    if draws.is_layered and not order.reveal:
        return Exercise(draws.blank.filled(), decimals, draws.plan.names)
    return _Search(draws).best()


class _Draw:
    """One draw: its calculation, and what it shows."""

    def __init__(self, number: int, problem: Problem, plan: Plan, decimals: int) -> None:
        self.number, self.problem, self.plan = number, problem, plan
        self.calculation: Calculation = calculated(problem, plan, decimals)

    def unmet(self, names: tuple[str, ...], most: int) -> int:
        """Return the number of demands of these names that the numbers do not meet, up to most."""
        found = 0
        for name in names:
            found += any(True for _ in DEMANDS[name].find(self.calculation))
            if found >= most:
                break
        return found

    def effects(self) -> Effects:
        """Return what each mistake changes."""
        return effects_of(self.problem, self.plan, self.calculation.decimals)

    def worth(self) -> Worth:
        """Return the worth of these numbers."""
        return worth_of(self.problem, self.plan, self.calculation.decimals)


class _Draws:
    """The draws of a blank document. Only the first is read; the others have other numbers."""

    def __init__(self, blank: Blank, decimals: int) -> None:
        self.blank, self.decimals = blank, decimals
        self.problem, self.plan = read(document_of(blank.filled()))
        self.is_layered = KINDS[blank.order.kind].layer is not None

    def draw(self, number: int) -> _Draw:
        """Return the draw of this number."""
        if self.is_layered:  # the problem of each sublayer has the numbers too
            problem, _ = read(document_of(self.blank.filled(number)))
            return _Draw(number, problem, self.plan, self.decimals)
        numbers = self.blank.numbers(number).items()
        matrices = {name: np.array(rows, dtype=np.float64) for name, rows in numbers}
        problem = replace(self.problem, matrices={**self.problem.matrices, **matrices})
        return _Draw(number, problem, self.plan, self.decimals)

    @cached_property
    def size(self) -> int:
        """The count of numbers in all steps of a draw."""
        return sum(prod(sizes(step.axes)) for step in self.plan.steps)


class _Search:
    """Draws numbers for an order until all demands are met, or until the limits are reached."""

    def __init__(self, draws: _Draws) -> None:
        self.draws, self.order = draws, draws.blank.order
        of_any = _Draws(blank_of(self.order, VALUES["any"]), draws.decimals)
        general = [of_any.draw(number) for number in GENERAL]
        met = (name for name in DEMANDS if any(draw.unmet((name,), 1) == 0 for draw in general))
        self.possible = Possible(
            together([draw.effects() for draw in general]), () if draws.is_layered else tuple(met)
        )
        self._check()

    def _check(self) -> None:
        """Raise an error for a mistake of the order that no numbers reveal."""
        effects = self.possible.effects
        for name in self.order.reveal:
            if name not in MISTAKES:
                message = f"{name!r} is not a known mistake{did_you_mean(name, MISTAKES)}."
                raise ProblemError(message, "attncli check --mistakes lists them all.", ("for",))
            if name not in effects.names:
                message = f"{name} cannot be made in this exercise."
                hint = f"attncli check --mistakes {name} shows where it can be made."
                raise ProblemError(message, hint, ("for",))
            if not effects.changes_output(name):
                message = f"{name} never changes the output of an exercise of these sizes."
                raise ProblemError(message, "Choose other sizes, or another kind.", ("for",))

    def best(self) -> Exercise:
        """Return the first draw that meets all demands; else the draw that misses the least."""
        most = _within(MOST_DRAWS, NUMBERS_DRAWN, self.draws.size)
        left = _within(MOST_JUDGED, NUMBERS_JUDGED, self.draws.size)
        names = self.possible.demands
        best, least = None, (0, 0)
        fallback, fewest = None, len(names) + 1
        number = FIRST
        for number in range(FIRST, FIRST + most):
            draw = self.draws.draw(number)
            if unmet := draw.unmet(names, fewest):
                if unmet < fewest:
                    fallback, fewest = draw, unmet
                continue
            missed = self._missed(draw.effects())
            if best is None or missed < least:
                best, least = draw, missed
            left -= 1
            if missed == (0, 0) or left == 0:
                break
        chosen = best or fallback
        assert chosen is not None  # the first draw is one of them
        return self._exercise(chosen, number)

    def _missed(self, effects: Effects) -> tuple[int, int]:
        """Count what a draw misses: mistakes of the order, then outputs that could differ."""
        lost = 0 if self.draws.is_layered else _lost(effects, self.possible.effects)
        return len(self._unmet(effects)), lost

    def _unmet(self, effects: Effects) -> tuple[str, ...]:
        return tuple(name for name in self.order.reveal if not effects.changes_output(name))

    def _exercise(self, draw: _Draw, tried: int) -> Exercise:
        worth = draw.worth()
        return Exercise(
            self.draws.blank.filled(draw.number),
            self.draws.decimals,
            draw.plan.names,
            draw.number,
            tried,
            worth,
            self.possible,
            self._unmet(worth.effects),
        )


def _within(most: int, numbers: int, size: int) -> int:
    """Return how many draws of this size are made: at least 1."""
    return max(1, min(most, numbers // size))


def _lost(effects: Effects, possible: Effects) -> int:
    """Return how many more outputs could differ than do."""
    names = possible.written
    return max(0, possible.outputs_of(names) - effects.outputs_of(names))
