"""The files of the reports for students, under the paths that learning platforms expect."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Protocol

from attncli.documents.exports.file_kinds import FEEDBACK

LONGEST = 200  # bytes of a part of a path: systems allow 255
# Windows allows no file with one of these names, whatever its suffix.
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


class Owner(Protocol):
    """A student and the student's answer, as `Grade` has them; each text may be empty.

    `student` is the id on the platform, `file` the place of the answer, and `folder` the path of
    the student's files in the platform's export.
    """

    @property
    def student(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def folder(self) -> str: ...


class HasFeedback(Protocol):
    """A grade, and the report for the student as the bytes of a file; empty without a report."""

    @property
    def grade(self) -> Owner: ...
    @property
    def feedback(self) -> bytes: ...


def feedback_files(graded: Iterable[HasFeedback], suffix: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of each report: `FOLDER/attncli-feedback.md` for `.md`.

    The folder is that of the student in the platform's export, else the student's id or name, else
    the name of the answer's file. A folder that ends in `attncli-feedback` is the file itself. No
    two paths are the same, not even on systems that do not distinguish capital letters: the second
    folder of a name ends in `-2`. A path has no part that leads out of the folder.
    """
    paths = FeedbackPaths(suffix)
    for each in graded:
        if each.feedback:
            yield paths.path(each.grade), each.feedback


class FeedbackPaths:
    """Gives each student a path of its own; `suffix` is that of the reports, such as `.md`."""

    def __init__(self, suffix: str) -> None:
        self._suffix, self._used = suffix, set[str]()

    def path(self, grade: Owner) -> str:
        """Return the path of the report for a student, with `/` between its parts."""
        parts = safe_parts(grade.folder)
        for name in (grade.student, grade.name, grade.file):
            parts = parts or safe_parts(name.replace("/", "_").replace("\\", "_"))
        folder = name = "/".join(parts or ["student"])
        number = 1
        while name.casefold() in self._used:
            number += 1
            name = f"{folder}-{number}"
        self._used.add(name.casefold())
        is_file = name.endswith(FEEDBACK)
        return f"{name}{self._suffix}" if is_file else f"{name}/{FEEDBACK}{self._suffix}"


def safe_parts(path: str) -> list[str]:
    """Return the parts of a path that any system can hold, without those that lead out of it.

    >>> safe_parts("../Anna: 1/./b?"), safe_parts("/etc/con.txt"), safe_parts("..")
    (['Anna_ 1', 'b_'], ['etc', '_con.txt'], [])
    """
    text = unicodedata.normalize("NFC", path).replace("\\", "/")
    parts = (_safe_part(part) for part in text.split("/"))
    return [part for part in parts if part]


def _safe_part(part: str) -> str:
    """Return a part of a path with `_` for forbidden characters, or an empty text."""
    part = _FORBIDDEN.sub("_", part.encode(errors="replace").decode()).strip().rstrip(". ")
    part = part.encode()[:LONGEST].decode(errors="ignore").rstrip(". ")
    return f"_{part}" if _RESERVED.fullmatch(part) else part
