"""Find the matrices in a grid of cells: rectangles of numbers, with the texts that label them."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from typing import TypeAlias

from attncli.documents.sheets.written_names import is_arrow, is_small_label, read_label
from attncli.documents.text.csv_lines import is_numeral
from attncli.errors import DocumentError
from attncli.records import record

# A number, a truth value or a text; an empty cell is the text ''.
Cell: TypeAlias = "float | bool | str"
Grid: TypeAlias = "Sequence[Sequence[Cell]]"


MOST_BLOCKS = 10_000  # with more, the labels take too long


@record(frozen=True)
class Rectangle:
    """A rectangle of numbers in a grid.

    `name` is its label as it is written, or ''. `row` and `column` are the place of its first cell,
    counted from 0. If `has_gaps` is True, some of the cells are texts or empty. `note` says how the
    numbers around a matrix were read.
    """

    name: str
    row: int
    column: int
    cells: list[list[Cell]]
    row_labels: tuple[str, ...] | None = None
    column_labels: tuple[str, ...] | None = None
    has_gaps: bool = False
    note: str = ""


@record(frozen=True)
class _Block:
    """The rows top … bottom − 1 and the columns left … right − 1 of a grid."""

    top: int
    left: int
    bottom: int
    right: int
    has_gaps: bool = False


def rectangles(grid: Grid) -> list[Rectangle]:
    """Return the maximal rectangles of numbers, in reading order, with the labels around them.

    Numbers that touch each other at a side belong to one rectangle. The name is the nearest text
    above the rectangle, within its width; rows of arrows and rows of column labels are skipped, and
    a row with a number ends the search. If that text does not name a matrix, or empty rows are
    below it, a text at the left of the first row that names a matrix is the name. Several names in
    the row directly above a rectangle, or directly at its left, divide it. Raises DocumentError if
    the grid holds more than MOST_BLOCKS rectangles.

    >>> [(r.name, r.cells) for r in rectangles([["Q", "", "", "K"], [1.0, 2.0, "", 3.0]])]
    [('Q', [[1.0, 2.0]]), ('K', [[3.0]])]
    """
    blocks = _blocks(grid)
    if len(blocks) > MOST_BLOCKS:
        message = f"its numbers stand in more than {MOST_BLOCKS} separate places."
        raise DocumentError(message, "A matrix is a rectangle of numbers without gaps.")
    blocks.sort(key=lambda block: (block.top, block.left))
    return [_labelled(grid, part) for block in blocks for part in _divided(grid, block)]


def foreign_numbers(grid: Grid) -> Iterator[tuple[int, int]]:
    """Yield the places of texts that touch a number, and are numbers in another way of writing.

    Such a text, for example $1 or 1.234,5, belongs to the matrix: it is neither a label nor a gap.
    """
    for i, cells in enumerate(grid):
        for j, cell in enumerate(cells):
            if not isinstance(cell, str) or not cell:
                continue
            touching = (grid[row][column] for row, column in _beside_cell(grid, i, j))
            if any(map(_is_number, touching)) and is_numeral(cell):
                yield i, j


def joined_to_numbers(grid: Grid, places: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the members of `places` that touch a number, or another member."""
    return {
        place
        for place in places
        if any(
            (row, column) in places or _is_number(grid[row][column])
            for row, column in _beside_cell(grid, *place)
        )
    }


def _beside_cell(grid: Grid, row: int, column: int) -> Iterator[tuple[int, int]]:
    """Yield the places of the cells that touch a cell at a side."""
    for i, j in ((row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column)):
        if 0 <= i < len(grid) and 0 <= j < len(grid[i]):
            yield i, j


