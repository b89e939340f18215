"""Read the roster of a class: a CSV file with one student per line, as learning platforms write."""

from __future__ import annotations

import csv
import io
import os.path
import re
from collections.abc import Callable

from attncli.documents.files import decode, read_file
from attncli.documents.sources import place_of
from attncli.errors import DocumentError, errors_at
from attncli.words import did_you_mean, in_words, some_in_words

# The columns with the id of a student: the first of these that a roster has is taken.
COLUMNS = (
    *("student_id", "id", "identifier", "userid", "user_id", "sid", "username", "user name"),
    *("student id", "sis user id", "sis login id", "orgdefinedid", "login", "email"),
    *("email address", "student"),
)
_MOODLE, _BRIGHTSPACE = re.compile(r"[^\d\s]+ (\d+)"), re.compile(r"#(.+)")
_SHOWN, _NOTED = 10, 5  # columns that a message lists, and rows


def read_roster(argument: str, note: Callable[[str], None]) -> list[str]:
    """Return the ids of the students of FILE, or of the column that FILE:COLUMN names.

    A file with one column needs no header. Rows without an id are left out; `note` gets a sentence
    about them. Raises DocumentError if the file cannot be read, if it has no column of ids, and if
    an id is listed twice.
    """
    place = place_of(argument, "")
    with errors_at(place.path):
        if not os.path.exists(place.path):
            raise DocumentError("there is no such file.", "Check its name and folder.")
        text = decode(read_file(place.path))
        try:
            reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
            rows = [row for row in reader if any(row)]
        except csv.Error as error:
            raise DocumentError(f"it is not CSV: {error}.", "Save it as CSV UTF-8.") from None
        if not rows:
            raise DocumentError("it is empty.", "Write one student per line.")
        column, has_header = _column(rows[0], place.key, max(map(len, rows)) == 1)
        listed = rows[has_header:]
        ids = [row[column].strip() if column < len(row) else "" for row in listed]
        if left_out := [row for row, student in zip(listed, ids, strict=True) if not student]:
            shown = some_in_words([" ".join(filter(None, row)) for row in left_out], _NOTED)
            note(f"{place.path}: left out, without an id: {shown}.")
        title = rows[0][column].strip().casefold() if has_header else ""
        students = _as_exported([student for student in ids if student], title)
        if not students:
            raise DocumentError("it lists no student.", "Write one student per line.")
        if len(set(students)) < len(students):
            twice = next(one for i, one in enumerate(students) if one in students[:i])
            raise DocumentError(f"it lists {twice!r} twice.", "Remove one of the lines.")
        return students


def _as_exported(ids: list[str], title: str) -> list[str]:
    """Return the ids as the platforms have them in the names of the files that they export.

    Moodle's column `Identifier` has `Participant 101` for 101, and Brightspace `#anna` for anna.
    """
    form = _MOODLE if title == "identifier" else _BRIGHTSPACE
    found = [form.fullmatch(student) for student in ids]
    return [match[1] for match in found if match] if all(found) else ids


def _delimiter(text: str) -> str:
    """Return the delimiter that the first line has most often."""
    first = text.lstrip().partition("\n")[0]
    return max(",;\t", key=first.count)


def _column(first: list[str], wished: str | None, is_single: bool) -> tuple[int, bool]:
    """Return the column of the ids, counted from 0, and True if the first row is a header."""
    names = [cell.strip().casefold() for cell in first]
    if wished is not None:
        if wished.casefold() in names:
            return names.index(wished.casefold()), True
        message = f"it has no column {wished!r}{did_you_mean(wished, first)}."
        raise DocumentError(message, f"Its columns are {in_words(first[:_SHOWN])}.")
    known = next((name for name in COLUMNS if name in names), None)
    if known is not None:
        return names.index(known), True
    if is_single:
        return 0, False
    message = f"none of its columns is known to hold ids: {in_words(first[:_SHOWN])}."
    raise DocumentError(message, "Name the column: FILE.csv:COLUMN.")
