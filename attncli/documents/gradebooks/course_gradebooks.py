"""The gradebooks of courses: Canvas, Blackboard and Brightspace."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attncli.documents.gradebooks.platform import NUMBER, GradeTable, Platform, Row, orders_of

_TEST_STUDENT = "Student, Test"
# A column that shows grades in one of these forms does not take a number of points.
_OTHER_FORMS = ("percentage", "letter", "text", "complete/incomplete")
_USER_NAMES = (
    *("username", "user name", "benutzername", "nombre de usuario", "nom d'utilisateur"),
    *("gebruikersnaam", "nome utente", "nome de usuário"),
)
_PREVIEW = "_previewuser"  # the end of the name of a teacher's second account
_MAXIMUM = re.compile(r"MaxPoints:\s*(\d[\d.,]*)")


class CanvasGradebook(Platform):
    """The gradebook of a course, with a column for each assignment.

    Above the students there is a row with the points of each assignment, and perhaps a row
    `Manual Posting`; both lack an id.
    """

    name = "Canvas"
    own_id = r"\d+"
    ids = ("id", "sis user id", "sis login id", "integration id")
    name_titles = ("firstname", "lastname")
    points_title = re.compile(r"(?P<name>.*\S)\s*\((?P<id>\d+)\)")

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

    def names(self, table: GradeTable, row: Row) -> Iterable[str]:
        whole = row[0].value
        last, comma, first = whole.partition(",")
        yield from orders_of(first.strip(), last.strip()) if comma else [whole]
        yield from super().names(table, row)

    def maximum(self, table: GradeTable, place: int, title: re.Match[str]) -> str | None:
        """Return the points of an assignment; a total has no points, but `(read only)`."""
        possible = next((row for row in table.rows if "Points Possible" in row[0].value), ())
        points = possible[place].value.strip() if place < len(possible) else ""
        is_assignment = place > table.folded.index("section")
        takes_points = is_assignment and (NUMBER.fullmatch(points) or not possible)
        return points if takes_points else None


class BlackboardColumns(Platform):
    """The file of the grade center: a column for each item, and perhaps columns of feedback.

    The title of an item is `Quiz 1 [Total Pts: 10 Score] |1281892`; a calculated column has
    `up to 10`.
    """

    name = "Blackboard"
    ids = (*_USER_NAMES, "student id")
    points_title = re.compile(
        r"(?P<name>.*?)\s*\[[^\]:]*:\s*(?P<points>\d[\d.,]*)\s*(?P<shown>[^\]]*)\]"
        r"\s*(?:\|(?P<id>\d+))?"
    )

    def recognises(self, table: GradeTable) -> bool:
        has_item = any(map(self.points_title.fullmatch, table.titles))
        return has_item and bool(table.places(*_USER_NAMES))

    def is_student(self, table: GradeTable, row: Row) -> bool:
        place = table.places(*_USER_NAMES)[0]
        return place >= len(row) or not row[place].value.strip().endswith(_PREVIEW)

    def maximum(self, table: GradeTable, place: int, title: re.Match[str]) -> str | None:
        return None if title["shown"].strip().casefold() in _OTHER_FORMS else title["points"]

    def feedback_place(self, table: GradeTable) -> int | None:
        return next(iter(table.places("feedback to learner")), None)

    def is_markup(self, table: GradeTable, row: Row) -> bool:
        """Return True if the column beside the feedback says that it is HTML."""
        places = table.places("feedback format")
        return any(row[place].value.strip() == "HTML" for place in places if place < len(row))


class BrightspaceItems(Platform):
    """The grades of a course, with a column for each item; ids and names begin with `#`."""

    name = "Brightspace"
    ids = ("orgdefinedid", "username", "email")
    points_title = re.compile(r"(?P<name>.+?) Points Grade(?:\s*<(?P<about>.*)>)?(?P<id>)")

    def recognises(self, table: GradeTable) -> bool:
        is_ended = bool(table.places("end-of-line indicator"))
        return is_ended and bool(table.places("orgdefinedid", "username"))

    def maximum(self, table: GradeTable, place: int, title: re.Match[str]) -> str | None:
        found = _MAXIMUM.search(title["about"] or "")
        return found[1] if found else ""
