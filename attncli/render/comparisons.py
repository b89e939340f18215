"""Calculations side by side: a table of differences and a sentence each, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from attncli.calculation.analyses.comparison import Comparison, StepDistance
from attncli.calculation.problem.problem import Problem
from attncli.render.console import TextConsole
from attncli.render.numbers import number_text
from attncli.render.standard_data import to_json
from attncli.render.trace_tables import labelled_tables
from attncli.render.view import View


def draw_comparisons(comparisons: Sequence[Comparison], view: View) -> str:
    """The largest difference of each step from the first convention, and where each parts."""
    console = TextConsole(view)
    first = comparisons[0].first
    if first.problem.choices.title:
        console.print(Text(first.problem.choices.title, "bold"))
        console.print()
    console.say(f"The largest difference of each step from {first.name}:")
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
    if not distance.parts:
        return Text(" same ", "dim")
    if distance.largest is not None:
        text = number_text(distance.largest, view.precision)
    elif comparison.other.matrix(name) is None:
        text = "none here"
    else:
        text = "only here" if comparison.first.matrix(name) is None else "other size"
    return Text(f" {text} ", "bold red")


def _sentence(comparison: Comparison, view: View) -> str:
    """Where a convention parts from the first, in a sentence."""
    first, other, parting = comparison.first, comparison.other, comparison.parting
    if parting is None:
        return f"{other.name} does not part from {first.name}: {_roundoff(comparison)}."
    name = parting.step.name
    begin = f"{other.name} parts from {first.name} at {name}: "
    if parting.largest is None:
        return f"{begin}{_sizes(comparison, name)}."
    ours, theirs = _differing(parting.first, parting.other, view.precision)
    place = first.problem.place(parting.step.axes, parting.step.role, parting.index)
    return f"{begin}{ours} there, {theirs} here, in {place}."


def _roundoff(comparison: Comparison) -> str:
    """How far the farthest step is, where none is farther than two orders of adding up may be."""
    farthest = max(comparison.distances, key=lambda distance: distance.largest or 0.0)
    if not farthest.largest:
        return "every step is the same"
    return f"the largest difference is {farthest.largest:.1e}, in {farthest.step.name}"


def _sizes(comparison: Comparison, name: str) -> str:
    said = []
    for side in (comparison.first, comparison.other):
        step = next((s for s in side.trace.plan.steps if s.name == name), None)
        shape = side.trace.plan.shape(step) if step else "no such step"
        said.append(f"{shape} under {side.name}")
    return ", ".join(said)


def _differing(ours: float, theirs: float, precision: int) -> tuple[str, str]:
    """Both numbers, with as many decimals as tell them apart."""
    for decimals in range(precision, 18):
        texts = number_text(ours, decimals), number_text(theirs, decimals)
        if texts[0] != texts[1]:
            return texts
    return repr(ours), repr(theirs)


def comparisons_json(comparisons: Sequence[Comparison], _: View) -> str:
    """One object a calculation: the step where it parts, the cell, and every largest difference."""
    compared = [_object(comparison) for comparison in comparisons]
    return to_json({"against": comparisons[0].first.name, "compared": compared})


def _object(comparison: Comparison) -> dict[str, Any]:
    parting = comparison.parting
    return {
        "name": comparison.other.name,
        "parts_at": parting.step.name if parting else None,
        "cell": _index(comparison.first.problem, parting) if parting else None,
        "values": [parting.first, parting.other]
        if parting and parting.largest is not None
        else None,
        "differences": {d.step.name: d.largest for d in comparison.distances},
    }


def _index(problem: Problem, distance: StepDistance) -> list[int] | None:
    """The place of a cell as it stands on paper, counted from 1."""
    if distance.largest is None:
        return None
    *leading, row, column = (at + 1 for at in distance.index)
    swapped = distance.step.role in problem.layout.swapped
    return [*leading, column, row] if swapped else [*leading, row, column]
