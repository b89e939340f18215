"""Which operations a learner may have replaced: one, one kind everywhere, or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.calculation.problem import Problem
from attncli.homework.catalogue import Mistake
from attncli.records import record


@record(frozen=True)
class Replacement:
    """A mistake at the steps of these names."""

    mistake: Mistake
    steps: tuple[str, ...]


def together(problem: Problem, singles: Sequence[Replacement]) -> list[Replacement]:
    """Each mistake at several steps: whoever makes it at one makes it wherever it can be made.

    That may be everywhere, or in one layer, in one sublayer, or in that sublayer of every layer.
    """
    places: dict[tuple[str, str], list[str]] = {}
    mistakes = {single.mistake.name: single.mistake for single in singles}
    for single in singles:
        for name in single.steps:
            for scope in _scopes(problem, name):
                places.setdefault((single.mistake.name, scope), []).append(name)
    groups = {(name, tuple(steps)) for (name, _), steps in places.items() if len(steps) > 1}
    order = {single.steps[0]: number for number, single in enumerate(singles)}
    ranked = sorted(groups, key=lambda group: (-len(group[1]), order[group[1][0]], group))
    return [Replacement(mistakes[name], steps) for name, steps in ranked]


def _scopes(problem: Problem, name: str) -> Iterator[str]:
    """Where a step stands: everywhere, and for layers each of its prefixes and its sublayer."""
    yield ""
    if problem.parts:
        *scopes, _ = name.split(".")
        yield from (".".join(scopes[: length + 1]) for length in range(len(scopes)))
        yield f"*.{scopes[-1]}" if scopes else "*"


def pairs(ordered: Sequence[Replacement]) -> Iterator[tuple[Replacement, Replacement]]:
    """Any two that share no step: first those of mistakes that were made at many."""
    widest = sorted(ordered, key=lambda replacement: -len(replacement.steps))
    for number, second in enumerate(widest):
        for first in widest[:number]:
            if not set(first.steps) & set(second.steps):
                yield first, second
