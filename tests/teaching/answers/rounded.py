"""Right answers that were rounded as people round."""

from __future__ import annotations

import math

import numpy as np

from tests.teaching.answers.showing import choose
from tests.teaching.calculation.calculate import calculate
from tests.teaching.calculation.operations import softmax
from tests.teaching.calculation.problem import Matrix, Problem, nested
from tests.teaching.calculation.scene import Habit, Scene
from tests.teaching.case import Case
from tests.teaching.kinds import ROUNDED_KINDS, draw, seeded
from tests.teaching.rounding import (
    EXACT,
    Rounder,
    carried,
    cells,
    cut,
    half_even,
    half_up,
    number,
    significant,
    some_carried,
    weights_finer,
    written,
)

SHOWN = ("all", "half", "output")


def rounded_half_up(seed: int) -> Case:
    """Return an answer whose every step was rounded half up: 11 kinds × 182 × 1 to 4 places."""
    rest, places = divmod(seed, 4)
    number, kind = divmod(rest, len(ROUNDED_KINDS))
    problem = draw(ROUNDED_KINDS[kind], seeded("rounded half up", ROUNDED_KINDS[kind], number))
    return right_case("rounded half up", seed, problem, places + 1, half_up)


def right_case(
    group: str,
    seed: int,
    problem: Problem,
    places: int,
    rounder: Rounder,
    habit: Habit | None = None,
    rounding: str = "",
) -> Case:
    """Return a right answer of which all steps, half of them or the output alone are shown."""
    random = seeded(group, seed, "shown")
    steps = calculate(problem, None, habit or carried(places, rounder))
    shown = str(random.choice(SHOWN))
    names = choose(random, shown, list(steps))
    as_text = bool(random.random() < 0.25)
    answer = nested({n: written(steps[n], places, rounder, as_text) for n in names})
    kind = f"{problem.kind}, {places} places"
    return Case(group, seed, kind, problem.document(), answer, shown, rounding or "carried, up")


def cut_off(seed: int) -> Case:
    """Return an answer whose digits were cut off: at the end, or in every step."""
    random = seeded("cut off", seed)
    problem = draw(str(random.choice(ROUNDED_KINDS)), random)
    is_carried = bool(random.random() < 0.3)
    places = int(random.integers(2, 5))
    habit = carried(places, cut) if is_carried else EXACT
    way = "cut in every step" if is_carried else "cut at the end"
    return right_case("cut off", seed, problem, places, cut, habit, way)


# Other habits


def scaled_by_rounded_root(places: int) -> dict[str, object]:
    """Return the scale with a rounded √d_k, such as √3 ≈ 1.73."""

    def scale(at: Scene, scores: Matrix) -> Matrix:
        return np.asarray(scores / round(math.sqrt(at.inside["K"].shape[-1]), places))

    return {"scale": scale}


def rounded_exponentials(places: int) -> dict[str, object]:
    """Return the softmax with rounded exponentials."""

    def normalise(at: Scene, scores: Matrix) -> Matrix:
        powers = half_up(np.exp(np.maximum(scores, -700.0)), places)
        total = powers.sum(axis=-1, keepdims=True)
        return np.where(total > 0, powers / np.where(total > 0, total, 1), softmax(scores))

    return {"normalise": normalise}


HABITS = (
    "half to even",
    "weights finer",
    "only some steps",
    "significant digits",
    "5, 6 or 8 places carried",
    "root rounded",
    "exponentials rounded",
)


def other_habit(seed: int) -> Case:
    """Return a right answer of another habit of rounding."""
    habit_name = HABITS[seed % len(HABITS)]
    random = seeded("other habits", seed)
    kinds = ROUNDED_KINDS[:5] if habit_name == "root rounded" else ROUNDED_KINDS[:8]
    problem = draw(str(random.choice(kinds)), random)
    places = int(random.integers(1, 5))
    rounder: Rounder = half_even if random.random() < 0.5 else half_up
    last, replaced = places, {}
    habit = carried(places, rounder)
    if habit_name == "half to even":
        rounder, habit = half_even, carried(places)
    elif habit_name == "weights finer":
        habit = weights_finer(places, rounder)
    elif habit_name == "only some steps":
        habit = some_carried(places, ("scaled", "weights", "hidden", "output"), rounder)
    elif habit_name == "significant digits":
        return by_significant_digits(seed, problem, places + 1)
    elif habit_name == "5, 6 or 8 places carried":
        last = int(random.choice([5, 6, 8]))
        habit = carried(last, rounder)
    elif habit_name == "root rounded":
        replaced = scaled_by_rounded_root(max(places, 2))
    else:
        replaced = rounded_exponentials(max(places, 2))
    steps = calculate(problem, replaced, habit)  # type: ignore[arg-type]
    shown = str(random.choice(SHOWN))
    names = choose(random, shown, list(steps))
    finer = {n: last + (habit_name == "weights finer" and n.endswith("weights")) for n in names}
    answer = nested({n: written(steps[n], finer[n], rounder) for n in names})
    return Case(
        "other habits", seed, habit_name, problem.document(), answer, shown, f"{last} places"
    )


def by_significant_digits(seed: int, problem: Problem, digits: int) -> Case:
    """Return an answer whose every number has some significant digits, and was gone on with."""
    random = seeded("significant digits", seed)
    steps = calculate(problem, None, lambda name, matrix: significant(matrix, digits))
    shown = str(random.choice(SHOWN))
    names = choose(random, shown, list(steps))
    answer = nested({n: cells(steps[n], number) for n in names})
    kind, document = "significant digits", problem.document()
    return Case("other habits", seed, kind, document, answer, shown, f"{digits} digits")
