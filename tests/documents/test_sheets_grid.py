"""Test how matrices are found in a grid of cells, and what their labels mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attncli.documents.parsed import NAMELESS, Parsed
from attncli.documents.sheets.grid_parts import parts_of_grid
from attncli.documents.sheets.rectangles import Cell, rectangles
from attncli.documents.sheets.written_names import read_label
from attncli.errors import DocumentError


def grid_of(text: str) -> list[list[Cell]]:
    """Return the cells of a drawing: one line per row, cells with | between."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip("\n").split("\n")]
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(text: str) -> Cell:
    try:
        return float(text)
    except ValueError:
        return text


def where(row: int, column: int, rows: int, columns: int) -> str:
    first, last = f"{chr(65 + column)}{row + 1}", f"{chr(64 + column + columns)}{row + rows}"
    return first if first == last else f"{first}:{last}"


def read(text: str) -> Parsed:
    return parts_of_grid(grid_of(text), where)


def values(text: str) -> dict[str, object]:
    return {name: part.value for name, part in read(text).items()}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("X", "X"),
        ("Wq", "W_q"),
        ("W^Q", "W_q"),
        ("Q:", "Q"),
        ("X (4 x 3)", "X"),
        ("cross.W_q", "cross.W_q"),
        ("Q = X W_q", "Q"),
        ("K^T * Q", "scores"),
        ("QKᵀ", "scores"),
        ("Q K^T", "scores"),
        ("r = K^T * Q / sqrt(dk)", "scaled"),
        ("QK^T/√d_k", "scaled"),
        ("A = softmax(r)", "weights"),
        ("softmax", "weights"),
        ("softmax(QK^T / sqrt(d_k))", "weights"),
        ("Z = V * A", "output"),
        ("softmax(QK^T / sqrt(d_k)) V", "output"),
        ("Attention weights", "weights"),
        *((label, None) for label in ("x1", "q2", "I", "A", "My homework", "d_k", "dQ0", "")),
    ],
)
def test_labels_mean_matrices(label: str, name: str | None) -> None:
    """The labels that people write, also formulas, name matrices and steps; other texts do not."""
    found = read_label(label)
    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("label", "name", "index"),
    [
        ("Q0", "Q", (0,)),
        ("WK1", "W_k", (1,)),
        ("W_q^1", "W_q", (1,)),
        ("Head 2: Q", "Q", (2,)),
        ("K (head 1)", "K", (1,)),
        ("weights[2,1]", "weights", (2, 1)),
        ("W_1", "W_1", ()),
    ],
)
def test_labels_number_heads(label: str, name: str, index: tuple[int, ...]) -> None:
    """A number after the name of a matrix is the number of a head, unless it is part of a name."""
    found = read_label(label)
    assert found
    assert (found.name, found.index) == (name, index)


# Self-attention as a spreadsheet shows it: tokens are columns, and operands stand at the left of
# a product and above it.
SELF_ATTENTION = """
Self-attention |   |   |   | X  |    |
               |   |   |   | x1 | x2 | x3
               |   |   |   | 2  | 0  | 1
               |   |   |   | 0  | 1  | 1
Wq             |   |   |   | ↓  | ↓  | ↓
               |   |   |   | q1 | q2 | q3
1              | 0 |   | → | 5  | 6  | 7
0              | 2 |   | → | 8  | 9  | 4
               |   |   |   |    |    |
K^T            |   |   |   | K^T * Q |  |
1              | 2 |   | → | 3  | 1  | 4
1              | 0 |   | → | 1  | 5  | 9
2              | 6 |   | → | 2  | 6  | 5
               |   |   |   | ↓  | ↓  | ↓
               |   |   |   | r = K^T * Q / sqrt(dk) | | dk
               |   |   |   | 2  | 7  | 1
               |   |   |   | 8  | 2  | 8
               |   |   |   | 1  | 8  | 2
V              |   |   |   | A = softmax(r) |  |
1              | 3 | 7 | → | 0.5  | 0.2  | 0.25
0              | 1 | 9 | → | 0.25 | 0.3  | 0.25
               |   |   |   | 0.25 | 0.5  | 0.5
               |   |   |   | Z = V * A |  |
               |   |   |   | 4  | 3  | 2
               |   |   |   | 1  | 1  | 1
"""


