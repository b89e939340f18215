"""Explanations of cells as text, Markdown, LaTeX and JSON: a function each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any

from attncli.calculation.algebra.expressions import (
    Cell,
    Expression,
    Function,
    Larger,
    Noted,
    Number,
    Root,
    Sum,
)
from attncli.calculation.algebra.plan import Trace
from attncli.calculation.algebra.vector_expressions import Inner, SquaredDistance, Total
from attncli.records import replace
from attncli.render.explain.explanations import Explanations
from attncli.render.explain.latex import Latex, latex_text
from attncli.render.explain.spelling import Spelling
from attncli.render.view import View

INDENT = "  "


def text(explained: Explanations, view: View) -> str:
    """A line a cell, or several where the screen is narrower; what it comes from below it."""
    blocks = list(_blocks(explained, view))
    apart = "\n\n" if any("\n" in block for block in blocks) else "\n"
    return apart.join(blocks) + "\n"


def _blocks(explained: Explanations, view: View) -> Iterator[str]:
    spelling = Spelling(explained.paper, view.precision, view.full)
    for selection in explained.selections:
        cells, left_out = explained.cells(selection)
        for cell in cells:
            yield "\n".join(_lines(explained, cell, spelling, view.width))
        if left_out:
            yield f"left out: {left_out} of {len(selection)} cells (--full shows them)"


def _lines(
    explained: Explanations, top: Cell, spelling: Spelling, width: int | None
) -> Iterator[str]:
    for level, cell in explained.walk(top):
        head, *chain = explained.chain(cell, spelling)
        yield from folded(INDENT * level + head, chain, _aside(explained, cell, spelling), width)
        own = explained.own_chain(cell, spelling)
        if own:
            beside = _beside(explained, cell, spelling.precision)
            indent = INDENT * level + " " * max(0, len(head) - len("answer"))
            yield from folded(f"{indent}answer", own, beside, width)


def _aside(explained: Explanations, cell: Cell, spelling: Spelling) -> str:
    said = [", ".join(explained.labels(cell)), explained.note(cell, spelling)]
    words = "; ".join(filter(None, said))
    return f"  ({words})" if words else ""


def _beside(explained: Explanations, cell: Cell, precision: int) -> str:
    written = explained.written(cell, precision)
    if written is None:
        return ""
    number, fits = written
    return f", {'and' if fits else 'but'} {number} is written"


def folded(head: str, chain: list[str], aside: str, width: int | None) -> Iterator[str]:
    """One line where it fits; else a line for each equals sign, and breaks before a plus.

    >>> list(folded("a", ["1 + 2 + 3", "6"], "", 9))
    ['a = 1 + 2', '    + 3', '  = 6']
    """
    line = " = ".join([head, *chain]) + aside
    if width is None or len(line) <= width:
        yield line
        return
    margin = len(head) if len(head) <= width // 3 else len(head) - len(head.lstrip()) + 2
    if margin != len(head):
        yield head
    for at, part in enumerate(chain):
        start = f"{head} = " if at == 0 and margin == len(head) else " " * margin + " = "
        end = aside if at == len(chain) - 1 else ""
        yield from _broken(start, part.split(" + "), end, width)


def _broken(line: str, terms: list[str], aside: str, width: int) -> Iterator[str]:
    margin = " " * len(line)
    pieces = [terms[0], *(f" + {term}" for term in terms[1:])]
    line += pieces[0]
    for piece in [*pieces[1:], *([aside] if aside else [])]:
        if len(line) + len(piece) > width:
            yield line
            line = margin + piece.lstrip(", ")
        else:
            line += piece
    yield line


def markdown(explained: Explanations, view: View) -> str:
    """A list, with what a cell comes from in a list below it."""
    spelling = Spelling(explained.paper, view.precision, view.full)
    lines = []
    for selection in explained.selections:
        cells, left_out = explained.cells(selection)
        for top in cells:
            for level, cell in explained.walk(top):
                chain = " = ".join(explained.chain(cell, spelling))
                aside = _markdown_text(_aside(explained, cell, spelling).strip())
                lines.append(f"{INDENT * level}- `{chain}` {aside}".rstrip())
                own = explained.own_chain(cell, spelling)
                if own:
                    beside = _beside(explained, cell, view.precision)
                    lines.append(f"{INDENT * level}  - answer: `{' = '.join(own)}`{beside}")
        if left_out:
            lines.append(f"- left out: {left_out} of {len(selection)} cells")
    return "\n".join(lines) + "\n"


def _markdown_text(text: str) -> str:
    """Text of the user with what Markdown would obey escaped."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|$" else c for c in text)


