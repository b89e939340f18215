"""Explanations of cells as text and JSON: one function per format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any

from attncli.calculation.algebra.expressions import (
    Cell,
    Difference,
    Expression,
    Function,
    Known,
    Larger,
    Negative,
    Noted,
    Number,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
    Values,
)
from attncli.calculation.algebra.vector_expressions import Inner, Length, SquaredDistance, Total
from attncli.records import replace
from attncli.render.explain.explanations import Explanations
from attncli.render.explain.spelling import Spelling, unknown
from attncli.render.standard_data import to_json
from attncli.render.tables.elision import LEFT_OUT
from attncli.render.view import View

INDENT = "  "
VALUE, DIM = "1", "2"  # styles of a terminal: bold, dim
# The styles of names and of numbers that disagree: cyan and bright red, or blue and red.
ON_DARK, ON_LIGHT = ("1;36", "1;91"), ("1;34", "1;31")

# The name of each kind of expression in JSON; a function keeps its own name.
OPERATIONS: dict[type[Expression], str] = {
    **dict.fromkeys((Number, Known), "constant"),
    **dict.fromkeys((Sum, Inner, Total, SquaredDistance), "sum"),
    Difference: "difference",
    Negative: "negative",
    Product: "product",
    Quotient: "quotient",
    Power: "power",
    Larger: "max",
    Length: "length",
}


def write_text(explained: Explanations, view: View) -> str:
    """Return explanations as text: one line per cell, wrapped at the width of the screen.

    The cells that a cell is calculated from stand below it, down to the depth. Below each cell is a
    line with the answer's numbers, with the sign ✗ if the answer's number does not follow.
    """
    groups, left_out = explained.groups()
    blocks = [
        "\n".join(
            text for level, cell in group for text in cell_texts(explained, cell, view, level)
        )
        for group in groups
    ]
    for text in left_out:
        line = LEFT_OUT.format(text)
        blocks.append("\n".join(wrap(line, view.width)) if view.width else line)
    apart = "\n\n" if any("\n" in block for block in blocks) else "\n"
    return apart.join(blocks) + "\n"


def cell_texts(explained: Explanations, cell: Cell, view: View, level: int = 0) -> Iterator[str]:
    """Yield the lines of a cell as one text, then those with the answer's numbers if it has any."""
    spelling = Spelling(explained.paper, view.precision, view.full)
    name_style, bad = ON_DARK if view.is_dark else ON_LIGHT
    indent = INDENT * level
    head, *chain = explained.chain(cell, spelling)
    aside = _aside(explained, cell, spelling)
    lines = wrap_chain(indent + head, chain, aside and f"  {aside}", view.width)
    yield painted(lines, {head: name_style, chain[-1]: VALUE, aside: DIM}, view)
    own = explained.own_chain(cell, spelling)
    if own:
        remark = explained.remark(cell, view.precision)
        name, style = ("✗ answer", bad) if explained.disagrees(cell) else ("  answer", DIM)
        ahead = indent + name.ljust(len(head))
        lines = wrap_chain(ahead, own, remark and f", {remark}", view.width)
        yield painted(lines, {name: style, own[-1]: VALUE, remark: style}, view)


def painted(lines: Iterable[str], styles: Mapping[str, str], view: View) -> str:
    """Return lines as one text; if the view has colours, each of the texts in `styles` has its own.

    The first of these texts is looked for from the beginning, the others from the end.
    """
    text = "\n".join(lines)
    if view.color is None:
        return text
    for at, (part, style) in enumerate(styles.items()):
        if part in text and part:
            before, _, after = text.rpartition(part) if at else text.partition(part)
            text = f"{before}\x1b[{style}m{part}\x1b[0m{after}"
    return text


def _aside(explained: Explanations, cell: Cell, spelling: Spelling) -> str:
    """Return the labels and the note of a cell in brackets; an empty text if it has neither."""
    said = [", ".join(explained.labels(cell)), explained.note(cell, spelling)]
    words = "; ".join(filter(None, said))
    return f"({words})" if words else ""


