"""The grades of Brightspace."""

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

_ITEM = re.compile(r"(?P<name>.+?) Points Grade(?:\s*<(?P<about>.*)>)?")
_MAXIMUM = re.compile(r"MaxPoints:\s*(\d[\d.,]*)")


class BrightspaceItems(Platform):
    """The grades of a course, with a column for each item; ids and names begin with `#`."""

    name = "Brightspace"

    def recognises(self, table: GradeTable) -> bool:
        is_ended = bool(table.places("end-of-line indicator"))
        return is_ended and bool(table.places("orgdefinedid", "username"))

    def id_places(self, table: GradeTable) -> list[int]:
        return table.places("orgdefinedid", "username", "email")

    def names(self, table: GradeTable, row: Row) -> Iterable[str]:
        return names_in(table, row, "first name", "last name")

    def points_columns(self, table: GradeTable) -> list[PointsColumn]:
        found = []
        for place, title in enumerate(table.titles):
            if match := _ITEM.fullmatch(title):
                maximum = _MAXIMUM.search(match["about"] or "")
                found.append(
                    PointsColumn(place, title, maximum[1] if maximum else "", (match["name"],))
                )
        return found
