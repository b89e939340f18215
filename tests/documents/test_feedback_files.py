"""Test the reports for students: their paths, and the folder or the ZIP that holds them."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.documents.feedback.feedback_paths import FeedbackPaths
from attncli.documents.feedback.feedback_writer import writing_feedback
from attncli.errors import DocumentError
from attncli.grading.batches import Graded
from attncli.homework.classes.grade import Grade, Status
from tests.drawn_class import graded
from tests.running import PATIENCE, ROOT

MOODLE = "Anna Lee_123456_assignsubmission_file"


def path_of(student: str = "", name: str = "", file: str = "", folder: str = "") -> str:
    """Return the path of a report for a student with these texts."""
    return FeedbackPaths(".md").path(folder, student, name, file)


@pytest.mark.parametrize(
    ("fields", "folder"),
    [
        ({"folder": MOODLE, "student": "123456"}, MOODLE),
        ({"folder": "lee/hw1", "student": "lee"}, "lee/hw1"),
        ({"student": "4711", "name": "Anna Lee"}, "4711"),
        ({"name": "Anna Lee", "file": "a.json"}, "Anna Lee"),
        ({"file": "answers/anna.json"}, "answers_anna.json"),
        ({"student": "../../etc/passwd"}, ".._.._etc_passwd"),
        ({"folder": "../../up", "student": "a"}, "up"),
        ({"folder": "/etc", "student": "a"}, "etc"),
        ({"folder": "C:\\Temp"}, "C_/Temp"),
        ({"folder": "..", "student": ".", "name": ""}, "student"),
        ({"student": "nul"}, "_nul"),
        ({"student": "ü" * 101}, "ü" * 100),
        ({"student": "a\x00b\n?."}, "a_b__"),
    ],
)
def test_a_report_has_the_path_of_its_student(fields: dict[str, str], folder: str) -> None:
    """The path of the export comes first, then id, name and file; no path leads out."""
    assert path_of(**fields) == f"{folder}/attncli-feedback.md"


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_path_leads_out_of_the_folder(folder: str, student: str) -> None:
    """A path of any names has only inner parts, which any system can hold."""
    found = path_of(folder=folder, student=student)
    for path in (PurePosixPath(found), PureWindowsPath(found)):
        assert not path.is_absolute()
        assert not path.drive
        assert ".." not in path.parts
        assert all(len(part.encode()) <= 255 for part in path.parts)
        assert all(part == part.rstrip(". ") and "\0" not in part for part in path.parts)


def test_two_students_never_share_a_file() -> None:
    """Equal folders, also in other letters, get numbers, which are not names in use either."""
    paths = FeedbackPaths(".pdf")
    names = ["Bo", "bo-2", "BO", "Bo", "Bo"]
    found = [paths.path("", name) for name in names]
    assert [path.partition("/")[0] for path in found] == ["Bo", "bo-2", "BO-3", "Bo-4", "Bo-5"]


def feedback_files(reports: Iterable[Graded], suffix: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of each report, as the command writes them."""
    paths = FeedbackPaths(suffix)
    for each in reports:
        if each.feedback:
            yield paths.path(each.grade.folder, each.grade.student), each.feedback


def test_only_answers_with_a_report_get_a_file() -> None:
    """An unreadable answer has no report, and so no file."""
    found = dict(feedback_files(graded("markdown"), ".md"))
    assert [path.partition("/")[0] for path in found] == [
        f"student-{number:02}" for number in (1, 2, 3, 5, 6)
    ]
    assert found["student-01/attncli-feedback.md"].startswith(b"**All right: 4 of 4 steps.**")


@pytest.mark.parametrize(("form", "suffix"), [("markdown", ".md"), ("html", ".html")])
def test_a_folder_gets_a_file_per_student(tmp_path: Path, form: str, suffix: str) -> None:
    """A folder is made, holds the reports, and keeps the files of students that it has."""
    target = tmp_path / "new" / "feedback"
    own = target / "student-01" / "answer.json"
    own.parent.mkdir(parents=True)
    own.write_text("{}", encoding="utf-8")
    reports = graded(form)
    for _ in range(2):  # a second run replaces the reports
        with writing_feedback(target) as write:
            for path, data in feedback_files(reports, suffix):
                write(path, data)
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    expected = dict(feedback_files(reports, suffix))
    assert files == {*expected, "student-01/answer.json"}
    for path, data in expected.items():
        assert (target / path).read_bytes() == data


