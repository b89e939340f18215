"""CSV as people, spreadsheets and programs write it: read as meant, read and said, or refused."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.documents.parsed import NAMELESS, CsvForm
from attncli.documents.text.csv_text import parse_csv
from attncli.errors import DocumentError
from tests.running import run

# The text, the matrix that it means, and the notes that it gives.
READ: dict[str, tuple[str, list[list[float]], tuple[str, ...]]] = {
    "a first row 0, 1 of whole numbers": (
        "0,1\n5,2\n3,4\n",
        [[0, 1], [5, 2], [3, 4]],
        ("the first row, 0, 1, is read as numbers.",),
    ),
    "ones and zeros": ("1,0\n0,1\n1,0\n", [[1, 0], [0, 1], [1, 0]], ()),
    "pandas with index": (
        ",0,1,2\n0,1.0,2.0,3.0\n1,3.0,4.0,5.0\n",
        [[1, 2, 3], [3, 4, 5]],
        (
            "the first row, 0, 1, 2, is read as labels.",
            "the first column, 0, 1, is read as labels.",
        ),
    ),
    "R": (
        '"","V1","V2"\n"1",1,2\n"2",3,4\n',
        [[1, 2], [3, 4]],
        ("the first column, 1, 2, is read as labels.",),
    ),
    "R without a corner": (
        '"V1" "V2"\n"1" 1 2\n"2" 3 4\n',
        [[1, 2], [3, 4]],
        ("the first column, 1, 2, is read as labels.",),
    ),
    "R with commas and without a corner": (
        '"V1","V2"\n"1",1,2\n"2",3,4\n',
        [[1, 2], [3, 4]],
        ("the first column, 1, 2, is read as labels.",),
    ),
    "a print of pandas": (
        "   0  1\n0  1  2\n1  3  4\n",
        [[1, 2], [3, 4]],
        (
            "the first row, 0, 1, is read as labels.",
            "the first column, 0, 1, is read as labels.",
        ),
    ),
    "a title above numbers": (
        "My homework\n1.5 2 3\n2 3 4\n",
        [[1.5, 2, 3], [2, 3, 4]],
        ("line 1, 'My homework', is read as a title.",),
    ),
    "a sentence with its point": ("I,1,2\n.,3,4\n", [[1, 2], [3, 4]], ()),
    "the sign of infinity": ("0,-∞\n0,0\n", [[0, float("-inf")], [0, 0]], ()),
    "a column of row numbers": (
        "id,a,b\n1,7,2\n2,3,4\n3,5,6\n",
        [[7, 2], [3, 4], [5, 6]],
        ("the first column, 1, 2, 3, is read as labels.",),
    ),
    "a feature that counts": (
        "age,b\n0,1\n1,3\n2,5\n",
        [[0, 1], [1, 3], [2, 5]],
        ("the first column, 0, 1, 2, is read as numbers.",),
    ),
    "labels that begin with a digit": (
        "1st,2nd\n1,2\n5,6\n",
        [[1, 2], [5, 6]],
        ("the first row, 1st, 2nd, is read as labels.",),
    ),
    "quoted decimal commas": ('"1,5","2,5"\n"3,5",4\n', [[1.5, 2.5], [3.5, 4]], ()),
    "blanks as numpy.savetxt writes them": (
        "1.000000000000000000e+00 2.5\n-3.0 4.0\n",
        [[1, 2.5], [-3, 4]],
        (),
    ),
    "columns of several blanks": ("   1   2\n  10  20\n", [[1, 2], [10, 20]], ()),
    "blanks and decimal commas": ("0,5 0,7\n1,5 2,5\n", [[0.5, 0.7], [1.5, 2.5]], ()),
    "blanks and labels": ("I 1 2\nlove 3 4\n", [[1, 2], [3, 4]], ()),
    "a minus as typography has it": ("−1,–2\n－3,4\n", [[-1, -2], [-3, 4]], ()),
    "full-width digits": ("１,２\n３,４.５\n", [[1, 2], [3, 4.5]], ()),
    "the line in which Excel says the delimiter": ("sep=;\n1,5;2\n3;4\n", [[1.5, 2], [3, 4]], ()),
    "delimiters at the ends of lines": ("1;2;\n3;4;\n", [[1, 2], [3, 4]], ()),
    "a label with a tab": ("a\tb,c\n1,2\n3,4\n", [[1, 2], [3, 4]], ()),
    "a label with a semicolon": ("I;,love\n1,2\n3,4\n", [[1, 2], [3, 4]], ()),
    "tokens that begin with a hash": ("play,1,2\n##ing,3,4\n#,5,6\n", [[1, 2], [3, 4], [5, 6]], ()),
    "a corner that begins with a hash": ("#,a,b\nx,1,2\ny,3,4\n", [[1, 2], [3, 4]], ()),
    "a title above": (
        "My homework\n\n1,2\n3,4\n",
        [[1, 2], [3, 4]],
        ("line 1, 'My homework', is read as a title.",),
    ),
    "one column with a title": (
        "token id\n1\n2\n",
        [[1], [2]],
        ("line 1, 'token id', is read as a title.",),
    ),
}


@pytest.mark.parametrize(("text", "matrix", "notes"), READ.values(), ids=READ)
def test_a_form_is_read_as_meant(
    text: str, matrix: list[list[float]], notes: tuple[str, ...]
) -> None:
    """A form is read as the matrix that it means, and a doubtful reading is said."""
    part = parse_csv(text.encode())[NAMELESS]
    np.testing.assert_array_equal(np.asarray(part.value), matrix)
    assert part.notes == notes


@pytest.mark.parametrize("name", ["X:", "X =", "x", "inputs:", "X,,", '"X",'])
def test_a_name_may_have_a_colon_or_an_equals_sign(name: str) -> None:
    """A name above a matrix may end with a colon, an equals sign, or a spreadsheet's commas."""
    assert json.loads(run("compute", "-", "-f", "json", stdin=f"{name}\n1,2\n3,4\n").stdout)[
        "scores"
    ]


