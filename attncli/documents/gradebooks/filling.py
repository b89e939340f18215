"""Fill grades into the teacher's own gradebook: some cells change, and every other byte stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from html import escape

from attncli.documents.gradebooks.encoded_text import EncodedText, decode_any
from attncli.documents.gradebooks.filled import Filled, Filling, Reason, Unfilled
from attncli.documents.gradebooks.platform import (
    GradeTable,
    Platform,
    PointsColumn,
    Row,
    plain_key,
)
from attncli.documents.gradebooks.recognising import chosen_column, recognised
from attncli.documents.gradebooks.scaled_points import ScaledPoints
from attncli.documents.gradebooks.spans import CellSpan, replaced
from attncli.documents.text.csv_writer import FORMULAS
from attncli.errors import errors_at
from attncli.words import printable

_KEPT = ("ex", "n/a")  # cells of students who are excused, or who lack the assignment


def fill(data: bytes, name: str, rows: Iterable[Filling], column: str = "") -> Filled:
    """Return a gradebook of Moodle, Canvas, Blackboard or Brightspace with these grades.

    `data` are the bytes of the file, `name` its name in messages. `column` is the title of the
    column that takes the points, or its title without the id and the points; it may be empty if
    only one column takes points. Points are scaled to the largest number of the column.

    Raises DocumentError if the file is not a gradebook, and if the column is not clear.
    """
    with errors_at(name):
        written = decode_any(data)
        platform, table, delimiter = recognised(written.text)
        chosen = chosen_column(platform.points_columns(table), column)
        book = _Book(written, platform, table, chosen)
        for filling in rows:
            book.add(filling)
        text = replaced(written.text, book.changes, delimiter)
        maximum = float(book.maximum) if book.maximum else None
        return Filled(
            written.encode(text),
            platform.name,
            chosen.title,
            maximum,
            book.count,
            tuple(book.unmatched),
            tuple(book.unfilled()),
        )


class _Book:
    """A gradebook that takes grades: the changed cells, and the grades that have no row."""

    def __init__(
        self, written: EncodedText, platform: Platform, table: GradeTable, column: PointsColumn
    ) -> None:
        self._written, self._platform, self._table = written, platform, table
        self._place = column.place
        self._points = ScaledPoints(column.maximum, table.cells(column.place))
        self._feedback = platform.feedback_place(table)
        self._lock = platform.lock_place(table)
        self._rows = [row for row in table.rows if platform.is_student(table, row)]
        self._id_places = platform.id_places(table)
        self._ids = [
            self._index([platform.key(at, self._cell(row, at))] for row in self._rows)
            for at in self._id_places
        ]
        names = (platform.names(table, row) for row in self._rows)
        self._names = self._index(map(plain_key, own) for own in names)
        self._taken: dict[int, Reason | None] = {}
        self.changes: dict[CellSpan, str] = {}
        self.unmatched: list[Unfilled] = []

    @property
    def maximum(self) -> Decimal | None:
        """The largest number of points of the column; None if the file does not have it."""
        return self._points.maximum

    @property
    def count(self) -> int:
        """The number of rows with a new grade."""
        return sum(reason is None for reason in self._taken.values())

    def _index(self, keys_of_rows: Iterable[Iterable[str]]) -> dict[str, list[int]]:
        """Return the numbers of the rows by their keys: each row has one key, or several."""
        found: dict[str, list[int]] = {}
        for number, keys in enumerate(keys_of_rows):
            for key in set(keys) - {""}:
                found.setdefault(key, []).append(number)
        return found

    def add(self, filling: Filling) -> None:
        """Fill the row of a student; a grade without a row is kept in `unmatched`."""
        found = self._rows_of(filling)
        if len(found) == 1 and found[0] not in self._taken:
            self._taken[found[0]] = self._fill(self._rows[found[0]], filling)
            return
        reason = Reason.TWICE if len(found) == 1 else Reason.AMBIGUOUS
        reason = reason if found else Reason.UNKNOWN
        self.unmatched.append(Unfilled(filling.student, filling.name, reason))

    def _rows_of(self, filling: Filling) -> list[int]:
        """Return the rows of a student: by the id, else by the address, else by the full name."""
        student = plain_key(filling.student)
        for key in filter(None, (student, plain_key(filling.email))):
            for index in self._ids:
                if key in index:
                    return index[key]
        if self._platform.own_id and re.fullmatch(self._platform.own_id, student):
            return []
        name = plain_key(filling.name) or student
        return self._names.get(name, [])

    def _fill(self, row: Row, filling: Filling) -> Reason | None:
        """Change the cells of a row; return the reason if the row stays as it is."""
        if filling.earned is None or filling.points <= 0:
            return Reason.NO_GRADE
        if self._place >= len(row):
            return Reason.SHORT
        locks = self._platform.locks
        if self._lock is not None and self._cell(row, self._lock).casefold() in locks:
            return Reason.LOCKED
        old = self._cell(row, self._place).casefold()
        if old in _KEPT or "read only" in old:
            return Reason.KEPT
        self.changes[row[self._place]] = self._points.text(filling.earned, filling.points)
        feedback = self._feedback_text(row, filling.feedback)
        if feedback and self._feedback is not None and self._feedback < len(row):
            self.changes[row[self._feedback]] = feedback
        return None

    def _cell(self, row: Row, place: int) -> str:
        """Return the value of a cell; empty if the row is too short."""
        return row[place].value.strip() if place < len(row) else ""

    def _feedback_text(self, row: Row, feedback: str) -> str:
        """Return feedback as its cell holds it; a spreadsheet does not take it for a formula."""
        text = "\n".join(map(printable, feedback.strip().splitlines()))
        is_markup = self._platform.is_markup(self._table, row)
        if is_markup:
            text = escape(text, quote=False).replace("\n", "<br>")
        text = self._written.known(text, is_markup)
        return f"'{text}" if text.startswith(FORMULAS) else text

    def unfilled(self) -> Iterator[Unfilled]:
        """Yield the students' rows that stay as they are."""
        for number, row in enumerate(self._rows):
            reason = self._taken.get(number, Reason.NO_ANSWER)
            if reason is not None:
                student = self._cell(row, self._id_places[0])
                name = next(iter(self._platform.names(self._table, row)), "")
                yield Unfilled(student, name.strip(), reason)