def write_zip(target: Path, reports: list[Graded]) -> bytes:
    """Write a ZIP of reports, and return its bytes."""
    with writing_feedback(target) as write:
        for path, data in feedback_files(reports, ".md"):
            write(path, data)
    return target.read_bytes()


def test_a_zip_is_the_same_every_time(tmp_path: Path) -> None:
    """Equal reports make equal ZIPs, which hold the reports, and names in UTF-8."""
    reports = [
        Graded(Grade("1", Status.GRADED, folder="Zoë Müller_7_assignsubmission_file"), b"first"),
        *graded("markdown"),
    ]
    data = write_zip(tmp_path / "a.zip", reports)
    assert write_zip(tmp_path / "b.ZIP", reports) == data
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        expected = dict(feedback_files(reports, ".md"))
        assert {name: archive.read(name) for name in archive.namelist()} == expected
        assert {stat.S_IMODE(each.external_attr >> 16) for each in archive.infolist()} == {0o644}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.ZIP"]


def test_a_zip_is_whole_or_not_there(tmp_path: Path) -> None:
    """After an error the old ZIP is as it was, and nothing else is left."""
    target = tmp_path / "feedback.zip"
    target.write_bytes(b"old")

    def write_two() -> None:
        with writing_feedback(target) as write:
            write("a/attncli-feedback.md", b"data")
            write("..", b"data")

    with pytest.raises(DocumentError):
        write_two()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_killed_run_leaves_no_zip(tmp_path: Path) -> None:
    """A signal that ends the program removes the part of the ZIP that is written."""
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from attncli.ending import end_on_signals\n"
        "from attncli.documents.feedback.feedback_writer import writing_feedback\n"
        "end_on_signals()\n"
        "with writing_feedback(Path(sys.argv[1])) as write:\n"
        "    write('a/b', b'data')\n    print('ready', flush=True)\n    time.sleep(1000)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "a.zip")], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    assert len(list(tmp_path.iterdir())) == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 128 + signal.SIGTERM
    process.stdout.close()
    assert not list(tmp_path.iterdir())


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    """A link of a student's name to another folder is refused, and one to a file is replaced."""
    target, other = tmp_path / "feedback", tmp_path / "other"
    (target / "b").mkdir(parents=True)
    other.mkdir()
    (target / "a").symlink_to(other)
    (other / "kept").write_text("kept", encoding="utf-8")
    (target / "b" / "attncli-feedback.md").symlink_to(other / "kept")
    with writing_feedback(target) as write:
        with pytest.raises(DocumentError, match=r"feedback/a: it leads out of the folder\."):
            write("a/attncli-feedback.md", b"data")
        write("b/attncli-feedback.md", b"data")
    assert {path.name: path.read_text() for path in other.iterdir()} == {"kept": "kept"}
    assert (target / "b" / "attncli-feedback.md").read_bytes() == b"data"


@pytest.mark.parametrize("path", ["../a", "/a", "a//b", "a/./b", "C:/a", "..\\a", ""])
@pytest.mark.parametrize("name", ["feedback", "feedback.zip"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, name: str, path: str) -> None:
    """The writer refuses such a path itself, whoever made it."""
    with (
        pytest.raises(DocumentError, match="is not a path within the folder"),
        writing_feedback(tmp_path / name) as write,
    ):
        write(path, b"data")
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A file in place of the folder, a folder in place of the ZIP, and a missing folder."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder.zip").mkdir()
    cases = {
        "file": "it is a file, not a folder.",
        "file/feedback": "it cannot be written: Not a directory.",
        "folder.zip": "it is a folder, not a file.",
        "none/feedback.zip": "it cannot be written: No such file or directory.",
    }
    for name, message in cases.items():
        with pytest.raises(DocumentError) as error, writing_feedback(tmp_path / name):
            pass
        assert str(error.value).startswith(f"{tmp_path / name}: {message}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.zip"]
