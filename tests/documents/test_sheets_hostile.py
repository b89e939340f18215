"""Test workbooks from strangers: damage and bombs end in one message, in little time and memory."""

from __future__ import annotations

import random
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from time import perf_counter

import pytest

from attncli.documents.sheets import packed_xml
from attncli.documents.sources import parse
from attncli.errors import AttncliError, DocumentError
from tests.make_workbook import Rows, Xml, lesson, ods, ods_of, packed, xlsx, xlsx_files
from tests.running import run

MOST_SECONDS = 30.0  # a tenth would do; a loaded machine is slow
PATH = "stranger.xlsx"  # there is no such file: the bytes are given

FILES = xlsx_files({"a": [["X"], [1.0, 2.0]]})
SHEET = "xl/worksheets/sheet1.xml"


def changed(name: str, text: str | bytes | None) -> bytes:
    """Return a workbook in which one file has another content, or is missing."""
    files = {**FILES, name: text or ""}
    if text is None:
        del files[name]
    return packed(files)


def sheet_of(rows: str) -> bytes:
    return changed(SHEET, f"<worksheet><sheetData>{rows}</sheetData></worksheet>")


def message_of(data: bytes) -> str:
    """Return the message for a workbook that is refused."""
    with pytest.raises(DocumentError) as caught:
        dict(parse(PATH, data))
    return str(caught.value)


LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><worksheet><sheetData>&c;</sheetData></worksheet>'
)
OUTSIDE = (
    '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    '<worksheet><sheetData><row><c t="str"><v>&a;</v></c></row></sheetData></worksheet>'
)
TABLE = '<table:table table:name="a">{}</table:table>'
NUMBER = '<table:table-cell office:value-type="float" office:value="1"{}/>'
REPEATED = (
    '<table:table-row table:number-rows-repeated="1048576">'
    + NUMBER.format(' table:number-columns-repeated="16384"')
    + "</table:table-row>"
)

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "entities": (lambda: changed(SHEET, LAUGHS), "declares a document type, as no spreadsheet"),
    "a file outside": (lambda: changed(SHEET, OUTSIDE), "declares a document type"),
    "entities in ods": (
        lambda: packed({"content.xml": LAUGHS, "META-INF/manifest.xml": "<a/>"}),
        "content.xml declares a document type",
    ),
    "no sheet": (lambda: xlsx({}), "its sheets hold no numbers"),
    "no table": (lambda: ods({}), "its sheets hold no numbers"),
    "empty sheet": (lambda: xlsx({"a": []}), "its sheets hold no numbers"),
    "no workbook": (lambda: changed("xl/workbook.xml", None), "it has no xl/workbook.xml"),
    "no relations": (lambda: changed("_rels/.rels", None), "it has no _rels/.rels"),
    "no strings": (lambda: changed("xl/sharedStrings.xml", None), "it has no xl/sharedStrings"),
    "no sheet file": (lambda: changed(SHEET, None), f"it has no {SHEET}"),
    "not XML": (lambda: changed(SHEET, "<worksheet><row>"), f"{SHEET} is not XML"),
    "binary": (lambda: packed({"xl/workbook.bin": b"\0"}), "it is a binary workbook (.xlsb)"),
    "text that is missing": (lambda: sheet_of('<row><c t="s"><v>99</v></c></row>'), "a text is"),
    "10^7 columns": (
        lambda: sheet_of('<row r="1"><c r="VQNCW1"><v>1</v></c></row>'),
        "a cell is outside the sheet",
    ),
    "10^7 rows": (lambda: sheet_of('<row r="9999999"/>'), "a cell is outside the sheet"),
    "wide rows": (
        lambda: sheet_of(
            "".join(f'<row r="{i}"><c r="XFD{i}"><v>1</v></c></row>' for i in range(1, 400))
        ),
        "span more than 2000000 places",
    ),
    "repeated cells": (lambda: ods_of(TABLE.format(REPEATED)), "has more than 300000 cells"),
    "a number of letters": (lambda: sheet_of("<row><c><v>1_0</v></c></row>"), "'1_0', not a numb"),
    "a bomb": (lambda: changed(SHEET, b" " * (packed_xml.MOST_BYTES + 1)), "has more than 100 MB"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_hostile_workbook_is_refused(kind: str) -> None:
    """A workbook with a bomb, or with a part that is missing, ends in one message."""
    make, expected = REFUSED[kind]
    data = make()
    started = perf_counter()
    assert expected in message_of(data)
    assert perf_counter() - started < MOST_SECONDS


def test_the_number_of_elements_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """XML with too many elements is refused, although it takes few bytes."""
    monkeypatch.setattr(packed_xml, "MOST_ELEMENTS", 1000)
    data = changed(SHEET, "<a>" + "<b/>" * 1000 + "</a>")
    assert "has more than 1000 elements" in message_of(data)


def test_the_bytes_of_all_files_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many sheets that are small enough alone are refused together."""
    monkeypatch.setattr(packed_xml, "MOST_BYTES_OF_ALL", 30_000)
    sheets: dict[str, Rows] = {f"s{i}": [[f"W{i}"], [0.125] * 200] for i in range(20)}
    assert "the sheets have more than 0 MB together" in message_of(xlsx(sheets))


def test_memory_is_bounded() -> None:
    """A cell takes less than 300 bytes: a sheet with the largest number of cells 300 MB."""
    side = 200
    data = sheet_of(f"<row>{'<c><v>0.1</v></c>' * side}</row>" * side)
    tracemalloc.start()
    dict(parse(PATH, data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 * side * side


def test_a_protected_workbook_is_named() -> None:
    """A workbook with a password gets the cure, in both forms."""
    space = 'xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    manifest = f"<manifest {space}><file-entry><encryption-data/></file-entry></manifest>"
    data = packed({"content.xml": b"\x01\x02", "META-INF/manifest.xml": manifest})
    said = "it is protected with a password. Save it without a password, as .xlsx, .ods or CSV"
    assert message_of(data).startswith(said)
    encrypted = bytearray(packed(FILES))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = encrypted.find(signature)
        while start >= 0:
            encrypted[start + offset] |= 1
            start = encrypted.find(signature, start + 4)
    assert message_of(bytes(encrypted)).startswith(said)


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    """The beginning of a workbook, at any length, ends in one message of the program."""
    data = xlsx(lesson())
    path = tmp_path / PATH
    for length in range(4, len(data), 97):
        path.write_bytes(data[:length])
        result = run("compute", str(path))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "it is not a workbook, or it is damaged" in result.stderr


SEEDED = {
    "xlsx": xlsx(lesson()),
    "ods": ods(lesson()),
    "dates": xlsx({"a": [["X"], [Xml('<c r="PLACE" s="1"><v>1</v></c>'), 1.0]]}),
}


@pytest.mark.parametrize("kind", SEEDED)
def test_changed_bytes_never_end_in_an_error_of_python(kind: str) -> None:
    """Workbooks with random changes, in the packed bytes or in the XML, are read or refused."""
    numbers = random.Random(kind)
    data = SEEDED[kind]
    with zipfile.ZipFile(BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for turn in range(250):
        if turn % 5 == 0:
            broken = _changed(data, numbers)
        else:
            name = numbers.choice(list(files))
            broken = packed({**files, name: _changed(files[name], numbers)})
        with suppress(AttncliError):
            dict(parse(PATH, broken))


def _changed(data: bytes, numbers: random.Random) -> bytes:
    """Return the bytes with a few of them replaced, removed, doubled or added."""
    result = bytearray(data)
    for _ in range(numbers.randint(1, 3)):
        start = numbers.randrange(len(result) + 1)
        end = start + numbers.randint(0, 12)
        piece = [b"", bytes(result[start:end]) * 2, numbers.randbytes(2), b"9999999", b'"', b"<c>"]
        result[start:end] = numbers.choice(piece)
    return bytes(result)


def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """A part whose first line names an unknown encoding makes the workbook a damaged one."""
    book = tmp_path / "book.xlsx"
    book.write_bytes(changed("xl/workbook.xml", '<?xml version="1.0" encoding="UTF-99"?><a/>'))
    result = run("compute", str(book))
    assert result.exit_code == 2
    assert "xl/workbook.xml has an unknown encoding" in result.stderr