def test_a_sheet_with_operands_around_products_is_read() -> None:
    """Each matrix of the layout gets its name; a block without a label is left out and said."""
    parts = read(SELF_ATTENTION)
    names = ["X", "W_q", "K", "scores", "scaled", "V", "weights", "output"]
    assert sorted(parts) == sorted(names)
    assert parts["K"].value == [[1, 1, 2], [2, 0, 6]]
    assert parts["scaled"].value == [[2, 7, 1], [8, 2, 8], [1, 8, 2]]
    assert parts["X"].column_labels == ("x1", "x2", "x3")
    assert parts["X"].notes == ("X (E3:G4) is read as X, 2 × 3.",)
    assert parts["output"].notes[1] == "left out: E7:G8 (no label)."
    assert parts["K"].notes == ("K^T (A11:B13) is read as the transpose of K, 2 × 3.",)


def test_matrices_side_by_side_without_a_gap_are_divided_by_their_names() -> None:
    """Several names in the row above one block of numbers divide it; so do names at its left."""
    above = values("Q | | K | | V\n1|2|3|4|5\n6|7|8|9|0")
    assert above == {"Q": [[1, 2], [6, 7]], "K": [[3, 4], [8, 9]], "V": [[5], [0]]}
    assert values("Q|1|2\n|3|4\nK|5|6\n|7|8") == {"Q": [[1, 2], [3, 4]], "K": [[5, 6], [7, 8]]}


def test_labels_of_rows_and_columns_are_kept() -> None:
    """Texts in the whole row above or column beside a matrix are labels; the corner is its name."""
    part = read("X | a | b\nI | 1 | 2\nlove | 3 | 4")["X"]
    assert (part.value, part.row_labels) == ([[1, 2], [3, 4]], ("I", "love"))
    assert part.column_labels == ("a", "b")
    below = read("X | |\n| a | b\nI | 1 | 2\nlove | 3 | 4")["X"]
    assert (below.row_labels, below.column_labels) == (("I", "love"), ("a", "b"))


def test_choices_stand_beside_their_names() -> None:
    """A choice is a number, a text or labels at the right of its name, also below a matrix."""
    drawn = "X\n1|2\n3|4\nheads|2\nscore = dot\nmask|causal\ntokens|I|love\nd_k|2"
    with pytest.raises(DocumentError, match="A4 is 'd_k'") as caught:
        read(drawn.replace("heads|2\nscore = dot\nmask|causal\ntokens|I|love\n", ""))
    assert "Leave a gap" in str(caught.value)
    assert values(drawn) == {
        "X": [[1, 2], [3, 4]],
        "heads": 2,
        "score": "dot",
        "mask": "causal",
        "tokens": ["I", "love"],
    }
    assert read("heads | 2\n\nX\n1|2")["heads"].notes == ("heads is 2 (B1).",)
    assert values("weights | scores\n1 | 2") == {"weights": [[1]], "scores": [[2]]}


def test_repeated_names_are_heads() -> None:
    """Blocks with one name are heads, if there are as many of Q as of K and V; else an error."""
    three = "X\n1|2\n\n" + "\n\n".join(
        f"Wq\n1\n{head}\n\nWk\n3\n{head}\n\nWv\n5\n{head}\n\nQ\n{6 + head}" for head in (1, 2)
    )
    heads = values(three)
    assert heads["W_q"] == [[[1], [1]], [[1], [2]]]
    assert heads["Q_h"] == [[[7]], [[8]]]
    notes = read(three)["W_q"].notes
    assert notes == ("Wq (A5:A6 and A20:A21) is read as W_q, 2 × 2 × 1.",)
    with pytest.raises(
        DocumentError, match=r"Q is given 2 times: at A2 and at A5\. K is given once"
    ):
        read("Q\n1\n\nQ\n2\n\nK\n1")
    with pytest.raises(DocumentError, match="X is given 2 times: at A2 and at A5"):
        read("X\n1\n\nX\n2")


def test_numbered_heads_are_in_the_order_of_their_numbers() -> None:
    """`Q1` before `Q0` in the sheet makes no difference; a number that is missing is an error."""
    assert values("Q1\n1\n\nQ0\n2") == {"Q": [[[2]], [[1]]]}
    with pytest.raises(DocumentError, match=r"not numbered one by one: Q1 \(A2\) and Q3 \(A5\)"):
        read("Q1\n1\n\nQ3\n2")
    with pytest.raises(DocumentError, match=r"K2 \(A5:B5\) is 1 × 2, but A2 is 1 × 1"):
        read("K1\n1|\n\nK2\n2|3")


def test_a_matrix_alone_needs_no_name() -> None:
    """The only matrix of a grid has no name; several matrices need names."""
    assert values("1|2\n3|4") == {NAMELESS: [[1, 2], [3, 4]]}
    part = read("My homework\n\n1|2\n3|4")[NAMELESS]
    assert part.notes == ("A3:B4 is read as one matrix; 'My homework' does not name a matrix.",)
    with pytest.raises(DocumentError, match=r"none of its matrices has a known name: A2:B2 \(the"):
        read("A\n1|2\n\nB\n3|4")