# Each text can be read in two ways, or holds a cell that is not a plain number.
REFUSED = {
    "pandas without index": (
        "0,1\n1.0,2.0\n0.0,1.0\n",
        (
            "line 1: the first row, 0, 1, can be labels or numbers. "
            "Say --header yes or no. Numbers can be written as 0.0, 1.0."
        ),
    ),
    "pandas without header": (
        "0,1.5,2.5\n1,3.5,4.5\n",
        (
            "line 1: the first column, 0, 1, can be labels or numbers. "
            "Leave labels out. Numbers can be written as 0.0, 1.0."
        ),
    ),
    "an index that does not count": (
        ",a,b\n5,1,2\n7,3,4\n",
        (
            "line 1: the first cell is empty, so the column 5, 7 could be labels. "
            "Fill the cell for numbers, or leave the column out."
        ),
    ),
    "thousands or a decimal comma": (
        '"1,234","2,500"\n3,4\n',
        "line 1: 1,234 can be 1.234 or 1234. Write it without a comma.",
    ),
    "points and commas": (
        "1.5;2\n3,5;4\n",
        "line 2 has 3,5, and line 1 has 1.5. Write all numbers with a decimal point.",
    ),
    "thousands with blanks": (
        "1 000\n2 000\n",
        (
            "line 1 can be one number with a thousands separator, or several. "
            "Write 1000 for one number, or put commas between several."
        ),
    ),
    "MATLAB's rows": (
        "1,2;3,4\n",
        (
            "line 1 can be one row with decimal commas, or rows of numbers. "
            "Say --delimiter ';', or write each row on its own line."
        ),
    ),
    "a title or column labels": (
        "V1 V2\n1 1 0\n2 0 1\n",
        (
            "line 1: 'V1 V2' can be a title or column labels. "
            "Say --header no for a title, --header yes for labels."
        ),
    ),
    "a name in a comment between rows": (
        "# Q\n1,0\n0,1\n# K\n1,0\n0,1\n",
        (
            "line 5: the comment # K stands between two rows. "
            "Write the name without # if a matrix begins here."
        ),
    ),
    "a choice below a matrix": (
        "X\n1,0\n0,1\n\nscore = dot\n",
        "line 5: the choice score stands below a matrix. Move its line to the top of the file.",
    ),
    "a token that is a number": (
        "I,1,0\n2024,0,1\n",
        (
            "line 2, field 1 is 2024, but the column has labels such as 'I'. "
            "Leave the column out, and give the labels with --tokens."
        ),
    ),
    "an empty token": (
        "I,1,0\n,0,1\n",
        (
            "line 2, field 1 is empty, but the column has labels such as 'I'. "
            "Leave the column out, and give the labels with --tokens."
        ),
    ),
    "a full-width comma": (
        "1，0\n0，1\n",
        (
            "line 1, field 1 is '1，0', not a number. "
            "Put a comma, a semicolon, a tab or a blank between numbers."
        ),
    ),
    "Markdown without bars at the sides": (
        "a | b\n---|---\n0 | 1\n",
        (
            "line 2: this is a Markdown table without bars at its sides. "
            "Write | at both ends of each of its lines."
        ),
    ),
    "formulas": (
        "=0,=1/sqrt(2)\n=1/sqrt(2),1\n",
        "line 1, field 1 is '=0', not a number. Write numbers as 1.5, -2, 1e-5 or 1/2.",
    ),
    "fractions above numbers": (
        "1/2,2/2\n3,4\n",
        (
            "line 1: the first row, 1/2, 2/2, can be labels or numbers. "
            "Say --header yes or no. Numbers can be written as 0.5."
        ),
    ),
    "percentages beside numbers": (
        "50%,1\n75%,2\n",
        (
            "line 1: the first column, 50%, 75%, can be labels or numbers. "
            "Leave labels out. Numbers can be written as 0.5."
        ),
    ),
    "a date in a matrix": (
        "1,2\n3,2026-11-28\n",
        ("line 2, field 2 is '2026-11-28', not a number. Write numbers as 1.5, -2, 1e-5 or 1/2."),
    ),
    "a header wider than the rows": (
        "a,b,c\n1,2\n3,4\n",
        "line 2 has 2 cells, but line 1 has 3. All rows of a matrix have the same length.",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_a_doubtful_form_is_refused(text: str, message: str) -> None:
    """A text that can be read in two ways is refused, with the cure."""
    with pytest.raises(DocumentError) as error:
        parse_csv(text.encode())
    assert str(error.value) == message


OTHER_NUMBERS = [
    "1\u00a0392.3",
    *("$1", "1€", "=1/3", "1 000", "1'000", "1d5", "0x10", "1_000", "1.234,5"),
    *("2026-11-28", "28.11.2026", "N/A", "#N/A", "#DIV/0!", "#NAME?", "n/a", "?"),
    *("1+2j", "\u200b1", "(1)"),
]


@pytest.mark.parametrize("cell", OTHER_NUMBERS)
@pytest.mark.parametrize("is_column", [False, True], ids=["row", "column"])
def test_a_number_in_another_form_is_never_a_label(cell: str, is_column: bool) -> None:
    """A first row or column of such cells is refused, and the first of them is named."""
    rows = [[f'"{cell}"', f'"{cell}"'], ["3", "4"]]
    if is_column:
        rows = [list(row) for row in zip(*rows, strict=True)]
    with pytest.raises(DocumentError, match=r"^line 1, field 1 is .*, not a number\."):
        parse_csv("\n".join(map(",".join, rows)).encode())


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("½", 0.5),
        ("sqrt(2)", 2**0.5),
        ("√2", 2**0.5),
        ("2·3", 6),
        ("e^2", math.e**2),
    ],
)
@pytest.mark.parametrize("is_column", [False, True], ids=["row", "column"])
def test_arithmetic_is_a_number_and_never_a_label(cell: str, value: float, is_column: bool) -> None:
    """A first row or column of arithmetic is read as numbers, in float64 of the exact value."""
    rows = [[cell, cell], ["3", "4"]]
    expected = np.array([[value] * 2, [3, 4]])
    if is_column:
        rows, expected = [list(row) for row in zip(*rows, strict=True)], expected.T
    part = parse_csv("\n".join(map(",".join, rows)).encode())[NAMELESS]
    np.testing.assert_array_equal(np.asarray(part.value), expected)
    assert part.row_labels is part.column_labels is None


