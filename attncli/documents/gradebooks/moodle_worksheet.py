"""Moodle's grading worksheet, whose titles are in the language of the site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attncli.documents.gradebooks.platform import (
    NUMBER,
    GradeTable,
    Platform,
    PointsColumn,
    Row,
)
from attncli.errors import DocumentError

# "Participant 123456", in the language of the site.
_PARTICIPANT = re.compile(r"(\D*\D)(\d+)")
# The title of the grades, for worksheets without a column of the largest grade.
_GRADES = ("grade", "bewertung", "calificación", "qualificació", "note", "nota", "valutazione")
_FEWEST = 5  # columns
# The two words of the column "Grade can be changed".
_YES = frozenset(
    {
        *(
            "yes",
            "ja",
            "oui",
            "sí",
            "sim",
            "sì",
            "da",
            "tak",
            "áno",
            "ano",
            "kyllä",
            "igen",
            "evet",
        ),
        *("да", "так", "ναι", "はい", "是", "예", "نعم", "כן"),
    }
)
_NO = frozenset(
    {
        *("no", "nein", "non", "não", "nee", "nei", "nej", "ei", "nu", "nie", "ne", "nem", "hayır"),
        *("нет", "ні", "όχι", "いいえ", "否", "아니오", "لا", "לא"),
    }
)


class MoodleWorksheet(Platform):
    """The worksheet of one assignment.

    Its first columns are the participant and the full name. Two columns with a title such as
    `Last modified (grade)` stand before the feedback. The online text may be between them.
    """

    name = "Moodle"
    own_id = r"\d+"
    locks = _NO

    def recognises(self, table: GradeTable) -> bool:
        """Return True if the first cells are one word with different numbers."""
        found = [_PARTICIPANT.fullmatch(cell) for cell in table.cells(0)]
        words = {match[1] if match else "" for match in found}
        is_titled = not _PARTICIPANT.fullmatch(table.titles[0])
        return is_titled and len(table.titles) >= _FEWEST and len(words) == 1 and "" not in words

    def id_places(self, table: GradeTable) -> list[int]:
        """Return the participant, then the columns up to the grade: the address, other ids."""
        columns = self.points_columns(table)
        return [0, *range(2, columns[0].place if len(columns) == 1 else 2)]

    def key(self, place: int, cell: str) -> str:
        """Return the number of a participant, or another id."""
        return super().key(place, cell) if place else re.sub(r"\D", "", cell)

    def names(self, table: GradeTable, row: Row) -> Iterable[str]:
        return [row[1].value] if len(row) > 1 else []

    def points_columns(self, table: GradeTable) -> list[PointsColumn]:
        """Return the column of the grade, or every column that it can be if that is not clear.

        Raises DocumentError if the grades are not points.
        """
        titled = [at for at, title in enumerate(table.folded) if title in _GRADES]
        free = [at for at in range(2, len(table.titles) - 1) if self._is_grade(table, at)]
        place = next((found[0] for found in (titled, free) if len(found) == 1), None)
        if place is None:
            return [self._column(table, at) for at in range(2, len(table.titles))]
        after = table.cells(place + 1)
        if after and all("\n" in cell for cell in after):
            message = "the grades of this assignment are words of a scale, not points."
            raise DocumentError(message, "Choose points in the settings of the assignment.")
        return [self._column(table, place)]

    def _is_grade(self, table: GradeTable, place: int) -> bool:
        """Return True if a column has grades or nothing, and the next has the largest grade."""
        grades = [cell for cell in table.cells(place) if cell != "-"]
        is_free = all(not cell or NUMBER.fullmatch(cell) for cell in grades)
        return is_free and _one_number(table.cells(place + 1)) != ""

    def _column(self, table: GradeTable, place: int) -> PointsColumn:
        return PointsColumn(place, table.titles[place], _one_number(table.cells(place + 1)))

    def feedback_place(self, table: GradeTable) -> int | None:
        """Return the column after `Last modified (grade)`; only this title ends with a bracket."""
        dated = [at for at, title in enumerate(table.titles) if title.endswith((")", "）"))]
        after = max(dated, default=len(table.titles)) + 1
        return after if after < len(table.titles) else None

    def is_markup(self, table: GradeTable, row: Row) -> bool:
        return True

    def lock_place(self, table: GradeTable) -> int | None:
        """Return the column `Grade can be changed`: it holds nothing but yes and no."""
        for place in range(2, len(table.titles)):
            words = {cell.casefold() for cell in table.cells(place)}
            if words and words <= _YES | _NO:
                return place
        return None


def _one_number(cells: Sequence[str]) -> str:
    """Return the number that is in all the cells; empty if there is none."""
    numbers = set(cells)
    number = numbers.pop() if len(numbers) == 1 else ""
    return number if NUMBER.fullmatch(number) and number.strip("0.,") else ""
