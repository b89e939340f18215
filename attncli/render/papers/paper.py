"""The blocks of a document to hand in, which each notation writes in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from attncli.calculation.algebra.expressions import Cell
from attncli.records import record, replace
from attncli.render.explain.explanations import Explanations
from attncli.render.papers.formulas import Token, Variable, read_name

Color = tuple[int, int, int]  # red, green and blue, from 0 to 255


@record(frozen=True)
class Span:
    """A part of a line of text, in one style."""

    text: str
    style: Literal["", "bold", "italic", "code"] = ""


@record(frozen=True)
class Headline:
    """A heading of level 1, the title of the document, or of level 2."""

    text: str
    level: Literal[1, 2] = 1


@record(frozen=True)
class Prose:
    """A paragraph of text."""

    spans: tuple[Span, ...]


@record(frozen=True)
class StepOpening:
    """The heading of a step: `4  scores = Q Kᵀ   3 × 3`.

    `number` is the number of the step in the plan, `formula` the tokens of its formula. Without a
    formula, only the name and the shape are written.
    """

    number: int
    name: str
    formula: tuple[Token, ...]
    shape: str

    @property
    def named(self) -> tuple[Variable, str]:
        """The name of the step as a token, and the part of it that is shown: `[2,:]`."""
        name, bracket, part = self.name.partition("[")
        return read_name(name), bracket + part


@record(frozen=True)
class Grid:
    """A matrix with the labels of its rows and columns.

    `name` is the name that readers of attncli know, such as `weights[1]` for head 1; `caption` says
    the head in words. If `is_named`, the name stands before the caption. A cell is a number as
    text, or empty for a number to fill in. The labels are only counters, `1`, `2`, …, where
    `has_labels` is False. `backgrounds` is the colour of each cell, if weights are shaded; `marked`
    are the places of wrong cells, counted from 0. `row_numbers` and `column_numbers` are the
    places of the labels in the whole matrix, counted from 1; they are needed where some are left
    out.
    """

    name: str
    caption: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    has_labels: bool = False
    is_named: bool = False
    backgrounds: tuple[tuple[Color | None, ...], ...] = ()
    marked: frozenset[tuple[int, int]] = frozenset()
    row_numbers: tuple[int, ...] = ()
    column_numbers: tuple[int, ...] = ()

    def part(self, rows: slice, columns: slice) -> Grid:
        """Return the matrix of these rows and columns."""
        top, left = rows.start or 0, columns.start or 0
        marked = ((row - top, column - left) for row, column in self.marked)
        height, width = len(self.rows[rows]), len(self.columns[columns])
        return replace(
            self,
            rows=self.rows[rows],
            columns=self.columns[columns],
            cells=tuple(row[columns] for row in self.cells[rows]),
            backgrounds=tuple(row[columns] for row in self.backgrounds[rows]),
            marked=frozenset((r, c) for r, c in marked if 0 <= r < height and 0 <= c < width),
            row_numbers=self.row_numbers[rows],
            column_numbers=self.column_numbers[columns],
        )


@record(frozen=True)
class TextTable:
    """A table of short texts below headings; the columns `numbers` are aligned at the right."""

    headings: tuple[str, ...]
    rows: tuple[tuple[tuple[Span, ...], ...], ...]
    numbers: frozenset[int] = frozenset()


@record(frozen=True)
class Arithmetic:
    """The arithmetic of cells, each as a chain of equal expressions.

    A cell of level 1 or more is an operand of a cell before it. If `has_labels`, the labels of its
    row and column stand beside each cell.
    """

    explained: Explanations
    cells: tuple[tuple[int, Cell], ...]  # the level of each cell before it
    has_labels: bool = False


@record(frozen=True)
class ItemList:
    """A list of lines of text."""

    items: tuple[tuple[Span, ...], ...]


Block: TypeAlias = Headline | Prose | StepOpening | Grid | TextTable | Arithmetic | ItemList


def prose(text: str, style: Literal["", "bold", "italic", "code"] = "") -> Prose:
    """Return a paragraph in one style."""
    return Prose((Span(text, style),))


def texts(blocks: Iterable[Block]) -> Iterable[str]:
    """Yield the texts of blocks that may hold any characters: titles, prose and labels."""
    for block in blocks:
        match block:
            case Headline(text):
                yield text
            case Prose(spans):
                yield from _plain([spans])
            case ItemList(items):
                yield from _plain(items)
            case TextTable(headings, rows):
                yield from headings
                for row in rows:
                    yield from _plain(row)
            case Grid():
                yield from (block.caption, *block.rows, *block.columns)
            case Arithmetic(explained, cells, True):
                for _, cell in cells:
                    yield from explained.labels(cell)


def _plain(lines: Iterable[Sequence[Span]]) -> Iterable[str]:
    return (span.text for spans in lines for span in spans)
