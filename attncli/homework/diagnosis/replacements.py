"""The operations that a learner may have replaced: one, one kind everywhere, or two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from attncli.calculation.algebra.plan import Plan
from attncli.calculation.problem.problem import Problem
from attncli.homework.mistakes.mistake import Mistake
from attncli.homework.mistakes.wording import Texts, at_step
from attncli.records import record


@record(frozen=True)
class Replacement:
    """A mistake at the steps of these names."""

    mistake: Mistake
    steps: tuple[str, ...]

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """The names that identify the replacement, which are compared faster than its texts."""
        return self.mistake.name, self.steps

    def texts(self, problem: Problem, plan: Plan) -> Texts:
        """Return the diagnosis of the mistake in the words of this problem."""
        return at_step(self.mistake.texts, problem, plan, self.steps[0])


def in_order(problem: Problem, singles: Sequence[Replacement]) -> list[Replacement]:
    """Return every mistake everywhere, then at each step alone, then at several steps.

    The likeliest come first: a learner who makes a mistake at one step makes it wherever it can be
    made, which is everywhere, in one layer, in one sublayer, or in that sublayer of every layer.
    """
    everywhere = _group(singles, lambda step: ("",))
    elsewhere = _group(singles, _scopes) if problem.parts else []
    projected = _group(singles, _projections)
    return list(dict.fromkeys([*everywhere, *singles, *elsewhere, *projected]))


def _group(
    singles: Sequence[Replacement], scopes: Callable[[str], Iterable[str]]
) -> list[Replacement]:
    """Each mistake at all of its steps that share a scope, if there are several such steps."""
    places: dict[tuple[str, str], list[str]] = {}
    mistakes = {single.mistake.name: single.mistake for single in singles}
    for single in singles:
        for step in single.steps:
            for scope in scopes(step):
                places.setdefault((single.mistake.name, scope), []).append(step)
    several = ((name, steps) for (name, _), steps in places.items() if len(steps) > 1)
    return [Replacement(mistakes[name], tuple(steps)) for name, steps in several]


def _projections(name: str) -> Iterator[str]:
    """The scope of the three projections of a sublayer, without W_o."""
    prefix, _, last = name.rpartition(".")
    if last in ("Q", "K", "V"):
        yield prefix


def _scopes(name: str) -> Iterator[str]:
    """The scopes of a step of a layer: each of its prefixes, and its sublayer in any layer."""
    *scopes, _ = name.split(".")
    yield from (".".join(scopes[: length + 1]) for length in range(len(scopes)))
    yield f"*.{scopes[-1]}" if scopes else "*"


def pairs(ordered: Sequence[Replacement]) -> Iterator[tuple[Replacement, Replacement]]:
    """Yield every pair of replacements that share no step, those at many steps first."""
    widest = sorted(ordered, key=lambda replacement: -len(replacement.steps))
    for number, second in enumerate(widest):
        for first in widest[:number]:
            if not set(first.steps) & set(second.steps):
                yield first, second
