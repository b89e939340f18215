"""Scores and their softmax without and with √d_k: tables, and bars for a quick look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import isnan

from rich.bar import END_BLOCK_ELEMENTS, FULL_BLOCK
from rich.text import Text

from attncli.calculation.analyses.scale_study import Drawn, Given, Saturation
from attncli.calculation.analyses.softmax_saturation import SaturationRow
from attncli.render.console import TextConsole
from attncli.render.grouped_tables import ColumnGroup, column_group, print_grouped
from attncli.render.numbers import number_text
from attncli.render.saturation.saturation_data import flat_row
from attncli.render.view import View
from attncli.words import count

SIDES = ("q·k", "/√d_k")
STYLES = ("caution", "name")
NARROW = 60  # columns into which two bars and their labels fit
USUAL = 3  # decimals of a measured number
LONGEST, SHORTEST = 20, 13  # characters of a bar; with fewer, its title would not fit
STEEPEST = 0.5  # the largest gradient that a softmax can have
MEANINGS = (
    "entropy: −Σ w log w in nats; log m: for m equal weights",
    "gradient: Frobenius norm of diag(w) − w wᵀ, at most 0.5",
)

# The tables by their headings: groups of columns, each with a head and the key in a flat row.
TABLES = {
    "Scores q·k, and divided by √d_k": {
        "mean": (("q·k", "dot.mean"), ("/√d_k", "scaled.mean")),
        "variance": (
            ("q·k", "dot.variance"),
            ("theory", "dot.theory"),
            ("/√d_k", "scaled.variance"),
            ("theory", "scaled.theory"),
        ),
    },
    "Softmax of the scores: means over the queries": {
        "largest weight": (("q·k", "dot.largest_weight"), ("/√d_k", "scaled.largest_weight")),
        "entropy": (("q·k", "dot.entropy"), ("/√d_k", "scaled.entropy"), ("log m", "log_m")),
        "gradient": (("q·k", "dot.gradient"), ("/√d_k", "scaled.gradient")),
    },
}


def draw_saturation(found: Saturation, view: View) -> str:
    """Return the report as text: source of the numbers, tables, column meanings, and bars."""
    console = TextConsole(view)
    source = found.source
    lines = _drawn(source) if isinstance(source, Drawn) else _given(source, found.rows, view)
    for i, line in enumerate(lines):
        console.say(line, "" if i else "bold")
    labels, rows = _labels(found.rows), [flat_row(row) for row in found.rows]
    write = partial(_cell, precision=view.precision)
    for heading, groups in TABLES.items():
        drawn = [column_group(title, columns, rows, write) for title, columns in groups.items()]
        print_grouped(console, heading, labels, drawn)
    console.say_below(MEANINGS)
    console.print()
    for bars in _bars(labels, found.rows):
        console.print(bars)
    return console.text


def _cell(number: float, precision: int | None) -> str:
    """Return a measured number, with 3 decimals unless it would be 0 or the user wants others."""
    if isinstance(number, int):
        return str(number)
    text = number_text(number, USUAL if precision is None else precision)
    vanishes = precision is None and number != 0 and float(text) == 0
    return number_text(number) if vanishes else text


def _drawn(source: Drawn) -> Iterator[str]:
    """Yield lines on the random numbers, and on the theory."""
    keys = count(source.keys, "keys")
    yield f"{count(source.queries, 'random queries')}, each with {keys} of its own"
    yield f"All numbers are independent N(0, 1): seed {source.seed}, PCG64."
    yield "In theory, the variance is d_k for q·k, 1 for q·k / √d_k."


def _given(source: Given, rows: Sequence[SaturationRow], view: View) -> Iterator[str]:
    """Yield lines on the measured attentions of a document, and on their means and variances."""
    wholes = [row for row in rows if row.head is None]
    names = " and ".join(entries.name for entries in source.entries)
    yield source.title or f"q·k of {'every attention' if rows[0].where else names}"
    if rows[0].where:
        yield f"{count(len(wholes), 'attentions')}, each with its inputs in this document."
    else:
        parts = [count(len(rows) - 1, "heads")] if len(rows) > 1 else []
        parts += [count(source.batch, "batch entries")] if source.batch else []
        together = f" in {' and '.join(parts)}" if parts else ""
        yield f"d_k = {rows[0].d_k}; {count(wholes[0].queries, 'queries')}{together}."
    if source.is_masked:
        yield "Only keys that a query may attend are counted, also in m."
    left_out = sum(row.left_out for row in wholes)
    if left_out:
        yield f"Left out: {count(left_out, 'queries')} that may attend to no key."
    yield "The theory assumes independent entries: mean 0, variance 1."
    for entries in source.entries:
        numbers = (entries.mean, entries.variance)
        mean, variance = (number_text(number, view.precision) for number in numbers)
        yield f"Here {entries.name} has mean {mean}, variance {variance}."


def _labels(rows: Sequence[SaturationRow]) -> ColumnGroup:
    """Return the left column: attentions in layers, else heads if there are several, else d_k."""
    heads = [str(row.head or "all") for row in rows]
    if rows[0].where:
        with_heads = {row.where for row in rows if row.head}
        names = [
            f"{row.where} {head}" if row.where in with_heads else row.where
            for row, head in zip(rows, heads, strict=True)
        ]
        width = max(map(len, names))
        return ColumnGroup("", ("attention",), [(name.ljust(width),) for name in names])
    if rows[0].head:
        return ColumnGroup("", ("head",), [(head,) for head in heads])
    return ColumnGroup("", ("d_k",), [(str(row.d_k),) for row in rows])


def _bars(labels: ColumnGroup, rows: Sequence[SaturationRow]) -> Iterator[Text]:
    """Yield two lines per row, without and with √d_k: bars of largest weight and gradient."""
    _, *names = labels.lines
    side = len(SIDES[1])
    size = min(LONGEST, max(SHORTEST, (NARROW - len(names[0]) - side - 5) // 2))
    title = "largest weight" if size == LONGEST else "largest"
    scales = f"0{title.center(size - 2)}1", f"0{'gradient'.center(size - 4)}0.5"
    yield Text(f" {names[0]} {' ' * side} {'  '.join(scales)}")
    for name, row in zip(names[1:], rows, strict=True):
        sides = zip((name, " " * len(name)), SIDES, STYLES, (row.without, row.scaled), strict=True)
        for label, which, style, measured in sides:
            largest, gradient = measured.largest, measured.gradient / STEEPEST
            bars = f"{bar(largest, size):{size}}  {bar(gradient, size)}"
            yield Text.assemble(f" {label} {which.ljust(side)} ", (bars, style))


def bar(share: float, width: int) -> str:
    """Return a bar for a share, 0 to 1, of a width in characters; an empty text for NaN.

    The bar ends at the nearest eighth of a character.

    >>> bar(0.5, 5), bar(1, 2), bar(0, 2)
    ('██▌', '██', '')
    """
    eighths = 0 if isnan(share) else round(min(max(share, 0.0), 1.0) * width * 8)
    return (FULL_BLOCK * (eighths // 8) + END_BLOCK_ELEMENTS[eighths % 8]).rstrip()
