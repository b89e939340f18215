"""Test worksheets: blank, filled in by a spreadsheet, and their keys, as `check` reads them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.calculation.problem.worksheet import Worksheet
from attncli.documents.handouts.worksheet_csv import worksheet_csv
from attncli.documents.handouts.worksheet_xlsx import worksheet_xlsx
from attncli.documents.samples import sample_names
from attncli.documents.sheets.xlsx_writer import Style, WrittenCell, WrittenSheet, workbook_bytes
from attncli.formats import WORKSHEETS, choose_format
from attncli.render.view import View
from tests.running import run, succeed

openpyxl: Any = pytest.importorskip("openpyxl")
calamine: Any = pytest.importorskip("python_calamine")

DOCUMENTS = [name for name in sample_names() if name.count("/") == 0]
TWO_HEADS = "sample:two_heads"
HOSTILE = [
    *(
        "=1+2",
        "@SUM(A1)",
        "-x",
        "+x",
        "key",
        "tokens",
        "4a",
        "Q",
        "X",
        "'it'",
        "a,b",
        "a;b",
        'say "x"',
        "# x",
    ),
    *("_x0041_", "<b>&amp;", "bell\x07", "1/2", "mask", " "),
]


def worksheet(document: Any, is_key: bool = False, decimals: int = 2) -> Worksheet:
    return Worksheet(attncli.compute(document).made, decimals, "problem.json", is_key)


def asked(document: Any) -> dict[str, Any]:
    """Return the right numbers of the steps that a worksheet asks."""
    names = {part.name for part in worksheet(document).steps() if part.is_asked}
    return {name: m for name, m in attncli.compute(document).items() if name in names}


def written(sheet: Worksheet, suffix: str) -> bytes:
    """Return a worksheet in the form that has this suffix."""
    form = choose_format(WORKSHEETS, None, Path(f"sheet{suffix}"))
    return form.write(sheet, View())


def numbers_of(result: dict[str, Any]) -> dict[str, list[list[float]]]:
    """Return the matrices of a result by the names of their sections: `weights[1]` for head 1."""
    sections = {}
    for name, matrix in result.items():
        for index in np.ndindex(*matrix.shape[:-2]):
            numbers = ",".join(str(at + 1) for at in index)
            sections[f"{name}[{numbers}]" if index else name] = matrix[index].tolist()
    return sections


def filled_workbook(data: bytes, result: dict[str, Any]) -> bytes:
    """Return a workbook whose ranges of steps openpyxl has filled in with these numbers."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for name, numbers in numbers_of(result).items():
        defined = book.defined_names[name.replace("[", ".").replace(",", ".").rstrip("]")]
        (title, area), *_ = defined.destinations
        for row, values in zip(book[title][area], numbers, strict=True):
            for cell, value in zip(row, values, strict=True):
                assert cell.value is None
                cell.value = "-inf" if value == float("-inf") else round(value, 2)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def filled_csv(data: bytes, result: dict[str, Any], delimiter: str) -> bytes:
    """Return a CSV worksheet filled in with these numbers, and saved as spreadsheets save it.

    All lines have the same number of cells, and with semicolons numbers have decimal commas.
    """
    rows = list(csv.reader(io.StringIO(data.decode())))
    width = max(map(len, rows))
    numbers = numbers_of(result)
    section: list[list[float]] = []
    for row in rows:
        if len(row) == 1 and row[0] in numbers:
            section = [[], *numbers[row[0]]]
        elif section and row and not row[0].startswith("#"):
            values = section.pop(0)
            if values:
                assert row[1:] == [""] * len(values)
                row[1:] = [f"{value:.2f}" for value in values]
                if delimiter == ";":
                    row[1:] = [text.replace(".", ",") for text in row[1:]]
        row += [""] * (width - len(row))
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def filled_markdown(data: bytes, result: dict[str, Any]) -> bytes:
    """Return a Markdown worksheet with these numbers in its empty cells, in their order."""
    texts = (
        f"{number:.2f}"
        for matrix in numbers_of(result).values()
        for row in matrix
        for number in row
    )
    lines = data.decode().split("\n")
    for i, line in enumerate(lines):
        if line.startswith("|") and not lines[i + 1].startswith("| --"):
            cells = re.split(r"(?<!\\)\|", line)
            cells[2:-1] = [cell if cell.strip() else next(texts) for cell in cells[2:-1]]
            lines[i] = "|".join(cells)
    assert not list(texts)
    return "\n".join(lines).encode()


