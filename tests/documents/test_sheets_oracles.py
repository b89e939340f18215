"""Compare the readers of workbooks with openpyxl, python-calamine and odfpy, where they exist."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest

from attncli.documents.sheets.ods import read_ods
from attncli.documents.sheets.packed_xml import PackedXml
from attncli.documents.sheets.sheet import Book
from attncli.documents.sheets.xlsx import read_xlsx
from attncli.documents.sources import parse
from attncli.errors import DocumentError
from tests.make_workbook import Cell, Rows, Xml, lesson, ods, xlsx

Values = list[list[Any]]


def book_of(data: bytes) -> Book:
    package = PackedXml("", data)
    return read_ods(package) if "content.xml" in package.names else read_xlsx(package)


def read_by_us(data: bytes) -> dict[str, Values]:
    """Return the cells of each sheet, padded to a rectangle."""
    book = book_of(data)
    return {sheet.name: padded(book.read(sheet.name).rows) for sheet in book.sheets}


def padded(rows: list[list[Any]]) -> Values:
    """Return rows of one length, without empty rows and columns at the end; None is ''."""
    lines = [["" if cell is None else cell for cell in row] for row in rows]
    used = [[i for i, cell in enumerate(line) if cell != ""] for line in lines]
    width = max((indices[-1] + 1 for indices in used if indices), default=0)
    height = max((i + 1 for i, indices in enumerate(used) if indices), default=0)
    return [(line + [""] * width)[:width] for line in lines[:height]]


def drawn(seed: int) -> dict[str, Rows]:
    """Return sheets with random cells: numbers of all sizes, texts with signs, truth values."""
    numbers = random.Random(seed)
    kinds: list[Cell] = [
        "",
        "W_q",
        "a < b & c",
        "−1",
        "x y",
        "ü→",
        True,
        False,
        0.1 + 0.2,
        1e-300,
    ]

    def row() -> list[Cell]:
        return [
            numbers.choice([numbers.choice(kinds), numbers.uniform(-9, 9), 1.0])
            for _ in range(numbers.randint(0, 7))
        ]

    return {name: [row() for _ in range(numbers.randint(0, 9))] for name in ("a", "b c")}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("write", [xlsx, ods])
def test_cells_are_those_of_calamine(write: Any, seed: int) -> None:
    """Every cell of random sheets has the value that python-calamine reads."""
    calamine = pytest.importorskip("python_calamine")
    data = write(drawn(seed))
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = {
        name: padded(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
        for name in book.sheet_names
    }
    assert read_by_us(data) == sheets


@pytest.mark.parametrize("seed", range(6))
def test_cells_are_those_of_openpyxl(seed: int) -> None:
    """Every cell of random sheets has the value that openpyxl reads, and the names agree."""
    openpyxl = pytest.importorskip("openpyxl")
    data = xlsx(drawn(seed), {"W_q": "'b c'!$A$1:$B$2"}, hidden=["a"])
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    rows = {sheet.title: padded([list(row) for row in sheet.values]) for sheet in book}
    assert read_by_us(data) == rows
    mine = book_of(data)
    assert [sheet.is_hidden for sheet in mine.sheets] == [
        sheet.sheet_state == "hidden" for sheet in book
    ]
    assert book.defined_names["W_q"].attr_text == "'b c'!$A$1:$B$2"
    assert str(mine.names["W_q"]) == "('b c', Range(row=0, column=0, rows=2, columns=2))"


def test_dates_are_those_of_openpyxl() -> None:
    """A number with any of the formats is a date here if openpyxl takes it for a date."""
    openpyxl = pytest.importorskip("openpyxl")
    numbers = pytest.importorskip("openpyxl.styles.numbers")
    formats = [
        *numbers.BUILTIN_FORMATS.values(),
        *('"days: "0.00', "[Red]0.0", "[h]:mm", "0.00E+00", "d-mmm", "yyyy-mm-dd", "\\d0", "@"),
        *("[$-409]d-mmm;@", '_-* #,##0.00 "€"_-', "# ?/?", "[$-F400]h:mm:ss AM/PM"),
    ]
    book = openpyxl.Workbook()
    for i, code in enumerate(formats, 1):
        book.active.cell(i, 1, 0.5).number_format = code
    buffer = io.BytesIO()
    book.save(buffer)
    found = book_of(buffer.getvalue()).read("Sheet").faults
    read = openpyxl.load_workbook(buffer).active
    dates = {i for i in range(len(formats)) if read.cell(i + 1, 1).is_date}
    assert {formats[row] for row, _ in found} == {formats[i] for i in dates}
    assert len(dates) > 10


def test_a_workbook_of_openpyxl_is_read() -> None:
    """The files that openpyxl writes are read: inline texts, formulas without values, merges."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    for row in lesson()["lesson"]:
        sheet.append(list(row))
    sheet.merge_cells("A1:F1")
    buffer = io.BytesIO()
    book.save(buffer)
    assert set(parse("", buffer.getvalue())) == {"X", "W_q", "W_k", "W_v"}
    sheet["B4"] = "=1+0"
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(DocumentError, match="B4 holds a formula that was never calculated"):
        dict(parse("", buffer.getvalue()))


def test_a_workbook_of_odfpy_is_read() -> None:
    """The files that odfpy writes are read: cells, repeated cells and dates."""
    pytest.importorskip("odf")
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    table = Table(name="a")
    name = TableCell(valuetype="string")
    name.addElement(P(text="X"))
    cells = [TableCell(valuetype="float", value="0.30000000000000004", numbercolumnsrepeated=2)]
    for row in ([name], cells, [TableCell(valuetype="date", datevalue="2026-03-01")]):
        line = TableRow()
        for cell in row:
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    buffer = io.BytesIO()
    document.save(buffer)
    with pytest.raises(DocumentError, match="A3 is a date"):
        dict(parse("", buffer.getvalue()))
    rows = book_of(buffer.getvalue()).read("a").rows
    assert rows[:2] == [["X"], [0.1 + 0.2, 0.1 + 0.2]]


def test_calamine_shows_no_reason_for_an_empty_cell() -> None:
    """python-calamine reads errors and formulas without values as '': it is not used for that."""
    calamine = pytest.importorskip("python_calamine")
    cells: list[Cell] = [
        Xml('<c r="PLACE" t="e"><v>#N/A</v></c>'),
        Xml('<c r="PLACE"><f>1/3</f></c>'),
        1.0,
    ]
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(xlsx({"a": [cells]})))
    assert book.get_sheet_by_index(0).to_python() == [["", "", 1.0]]
