"""Exports of platforms, made after the facts that their sources and users state; names invented."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ANSWER = b'{"output": [[1, 2]]}'
OTHER = b"output\n1,2\n"
PDF = b"%PDF-1.7"

BLACKBOARD_TEXT = """Name: {name} ({user})
Assignment: Problem 1
Date Submitted: Friday, January 30, 2026 3:00:00 PM EST
Current Grade: Needs Grading

Submission Field:
Student One has typed nothing.

Comments:
None.

Files:
	Original filename: answer.json
	Filename: Problem 1_{user}_attempt_2026-01-30-15-00-00_answer.json
"""

GRADESCOPE_TEXT = """---
submission_101:
  :submitters:
  - :name: Student One
    :sid: '0012'
    :email: student-01@example.org
  :created_at: 2026-01-30 15:00:00.312342000 Z
  :score: 10.0
  :status: processed
  :history:
  - :created_at: 2026-01-29 15:00:00.000000000 Z
    :submitters:
    - :name: Somebody Else
      :sid: '9999'
  :results:
    tests:
    - name: 'Student Seven'
      output: ":sid: '7777'"
submission_102:
  :submitters:
  - :name: Sin\u00e9ad O'Brien
    :sid: 345
    :email: student-02@example.org
  - :name: "\\u674e \\x41"
    :sid:
    :email: student-03@example.org
  :created_at: 2026-01-30 16:00:00.000000000 Z
