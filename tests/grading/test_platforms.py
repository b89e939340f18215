"""Test the way of a class through a platform: its export goes in, its own gradebook comes out."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from tests.documents.exports.make_exports import packed
from tests.running import run

PROBLEM = '{"Q": [[1, 2]], "K": [[1, 0], [0, 1]], "V": [[2], [4]], "score": "dot"}'
# Q Kᵀ = [1 2]; softmax = [1 / (1 + e), e / (1 + e)] = [0.2689, 0.7311]; the sum is 3.4621.
RIGHT = b'{"scores": [[1, 2]], "weights": [[0.27, 0.73]], "output": [[3.46]]}'
SLIP = b'{"scores": [[7, 2]], "weights": [[0.27, 0.73]], "output": [[3.46]]}'
BROKEN = b'{"scores": [[1, 2'
SLIPPED = "Wrong in scores: 1 of 2 cells."


class Way(NamedTuple):
    """An export, and the teacher's gradebook before and after; `reports` are names in the ZIP.

    In each, student 1 has 3 of 3 points, student 2 has 2 of 3, student 3 has a broken file, and
    student 4 has no answer. `options` are those of the command.
    """

    files: Mapping[str, bytes]
    before: str
    after: str
    reports: tuple[str, ...]
    options: tuple[str, ...] = ()
    encoding: str = "utf-8"


WAYS = {
    "Moodle": Way(
        {
            "Student One_1001_assignsubmission_file/answer.json": RIGHT,
            "Sin\u00e9ad O'Brien_1002_assignsubmission_file/answer.json": SLIP,
            "Student Three_1003_assignsubmission_file/answer.json": BROKEN,
        },
        "Identifier;Full name;Grade;Maximum Grade;Last modified (grade);Feedback comments\r\n"
        'Participant 1001;"Student One";;"10,00";-;\r\n'
        'Participant 1002;Sin\u00e9ad O\'Brien;"1,00";"10,00";-;"see me"\r\n'
        'Participant 1003;"Student Three";;"10,00";-;\r\n'
        'Participant 1004;"Student Four";;"10,00";-;\r\n',
        "Identifier;Full name;Grade;Maximum Grade;Last modified (grade);Feedback comments\r\n"
        'Participant 1001;"Student One";10,00;"10,00";-;3 of 3 points. All right: 3 of 3 steps.\r\n'
        'Participant 1002;Sin\u00e9ad O\'Brien;"6,67";"10,00";-;'
        f'"2 of 3 points. {SLIPPED}"\r\n'
        'Participant 1003;"Student Three";;"10,00";-;\r\n'
        'Participant 1004;"Student Four";;"10,00";-;\r\n',
        (
            "Student One_1001_assignsubmission_file/attncli-feedback.md",
            "Sin\u00e9ad O'Brien_1002_assignsubmission_file/attncli-feedback.md",
            "Student Three_1003_assignsubmission_file/attncli-feedback.md",
        ),
    ),
    "Canvas": Way(
        {
            "onestudent_LATE_201_5001_answer.json": SLIP,
            "onestudent_LATE_201_5002_answer-1.json": RIGHT,
            "obriensin\u00e9ad_202_5003_answer.json": SLIP,
            "threestudent_203_5004_answer.json": BROKEN,
        },
        "\ufeffStudent,ID,SIS Login ID,Section,Homework (991),Attention (992),Final Score\n"
        "    Points Possible,,,,5.00,6.00,(read only)\n"
        '"One, Student",201,student-01,A,4.00,,80.00\n'
        '"O\'Brien, Sin\u00e9ad",202,student-02,A,3.00,,60.00\n'
        '"Three, Student",203,student-03,A,,,\n'
        '"Four, Student",204,student-04,A,,,\n',
        "\ufeffStudent,ID,SIS Login ID,Section,Homework (991),Attention (992),Final Score\n"
        "    Points Possible,,,,5.00,6.00,(read only)\n"
        '"One, Student",201,student-01,A,4.00,6.00,80.00\n'
        '"O\'Brien, Sin\u00e9ad",202,student-02,A,3.00,4.00,60.00\n'
        '"Three, Student",203,student-03,A,,,\n'
        '"Four, Student",204,student-04,A,,,\n',
        (
            "onestudent_LATE_201_5002_attncli-feedback.md",
            "obriensin\u00e9ad_202_5003_attncli-feedback.md",
            "threestudent_203_5004_attncli-feedback.md",
        ),
        ("--column", "Attention"),
    ),
    "Blackboard": Way(
        {
            "Attention_student-01_attempt_2026-01-29-15-00-00_answer.json": BROKEN,
            "Attention_student-01_attempt_2026-01-30-15-00-00_answer.json": RIGHT,
            "Attention_student-02_attempt_2026-01-30-15-00-00_answer.json": SLIP,
            "Attention_student-03_attempt_2026-01-30-15-00-00_answer.json": BROKEN,
        },
        '"Last Name","First Name","Username","Attention [Total Pts: 12 Score] |1281892"\n'
        '"One","Student","student-01",""\n'
        '"O\'Brien","Sin\u00e9ad","student-02",""\n'
        '"Three","Student","student-03",""\n'
        '"Four","Student","student-04",""\n',
        '"Last Name","First Name","Username","Attention [Total Pts: 12 Score] |1281892"\n'
        '"One","Student","student-01","12"\n'
        '"O\'Brien","Sin\u00e9ad","student-02","8"\n'
        '"Three","Student","student-03",""\n'
        '"Four","Student","student-04",""\n',
        tuple(f"student-0{number}/attncli-feedback.md" for number in (1, 2, 3)),
        encoding="utf-16",
    ),
    "Brightspace": Way(
        {
            "31-9 - Student One - Jan 29, 2026 300 PM/answer.json": SLIP,
            "31-9 - Student One - Jan 30, 2026 926 PM/answer.json": RIGHT,
            "32-9 - Student Two - Jan 30, 2026 926 PM/answer.json": SLIP,
            "33-9 - Student Three - Jan 30, 2026 926 PM/answer.json": BROKEN,
        },
        "OrgDefinedId,Username,First Name,Last Name,Attention Points Grade <Numeric "
        "MaxPoints:30>,End-of-Line Indicator\n"
        "#1,#s01,Student,One,,#\n#2,#s02,Student,Two,,#\n"
        "#3,#s03,Student,Three,,#\n#4,#s04,Student,Four,,#\n",
        "OrgDefinedId,Username,First Name,Last Name,Attention Points Grade <Numeric "
        "MaxPoints:30>,End-of-Line Indicator\n"
        "#1,#s01,Student,One,30,#\n#2,#s02,Student,Two,20,#\n"
        "#3,#s03,Student,Three,,#\n#4,#s04,Student,Four,,#\n",
        (
            "31-9 - Student One - Jan 30, 2026 926 PM/attncli-feedback.md",
            "32-9 - Student Two - Jan 30, 2026 926 PM/attncli-feedback.md",
            "33-9 - Student Three - Jan 30, 2026 926 PM/attncli-feedback.md",
        ),
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_gradebook_of_a_platform_is_filled(name: str, tmp_path: Path) -> None:
    """Points and feedback stand in the cells that the platform reads; all other bytes stay."""
    way = WAYS[name]
    problem, export = tmp_path / "problem.json", packed(tmp_path / "export.zip", way.files)
    book, reports = tmp_path / "book.csv", tmp_path / "reports.zip"
    problem.write_text(PROBLEM, encoding="utf-8")
    book.write_bytes(way.before.encode(way.encoding))
    given = ("--into", str(book), "--feedback", str(reports), "-f", "csv", *way.options)
    done = run("grade", str(problem), str(export), *given)
    assert done.exit_code == 1, done.stderr  # an answer cannot be read
    assert book.read_bytes().decode(way.encoding) == way.after
    assert zipfile.ZipFile(reports).namelist() == [*way.reports]
    *_, slipped, broken = (zipfile.ZipFile(reports).read(one).decode() for one in way.reports)
    assert SLIPPED in slipped
    assert broken.startswith("**Your answer is not graded.**\n\n")
    assert "answer.json: line 1, column 18: the text ends here" in broken
    assert "attncli explain problem.json 'scores[1,1]' --answer " in slipped
    assert str(tmp_path) not in slipped + broken  # the teacher's folders are not for students
    assert "Left as before: 1 row without an answer and 1 row with an unreadable answer." in (
        done.stderr
    )


def test_a_grade_without_a_row_is_listed(tmp_path: Path) -> None:
    """A student whom the gradebook lacks is named; the status is 1."""
    problem, book = tmp_path / "problem.json", tmp_path / "book.csv"
    problem.write_text(PROBLEM, encoding="utf-8")
    way = WAYS["Moodle"]
    book.write_text(way.before.replace("1002", "1007"), encoding="utf-8", newline="")
    files = {name: data for name, data in way.files.items() if data is not BROKEN}
    export = packed(tmp_path / "export.zip", files)
    done = run("grade", str(problem), str(export), "--into", str(book), "-f", "jsonl")
    assert done.exit_code == 1
    filled = f"Note: {book}: filled 1 row of column Grade (Moodle), scaled to 10 points."
    assert done.stderr.splitlines()[1:] == [
        f"{filled} Left as before: 3 rows without an answer.",
        f"Warning: {book}: 1002 Sin\u00e9ad O'Brien: no row has this student.",
    ]


def test_answers_without_a_student_are_counted(tmp_path: Path) -> None:
    """Files whose names tell no student get one warning, with the option that finds students."""
    book = tmp_path / "book.csv"
    book.write_text(WAYS["Moodle"].before, encoding="utf-8", newline="")
    given = ("grade", "sample:self_attention", "sample:answers/self_attention", "-f", "csv")
    done = run(*given, "--into", str(book))
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == (
        f"Warning: {book}: 4 answers without a student. "
        "Find the students in the paths with --student."
    )
    assert done.stderr.count("Warning") == 1


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="the system has no such users")
def test_a_protected_gradebook_is_refused_before_the_first_answer() -> None:
    """A file that may not be written stays, although its folder would allow to replace it."""
    with TemporaryDirectory() as folder:
        book, before = Path(folder) / "book.csv", WAYS["Moodle"].before.encode()
        book.write_bytes(before)
        book.chmod(0o444)
        Path(folder).chmod(0o777)
        user = os.geteuid()
        if user == 0:  # root may write every file
            os.seteuid(65534)
        try:
            done = run(
                "grade", "sample:self_attention", "sample:answers/rounded", "--into", str(book)
            )
        finally:
            os.seteuid(user)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == (
            f"Error: {book}: it cannot be written: Permission denied. "
            "Check that the folder exists and that you may write to it.\n"
        )
        assert book.read_bytes() == before


def test_a_gradebook_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """The message has the path of the file."""
    book = tmp_path / "book.csv"
    done = run("grade", "sample:self_attention", "sample:answers/rounded", "--into", str(book))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (f"Error: {book}: there is no such file. Check its name and folder.\n")


def test_a_file_that_is_no_gradebook_is_refused_before_the_first_answer(tmp_path: Path) -> None:
    """Nothing is graded and nothing is written."""
    problem, book = tmp_path / "problem.json", tmp_path / "book.csv"
    problem.write_text(PROBLEM, encoding="utf-8")
    book.write_text("a,b\n1,2\n", encoding="utf-8")
    export = packed(tmp_path / "export.zip", WAYS["Moodle"].files)
    done = run(
        "grade", str(problem), str(export), "--into", str(book), "-o", str(tmp_path / "g.csv")
    )
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"Error: {book}: ")
    assert not (tmp_path / "g.csv").exists()


OPTIONS = {
    "--column Grade": "--column has no effect without --into. Leave it out.",
    "--feedback-format html": (
        "--feedback-format has no effect without --feedback. Add --feedback FOLDER."
    ),
    "--jobs 2 --scheduler tcp://127.0.0.1:9": (
        "--jobs and --scheduler exclude each other: a cluster has its own workers. "
        "Leave out one of them."
    ),
    "--resume": (
        "--resume needs a gradebook that a run has begun. "
        "Name it: -o grades.csv, or -o grades.jsonl."
    ),
    "--resume -o grades.csv --feedback reports.zip": (
        "--resume writes only the new reports, but a ZIP would replace the others. "
        "Write them to a folder: --feedback FOLDER."
    ),
    "--required soup": (
        "--required soup is not a step of this calculation (did you mean 'output'?). "
        "Its steps are Q, K, V, scores, scaled, weights, output."
    ),
    "--decimals 2 --atol 0.1": (
        "--decimals and --atol exclude each other: each decides which cells are right. "
        "Leave out one of them."
    ),
}


@pytest.mark.parametrize("options", OPTIONS)
def test_options_that_do_not_fit_are_refused(options: str) -> None:
    """The message names the options, and the cure."""
    done = run("grade", "sample:self_attention", "sample:answers/rounded", *options.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"Error: {OPTIONS[options]}\n"


def test_variants_go_through_moodle(tmp_path: Path) -> None:
    """Moodle's worksheet is the roster, its export has the answers, and takes the grades."""
    book, answer = tmp_path / "book.csv", tmp_path / "output.csv"
    head = "Identifier,Full name,Grade,Maximum Grade,Last modified (grade),Feedback comments\n"
    book.write_text(f"{head}Participant 1001,Student One,,10.00,-,\n", encoding="utf-8")
    folder = str(tmp_path / "class")
    assert run("new", "attention", "--students", str(book), "-o", folder).exit_code == 0
    problem = f"{folder}/1001/problem.json"
    assert run("compute", problem, "--only", "output", "-o", str(answer)).exit_code == 0
    name = "Student One_1001_assignsubmission_file/output.csv"
    export = packed(tmp_path / "export.zip", {name: answer.read_bytes()})
    done = run("grade", folder, str(export), "--into", str(book), "-f", "csv")
    assert done.exit_code == 0, done.stderr
    assert book.read_text(encoding="utf-8").splitlines()[1] == (
        "Participant 1001,Student One,10.00,10.00,-,1 of 1 point. All right: output."
    )
