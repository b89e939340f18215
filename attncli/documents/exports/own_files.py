"""The teacher's own files among the answers: the problem, gradebooks, and files to be written."""

from __future__ import annotations

import json
from collections.abc import Sequence

from attncli.documents.exports.found_files import FoundFile, place_of_file
from attncli.documents.files import exists, read_file
from attncli.errors import DocumentError
from attncli.records import record

_CSV = b"student,name,email,file,status,"  # the beginning of a gradebook in CSV
_PAGE = b'name="generator" content="attncli"'
_START = 4096  # bytes that tell a gradebook from an answer


@record(frozen=True)
class OwnFiles:
    """Files of the teacher, which may lie in the folder of the answers.

    `read` are files that are not answers, such as the problem. `written` are files that the run
    writes: where such a file exists, it must be a gradebook of an earlier run.
    """

    read: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    def others(self, files: Sequence[FoundFile]) -> list[FoundFile]:
        """Return the files that are not the teacher's.

        Raises DocumentError if the run would write over an answer, an export or the problem.
        """
        read = {place_of_file(path) for path in self.read if exists(path)}
        written = {place_of_file(path): path for path in self.written if exists(path)}
        for place in read & written.keys():
            _refuse(written[place], "the run reads it, and would write over it.")
        left = []
        for file in files:
            place = file.place[: file.base]
            if place in written and not _is_gradebook(written[place]):
                _refuse(written[place], "it is one of the answers, and would be lost.")
            if place not in read and place not in written:
                left.append(file)
        return left


def _refuse(file: str, reason: str) -> None:
    raise DocumentError(reason, "Name another file for the result.").at(file)


def _is_gradebook(file: str) -> bool:
    """Return True if an earlier run has written a file: CSV, lines of JSON, JSON, or a page."""
    start = read_file(file, _START)
    if start.startswith(_CSV) or _PAGE in start:
        return True
    if start.startswith(b"{\n"):
        return b'\n  "statistics": {' in start
    try:
        row = json.loads(start.partition(b"\n")[0])
    except ValueError:
        return False
    return isinstance(row, dict) and {"student", "status", "digest"} <= row.keys()
