"""The file of Blackboard's grade center that is downloaded to work offline."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attncli.documents.gradebooks.platform import (
    GradeTable,
    Platform,
    PointsColumn,
    Row,
    names_in,
)

# "Quiz 1 [Total Pts: 10 Score] |1281892"; a calculated column has "up to 10".
_COLUMN = re.compile(
    r"(?P<name>.*?)\s*\[[^\]:]*:\s*(?P<points>\d[\d.,]*)\s*(?P<shown>[^\]]*)\]\s*(?:\|(?P<id>\d+))?"
)
# A column that shows grades in one of these forms does not take a number of points.
_OTHER_FORMS = ("percentage", "letter", "text", "complete/incomplete")
_USER_NAMES = (
    *("username", "user name", "benutzername", "nombre de usuario", "nom d'utilisateur"),
    *("gebruikersnaam", "nome utente", "nome de usuário"),
)
_PREVIEW = "_previewuser"  # the end of the name of a teacher's second account


class BlackboardColumns(Platform):
    """The grades of a course, with a column for each item; perhaps with columns of feedback."""

    name = "Blackboard"

    def recognises(self, table: GradeTable) -> bool:
        return bool(table.places(*_USER_NAMES)) and any(map(_COLUMN.fullmatch, table.titles))

    def is_student(self, table: GradeTable, row: Row) -> bool:
        place = table.places(*_USER_NAMES)[0]
        return place >= len(row) or not row[place].value.strip().endswith(_PREVIEW)

    def id_places(self, table: GradeTable) -> list[int]:
        return table.places(*_USER_NAMES, "student id")

    def names(self, table: GradeTable, row: Row) -> Iterable[str]:
        return names_in(table, row, "first name", "last name")

    def points_columns(self, table: GradeTable) -> list[PointsColumn]:
        found = []
        for place, title in enumerate(table.titles):
            match = _COLUMN.fullmatch(title)
            if match and match["shown"].strip().casefold() not in _OTHER_FORMS:
                names = (match["name"], match["id"] or match["name"])
                found.append(PointsColumn(place, title, match["points"], names))
        return found

    def feedback_place(self, table: GradeTable) -> int | None:
        return next(iter(table.places("feedback to learner")), None)

    def is_markup(self, table: GradeTable, row: Row) -> bool:
        """Return True if the column beside the feedback says that it is HTML."""
        places = table.places("feedback format")
        cells = [row[place].value.strip() for place in places if place < len(row)]
        return "HTML" in cells
