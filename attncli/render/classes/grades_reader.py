"""Read a gradebook back that was written as CSV or as lines of JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attncli.errors import AttncliError
from attncli.homework.classes.grade import Grade, grade_from
from attncli.render.classes.grades_csv import FIRST, LAST, unguarded

BOM = b"\xef\xbb\xbf"


def read_grades(data: bytes) -> list[Grade]:
    """Return the grades of a file that was written as CSV or as lines of JSON.

    A last line without its end, as a run that was killed may leave it, is left out. Raises
    AttncliError with the number of a line that is not a grade.
    """
    data = data.removeprefix(BOM)
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    if not lines:
        return []
    if lines[0].startswith(b"{"):
        return [_grade(number, json.loads, line) for number, line in enumerate(lines, 1)]
    with _cells_of_any_length(max(map(len, lines))):
        header = _read(1, _header, lines[0])

        def values(line: bytes) -> dict[str, Any]:
            return _values(dict(zip(header, _cells(line), strict=True)))

        return [_grade(number, values, line) for number, line in enumerate(lines[1:], 2)]


def _grade(number: int, parse: Callable[[bytes], Mapping[str, Any]], line: bytes) -> Grade:
    grade: Grade = _read(number, lambda text: grade_from(parse(text)), line)
    return grade


def _read(number: int, parse: Callable[[bytes], Any], line: bytes) -> Any:
    """Return what `parse` reads from a line. Raises AttncliError if it cannot read it."""
    try:
        return parse(line)
    except (KeyError, ValueError, TypeError, AttributeError, StopIteration, csv.Error):
        hint = "Give a file that attncli grade has written with -f csv or -f jsonl."
        raise AttncliError(f"line {number} is not a line of a gradebook.", hint) from None


def _header(line: bytes) -> list[str]:
    """Return the names of the columns. Raises ValueError if they are not those of a gradebook."""
    cells = _cells(line)
    if not {*FIRST, *LAST} <= {*cells}:
        raise ValueError(line)
    return cells


def _cells(line: bytes) -> list[str]:
    (cells,) = csv.reader([line.decode()], strict=True)
    return cells


def _values(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the cells of a row as `Grade.data` has them."""
    texts = {name: unguarded(cells[name]) for name in Grade.__annotations__}
    return {**texts, "steps": json.loads(cells["steps"])}


@contextmanager
def _cells_of_any_length(longest: int) -> Iterator[None]:
    """Let the module csv read cells of this length, which the wrong numbers of a step may have."""
    before = csv.field_size_limit(max(longest, csv.field_size_limit()))
    try:
        yield
    finally:
        csv.field_size_limit(before)
