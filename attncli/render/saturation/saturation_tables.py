"""Scores and their softmax without √d_k and with it: tables, and bars to see it at a glance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.text import Text

from attncli.calculation.analyses.saturation import Measured, Row
from attncli.calculation.analyses.scale_study import Drawn, Given, Saturation
from attncli.render.console import TextConsole
from attncli.render.groups import Group, tables
from attncli.render.numbers import number_text
from attncli.render.saturation.bars import bar, scale
from attncli.render.view import View
from attncli.words import count

SIDES = ("q·k", "/√d_k")
STYLES = ("yellow", "cyan")
NARROW = 60  # columns that two bars and their labels fit
LONGEST, SHORTEST = 20, 13  # characters of a bar; with fewer, its title would not fit
STEEPEST = 0.5  # no softmax has a larger gradient
MEANINGS = (
    "entropy: −Σ w log w in nats; log m: that of equal weights",
    "gradient: Frobenius norm of diag(w) − w wᵀ, at most 0.5",
)


def draw_saturation(found: Saturation, view: View) -> str:
    """Where the numbers come from, the tables, what their columns mean, and the bars."""
    console = TextConsole(view)
    for i, line in enumerate(_source(found, view)):
        console.print(Text(line, "" if i else "bold"), width=view.width)
    parts = {
        "Scores q·k, and divided by √d_k": _of_scores(found.rows, view),
        "Softmax of the scores: means over the queries": _of_weights(found.rows, view),
    }
    for heading, groups in parts.items():
        console.print()
        console.print(Text(heading, "bold cyan"), width=view.width)
        for i, table in enumerate(tables(_labels(found.rows), groups, view.width)):
            if i:
                console.print()
            console.print(table)
    console.print()
    for line in MEANINGS:
        console.print(Text(line), width=view.width)
    console.print()
    for bars in _bars(found.rows):
        console.print(bars)
    return console.text


def _source(found: Saturation, view: View) -> Iterator[str]:
    if isinstance(found.source, Drawn):
        return _drawn(found.source)
    return _given(found.source, found.rows, view)


def _drawn(source: Drawn) -> Iterator[str]:
    """The random numbers, and the theory about them."""
    queries, keys = count(source.queries, "random queries"), count(source.keys, "keys")
    yield f"{queries}, each with {keys} of its own"
    yield f"Every number in them is independent N(0, 1): seed {source.seed}, PCG64."
    yield "In theory q·k has variance d_k, and q·k / √d_k variance 1."


def _given(source: Given, rows: Sequence[Row], view: View) -> Iterator[str]:
    """What was measured of a document, and where it is not what the theory speaks of."""
    wholes = [row for row in rows if row.head is None]
    names = " and ".join(entries.name for entries in source.entries)
    yield source.title or f"q·k of {'every attention' if rows[0].where else names}"
    if rows[0].where:
        yield f"{count(len(wholes), 'attentions')}, each given what the document has for it."
    else:
        parts = [count(len(rows) - 1, "heads")] if len(rows) > 1 else []
        parts += [count(source.batch, "batch entries")] if source.batch else []
        together = f" in {' and '.join(parts)}" if parts else ""
        yield f"d_k = {rows[0].d_k}; {count(wholes[0].queries, 'queries')}{together}."
    if source.is_masked:
        yield "Only the keys that a query may attend count, in m too."
    left_out = sum(row.left_out for row in wholes)
    if left_out:
        yield f"Left out: {count(left_out, 'queries')} that may attend no key."
    yield "Theory is for independent entries of mean 0, variance 1."
    for entries in source.entries:
        mean, variance = (number_text(x, view.precision) for x in (entries.mean, entries.variance))
        yield f"Here {entries.name} has mean {mean}, variance {variance}."


def _labels(rows: Sequence[Row]) -> Group:
    """The column at the left: attentions or heads, where there are several, else d_k."""
    heads = [str(row.head or "all") for row in rows]
    if rows[0].where:
        with_heads = {row.where for row in rows if row.head}
        names = [
            f"{row.where} {head}" if row.where in with_heads else row.where
            for row, head in zip(rows, heads, strict=True)
        ]
        return _column("attention", [name.ljust(max(map(len, names))) for name in names])
    if rows[0].head:
        return _column("head", heads)
    return _column("d_k", [str(row.d_k) for row in rows])


def _column(head: str, cells: Sequence[str]) -> Group:
    return Group("", (head,), [(cell,) for cell in cells])


def _of_scores(rows: Sequence[Row], view: View) -> list[Group]:
    variances = _both(rows, lambda measured: measured.variance, view)
    beside = [
        (without, str(row.d_k), scaled, "1")
        for row, (without, scaled) in zip(rows, variances, strict=True)
    ]
    return [
        Group("mean", SIDES, _both(rows, lambda measured: measured.mean, view)),
        Group("variance", (SIDES[0], "theory", SIDES[1], "theory"), beside),
    ]


def _of_weights(rows: Sequence[Row], view: View) -> list[Group]:
    entropies = _both(rows, lambda measured: measured.entropy, view)
    beside = [
        (*both, number_text(row.log_m, view.precision))
        for row, both in zip(rows, entropies, strict=True)
    ]
    return [
        Group("largest weight", SIDES, _both(rows, lambda measured: measured.largest, view)),
        Group("entropy", (*SIDES, "log m"), beside),
        Group("gradient", SIDES, _both(rows, lambda measured: measured.gradient, view)),
    ]


def _both(
    rows: Sequence[Row], measure: Callable[[Measured], float], view: View
) -> list[tuple[str, str]]:
    """A measure without √d_k and with it, as text, for each row."""
    return [
        (
            number_text(measure(row.without), view.precision),
            number_text(measure(row.scaled), view.precision),
        )
        for row in rows
    ]


def _bars(rows: Sequence[Row]) -> Iterator[Text]:
    """Two lines a row, without √d_k and with it: the largest weight, and the gradient."""
    _, *names = _labels(rows).lines
    side = len(SIDES[1])
    size = min(LONGEST, max(SHORTEST, (NARROW - len(names[0]) - side - 5) // 2))
    title = "largest weight" if size == LONGEST else "largest"
    scales = scale(title, "1", size), scale("gradient", "0.5", size)
    yield Text(f" {names[0]} {' ' * side} {'  '.join(scales)}")
    for name, row in zip(names[1:], rows, strict=True):
        sides = zip((name, " " * len(name)), SIDES, STYLES, (row.without, row.scaled), strict=True)
        for label, which, style, measured in sides:
            first = bar(measured.largest, size).ljust(size)
            second = bar(measured.gradient / STEEPEST, size)
            yield Text.assemble(f" {label} {which.ljust(side)} ", (f"{first}  {second}", style))
