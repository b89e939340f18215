"""Draw the numbers of an exercise again until they meet all demands.

The first draws are judged by the demands on the numbers alone, which is quick. A draw that meets
them is judged by the mistakes: each must change the output, and no two may give the same output,
where that is possible. Draws with numbers of no special form show what is possible. All limits are
counts, so that the same order makes the same exercise on every machine. A calculation with many
numbers, such as a layer, has fewer draws.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from attncli.calculation.plans.from_document import read
from attncli.errors import ProblemError
from attncli.homework.exercises.effects import Effects
from attncli.homework.exercises.making import Exercise
from attncli.homework.exercises.new_documents import FIRST, Blank, blank_of, document_of
from attncli.homework.exercises.orders import Order
from attncli.homework.exercises.worth import (
    MOST_NUMBERS,
    Draw,
    Possible,
    calculated,
    plan_size,
    possible_of,
    within,
    worth_of_draw,
)
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.records import replace
from attncli.words import did_you_mean

MOST_DRAWS, NUMBERS_DRAWN = 3000, 400_000  # draws, and the numbers in all their steps
MOST_JUDGED, NUMBERS_JUDGED = 40, 8_000  # the same for draws whose mistakes are made
PATIENCE = 12  # judged draws, before one is enough that shows as much as is usual


def best_exercise(blank: Blank, decimals: int) -> Exercise:
    """Return the exercise with the first numbers that meet all demands, or with the best.

    A layer with too many numbers to be judged has those of the first draw. Raises ProblemError if
    the order names a mistake that is unknown or that no numbers show.
    """
    draws = Draws(blank, decimals)
    if draws.problem.parts and plan_size(draws.plan) > MOST_NUMBERS and not blank.order.reveal:
        return Exercise(blank.filled(), decimals)
    return _Search(draws).best()


def _possible_for(order: Order, decimals: int) -> Possible:
    """Return what an exercise of these sizes can show."""
    sizes = {**order.sizes, **{name: len(words) for name, words in order.labelled.items()}}
    choices = order.choices.items()
    return _possible(order.kind, tuple(sizes.items()), tuple(choices), decimals)


@cache  # the variants of an exercise share it
def _possible(
    kind: str, sizes: tuple[tuple[str, int], ...], choices: tuple[Any, ...], decimals: int
) -> Possible:
    order = Order(kind, dict(sizes), dict(choices), 0)
    problem, plan = read(document_of(blank_of(order).filled()))
    return possible_of(problem, plan, decimals)


class Draws:
    """The draws of a blank document. Only the first is read; the others have other numbers.

    The problem of a sublayer keeps the numbers of the first draw, which no mistake reads.
    """

    def __init__(self, blank: Blank, decimals: int) -> None:
        self.blank, self.decimals = blank, decimals
        self.problem, self.plan = read(document_of(blank.filled()))

    def draw(self, number: int) -> Draw:
        """Return the draw of this number."""
        numbers = self.blank.numbers(number).items()
        matrices = {name: np.array(rows, dtype=np.float64) for name, rows in numbers}
        problem = replace(self.problem, matrices={**self.problem.matrices, **matrices})
        return calculated(problem, self.plan, self.decimals)


class _Search:
    """Draws numbers for an order until all demands are met, or until the limits are reached."""

    def __init__(self, draws: Draws) -> None:
        self.draws, self.wanted = draws, draws.blank.order.reveal
        for name in self.wanted:
            if name not in MISTAKES:
                message = f"{name!r} is not a known mistake{did_you_mean(name, MISTAKES)}."
                raise ProblemError(message, "attncli check --mistakes lists them all.")
        self.possible = _possible_for(draws.blank.order, draws.decimals)
        for name in self.wanted:
            self._check_possible(name)

    def _check_possible(self, name: str) -> None:
        """Raise ProblemError for a mistake of the order that no numbers reveal.

        Few calculations show what layers can show: for them, all draws are tried first.
        """
        if name not in self.possible.effects.names:
            message = f"{name} cannot be made in this exercise."
            raise ProblemError(message, f"See attncli check --mistakes {name}.")
        if not self.draws.problem.parts and not self.possible.effects.changes_output(name):
            message = f"{name} does not change the output of any exercise of these sizes."
            raise ProblemError(message, "Choose other sizes, or another kind.")

    def best(self) -> Exercise:
        """Return the first draw that meets all demands; else the draw that misses the least."""
        size = plan_size(self.draws.plan)
        most = within(MOST_DRAWS, NUMBERS_DRAWN, size)
        judged, most_judged = 0, within(MOST_JUDGED, NUMBERS_JUDGED, size)
        names = self.possible.demands
        found: tuple[tuple[int, int], int, Draw] | None = None
        fewest = len(names) + 1
        fallback, tried = FIRST, FIRST
        for tried in range(FIRST, FIRST + most):
            draw = self.draws.draw(tried)
            if unmet := draw.unmet(names, fewest):
                if unmet < fewest:
                    fallback, fewest = tried, unmet
                continue
            judged += 1
            missed = self._missed(draw.effects())
            if found is None or missed < found[0]:
                found = missed, tried, draw
            if judged == most_judged or found[0] <= self._enough(judged):
                break
        _, number, draw = found or (None, fallback, self.draws.draw(fallback))
        return self._exercise(number, draw, tried)

    def _missed(self, effects: Effects) -> tuple[int, int]:
        """Count what a draw misses: mistakes of the order, then outputs that could differ."""
        return len(self._unmet(effects)), self.possible.most - self.possible.outputs(effects)

    def _enough(self, judged: int) -> tuple[int, int]:
        """Return the most that a draw may miss: a little more if many draws were judged."""
        return 0, 0 if judged < PATIENCE else self.possible.most - self.possible.usual

    def _unmet(self, effects: Effects) -> tuple[str, ...]:
        return tuple(name for name in self.wanted if not effects.changes_output(name))

    def _exercise(self, number: int, draw: Draw, tried: int) -> Exercise:
        document, worth = self.draws.blank.filled(number), worth_of_draw(draw, self.possible)
        unmet = self._unmet(worth.effects)
        return Exercise(document, self.draws.decimals, number, tried, worth, unmet)
