"""Layers with a gross error late in them, and matrices of wrong sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from tests.teaching.answers.showing import Writing, choose, draw_writing
from tests.teaching.answers.single_mistakes import MOST_DRAWS, case_of
from tests.teaching.answers.slipping import slipped
from tests.teaching.calculation.calculate import Steps, calculate
from tests.teaching.calculation.problem import Matrix, Problem
from tests.teaching.calculation.scene import Habit
from tests.teaching.case import Case, Slip
from tests.teaching.kinds import Random, draw, seeded
from tests.teaching.rounding import then

LAYERS = ("encoder", "encoder_pre", "encoder_rms", "decoder")
LATE = ("ffn.output", "norm_2.output", "norm_2.sum", "norm_3.sum", "ffn.hidden", "output")

REPLACED: dict[str, Callable[[Random, Matrix], Matrix]] = {
    "output of zeros": lambda random, m: np.zeros(m.shape),
    "output negated": lambda random, m: -m,
    "output + 0.5": lambda random, m: m + 0.5,
    "random output": lambda random, m: random.normal(size=m.shape),
}


def late_error(seed: int) -> Case | None:
    """Return an answer of a layer with a gross error late in it.

    Half of the answers have one wrong cell after right steps that were rounded on the way; in the
    others an early step is slightly wrong for no known reason, and the output is replaced.
    """
    random = seeded("late in a layer", seed)
    make = one_late_cell if seed % 2 else replaced_output
    for _ in range(MOST_DRAWS):
        case = make(random, seed)
        if case:
            return case
    return None


def one_late_cell(random: Random, seed: int) -> Case | None:
    """Return an answer with one grossly wrong cell in a late step."""
    problem = draw(str(random.choice(LAYERS)), random)
    writing = replace(draw_writing(random, "some"), rounding=str(random.choice(WAYS)))
    right = calculate(problem, None, writing.habit)
    step = str(random.choice([name for name in right if name in LATE]))
    index = tuple(int(random.integers(size)) for size in right[step].shape)
    moved = float(random.choice([-5, -2, -1, 1, 2, 5]))
    slip = slipped(step, index, round(float(right[step][index]) + moved, writing.places))

    def run(habit: Habit) -> Steps:
        return calculate(problem, None, then(habit, slip))

    kind = f"one cell of {step}"
    case = case_of("late in a layer", seed, kind, problem, run, writing, random, (), (step,))
    return replace(case, slip=Slip(step, index, kind), kind="one late cell") if case else None


WAYS = ("carried", "carried, up")


def replaced_output(random: Random, seed: int) -> Case | None:
    """Return an answer whose early step is off by a tenth, and whose output is replaced."""
    problem = draw(str(random.choice(LAYERS)), random)
    writing = replace(draw_writing(random, "output"), places=int(random.choice([2, 3, 4])))
    early = [
        name
        for name in calculate(problem)
        if name.endswith(("weights", "norm_1.output", "self.Q", "self.output"))
    ]
    step = str(random.choice(early))
    kind = list(REPLACED)[seed // 2 % len(REPLACED)]
    size = calculate(problem)[step].shape
    factor, late = random.uniform(0.9, 1.1, size), seeded("late", seed)
    run = partial(run_replaced, problem, step, factor, kind, int(late.integers(2**32)))
    return case_of("late in a layer", seed, kind, problem, run, writing, random, (), (step,))


def run_replaced(
    problem: Problem, step: str, factor: Matrix, kind: str, seed: int, habit: Habit
) -> Steps:
    """Return the steps with one of them times a factor, and with another output."""

    def changed(name: str, matrix: Matrix) -> Matrix:
        if name == step:
            return habit(name, matrix * factor)
        matrix = habit(name, matrix)
        random = np.random.default_rng(seed)
        return REPLACED[kind](random, matrix) if name == "output" else matrix

    return calculate(problem, None, changed)


# Sizes

SIZES: dict[str, Callable[[Matrix], Matrix]] = {
    "last row left out": lambda m: m[..., :-1, :],
    "last column left out": lambda m: m[..., :-1],
    "a row too many": lambda m: np.concatenate([m, m[..., :1, :]], -2),
    "a column too many": lambda m: np.concatenate([m, m[..., :1]], -1),
    "beside itself": lambda m: np.concatenate([m, m], -1),
    "first head alone": lambda m: m[0] if m.ndim > 2 else m[..., :-1],
}
SIZED_KINDS = ("self", "cross", "heads", "causal", "given", "additive", "encoder", "decoder")


def wrong_size(seed: int) -> Case | None:
    """Return an answer with a matrix of a wrong size; the other steps are right."""
    random = seeded("wrong size", seed)
    kind = list(SIZES)[seed % len(SIZES)]
    for _ in range(MOST_DRAWS):
        problem = draw(str(random.choice(SIZED_KINDS)), random)
        writing: Writing = draw_writing(random, str(random.choice(["usual", "some", "output"])))
        steps = calculate(problem, None, writing.habit)
        names = choose(random, writing.shown, list(steps))
        step = str(random.choice(names))
        changed = SIZES[kind](steps[step])
        if 0 in changed.shape or steps[step].shape[-1] == 1 or "hidden" in step:
            continue
        answer = writing.write({**steps, step: changed}, names)
        return Case("wrong size", seed, kind, problem.document(), answer, wrong=(step,))
    return None
