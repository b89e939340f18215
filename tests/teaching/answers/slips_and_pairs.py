"""Answers with two mistakes, with a slip, or with both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tests.teaching.answers.showing import Writing, draw_writing
from tests.teaching.answers.single_mistakes import KNOWN, MOST_DRAWS, case_of, changes, draw_scope
from tests.teaching.answers.slipping import COPIES, SLIPS, draw_slip, slipped
from tests.teaching.calculation.calculate import Steps, calculate
from tests.teaching.calculation.problem import Problem
from tests.teaching.calculation.scene import Habit
from tests.teaching.case import Case, Slip
from tests.teaching.kinds import Random, draw, seeded
from tests.teaching.mistakes.registry import Mistake
from tests.teaching.rounding import then

SLIPPED_KINDS = (
    *("self", "cross", "heads", "causal", "padding", "given", "dot", "additive"),
    *("general", "encoder", "decoder"),
)
HIDDEN_KINDS = ("self", "cross", "causal", "given", "dot")
HIDDEN_SHARE = 0.09


def together(problem: Problem, pair: tuple[Mistake, Mistake], habit: Habit) -> Steps:
    """Return the steps of a problem with two mistakes."""
    return calculate(problem, {**pair[0].replaced, **pair[1].replaced}, habit)


def draw_pair(random: Random) -> tuple[Mistake, Mistake]:
    """Return two mistakes of different operations that some kind of problem can have."""
    while True:
        one, other = (KNOWN[int(at)] for at in random.choice(len(KNOWN), 2, replace=False))
        is_apart = not set(one.replaced) & set(other.replaced)
        if is_apart and set(one.kinds) & set(other.kinds) and one.names[0] != other.names[0]:
            return one, other


def two_mistakes(seed: int) -> Case | None:
    """Return an answer with two mistakes, each of which changes the digits."""
    random = seeded("two mistakes", seed)
    for _ in range(MOST_DRAWS):
        pair = draw_pair(random)
        kinds = sorted(set(pair[0].kinds) & set(pair[1].kinds))
        problem = draw(str(random.choice(kinds)), random)
        writing = draw_writing(random)
        case = case_of(
            "two mistakes",
            seed,
            " + ".join(mistake.key for mistake in pair),
            problem,
            partial(together, problem, pair),
            writing,
            random,
            (pair[0].names, pair[1].names),
        )
        if case and all(adds(problem, pair, one, case, writing) for one in pair):
            return case
    return None


def adds(
    problem: Problem, pair: tuple[Mistake, Mistake], one: Mistake, case: Case, writing: Writing
) -> bool:
    """Return True if the digits of a pair differ from those of one of its mistakes alone."""
    both = together(problem, pair, writing.habit)
    alone = one.done(problem, writing.habit)
    return changes(both, alone, shown_names(case), writing)


def shown_names(case: Case) -> list[str]:
    """Return the names of the steps that an answer holds."""
    found = []
    for name, value in case.answer.items():
        inner = [f"{name}.{last}" for last in value] if isinstance(value, dict) else [name]
        found += inner
    return found


# Slips


def one_slip(seed: int) -> Case | None:
    """Return an answer with one wrong cell, with which the calculation went on."""
    random = seeded("one slip", seed)
    is_hidden = bool(random.random() < HIDDEN_SHARE)
    kind = list(SLIPS)[seed % len(SLIPS)]
    for _ in range(MOST_DRAWS):
        problem = draw(str(random.choice(HIDDEN_KINDS if is_hidden else SLIPPED_KINDS)), random)
        writing = draw_writing(random, str(random.choice(["all", "usual", "some"])))
        if is_hidden:
            writing = replace(writing, shown="output")
        case = with_slip(
            "one slip", seed, kind, problem, partial(calculate, problem), writing, random, is_hidden
        )
        if case:
            return case
    return None


def with_slip(
    group: str,
    seed: int,
    kind: str,
    problem: Problem,
    run: Callable[..., Steps],
    writing: Writing,
    random: Random,
    is_hidden: bool = False,
    names: tuple[tuple[str, ...], ...] = (),
) -> Case | None:
    """Return the case of a run with a slip of a kind in one of its steps; None if it has none."""
    right = run(habit=writing.habit)
    steps = [n for n in right if n.split(".")[-1] not in COPIES]
    if is_hidden:
        steps = [n for n in steps if n in ("Q", "V", "scores", "scaled", "weights")]
    if not steps:
        return None
    step = str(random.choice(steps))
    drawn = draw_slip(random, problem, right, step, kind, writing.places)
    if drawn is None:
        return None
    index, value = drawn
    slip = slipped(step, index, value)

    def run_with_slip(habit: Habit) -> Steps:
        return run(habit=then(habit, slip))

    must_show = () if is_hidden else (step,)
    case = case_of(group, seed, kind, problem, run_with_slip, writing, random, names, must_show)
    if case is None:
        return None
    words = rf"column {index[-1] + 1}\b" if step == "V" else rf"row {index[-2] + 1}\b"
    shown = f"hidden {step}" if is_hidden else case.shown
    return replace(case, slip=Slip(step, index, kind), words=words, shown=shown)


def mistake_and_slip(seed: int) -> Case | None:
    """Return an answer with a mistake and a slip in one of the steps that it shows."""
    random = seeded("mistake and slip", seed)
    for _ in range(MOST_DRAWS):
        mistake = KNOWN[int(random.integers(len(KNOWN)))]
        problem = draw(str(random.choice(mistake.kinds)), random)
        writing = draw_writing(random, str(random.choice(["all", "usual", "some"])))
        kind = str(random.choice(list(SLIPS)))
        scope = draw_scope(random, problem, mistake)
        run = partial(mistake.done, problem, scope=scope)
        try:
            alone = run(habit=writing.habit)
            case = with_slip(
                "mistake and slip",
                seed,
                kind,
                problem,
                run,
                writing,
                random,
                names=(mistake.names,),
            )
        except (ValueError, IndexError):
            continue
        right = calculate(problem, None, writing.habit)
        if case and case.slip and set(alone) == set(right):
            names = shown_names(case)
            if changes(alone, right, names, writing) and same_sizes(alone, right):
                return replace(case, kind=f"{mistake.key} + {kind}")
    return None


def same_sizes(one: Steps, other: Steps) -> bool:
    """Return True if all steps of two runs have the same sizes."""
    return all(one[name].shape == other[name].shape for name in other)