@pytest.mark.parametrize("cell", ["A¼", "e", "pi", "2nd", "1½x", "x1"])
def test_a_word_with_a_fraction_may_be_a_label(cell: str) -> None:
    """A word that is not arithmetic labels a column."""
    part = parse_csv(f"{cell},{cell}\n1,2\n3,4\n".encode())[NAMELESS]
    assert part.column_labels == (cell, cell)


def test_fractions_among_other_arithmetic_are_numbers() -> None:
    """A first row of fractions is numbers if other rows have arithmetic, or with --header no."""
    part = parse_csv(b"1/2,2/3\n3,1/4\n")[NAMELESS]
    np.testing.assert_array_equal(np.asarray(part.value), [[1 / 2, 2 / 3], [3, 1 / 4]])
    part = parse_csv(b"1/2,2/3\n3,4\n", None, CsvForm(header=False))[NAMELESS]
    np.testing.assert_array_equal(np.asarray(part.value), [[1 / 2, 2 / 3], [3, 4]])
    part = parse_csv(b"1/2,2/3\n3,4\n", None, CsvForm(header=True))[NAMELESS]
    assert part.column_labels == ("1/2", "2/3")
    beside = parse_csv(b"Q,,,K,\n1/2,1,,1,2\n1/3,2,,3,4\n")
    np.testing.assert_array_equal(np.asarray(beside["Q"].value), [[1 / 2, 1], [1 / 3, 2]])


