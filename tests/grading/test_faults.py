"""Test that a fault stays where it happens: in one answer, or in the file that is written."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import NoReturn

import pytest

import attncli
from attncli.errors import AttncliError
from attncli.formats import GRADES, LinesFormat
from attncli.grading.gradebook_file import KnownGrades, growing_gradebook
from attncli.homework.classes.grade import Grade, Status
from tests.drawn_class import ANSWERS, graded
from tests.running import run

ANSWERS_OF_SAMPLE = "sample:answers/self_attention"
GRADE = Grade("anna", Status.GRADED, digest="a1")
OTHER = Grade("bo", Status.GRADED, digest="b2")


@pytest.mark.parametrize("error", [RecursionError("too deep"), MemoryError("too large")])
def test_a_fault_of_the_program_is_the_message_of_an_answer(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The answer is unreadable, and the answers after it are graded."""

    def fail(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr("attncli.homework.checking.check_answer", fail)
    first, *others = graded()
    assert len(others) == len(ANSWERS) - 1
    assert first.grade.status is Status.UNREADABLE
    assert first.grade.message == (
        f"{first.grade.file}: attncli itself has a fault: {type(error).__name__}: {error}. "
        "Please report the output of attncli check --debug."
    )


def csv_form() -> LinesFormat:
    """Return the form of a gradebook in CSV."""
    form = GRADES["csv"]
    assert isinstance(form, LinesFormat)
    return form


@pytest.mark.parametrize("error", [OSError(11, "no process"), AttncliError("no package")])
def test_an_error_of_grading_is_not_blamed_on_the_gradebook(
    tmp_path: Path, error: Exception
) -> None:
    """The error passes as it is, and the rows before it are in the file."""
    place = tmp_path / "grades.csv"

    def fail() -> None:
        with growing_gradebook(place, csv_form(), [], None) as add:
            add(GRADE)
            raise error

    with pytest.raises(type(error)) as caught:
        fail()
    assert str(caught.value) == str(error)
    assert "grades.csv" not in str(caught.value)
    assert [*KnownGrades(place, csv_form(), [])] == ["a1"]


def test_a_resumed_gradebook_keeps_its_link_and_its_permissions(tmp_path: Path) -> None:
    """The new file stands where the old one stood, and a link still points to it."""
    place, link = tmp_path / "grades.csv", tmp_path / "link.csv"
    link.symlink_to(place)
    for grades in ([GRADE], [OTHER, GRADE]):
        known = KnownGrades(link, csv_form(), [])
        with growing_gradebook(link, csv_form(), [], known) as add:
            place.chmod(0o640)
            for grade in grades:
                add(grade)
    assert link.is_symlink()
    assert place.stat().st_mode & 0o777 == 0o640
    assert [*KnownGrades(place, csv_form(), [])] == ["b2", "a1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grades.csv", "link.csv"]


def test_the_gradebook_does_not_replace_the_file_of_into(tmp_path: Path) -> None:
    """One file for both options is refused before it is touched."""
    place = tmp_path / "moodle.csv"
    place.write_text("kept", encoding="utf-8")
    given = ["sample:self_attention", "sample:answers/self_attention", "-o", str(place)]
    done = run("grade", *given, "--into", f"{tmp_path}/./moodle.csv")
    assert done.exit_code == 2
    assert done.stderr == (
        f"Error: {place}: the run reads it, and would write over it. "
        "Name another file for the result.\n"
    )
    assert place.read_text(encoding="utf-8") == "kept"


def digests(*options: str) -> set[str]:
    """Return the digests of the grades of the sample answers."""
    done = run("grade", "sample:self_attention", ANSWERS_OF_SAMPLE, "-f", "jsonl", *options)
    return {json.loads(line)["digest"] for line in done.stdout.splitlines()}


def test_answers_are_graded_again_if_they_are_read_in_another_way(tmp_path: Path) -> None:
    """A digest changes with --delimiter, --header and --step, and not from run to run."""
    plain = digests()
    assert digests() == plain
    assert digests("--feedback", str(tmp_path)) == plain
    ways = [["--delimiter", ";"], ["--header", "yes"], ["--step", "output"], ["--decimals", "3"]]
    for way in ways:
        found = digests(*way)
        assert len(found) == len(plain)
        assert not plain & found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system has no /proc")
def test_a_zip_is_closed_after_the_last_grade(tmp_path: Path) -> None:
    """A program may remove the ZIP of the answers, also on Windows."""
    place = tmp_path / "class.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("anna.json", "{}")
    assert len(list(attncli.grade("sample:self_attention", place))) == 1
    opened = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    assert str(place.resolve()) not in opened
