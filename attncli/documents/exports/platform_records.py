"""The records that platforms put beside the answers: who handed in what, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attncli.documents.exports.found_files import FoundFile
from attncli.documents.exports.submission import Student
from attncli.documents.exports.zip_members import member_lines, read_member
from attncli.documents.files import read_file, reading
from attncli.errors import DocumentError, errors_at
from attncli.records import record

GRADESCOPE_RECORD = "submission_metadata.yml"
_BEGINNING = 4096  # bytes of Blackboard's record that hold the name
_LONGEST = 65536  # bytes of a line of Gradescope's record


@record(frozen=True)
class Handed:
    """The students of a folder of Gradescope, and the time at which they handed it in."""

    students: tuple[Student, ...]
    time: str = ""


def blackboard_student(file: FoundFile) -> Student:
    """Return the student of Blackboard's text about an attempt; empty if it names none.

    Its first line is `Name: Anna Smith (asmith)`.
    """
    try:
        if file.member:
            data = read_member(file.path, file.member, _BEGINNING)
        else:
            data = read_file(file.path, _BEGINNING)
    except DocumentError:
        return Student()
    text = data.decode("utf-8-sig", errors="replace")
    found = re.search(r"(?m)^Name:[ \t]*(.*?)[ \t]*\(([^()\n]*)\)\s*$", text)
    return Student(found[2].strip(), found[1]) if found else Student()


def gradescope_folders(file: FoundFile) -> dict[str, Handed]:
    """Return the entry of each folder of `submission_metadata.yml`.

    The file holds the results of all tests too, and is long: it is scanned line by line for the
    names, ids, addresses and times. Raises DocumentError if it cannot be read.
    """
    with errors_at(file.file):
        if file.member:
            return _scanned(member_lines(file.path, file.member, _LONGEST))
        with reading(file.path) as lines:
            return _scanned(iter(lambda: lines.readline(_LONGEST), b""))


# An entry is a folder without indentation; its keys have two spaces, and a list of students comes
# after `  :submitters:`, with a dash before the first key of each.
_FOLDER = re.compile(r"""(?!-)["']?([^\s:"']+)["']?:\s*$""")
_KEY = re.compile(r"  :(\w+):\s*(.*)$")
_OF_STUDENT = re.compile(r"  (?:  )?(- |  ):(name|sid|email):\s*(.*)$")


def _scanned(lines: Iterable[bytes]) -> dict[str, Handed]:
    folders: dict[str, Handed] = {}
    folder, key = "", ""
    time, students = "", list[dict[str, str]]()

    def finish() -> None:
        if folder:
            made = (
                Student(one.get("sid", ""), one.get("name", ""), one.get("email", ""))
                for one in students
            )
            folders[folder] = Handed(tuple(made), time)

    for raw in lines:
        line = raw.decode("utf-8", errors="replace").rstrip()
        if found := _FOLDER.match(line):
            finish()
            folder, key, time, students = found[1], "", "", []
        elif found := _KEY.match(line):
            key = found[1]
            time = _scalar(found[2]) if key == "created_at" else time
        elif key == "submitters" and (found := _OF_STUDENT.match(line)):
            if found[1] == "- " or not students:
                students.append({})
            students[-1][found[2]] = _scalar(found[3])
    finish()
    return folders


def _scalar(text: str) -> str:
    """Return the text of a value of YAML on one line.

    >>> _scalar("'O''Brien'"), _scalar('"\\\\u00e9"'), _scalar("null"), _scalar("007")
    ("O'Brien", 'é', '', '007')
    """
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(_ESCAPE, _unescaped, text[1:-1])
    return "" if text in ("null", "~") else text


_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        return chr(min(int(code, 16), 0x10FFFF))
    return {"n": "\n", "t": "\t"}.get(found[4], found[4])