def test_a_no_break_space_stands_within_a_number() -> None:
    """A number with a no-break space is not two numbers in a file with blanks."""
    with pytest.raises(DocumentError, match=r"^line 1, field 2 is '1.xa0392', not a number\."):
        parse_csv("0.6 1\u00a0392 1.6\n1 2 3\n".encode())


def test_the_user_says_what_only_the_user_knows(tmp_path: Path) -> None:
    """--header and --delimiter decide between two readings."""
    text = b"0,1\n1.0,2.0\n3.0,4.0\n"
    for header, rows in ((True, 2), (False, 3)):
        matrix = np.asarray(parse_csv(text, None, CsvForm(header=header))[NAMELESS].value)
        assert matrix.shape == (rows, 2)
    path = tmp_path / "x.csv"
    path.write_text("1,2;3,4\n")
    result = run("compute", str(path), "--delimiter", ";", "--only", "scores", "-f", "json")
    assert json.loads(result.stdout)["scores"] == [[13.0]]


def test_an_option_without_a_csv_file_is_warned_of() -> None:
    """--delimiter and --header have no effect on JSON, and a warning says so."""
    result = run("compute", "X=[[1]]", "--header", "no", "--delimiter", "tab", "--only", "scores")
    assert result.exit_code == 0
    assert result.stderr == (
        "Warning: --delimiter and --header have no effect: no CSV file is read.\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "scale = 0,5\ntokens = I;love\n\nX\n1,5;2\n3;4\n",
        "scale;0,5\ntokens;I;love\n\nX;;\n1,5;2;\n3;4;\n",
        "scale,0.5\ntokens,I,love\n\nX\n1.5,2\n3,4\n",
        "scale\t0,5\ntokens\tI\tlove\n\nX\n1,5\t2\n3\t4\n",
    ],
)
def test_choices_are_written_as_the_file_writes_cells(text: str) -> None:
    """A choice may stand in two cells, with the file's decimal comma and delimiter."""
    result = run("compute", "-", "--only", "scaled", "-f", "csv", "--labels", stdin=text).stdout
    assert result.splitlines() == [",I,love", "I,3.125,6.25", "love,6.25,12.5"]


