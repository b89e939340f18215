"""The matrices of a workbook, by defined names, names of sheets and labels."""

from __future__ import annotations

import math
import os.path
import re
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import cached_property

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.names.known_names import known_name, last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.step_names import STEPS
from attncli.documents.parsed import NAMELESS, IsValue, Keyed, Parsed, Part
from attncli.documents.sheets.grid_parts import Faults, GridParts, noted, read_grid
from attncli.documents.sheets.ods import CONTENT, read_ods
from attncli.documents.sheets.packed_xml import PackedXml
from attncli.documents.sheets.rectangles import (
    Cell,
    Rectangle,
    doubtful_sides,
    foreign_numbers,
    joined_to_numbers,
)
from attncli.documents.sheets.references import Range, in_sheet, range_of, range_text
from attncli.documents.sheets.sheet import MOST_CELLS, Book, Sheet
from attncli.documents.sheets.xlsx import read_xlsx
from attncli.documents.text.cells import (
    BOOLEANS,
    number,
    number_or_arithmetic,
    point_for_comma,
)
from attncli.documents.text.csv_labels import FRACTION
from attncli.documents.text.numbered_slices import stack
from attncli.errors import DocumentError
from attncli.records import record, replace
from attncli.words import in_words

SUFFIXES = (".xlsx", ".xlsm", ".ods")

_BINARY = "xl/workbook.bin"
_NUMBERED = re.compile(r"(.+?)((?:\.[1-9]\d{0,5})+)")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def find_workbook(path: str, data: bytes | None, is_value: IsValue | None) -> Workbook | None:
    """Return the workbook that a ZIP archive is, or None for another archive.

    `data` are the bytes if the archive comes from a pipe. Raises DocumentError for a binary
    workbook (.xlsb), and for a damaged archive whose suffix is one of a workbook.
    """
    try:
        with closing(PackedXml(path, data)) as package:
            names = package.names
    except DocumentError:
        if os.path.splitext(path)[1].casefold() in SUFFIXES:
            raise
        return None
    if _BINARY in names:
        message = "it is a binary workbook (.xlsb), which attncli does not read."
        raise DocumentError(message, "Save it as .xlsx, or the sheet as CSV UTF-8.")
    is_workbook = "[Content_Types].xml" in names or {CONTENT, "META-INF/manifest.xml"} <= names
    return Workbook(path, data, is_value) if is_workbook else None


class Workbook(Keyed):
    """The entries of a workbook: all of its visible sheets, or the part that a key names.

    For an answer, which has `is_value`, cells with texts that are values stay texts.
    """

    def __init__(self, path: str, data: bytes | None, is_value: IsValue | None) -> None:
        self._path, self._data, self._is_value = path, data, is_value

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, name: str) -> Part:
        return self._entries[name]

    @cached_property
    def _entries(self) -> Parsed:
        return self._read(_whole)

    def at(self, key: str) -> Parsed:
        """Return the entries of a sheet, of a range such as `Sheet!A1:C3`, or of a defined name.

        Raises DocumentError, with the sheets and the names of the workbook, for another key.
        """
        return self._read(lambda reading: reading.at(key))

    def _read(self, entries_of: Callable[[_Reading], Parsed]) -> Parsed:
        with closing(PackedXml(self._path, self._data)) as package:
            is_ods = CONTENT in package.names
            book = read_ods(package) if is_ods else read_xlsx(package)
            entries = entries_of(_Reading(book, self._is_value))
        return entries if self._is_value else _without_steps(entries)


def _whole(reading: _Reading) -> Parsed:
    return reading.whole()