def fill(data: bytes, result: dict[str, Any], form: str) -> bytes:
    if form == ".xlsx":
        return filled_workbook(data, result)
    return filled_markdown(data, result) if form == ".md" else filled_csv(data, result, form)


FILLED = pytest.mark.parametrize("form", [",", ";", ".xlsx", ".md"])


def suffix_of(form: str) -> str:
    return form if form.startswith(".") else ".csv"


def verdicts(document: str, answer: Path) -> dict[str, str]:
    """Return the verdict on each step; `check` must end with status 0, and say nothing else."""
    result = run("check", document, str(answer), "-f", "json")
    assert result.exit_code == 0, result.stderr
    assert not result.stderr, result.stderr
    steps = json.loads(result.stdout)["results"]
    return {step["name"]: step["data"]["verdict"] for step in steps}


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".md"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_key_is_all_right(name: str, suffix: str, tmp_path: Path) -> None:
    """The key of each sample has every step, and each is right; the blank worksheet has none."""
    key, blank = tmp_path / f"key{suffix}", tmp_path / f"blank{suffix}"
    key.write_bytes(written(worksheet(name, is_key=True), suffix))
    blank.write_bytes(written(worksheet(name), suffix))
    steps = list(attncli.compute(name))
    assert verdicts(name, key) == dict.fromkeys(steps, "right")
    assert verdicts(name, blank) == dict.fromkeys(asked(name), "missing")


@FILLED
def test_a_filled_worksheet_is_all_right(form: str, tmp_path: Path) -> None:
    """A worksheet is all right if a spreadsheet has filled in the right numbers and saved it."""
    answer = tmp_path / f"answer{suffix_of(form)}"
    answer.write_bytes(fill(written(worksheet(TWO_HEADS), answer.suffix), asked(TWO_HEADS), form))
    assert verdicts(TWO_HEADS, answer) == dict.fromkeys(asked(TWO_HEADS), "right")
    assert attncli.check(TWO_HEADS, answer).passed


@FILLED
def test_a_mistake_in_a_worksheet_is_named(form: str, tmp_path: Path) -> None:
    """A worksheet with the numbers of a known mistake gets the name of the mistake."""
    wrong = dict(attncli.compute(TWO_HEADS, scale=1))
    wrong = {name: wrong.get(name, wrong["scores"]) for name in asked(TWO_HEADS)}
    answer = tmp_path / f"answer{suffix_of(form)}"
    answer.write_bytes(fill(written(worksheet(TWO_HEADS), answer.suffix), wrong, form))
    report = attncli.check(TWO_HEADS, answer)
    mistakes = {step.name: step.mistakes for step in report.steps if step.mistakes}
    assert mistakes == {"scaled": ("no-scale",)}