def test_a_comment_may_repeat_the_name_below_it() -> None:
    """A comment with a name is refused only where a row follows it directly."""
    parts = parse_csv(b"Q\n1,0\n# K\nK\n0,1\n")
    assert {name: part.value.tolist() for name, part in parts.items()} == {  # type: ignore[attr-defined]
        "Q": [[1, 0]],
        "K": [[0, 1]],
    }


def test_a_row_of_labels_is_not_a_choice() -> None:
    """`tokens` above a column of labels is the corner of a matrix."""
    part = parse_csv(b"tokens,a,b\nI,1,2\nlove,3,4\n")[NAMELESS]
    assert (part.row_labels, part.column_labels) == (("I", "love"), ("a", "b"))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_unanswered_row_is_kept_wherever_it_stands(place: int, tmp_path: Path) -> None:
    """An empty row of an answer is not answered: first, in the middle and last."""
    rows = ["0.0634,0.4683,0.4683", "0.0000,0.9820,0.0180", "0.0003,0.8805,0.1192"]
    rows[place] = ",,"
    path = tmp_path / "answer.csv"
    path.write_text("weights\n" + "\n".join(rows) + "\n")
    report = run("check", "samples/self_attention.json", "--score", "dot", str(path), "-f", "json")
    verdicts = {
        part["name"]: part["data"]["verdict"] for part in json.loads(report.stdout)["results"]
    }
    assert verdicts["weights"] == "right"


def test_slices_are_counted_without_making_them() -> None:
    """A slice far away is missed at once, and thousands of slices are read."""
    for text, missing in (("X[999999999]\n1,2\n", "X[1]"), ("X[1,2]\n1\nX[2,1]\n1\n", "X[1,1]")):
        with pytest.raises(DocumentError, match=rf"^{missing.replace('[', '.')[:-1]}. is missing"):
            parse_csv(text.encode())
    text = "".join(f"X[{i + 1}]\n1,2\n" for i in range(4001))
    assert np.asarray(parse_csv(text.encode())["X"].value).shape == (4001, 1, 2)


@pytest.mark.parametrize("index", ["1" * 5000, ",".join("1" * 70), "0", "-1", "1,"])
def test_an_odd_index_is_refused(index: str) -> None:
    """A name with an index that no slice can have is refused in one line."""
    with pytest.raises(DocumentError, match=r"^line 1"):
        parse_csv(f"X[{index}]\n1,2\n".encode())


NUMBERS = st.floats(-1e6, 1e6, width=32).map(lambda number: round(number, 3))


@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(NUMBERS, min_size=width, max_size=width), min_size=2, max_size=5
        )
    ),
    st.sampled_from(",;\t "),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_a_dialect_is_read_or_refused(
    matrix: list[list[float]], delimiter: str, has_commas: bool, has_labels: bool, is_quoted: bool
) -> None:
    """A dialect of CSV is read as the matrix that it means, or refused."""
    cells = [[repr(number) for number in row] for row in matrix]
    if has_commas:
        cells = [[cell.replace(".", ",") for cell in row] for row in cells]
    if has_labels:
        names = itertools.chain(["token"], (f"x{i}" for i in itertools.count()))
        cells = [[f"t{i}", *row] for i, row in enumerate(cells)]
        cells.insert(0, list(itertools.islice(names, len(cells[0]))))
    text = io.StringIO()
    written = csv.writer(
        text, delimiter=delimiter, quoting=csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    )
    written.writerows(cells)
    try:
        part = parse_csv(text.getvalue().encode())[NAMELESS]
    except DocumentError:
        return
    np.testing.assert_array_equal(np.asarray(part.value), matrix)


