"""Documents in Typst, from which PDF files are made without TeX."""

from __future__ import annotations

from collections.abc import Sequence

from attncli.render.heat import ink
from attncli.render.numbers import rows_with_room
from attncli.render.papers.formulas import Variable, read_name
from attncli.render.papers.notation import Notation
from attncli.render.papers.page_width import blocks_of_columns
from attncli.render.papers.paper import (
    Arithmetic,
    Block,
    Color,
    Grid,
    Headline,
    Span,
    StepOpening,
    TextTable,
)
from attncli.render.papers.typst.typst_spelling import InlineTypst, TypstSpelling
from attncli.render.papers.typst.typst_text import quoted, typst_number, typst_variable

PREAMBLE = """\
#set document(date: none)
#set page(paper: "a4", margin: 2.2cm, numbering: "1")
#set text(size: 10pt, number-width: "tabular")
#set table(stroke: none, inset: (x: 0.5em, y: 0.32em))
#show heading.where(level: 2): set text(size: 1em, weight: "regular")
#show math.equation.where(block: true): set align(left)
#show math.equation: set block(breakable: true)"""
TALLEST = 24  # rows between brackets, which stay on one page

_SIGNS = {"−": "-", "×": "times", "·": "dot", "Σ": "sum", "/": r"\/", "+": "+"}
_FENCES = {"(": "lr(({}))", "|": "abs({})", "‖": "norm({})"}
_STYLES = {"": "#{}", "bold": "#strong({})", "italic": "#emph({})", "code": "#raw({})"}
_MARKED = 'fill: rgb("#ffdcd4")'


class TypstNotation(Notation):
    """Writes Typst. All texts and numbers stand in quotes, in which nothing is markup."""

    spelling, inline = TypstSpelling, InlineTypst
    aside = "quad ({})"
    beside = " #h(2em)\n"

    # Formulas.

    def words(self, text: str) -> str:
        return quoted(text)

    def numeral(self, text: str) -> str:
        return typst_number(text)

    def sign(self, text: str) -> str:
        # A comma by itself would end an argument of frac() or sqrt().
        return _SIGNS.get(text) or f'class("punctuation", {quoted(text)})'

    def call(self, name: str) -> str:
        return f"op({quoted(name)})"

    def variable(self, variable: Variable) -> str:
        return typst_variable(variable)

    def fenced(self, opening: str, inside: str, closing: str) -> str:
        return _FENCES[opening].format(inside)

    def radical(self, inside: str) -> str:
        return f"sqrt({inside})"

    def raised(self, base: str, exponent: str) -> str:
        return f"attach({base}, tr: {exponent})"

    def ratio(self, above: str, below: str) -> str:
        return f"frac({above}, {below})"

    # Documents.

    def write(self, blocks: Sequence[Block]) -> str:
        body = super().write(blocks)
        return body if self.view.fragment else f"{PREAMBLE}\n\n{body}"

    def text(self, text: str) -> str:
        return f"#{quoted(text)}"

    def symbol(self, name: str) -> str:
        return f"${self.formula([read_name(name)])}$"

    def span(self, span: Span) -> str:
        return _STYLES[span.style].format(quoted(span.text))

    def headline(self, block: Headline) -> str:
        return f"#heading(level: {block.level}, {quoted(block.text)})"

    def step_opening(self, block: StepOpening) -> str:
        name, part = self.variable(block.named[0]), block.named[1]
        return (
            f"#heading(level: 2)[#strong({quoted(str(block.number))}) #h(0.8em) "
            f"$display({name}{part and quoted(part)} = {self.formula(block.formula)})$"
            f" #h(1fr) {self.text(block.shape)}]"
        )

    def grid(self, block: Grid) -> str:
        caption = self.caption(block)
        parts = list(map(self._matrix, blocks_of_columns(block)))
        if len(block.rows) > TALLEST:
            return "\n\n".join(filter(None, (caption, *parts)))
        parts[0] = f"#box[#set block(spacing: 0.6em)\n{caption}\n{parts[0]}]"
        return "\n\n".join(parts)

    def _matrix(self, grid: Grid) -> str:
        """Return a matrix between brackets, or a table if it has labels or is long."""
        rows = rows_with_room(grid.cells, _number, '#hide("{}")')
        is_form = any("" in row for row in grid.cells)
        is_plain = not (grid.has_labels or grid.backgrounds or grid.marked or is_form)
        if is_plain and len(rows) <= TALLEST:
            body = " ;\n  ".join(", ".join(row) for row in rows)
            return f'$ mat(delim: "[", align: #right,\n  {body}) $'
        head = f"table.header({', '.join(map(quoted, ['', *grid.columns]))})"
        lines = ["table.vline(x: 1, stroke: 0.4pt)", head, "table.hline(stroke: 0.4pt)"]
        lines += [
            ", ".join(
                [quoted(label), *(_cell(grid, at, column, text) for column, text in enumerate(row))]
            )
            for at, (label, row) in enumerate(zip(grid.rows, rows, strict=True))
        ]
        stroke = "stroke: 0.4pt, " if is_form else ""
        body = ",\n  ".join(lines)
        return f"#table(columns: {len(grid.columns) + 1}, align: right, {stroke}\n  {body})"

    def text_table(self, block: TextTable) -> str:
        sides = ["right" if at in block.numbers else "left" for at in range(len(block.headings))]
        lines = [
            f"table.header({', '.join(map(quoted, block.headings))})",
            "table.hline(stroke: 0.4pt)",
            *(", ".join(f"[{self.spans(cell)}]" for cell in row) for row in block.rows),
        ]
        body = ",\n  ".join(lines)
        return f"#table(columns: {len(sides)}, align: ({', '.join(sides)},),\n  {body})"

    def strong(self, text: str) -> str:
        return f"#strong({quoted(text)})"

    def arithmetic(self, block: Arithmetic) -> str:
        body = " \\\n  ".join(self.aligned_lines(block))
        return f"$ {body} $"

    def item_list(self, items: Sequence[str]) -> str:
        return f"#list({', '.join(f'[{item}]' for item in items)})"


def _number(text: str) -> str:
    return typst_number(text) if text else ""


def _cell(grid: Grid, row: int, column: int, number: str) -> str:
    """Return a cell of a table: its number in math, on the colour of the cell."""
    if not grid.cells[row][column]:
        return "box(width: 3.5em, height: 1.2em)"
    if (row, column) in grid.marked:
        return f"table.cell({_MARKED}, [$bold({number})^times$])"
    if any(at == column for _, at in grid.marked):
        number += ' #hide($""^times$)'
    content = f"[${number}$]"
    color = grid.backgrounds[row][column] if grid.backgrounds else None
    if color is None:
        return content

    return f"table.cell(fill: {_rgb(color)}, text(fill: {_rgb(ink(color))}, {content}))"


def _rgb(color: Color) -> str:
    return f"rgb{color}".replace(" ", "")
