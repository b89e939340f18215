"""Comparisons of calculations: a table of differences and a sentence for each, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from attncli.calculation.analyses.comparison import Comparison, StepDistance
from attncli.calculation.problem.problem import Problem
from attncli.render.console import TextConsole
from attncli.render.numbers import ORDINARY, aligned, constant_text, number_text
from attncli.render.standard_data import to_json
from attncli.render.tables.labelled_tables import labelled_tables
from attncli.render.view import View


def draw_comparisons(comparisons: Sequence[Comparison], view: View) -> str:
    """Return a sentence for each comparison, and a table of the largest differences.

    All comparisons have the same first calculation.
    """
    console = TextConsole(view)
    first = comparisons[0].first
    if first.problem.choices.title:
        console.say(first.problem.choices.title, "bold")
        console.print()
    for comparison in comparisons:
        console.say(_sentence(comparison, view))
        for remark in _of_fills(comparison):
            console.say(remark)
    console.print()
    console.say(f"Largest difference of each step from {first.name}:")
    names = list(dict.fromkeys(d.step.name for c in comparisons for d in c.distances))
    labels = [comparison.other.name for comparison in comparisons]
    columns = [_column(comparison, names, view) for comparison in comparisons]
    cells = [list(row) for row in zip(*columns, strict=True)]
    for table in labelled_tables("step", names, labels, cells, view.width):
        console.print()
        console.print(table)
    return console.text


def _column(comparison: Comparison, names: Sequence[str], view: View) -> list[Text]:
    """Return the cells of one comparison, with the decimal points of the numbers aligned."""
    distances = {distance.step.name: distance for distance in comparison.distances}
    found = [distances.get(name) for name in names]
    texts = [_cell(comparison, distance, view) if distance else "" for distance in found]
    column = []
    for text, distance in zip(aligned(texts), found, strict=True):
        style = "bad" if distance and distance.differs else "dim"
        column.append(Text(f" {text} ", style))
    return column


def _cell(comparison: Comparison, distance: StepDistance, view: View) -> str:
    if not distance.differs:
        return "same" if distance.fills is None else "fill"
    if distance.largest is not None:
        return number_text(distance.largest, view.precision)
    if comparison.other.matrix(distance.step.name) is None:
        return "not here"
    return "only here" if comparison.first.matrix(distance.step.name) is None else "other size"


def _sentence(comparison: Comparison, view: View) -> str:
    """Return a sentence on the first step that differs, with both numbers and their place."""
    first, other, difference = comparison.first, comparison.other, comparison.first_difference
    if difference is None:
        if any(distance.fills for distance in comparison.distances):
            return f"{other.name} differs from {first.name} only in hidden scores."
        return f"{other.name} does not differ from {first.name}: {_roundoff(comparison)}."
    name = difference.step.name
    begin = f"{other.name} differs from {first.name} at {name}"
    if difference.largest is None:
        return f"{begin}: {_sizes(comparison, name)}."
    numbers = _differing(difference.first, difference.other, view.precision)
    place = first.problem.place(difference.step.axes, difference.step.role, difference.index)
    return f"{begin}, {place}: {_both(comparison, *numbers)}."


def _both(comparison: Comparison, first: str, other: str) -> str:
    """Return the two facts, each with its calculation: `3 under keras, 1.7321 under d2l`."""
    ways = (side.way or side.name for side in (comparison.first, comparison.other))
    return ", ".join(f"{fact} {way}" for fact, way in zip((first, other), ways, strict=True))


def _of_fills(comparison: Comparison) -> Iterator[str]:
    """Yield a sentence for each step whose hidden scores are different numbers."""
    for distance in comparison.distances:
        if distance.fills:
            texts = map(constant_text, distance.fills)
            yield f"Hidden scores in {distance.step.name} are {_both(comparison, *texts)}."


def _roundoff(comparison: Comparison) -> str:
    """Return the largest difference in words, for calculations that differ by roundoff at most."""
    farthest = max(comparison.distances, key=lambda distance: distance.largest or 0.0)
    if not farthest.largest:
        return "every step is the same"
    return f"the largest difference is {farthest.largest:.1e}, in {farthest.step.name}"


def _sizes(comparison: Comparison, name: str) -> str:
    """Return the shapes of a step in both calculations, in words."""
    facts = []
    for side in (comparison.first, comparison.other):
        step = next((s for s in side.trace.plan.steps if s.name == name), None)
        facts.append(side.trace.plan.shape(step) if step else "no such step")
    return _both(comparison, *facts)


def _differing(first: float, other: float, precision: int | None) -> tuple[str, str]:
    """Return both numbers, with more decimals than usual if a difference needs them."""
    usual = number_text(first, precision), number_text(other, precision)
    if usual[0] != usual[1]:
        return usual
    for decimals in range(precision or ORDINARY, 18):
        texts = number_text(first, decimals), number_text(other, decimals)
        if texts[0] != texts[1]:
            return texts
    return repr(first), repr(other)


def comparisons_json(comparisons: Sequence[Comparison], _: View) -> str:
    """Return the comparisons as JSON: for each, the first step that differs, its cell and values.

    `differences` has the largest difference of every step, without scores that both hide; `fills`
    has the two numbers of hidden scores where they differ. Cells are counted from 1.
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
        "fills": {d.step.name: d.fills for d in comparison.distances if d.fills},
    }


def _index(problem: Problem, distance: StepDistance) -> list[int] | None:
    """Return the place of a cell as the layout writes it, counted from 1; None without a cell."""
    if distance.largest is None:
        return None
    *leading, row, column = (at + 1 for at in distance.index)
    swapped = distance.step.role in problem.layout.swapped
    return [*leading, column, row] if swapped else [*leading, row, column]