LAID_OUT = {
    "side by side": "My homework\nQ,,,K,\n1,2,,3,4\n5,6,,7,8\n",
    "the names at the left": "Q,1,2\n,5,6\n\nK,3,4\n,7,8\n",
    "away from the corner": ",Q,,,K,\n,1,2,,3,4\n,5,6,,7,8\n",
    "with decimal commas": ";Q;;;K;\n;1,0;2,0;;3;4\n;5;6;;7;8\n",
}


@pytest.mark.parametrize("text", LAID_OUT.values(), ids=LAID_OUT)
def test_matrices_may_stand_side_by_side(text: str) -> None:
    """Matrices of any layout are found by the names above or beside them, and this is said."""
    result = run("compute", "-", "--only", "scores", "-f", "json", stdin=text)
    assert json.loads(result.stdout)["scores"] == [[11, 23], [39, 83]]
    assert "is read as Q, 2 × 2." in result.stderr
    assert "is read as K, 2 × 2." in result.stderr


def test_an_answer_may_stand_side_by_side(tmp_path: Path) -> None:
    """The cells of an answer in a grid keep their digits and their arithmetic."""
    path = tmp_path / "answer.csv"
    path.write_text("scores,,,weights,\n1,0,,0.73,0.27\n0,1,,1/(1+e),0.731\n")
    report = run("check", "Q=[[1,0],[0,1]]", "K=[[1,0],[0,1]]", str(path), "--score", "dot")
    assert report.exit_code == 0, report.stdout
    assert "weights (lines 2 to 3, fields 4 to 5) is read as weights, 2 × 2." in report.stderr


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1,0.67,0.33\n2,0.33,0.67\n", "column seems to number the rows"),
        ("1,2\n0.67,0.33\n0.33,0.67\n", "row seems to number the columns"),
    ],
)
def test_a_counter_of_an_answer_is_suspected(text: str, meaning: str, tmp_path: Path) -> None:
    """A matrix that is too large by a row or a column that counts is said to have a counter."""
    path = tmp_path / "weights.csv"
    path.write_text(text)
    report = run("check", "Q=[[1,0],[0,1]]", "K=[[1,0],[0,1]]", f"weights={path}")
    assert f"but should be 2 × 2. The first {meaning}: leave it out." in report.stdout


def test_a_wrong_cell_of_an_answer_is_found_in_the_file(tmp_path: Path) -> None:
    """A cell that is not a value is named by the line and the field of the file."""
    path = tmp_path / "answer.csv"
    path.write_text("weights\n,a,b\nx,0.5,0.5\ny,0.3,0.7x\n")
    report = run("check", "Q=[[1,0],[0,1]]", "K=[[1,0],[0,1]]", str(path))
    assert report.stderr == (
        f"Error: {path}: line 4, field 3 of weights is '0.7x', not a number or arithmetic. "
        "Write a number, arithmetic such as 3/sqrt(2) or e^2, or leave it empty.\n"
    )


def test_two_numbers_in_a_cell_are_refused_beside_names(tmp_path: Path) -> None:
    """A cell with two numbers side by side is named, whichever way the file is laid out."""
    (tmp_path / "beside.csv").write_text("Q,,,K,\n1,2 3,,3,4\n5,6,,7,8\n")
    (tmp_path / "thousands.csv").write_text("V1;d2\n-995 880;4 077\n-1;0\n")
    beside, thousands = (
        run("compute", str(tmp_path / f"{name}.csv")) for name in ("beside", "thousands")
    )
    assert (beside.exit_code, thousands.exit_code) == (2, 2)
    assert "line 2, field 2 is '2 3', two numbers side by side" in beside.stderr
    assert "line 2, field 1 is '-995 880', not a number" in thousands.stderr
