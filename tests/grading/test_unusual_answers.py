"""Test answers that students hand in in an unusual way: a file per step, or an empty worksheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.documents.exports.make_exports import packed
from tests.running import run

PROBLEM = '{"Q": [[1, 2]], "K": [[1, 0], [0, 1]], "V": [[2], [4]], "score": "dot"}'
# Q Kᵀ = [1 2]; softmax = [1 / (1 + e), e / (1 + e)] = [0.2689, 0.7311]; the sum is 3.4621.
SCORES, WEIGHTS, OUTPUT = "1,2\n", "0.27,0.73\n", "3.46\n"


def rows(folder: Path, files: Mapping[str, str], *options: str) -> list[dict[str, str]]:
    """Return the rows of the gradebook of a Moodle export with these files of one student."""
    own = folder / "export" / "Student One_1001_assignsubmission_file"
    own.mkdir(parents=True)
    (folder / "problem.json").write_text(PROBLEM, encoding="utf-8")
    for name, text in files.items():
        (own / name).write_text(text, encoding="utf-8")
    done = run("grade", str(folder / "problem.json"), str(folder / "export"), "-f", "csv", *options)
    assert done.exit_code in (0, 1), done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_a_file_per_step_is_one_answer(tmp_path: Path) -> None:
    """Files that are named after steps are graded together, also in another spelling."""
    files = {"Scores.csv": SCORES, "attention weights.csv": WEIGHTS, "output.csv": OUTPUT}
    (row,) = rows(tmp_path, files)
    assert (row["status"], row["total"], row["points"]) == ("graded", "3", "3")
    assert row["message"] == ("graded together: Scores.csv, attention weights.csv and output.csv")


def test_a_mistake_is_found_across_files(tmp_path: Path) -> None:
    """The output follows from the wrong weights in another file."""
    files = {"scores.csv": SCORES, "weights.csv": "0.5,0.5\n", "output.csv": "3\n"}
    (row,) = rows(tmp_path, files)
    assert [row[step] for step in ("scores", "weights", "output")] == ["1", "0", "1"]
    assert row["first_wrong"] == "weights"


def test_one_file_that_is_named_after_a_step_is_this_step(tmp_path: Path) -> None:
    """A matrix without a name in `weights.csv` is the weights; --step wins."""
    (row,) = rows(tmp_path / "named", {"weights.csv": WEIGHTS})
    assert (row["weights"], row["scores"]) == ("1", "")
    (row,) = rows(tmp_path / "chosen", {"weights.csv": SCORES}, "--step", "scores")
    assert (row["weights"], row["scores"]) == ("", "1")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"weights.csv": WEIGHTS, "weights.json": f"[[{WEIGHTS.strip()}]]"},
            "weights.csv and weights.json may both be the answer: keep one of them.",
        ),
        (
            {"scores.csv": SCORES, "final.csv": OUTPUT},
            "final.csv and scores.csv may both be the answer: keep one of them.",
        ),
        (
            {"scores.csv": f"scores\n{SCORES}\noutput\n{OUTPUT}", "output.csv": OUTPUT},
            "another file of the answer has output too. Keep it in one of them.",
        ),
        (
            {"answer.csv": OUTPUT},
            "Write the name of the step above it, or name the file after the step: weights.csv.",
        ),
    ],
)
def test_files_that_are_not_one_answer_have_a_message(
    files: Mapping[str, str], message: str, tmp_path: Path
) -> None:
    """Nothing is guessed: two files of a step, a file of another name, a step in two files."""
    (row,) = rows(tmp_path, files)
    assert (row["status"], row["total"]) == ("unreadable", "")
    assert message in row["message"]


def test_a_worksheet_without_numbers_is_a_missing_answer(tmp_path: Path) -> None:
    """The row of the student stays empty, and no warning calls the answer unreadable."""
    book = tmp_path / "book.csv"
    before = (
        "Identifier,Full name,Grade,Maximum Grade,Last modified (grade),Feedback comments\n"
        "Participant 1001,Student One,,10.00,-,\n"
    )
    book.write_text(before, encoding="utf-8")
    sheet = "scores\n,a,b\nI,,\n\noutput\n,column 1\nI,\n"
    options = ("--into", str(book), "--feedback", str(tmp_path / "reports"))
    (row,) = rows(tmp_path, {"sheet.csv": sheet}, *options)
    assert (row["status"], row["total"], row["headline"]) == (
        *("missing", "", "The answer has no numbers."),
    )
    assert book.read_text(encoding="utf-8") == before
    (report,) = (tmp_path / "reports").rglob("*.md")
    assert report.read_text(encoding="utf-8").startswith("**The answer has no numbers.**")


@pytest.mark.parametrize(("form", "suffix"), [("markdown", "md"), ("html", "html")])
def test_the_report_on_an_unreadable_answer_is_its_message(
    form: str, suffix: str, tmp_path: Path
) -> None:
    """The student reads the name of the file and the reason, without the teacher's folders."""
    reports = tmp_path / "reports"
    options = ("--feedback", str(reports), "--feedback-format", form)
    rows(tmp_path, {"photo.jpg": "x", "answer.csv": "scores\n1,?\n"}, *options)
    (report,) = reports.rglob(f"*.{suffix}")
    text = report.read_text(encoding="utf-8").partition("<body>")[2] or report.read_text()
    assert "Your answer is not graded." in text
    assert "answer.csv: line 2" in text
    assert "(not graded: photo.jpg)" in text
    assert str(tmp_path) not in text


