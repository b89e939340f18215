"""The teacher's own gradebook from a learning platform, which gets the points of a class."""

from __future__ import annotations

from pathlib import Path

from attncli.documents.files import check_writable, read_file, write_file
from attncli.documents.gradebooks.filled import Filled, Filling
from attncli.documents.gradebooks.filling import fill
from attncli.errors import DocumentError, errors_at
from attncli.homework.classes.grade import Grade, Status
from attncli.words import noun


class OwnGradebook:
    """A gradebook that is filled when all grades are known.

    `column` is the title of the column that gets the points, or empty. Raises DocumentError if the
    file is not a gradebook or may not be written, or if the column is not clear.
    """

    def __init__(self, file: Path, column: str) -> None:
        self._file, self._column = file, column
        self._fillings: list[Filling] = []
        self._filled()
        check_writable(file)

    def add(self, grade: Grade) -> None:
        """Keep a grade; a missing answer, and an attempt that a newer one replaces, have none."""
        if grade.status not in (Status.SUPERSEDED, Status.MISSING):
            filling = Filling(
                grade.student, grade.name, grade.email, grade.earned, grade.points, _words(grade)
            )
            self._fillings.append(filling)

    def fill(self) -> Filled:
        """Write the points and the feedback into the file, and return the result."""
        filled = self._filled()
        write_file(self._file, filled.data)
        return filled

    def _filled(self) -> Filled:
        with errors_at(str(self._file)):
            if not self._file.exists():
                raise DocumentError("there is no such file.", "Check its name and folder.")
            data = read_file(str(self._file))
        return fill(data, str(self._file), self._fillings, self._column)


def _words(grade: Grade) -> str:
    """Return the feedback on a grade in one line: `3 of 4 points. Wrong in scaled: …`."""
    if grade.earned is None:
        return ""
    points = f"{grade.points:g} {noun(grade.points, 'points')}"
    return f"{grade.earned:g} of {points}. {grade.headline}"