"""


class Expected(NamedTuple):
    """A submission that is expected of an export: what its student, file and state are."""

    id: str
    name: str
    file: str
    attempt: str = ""
    is_superseded: bool = False
    message: str = ""


class Export(NamedTuple):
    """An export of a platform: its files, and the submissions in it."""

    platform: str
    files: Mapping[str, bytes]
    expected: tuple[Expected, ...]

    def folder(self, top: Path) -> Path:
        """Write the files into a new folder in `top`, and return it."""
        folder = top / "export"
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder

    def zipped(self, top: Path) -> Path:
        """Write the files into a ZIP in `top`, and return it."""
        return packed(top / "export.zip", self.files)


def packed(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write files by their names into a ZIP, and return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def _blackboard(name: str, user: str) -> bytes:
    return BLACKBOARD_TEXT.format(name=name, user=user).encode()


_BOTH = "a.json and b.csv may both be the answer: keep one of them."
_PDF = "it is a PDF: attncli reads answers from JSON, CSV, NPZ, workbooks and texts."

MOODLE = Export(
    "Moodle",
    {
        "Student One_1001_assignsubmission_file/answer.json": ANSWER,
        "Student One_1001_assignsubmission_onlinetext/onlinetext.html": b"<p>see file</p>",
        "Sin\u00e9ad O'Brien_1002_assignsubmission_file_/work/answer.json": ANSWER,
        "Sin\u00e9ad O'Brien_1002_assignsubmission_file_/scan.pdf": PDF,
        "Participant_1003_assignsubmission_onlinetext/onlinetext.html": b"<p>output</p>",
        "Default group_assignsubmission_file/a.json": ANSWER,
        "Default group_assignsubmission_file/b.csv": OTHER,
        "Student Five_1005_assignsubmission_file/scan.pdf": PDF,
        "Student Five_1005_assignsubmission_file/.DS_Store": b"",
        "__MACOSX/Student Five_1005_assignsubmission_file/._scan.pdf": b"",
    },
    (
        Expected("1001", "Student One", "Student One_1001_assignsubmission_file/answer.json"),
        Expected(
            "1002",
            "Sin\u00e9ad O'Brien",
            "Sin\u00e9ad O'Brien_1002_assignsubmission_file_/work/answer.json",
        ),
        Expected(
            "1003",
            "Participant",
            "Participant_1003_assignsubmission_onlinetext/onlinetext.html",
        ),
        Expected("", "Default group", "Default group_assignsubmission_file/a.json", message=_BOTH),
        Expected(
            "1005",
            "Student Five",
            "Student Five_1005_assignsubmission_file/scan.pdf",
            message=_PDF,
        ),
    ),
)

MOODLE_FLAT = Export(
    "Moodle without folders",
    {
        "Student One_1001_assignsubmission_file_answer.json": ANSWER,
        "Student Two_1002_assignsubmission_onlinetext_onlinetext.html": b"<p>output</p>",
    },
    (
        Expected("1001", "Student One", "Student One_1001_assignsubmission_file_answer.json"),
        Expected(
            "1002",
            "Student Two",
            "Student Two_1002_assignsubmission_onlinetext_onlinetext.html",
        ),
    ),
)

CANVAS = Export(
    "Canvas",
    {
        "obriensin\u00e9ad_202_5001_answer.json": ANSWER,
        "onestudent_LATE_201_5002_answer.json": ANSWER,
        "onestudent_LATE_201_5004_answer-1.json": ANSWER,
        "onestudent_LATE_201_5003_answer-2.json": ANSWER,
        "threestudent_203_5005_part-1.csv": OTHER,
        "threestudent_203_5006_part-2.csv": OTHER,
        "fourstudent_204_text.html": b"<p>output</p>",
        "fivestudent_205_link.html": b"<a href='https://example.org'>",
        "anon_a1B2c_5007_answer_12_34_.json": ANSWER,
        "LATE_anon_d3E4f_5008_answer.json": ANSWER,
        "attncli-feedback.md": b"an earlier report",
    },
    (
        Expected("202", "obriensin\u00e9ad", "obriensin\u00e9ad_202_5001_answer.json"),
        Expected("201", "onestudent", "onestudent_LATE_201_5002_answer.json", "", True),
        Expected("201", "onestudent", "onestudent_LATE_201_5003_answer-2.json", "", True),
        Expected("201", "onestudent", "onestudent_LATE_201_5004_answer-1.json"),
        Expected(
            "203",
            "threestudent",
            "threestudent_203_5005_part-1.csv",
            message="part-1.csv and part-2.csv may both be the answer: keep one of them.",
        ),
        Expected("204", "fourstudent", "fourstudent_204_text.html"),
        Expected(
            "205",
            "fivestudent",
            "fivestudent_205_link.html",
            message="it is a link to a page, not a file.",
        ),
        Expected("a1B2c", "", "anon_a1B2c_5007_answer_12_34_.json"),
        Expected("d3E4f", "", "LATE_anon_d3E4f_5008_answer.json"),
    ),
)

BLACKBOARD = Export(
    "Blackboard",
    {
        "Problem 1_student-01_attempt_2026-01-30-15-00-00.txt": _blackboard(
            "Student One", "student-01"
        ),
        "Problem 1_student-01_attempt_2026-01-30-15-00-00_answer.json": ANSWER,
        "Problem 1_student-01_attempt_2026-01-29-09-00-00.txt": _blackboard(
            "Student One", "student-01"
        ),
        "Problem 1_student-01_attempt_2026-01-29-09-00-00_scan.pdf": PDF,
        "Problem 1_o_brien_attempt_2026-01-30-15-00-00.txt": _blackboard(
            "Sin\u00e9ad O'Brien", "o_brien"
        ),
        "Problem 1_o_brien_attempt_2026-01-30-15-00-00_answer.json": ANSWER,
        "Problem 1_student-03_attempt_2026-01-30-15-00-00.txt": _blackboard(
            "Student Three", "student-03"
        ),
        "ps1_bitdiddle_attempt_2016-01-30-15-00-00_problem1.ipynb": b"{}",
    },
    (
        Expected(
            "student-01",
            "Student One",
            "Problem 1_student-01_attempt_2026-01-29-09-00-00_scan.pdf",
            "2026-01-29-09-00-00",
            True,
            _PDF,
        ),
        Expected(
            "student-01",
            "Student One",
            "Problem 1_student-01_attempt_2026-01-30-15-00-00_answer.json",
            "2026-01-30-15-00-00",
        ),
        Expected(
            "o_brien",
            "Sin\u00e9ad O'Brien",
            "Problem 1_o_brien_attempt_2026-01-30-15-00-00_answer.json",
            "2026-01-30-15-00-00",
        ),
        Expected(
            "student-03",
            "Student Three",
            "Problem 1_student-03_attempt_2026-01-30-15-00-00.txt",
            "2026-01-30-15-00-00",
            message="the attempt has no file; only this text of Blackboard says what was handed "
            "in.",
        ),
        Expected(
            "bitdiddle",
            "",
            "ps1_bitdiddle_attempt_2016-01-30-15-00-00_problem1.ipynb",
            "2016-01-30-15-00-00",
        ),
    ),
)

BRIGHTSPACE = Export(
    "Brightspace",
    {
        "index.html": b"<html>",
        "3001-77 - Student One - Sep 24, 2026 926 PM/answer.json": ANSWER,
        "3001-77 - Student One - Sep 24, 2026 1132 AM/answer.json": ANSWER,
        "3002-77 - Mary-Ann Two - Oct 1, 2026 105 AM/answer.csv": OTHER,
        "3003-77 - Student Three - 24.9.2026 21.26/answer.csv": OTHER,
        "3003-77 - Student Three - 25.9.2026 21.26/answer.csv": OTHER,
    },
    (
        Expected(
            "3001",
            "Student One",
            "3001-77 - Student One - Sep 24, 2026 1132 AM/answer.json",
            "2026-09-24 11:32",
            True,
        ),
        Expected(
            "3001",
            "Student One",
            "3001-77 - Student One - Sep 24, 2026 926 PM/answer.json",
            "2026-09-24 21:26",
        ),
        Expected(
            "3002",
            "Mary-Ann Two",
            "3002-77 - Mary-Ann Two - Oct 1, 2026 105 AM/answer.csv",
            "2026-10-01 01:05",
        ),
        *(
            Expected(
                "3003",
                "Student Three",
                f"3003-77 - Student Three - {day}.9.2026 21.26/answer.csv",
                f"{day}.9.2026 21.26",
                message="the order of its attempts cannot be read from '24.9.2026 21.26' and "
                "'25.9.2026 21.26': remove the older ones.",
            )
            for day in (24, 25)
        ),
    ),
)

GRADESCOPE = Export(
    "Gradescope",
    {
        "assignment_9_export/submission_metadata.yml": GRADESCOPE_TEXT.encode(),
        "assignment_9_export/submission_101/answer.json": ANSWER,
        "assignment_9_export/submission_102/answer.json": ANSWER,
        "assignment_9_export/submission_102/scan.pdf": PDF,
    },
    (
        Expected(
            "0012",
            "Student One",
            "assignment_9_export/submission_101/answer.json",
            "2026-01-30 15:00:00.312342000 Z",
        ),
        *(
            Expected(
                id,
                name,
                "assignment_9_export/submission_102/answer.json",
                "2026-01-30 16:00:00.000000000 Z",
            )
            for id, name in (("345", "Sin\u00e9ad O'Brien"), ("", "\u674e A"))
        ),
    ),
)

NBGRADER = Export(
    "nbgrader",
    {
        "submitted/student-01/ps1/problem1.ipynb": b"{}",
        "submitted/student-01/ps1/timestamp.txt": b"2026-01-30 15:00:00 UTC",
        "submitted/student-02/ps1/answer.csv": OTHER,
        "submitted/student-02/ps1/problem1.ipynb": b"{}",
    },
    (
        Expected("student-01", "", "submitted/student-01/ps1/problem1.ipynb"),
        Expected("student-02", "", "submitted/student-02/ps1/answer.csv"),
    ),
)

EXPORTS = (MOODLE, MOODLE_FLAT, CANVAS, BLACKBOARD, BRIGHTSPACE, GRADESCOPE, NBGRADER)
