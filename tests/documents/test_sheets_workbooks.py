"""Test the matrices of workbooks, .xlsx and .ods: names, places, kinds of cells, and answers."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attncli
from attncli.documents.parsed import NAMELESS, Parsed
from attncli.documents.sources import Place, parse, parse_place
from attncli.errors import DocumentError
from tests.make_workbook import Cell, Rows, Xml, lesson, ods, ods_of, xlsx
from tests.running import SAMPLES, computed, run, succeed

SAMPLE = "sample:workbooks/self_attention"
BOTH = pytest.mark.parametrize(("write", "suffix"), [(xlsx, ".xlsx"), (ods, ".ods")])
Write = Callable[..., bytes]


def read(data: bytes, key: str | None = None, path: Path | None = None) -> Parsed:
    """Return the entries of a workbook, or of a part of it."""
    if key is None:
        return parse("", data)
    assert path
    path.write_bytes(data)
    return parse_place(Place(str(path), key))


def values(data: bytes, key: str | None = None, path: Path | None = None) -> dict[str, object]:
    return {name: part.value for name, part in read(data, key, path).items()}


def notes(data: bytes) -> list[str]:
    return [note for part in read(data).values() for note in part.notes]


def is_value(text: str) -> bool:
    return text in ("", "1/3", "0.5")


def test_the_sample_is_what_its_script_writes() -> None:
    """The sample workbook has the bytes that `python -m tests.make_workbook` writes."""
    assert (SAMPLES / "workbooks/self_attention.xlsx").read_bytes() == xlsx(lesson())


def test_a_sheet_is_a_problem_and_an_answer() -> None:
    """A sheet with inputs and results is calculated from its inputs, and checks itself."""
    assert computed(SAMPLE) == computed("sample:self_attention")
    result = succeed("check", SAMPLE, SAMPLE)
    assert "All right: 7 of 7 steps." in result.stdout
    assert "Q * K^T (F20:H22) is read as scores, 3 × 3." in result.stderr
    assert "Q, K, V, scores, scaled, weights and output are steps, and not part of" in result.stderr
    assert "= 2  (" in succeed("explain", SAMPLE, "scores[1,1]").stdout


HEADS = {
    "Q_h": "Q",
    "K_h": "K",
    "V_h": "V",
    "scores": "K^T * Q",
    "scaled": "r = K^T * Q / sqrt(dk)",
    "weights": "A = softmax(r)",
    "heads": "Z = V * A",
}


@BOTH
def test_a_sheet_of_heads_with_tokens_as_columns(write: Write, suffix: str, tmp_path: Path) -> None:
    """Labels that repeat once per head, in the layout `columns`, are read and checked."""
    numbers = random.Random(1)

    def drawn(rows: int, columns: int) -> list[list[float]]:
        return [[float(numbers.randint(-2, 2)) for _ in range(columns)] for _ in range(rows)]

    weights = {name: [drawn(2, 4) for _ in range(3)] for name in ("W_q", "W_k", "W_v")}
    tokens = drawn(4, 5)
    steps = attncli.compute({"X": tokens, **weights, "layout": "columns"})
    rows: list[list[Any]] = [["Multihead"], ["layout", "columns"], ["X"], *tokens, []]
    for head in range(3):
        for name in weights:
            rows += [[name.replace("_", "")], *weights[name][head], []]
        for step, label in HEADS.items():
            rows += [[label], ["↓", "↓"], *steps[step][head].tolist(), []]
    path = str(tmp_path / f"heads{suffix}")
    Path(path).write_bytes(write({"small": rows}))
    result = succeed("check", path, path)
    assert result.stdout.startswith("Right so far: 7 steps; output is missing.")
    assert "A = softmax(r) (A" in result.stderr
    assert "is read as weights, 3 × 5 × 5." in result.stderr


@BOTH
def test_numbers_keep_all_their_digits(write: Write, suffix: str) -> None:
    """A number of a workbook has its exact value, truth values stay, and texts become numbers."""
    rows: Rows = [["X"], [0.1 + 0.2, 1e-300], ["−1,5", "2.25"], [True, False]]
    assert values(write({"a": rows[:3]})) == {"X": [[0.1 + 0.2, 1e-300], [-1.5, 2.25]]}
    assert values(write({"a": [["mask"], [True, False]]})) == {"mask": [[True, False]]}


@BOTH
def test_an_answer_keeps_texts(write: Write, suffix: str) -> None:
    """The cells of an answer stay as they are written: texts, numbers, and empty cells."""
    data = write({"a": [["weights"], ["1/3", 0.25], ["0,5", 1.0], [2.0, ""]]})
    parsed = parse("", data, is_value)
    assert parsed["weights"].value == [["1/3", 0.25], ["0.5", 1.0], [2.0, ""]]


@BOTH
def test_arithmetic_of_a_problem_is_calculated(write: Write, suffix: str) -> None:
    """A text that touches numbers, or another such text, has the value that it has in CSV."""
    rows: Rows = [["Q"], ["1/2", "ln(1)"], ["50%", "½"], [], ["X"], [1.0, "2*sqrt(4)"], [3.0, 4.0]]
    assert values(write({"a": rows})) == {"Q": [[0.5, 0], [0.5, 0.5]], "X": [[1, 4], [3, 4]]}
    beside: Rows = [["Points", "1/2"], ["X"], [1.0, 2.0]]
    assert values(write({"a": beside})) == {"X": [[1, 2]]}
    labelled: Rows = [["Q", "a", "b"], ["one", "1/2", 1.0], ["two", 2.0, "1/3"]]
    assert values(write({"a": labelled})) == {"Q": [[0.5, 1], [2, 1 / 3]]}


@BOTH
@pytest.mark.parametrize("rows", [[["1/2", 1.0], ["2/2", 2.0]], [["1-2", "3-4"], [1.0, 2.0]]])
def test_arithmetic_that_could_be_labels_is_refused(write: Write, suffix: str, rows: Rows) -> None:
    """A first row or column of arithmetic beside plain numbers can be labels, or numbers."""
    with pytest.raises(DocumentError, match=r"A2 is the text '1.2': a label, or a number\?"):
        values(write({"a": [["X"], *rows]}))


@BOTH
@pytest.mark.parametrize("text", ["$1", "1.234,5", "1 000", "01.02.2024", "½2"])
def test_a_text_with_a_number_is_neither_a_label_nor_a_gap(
    write: Write, suffix: str, text: str
) -> None:
    """A text that touches numbers, and is a number in another way of writing, is refused."""
    first: Rows = [[text, 1.0], [text, 2.0]]
    last: Rows = [[1.0, 2.0], [3.0, text]]
    places = {"A2": first, "B3": last}
    for place, rows in places.items():
        with pytest.raises(DocumentError, match=rf"{place} is the text '.*', not a number\."):
            values(write({"a": [["X"], *rows]}))
    beside: Rows = [["Date", text], ["X"], [1.0, 2.0]]
    assert values(write({"a": beside})) == {"X": [[1, 2]]}


@BOTH
def test_names_are_trusted_in_order(write: Write, suffix: str) -> None:
    """A defined name counts before the name of the sheet, and that before the label."""
    ranges = {"W_q": "'My sheet'!$A$2:$B$3", "_dk": "'My sheet'!$A$2"}
    if suffix == ".ods":
        ranges = {"W_q": "$'My sheet'.$A$2:.$B$3"}
    block: Rows = [["Wk"], [1.0, 2.0], [3.0, 4.0]]
    data = write({"My sheet": block, "Q": [["K"], [5.0]]}, ranges)
    assert values(data) == {"W_q": [[1, 2], [3, 4]], "Q": [[5]]}
    assert notes(data) == ["K (Q!A2) is read as Q, 1 × 1."]
    assert values(write({"Sheet1": block})) == {"W_k": [[1, 2], [3, 4]]}
    assert notes(write({"Q": [[1.0, 2.0]]})) == ["A1:B1 is read as Q, 1 × 2."]


@BOTH
def test_places_in_a_workbook(write: Write, suffix: str, tmp_path: Path) -> None:
    """A key is a range of a sheet, a sheet, or a defined name; other keys list what there is."""
    path = tmp_path / f"book{suffix}"
    name = "'My sheet'!$B$2:$B$3" if suffix == ".xlsx" else "$'My sheet'.$B$2:.$B$3"
    sheets: dict[str, Rows] = {
        "My sheet": [["X"], [1.0, 2.0], [3.0, 4.0]],
        "small": [["X"], [5.0]],
    }
    data = write(sheets, {"right": name})
    whole = {"X": [[1, 2], [3, 4]]}
    assert values(data, "'My sheet'!A2:B2", path) == {NAMELESS: [[1, 2]]}
    assert values(data, "My sheet!$A$3", path) == {NAMELESS: [[3]]}
    assert values(data, "My sheet!A1:B3", path) == whole
    assert values(data, "My sheet", path) == values(data, "'My sheet'", path) == whole
    assert values(data, "right", path) == {NAMELESS: [[2], [4]]}
    assert values(data, "small", path) == {"X": [[5]]}
    with pytest.raises(DocumentError, match="it has no sheet, range or defined name 'large'") as no:
        read(data, "large", path)
    assert no.value.hint == "Its sheets are My sheet, small. Its defined names are right."
    with pytest.raises(DocumentError, match="X is on two sheets: My sheet and small"):
        values(data)
    message = run("compute", f"X={path}[0:1]").stderr
    assert f"a workbook has no slices. Write a range: {path}:B3:D6." in message
    arguments = (f"Q={path}:'My sheet'!A2:B3", f"K={path}:My sheet", f"V={path}:right")
    assert computed(*arguments)["scores"] == [[5, 11], [11, 25]]
    document = tmp_path / "problem.json"
    document.write_text(json.dumps({"X": f"book{suffix}:small!A2"}))
    assert computed(str(document))["scores"] == [[25]]


def test_a_range_of_the_only_sheet_needs_no_sheet(tmp_path: Path) -> None:
    """Where one sheet is visible, a range alone is a place."""
    data = xlsx({"a": [[1.0, 2.0]], "b": [[3.0]]}, hidden=("b",))
    assert values(data, "A1:B1", tmp_path / "b.xlsx") == {NAMELESS: [[1, 2]]}
    assert values(data, "b!A1", tmp_path / "b.xlsx") == {NAMELESS: [[3]]}
    assert notes(data) == ["hidden and not read: b."]


def test_a_range_of_an_answer_may_have_empty_cells(tmp_path: Path) -> None:
    """In an answer, a range is the whole matrix: its empty cells are not answered."""
    (tmp_path / "a.xlsx").write_bytes(xlsx({"a": [["weights"], [0.5, ""], ["", ""], ["", 0.5]]}))
    parsed = parse_place(Place(str(tmp_path / "a.xlsx"), "a!A2:B4"), is_value)
    assert parsed[NAMELESS].value == [[0.5, ""], ["", ""], ["", 0.5]]
    named = xlsx({"a": [["weights"], [0.5]]}, {"weights": "a!$A$2:$B$4", "scores": "a!$D$1:$E$1"})
    parsed = parse("", named, is_value)
    assert parsed["weights"].value == [[0.5, ""], ["", ""], ["", ""]]
    assert parsed["scores"].value == [["", ""]]
    with pytest.raises(DocumentError, match="the range A1:XFD1048576 has more than 300000 cells"):
        dict(parse("", xlsx({"a": [[0.5]]}, {"scores": "a!$A$1:$XFD$1048576"}), is_value))


def test_merged_cells_have_one_value() -> None:
    """The cells that a merged cell covers are empty, whatever the file holds in them."""
    merged = '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>'
    rows: Rows = [["X", 9.0], [1.0, 2.0]]
    assert values(xlsx({"a": rows}, after=merged)) == {"X": [[1, 2]]}
    covered = (
        '<table:table table:name="a"><table:table-row><table:table-cell '
        'office:value-type="string" table:number-columns-spanned="2"><text:p>X</text:p>'
        '</table:table-cell><table:covered-table-cell office:value-type="float" office:value="9"/>'
        '</table:table-row><table:table-row><table:table-cell office:value-type="float" '
        'office:value="2" table:number-columns-repeated="2"/></table:table-row></table:table>'
    )
    assert values(ods_of(covered)) == {"X": [[2, 2]]}


DATE = "A2 is a date; spreadsheets turn a typed 1/3 into one. Write =1/3, or '1/3 with an"
FORMULA = "A2 holds a formula that was never calculated. Open the workbook in a spreadsheet, and"
ODS_FORMULA = '<table:table-cell table:formula="of:=1/3"/>'
ODS_DATE = '<table:table-cell office:value-type="date" office:date-value="2026-03-01"/>'
ODS_TIME = '<table:table-cell office:value-type="time" office:time-value="PT01H"/>'
ODS_ERROR = (
    '<table:table-cell office:value-type="string" calcext:value-type="error" '
    'table:formula="of:=1/0"><text:p>Err:502</text:p></table:table-cell>'
)
UNUSABLE: list[tuple[Write, str | Cell, str]] = [
    (xlsx, Xml('<c r="PLACE" s="1"><v>46082</v></c>'), DATE),
    (xlsx, Xml('<c r="PLACE" s="3"><v>0.5</v></c>'), DATE),
    (xlsx, Xml('<c r="PLACE" t="d"><v>2026-03-01</v></c>'), DATE),
    (xlsx, Xml('<c r="PLACE" t="e"><f>1/0</f><v>#DIV/0!</v></c>'), "A2 is the error #DIV/0!."),
    (xlsx, "#N/A", "A2 is the error #N/A. Correct its formula in the spreadsheet."),
    (xlsx, Xml('<c r="PLACE"><f>1/3</f></c>'), FORMULA),
    (xlsx, Xml('<c r="PLACE"><f>1/3</f><v></v></c>'), FORMULA),
    (xlsx, "1,000", "A2 is the text '1,000': a thousand, or a decimal comma? Write it as a"),
    (ods, Xml(ODS_DATE), DATE),
    (ods, Xml(ODS_TIME), DATE),
    (ods, Xml(ODS_ERROR), "A2 is the error Err:502."),
    (ods, Xml(ODS_FORMULA), FORMULA),
    (ods, "#N/A", "A2 is the error #N/A."),
]


@pytest.mark.parametrize(("write", "cell", "message"), UNUSABLE)
def test_a_cell_without_a_usable_number_is_named(write: Write, cell: Cell, message: str) -> None:
    """Dates, errors and formulas that were never calculated are errors in a matrix alone."""
    with pytest.raises(DocumentError) as caught:
        values(write({"a": [["X"], [cell, 1.0]]}))
    assert str(caught.value).startswith(message)
    assert values(write({"a": [["X"], [1.0], [], ["due", cell]]})) == {"X": [[1]]}


def test_zero_of_a_program_that_leaves_formulas_to_excel_is_no_value() -> None:
    """XlsxWriter writes 0 as the value of each formula, and asks Excel to calculate them."""
    cell = Xml('<c r="PLACE"><f>1/3</f><v>0</v></c>')
    data = xlsx({"a": [["X"], [cell]]}, workbook='<calcPr fullCalcOnLoad="1"/>')
    with pytest.raises(DocumentError, match="A2 holds a formula that was never calculated"):
        values(data)
    assert values(xlsx({"a": [["X"], [cell]]})) == {"X": [[0]]}


@pytest.mark.parametrize("style", [0, 2, 4])
def test_numbers_in_other_formats_are_numbers(style: int) -> None:
    """Percentages, colours, and texts in a format do not make a date of a number."""
    cell = Xml(f'<c r="PLACE" s="{style}"><v>0.5</v></c>')
    assert values(xlsx({"a": [["X"], [cell]]})) == {"X": [[0.5]]}


def test_texts_of_every_kind() -> None:
    """Texts in a cell, texts with several formats, and results of formulas are read."""
    inline = (
        '<c r="PLACE" t="inlineStr"><is><r><t>W</t></r><r><t>q</t></r>'
        "<rPh><t>read aloud</t></rPh></is></c>"
    )
    formula = '<c r="PLACE" t="str"><f>"K"</f><v>K</v></c>'
    data = xlsx({"a": [[Xml(inline)], [1.0], [], [Xml(formula)], [2.0]]})
    assert values(data) == {"W_q": [[1]], "K": [[2]]}
    spans = (
        '<table:table table:name="a"><table:table-row><table:table-cell '
        'office:value-type="string"><office:annotation><text:p>a comment</text:p>'
        "</office:annotation><text:p>W<text:span>_q</text:span></text:p></table:table-cell>"
        '</table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell '
        'office:value-type="percentage" office:value="0.5"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row></table:table>'
    )
    assert values(ods_of(spans)) == {"W_q": [[0.5], [0.5]]}


def test_content_decides_what_a_file_is(tmp_path: Path) -> None:
    """A workbook is read under any name and from a pipe; another archive stays what it is."""
    data = xlsx({"a": [["X"], [1.0, 2.0]]})
    for name in ("marks.csv", "marks", "marks.zip"):
        (tmp_path / name).write_bytes(data)
        assert computed(str(tmp_path / name))["scores"] == [[5]]
    assert computed("-", stdin=data)["scores"] == [[5]]
    old = tmp_path / "old.xlsx"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    message = run("compute", str(old)).stderr
    assert "a workbook of an old Excel, or one with a password" in message


def test_notes_are_given_once_and_results_stay_clean() -> None:
    """Each reading is noted once, on standard error; standard output has the result alone."""
    result = succeed("compute", SAMPLE, "--only", "output", "-f", "json")
    assert list(json.loads(result.stdout)) == ["tokens", "output"]
    assert result.stderr.count("Wq (B9:D12) is read as W_q, 4 × 3.") == 1
    assert all(line.startswith("Note: ") for line in result.stderr.strip().split("\n"))


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def workbooks(draw: st.DrawFn) -> tuple[Mapping[str, Rows], dict[str, Any]]:
    """Draw sheets with one named matrix each, at any place, and the matrices by their names."""
    names = draw(st.lists(st.sampled_from(["X", "W_q", "K", "scores"]), min_size=1, unique=True))
    sheets: dict[str, Rows] = {}
    matrices = {}
    for i, name in enumerate(names):
        columns, left, top = (draw(st.integers(low, 3)) for low in (1, 0, 0))
        line = st.lists(NUMBERS, min_size=columns, max_size=columns)
        matrix = draw(st.lists(line, min_size=1, max_size=3))
        rows: list[list[Cell]] = [[] for _ in range(top)]
        rows.append([*[""] * left, name])
        rows += [[*[""] * left, *numbers] for numbers in matrix]
        sheets[f"sheet {i}"] = rows
        matrices[name] = matrix
    return sheets, matrices


@settings(max_examples=60, deadline=None)
@given(workbooks())
def test_both_forms_give_back_every_number(
    drawn: tuple[Mapping[str, Rows], dict[str, Any]],
) -> None:
    """Any finite number at any place comes back exactly, from .xlsx and from .ods."""
    sheets, matrices = drawn
    for write in (xlsx, ods):
        parsed = parse("", write(sheets), lambda text: not text)
        assert {name: part.value for name, part in parsed.items()} == matrices
