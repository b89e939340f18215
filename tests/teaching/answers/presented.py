"""Right numbers in another presentation, which the answer does not mention."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tests.teaching.answers.showing import choose, draw_writing
from tests.teaching.calculation.calculate import Steps, calculate
from tests.teaching.calculation.problem import Matrix, Problem
from tests.teaching.case import Case
from tests.teaching.kinds import Random, draw, seeded

PRESENTATIONS = ("transposed", "tokens in another order", "heads in another order")
WITH_TOKENS = ("self", "square", "heads")
KEYS_TOO = ("scores", "scaled", "weights")


def presented_otherwise(seed: int) -> Case | None:
    """Return a right answer whose matrices are transposed, or whose rows have another order."""
    kind = PRESENTATIONS[seed % len(PRESENTATIONS)]
    random = seeded("presented otherwise", seed)
    for _ in range(40):
        kinds = ("heads", "narrow_heads") if kind.startswith("heads") else WITH_TOKENS
        problem = draw(str(random.choice(kinds)), random)
        steps = presented(kind, random, problem)
        right = calculate(problem)
        writing = draw_writing(random, str(random.choice(["all", "usual"])))
        names = choose(random, writing.shown, list(right))
        if all(steps[n].shape == right[n].shape and np.allclose(steps[n], right[n]) for n in names):
            continue
        answer = writing.write(steps, names)
        return Case("presented otherwise", seed, kind, problem.document(), answer, writing.shown)
    return None


def presented(kind: str, random: Random, problem: Problem) -> Steps:
    """Return the right steps in another presentation."""
    steps = calculate(problem)
    if kind == "transposed":
        return {name: matrix.swapaxes(-1, -2) for name, matrix in steps.items()}
    if kind.startswith("heads"):
        return {n: m[::-1] if m.ndim > 2 else m for n, m in steps.items()}
    order = other_order(random, len(problem.matrices["X"]))
    return reordered(steps, order)


def other_order(random: Random, n: int) -> Matrix:
    """Return an order of tokens that is not the usual one."""
    while True:
        order = random.permutation(n)
        if (order != np.arange(n)).any():
            return order


def reordered(steps: Mapping[str, Matrix], order: Matrix) -> Steps:
    """Return the steps of self-attention with the tokens in another order."""
    result = {}
    for name, matrix in steps.items():
        rows = matrix[..., order, :]
        result[name] = rows[..., order] if name in KEYS_TOO else rows
    return result
