"""Read workbooks of OpenDocument (.ods): values as they were last calculated."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attncli.documents.sheets.packed_xml import UNPROTECTED, PackedXml
from attncli.documents.sheets.rectangles import Cell
from attncli.documents.sheets.references import MOST_COLUMNS, MOST_ROWS, Range, in_sheet, range_of
from attncli.documents.sheets.sheet import Book, Sheet, SheetBuilder, SheetName
from attncli.errors import DocumentError

CONTENT, MANIFEST = "content.xml", "META-INF/manifest.xml"

_NUMBERS = ("float", "percentage", "currency")
_DATES = ("date", "time")

# Puts a cell at a row and a column of a sheet.
_Put = Callable[[SheetBuilder, int, int], None]


def read_ods(package: PackedXml) -> Book:
    """Return the sheets and the named ranges of a workbook. Raises DocumentError for damage."""
    if MANIFEST in package.names:
        package.read(MANIFEST, _refuse_encrypted, _ignore, _ignore)
    content = _Content()
    package.read(CONTENT, content.start, content.end, content.text)
    names = [SheetName(name, style in content.hidden_styles) for name, style in content.tables]
    return Book(names, content.names, content.sheets.__getitem__)


def _refuse_encrypted(name: str, _: Mapping[str, str]) -> None:
    if name == "encryption-data":
        raise DocumentError("it is protected with a password.", UNPROTECTED)


def _ignore(_: str) -> None:
    """Ignore the end of an element, or a text."""


class _Content:
    """Receives `content.xml`: the sheets, the styles that hide a sheet, and the named ranges."""

    def __init__(self) -> None:
        self.sheets: dict[str, Sheet] = {}
        self.tables: list[tuple[str, str]] = []
        self.hidden_styles: set[str] = set()
        self.names: dict[str, tuple[str, Range] | None] = {}
        self._style = ""
        self._depth = self._comments = 0  # of tables, and of comments beside a cell
        self._builder = SheetBuilder()
        self._row = self._column = self._rows = 0
        self._waiting: list[tuple[int, int, _Put]] = []  # the cells of the row
        self._cell: dict[str, str] | None = None
        self._texts: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "style":
            self._style = attributes.get("name", "")
        elif name == "table-properties" and attributes.get("display") == "false":
            self.hidden_styles.add(self._style)
        elif name == "named-range":
            place = in_sheet(attributes.get("cell-range-address", ""))
            area = range_of(place[1]) if place else None
            known = (place[0], area) if place and area else None
            self.names[attributes.get("name", "")] = known
        elif name == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append((attributes.get("name", ""), attributes.get("style-name", "")))
                self._builder, self._row = SheetBuilder(), 0
        elif self._depth == 1:
            self._start_in_table(name, attributes)

    def _start_in_table(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table-row":
            self._column = 0
            self._rows = _repeats(attributes, "number-rows-repeated", MOST_ROWS)
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = {**attributes, "element": name}
            self._texts = []
        elif name == "annotation":
            self._comments += 1
        elif self._cell is not None and not self._comments:
            if name == "p" and self._texts:
                self._texts.append("\n")
            elif name == "s":
                self._texts.append(" " * _repeats(attributes, "c", 100))
            elif name in ("tab", "line-break"):
                self._texts.append(" ")

    def text(self, text: str) -> None:
        if self._cell is not None and not self._comments:
            self._texts.append(text)

    def end(self, name: str) -> None:
        if name == "table":
            self._depth -= 1
            if self._depth == 0:
                self.sheets.setdefault(self.tables[-1][0], self._builder.sheet)
        elif self._depth != 1:
            return
        elif name == "annotation":
            self._comments -= 1
        elif name in ("table-cell", "covered-table-cell") and self._cell is not None:
            self._end_cell(self._cell)
            self._cell = None
        elif name == "table-row":
            self._end_row()

    def _end_cell(self, cell: Mapping[str, str]) -> None:
        repeats = _repeats(cell, "number-columns-repeated", MOST_COLUMNS)
        if cell["element"] == "table-cell" and (put := _putting(cell, "".join(self._texts))):
            self._waiting.append((self._column, repeats, put))
        self._column += repeats

    def _end_row(self) -> None:
        if self._waiting:
            for row in range(self._row, self._row + self._rows):
                for first, repeats, put in self._waiting:
                    for column in range(first, first + repeats):
                        put(self._builder, row, column)
        self._waiting = []
        self._row += self._rows


def _repeats(attributes: Mapping[str, str], name: str, most: int) -> int:
    """Return how often an element is repeated: 1 by default, and at most the size of a sheet."""
    text = attributes.get(name, "1")
    return min(int(text), most) if text.isdecimal() and len(text) < 10 else 1


def _putting(cell: Mapping[str, str], text: str) -> _Put | None:
    """Return a function that puts the cell at a place, or None for an empty cell."""
    kind = cell.get("value-type")
    if cell.get("calcext:value-type") == "error":
        return lambda builder, row, column: builder.error(row, column, text)
    if kind in _DATES:
        return SheetBuilder.date
    if kind is None:
        return SheetBuilder.not_calculated if "formula" in cell else None
    value: Cell = cell.get("string-value", text)
    if kind == "boolean":
        value = cell.get("boolean-value") == "true"
    elif kind in _NUMBERS:
        value = float(cell.get("value", "nan"))
    return lambda builder, row, column: builder.put(row, column, value)
