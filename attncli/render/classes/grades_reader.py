"""Read the lines of a gradebook that was written as CSV or as lines of JSON."""

from __future__ import annotations

import csv
import json
from typing import Any

from attncli.errors import AttncliError
from attncli.homework.classes.grade import Grade, grade_from
from attncli.render.classes.grades_csv import FIRST, LAST, unguarded

BOM = b"\xef\xbb\xbf"


class GradesReader:
    """Reads a gradebook line by line, from the first line on; later lines may be read again."""

    def __init__(self) -> None:
        self._columns: list[str] = []
        self._lines = 0

    def next_grade(self, line: bytes) -> Grade | None:
        """Return the grade of the next line; None for a header, and for a line without its end.

        A run that was killed may leave such a line. Raises AttncliError with the number of a line
        that is not a grade.
        """
        if not line.endswith(b"\n"):
            return None
        self._lines += 1
        try:
            if self._lines > 1 or line.removeprefix(BOM).startswith(b"{"):
                return self.grade(line)
            self._columns = _cells(line.removeprefix(BOM))
            if not {*FIRST, *LAST} <= {*self._columns}:
                raise ValueError(line)
        except (KeyError, ValueError, TypeError, AttributeError, StopIteration, csv.Error):
            message = f"line {self._lines} is not a line of a gradebook."
            hint = "Give a file that attncli grade has written with -f csv or -f jsonl."
            raise AttncliError(message, hint) from None
        return None

    def grade(self, line: bytes) -> Grade:
        """Return the grade of a line that has been read before."""
        if not self._columns:
            return grade_from(json.loads(line.removeprefix(BOM)))
        cells = dict(zip(self._columns, _cells(line), strict=True))
        texts: dict[str, Any] = {name: unguarded(cells[name]) for name in Grade.__annotations__}
        return grade_from({**texts, "steps": json.loads(cells["steps"])})


def _cells(line: bytes) -> list[str]:
    """Return the cells of a line; the wrong numbers of a step may make a long one."""
    before = csv.field_size_limit(max(len(line), csv.field_size_limit()))
    try:
        (cells,) = csv.reader([line.decode()], strict=True)
    finally:
        csv.field_size_limit(before)
    return cells
