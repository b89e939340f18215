"""A learning platform: how its gradebook names students and points."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from attncli.documents.gradebooks.spans import CellSpan, values
from attncli.records import record

Row = Sequence[CellSpan]

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@record(frozen=True)
class GradeTable:
    """The titles of a gradebook's columns, and its rows; rows without any value are left out."""

    titles: tuple[str, ...]
    rows: tuple[Row, ...]

    def cells(self, place: int) -> list[str]:
        """Return the values of a column, counted from 0; a row that is too short has none."""
        return [row[place].value.strip() for row in self.rows if place < len(row)]

    def places(self, *titles: str) -> list[int]:
        """Return the places of the columns with these titles, in the order of the titles."""
        return [self.folded.index(title) for title in titles if title in self.folded]

    @cached_property
    def folded(self) -> list[str]:
        """The titles without regard to case."""
        return [title.casefold() for title in self.titles]


@record(frozen=True)
class PointsColumn:
    """A column that takes points.

    `place` counts from 0. `maximum` is the text of the largest number of points, as the file has
    it; empty if the file does not have it. `names` are short names of the column, beside its title.
    """

    place: int
    title: str
    maximum: str = ""
    names: tuple[str, ...] = ()


class Platform:
    """A learning platform, with the rules that most of them share.

    `own_id` is the pattern of the ids that the platform itself gives: a student with such an id
    that no row has is not looked up by name, because a namesake may have another id. `ids` and
    `name_titles` are titles of columns: those with an id, the surest first, and those with the
    first and the last name. `points_title` is the pattern of the titles of columns that take
    points; its groups `name` and `id` are short names of such a column. `locks` are the words, in
    small letters, that say in the column of `lock_place` that a grade cannot be changed.
    """

    name: str
    own_id = ""
    locks: frozenset[str] = frozenset()
    ids: tuple[str, ...]
    name_titles = ("first name", "last name")
    points_title: re.Pattern[str]

    def recognises(self, table: GradeTable) -> bool:
        """Return True if the table is a gradebook of this platform."""
        raise NotImplementedError

    def is_student(self, table: GradeTable, row: Row) -> bool:
        """Return True if the row is a student's, who may have an answer."""
        return True

    def id_places(self, table: GradeTable) -> list[int]:
        """Return the columns that identify a student, the surest first."""
        return table.places(*self.ids)

    def key(self, place: int, cell: str) -> str:
        """Return the id that a cell of this column holds, as it is compared."""
        return plain_key(cell)

    def names(self, table: GradeTable, row: Row) -> Iterable[str]:
        """Return the ways to write the student's full name."""
        cells, places = values(row), table.places(*self.name_titles)
        if len(places) < len(self.name_titles) or max(places) >= len(cells):
            return ()
        return orders_of(*(cells[place] for place in places))

    def points_columns(self, table: GradeTable) -> list[PointsColumn]:
        """Return the columns that take points."""
        found = []
        for place, title in enumerate(table.titles):
            match = self.points_title.fullmatch(title)
            maximum = self.maximum(table, place, match) if match else None
            if match and maximum is not None:
                names = tuple(filter(None, (match["name"], match["id"])))
                found.append(PointsColumn(place, title, maximum, names))
        return found

    def maximum(self, table: GradeTable, place: int, title: re.Match[str]) -> str | None:
        """Return the largest number of points of a column; None if it does not take points."""
        raise NotImplementedError

    def feedback_place(self, table: GradeTable) -> int | None:
        """Return the column that takes feedback; None if the platform reads none."""
        return None

    def is_markup(self, table: GradeTable, row: Row) -> bool:
        """Return True if the platform reads the feedback of the row as HTML."""
        return False

    def lock_place(self, table: GradeTable) -> int | None:
        """Return the column that says if a grade can be changed; None if there is none."""
        return None


def plain_key(text: str) -> str:
    """Return a text as ids and names are compared: without regard to case and blanks around it.

    >>> plain_key(" #AB  c")
    'ab c'
    """
    folded = unicodedata.normalize("NFC", text).casefold()
    return " ".join(folded.lstrip("# \t").split())


def orders_of(first: str, last: str) -> Iterator[str]:
    """Yield the ways to write a full name of two parts."""
    yield f"{first} {last}"
    yield f"{last} {first}"
    yield f"{last}, {first}"