def test_gaps_in_a_matrix_are_blank_in_an_answer_only() -> None:
    """An empty cell in a matrix is an error in a problem, and not answered in an answer."""
    drawn = "Q\n1|2|3\n4||6"
    with pytest.raises(DocumentError, match=r"Q \(A2:C3\): B3 is empty, not a number"):
        read(drawn)
    grid = grid_of(drawn)
    written: list[list[Any]] = [list(row) for row in grid]
    written[1][0] = "1/3"
    parts = parts_of_grid(grid, where, written)
    assert parts["Q"].value == [["1/3", 2, 3], [4, "", 6]]


NAMES = ["X", "W_q", "W_k", "W_v", "W_o", "Q", "K", "V", "scores", "scaled", "weights", "output"]
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def layouts(draw: st.DrawFn) -> tuple[list[list[Cell]], dict[str, list[list[float]]]]:
    """Draw a sheet of named matrices at random places, and the matrices by their names."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    width = draw(st.integers(8, 30))
    grid: list[list[Cell]] = []
    matrices = {}
    row, column, bottom = 0, draw(st.integers(0, 2)), 0
    for name in names:
        rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        beside, labelled = draw(st.booleans()), draw(st.booleans())
        line = st.lists(NUMBERS, min_size=columns, max_size=columns)
        matrix = draw(st.lists(line, min_size=rows, max_size=rows))
        needed = columns + beside
        if column + needed > width:
            row, column = bottom + draw(st.integers(0, 2)), draw(st.integers(0, 2))
        top, left = row + (not beside) + labelled, column + beside
        while len(grid) < top + rows:
            grid.append([""] * (width + 10))
        grid[top if beside else row][column] = name
        for j in range(columns if labelled else 0):
            grid[top - 1][left + j] = f"x{j + 1}"
        for i, numbers in enumerate(matrix):
            grid[top + i][left : left + columns] = numbers
        matrices[name] = matrix
        bottom = max(bottom, top + rows + 1)
        column = left + columns + 1 + draw(st.integers(0, 2))
    return grid, matrices


@settings(max_examples=150, deadline=None)
@given(layouts())
def test_any_layout_of_named_matrices_is_read_exactly(
    drawn: tuple[list[list[Cell]], dict[str, list[list[float]]]],
) -> None:
    """Named matrices at any places, with labels of columns or without, are found with all cells."""
    grid, matrices = drawn
    assert {name: part.value for name, part in parts_of_grid(grid, where).items()} == matrices


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["", "Q", "→", 1.0, 2.0, True]), max_size=6), max_size=6))
def test_each_number_of_a_grid_is_in_a_rectangle(grid: list[list[Cell]]) -> None:
    """No number of any grid is lost: each is within one of the rectangles."""
    places = {
        (one.row + i, one.column + j)
        for one in rectangles(grid)
        for i, row in enumerate(one.cells)
        for j, _ in enumerate(row)
    }
    numbers = {
        (i, j)
        for i, row in enumerate(grid)
        for j, cell in enumerate(row)
        if not isinstance(cell, str)
    }
    assert numbers <= places


PANDAS: dict[str, tuple[list[list[Cell]], list[list[float]], str]] = {
    "index and header": (
        [["", 0.0, 1.0], [0.0, 0.5, 2.0], [1.0, 3.0, 4.0]],
        [[0.5, 2], [3, 4]],
        "the first row, 0, 1, and the first column are read as labels.",
    ),
    "index and names": (
        [["", "a", "b"], [0.0, 0.5, 2.0], [1.0, 3.0, 4.0]],
        [[0.5, 2], [3, 4]],
        "the first column, 0, 1, is read as labels.",
    ),
    "header alone": (
        [[0.0, 1.0], [0.5, 2.0], [3.0, 4.0]],
        [[0, 1], [0.5, 2], [3, 4]],
        "the first row, 0, 1, is read as numbers.",
    ),
}


@pytest.mark.parametrize(("grid", "matrix", "note"), PANDAS.values(), ids=PANDAS)
def test_the_numbers_around_a_matrix_are_labels(
    grid: list[list[Cell]], matrix: list[list[float]], note: str
) -> None:
    """Row and column numbers beside an empty corner are labels, and a doubtful reading is said."""
    (part,) = parts_of_grid(grid, lambda row, column, *_: f"{row},{column}").values()
    assert part.value == matrix
    assert [said.partition(": ")[2] for said in part.notes] == [note]
