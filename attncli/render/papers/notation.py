"""Write the blocks of a document in a notation: Markdown, LaTeX or Typst."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from attncli.calculation.algebra.expressions import Cell
from attncli.render.explain.spelling import Spelling
from attncli.render.papers.formulas import FormulaWriter
from attncli.render.papers.inline_spelling import MeasuredSpelling
from attncli.render.papers.page_width import lines_of_chain, math_width
from attncli.render.papers.paper import (
    Arithmetic,
    Block,
    Grid,
    Headline,
    ItemList,
    Prose,
    Span,
    StepOpening,
    TextTable,
)
from attncli.render.view import View


class Notation(FormulaWriter):
    """Writes documents in one notation, with the look that the view describes."""

    # The spelling of the arithmetic of cells, and of lines that are too long for a page.
    spelling: ClassVar[type[Spelling]] = Spelling
    inline: ClassVar[type[Spelling]] = Spelling
    aside: ClassVar[str] = "({})"  # the note on a cell
    beside: ClassVar[str] = "\n\n"  # between two matrices that stand side by side if they fit

    def __init__(self, view: View) -> None:
        self.view = view

    def write(self, blocks: Sequence[Block]) -> str:
        """Return the whole document."""
        written = ""
        for before, block in zip((None, *blocks), blocks, strict=False):
            is_beside = isinstance(before, Grid) and isinstance(block, Grid)
            between = self.beside if is_beside else "\n\n" if before else ""
            written += between + self.block(block)
        return f"{written}\n"

    def block(self, block: Block) -> str:
        """Return one block."""
        match block:
            case Headline():
                return self.headline(block)
            case Prose(spans):
                return self.spans(spans)
            case StepOpening():
                return self.step_opening(block)
            case Grid():
                return self.grid(block)
            case TextTable():
                return self.text_table(block)
            case Arithmetic():
                return self.arithmetic(block)
            case ItemList(items):
                return self.item_list([self.spans(spans) for spans in items])

    def spans(self, spans: Sequence[Span]) -> str:
        """Return a line of text."""
        return "".join(map(self.span, spans))

    def caption(self, grid: Grid) -> str:
        """Return the line above a matrix: its name, if it is named, and its caption."""
        name = self.symbol(grid.name.partition("[")[0]) if grid.is_named else ""
        return " ".join(
            filter(None, (name, grid.caption and self.spans([Span(grid.caption, "italic")])))
        )

    def aligned_lines(self, block: Arithmetic) -> Iterator[str]:
        """Yield the lines of arithmetic, with `&` before the signs that stand in one column."""
        measured = MeasuredSpelling(block.explained.paper, *self._digits)
        widest = max(math_width(measured.cell(cell)) for _, cell in block.cells)
        for _, cell in block.cells:
            for head, (first, *others) in self._chains(block, cell, widest):
                yield f"{head} &{first}"
                yield from (f"&{line}" for line in others)

    def _chains(
        self, block: Arithmetic, cell: Cell, widest: float
    ) -> Iterator[tuple[str, list[str]]]:
        """Yield the text of a cell, and its arithmetic in lines, each behind a sign.

        The texts of cells before the lines are at most `widest` digits wide.
        The labels of the cell and the note on it, if it has any, are at the end. The arithmetic in
        the numbers of an answer follows, if there is one.
        """
        explained = block.explained
        kinds = (self.spelling, self.inline, MeasuredSpelling)
        spellings = [kind(explained.paper, *self._digits) for kind in kinds]
        written, inline, measured = (explained.chain(cell, spelling) for spelling in spellings)
        labels = explained.numbered_labels(cell) if block.has_labels else []
        names = self.labels(labels) if labels else ""
        plain = ", ".join(label for label, _ in labels)
        notes = [explained.note(cell, spelling) for spelling in spellings]
        if names or notes[0]:
            own = (self.words("; ").join(filter(None, (names, note))) for note in notes[:2])
            asides = [*own, "; ".join(filter(None, (plain, notes[2])))]
            for chain, aside in zip((written, inline, measured), asides, strict=True):
                chain.append(self.aside.format(aside))
        yield written[0], _lines(widest, written[1:], inline[1:], measured[1:])
        answered = [explained.own_chain(cell, spelling) for spelling in spellings]
        if answered[0]:
            lines = _lines(widest, *answered)
            remark = explained.remark(cell, self.view.precision)
            if remark:
                write = self.strong if explained.disagrees(cell) else self.words
                lines[-1] += self.words(", ") + write(remark)
            yield self.words("answer"), lines

    @property
    def _digits(self) -> tuple[int | None, bool]:
        """The decimals of arithmetic, and True if long sums are written whole."""
        return self.view.precision, self.view.full

    def unwritten(self, text: str) -> str:
        """Return the characters of a text that this notation cannot write, each once."""
        return ""

    @abstractmethod
    def text(self, text: str) -> str:
        """Return a text of the user, of which no character is markup."""

    @abstractmethod
    def symbol(self, name: str) -> str:
        """Return the name of a matrix in a line of text."""

    @abstractmethod
    def span(self, span: Span) -> str:
        """Return a part of a line of text."""

    @abstractmethod
    def headline(self, block: Headline) -> str:
        """Return a heading."""

    @abstractmethod
    def step_opening(self, block: StepOpening) -> str:
        """Return the heading of a step, with its formula."""

    @abstractmethod
    def grid(self, block: Grid) -> str:
        """Return a matrix."""

    @abstractmethod
    def text_table(self, block: TextTable) -> str:
        """Return a table of texts."""

    def labels(self, labels: Sequence[tuple[str, int]]) -> str:
        """Return the labels of a cell in math; each has its number from 1 beside it."""
        return self.words(", ".join(label for label, _ in labels))

    @abstractmethod
    def strong(self, text: str) -> str:
        """Return bold words in math."""

    @abstractmethod
    def arithmetic(self, block: Arithmetic) -> str:
        """Return the arithmetic of cells, one after another."""

    @abstractmethod
    def item_list(self, items: Sequence[str]) -> str:
        """Return a list of lines that are already written."""


def _lines(
    head: float, written: Sequence[str], inline: Sequence[str], measured: Sequence[str]
) -> list[str]:
    """Return a chain by lines; `head` is the width before its lines in digits."""
    # Two texts that are equal are one part of a chain, and not all spellings have the same.
    if len(inline) != len(written):
        inline = written
    if len(measured) != len(written):
        measured = inline
    return lines_of_chain(head, written, list(map(math_width, measured)), inline)
