"""The gradebook of Canvas."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attncli.documents.gradebooks.platform import (
    NUMBER,
    GradeTable,
    Platform,
    PointsColumn,
    Row,
    names_in,
    orders_of,
)

_ASSIGNMENT = re.compile(r"(.*\S)\s*\((\d+)\)")
_TEST_STUDENT = "Student, Test"


class CanvasGradebook(Platform):
    """The gradebook of a course, with a column for each assignment.

    Above the students there is a row with the points of each assignment, and perhaps a row
    `Manual Posting`; both lack an id.
    """

    name = "Canvas"
    own_id = r"\d+"

    def recognises(self, table: GradeTable) -> bool:
        first = [*table.titles, "", "", ""]
        is_one = "Student" in first[0] and "ID" in first[1]
        is_two = "LastName" in first[0] and "FirstName" in first[1] and "ID" in first[2]
        return (is_one or is_two) and "section" in table.folded

    def is_student(self, table: GradeTable, row: Row) -> bool:
        """Return True for a row with an id, except that of Canvas's own test student."""
        place = table.folded.index("id")
        has_id = place < len(row) and row[place].value.strip() != ""
        return has_id and row[0].value.strip() != _TEST_STUDENT

    def id_places(self, table: GradeTable) -> list[int]:
        return table.places("id", "sis user id", "sis login id", "integration id")

    def names(self, table: GradeTable, row: Row) -> Iterable[str]:
        whole = row[0].value
        last, comma, first = whole.partition(",")
        yield from orders_of(first.strip(), last.strip()) if comma else [whole]
        yield from names_in(table, row, "firstname", "lastname")

    def points_columns(self, table: GradeTable) -> list[PointsColumn]:
        """Return the columns of assignments; a total has no points, but `(read only)`."""
        possible = next((row for row in table.rows if "Points Possible" in row[0].value), ())
        found = []
        for place in range(table.folded.index("section") + 1, len(table.titles)):
            match = _ASSIGNMENT.fullmatch(table.titles[place])
            points = possible[place].value.strip() if place < len(possible) else ""
            if match and (NUMBER.fullmatch(points) or not possible):
                names = (match[1], match[2])
                found.append(PointsColumn(place, table.titles[place], points, names))
        return found