def wrap_chain(head: str, chain: list[str], aside: str, width: int | None) -> Iterator[str]:
    """Yield `head`, each part of `chain` with its sign, and `aside`, wrapped at `width`.

    If one line is too short, each sign = or ≈ begins a new line. Lines break before a plus; an
    operand that is longer than a line breaks before × and /.

    >>> list(wrap_chain("a", ["= 1 + 2 + 3", "≈ 6"], "", 9))
    ['a = 1 + 2', '    + 3', '  ≈ 6']
    """
    line = " ".join([head, *chain]) + aside
    if width is None or len(line) <= width:
        yield line
        return
    margin = len(head) if len(head) <= width // 3 else len(head) - len(head.lstrip()) + 2
    if margin != len(head):
        yield head
    for at, part in enumerate(chain):
        start = head if at == 0 and margin == len(head) else " " * margin
        end = aside if at == len(chain) - 1 else ""
        sign, terms = part[:1], part[2:].split(" + ")
        yield from _wrap_terms(f"{start} {sign} ", terms, end, width)


def _wrap_terms(line: str, terms: list[str], aside: str, width: int) -> Iterator[str]:
    margin = " " * len(line)
    room = width - len(margin)
    pieces = [terms[0], *(f" + {term}" for term in terms[1:])]
    pieces = [
        part
        for piece in pieces
        for part in (re.split(r"(?= [/×] )", piece) if len(piece) > room else [piece])
    ]
    line += pieces[0]
    for piece in [*pieces[1:], *([aside] if aside else [])]:
        if len(line) + len(piece) > width:
            yield line
            line = margin + piece.lstrip(", ")
        else:
            line += piece
    yield line


def write_json(explained: Explanations, view: View) -> str:
    """Return a JSON list with one object per cell; nothing is elided or rounded."""
    explained = replace(explained, full=True)
    cells = [cell for selection in explained.selections for cell in selection]
    spelling = Spelling(explained.paper, view.precision, full=True)
    objects = [_object(explained, cell, spelling, explained.depth, set()) for cell in cells]
    return to_json(objects)


def _object(
    explained: Explanations, cell: Cell, spelling: Spelling, depth: int, seen: set[Cell]
) -> dict[str, Any]:
    """Return the object of a cell; of a cell in `seen`, which is already written, the value."""
    if cell in seen:
        return {"cell": spelling.cell(cell), "value": explained.value(cell)}
    seen.add(cell)
    expression = explained.expression(cell, explained.trace)
    labels, note = explained.labels(cell), explained.note(cell, spelling)
    entry = {
        "cell": spelling.cell(cell),
        **({"labels": labels} if labels else {}),
        "formula": spelling.spell(expression),
        **({"note": note} if note else {}),
        **tree(expression, explained.trace.matrices, spelling),
        "value": explained.value(cell),
    }
    if explained.own_chain(cell, spelling):
        own = explained.expression(cell, explained.answered)
        entry["answer"] = {
            **tree(own, explained.answered.matrices, spelling),
            "written": explained.own_number(cell),
        }
    if depth:
        operands = explained.operands(cell)
        entry["operands"] = [
            _object(explained, each, spelling, depth - 1, seen) for each in operands
        ]
    return entry


def tree(expression: Expression, values: Values, spelling: Spelling) -> dict[str, Any]:
    """Return an expression as a tree of operations, for JSON: operation, terms and value.

    Terms are cells, constants or trees; `values` are the matrices by name. Raises
    NotImplementedError for a kind of expression that has no name in JSON.
    """
    node = _node(expression, values, spelling)
    if "cell" in node:  # the expression is the unchanged cell of another step
        return {"operation": "same", "terms": [node], "value": node["value"]}
    return node


def _node(expression: Expression, values: Values, spelling: Spelling) -> dict[str, Any]:
    value = expression.value(values)
    match expression:
        case Noted(result):
            return _node(result, values, spelling)
        case Cell():
            return {"cell": spelling.cell(expression), "value": value}
        case Root(radicand):
            return {"operation": "root", "terms": [radicand], "value": value}
        case Function(name):
            operation = name
        case _ if type(expression) in OPERATIONS:
            operation = OPERATIONS[type(expression)]
        case _:
            raise unknown(expression)
    terms = [_node(part, values, spelling) for part in expression.parts]
    return {"operation": operation, "terms": terms, "value": value}