# The files of the teacher in the folder of the answers.

BOOK = (
    "Identifier,Full name,Grade,Maximum Grade,Last modified (grade),Feedback comments\n"
    "Participant 1001,Student One,,10.00,-,\n"
)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder with a problem, an answer, and the teacher's gradebook."""
    (tmp_path / "problem.json").write_text(PROBLEM, encoding="utf-8")
    (tmp_path / "anna.csv").write_text(f"output\n{OUTPUT}", encoding="utf-8")
    (tmp_path / "book.csv").write_text(BOOK, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json", "html"])
def test_files_of_the_teacher_are_not_answers(mixed: Path, suffix: str) -> None:
    """The problem, the gradebook of --into, and the result of an earlier run are left out."""
    place = mixed / f"grades.{suffix}"
    given = ["grade", str(mixed / "problem.json"), str(mixed), "-o", str(place)]
    given += ["--into", str(mixed / "book.csv")]
    run(*given)
    first = place.read_bytes()
    run(*given)
    assert place.read_bytes() == first
    assert b"anna.csv" in first
    assert not any(name in first for name in (b"problem.json", b"book.csv", b"grades."))


@pytest.mark.parametrize(
    ("file", "options", "reason"),
    [
        ("anna.csv", (), "it is one of the answers, and would be lost."),
        ("problem.json", (), "the run reads it, and would write over it."),
        ("book.csv", ("--into", "book.csv"), "the run reads it, and would write over it."),
    ],
)
def test_no_file_of_a_class_is_lost(
    mixed: Path, file: str, options: tuple[str, ...], reason: str
) -> None:
    """A result never replaces an answer, the problem, or the gradebook of --into."""
    before = (mixed / file).read_bytes()
    more = (str(mixed / one) if one.endswith(".csv") else one for one in options)
    given = ("grade", str(mixed / "problem.json"), str(mixed), "-o", str(mixed / file), *more)
    done = run(*given)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"Error: {mixed / file}: {reason} Name another file for the result.\n"
    assert (mixed / file).read_bytes() == before


def test_reports_do_not_replace_the_export(tmp_path: Path) -> None:
    """The ZIP of --feedback is not the ZIP of the answers."""
    export = packed(tmp_path / "export.zip", {"anna.csv": f"output\n{OUTPUT}".encode()})
    before = export.read_bytes()
    (tmp_path / "problem.json").write_text(PROBLEM, encoding="utf-8")
    given = ("grade", str(tmp_path / "problem.json"), str(export), "--feedback", str(export))
    done = run(*given)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {export}: it is one of the answers, and would be lost.")
    assert export.read_bytes() == before
