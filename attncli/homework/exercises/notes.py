"""What an exercise says about itself: how often its numbers were drawn, and what they hide."""

from __future__ import annotations

from collections.abc import Iterator

from attncli.homework.exercises.demands import DEMANDS
from attncli.homework.exercises.effects import LookAlikes
from attncli.homework.exercises.making import Exercise
from attncli.words import count, in_words

NEVER = "with any numbers of these sizes"


def notes(exercise: Exercise) -> Iterator[str]:
    """Yield sentences on an exercise; none if it was not judged."""
    worth, possible = exercise.worth, exercise.possible
    if worth is None or possible is None:
        return
    yield _accepted(exercise)
    for name in possible.demands:
        for finding in worth.findings[name]:
            yield f"{DEMANDS[name].help}: not met. {finding.step}: {finding.text}"
    if exercise.unmet:
        yield f"the output does not show {in_words(exercise.unmet)}."
    never = {each.name for each in possible.effects.unseen}
    unseen = {each.name: each.step for each in worth.invisible}
    if always := [name for name in unseen if name in never]:
        yield f"the output is right {NEVER}, in spite of {in_words(always)}."
    for name, step in unseen.items():
        if name not in never:
            yield f"the output does not show {name}; {_shown_by(step)}."
    same = {frozenset(_names(group)) for group in possible.effects.look_alikes}
    for group in worth.look_alikes:
        yield look_alike(group, NEVER if frozenset(_names(group)) in same else "")


def _accepted(exercise: Exercise) -> str:
    """The sentence on the draws, with the share of them that is accepted."""
    assert exercise.worth is not None
    changed = len(exercise.worth.effects.names)
    made = f"{count(changed, 'mistakes')} can be made"
    if exercise.accepted != exercise.tried or exercise.faults or exercise.lost or exercise.unmet:
        draws = count(exercise.tried, "draws")
        lost = f"; {count(exercise.lost, 'outputs')} could differ" if exercise.lost else ""
        return f"no draw of {draws} meets all demands; draw {exercise.accepted} is best{lost}."
    share = f"{100 / exercise.tried:.2g} %"
    return f"accepted draw {exercise.accepted} of {exercise.tried} ({share}); {made}."


def look_alike(group: LookAlikes, when: str = "") -> str:
    """Return a sentence on mistakes that give the same output."""
    alike = f"same output{f' {when}' if when else ''}: {classes_text(group)}"
    return f"{alike}; {told_apart(group)}."


def classes_text(group: LookAlikes) -> str:
    """Return the mistakes of a group; `=` stands between those that no step tells apart."""
    return ", ".join(" = ".join(names) for names in group.classes)


def told_apart(group: LookAlikes) -> str:
    """Return a clause on the steps that tell mistakes apart."""
    if not group.steps:
        return "no step tells them apart"
    verb = "tells" if len(group.steps) == 1 else "tell"
    return f"{in_words(group.steps)} {verb} them apart"


def _shown_by(step: str | None) -> str:
    return f"{step} does" if step else "no other step does"


def _names(group: LookAlikes) -> Iterator[str]:
    for names in group.classes:
        yield from names