@FILLED
@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_only_a_label(label: str, form: str, tmp_path: Path) -> None:
    """No label of a token is taken for a formula, a name, a comment, a choice or a number."""
    document = {
        "tokens": [label, "b"],
        "memory_tokens": ["c", label, "d"],
        "Q": [[1, 0], [0, 1]],
        "K": [[1, 0], [0, 1], [1, 1]],
        "V": [[1, 2], [3, 4], [5, 6]],
    }
    problem, suffix = tmp_path / "problem.json", suffix_of(form)
    problem.write_text(json.dumps(document))
    result = dict(attncli.compute(document))
    answer = tmp_path / f"answer{suffix}"
    data = written(worksheet(document), suffix)
    answer.write_bytes(data)
    assert set(verdicts(str(problem), answer).values()) == {"missing"}
    answer.write_bytes(fill(data, result, form))
    assert set(verdicts(str(problem), answer).values()) == {"right"}
    if suffix == ".xlsx":
        cells = [cell for row in openpyxl.load_workbook(answer).active.rows for cell in row]
        assert not [cell.value for cell in cells if cell.data_type == "f"]
    elif suffix == ".csv":
        cells = [cell for row in csv.reader(io.StringIO(data.decode())) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+")) or cell == "-x"]


def test_no_comment_is_a_formula() -> None:
    """Neither a title nor a label of a given matrix begins a cell like a formula."""
    document = {
        "title": "a,=1+2;@x\t+y, -z",
        "layout": "columns",
        "tokens": ["=1+2", "-x"],
        "Q": [[1, 0], [0, 1]],
        "K": [[1, 2], [0, 1]],
    }
    for delimiter in ",;\t":
        lines = worksheet_csv(worksheet(document)).splitlines()
        cells = [cell.strip() for line in lines for cell in line.split(delimiter)]
        assert not [cell for cell in cells if re.match(r"[=+@]|-\D", cell)]


def test_a_workbook_is_read_by_others() -> None:
    """The cells of a workbook are the same for openpyxl and for python-calamine."""
    texts = [*HOSTILE, "ü→ √", "two\nlines", "  spaces  ", "", "\ud7ff\U0001f600"]
    cells: list[list[WrittenCell | None]] = [
        [WrittenCell(text, Style.LABEL), None, WrittenCell(number, Style.NUMBER)]
        for text, number in zip(texts, [0.1 + 0.2, -1e-300, 1e22, 5.0, -0.0] * 5, strict=False)
    ]
    data = workbook_bytes(WrittenSheet("it's <one>", cells, [9, 9, 20], {}, 2))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["it's <one>"]
    expected = [[c.value if c else None for c in row] for row in cells]
    clean = [
        [v.replace("\x07", "\ufffd") if isinstance(v, str) else v for v in r] for r in expected
    ]
    unescaped = openpyxl.utils.escape.unescape
    read = [list(row) for row in book.active.values]
    assert [[unescaped(v) if isinstance(v, str) else v for v in row] for row in read] == clean
    theirs = (
        calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    )
    assert [row[0] for row in theirs] == [row[0] for row in clean]
    assert book.active["A1"].font.b is not True
    assert book.active.column_dimensions["C"].width == 20


def test_a_worksheet_has_the_same_bytes_every_day() -> None:
    """A workbook holds no date and nothing of the machine; its numbers have the asked decimals."""
    data = worksheet_xlsx(worksheet("sample:self_attention", is_key=True))
    assert data == worksheet_xlsx(worksheet("sample:self_attention", is_key=True))
    book = openpyxl.load_workbook(io.BytesIO(data))
    (title, area), *_ = book.defined_names["weights"].destinations
    first = book[title][area][0][0]
    assert (first.value, first.number_format, first.border.left.style) == (0.14, "0.00", "thin")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            assert (info.date_time, info.create_system) == ((1980, 1, 1, 0, 0, 0), 0)
            assert info.compress_type == zipfile.ZIP_STORED  # zlib's versions differ


def test_a_csv_worksheet_is_what_the_guide_shows(tmp_path: Path) -> None:
    """A worksheet has the title, what to do, the given matrices, and each formula with its grid."""
    document = {"title": "One step", "tokens": ["a", "b"], "score": "dot"}
    sheet = worksheet({**document, "Q": [[1, 0.5], [0, 1]], "K": [[1, 0], [0, 1]]}, decimals=1)
    lines = worksheet_csv(sheet).splitlines()
    assert lines == [
        *("# One step", "# Write a number with 1 decimal into each empty cell."),
        *("# Check it: attncli check problem.json FILE.csv", "# score dot", "", "# Q:"),
        *("# ,column 1,column 2", "# a,1,0.5", "# b,0,1", "", "# K:", "# ,column 1,column 2"),
        *("# row 1,1,0", "# row 2,0,1", "", "# scores = Q Kᵀ", "scores", ",column 1,column 2"),
        *("a,,", "b,,", "", "# weights = softmax of each row of scores", "weights"),
        *(",column 1,column 2", "a,,", "b,,"),
    ]
    assert succeed("--version").stdout


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".md", ".tex", ".typ"])
def test_copies_are_named_and_not_asked(suffix: str) -> None:
    """A worksheet has no blank for the heads of Q and for joined heads; it says what they are."""
    names = [part.name for part in worksheet(TWO_HEADS).steps() if not part.is_asked]
    assert list(dict.fromkeys(names)) == ["Q_h", "K_h", "V_h", "concat"]
    data = written(worksheet(TWO_HEADS), suffix)
    text = zipfile.ZipFile(io.BytesIO(data)).read(SHEET) if suffix == ".xlsx" else data
    assert text.decode().lower().count("nothing to calculate") == 4
    assert all(part.is_asked for part in worksheet(TWO_HEADS, is_key=True).steps())


SHEET = "xl/worksheets/sheet1.xml"
