"""Questions to the digits of an answer: where is it wrong, and could rounding explain it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from tests.teaching.answers.showing import Writing, differ
from tests.teaching.calculation.calculate import Steps, calculate
from tests.teaching.calculation.problem import Matrix, Problem
from tests.teaching.calculation.scene import Habit
from tests.teaching.rounding import EXACT, carried, half_even, half_up, some_carried, weights_finer

TRIALS = 12
MOST_PLACES = 6


def half_a_unit(places: int) -> float:
    """Return half a unit of the last place, and a little for the last bits."""
    return 0.5 * 10.0**-places * (1 + 1e-7) + 1e-11


def wrong_steps(
    problem: Problem, steps: Mapping[str, Matrix], names: Sequence[str], writing: Writing
) -> tuple[str, ...]:
    """Return the shown steps that do not follow from the inputs and the steps shown before."""
    try:
        followed = following(problem, steps, names, writing.habit)
    except (ValueError, IndexError):
        right = calculate(problem, None, writing.habit)
        followed = {name: right[name] for name in names}
    limit = half_a_unit(writing.places)
    return tuple(name for name in names if differ(steps[name], followed[name], limit))


def following(
    problem: Problem, steps: Mapping[str, Matrix], names: Sequence[str], habit: Habit
) -> Steps:
    """Return each shown step as the right method gives it from the steps shown before it."""
    found: Steps = {}

    def pinned(name: str, matrix: Matrix) -> Matrix:
        found[name] = habit(name, matrix)
        return steps[name] if name in names else found[name]

    calculate(problem, None, pinned)
    return found


def could_be_right(
    problem: Problem, steps: Mapping[str, Matrix], names: Sequence[str], writing: Writing
) -> bool:
    """Return True if some habit of rounding, with the right method, gives the same digits.

    The habits: every step to 0 … 6 places; one step alone; and the half unit by which each shown
    number is known.
    """
    digits = {name: writing.digits(steps[name]) for name in names}
    limit = half_a_unit(writing.places)
    exact = calculate(problem)
    if any(digits[name].shape != exact[name].shape for name in names):
        return False

    def agrees(habit: Habit) -> bool:
        right = calculate(problem, None, habit)
        return not any(differ(digits[name], right[name], limit) for name in names)

    if any(agrees(habit) for habit in habits(exact, names)):
        return True
    return within_slack(problem, digits, names, writing)


def habits(right: Steps, names: Sequence[str]) -> Iterator[Habit]:
    """Yield the habits of rounding that people have."""
    yield EXACT
    for places in range(MOST_PLACES + 1):
        for rounder in (half_even, half_up):
            yield carried(places, rounder)
            yield weights_finer(places, rounder)
    for hidden in right:
        if hidden not in names:
            for places in range(5):
                yield one_rounded(hidden, places)
    for places in range(1, 5):
        yield some_carried(places, ("scaled", "weights", "output"))


def one_rounded(step: str, places: int) -> Habit:
    """Return the habit of rounding one step alone."""
    return lambda name, matrix: half_even(matrix, places) if name == step else matrix


def within_slack(
    problem: Problem, digits: Mapping[str, Matrix], names: Sequence[str], writing: Writing
) -> bool:
    """Return True if each shown step follows from numbers within half a unit of those before it."""
    unit = half_a_unit(writing.places)
    random = np.random.default_rng(0)
    try:
        middle = following(problem, digits, names, EXACT)
        moved = []
        for _ in range(TRIALS):
            near = {n: m + unit * random.choice([-1, 1], m.shape) for n, m in digits.items()}
            moved.append(following(problem, near, names, EXACT))
    except (ValueError, IndexError):
        return False
    for name in names:
        with np.errstate(invalid="ignore"):
            spread = np.max([np.nan_to_num(np.abs(m[name] - middle[name])) for m in moved], axis=0)
            off = np.abs(digits[name] - middle[name])
        off = np.where(digits[name] == middle[name], 0, off)
        if not bool((off <= unit + spread).all()):
            return False
    return True


def same_digits(
    run: Callable[[], Mapping[str, Matrix]],
    steps: Mapping[str, Matrix],
    names: Sequence[str],
    writing: Writing,
) -> bool:
    """Return True if another run gives the digits of an answer."""
    try:
        other = run()
    except (ValueError, IndexError):
        return False
    unit = 2.2 * half_a_unit(writing.places)
    return all(
        name in other and not differ(writing.digits(steps[name]), writing.digits(other[name]), unit)
        for name in names
    )
