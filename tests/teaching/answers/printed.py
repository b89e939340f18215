"""Right answers in the digits that programs print, and in arithmetic as people write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from tests.teaching.answers.showing import choose
from tests.teaching.calculation.calculate import Steps, calculate
from tests.teaching.calculation.problem import Document, Matrix, Problem, nested
from tests.teaching.kinds import Random, draw
from tests.teaching.rounding import carried, cells, half_even, number, written

ONE_HEAD = ("self", "cross", "given", "causal", "padding")
SIMPLE = ("self", "cross", "given", "causal", "heads")


def calculated_in(problem: Problem, dtype: DTypeLike) -> Steps:
    """Return the steps calculated in another type of numbers."""
    narrow = {name: matrix.astype(dtype) for name, matrix in problem.matrices.items()}
    steps = calculate(Problem(problem.kind, narrow, problem.choices))
    return {name: matrix.astype(dtype) for name, matrix in steps.items()}


def printed(
    dtype: DTypeLike, write: Callable[[Any], Any], kinds: tuple[str, ...] = SIMPLE
) -> Callable[[Random], tuple[Problem, Document]]:
    """Return the form of numbers of a type, each written in a way."""

    def form(random: Random) -> tuple[Problem, Document]:
        problem = draw(str(random.choice(kinds)), random)
        steps = calculated_in(problem, dtype)
        names = choose(random, str(random.choice(["all", "usual", "half"])), list(steps))
        return problem, nested({n: shown(steps[n], write) for n in names})

    return form


def shown(matrix: Matrix, write: Callable[[Any], Any]) -> Any:
    """Return nested lists with each number of the matrix written in a way."""
    if matrix.ndim:
        return [shown(part, write) for part in matrix]
    return write(matrix[()]) if np.isfinite(matrix) else "-inf"


def shortest(value: Any) -> float | int:
    """Return the shortest number that the type reads back: 0.33333334."""
    return number(float(str(value)))


def eight_places(value: Any) -> str:
    """Return the number with 8 places, as NumPy prints an array."""
    return f"{float(value):.8f}"


def four_places(value: Any) -> float:
    """Return the number rounded to 4 places in its own type: 0.33329999446868896."""
    return float(np.round(value, 4))


def percents(random: Random) -> tuple[Problem, Document]:
    """Weights are written as percent."""
    problem, places = draw(str(random.choice(ONE_HEAD)), random), int(random.integers(0, 3))
    steps = calculate(problem)
    weights = cells(half_even(100 * steps["weights"], places), lambda v: f"{v:.{places}f}%")
    return problem, {"weights": weights, "output": written(steps["output"], 3)}


def times_100(random: Random) -> tuple[Problem, Document]:
    """Weights are written as percent without the sign."""
    problem = draw(str(random.choice(ONE_HEAD)), random)
    steps = calculate(problem)
    places = int(random.integers(1, 3))
    weights = written(100 * steps["weights"], places)
    return problem, {"weights": weights, "output": written(steps["output"], 3)}


def exponentials(random: Random) -> tuple[Problem, Document]:
    """Weights are written as quotients of powers of e, with rounded exponents."""
    problem, places = draw("self", random), int(random.integers(2, 6))
    steps = calculate(problem)
    rows = []
    for row in half_even(steps["scaled"], places):
        powers = [f"e^({value:.{places}f})" for value in row]
        total = " + ".join(powers)
        rows.append([f"{power}/({total})" for power in powers])
    return problem, {"weights": rows, "output": written(steps["output"], 2)}


def products(random: Random) -> tuple[Problem, Document]:
    """The output is written as a sum of products of rounded weights with values."""
    problem, places = draw("given", random), int(random.integers(2, 4))
    steps = calculate(problem, None, carried(places))
    V = problem.matrices["V"]
    output = [
        [
            " + ".join(f"{w:.{places}f}*({v:g})" for w, v in zip(row, column, strict=True))
            for column in V.T
        ]
        for row in steps["weights"]
    ]
    return problem, {"weights": written(steps["weights"], places), "output": output}


def roots(random: Random) -> tuple[Problem, Document]:
    """Scaled scores are written as quotients with a root."""
    problem = draw("given", random)
    steps = calculate(problem)
    d = problem.matrices["K"].shape[-1]
    scaled = cells(steps["scores"], lambda v: f"{round(v, 6):g}/sqrt({d})")
    return problem, {"scaled": scaled, "weights": written(steps["weights"], 3)}


def significant_cells(random: Random) -> tuple[Problem, Document]:
    """Every number has three significant digits: 0.753 beside 0.0634."""
    problem = draw(str(random.choice(SIMPLE)), random)
    steps = calculate(problem)
    names = choose(random, "usual", list(steps))
    return problem, nested({n: cells(steps[n], lambda v: number(float(f"{v:.3g}"))) for n in names})


PRINTED = {
    "float32, shortest": printed(np.float32, shortest),
    "float32, 8 places": printed(np.float32, eight_places),
    "float32, rounded to 4 places": printed(np.float32, four_places),
    "float32, tolist": printed(np.float32, float),
    "float16, shortest": printed(np.float16, shortest, ("self", "given", "causal")),
    "float64, every digit": printed(np.float64, float),
    "percent": percents,
    "times 100": times_100,
    "quotients of exponentials": exponentials,
    "sums of products": products,
    "quotients with a root": roots,
    "three significant digits": significant_cells,
}
