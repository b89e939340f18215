"""Write workbooks of Excel (.xlsx): texts, numbers, empty cells with a border, and defined names.

The bytes are the same on every day and every machine: the files of the archive have one date and
are not compressed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from zipfile import ZipFile, ZipInfo

from attncli.documents.sheets.references import Range, range_text
from attncli.records import record


class Style(IntEnum):
    """The look of a cell; the value is the number of its style in the workbook."""

    PLAIN = 0
    TITLE = 1
    HEADING = 2
    LABEL = 3
    NUMBER = 4
    BLANK = 5  # a cell to fill in


@record(frozen=True)
class WrittenCell:
    """A cell with a text, a number, or nothing."""

    value: str | float | None
    style: Style = Style.PLAIN


@record(frozen=True)
class WrittenSheet:
    """The cells of a sheet by row and column, counted from 0, and the names of its ranges.

    `widths` are the widths of the columns in characters. Numbers in the cells to fill in are shown
    with `decimals` decimals, or with all their digits if it is None.
    """

    name: str
    rows: Sequence[Sequence[WrittenCell | None]]
    widths: Sequence[float]
    names: Mapping[str, Range]
    decimals: int | None = None


def workbook_bytes(sheet: WrittenSheet) -> bytes:
    """Return a workbook with one sheet as the bytes of a file.

    A text never becomes a formula, whatever it begins with.
    """
    files = {
        "[Content_Types].xml": _types(),
        "_rels/.rels": _relations({"officeDocument": "xl/workbook.xml"}),
        "xl/workbook.xml": _workbook(sheet),
        "xl/_rels/workbook.xml.rels": _relations(
            {"worksheet": "worksheets/sheet1.xml", "styles": "styles.xml"}
        ),
        "xl/styles.xml": _styles(sheet.decimals),
        "xl/worksheets/sheet1.xml": _sheet(sheet),
    }
    data = io.BytesIO()
    with ZipFile(data, "w") as archive:
        for name, text in files.items():
            info = ZipInfo(name)  # the date is 1980-01-01
            info.create_system = 0  # otherwise, it is that of this machine
            archive.writestr(info, f"{_DECLARATION}{text}".encode())
    return data.getvalue()


_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# XML has no other control characters, and no halves of surrogate pairs.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # of a spreadsheet: `_x000D_` is a character


def _text(text: str) -> str:
    """Return a text as XML, which is read back as the same text."""
    safe = _ESCAPE.sub("_x005F_", _NOT_XML.sub("\ufffd", text))
    for mark, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        safe = safe.replace(mark, name)
    return safe


def _types() -> str:
    parts = {"workbook": "sheet.main", "worksheets/sheet1": "worksheet", "styles": "styles"}
    listed = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for part, kind in parts.items()
    )
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{relations}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


def _relations(targets: Mapping[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets.items(), 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _workbook(sheet: WrittenSheet) -> str:
    quoted = "'" + sheet.name.replace("'", "''") + "'"
    names = "".join(
        f'<definedName name="{_text(name)}">{_text(f"{quoted}!{_absolute(area)}")}</definedName>'
        for name, area in sorted(sheet.names.items(), key=lambda pair: pair[0].casefold())
    )
    return (
        f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{_text(sheet.name)}" sheetId="1" r:id="rId1"/></sheets>'
        f"{names and f'<definedNames>{names}</definedNames>'}</workbook>"
    )


def _absolute(area: Range) -> str:
    return re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", str(area))


# For each style: bold or not, the size and the colour of the font; the alignment; the border.
_LOOKS = {
    Style.PLAIN: ("", 11, "FF000000", "general", 0),
    Style.TITLE: ("<b/>", 14, "FF000000", "general", 0),
    Style.HEADING: ("<b/>", 11, "FF000000", "general", 0),
    Style.LABEL: ("", 11, "FF595959", "right", 0),
    Style.NUMBER: ("", 11, "FF000000", "right", 0),
    Style.BLANK: ("", 11, "FF000000", "right", 1),
}
_FORMAT = 164  # the first number of a format that a workbook defines itself


def _styles(decimals: int | None) -> str:
    """Return the fonts, borders and formats of all styles."""
    code = "General" if decimals is None else f"{0:.{decimals}f}"
    fonts = "".join(
        f'<font>{bold}<sz val="{size}"/><color rgb="{color}"/><name val="Calibri"/></font>'
        for bold, size, color, _, _ in _LOOKS.values()
    )
    sides = ("left", "right", "top", "bottom")
    border = "".join(f'<{side} style="thin"><color auto="1"/></{side}>' for side in sides)
    formats = "".join(
        f'<xf numFmtId="{_FORMAT if border else 0}" fontId="{style:d}" fillId="0" '
        f'borderId="{border}" xfId="0" applyNumberFormat="1" applyFont="1" applyBorder="1" '
        f'applyAlignment="1"><alignment horizontal="{place}"/></xf>'
        for style, (_, _, _, place, border) in _LOOKS.items()
    )
    return (
        f'<styleSheet {_MAIN}><numFmts count="1"><numFmt numFmtId="{_FORMAT}" formatCode="{code}"/>'
        f'</numFmts><fonts count="{len(_LOOKS)}">{fonts}</fonts><fills count="2"><fill>'
        '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
        '</fills><borders count="2"><border><left/><right/><top/><bottom/></border>'
        f"<border>{border}</border></borders>"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="{len(_LOOKS)}">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )


def _sheet(sheet: WrittenSheet) -> str:
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width:g}" customWidth="1"/>'
        for number, width in enumerate(sheet.widths, 1)
    )
    rows = "".join(
        f'<row r="{number + 1}">{"".join(_cells(number, cells))}</row>'
        for number, cells in enumerate(sheet.rows)
        if any(cells)
    )
    return (
        f'<worksheet {_MAIN}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f"<cols>{columns}</cols><sheetData>{rows}</sheetData>"
        '<pageSetup orientation="portrait" fitToWidth="1" fitToHeight="0"/></worksheet>'
    )


def _cells(row: int, cells: Iterable[WrittenCell | None]) -> Iterator[str]:
    for column, cell in enumerate(cells):
        if cell is None:
            continue
        place = f'r="{range_text(row, column)}" s="{cell.style:d}"'
        if cell.value is None:
            yield f"<c {place}/>"
        elif isinstance(cell.value, str):
            # An inline text is data: no spreadsheet calculates it, even if it begins with `=`.
            text = f'<t xml:space="preserve">{_text(cell.value)}</t>'
            yield f'<c {place} t="inlineStr"><is>{text}</is></c>'
        else:
            yield f"<c {place}><v>{cell.value!r}</v></c>"
