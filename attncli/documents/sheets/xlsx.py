"""Read workbooks of Excel (.xlsx): values as they were last calculated. No formula is run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from attncli.documents.sheets.packed_xml import DAMAGED, PackedXml, beside
from attncli.documents.sheets.references import Range, cell_of, in_sheet, range_of
from attncli.documents.sheets.sheet import Book, Sheet, SheetBuilder, SheetName
from attncli.errors import DocumentError

# The numbers of the built-in formats of dates and times, also of East Asian versions.
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_LITERAL = re.compile(r'"[^"]*"|[\\_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_DATE_CODE = re.compile(r"[dmyhs]", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_STYLES, _STRINGS, _SHEET = "styles", "sharedStrings", "worksheet"


def read_xlsx(package: PackedXml) -> Book:
    """Return the sheets and the defined names of a workbook. Raises DocumentError for damage."""
    workbook = next(iter(_targets(package, "_rels/.rels", "", "officeDocument").values()), "")
    folder, _, file = workbook.rpartition("/")
    relations = f"{folder}/_rels/{file}.rels".lstrip("/")
    parts = _WorkbookParts()
    package.read(workbook, parts.start, parts.end, parts.text)
    sheets = _targets(package, relations, workbook, _SHEET)
    paths = {name.name: sheets[key] for name, key in parts.sheets if key in sheets}
    kinds = (_STRINGS, _STYLES)
    shared = [
        next(iter(_targets(package, relations, workbook, kind).values()), "") for kind in kinds
    ]
    names = {name: _range(text) for name, text in parts.names}
    read = partial(_read_sheet, package, paths, shared[0], shared[1], parts.calculates_later)
    return Book([name for name, key in parts.sheets if key in sheets], names, read)


def _targets(package: PackedXml, relations: str, part: str, kind: str) -> dict[str, str]:
    """Return the files of one kind to which a file points, by the keys of the relations."""
    targets: dict[str, str] = {}

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith(f"/{kind}"):
            targets[attributes.get("Id", "")] = beside(part, attributes.get("Target", ""))

    package.read(relations, start, _ignore, _ignore)
    return targets


def _ignore(_: str) -> None:
    """Ignore the end of an element, or a text."""


def _range(text: str) -> tuple[str, Range] | None:
    """Return the sheet and the range of a defined name, or None for a formula."""
    place = in_sheet(text.strip())
    area = range_of(place[1]) if place else None
    return (place[0], area) if place and area else None


class _WorkbookParts:
    """Receives `workbook.xml`: the sheets with the keys of their files, and the defined names."""

    def __init__(self) -> None:
        self.sheets: list[tuple[SheetName, str]] = []
        self.names: list[tuple[str, str]] = []
        self.calculates_later = False
        self._name: str | None = None
        self._text = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            is_hidden = attributes.get("state", "visible") != "visible"
            sheet = SheetName(attributes.get("name", ""), is_hidden)
            self.sheets.append((sheet, attributes.get("id", "")))
        elif name == "definedName":
            self._name, self._text = attributes.get("name", ""), ""
        elif name == "calcPr":
            self.calculates_later = attributes.get("fullCalcOnLoad") in ("1", "true")

    def end(self, name: str) -> None:
        if name == "definedName" and self._name is not None:
            self.names.append((self._name, self._text))
            self._name = None

    def text(self, text: str) -> None:
        if self._name is not None:
            self._text += text


def _shared_strings(package: PackedXml, file: str) -> list[str]:
    """Return the texts that the cells of all sheets share."""
    texts: list[str] = []
    pieces: list[str] = []
    inside = {"t": 0, "rPh": 0}  # rPh: how an East Asian text is read aloud

    def start(name: str, _: Mapping[str, str]) -> None:
        if name in inside:
            inside[name] += 1

    def end(name: str) -> None:
        if name in inside:
            inside[name] -= 1
        elif name == "si":
            texts.append(_unescaped("".join(pieces)))
            pieces.clear()

    def text(piece: str) -> None:
        if inside["t"] and not inside["rPh"]:
            pieces.append(piece)

    if file:
        package.read(file, start, end, text)
    return texts


def _unescaped(text: str) -> str:
    """Return a text with its escaped characters, such as `_x000D_`."""
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) if "_x" in text else text


def _date_styles(package: PackedXml, file: str) -> set[int]:
    """Return the numbers of the styles of cells that show a date or a time."""
    formats: dict[str, str] = {}
    styles: list[str] = []
    inside: list[str] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and "cellXfs" in inside:
            styles.append(attributes.get("numFmtId", "0"))
        inside.append(name)

    def end(_: str) -> None:
        inside.pop()

    if file:
        package.read(file, start, end, _ignore)
    return {i for i, number in enumerate(styles) if _is_date(number, formats.get(number))}


def _is_date(number: str, code: str | None) -> bool:
    if code is None:
        return number.isdecimal() and int(number) in _DATE_FORMATS
    return bool(_DATE_CODE.search(_LITERAL.sub("", code.replace("General", ""))))


def _read_sheet(
    package: PackedXml,
    paths: Mapping[str, str],
    strings: str,
    styles: str,
    calculates_later: bool,
    name: str,
) -> Sheet:
    shared, dates = _shared_strings(package, strings), _date_styles(package, styles)
    cells = _SheetXml(shared, dates, calculates_later)
    package.read(paths[name], cells.start, cells.end, cells.text)
    for area in cells.merged:
        cells.builder.cover(area)
    return cells.builder.sheet


class _SheetXml:
    """Receives the XML of a sheet, and puts the values of its cells at their places.

    `calculates_later` is True if the program that wrote the workbook left all formulas to the next
    program; it then wrote 0 as the value of each.
    """

    def __init__(self, shared: list[str], dates: set[int], calculates_later: bool) -> None:
        self.builder = SheetBuilder()
        self.merged: list[Range] = []
        self._shared, self._dates, self._calculates_later = shared, dates, calculates_later
        self._row, self._column = -1, -1
        self._is_cell = self._has_formula = self._is_read_aloud = False
        self._kind, self._style = "n", 0
        self._collected: list[str] | None = None
        self._value = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            place = cell_of(f"A{attributes['r']}") if "r" in attributes else (self._row + 1, 0)
            self._row, self._column = self._checked(place)[0], -1
        elif name == "c":
            reference = attributes.get("r")
            place = cell_of(reference) if reference else (self._row, self._column + 1)
            self._row, self._column = self._checked(place)
            self._is_cell, self._has_formula = True, False
            self._kind, self._value = attributes.get("t", "n"), ""
            style = attributes.get("s", "0")
            self._style = int(style) if style.isdecimal() else 0
        elif name == "f":
            self._has_formula = True
        elif name == "rPh":
            self._is_read_aloud = True
        elif name in ("v", "t") and self._is_cell:
            self._collected = []
        elif name == "mergeCell" and (area := range_of(attributes.get("ref", ""))):
            self.merged.append(area)

    def text(self, text: str) -> None:
        if self._collected is not None and not self._is_read_aloud:
            self._collected.append(text)

    def end(self, name: str) -> None:
        if name in ("v", "t") and self._collected is not None:
            self._value += "".join(self._collected)
            self._collected = None
        elif name == "rPh":
            self._is_read_aloud = False
        elif name == "c" and self._is_cell:
            self._is_cell = False
            self._put()

    def _checked(self, place: tuple[int, int] | None) -> tuple[int, int]:
        if place is None:
            message = "it is not a workbook, or it is damaged: a cell is outside the sheet."
            raise DocumentError(message, DAMAGED)
        return place

    def _put(self) -> None:
        builder, row, column, value = self.builder, self._row, self._column, self._value
        if self._kind == "s":
            number = int(value) if value.isdecimal() and len(value) < 10 else -1
            if not 0 <= number < len(self._shared):
                message = "it is not a workbook, or it is damaged: a text is missing."
                raise DocumentError(message, DAMAGED)
            builder.put(row, column, self._shared[number])
        elif self._kind in ("str", "inlineStr"):
            builder.put(row, column, _unescaped(value))
        elif self._kind == "e":
            builder.error(row, column, value)
        elif self._kind == "b":
            builder.put(row, column, value.strip() in ("1", "true"))
        elif self._kind == "d":
            builder.date(row, column)
        elif self._has_formula and (not value or (self._calculates_later and value == "0")):
            builder.not_calculated(row, column)
        elif value:
            self._put_number(value.strip())

    def _put_number(self, value: str) -> None:
        if self._style in self._dates:
            self.builder.date(self._row, self._column)
        elif _NUMBER.fullmatch(value):
            self.builder.put(self._row, self._column, float(value))
        else:
            self.builder.fault(self._row, self._column, f"is {value!r}, not a number", DAMAGED)
