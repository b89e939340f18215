"""The worth of an exercise for people: a line that sums it up, then tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from attncli.homework.exercises.demands import NO_CALCULATION, Flaw
from attncli.homework.exercises.worth import Worth
from attncli.render.console import TextConsole
from attncli.render.view import View
from attncli.words import count, in_words

NO_STEP = "no step"


def draw_worth(worth: Worth, view: View) -> str:
    """Return the worth as text: what the output shows, what it hides, and what to change."""
    console = TextConsole(view)
    if worth.title:
        console.say(worth.title, "bold")
    console.say(_summary(worth), "success" if worth.is_good else "caution")
    _print_table(
        console,
        f"Mistakes that do not change {_last(worth)}",
        ("mistake", "shown by", "other numbers"),
        [
            (each.name, each.step or NO_STEP, _others(worth.is_always_unseen(each)))
            for each in worth.invisible
        ],
    )
    _print_table(
        console,
        f"Mistakes that give {_last(worth)} the same numbers (=: no step tells them apart)",
        ("mistakes", "shown by", "other numbers"),
        [
            (
                ", ".join(" = ".join(names) for names in group.classes),
                in_words(group.steps or (NO_STEP,)),
                _others(worth.is_always_alike(group)),
            )
            for group in worth.look_alikes
        ],
    )
    rows = [(each.step, each.text) for each in _flaws(worth)]
    _print_table(console, "Numbers", ("step", "finding"), rows)
    _print_table(
        console,
        "Cells that need no calculation (a sum of zeros, or one number times 1)",
        ("step", "cells"),
        [
            (step, f"{trivial} of {cells}")
            for step, (trivial, cells) in worth.trivial.items()
            if trivial
        ],
    )
    return console.text


def _last(worth: Worth) -> str:
    """Return the last step in words; without V it is the weights."""
    last = worth.effects.steps[-1]
    return "the output" if last == "output" else last


def _others(is_always: bool) -> str:
    return "the same" if is_always else "differ"


def _flaws(worth: Worth) -> list[Flaw]:
    """The flaws on the numbers; cells that need no calculation have a table of their own."""
    flaws = worth.flaws.items()
    return [each for name, found in flaws if name != NO_CALCULATION for each in found]


def _summary(worth: Worth) -> str:
    """Return what the output shows of the mistakes, and if other numbers would show more."""
    made, hidden = len(worth.effects.names), len(worth.invisible)
    decimals = count(worth.decimals, "decimals")
    shown = f"{made - hidden} of {count(made, 'mistakes')} change {_last(worth)} ({decimals})"
    if worth.is_good:
        return f"Good numbers: {shown}."
    if worth.lost:
        return f"{shown}; other numbers of these sizes usually tell {worth.lost} more apart."
    return f"{shown}; see the numbers below." if _flaws(worth) else f"{shown}."


def _print_table(
    console: TextConsole, heading: str, heads: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    """Print a heading and a table if it has rows; texts are broken between words, never in one."""
    shown = list(rows)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    for head, texts in zip(heads, zip(*shown, strict=True), strict=False):
        every = (head, *texts)
        widest = max(len(word) for text in every for word in text.split())
        # rich narrows the other columns first, not one that it must not break.
        is_fixed = max(map(len, every)) == widest
        table.add_column(head, min_width=widest, no_wrap=is_fixed, overflow="fold")
    for row in shown:
        table.add_row(*map(Text, row))
    if table.row_count:
        console.print()
        console.say(heading, "bold")
        console.print(table, width=console.view.width)
