"""The costs of a calculation as tables for people: in all, by sublayer and step, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from attncli.calculation.algebra.expressions import FUNCTIONS
from attncli.calculation.algebra.layouts import Shape
from attncli.calculation.algebra.operation_cost import COUNTED
from attncli.calculation.counting.alternatives import CostReport, LayerSizes, Pairs
from attncli.calculation.counting.costing import Costing
from attncli.render.console import TextConsole
from attncli.render.costs.cost_data import Row, cost_rows, total
from attncli.render.grouped_tables import ColumnGroup, column_group, print_grouped
from attncli.render.numbers import number_text
from attncli.render.tables.elision import LEFT_OUT
from attncli.render.view import View
from attncli.words import in_words, noun, shape_text

# The heads of columns whose head is not the key in the rows.
HEADS = {
    "flops": "FLOPs",
    "operations": "all operations",
    "multiplications": "×",
    "additions": "+",
    "divisions": "÷",
    "exponentials": "exp",
    "functions": "func",
    "comparisons": "comp",
    "largest_bytes": "largest result",
    "cost": "here",
    "sequential": "here",
    "path": "here",
    "sequential_order": "order",
    "path_order": "order",
}
NONE = "–"  # the text of a cell without a number
UNITS = {name: 1024**power for power, name in enumerate(("KiB", "MiB", "GiB", "TiB"), 1)}
MOST_NAMED = 8  # the largest number of parameters that are listed with their shapes
# The functions that share a column; exponentials have a column of their own.
FUNCTION_NAMES = [{"sqrt": "√"}.get(name, name) for name in FUNCTIONS if name != "exp"]
KINDS = {
    "multiplications": "×: multiplications",
    "additions": "+: additions and subtractions",
    "divisions": "÷: divisions",
    "exponentials": "exp: exponentials",
    "comparisons": "comp: comparisons",
}
MEANINGS = {
    "flops": "FLOPs: 2 per multiply-add in matrix products; other operations count 0",
    "multiplications": "an inner product of d numbers: d multiplications, d − 1 additions",
    "functions": f"func: {in_words([*FUNCTION_NAMES, 'powers'])}, but not exp",
}
COUNTING = "FLOPs: 2 per multiply-add in matrix products; all operations: 1 each"
OF_LAYERS = (
    "orders: from Vaswani et al. 2017, table 1, without constant factors",
    "×: multiplications in Q Kᵀ and weights V, without projections; in W x and U h of a recurrence",
    "self-attention costs less than a recurrence if n < d",
)


def draw_costs(report: CostReport, view: View) -> str:
    """Return the report as text: the inputs and totals, then its tables with their meanings.

    The steps of layers are shown only if the view is full: their sublayers come first.
    """
    console, rows, costing = TextConsole(view), cost_rows(report), report.costing
    if costing.problem.choices.title:
        console.say(costing.problem.choices.title, "bold")
    for line in _inputs(costing):
        console.say(line)
    if report.is_plain:
        _print_totals(console, costing)
        if rows["sublayers"]:
            _print_sublayers(console, costing, rows["sublayers"])
        if view.full or not rows["sublayers"]:
            _print_steps(console, costing, rows["steps"], "By step" if rows["sublayers"] else "")
        else:
            console.say(LEFT_OUT.format(f"{len(rows['steps'])} steps"), "dim")
        console.say_below(_meanings(costing, rows["open"]))
    if report.pairs:
        _print_scorings(console, report.pairs, rows["scorings"])
    if report.place:
        _print_layers(console, report.place, rows["layers"])
    if report.doubled:
        _print_doublings(console, list(report.doubled[0].lengths), rows["doublings"])
    return console.text


def number(whole: int) -> str:
    """Return a number with commas and all its digits: 1,234,567."""
    return f"{whole:,}"


def in_units(size: int) -> str:
    """Return a number of bytes in the largest unit that it fills; nothing below 1 KiB.

    >>> in_units(1000), in_units(2120), in_units(2**30)
    ('', '2.1 KiB', '1 GiB')
    """
    filled = {name: unit for name, unit in UNITS.items() if size >= unit}
    if not filled:
        return ""
    name, unit = list(filled.items())[-1]
    return f"{size / unit:,.1f}".removesuffix(".0") + f" {name}"


def _cell(value: int | str | Shape | None) -> str:
    match value:
        case None:
            return NONE
        case int():
            return number(value)
        case str():
            return value
    return shape_text(value)


def _count(value: int | str | Shape | None) -> str:
    """Return the text of a cell in a table that is mostly zeros, which are left out."""
    return "" if value == 0 else _cell(value)


def _print_rows(
    console: TextConsole,
    heading: str,
    rows: Sequence[Row],
    groups: Sequence[tuple[str, ...]],
    write: Callable[[Any], str] = _cell,
) -> None:
    """Print a table: the names of the rows, then groups of columns.

    The first key of the rows is the column of names; a group is a title and its keys. `write` turns
    a value into text.
    """
    first = next(iter(rows[0]))
    names = [row[first] for row in rows]
    width = max(map(len, (first, *names)))
    labels = ColumnGroup("", (first.ljust(width),), [(name.ljust(width),) for name in names])
    columns = [_group(title, keys, rows, write) for title, *keys in groups if keys]
    print_grouped(console, heading, labels, columns)


def _group(
    title: str, keys: Sequence[str], rows: Sequence[Row], write: Callable[[Any], str] = _cell
) -> ColumnGroup:
    return column_group(title, [(HEADS.get(key, key), key) for key in keys], rows, write)


def _counted(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return a group of one column per kind of operation that occurs, without a title."""
    return "", *(name for name in COUNTED if any(row[name] for row in rows))