class _Reading:
    """One reading of the sheets of a workbook, which is open."""

    def __init__(self, book: Book, is_value: IsValue | None) -> None:
        self._book, self._is_value = book, is_value
        self._visible = [sheet.name for sheet in book.sheets if not sheet.is_hidden]
        self._sheets: dict[str, _Cells] = {}

    def whole(self) -> Parsed:
        """Return the entries of all visible sheets, and of the ranges with a known name."""
        parts: dict[str, Part] = {}
        left_out: list[str] = []
        owners: dict[str, str] = {}
        for sheet in self._visible:
            found = self._sheet(sheet)
            left_out += found.left_out
            for name, part in found.parts.items():
                if name in parts:
                    said = name or "a matrix without a name"
                    message = f"{said} is on two sheets: {owners[name]} and {sheet}."
                    raise DocumentError(message, f"Name the sheet: FILE:{_quoted(sheet)}.")
                parts[name], owners[name] = part, sheet
        if not parts and not left_out:
            raise DocumentError("its sheets hold no numbers.", "Write a matrix into its cells.")
        entries = GridParts(parts, tuple(left_out)).all_named()
        hidden = [sheet.name for sheet in self._book.sheets if sheet.is_hidden]
        if hidden:
            entries = noted(entries, f"hidden and not read: {in_words(hidden)}.")
        return entries

    def at(self, key: str) -> Parsed:
        """Return the entries at a key of the workbook."""
        place = in_sheet(key)
        area = range_of(place[1]) if place else None
        sheets = [sheet.name for sheet in self._book.sheets]
        if place and area and place[0] in sheets:
            return self._area(place[0], area, None)
        named = self._book.names.get(key)
        if named:
            return self._area(*named, None)
        sheet = key[1:-1].replace("''", "'") if key[:1] == key[-1:] == "'" else key
        if sheet in sheets:
            return self._sheet(sheet).all_named()
        area = range_of(key)
        if area and len(self._visible) == 1:
            return self._area(self._visible[0], area, None)
        names = [name for name, range_ in self._book.names.items() if range_]
        also = f" Its defined names are {', '.join(names[:10])}." if names else ""
        hint = f"Its sheets are {', '.join(sheets[:10])}.{also}"
        raise DocumentError(f"it has no sheet, range or defined name {key!r}.", hint)

    def _cells(self, sheet: str) -> _Cells:
        if sheet not in self._sheets:
            self._sheets[sheet] = _cells(self._book.read(sheet), self._is_value)
        return self._sheets[sheet]

    def _sheet(self, sheet: str) -> GridParts:
        """Return the entries of a sheet: of its defined names first, then of its labels."""
        cells = self._cells(sheet)
        parts: dict[str, Part] = {}
        slices: dict[str, dict[tuple[int, ...], Part]] = {}
        areas: list[Range] = []
        for written, named in self._book.names.items():
            plain, index = _slice_of(written)
            name = known_name(plain)
            if named and named[0] == sheet and name and _is_entry(name):
                for part in self._area(sheet, named[1], name).values():
                    note = f"the defined name {written} ({named[1]}) is read as {name}."
                    parts[name] = replace(part, notes=() if plain == name else (note,))
                    if index:
                        slices.setdefault(name, {})[index] = part
                areas.append(named[1])
        parts |= {name: stack(name, found) for name, found in slices.items()}

        def is_named(one: Rectangle) -> bool:
            return any(_overlap(one, area) for area in areas)

        name = known_name(sheet)
        name = name if name and not areas and _is_matrix(name) else None
        found = read_grid(
            cells.grid, self._where(sheet), cells.written, name, is_named, cells.faults
        )
        return GridParts({**found.parts, **parts}, found.left_out)

    def _area(self, sheet: str, area: Range, name: str | None) -> Parsed:
        """Return the entries of a range: one matrix if it holds numbers alone, else all its labels.

        `name` is the name of the only matrix.
        """
        cells = self._cells(sheet).within(area)
        where = self._where(sheet, area)
        texts = [cell for row in cells.grid for cell in row if isinstance(cell, str) and cell]
        if texts or not self._is_value:
            return read_grid(
                cells.grid, where, cells.written, name, faults=cells.faults
            ).all_named()
        for fault in cells.faults.values():
            raise DocumentError(*fault)
        return {name or NAMELESS: Part(_filled(cells.written or [], area))}

    def _where(self, sheet: str, area: Range | None = None) -> Callable[[int, int, int, int], str]:
        before = f"{_quoted(sheet)}!" if len(self._visible) > 1 else ""
        top, left = (area.row, area.column) if area else (0, 0)
        return lambda row, column, rows, columns: (
            f"{before}{range_text(row + top, column + left, rows, columns)}"
        )


@record(frozen=True)
class _Cells:
    """The cells of a sheet with numbers in the place of texts that are values.

    `written` has these texts as they are written, for an answer.
    """

    grid: list[list[Cell]]
    written: list[list[Cell]] | None
    faults: Faults

    def within(self, area: Range) -> _Cells:
        """Return the cells of a range; places beyond the used cells are empty."""
        faults = {
            (row - area.row, column - area.column): fault
            for (row, column), fault in self.faults.items()
            if 0 <= row - area.row < area.rows and 0 <= column - area.column < area.columns
        }
        written = self.written and _part_of(self.written, area)
        return _Cells(_part_of(self.grid, area), written, faults)


