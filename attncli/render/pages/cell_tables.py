"""The tables of a page: a matrix of two axes whose cells have the names that `explain` reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attncli.records import record
from attncli.render.pages.elements import Html, element
from attncli.render.tables.elision import EDGE, GAP, shown_places

# The sizes of letters that the style sheet has for print, in per cent, and the measures of a table
# there: 24 columns fit on paper of 210 mm.
PRINT_SIZES = (100, 80, 65, 50, 40, 30)
PAPER, LETTER = 490.0, 8.75  # points: the width of paper in a frame, and the height of a letter
CHARACTER, PADDING = 0.6, 1.0  # of a letter's height: the width of a character, and of two paddings
GUTTER = 1.5  # points between two cells

Leading = tuple[int, ...]  # a place along the leading axes of a matrix, counted from 0


@record(frozen=True)
class TableSide:
    """The rows or the columns of a table: the shown ones of `size`.

    `positions` are their places in the matrix from 0, `numbers` the numbers on paper from 1, and
    `labels` the texts in front of them. A vector has a single row with the number 0.
    """

    size: int
    positions: Sequence[int]
    numbers: Sequence[int]
    labels: Sequence[str]

    @property
    def is_elided(self) -> bool:
        """True if some are left out."""
        return len(self.positions) < self.size

    @property
    def gap(self) -> int:
        """The place of the row or column `⋮` that stands for those left out; -1 if none is."""
        return EDGE if self.is_elided else -1


def side(numbers: Sequence[int], labels: Sequence[str], full: bool) -> TableSide:
    """Return the rows or columns of a table: the first and the last of many, unless `full`."""
    size = len(numbers)
    at = shown(size, full)
    return TableSide(size, at, [numbers[i] for i in at], [labels[i] for i in at])


def shown(size: int, full: bool) -> Sequence[int]:
    """Return the positions that are shown: all of them, or those at both ends of many."""
    return [at for at in shown_places(size, full) if at != GAP]


@record(frozen=True)
class CellTable:
    """A table of numbers.

    The name of a cell is `before`, its row and column, and `after`: `weights[`, `2,1`, `,head=1]`.
    `matrix` is the name of the matrix, and `leading` the place of the table along its leading axes,
    counted from 0; `places` are its head and its batch entry, counted from 1. `texts` are the
    numbers row by row, and `classes` their classes in the style sheet. `caption` is the place in
    words, such as `head 1`. `overview` is a picture of all cells, if the table shows only some of
    them. `is_given` is True for an input.
    """

    matrix: str
    leading: Leading
    places: Mapping[str, int]
    before: str
    after: str
    rows: TableSide
    columns: TableSide
    texts: Sequence[Sequence[str]]
    classes: Sequence[Sequence[str]]
    caption: str = ""
    overview: Html = Html()
    is_given: bool = False

    @property
    def size(self) -> int:
        """The number of cells that are shown."""
        return len(self.rows.numbers) * len(self.columns.numbers)

    def cell_name(self, row: int, column: int) -> str:
        """Return the name of the cell with these numbers on paper."""
        own = f"{row},{column}" if row else f"{column}"
        return f"{self.before}{own}{self.after}"


def draw_table(table: CellTable, label: str) -> Html:
    """Return a table. A screen reader calls it `label`."""
    columns = table.columns
    labels = zip(columns.numbers, columns.labels, strict=True)
    headings = [element("th", text, scope="col", data_column=number) for number, text in labels]
    head = element("tr", element("td"), *_with_gap(headings, columns, "th", "…"))
    counts = {
        "aria_rowcount": table.rows.size + 1 if table.rows.is_elided else "",
        "aria_colcount": columns.size + 1 if columns.is_elided else "",
    }
    return element(
        "table",
        element("thead", head),
        element("tbody", *_rows(table)),
        aria_label=label,
        data_before=table.before,
        data_after=table.after,
        data_given=table.is_given,
        class_=_print_class(table),
        **counts,
    )


def _print_class(table: CellTable) -> str:
    """Return the class of the largest letters with which a table is not wider than paper."""
    own = zip(table.columns.labels, zip(*table.texts, strict=True), strict=True)
    widths = [max(map(len, table.rows.labels))]
    widths += [max(map(len, (label, *texts))) for label, texts in own]
    widths += [1] if table.columns.is_elided else []
    letters = sum(CHARACTER * width + PADDING for width in widths)
    for size in PRINT_SIZES:
        if letters * LETTER * size / 100 + GUTTER * len(widths) <= PAPER:
            break
    return "" if size == 100 else f"print-{size}"


def _rows(table: CellTable) -> Iterator[Html]:
    rows = table.rows
    for at, (number, label) in enumerate(zip(rows.numbers, rows.labels, strict=True)):
        if at == rows.gap:
            wide = len(table.columns.positions) + table.columns.is_elided
            yield element("tr", element("th", "⋮"), element("td", "⋮", colspan=wide), class_="gap")
        pairs = zip(table.texts[at], table.classes[at], strict=True)
        cells = [element("td", text, class_=name) for text, name in pairs]
        heading = element("th", label, scope="row")
        yield element(
            "tr", heading, *_with_gap(cells, table.columns, "td", "…"), data_row=number or False
        )


def _with_gap(cells: Sequence[Html], columns: TableSide, name: str, text: str) -> Iterator[Html]:
    for at, cell in enumerate(cells):
        if at == columns.gap:
            yield element(name, text, class_="gap")
        yield cell