def _print_totals(console: TextConsole, costing: Costing) -> None:
    """Print FLOPs, parameters and bytes of all steps together."""
    found = total(costing)
    learned, results = found["parameter_bytes"], found["bytes"]
    counts = {
        "FLOPs": (found["flops"], "", ""),
        "all operations": (found["operations"], "", ""),
        "parameters": (found["parameters"], number(learned), in_units(learned)),
        "results": (results // costing.dtype.itemsize, number(results), in_units(results)),
    }
    rows = [
        {"total": name, "number": count, "bytes": exact, "size": size}
        for name, (count, exact, size) in counts.items()
    ]
    sizes = ["size"] if any(row["size"] for row in rows) else []
    _print_rows(console, "", rows, [("", "number"), ("", "bytes", *sizes)])


def _sized(rows: Sequence[Row]) -> list[str]:
    """Return the columns of bytes: also in units, if a row has at least 1 MiB."""
    return ["bytes", *(["size"] if any(row["bytes"] >= UNITS["MiB"] for row in rows) else [])]


def _print_steps(console: TextConsole, costing: Costing, rows: Sequence[Row], heading: str) -> None:
    """Print one row per step, and the total."""
    last = {"step": "total", "shape": "", **total(costing)}
    sized = [{**row, "size": in_units(row["bytes"])} for row in (*rows, last)]
    columns = ["flops", *_sized(sized[:-1])]
    _print_rows(console, heading, sized, [("", "shape"), ("", *columns), _counted(rows)], _count)


def _print_sublayers(console: TextConsole, costing: Costing, rows: Sequence[Row]) -> None:
    """Print one row per sublayer, summed over all layers, and the total."""
    last = {"sublayer": "total", "times": "", **total(costing)}
    sized = [{**row, "size": in_units(row["bytes"])} for row in (*rows, last)]
    groups = [("", "times"), ("", "flops", "parameters", *_sized(sized)), _counted(rows)]
    _print_rows(console, "By sublayer", sized, groups, _count)


def _meanings(costing: Costing, masks: Sequence[Row]) -> Iterator[str]:
    """Yield lines on how operations are counted, and on the open scores of each mask."""
    yield from (meaning for name, meaning in MEANINGS.items() if getattr(costing.total, name))
    yield _kinds([total(costing)])
    largest = f"{costing.largest.step.name}, {number(costing.largest.bytes)} bytes"
    yield f"bytes: the size of each result in {costing.dtype.name}; the largest is {largest}"
    for mask in masks:
        opened, scores = mask["open"], mask["scores"]
        share = f"{number(opened)} of {number(scores)} {noun(scores, 'scores')}"
        percent = number_text(100 * (opened / scores), 1)
        yield f"{mask['step']} leaves {share} open ({percent}%); hidden scores are counted too"


def _kinds(rows: Sequence[Row]) -> str:
    """Return a line with the meanings of the columns that count operations."""
    return "; ".join(text for name, text in KINDS.items() if any(row[name] for row in rows))


def _inputs(costing: Costing) -> Iterator[str]:
    """Yield a line on the sequences, and one on the parameters if they are few."""
    yield f"Inputs: {_shapes(costing.sequences)}."
    if not costing.parameters:
        yield "Parameters: none."
    elif len(costing.parameters) <= MOST_NAMED:
        yield f"Parameters: {_shapes(costing.parameters)}."


def _shapes(shapes: dict[str, Shape]) -> str:
    return ", ".join(f"{name} {shape_text(shape)}" for name, shape in shapes.items())


def _print_scorings(console: TextConsole, at: Pairs, rows: Sequence[Row]) -> None:
    """Print one row per scoring function, at the sizes of these queries and keys."""
    sizes = {"n": at.n, "m": at.m, **{name: at.size(name) for name in ("d_q", "d_k", "hidden")}}
    sizes["heads"] = at.heads
    said = ", ".join(f"{name} = {number(size)}" for name, size in sizes.items())
    heading = f"Scores{f' of {at.name}' if at.name else ''}: {said}"
    first = ("", "flops", "operations", "parameters", "largest_bytes")
    _print_rows(console, heading, rows, [first, _counted(rows), ("", "needs")])
    refused = [f"{row['score']} cannot be used: {row['why_not']}" for row in rows if row["why_not"]]
    largest = "largest result: the bytes of the largest matrix on the way to the scores"
    console.say_below([*refused, COUNTING, _kinds(rows), MEANINGS["functions"], largest])


def _print_layers(console: TextConsole, at: LayerSizes, rows: Sequence[Row]) -> None:
    """Print one row per kind of layer: self-attention and its alternatives."""
    sizes = f"n = {number(at.n)}, d = {number(at.d)}"
    heading = f"A layer: {sizes}, kernel k = {at.kernel}, window r = {at.window}"
    groups = [
        ("cost", "order", "cost"),
        ("", "multiplications"),
        ("sequential", "sequential_order", "sequential"),
        ("longest path", "path_order", "path"),
    ]
    _print_rows(console, heading, rows, groups)
    console.say_below(OF_LAYERS)


def _print_doublings(console: TextConsole, names: Sequence[str], rows: Sequence[Row]) -> None:
    """Print the costs for longer and longer sequences, and the factor from row to row."""
    keys = {"flops": "", "operations": "", "largest_bytes": "bytes"}
    groups = [_growth(HEADS[key], head, [row[key] for row in rows]) for key, head in keys.items()]
    heading = f"Twice as many tokens each time ({' and '.join(names)})"
    print_grouped(console, heading, _group("", names, rows), groups)
    console.say_below([COUNTING, "factor: the number divided by the number in the row above"])


def _growth(title: str, head: str, numbers: Sequence[int]) -> ColumnGroup:
    """Return a group with each number, and its factor from the number before it."""
    factors = [number_text(now / last, 2) if last else NONE for last, now in pairwise(numbers)]
    rows = zip(map(number, numbers), ["", *factors], strict=True)
    return ColumnGroup(title, (head, "factor"), list(rows))