def _part_of(grid: list[list[Cell]], area: Range) -> list[list[Cell]]:
    rows = [row[area.column : area.column + area.columns] for row in grid[area.row :][: area.rows]]
    width = max((len(row) for row in rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _filled(rows: list[list[Cell]], area: Range) -> list[list[Cell]]:
    """Return the cells of a range of an answer, with empty cells up to its end.

    Raises DocumentError for a range that is larger than any sheet that is read.
    """
    if area.rows * area.columns > MOST_CELLS:
        message = f"the range {area} has more than {MOST_CELLS} cells."
        raise DocumentError(message, "Name the cells of one matrix.")
    lines = [row + [""] * (area.columns - len(row)) for row in rows]
    return lines + [[""] * area.columns for _ in range(area.rows - len(rows))]


def _cells(sheet: Sheet, is_value: IsValue | None) -> _Cells:
    """Return the cells of a sheet, with numbers in the place of texts that are values."""
    faults = dict(sheet.faults)
    grid, written = [list(row) for row in sheet.rows], [list(row) for row in sheet.rows]
    arithmetic: dict[tuple[int, int], float] = {}
    for i, row in enumerate(sheet.rows):
        for j, cell in enumerate(row):
            if not isinstance(cell, str) or not cell:
                continue
            plain = point_for_comma(cell.strip().replace("−", "-"))
            if is_value:
                if is_value(plain):
                    grid[i][j], written[i][j] = 0.0, plain
            elif (value := _number(plain)) is not None:
                grid[i][j] = value
                if _THOUSANDS.fullmatch(cell.strip()):
                    fact = (
                        f"{range_text(i, j)} is the text {cell!r}: a thousand, or a decimal comma?"
                    )
                    faults[i, j] = (fact, "Write it as a number in the spreadsheet.")
            elif (value := _arithmetic(plain)) is not None:
                arithmetic[i, j] = value
    found = joined_to_numbers(grid, arithmetic) if arithmetic else set()
    for i, j in found:
        grid[i][j] = arithmetic[i, j]
    labels = {(i, j) for i, j in found if FRACTION.fullmatch(str(sheet.rows[i][j]))}
    for i, j in doubtful_sides(grid, labels, found) if labels else ():
        fact = f"{range_text(i, j)} is the text {sheet.rows[i][j]!r}: a label, or a number?"
        faults[i, j] = (fact, "Write a number as a formula, such as =1/2, or the label as a word.")
    for i, j in list(foreign_numbers(grid)):
        fact = f"{range_text(i, j)} is the text {grid[i][j]!r}, not a number."
        faults[i, j] = (fact, "Write it as a number in the spreadsheet.")
        grid[i][j] = math.nan
    return _Cells(grid, written if is_value else None, faults)


def _number(text: str) -> Cell | None:
    return BOOLEANS.get(text.casefold(), number(text.replace("∞", "inf")))


def _arithmetic(text: str) -> float | None:
    """Return the value of arithmetic with one meaning, or None for another text."""
    with suppress(ValueError):
        return number_or_arithmetic(text)
    return None


def _quoted(sheet: str) -> str:
    return sheet if re.fullmatch(r"\w+", sheet) else "'" + sheet.replace("'", "''") + "'"


def _overlap(one: Rectangle, area: Range) -> bool:
    rows, columns = len(one.cells), len(one.cells[0])
    return (
        area.row < one.row + rows
        and one.row < area.row + area.rows
        and area.column < one.column + columns
        and one.column < area.column + area.columns
    )


def _slice_of(written: str) -> tuple[str, tuple[int, ...]]:
    """Return the name and the index of a slice: a defined name cannot be `weights[2,1]`.

    >>> _slice_of("layers.2.self.weights.2.1"), _slice_of("W_q")
    (('layers.2.self.weights', (2, 1)), ('W_q', ()))
    """
    match = _NUMBERED.fullmatch(written)
    return (match[1], tuple(map(int, match[2].split(".")[1:]))) if match else (written, ())


def _is_matrix(name: str) -> bool:
    return last_of(name) in MATRICES or last_of(name) in STEPS


def _is_entry(name: str) -> bool:
    return _is_matrix(name) or last_of(name) in CHOICES


def _without_steps(entries: Parsed) -> Parsed:
    """Return the entries of a problem without the results of its calculation.

    A sheet often shows both. If it has inputs, its steps are left out, with a note; if they are Q,
    K and V, only where X and the weights are given too.
    """
    names = {written: known_name(written) or "" for written in entries}
    is_projected = {"X", "W_q", "W_k", "W_v"} <= set(names.values())
    steps = [
        written
        for written, name in names.items()
        if last_of(name) in STEPS
        and isinstance(entries[written].value, list)
        and (is_projected if last_of(name) in ("Q", "K", "V") else last_of(name) not in MATRICES)
    ]
    kept = {written: part for written, part in entries.items() if written not in steps}
    if not steps or not any(_is_matrix(names[written]) for written in kept):
        return entries
    said = "is a step, and" if len(steps) == 1 else "are steps, and"
    return noted(kept, f"{in_words(steps)} {said} not part of the problem.")
