"""Right answers of every equal form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from tests.teaching.answers.presented import other_order, reordered
from tests.teaching.answers.printed import PRINTED
from tests.teaching.answers.showing import choose
from tests.teaching.calculation.calculate import calculate
from tests.teaching.calculation.operations import softmax
from tests.teaching.calculation.problem import Document, Matrix, Problem, nested
from tests.teaching.case import Case
from tests.teaching.kinds import Random, draw, seeded
from tests.teaching.rounding import (
    Rounder,
    carried,
    half_even,
    half_up,
    written,
)

Form: TypeAlias = Callable[[Random], tuple[Problem, Document]]

PLAIN = ("self", "cross", "given", "causal", "heads")
ONE_HEAD = ("self", "cross", "given", "causal", "padding")
MASKED = ("causal", "padding", "window", "keep")
ANY = (*PLAIN, "padding", "additive", "general", "encoder", "encoder_rms", "decoder")


def kind_of(random: Random, kinds: Sequence[str]) -> Problem:
    """Return a problem of one of the kinds."""
    return draw(str(random.choice(kinds)), random)


def places_of(random: Random) -> int:
    """Return the places of an answer."""
    return int(random.integers(2, 5))


def some_of(random: Random, steps: Mapping[str, Matrix]) -> list[str]:
    """Return all, the usual ones or some of the names of the steps."""
    return choose(random, str(random.choice(["all", "usual", "half"])), list(steps))


def answer_of(
    random: Random, steps: Mapping[str, Matrix], names: Sequence[str] | None = None, places: int = 0
) -> Document:
    """Return the answer with these steps, rounded at the end."""
    chosen = some_of(random, steps) if names is None else names
    places = places or places_of(random)
    as_text = bool(random.random() < 0.25)
    return nested({n: written(steps[n], places, half_even, as_text) for n in chosen})


# Rounding


def at_the_end(random: Random) -> tuple[Problem, Document]:
    """Every digit is carried, and the numbers are rounded at the end."""
    problem = kind_of(random, ANY)
    return problem, answer_of(random, calculate(problem))


def on_the_way(rounder: Rounder) -> Form:
    """Return the form of rounding every step."""

    def form(random: Random) -> tuple[Problem, Document]:
        problem, places = kind_of(random, ANY), places_of(random)
        steps = calculate(problem, None, carried(places, rounder))
        names = some_of(random, steps)
        return problem, nested({n: written(steps[n], places, rounder) for n in names})

    return form


def output_finer(random: Random) -> tuple[Problem, Document]:
    """Two or three places are carried, and the output has four."""
    problem, places = kind_of(random, PLAIN), int(random.integers(2, 4))

    def habit(name: str, matrix: Matrix) -> Matrix:
        return half_even(matrix, 4 if name == "output" else places)

    steps = calculate(problem, None, habit)
    return problem, nested({n: written(steps[n], 4) for n in some_of(random, steps)})


def with_blanks(random: Random) -> tuple[Problem, Document]:
    """Some cells are left blank; the numbers are rounded on the way or at the end."""
    problem, places = kind_of(random, PLAIN), places_of(random)
    habit = carried(places) if random.random() < 0.5 else carried(15)
    steps = calculate(problem, None, habit)
    answer = {n: blanked(random, written(steps[n], places)) for n in some_of(random, steps)}
    return problem, answer


def blanked(random: Random, cells: Any) -> Any:
    """Return nested lists with a sixth of the cells left blank."""
    if isinstance(cells, list):
        return [blanked(random, part) for part in cells]
    return None if random.random() < 1 / 6 else cells


def raised_rows(random: Random) -> tuple[Problem, Document]:
    """The largest weight of each row is changed so that the rounded row sums to 1."""
    problem, places = kind_of(random, ("self", "cross", "given")), int(random.integers(2, 4))

    def raised(name: str, matrix: Matrix) -> Matrix:
        matrix = half_even(matrix, places)
        if name != "weights":
            return matrix
        largest = np.arange(matrix.shape[-1]) == matrix.argmax(-1)[..., None]
        return np.round(matrix + largest * (1 - matrix.sum(-1, keepdims=True)), places)

    steps = calculate(problem, None, raised)
    names = [n for n in some_of(random, steps) if n != "weights"] + ["weights"]
    return problem, nested({n: written(steps[n], places) for n in steps if n in names})


# Equal forms of the method


def queries_scaled(random: Random) -> tuple[Problem, Document]:
    """Q is divided by √d_k before the product."""
    problem = kind_of(random, ("self", "cross", "causal", "padding"))
    steps = calculate(problem)
    root = math.sqrt(steps["Q"].shape[-1])
    changed = {**steps, "Q": steps["Q"] / root, "scores": steps["scaled"]}
    names = [n for n in changed if n != "scaled" or random.random() < 0.5]
    return problem, answer_of(random, changed, names, 4)


def both_scaled(random: Random) -> tuple[Problem, Document]:
    """Q and K are both divided by the fourth root of d_k."""
    problem = kind_of(random, ("self", "cross", "causal", "padding"))
    steps = calculate(problem)
    root = steps["Q"].shape[-1] ** 0.25
    changed = {**steps, "scores": steps["scaled"]}
    changed |= {name: steps[name] / root for name in "QK"}
    return problem, answer_of(random, changed, [n for n in changed if n != "scaled"], 4)


def scaled_at_once(random: Random) -> tuple[Problem, Document]:
    """The step scores holds the scaled scores, rounded at the end or on the way."""
    problem, places = kind_of(random, PLAIN), places_of(random)
    steps = calculate(problem, None, carried(places if random.random() < 0.5 else 15))
    changed = {**steps, "scores": steps["scaled"]}
    names = [n for n in some_of(random, changed) if n not in ("scores", "scaled")] + ["scores"]
    return problem, answer_of(random, changed, [n for n in changed if n in names], places)


def maximum_subtracted(random: Random) -> tuple[Problem, Document]:
    """The largest score of each row is subtracted before the softmax."""
    problem = kind_of(random, (*PLAIN, "padding"))
    steps = calculate(problem)
    last = "masked" if "masked" in steps else "scaled"
    lowered = steps[last] - steps[last].max(-1, keepdims=True)
    names = [n for n in some_of(random, steps) if n != last] + [last, "weights"]
    changed = {**steps, last: lowered}
    return problem, answer_of(random, changed, [n for n in steps if n in names])


def masked_afterwards(random: Random) -> tuple[Problem, Document]:
    """The weights are masked and divided by their sum; masked is left as it was."""
    problem = kind_of(random, MASKED)
    steps = calculate(problem)
    names = [n for n in some_of(random, steps) if n != "weights"] + ["masked", "weights"]
    changed = {**steps, "masked": steps["scaled"]}
    return problem, answer_of(random, changed, [n for n in steps if n in names])


def other_fill(random: Random) -> tuple[Problem, Document]:
    """Hidden scores are set to a number that leaves no digit."""
    problem, fill = kind_of(random, MASKED), float(random.choice([-99, -999, -10000, -1e9]))
    steps = calculate(problem)
    changed = {**steps, "masked": np.where(np.isfinite(steps["masked"]), steps["masked"], fill)}
    names = [n for n in steps if n in (*some_of(random, steps), "masked")]
    return problem, answer_of(random, changed, names)


def added_fill(random: Random) -> tuple[Problem, Document]:
    """A large negative number is added to the hidden scores."""
    problem, fill = kind_of(random, MASKED), float(random.choice([-99, -1000, -10000, -1e9]))
    steps = calculate(problem)
    hidden = ~np.isfinite(steps["masked"])
    changed = {**steps, "masked": steps["scaled"] + fill * hidden}
    names = [n for n in steps if n in (*some_of(random, steps), "masked")]
    return problem, answer_of(random, changed, names)


# Layout and order


def in_columns(random: Random) -> tuple[Problem, Document]:
    """The answer says that its tokens are columns."""
    problem = kind_of(random, ("self", "square", "cross", "given", "causal", "heads"))
    steps = {name: matrix.swapaxes(-1, -2) for name, matrix in calculate(problem).items()}
    return problem, {"layout": "columns", **answer_of(random, steps)}


def own_tokens(random: Random) -> tuple[Problem, Document]:
    """The answer names its tokens, whose order is another one."""
    problem = kind_of(random, ("self", "square", "heads"))
    labels = np.array(["I", "love", "math", "much", "more"][: len(problem.matrices["X"])])
    order = other_order(random, len(labels))
    steps = reordered(calculate(problem), order)
    answer = {"tokens": labels[order].tolist(), **answer_of(random, steps)}
    return problem.given(tokens=labels.tolist()), answer


def norms_in_rows(random: Random) -> tuple[Problem, Document]:
    """Mean and variance, one number per token, are written as a list."""
    problem = kind_of(random, ("encoder", "encoder_pre", "decoder"))
    steps = calculate(problem)
    flat = {n: m[:, 0] if n.endswith(("mean", "variance")) else m for n, m in steps.items()}
    return problem, answer_of(random, flat)


# Rounded constants


def rounded_e(random: Random) -> tuple[Problem, Document]:
    """Powers of 2.7, 2.72 or 2.718 are taken."""
    problem, base = kind_of(random, ONE_HEAD), float(random.choice([2.7, 2.72, 2.718]))
    replaced = {"normalise": lambda at, s: softmax(s * math.log(base))}
    steps = calculate(problem, replaced)
    names = [n for n in steps if n in (*some_of(random, steps), "weights")]
    return problem, answer_of(random, steps, names, 2 if base < 2.715 else 3)


def rounded_root(random: Random) -> tuple[Problem, Document]:
    """√d_k is rounded: √2 ≈ 1.41."""
    problem, places = kind_of(random, ONE_HEAD), places_of(random)

    def scale(at: Any, scores: Matrix) -> Matrix:
        return scores / round(math.sqrt(at.inside["K"].shape[-1]), 2)

    steps = calculate(problem, {"scale": scale}, carried(places))
    names = [n for n in steps if n in (*some_of(random, steps), "scaled")]
    return problem, answer_of(random, steps, names, places)


FORMS: dict[str, Form] = {
    "rounded at the end": at_the_end,
    "rounded on the way, half to even": on_the_way(half_even),
    "rounded on the way, half up": on_the_way(half_up),
    "output finer": output_finer,
    "blanks": with_blanks,
    "row raised to 1": raised_rows,
    "Q scaled first": queries_scaled,
    "Q and K scaled first": both_scaled,
    "scores scaled at once": scaled_at_once,
    "row maximum subtracted": maximum_subtracted,
    "masked after softmax and normalised": masked_afterwards,
    "another fill": other_fill,
    "a fill added": added_fill,
    "layout columns": in_columns,
    "tokens of its own": own_tokens,
    "norms in rows": norms_in_rows,
    "e rounded": rounded_e,
    "root rounded": rounded_root,
    **PRINTED,
}


def right_form(seed: int) -> Case:
    """Return a right answer of an equal form."""
    kind = list(FORMS)[seed % len(FORMS)]
    problem, answer = FORMS[kind](seeded("right", seed))
    return Case("right", seed, kind, problem.document(), answer)
