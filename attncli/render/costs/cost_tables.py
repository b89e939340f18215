"""The costs of a calculation as tables for people: by step, by sublayer, and for comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from attncli.calculation.algebra.expressions import FUNCTIONS
from attncli.calculation.algebra.layouts import Shape
from attncli.calculation.algebra.operation_cost import COUNTED
from attncli.calculation.counting.alternatives import CostReport, LayerSizes, Pairs
from attncli.calculation.counting.costing import Costing
from attncli.render.console import TextConsole
from attncli.render.costs.cost_data import Row, cost_rows, total
from attncli.render.grouped_tables import ColumnGroup, column_group, print_grouped
from attncli.render.numbers import number_text
from attncli.render.tables.labelled_tables import EDGE, MOST, ROW_GAP
from attncli.render.view import View
from attncli.words import in_words, noun, shape_text

# The heads of columns whose head is not the key in the rows.
HEADS = {
    "flops": "FLOPs",
    "operations": "all operations",
    "largest_bytes": "largest result",
    "cost": "here",
    "sequential": "here",
    "path": "here",
    "sequential_order": "order",
    "path_order": "order",
}
NONE = "–"  # the text of a cell without a number
MOST_NAMED = 8  # the largest number of parameters that are listed with their shapes
# The functions that share a column; exponentials have a column of their own.
FUNCTION_NAMES = [{"sqrt": "√"}.get(name, name) for name in FUNCTIONS if name != "exp"]
MEANINGS = {
    "flops": "FLOPs: 2 per multiply-add in matrix products; other operations count 0",
    "multiplications": "an inner product of d numbers: d multiplications, d − 1 additions",
    "additions": "additions: subtractions count as additions",
    "functions": f"functions: {in_words([*FUNCTION_NAMES, 'powers'])}, but not exp",
}
COUNTING = "FLOPs: 2 per multiply-add in matrix products; all operations: 1 each"
OF_LAYERS = (
    "orders: from Vaswani et al. 2017, table 1, without constant factors",
    "multiplications: in Q Kᵀ and weights V, without projections; in W x and U h of a recurrence",
    "self-attention costs less than a recurrence if n < d",
)


def draw_costs(report: CostReport, view: View) -> str:
    """Return the report as text: the inputs, then its tables, each with the column meanings."""
    console, rows, costing = TextConsole(view), cost_rows(report), report.costing
    if costing.problem.choices.title:
        console.say(costing.problem.choices.title, "bold")
    for line in _inputs(costing):
        console.say(line)
    if report.is_plain:
        _print_steps(console, costing, rows["steps"])
        if rows["sublayers"]:
            _print_sublayers(console, costing, rows["sublayers"])
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


def _cell(value: int | str | Shape | None) -> str:
    match value:
        case None:
            return NONE
        case int():
            return number(value)
        case str():
            return value
    return shape_text(value)


def _print_rows(
    console: TextConsole, heading: str, rows: Sequence[Row], groups: Sequence[tuple[str, ...]]
) -> None:
    """Print a table: the names of the rows, then groups of columns.

    The first key of the rows is the column of names; a group is a title and its keys.
    """
    first = next(iter(rows[0]))
    names = [row[first] for row in rows]
    width = max(map(len, (first, *names)))
    labels = ColumnGroup("", (first.ljust(width),), [(name.ljust(width),) for name in names])
    columns = [_group(title, keys, rows) for title, *keys in groups if keys]
    print_grouped(console, heading, labels, columns)


def _group(title: str, keys: Sequence[str], rows: Sequence[Row]) -> ColumnGroup:
    return column_group(title, [(HEADS.get(key, key), key) for key in keys], rows, _cell)


def _counted(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return a group of one column per kind of operation that occurs, without a title."""
    return "", *(name for name in COUNTED if any(row[name] for row in rows))


def _print_steps(console: TextConsole, costing: Costing, rows: Sequence[Row]) -> None:
    """Print one row per step, and the total; of many steps only the first and the last."""
    last = {"step": "total", "shape": "", **total(costing)}
    shown = list(rows)
    is_elided = len(rows) > MOST and not console.view.full
    if is_elided:
        shown[EDGE:-EDGE] = [dict.fromkeys(rows[0], ROW_GAP)]
    groups = [("", "shape"), _counted(rows), ("", "flops", "bytes")]
    _print_rows(console, "", [*shown, last], groups)
    if is_elided:
        every = len(rows)
        console.say(f"left out: {every - 2 * EDGE} of {every} steps (--full shows them)", "dim")


def _print_sublayers(console: TextConsole, costing: Costing, rows: Sequence[Row]) -> None:
    """Print one row per sublayer, summed over all layers, and the total."""
    last = {"sublayer": "total", "times": "", **total(costing)}
    groups = [("", "times"), _counted(rows), ("", "flops", "parameters", "bytes")]
    _print_rows(console, "By sublayer", [*rows, last], groups)


def _meanings(costing: Costing, masks: Sequence[Row]) -> Iterator[str]:
    """Yield lines on how operations are counted, and on the open scores of each mask."""
    yield from (meaning for name, meaning in MEANINGS.items() if getattr(costing.total, name))
    yield f"all operations together, 1 each: {number(costing.total.operations)}"
    largest = f"{costing.largest.step.name}, {number(costing.largest.bytes)} bytes"
    yield f"bytes: the size of each result in {costing.dtype.name}; the largest is {largest}"
    for mask in masks:
        opened, scores = mask["open"], mask["scores"]
        share = f"{number(opened)} of {number(scores)} {noun(scores, 'scores')}"
        percent = number_text(100 * (opened / scores), 1)
        yield f"{mask['step']} leaves {share} open ({percent}%); hidden scores are counted too"


def _inputs(costing: Costing) -> Iterator[str]:
    """Yield a line on the sequences and one on the parameters, with shapes if they are few."""
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


def _print_scorings(console: TextConsole, at: Pairs, rows: Sequence[Row]) -> None:
    """Print one row per scoring function, at the sizes of these queries and keys."""
    sizes = {"n": at.n, "m": at.m, **{name: at.size(name) for name in ("d_q", "d_k", "hidden")}}
    sizes["heads"] = at.heads
    said = ", ".join(f"{name} = {number(size)}" for name, size in sizes.items())
    heading = f"Scores{f' of {at.name}' if at.name else ''}: {said}"
    others = ("", "flops", "operations", "parameters", "largest_bytes", "needs")
    _print_rows(console, heading, rows, [_counted(rows), others])
    refused = [f"{row['score']} cannot be used: {row['why_not']}" for row in rows if row["why_not"]]
    largest = "largest result: the bytes of the largest matrix on the way to the scores"
    console.say_below([*refused, COUNTING, largest])


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
