"""What a calculation costs, as tables for people: by step, by sublayer, and what is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from attncli.calculation.algebra.layouts import Shape
from attncli.calculation.counting.alternatives import Report
from attncli.calculation.counting.costing import Costing, StepCost
from attncli.render.console import TextConsole
from attncli.render.costs.alternatives import of_doublings, of_kinds, of_scorings
from attncli.render.costs.cost_columns import labels, number, operations
from attncli.render.groups import Group, tables
from attncli.render.numbers import number_text
from attncli.render.trace_tables import EDGE, MOST, ROW_GAP
from attncli.render.view import View
from attncli.words import noun, shape_text

MOST_NAMED = 8  # parameters that are listed; those of more are in the table of sublayers
MEANINGS = {
    "flops": "FLOPs: 2 a multiply-add in products of matrices, nothing for the rest",
    "multiplications": "an inner product of d numbers: d multiplications, d − 1 additions",
    "additions": "subtractions are additions",
    "functions": "functions: tanh, √, sin, cos, erf and powers, but not exp",
}


def draw_costs(report: Report, view: View) -> str:
    """What goes in, and the tables that are asked for, each with what its columns mean."""
    console = TextConsole(view)
    Drawing(console, view).report(report)
    return console.text


class Drawing:
    """Tables and sentences on a console, as one person wants to see them."""

    def __init__(self, console: Console, view: View) -> None:
        self.console = console
        self.view = view

    def report(self, report: Report) -> None:
        """All that is asked for."""
        if report.costing.problem.choices.title:
            self.say(report.costing.problem.choices.title, "bold")
        for line in _inputs(report.costing):
            self.say(line)
        if report.is_plain:
            self.steps(report.costing)
        parts = [
            *([of_scorings(report.pairs)] if report.pairs else []),
            *([of_kinds(report.place)] if report.place else []),
            *([of_doublings(report.doubled)] if report.doubled else []),
        ]
        for part in parts:
            self.table(part.heading, part.labels, part.groups)
            self.console.print()
            for line in part.meanings:
                self.say(line)

    def say(self, line: str, style: str = "") -> None:
        self.console.print(Text(line, style), width=self.view.width)

    def table(self, heading: str, names: Group, groups: Sequence[Group]) -> None:
        """One table under a heading, in as many parts as the screen needs."""
        self.console.print()
        if heading:
            self.say(heading, "bold cyan")
        for i, table in enumerate(tables(names, groups, self.view.width)):
            if i:
                self.console.print()
            self.console.print(table)

    def steps(self, costing: Costing) -> None:
        """Every step, unless there are too many, and all together; then by sublayer."""
        steps: list[StepCost | None] = list(costing.steps)
        if len(steps) > MOST and not self.view.full:
            steps[EDGE:-EDGE] = [None]
        shapes = [costing.plan.shape(step.step) if step else ROW_GAP for step in steps]
        last = [
            (number(step.cost.flops), number(step.bytes)) if step else (ROW_GAP, ROW_GAP)
            for step in steps
        ]
        last.append((number(costing.total.flops), number(costing.bytes)))
        self.table(
            "",
            labels("step", [*(step.step.name if step else ROW_GAP for step in steps), "total"]),
            [
                Group("", ("shape",), [(shape,) for shape in (*shapes, "")]),
                *operations([*(s.cost if s else None for s in steps), costing.total], ROW_GAP),
                Group("", ("FLOPs", "bytes"), last),
            ],
        )
        if None in steps:
            every = len(costing.steps)
            self.say(f"left out: {every - 2 * EDGE} of {every} steps (--full shows them)", "dim")
        if costing.groups:
            self.sublayers(costing)
        self.meanings(costing)

    def sublayers(self, costing: Costing) -> None:
        """The sublayers, those of all layers in one row."""
        groups = costing.groups
        total = (costing.total.flops, costing.learned, costing.bytes)
        last = [(group.cost.flops, group.parameters, group.bytes) for group in groups]
        self.table(
            "By sublayer",
            labels("sublayer", [*(group.name for group in groups), "total"]),
            [
                Group("", ("times",), [*((number(group.times),) for group in groups), ("",)]),
                *operations([*(group.cost for group in groups), costing.total], ""),
                Group(
                    "",
                    ("FLOPs", "parameters", "bytes"),
                    [tuple(map(number, row)) for row in (*last, total)],
                ),
            ],
        )

    def meanings(self, costing: Costing) -> None:
        """What is counted, and what masks leave open."""
        self.console.print()
        for name, meaning in MEANINGS.items():
            if getattr(costing.total, name):
                self.say(meaning)
        self.say(f"all operations together, one each: {number(costing.total.operations)}")
        largest = costing.largest
        said = f"{largest.step.name}, {number(largest.bytes)} bytes"
        self.say(f"bytes: of each result in {costing.dtype.name}; the largest is {said}")
        for part in costing.opened:
            share = f"{number(part.opened)} of {number(part.scores)} {noun(part.scores, 'scores')}"
            percent = number_text(100 * part.share, 1)
            self.say(f"{part.name} leaves open {share} ({percent}%); all of them are counted")


def _inputs(costing: Costing) -> Iterator[str]:
    """The sequences, and the parameters: all of them where they are few."""
    yield f"Inputs: {_shapes(costing.sequences)}."
    if not costing.parameters:
        yield "Parameters: none."
        return
    size = number(costing.learned * costing.dtype.itemsize)
    few = len(costing.parameters) <= MOST_NAMED
    listed = f" in {_shapes(costing.parameters)}" if few else ""
    yield f"Parameters: {number(costing.learned)} ({size} bytes){listed}."


def _shapes(shapes: dict[str, Shape]) -> str:
    return ", ".join(f"{name} {shape_text(shape)}" for name, shape in shapes.items())
