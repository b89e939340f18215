"""Test `--student REGEX`, and the order and the choice of attempts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attncli.documents.exports.attempts import natural, sortable_time
from attncli.documents.exports.collecting import find_submissions
from attncli.documents.exports.submission import Student
from attncli.errors import AttncliError
from tests.documents.exports.make_exports import Export, packed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of answers with names of a teacher's own, as the current folder's `hw`."""
    names = ("student-01 try2.json", "student-01 try10.json", "student-02 try1 LATE.csv")
    made = Export("", dict.fromkeys(names, b"[[1]]"), ()).folder(tmp_path)
    made.rename(tmp_path / "hw")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "hw"


@pytest.mark.usefixtures("folder")
def test_groups_of_the_user() -> None:
    """The groups give the id and the name; the largest number of an attempt counts."""
    pattern = (
        r"/(?P<student_id>(?P<first_name>\w+)-(?P<last_name>\d+)) try(?P<attempt>\d+)"
        r"(?P<late> LATE)?\.(?P<file_id>\w+)$"
    )
    first, second, third = find_submissions(["hw"], pattern)
    assert first.student == second.student == Student("student-01", "student 01")
    assert (first.file, first.is_superseded) == ("hw/student-01 try2.json", True)
    assert (second.file, second.is_superseded) == ("hw/student-01 try10.json", False)
    assert third.notes == ("handed in late",)


@pytest.mark.usefixtures("folder")
def test_the_expression_is_searched_in_the_written_path() -> None:
    """A path begins as the argument is written, and a ZIP counts as a folder."""
    assert find_submissions(["hw"], "^hw/(?P<student_id>[^ ]+)")[0].student.id == "student-01"
    packed(Path("class.zip"), {"anna/a.json": b"{}"})
    (one,) = find_submissions(["class.zip"], r"^class\.zip/(?P<student_id>\w+)/")
    assert (one.student.id, one.file) == ("anna", "class.zip:anna/a.json")


@pytest.mark.usefixtures("folder")
def test_a_file_that_does_not_fit_is_listed() -> None:
    """A file without a student of the expression has a message, and is not dropped."""
    messages = [one.message for one in find_submissions(["hw"], r"(?P<student_id>[^/]+)\.csv")]
    assert sorted(messages) == ["", *["its path does not fit --student."] * 2]


def test_the_expression_of_nbgrader(tmp_path: Path) -> None:
    """The expression in the manual of nbgrader works here as it stands."""
    pattern = r".+_(?P<student_id>\w+)_attempt_(?P<timestamp>[0-9\-]+)_(?P<file_id>.*)"
    days = ("2016-01-30", "2016-01-31")
    names = [f"ps1_bitdiddle_attempt_{day}-15-30-10_problem1.ipynb" for day in days]
    old, new = find_submissions(
        [str(packed(tmp_path / "a.zip", dict.fromkeys(names, b"{}")))], pattern
    )
    assert (old.student.id, old.attempt, old.is_superseded) == (
        *("bitdiddle", "2016-01-30-15-30-10", True),
    )
    assert (new.attempt, new.is_superseded) == ("2016-01-31-15-30-10", False)


ERRORS = {
    "(?P<student_id>": (
        "--student: '(?P<student_id>' is not a regular expression: missing ), unterminated "
        "subpattern at position 0. Write, for example, --student '(?P<student_id>\\w+)\\.json'."
    ),
    "(.*)": (
        "--student: '(.*)' has no group student_id. Write, for example, "
        "--student '(?P<student_id>\\w+)\\.json'."
    ),
    "(?P<studentid>.*)": (
        "--student: it has an unknown group 'studentid' (did you mean 'student_id'?). The groups "
        "are student_id, first_name, last_name, name, email, timestamp, attempt, late and file_id."
    ),
    "(?P<student_id>x{9})": (
        "--student: '(?P<student_id>x{9})' fits none of 3 files, such as "
        "hw/student-01 try2.json. It is searched in the path of a file, with / between folders "
        "and after a ZIP."
    ),
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("pattern", ERRORS)
def test_errors_of_the_expression(pattern: str) -> None:
    """A wrong expression is named, with the fault and an expression that works."""
    with pytest.raises(AttncliError, match=f"^{re.escape(ERRORS[pattern])}$"):
        find_submissions(["hw"], pattern)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Sep 24, 2026 926 PM", "2026-09-24 21:26"),
        ("24 September, 2026 9:26 PM", "2026-09-24 21:26"),
        ("September 4, 2026 1205 AM", "2026-09-04 00:05"),
        ("Oct 1, 2026 1205 PM", "2026-10-01 12:05"),
        ("1 Oct 2026 21.26", "2026-10-01 21:26"),
        ("2026-01-30 15:00", "2026-01-30 15:00"),
        ("20260130", "20260130"),
        ("3", "3"),
        ("24.9.2026 21.26", None),
        ("9/24/2026", None),
        ("24. zář 2026 2126", None),
        ("Foo 24, 2026 926 PM", None),
    ],
)
def test_times(text: str, time: str | None) -> None:
    """A time sorts if its year is first or its month is an English word; others are refused."""
    assert sortable_time(text) == time


def test_numbers_sort_by_size() -> None:
    """Attempt 10 comes after attempt 9, and 007 is 7."""
    assert sorted(["try 10", "try 9", "try 007", "try", ""], key=natural) == [
        *("", "try", "try 007", "try 9", "try 10")
    ]
