"""The notes on an exercise: how often its numbers were drawn, and what they hide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attncli.words import count, in_words

if TYPE_CHECKING:
    from attncli.homework.exercises.effects import LookAlikes
    from attncli.homework.exercises.making import Exercise
    from attncli.homework.exercises.worth import Worth


def notes(exercise: Exercise) -> Iterator[str]:
    """Yield sentences on an exercise."""
    worth = exercise.worth
    if worth is None:
        from attncli.homework.exercises.worth import MOST_NUMBERS

        yield f"its steps have over {MOST_NUMBERS} numbers, so that its mistakes are not made."
        return
    yield _accepted(exercise, worth)
    if exercise.unmet:
        yield f"the output does not show {in_words(exercise.unmet)}."
    for flaw in worth.faults:
        yield f"{flaw.step}: {flaw.text}"
    yield from hidden(worth)


def _accepted(exercise: Exercise, worth: Worth) -> str:
    """The sentence on the draws: which was accepted, and of how many."""
    number, tried = exercise.accepted, exercise.tried
    if exercise.meets_all:
        made = count(len(worth.effects.names), "mistakes")
        share = f"{100 / tried:.2g}" if tried > 1 else "100"
        return f"accepted draw {number} of {tried} ({share}%); {made} can be made."
    draws = count(tried, "draws")
    could = f"; other numbers show {worth.lost} more" if worth.lost else ""
    return f"none of {draws} meets all demands: draw {number} is the best{could}."


def hidden(worth: Worth) -> Iterator[str]:
    """Yield sentences on mistakes that the output does not show, or does not tell apart.

    `always` and `never` mean all the numbers that `possible_of` has tried.
    """
    groups: dict[tuple[bool, str | None], list[str]] = {}
    for each in worth.invisible:
        groups.setdefault((worth.is_always_unseen(each), each.step), []).append(each.name)
    for (is_always, step), names in groups.items():
        one = len(names) == 1
        verbs = (
            ("never changes", "never change") if is_always else ("does not change", "do not change")
        )
        shown = f"{step or 'no step'} shows {'it' if one else 'them'}"
        yield f"{in_words(names)} {verbs[not one]} the output; {shown}."
    for group in worth.look_alikes:
        how = "always give" if worth.is_always_alike(group) else "give"
        yield f"{classes_text(group)} {how} the same output; {told_apart(group)}."


def classes_text(group: LookAlikes) -> str:
    """Return the mistakes of a group; `=` stands between those that no step tells apart.

    >>> from attncli.homework.exercises.effects import LookAlikes
    >>> classes_text(LookAlikes((("a",), ("b", "c")), ("scores",)))
    'a and b = c'
    """
    return in_words([" = ".join(names) for names in group.classes])


def told_apart(group: LookAlikes) -> str:
    """Return a clause on the steps that tell mistakes apart.

    >>> from attncli.homework.exercises.effects import LookAlikes
    >>> told_apart(LookAlikes((("a",), ("b",)), ("Q", "K")))
    'Q and K tell them apart'
    """
    if not group.steps:
        return "no step tells them apart"
    return f"{in_words(group.steps)} {'tells' if len(group.steps) == 1 else 'tell'} them apart"
