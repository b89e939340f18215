"""The mistakes of the measure: operations done in a wrong way, and the names that fit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.teaching.calculation.calculate import RIGHT, Steps, as_it_is, calculate
from tests.teaching.calculation.problem import Matrix, Problem
from tests.teaching.calculation.scene import Habit, Operation, Scene

Change: TypeAlias = Callable[[Problem], Problem]

# Kinds of problems, which are named in tests/teaching/kinds.py.
SCALED = ("self", "cross", "heads", "causal", "padding", "given", "encoder", "decoder")
WEIGHTED = (*SCALED, "dot", "additive", "general")
PROJECTED = ("self", "heads", "causal", "cross", "padding", "encoder")
SQUARE = ("square", "heads", "encoder", "rotary", "decoder")
HEADS = ("heads", "narrow_heads", "alibi")


@dataclass(frozen=True)
class Mistake:
    """A mistake, as wrong operations or as another problem that was calculated instead.

    `names` are the names of the catalogue that describe it or give the same numbers; they are empty
    if no catalogue has it. `variant` tells apart several forms of one name. `is_new` is True if the
    published answers have the mistake, and the catalogue did not have it at first.
    """

    names: tuple[str, ...]
    variant: str
    kinds: tuple[str, ...]
    replaced: dict[str, Operation]
    change: Change | None
    is_new: bool = False

    @property
    def key(self) -> str:
        """The name and the variant."""
        return "/".join(part for part in (*self.names[:1], self.variant) if part)

    def done(self, problem: Problem, habit: Habit = as_it_is, scope: str = "") -> Steps:
        """Return the steps of a problem with this mistake.

        `scope` is the sublayer that has the mistake; all have it by default.
        """
        if self.change:
            return calculate(self.change(problem), self.replaced, habit)
        if not scope:
            return calculate(problem, self.replaced, habit)
        replaced = {n: _only_in(scope, RIGHT[n], f) for n, f in self.replaced.items()}
        return calculate(problem, replaced, habit)


MISTAKES: dict[str, Mistake] = {}
OUTSIDE: dict[str, Mistake] = {}


def _only_in(scope: str, right: Operation, wrong: Operation) -> Operation:
    """Return the wrong operation in one sublayer, and the right one elsewhere."""

    def either(at: Scene, *operands: object) -> Matrix:
        return wrong(at, *operands) if at.prefix == scope else right(at, *operands)

    return either


def wrong(
    names: str,
    kinds: tuple[str, ...],
    variant: str = "",
    change: Change | None = None,
    is_new: bool = False,
    **replaced: Operation,
) -> None:
    """Add a mistake: its names, the likeliest first, and the operations done in a wrong way."""
    mistake = Mistake(tuple(names.split()), variant, kinds, replaced, change, is_new)
    assert mistake.key not in MISTAKES, mistake.key
    MISTAKES[mistake.key] = mistake


def outside(variant: str, kinds: tuple[str, ...], **replaced: Operation) -> None:
    """Add a mistake that no catalogue has."""
    assert variant not in OUTSIDE, variant
    OUTSIDE[variant] = Mistake((), variant, kinds, replaced, None)


def only(letters: str, right: Operation, wrong: Operation) -> Operation:
    """Return the wrong operation for the sides in `letters`, and the right one for the others."""

    def either(at: Scene, letter: str, *operands: object) -> Matrix:
        done = wrong if letter in letters else right
        return done(at, letter, *operands)

    return either
