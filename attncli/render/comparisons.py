"""Comparisons of calculations: a table of differences and a sentence for each, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from attncli.calculation.analyses.comparison import Comparison, StepDistance
from attncli.calculation.problem.problem import Problem
from attncli.render.console import TextConsole
from attncli.render.numbers import number_text
from attncli.render.standard_data import to_json
from attncli.render.tables.labelled_tables import labelled_tables
from attncli.render.view import View


def draw_comparisons(comparisons: Sequence[Comparison], view: View) -> str:
    """Return a table of the largest differences, and a sentence for each comparison.

    All comparisons have the same first calculation.
    """
    console = TextConsole(view)
    first = comparisons[0].first
    if first.problem.choices.title:
        console.print(Text(first.problem.choices.title, "bold"))
        console.print()
    console.say(f"Largest difference of each step from {first.name}:")
    console.print()
    names = list(dict.fromkeys(d.step.name for c in comparisons for d in c.distances))
    labels = [comparison.other.name for comparison in comparisons]
    cells = [[_cell(comparison, name, view) for comparison in comparisons] for name in names]
    for table in labelled_tables("step", names, labels, cells, view.width):
        console.print(table)
        console.print()
    for comparison in comparisons:
        console.say(_sentence(comparison, view))
    return console.text


def _cell(comparison: Comparison, name: str, view: View) -> Text:
    distance = next((d for d in comparison.distances if d.step.name == name), None)
    if distance is None:
        return Text("")
    if not distance.differs:
        return Text(" same ", "dim")
    if distance.largest is not None:
        text = number_text(distance.largest, view.decimals(4))
    elif comparison.other.matrix(name) is None:
        text = "not here"
    else:
        text = "only here" if comparison.first.matrix(name) is None else "other size"
    return Text(f" {text} ", "bold red")


def _sentence(comparison: Comparison, view: View) -> str:
    """Return a sentence on the first step that differs, with both numbers and their place."""
    first, other, difference = comparison.first, comparison.other, comparison.first_difference
    if difference is None:
        return f"{other.name} does not differ from {first.name}: {_roundoff(comparison)}."
    name = difference.step.name
    begin = f"{other.name} differs from {first.name} at {name}: "
    if difference.largest is None:
        return f"{begin}{_sizes(comparison, name)}."
    numbers = _differing(difference.first, difference.other, view.decimals(4))
    place = first.problem.place(difference.step.axes, difference.step.role, difference.index)
    return f"{begin}{first.name} {numbers[0]}, {other.name} {numbers[1]}, in {place}."


def _roundoff(comparison: Comparison) -> str:
    """Return the largest difference in words, for calculations that differ by roundoff at most."""
    farthest = max(comparison.distances, key=lambda distance: distance.largest or 0.0)
    if not farthest.largest:
        return "every step is the same"
    return f"the largest difference is {farthest.largest:.1e}, in {farthest.step.name}"


def _sizes(comparison: Comparison, name: str) -> str:
    """Return the shapes of a step in both calculations, in words."""
    said = []
    for side in (comparison.first, comparison.other):
        step = next((s for s in side.trace.plan.steps if s.name == name), None)
        shape = side.trace.plan.shape(step) if step else "has no such step"
        said.append(f"{side.name} {shape}")
    return ", ".join(said)


def _differing(first: float, other: float, precision: int) -> tuple[str, str]:
    """Return both numbers with at least `precision` decimals, and enough to see a difference."""
    for decimals in range(precision, 18):
        texts = number_text(first, decimals), number_text(other, decimals)
        if texts[0] != texts[1]:
            return texts
    return repr(first), repr(other)


def comparisons_json(comparisons: Sequence[Comparison], _: View) -> str:
    """Return the comparisons as JSON: for each, the first step that differs, its cell and values.

    `differences` has the largest difference of every step. Cells are counted from 1.
    """
    compared = [_object(comparison) for comparison in comparisons]
    return to_json({"against": comparisons[0].first.name, "compared": compared})


def _object(comparison: Comparison) -> dict[str, Any]:
    difference = comparison.first_difference
    return {
        "name": comparison.other.name,
        "differs_at": difference.step.name if difference else None,
        "cell": _index(comparison.first.problem, difference) if difference else None,
        "values": [difference.first, difference.other]
        if difference and difference.largest is not None
        else None,
        "differences": {d.step.name: d.largest for d in comparison.distances},
    }


def _index(problem: Problem, distance: StepDistance) -> list[int] | None:
    """Return the place of a cell as the layout writes it, counted from 1; None without a cell."""
    if distance.largest is None:
        return None
    *leading, row, column = (at + 1 for at in distance.index)
    swapped = distance.step.role in problem.layout.swapped
    return [*leading, column, row] if swapped else [*leading, row, column]
