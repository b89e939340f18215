"""Answers with one mistake, or with two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from tests.teaching.answers.digits import could_be_right, same_digits, wrong_steps
from tests.teaching.answers.showing import Writing, choose, differ, draw_writing
from tests.teaching.calculation.calculate import Steps, calculate
from tests.teaching.calculation.problem import Matrix, Problem
from tests.teaching.case import Case
from tests.teaching.kinds import Random, draw, seeded
from tests.teaching.mistakes.catalogue_of_faults import MISTAKES, OUTSIDE
from tests.teaching.mistakes.registry import Mistake

MOST_DRAWS = 60
KNOWN = [mistake for mistake in MISTAKES.values() if not mistake.is_new]
NEW = [mistake for mistake in MISTAKES.values() if mistake.is_new]
BY_NAME: dict[str, list[Mistake]] = {}
for mistake in MISTAKES.values():
    BY_NAME.setdefault(mistake.names[0], []).append(mistake)


def one_mistake(seed: int) -> Case | None:
    """Return an answer with a mistake of the catalogue."""
    return with_mistake("one mistake", KNOWN[seed % len(KNOWN)], seed)


def new_mistake(seed: int) -> Case | None:
    """Return an answer with a mistake of the published answers that the catalogue lacked."""
    return with_mistake("one new mistake", NEW[seed % len(NEW)], seed)


def unknown_mistake(seed: int) -> Case | None:
    """Return an answer with a mistake that no catalogue has."""
    every = list(OUTSIDE.values())
    return with_mistake("in no catalogue", every[seed % len(every)], seed)


def with_mistake(group: str, mistake: Mistake, seed: int) -> Case | None:
    """Return an answer with a mistake whose digits differ from those of the right answer."""
    random = seeded(group, seed)
    for _ in range(MOST_DRAWS):
        problem = draw(str(random.choice(mistake.kinds)), random)
        scope = draw_scope(random, problem, mistake)
        writing = draw_writing(random)
        case = case_of(
            group,
            seed,
            mistake.key,
            problem,
            partial(mistake.done, problem, scope=scope),
            writing,
            random,
            (mistake.names,),
        )
        if case:
            return case
    return None


def draw_scope(random: Random, problem: Problem, mistake: Mistake) -> str:
    """Return the sublayer in which a mistake is made; mostly the mistake is made in all of them."""
    if "layer" not in problem.choices or mistake.change or random.random() < 0.7:
        return ""
    found: list[str] = []
    for name in calculate(problem):
        prefix = name.rpartition(".")[0] + "."
        if prefix != "." and prefix not in found:
            found.append(prefix)
    return str(random.choice(found))


def case_of(
    group: str,
    seed: int,
    kind: str,
    problem: Problem,
    run: Callable[..., Steps],
    writing: Writing,
    random: Random,
    names: tuple[tuple[str, ...], ...],
    must_show: Sequence[str] = (),
) -> Case | None:
    """Return the case of a wrong run; None if its digits are those of the right answer.

    `run` takes the habit of rounding as `habit`. `must_show` are steps that are always shown.
    """
    right = calculate(problem, None, writing.habit)
    try:
        steps = run(habit=writing.habit)
    except (ValueError, IndexError):
        return None
    known = [name for name in right if name in steps]
    chosen = choose(random, writing.shown, known)
    chosen = [n for n in known if n in chosen or n in must_show]
    if not changes(steps, right, chosen, writing):
        return None
    return Case(
        group,
        seed,
        kind,
        problem.document(),
        writing.write(steps, chosen),
        writing.shown,
        writing.rounding,
        names,
        wrong_steps(problem, steps, chosen, writing),
        same=partial(same_as, problem, steps, chosen, writing),
        can_be_right=partial(could_be_right, problem, steps, chosen, writing),
    )


def changes(
    steps: Mapping[str, Matrix], right: Mapping[str, Matrix], names: Sequence[str], writing: Writing
) -> bool:
    """Return True if the written digits of some step differ, and no step is too large to write."""
    for name in names:
        finite = steps[name][np.isfinite(steps[name])]
        if finite.size and float(np.abs(finite).max()) > 1e6 and not name.endswith("masked"):
            return False
    return any(differ(writing.digits(steps[n]), writing.digits(right[n]), 1e-9) for n in names)


def same_as(
    problem: Problem,
    steps: Mapping[str, Matrix],
    names: Sequence[str],
    writing: Writing,
    name: str,
) -> bool:
    """Return True if the mistake of a name, in some form, gives the same digits."""
    scopes = {n.rpartition(".")[0] + "." for n in calculate(problem) if "." in n} | {""}
    return any(
        same_digits(partial(mistake.done, problem, writing.habit, scope), steps, names, writing)
        for mistake in BY_NAME.get(name, ())
        for scope in scopes
    )