def latex(explained: Explanations, view: View) -> str:
    """An `align*` of amsmath a cell, one equals sign a line."""
    spelling = Latex(explained.paper, view.precision, view.full)
    blocks = [r"% \usepackage{amsmath}"]
    for selection in explained.selections:
        cells, left_out = explained.cells(selection)
        blocks += [
            _aligned(explained, cell, spelling) for top in cells for _, cell in explained.walk(top)
        ]
        if left_out:
            blocks.append(f"% left out: {left_out} of {len(selection)} cells")
    return "\n".join(blocks) + "\n"


def _aligned(explained: Explanations, cell: Cell, spelling: Latex) -> str:
    head, *chain = explained.chain(cell, spelling)
    lines = [f"{head} &= {chain[0]}", *(f"&= {part}" for part in chain[1:])]
    labels = latex_text(", ".join(explained.labels(cell)))
    said = filter(None, (labels and rf"\text{{{labels}}}", explained.note(cell, spelling)))
    aside = r"\text{; }".join(said)
    lines[-1] += rf" \quad ({aside})" if aside else ""
    own = explained.own_chain(cell, spelling)
    if own:
        beside = _beside(explained, cell, spelling.precision)
        lines += [rf"\text{{answer}} &= {own[0]}", *(f"&= {part}" for part in own[1:])]
        lines[-1] += rf"\text{{{beside}}}" if beside else ""
    body = " \\\\\n  ".join(lines)
    return f"\\begin{{align*}}\n  {body}\n\\end{{align*}}"


def as_json(explained: Explanations, view: View) -> str:
    """A list with an object a cell; nothing is elided, and every digit is kept."""
    explained = replace(explained, full=True)
    cells = [cell for selection in explained.selections for cell in selection]
    spelling = Spelling(explained.paper, view.precision, full=True)
    objects = [_object(explained, cell, spelling, explained.depth) for cell in cells]
    return json.dumps(objects, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _object(explained: Explanations, cell: Cell, spelling: Spelling, depth: int) -> dict[str, Any]:
    expression = explained.expression(cell, explained.trace)
    labels, note = explained.labels(cell), explained.note(cell, spelling)
    entry = {
        "cell": spelling.cell(cell),
        **({"labels": labels} if labels else {}),
        "formula": spelling.spell(expression),
        **({"note": note} if note else {}),
        **_arithmetic(expression, explained.trace, spelling),
        "value": _number(explained.value(cell)),
    }
    if explained.own_chain(cell, spelling):
        own = explained.expression(cell, explained.answered)
        written = explained.own.number(cell) if explained.own else None
        entry["answer"] = {
            **_arithmetic(own, explained.answered, spelling),
            "written": None if written is None else _number(written),
        }
    if depth:
        entry["operands"] = [
            _object(explained, operand, spelling, depth - 1) for operand in explained.operands(cell)
        ]
    return entry


def _arithmetic(expression: Expression, trace: Trace, spelling: Spelling) -> dict[str, Any]:
    node = _node(expression, trace, spelling)
    if "cell" in node:  # a cell taken over as it is
        return {"operation": "same", "terms": [node], "value": node["value"]}
    return node


def _node(expression: Expression, trace: Trace, spelling: Spelling) -> dict[str, Any]:
    """The tree as it is: a cell, a constant, or terms and the operation that joins them."""
    value = _number(expression.value(trace.matrices))
    match expression:
        case Noted(result):
            return _node(result, trace, spelling)
        case Cell():
            return {"cell": spelling.cell(expression), "value": value}
        case Root(radicand):
            return {"operation": "root", "terms": [radicand], "value": value}
        case Number():
            return {"operation": "constant", "terms": [], "value": value}
        case Function(name):
            kind = name
        case Larger():
            kind = "max"
        case Sum() | Inner() | Total() | SquaredDistance():
            kind = "sum"
        case _:
            kind = type(expression).__name__.casefold()
    terms = [_node(part, trace, spelling) for part in expression.parts]
    return {"operation": kind, "terms": terms, "value": value}


def _number(number: float) -> float | str:
    return number if isfinite(number) else str(number)
