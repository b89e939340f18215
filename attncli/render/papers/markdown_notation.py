"""Documents in Markdown, for GitHub or with dollar signs around formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.calculation.algebra.expressions import Cell
from attncli.render.explain.spelling import Spelling
from attncli.render.markdown import escape_markdown
from attncli.render.papers.latex_math import LatexMath
from attncli.render.papers.notation import Notation
from attncli.render.papers.paper import (
    Arithmetic,
    Grid,
    Headline,
    Span,
    StepOpening,
    TextTable,
)

_STYLES = {"": "{}", "bold": "**{}**", "italic": "*{}*"}


class MarkdownNotation(LatexMath, Notation):
    """Writes Markdown. A matrix is a table, which `attncli check` reads when it is pasted."""

    def text(self, text: str) -> str:
        return escape_markdown(text)

    def symbol(self, name: str) -> str:
        return code_span(name)

    def span(self, span: Span) -> str:
        if span.style == "code":
            return code_span(span.text)
        return _STYLES[span.style].format(self.text(span.text)) if span.text.strip() else span.text

    def headline(self, block: Headline) -> str:
        return f"{'#' * block.level} {self.text(block.text)}"

    def step_opening(self, block: StepOpening) -> str:
        formula = self.math(f"{self.variable(block.named[0])} = {self.formula(block.formula)}")
        return f"## {block.number} {code_span(block.name)}\n\n{formula}, {block.shape}"

    def math(self, formula: str) -> str:
        """Return a formula in a line of text."""
        return f"${formula}$" if self.view.math == "dollars" else f"$`{formula}`$"

    def grid(self, block: Grid) -> str:
        # A matrix in a block of math would need no labels, but people copy matrices, `check` reads
        # tables back, screen readers walk through their cells, and mail shows them as they are.
        caption = f"{code_span(block.name)} ({self.text(block.caption)})\n\n"
        marks = [
            [
                f"**{cell}** ✗" if (row, at) in block.marked else cell
                for at, cell in enumerate(cells)
            ]
            for row, cells in enumerate(block.cells)
        ]
        rows = [[self.text(label), *cells] for label, cells in zip(block.rows, marks, strict=True)]
        head = ["", *map(self.text, block.columns)]
        return (caption if block.caption else "") + _table(head, rows, range(1, len(head)))

    def text_table(self, block: TextTable) -> str:
        rows = [[self.spans(cell) for cell in row] for row in block.rows]
        return _table(list(map(self.text, block.headings)), rows, block.numbers)

    def strong(self, text: str) -> str:
        return f"**{self.text(text)}**"

    def arithmetic(self, block: Arithmetic) -> str:
        """Return a list of the arithmetic of cells; the operands of a cell are a list below it."""
        return "\n".join(
            "  " * level + line for level, cell in block.cells for line in self._items(block, cell)
        )

    def _items(self, block: Arithmetic, cell: Cell) -> Iterator[str]:
        """Yield the arithmetic of a cell, and below it that of an answer."""
        explained, spelling = block.explained, Spelling(block.explained.paper, *self._digits)
        labels = ", ".join(explained.labels(cell)) if block.has_labels else ""
        aside = "; ".join(filter(None, (labels, explained.note(cell, spelling))))
        chain = code_span(" ".join(explained.chain(cell, spelling)))
        yield f"- {chain} ({self.text(aside)})" if aside else f"- {chain}"
        own = explained.own_chain(cell, spelling)
        if own:
            remark = explained.remark(cell, self.view.precision)
            said = (
                self.strong(remark) if remark and explained.disagrees(cell) else self.text(remark)
            )
            yield f"  - answer: {code_span(' '.join(own)[2:])}" + (f", {said}" if said else "")

    def item_list(self, items: Sequence[str]) -> str:
        return "\n".join(f"- {item}" for item in items)


def code_span(text: str) -> str:
    """Return a text between backticks: two at each side if the text has one.

    >>> code_span("Q[1]"), code_span("a`b")
    ('`Q[1]`', '`` a`b ``')
    """
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _table(
    head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] | frozenset[int]
) -> str:
    """Return a table; the columns `numbers` are aligned at the right, in the source as well."""
    dashes = ["---:" if at in numbers else "---" for at in range(len(head))]
    lines = [head, dashes, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "| "
        + " | ".join(
            cell.rjust(width) if at in numbers else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in lines
    )