def doubtful_sides(
    grid: Grid, places: Container[tuple[int, int]], texts: Container[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yield the first cell of each first row, or first column, of a matrix that could be labels.

    All cells of such a side are in `places`, and no other cell of the matrix is one of `texts`.
    """
    for block in _blocks(grid):
        rows, columns = range(block.top, block.bottom), range(block.left, block.right)
        for side in ([(block.top, j) for j in columns], [(i, block.left) for i in rows]):
            others = [(i, j) for i in rows for j in columns if (i, j) not in side]
            is_alone = not any(one in texts for one in others)
            if others and is_alone and all(one in places for one in side):
                yield side[0]


def _is_number(cell: Cell) -> bool:
    return not isinstance(cell, str)


def _text(grid: Grid, row: int, column: int) -> str:
    """Return the text in a cell; '' for numbers, arrows and places outside the grid."""
    if row < 0 or column < 0 or row >= len(grid) or column >= len(grid[row]):
        return ""
    cell = grid[row][column]
    return "" if not isinstance(cell, str) or is_arrow(cell) else cell


def _runs(row: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """Yield the beginning and the end of each sequence of numbers in a row."""
    start = None
    for column, cell in enumerate(row):
        if _is_number(cell):
            start = column if start is None else start
        elif start is not None:
            yield start, column
            start = None
    if start is not None:
        yield start, len(row)


def _blocks(grid: Grid) -> list[_Block]:
    """Return the smallest blocks that hold all numbers that touch each other at a side."""
    parents: list[int] = []
    bounds: list[list[int]] = []  # top, left, bottom, right, and the number of cells

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    above: list[tuple[int, int, int]] = []
    for row, cells in enumerate(grid):
        here: list[tuple[int, int, int]] = []
        first = 0  # the first run above that may touch this run or a later one
        for start, end in _runs(cells):
            mine = len(parents)
            parents.append(mine)
            bounds.append([row, start, row + 1, end, end - start])
            here.append((start, end, mine))
            while first < len(above) and above[first][1] <= start:
                first += 1
            touching = first
            while touching < len(above) and above[touching][0] < end:
                other, mine = root(above[touching][2]), root(mine)
                if other != mine:
                    parents[mine] = other
                    joined, added = bounds[other], bounds[mine]
                    bounds[other] = [
                        *map(min, joined[:2], added[:2]),
                        *map(max, joined[2:4], added[2:4]),
                        joined[4] + added[4],
                    ]
                touching += 1
        above = here
    return [
        _Block(top, left, bottom, right, cells < (bottom - top) * (right - left))
        for number, (top, left, bottom, right, cells) in enumerate(bounds)
        if parents[number] == number
    ]


def _divided(grid: Grid, block: _Block) -> list[_Block]:
    """Return the parts of a block that has several names directly above it or at its left."""
    if block.has_gaps:
        return [block]
    columns = range(block.left, block.right)
    rows = range(block.top, block.bottom)
    above = {column: _text(grid, block.top - 1, column) for column in columns}
    beside = {row: _text(grid, row, block.left - 1) for row in rows}
    if starts := _starts(above):
        ends = [*starts[1:], block.right]
        pairs = zip(starts, ends, strict=True)
        return [_Block(block.top, start, block.bottom, end) for start, end in pairs]
    if starts := _starts(beside):
        ends = [*starts[1:], block.bottom]
        pairs = zip(starts, ends, strict=True)
        return [_Block(start, block.left, end, block.right) for start, end in pairs]
    return [block]


def _starts(texts: dict[int, str]) -> list[int]:
    """Return the places of the names along a side if each text there names another matrix."""
    named = [place for place, text in texts.items() if text]
    is_divided = len(named) > 1 and named[0] == min(texts)
    labels = {read_label(texts[place]) for place in named} if is_divided else set()
    return named if len(labels) == len(named) and None not in labels else []


def _labelled(grid: Grid, block: _Block) -> Rectangle:
    """Return the block with its name and labels."""
    side = tuple(_text(grid, row, block.left - 1) for row in range(block.top, block.bottom))
    has_side = all(side) and not (len(side) == 1 and read_label(side[0]))
    above, column_labels, is_near = _above(grid, block, has_side)
    beside = _beside(grid, block, block.left - has_side)
    alone = side[0] if len(side) == 1 else ""
    names = [above, beside, alone] if is_near else [beside, above, alone]
    name = next((name for name in names if read_label(name)), alone or above or beside)
    row_labels = side if has_side and name != side[0] else None
    cells = [list(grid[row][block.left : block.right]) for row in range(block.top, block.bottom)]
    for row in cells:
        row += [""] * (block.right - block.left - len(row))
    place = block.top, block.left
    return Rectangle(name, *place, cells, row_labels, column_labels, block.has_gaps)


def _above(grid: Grid, block: _Block, has_side: bool) -> tuple[str, tuple[str, ...] | None, bool]:
    """Return the nearest name above a block, or '', and the labels of its columns.

    The third result is True if no empty row stands between the name and the block. If `has_side` is
    True, the name may also stand directly above the labels of the rows.
    """
    labels: tuple[str, ...] | None = None
    in_labels = ""
    is_near = True
    for row in range(block.top - 1, -1, -1):
        inside = grid[row][block.left : block.right]
        if any(map(_is_number, inside)):
            break
        texts = tuple(_text(grid, row, column) for column in range(block.left, block.right))
        corner = _text(grid, row, block.left - 1) if has_side and is_near else ""
        found = [text for text in texts if text]
        named = [text for text in (corner, *texts) if read_label(text)]
        if _are_labels(texts):
            labels = texts if labels is None and all(texts) else labels
            if corner in named:
                return corner, labels, is_near
            in_labels = in_labels or (named[0] if len(named) == 1 else "")
        elif named or found:
            return (named or found)[0], labels, is_near
        else:
            is_near = is_near and any(inside)  # arrows
    return in_labels, None if in_labels else labels, is_near


def _are_labels(texts: tuple[str, ...]) -> bool:
    """Return True if the texts above the columns of a block label the columns."""
    written = [text for text in texts if text]
    if not written or (len(written) == 1 and read_label(written[0])):
        return False
    return (len(texts) > 1 and all(texts)) or all(map(is_small_label, written))


def _beside(grid: Grid, block: _Block, right: int) -> str:
    """Return the name at the left of a block: of its first row, or the only text beside it."""
    texts = [_text(grid, row, right - 1) for row in range(block.top, block.bottom)]
    written = [text for text in texts if text]
    if len(written) == 1:
        return written[0]
    for column in range(right - 1, -1, -1):
        cells = grid[block.top]
        if column < len(cells) and _is_number(cells[column]):
            return ""
        if text := _text(grid, block.top, column):
            return text
    return ""
