"""Documents in LaTeX, which compile with the packages of texlive-latex-base alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attncli.records import replace
from attncli.render.heat import ink
from attncli.render.numbers import rows_with_room
from attncli.render.papers.formulas import read_name
from attncli.render.papers.inline_spelling import InlineLatex
from attncli.render.papers.latex_math import LatexMath, escape_latex, latex_number
from attncli.render.papers.latex_spelling import Latex
from attncli.render.papers.notation import Notation
from attncli.render.papers.page_width import blocks_of_columns
from attncli.render.papers.paper import (
    Arithmetic,
    Block,
    Grid,
    Headline,
    Span,
    StepOpening,
    TextTable,
    prose,
    texts,
)

PREAMBLE = r"""\documentclass[fleqn]{article}
\usepackage[a4paper,margin=2.2cm]{geometry}
\usepackage{amsmath,colortbl,longtable}
\allowdisplaybreaks
\setlength{\mathindent}{0pt}
\setlength{\parskip}{0.6\baselineskip}
\renewcommand{\arraystretch}{1.15}
\setcounter{LTchunksize}{500}
\begin{document}
\raggedright"""
ENDING = r"\end{document}"
NEEDED = r"% \usepackage{amsmath,colortbl,longtable}"
REPLACED = "A label that pdfTeX cannot write is replaced by its number: token 1 is the first."
WRONG = r"^{\times}"  # the sign of a wrong cell, which is also seen without colours
TALLEST = 40  # rows of an array, which TeX does not break across pages

TOGETHER = 40  # cells whose arithmetic is aligned; TeX keeps all of them in its memory

_STYLES = {
    "": "{}",
    "bold": r"\textbf{{{}}}",
    "italic": r"\textit{{{}}}",
    "code": r"\texttt{{{}}}",
}
# Characters beyond ASCII that pdfTeX writes with its own fonts: each was tried.
_LATIN = frozenset(
    "¡£§©ª®°±²³´µ¶·¸¹º¿×÷ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ"
    "ĀāĂăĆćĈĉĊċČčĎďĒēĔĕĖėĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭİıĴĵĶķĹĺĻļĽľŁłŃńŅņŇňŌōŎŏŐőŒœŔŕŖŗŘřŚśŜŝŞşŠš"
    "ŢţŤťŨũŪūŬŭŮůŰűŴŵŶŷŸŹźŻżŽžȘșȚț‐‑–—‘’“”†‡•…€™"
)
_AS_MATH = {  # other characters that people write in titles and notes
    "−": "-", "≈": r"\approx", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "∞": r"\infty",
    "√": r"\surd", "ᵀ": r"^{\top}", "←": r"\leftarrow", "→": r"\rightarrow", "⋮": r"\vdots",
    "‖": r"\|", "½": r"\tfrac{1}{2}", "Σ": r"\sum", "α": r"\alpha", "β": r"\beta",
    "γ": r"\gamma", "ε": r"\varepsilon", "π": r"\pi", "σ": r"\sigma", "τ": r"\tau",
}  # fmt: skip


def is_written(character: str) -> bool:
    """Return True if pdfTeX can write a character."""
    is_ascii = character.isascii() and character.isprintable()
    return is_ascii or character in _LATIN or character in _AS_MATH


class LatexNotation(LatexMath, Notation):
    """Writes LaTeX. A label that pdfTeX cannot write becomes its number: `token 3`."""

    spelling, inline = Latex, InlineLatex
    aside = r"\quad ({})"
    beside = "\\hspace{2em}\n"

    def write(self, blocks: Sequence[Block]) -> str:
        if any(map(self.unwritten, _labels(blocks))):
            blocks = [*blocks[:1], prose(REPLACED, "italic"), *blocks[1:]]
        body = super().write(blocks)
        if self.view.fragment:
            return f"{NEEDED}\n{body}"
        return f"{PREAMBLE}\n\n{body}\n{ENDING}\n"

    def unwritten(self, text: str) -> str:
        return "".join(sorted({c for c in text if not is_written(c)}))

    def text(self, text: str) -> str:
        return "".join(map(_character, text)).replace("--", "-{}-")  # TeX makes a dash of two

    def symbol(self, name: str) -> str:
        return f"${self.formula([read_name(name)])}$"

    def span(self, span: Span) -> str:
        text = self.text(span.text)
        if span.style == "code":  # a reader copies a command: these are its very characters
            text = text.replace("'", r"{\char13}").replace(r"\_", r"{\char95}")
        return _STYLES[span.style].format(text)

    def headline(self, block: Headline) -> str:
        command = {1: "section", 2: "subsection"}[block.level]
        return rf"\{command}*{{{self.text(block.text)}}}"

    def step_opening(self, block: StepOpening) -> str:
        name, part = block.named
        shape = block.shape.replace("×", r"$\times$")
        return (
            rf"\subsection*{{\normalsize {block.number}\quad "
            rf"\mdseries$\displaystyle {self.variable(name)}{part} = {self.formula(block.formula)}$"
            rf"\hfill {shape}}}"
        )

    def grid(self, block: Grid) -> str:
        parts = [self._array(rows) for part in blocks_of_columns(block) for rows in _pages(part)]
        caption = self.caption(block)
        if caption:
            room = r"\rule{0pt}{3.5ex}"  # above the captions of a second line of matrices
            parts[0] = (
                f"\\begin{{tabular}}[b]{{@{{}}l@{{}}}}{room}{caption} \\\\\n"
                f"{parts[0]}\\end{{tabular}}"
            )
        return "\n\n".join(parts)

    def _array(self, grid: Grid) -> str:
        """Return one array: with its labels, or between brackets if it has none."""
        is_form = any("" in row for row in grid.cells)
        numbers = rows_with_room(grid.cells, latex_number, r"\phantom{{{}}}")
        rows = [
            [self._cell(grid, row, at, number) for at, number in enumerate(line)]
            for row, line in enumerate(numbers)
        ]
        width = len(grid.columns)
        if not grid.has_labels and not is_form:
            body = _rows(rows)
            array = rf"\left[\begin{{array}}{{*{{{width}}}{{r}}}}{body}\end{{array}}\right]"
        else:
            line = r"\hline" if is_form else ""
            head = ["", *self._labels(grid.columns, grid.column_numbers)]
            labels = self._labels(grid.rows, grid.row_numbers)
            body = _rows([[label, *row] for label, row in zip(labels, rows, strict=True)], line)
            bars = "c|" if is_form else "r"
            array = (
                rf"\begin{{array}}{{r|*{{{width}}}{{{bars}}}}}"
                f"\n{' & '.join(head)} \\\\ \\hline{body}\\end{{array}}"
            )
        return f"${array}$"

    def _cell(self, grid: Grid, row: int, column: int, number: str) -> str:
        if not grid.cells[row][column]:
            return r"\rule[-1.2ex]{0pt}{4.4ex}\rule{3.4em}{0pt}"  # TeX drops a space at the end
        if (row, column) in grid.marked:
            return rf"\cellcolor[rgb]{{1,0.86,0.83}}\mathbf{{{number}}}{WRONG}"
        if any(at == column for _, at in grid.marked):
            number += rf"\phantom{{{WRONG}}}"
        color = grid.backgrounds[row][column] if grid.backgrounds else None
        if color is None:
            return number

        background = ",".join(f"{part / 255:.3f}" for part in color)
        pen = "white" if sum(ink(color)) else "black"
        return rf"\cellcolor[rgb]{{{background}}}\color{{{pen}}}{number}"

    def _labels(self, labels: Sequence[str], numbers: Sequence[int]) -> list[str]:
        """Return labels; one that pdfTeX cannot write becomes `token 3`."""
        places = numbers or range(1, len(labels) + 1)
        return [rf"\text{{{self._label(*each)}}}" for each in zip(labels, places, strict=True)]

    def _label(self, label: str, number: int) -> str:
        return f"token {number}" if self.unwritten(label) else self.text(label)

    def labels(self, labels: Sequence[tuple[str, int]]) -> str:
        return rf"\text{{{', '.join(self._label(*each) for each in labels)}}}"

    def strong(self, text: str) -> str:
        return rf"\textbf{{{self.text(text)}}}"

    def text_table(self, block: TextTable) -> str:
        sides = "".join("r" if at in block.numbers else "l" for at in range(len(block.headings)))
        rows = [" & ".join(map(self.spans, row)) for row in block.rows]
        head = " & ".join(map(self.text, block.headings))
        body = "".join(f"{row} \\\\\n" for row in rows)
        table = "longtable"  # unlike a tabular, it goes on on the next page
        return f"\\begin{{{table}}}[l]{{{sides}}}\n{head} \\\\ \\hline\n{body}\\end{{{table}}}"

    def arithmetic(self, block: Arithmetic) -> str:
        starts = range(0, len(block.cells), TOGETHER)
        parts = (replace(block, cells=block.cells[at : at + TOGETHER]) for at in starts)
        bodies = (" \\\\\n  ".join(self.aligned_lines(part)) for part in parts)
        return "\n".join(f"\\begin{{align*}}\n  {body}\n\\end{{align*}}" for body in bodies)

    def item_list(self, items: Sequence[str]) -> str:
        lines = "\n".join(rf"\item {item}" for item in items)
        dense = r"\setlength{\itemsep}{0pt}\setlength{\parskip}{0pt}"
        return f"\\begin{{itemize}}{dense}\n{lines}\n\\end{{itemize}}"


def _labels(blocks: Iterable[Block]) -> Iterable[str]:
    """Return the labels of tokens; those of a matrix without labels are numbers."""
    return texts(block for block in blocks if isinstance(block, Grid | Arithmetic))


def _character(character: str) -> str:
    if character in _AS_MATH:
        return f"${_AS_MATH[character]}$"
    return escape_latex(character) if is_written(character) else "?"


def _rows(rows: Sequence[Sequence[str]], line: str = "") -> str:
    return "\n" + "\n".join(f"{' & '.join(row)} \\\\ {line}".rstrip() for row in rows) + "\n"


def _pages(grid: Grid) -> list[Grid]:
    """Return the matrix in parts of rows that are not taller than a page."""
    starts = range(0, len(grid.rows), TALLEST)
    return [grid.part(slice(start, start + TALLEST), slice(None)) for start in starts]
