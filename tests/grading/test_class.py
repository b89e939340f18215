"""Test the grading of a class whose students have variants, with answers drawn elsewhere."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

import attncli
from attncli.homework.classes.grade import grade_from
from tests.grading.dask_cluster import cluster
from tests.grading.drawn_answers import Drawn, drawn_answers, make_class, write_answers
from tests.running import run

STUDENTS = 53
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the variants of a class, and the answers to them."""
    found = tmp_path_factory.mktemp("drawn")
    make_class(found, STUDENTS)
    write_answers(found, drawn_answers(found))
    return found


@pytest.fixture(scope="module")
def drawn(folder: Path) -> list[Drawn]:
    """The answers of the class."""
    return list(drawn_answers(folder))


def graded(folder: Path, *options: str, status: int = 0) -> str:
    """Return the gradebook of the class as lines of JSON."""
    given = ["grade", str(folder / "class"), str(folder / "answers"), "-f", "jsonl", *options]
    done = run(*given)
    assert done.exit_code == status, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def lines(folder: Path) -> str:
    """The gradebook of the class as lines of JSON."""
    return graded(folder)


def test_right_answers_are_all_right(lines: str, drawn: Sequence[Drawn]) -> None:
    """Each right answer earns every point, and no mistake is named."""
    rows = [json.loads(line) for line in lines.splitlines()]
    # Students 1, 2, …, 10 are in the order of their numbers.
    assert [row["student"] for row in rows] == [one.student for one in drawn]
    by_student = {row["student"]: row for row in rows}
    for one in drawn:
        row = by_student[one.student]
        if not one.names:
            assert row["mistakes"] == []
            assert row["earned"] == row["points"]
        else:
            assert row["earned"] < row["points"]


def test_the_mistakes_put_in_are_named(lines: str, drawn: Sequence[Drawn]) -> None:
    """A mistake is named where its digits are those of no other mistake."""
    by_student = {row["student"]: row for row in map(json.loads, lines.splitlines())}
    clear = [one for one in drawn if one.names and not one.others]
    missed = [one for one in clear if not {*one.names} & {*by_student[one.student]["mistakes"]}]
    assert len(clear) > 10
    assert not missed


def test_a_run_in_another_order_gives_the_same_grades(folder: Path, lines: str) -> None:
    """A grade depends on no other answer, and not on the number of processes."""
    places = sorted((folder / "answers").iterdir(), reverse=True)
    done = run("grade", str(folder / "class"), *map(str, places), "-f", "jsonl", "--jobs", "1")
    assert done.exit_code == 0
    assert sorted(done.stdout.splitlines()) == sorted(lines.splitlines())


def test_python_yields_the_same_grades(folder: Path, lines: str) -> None:
    """`attncli.grade` yields the rows that the command writes."""
    grades = attncli.grade(folder / "class", folder / "answers", jobs=2)
    assert list(grades) == [grade_from(json.loads(row)) for row in lines.splitlines()]


def test_python_refuses_a_crew_of_no_processes(folder: Path) -> None:
    """The message names the argument and its value."""
    with pytest.raises(attncli.AttncliError, match="jobs is 0"):
        next(attncli.grade("sample:self_attention", folder / "answers", jobs=0))


def test_a_cluster_gives_the_same_bytes(folder: Path, lines: str, tmp_path: Path) -> None:
    """The workers of a Dask cluster write the same bytes as this machine."""
    with cluster(tmp_path, 2) as running:
        assert graded(folder, "--scheduler", running.address) == lines


# Unreadable and missing answers


def test_an_unreadable_answer_is_listed_and_one_without_answer_is_empty(folder: Path) -> None:
    """A broken file has its message, and no points; a student without a file stays empty."""
    broken, gone = folder / "answers" / "1.json", folder / "answers" / "2.json"
    kept = broken.read_bytes(), gone.read_bytes()
    broken.write_text('{"scores": [[1, 2', encoding="utf-8")
    gone.unlink()
    try:
        given = ["grade", str(folder / "class"), str(folder / "answers"), "-f", "csv"]
        done = run(*given)
    finally:
        broken.write_bytes(kept[0])
        gone.write_bytes(kept[1])
    assert done.exit_code == 1
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert (rows["1"]["status"], rows["1"]["total"]) == ("unreadable", "")
    assert "the text ends here" in rows["1"]["message"]
    assert (rows["2"]["status"], rows["2"]["total"]) == ("missing", "")


# Resuming


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_killed_run_keeps_whole_rows_and_is_resumed(
    folder: Path, tmp_path: Path, form: str
) -> None:
    """A run is killed in the middle: the file has whole rows, and the next run completes it."""
    place = tmp_path / f"grades.{form}"
    whole = tmp_path / f"whole.{form}"
    given = [str(folder / "class"), str(folder / "answers"), "-o"]
    assert run("grade", *given, str(whole)).exit_code == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "attncli", "grade", *given, str(place), "--jobs", "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (place.exists() and place.read_bytes().count(b"\n") > 1):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = place.read_bytes()
    assert whole.read_bytes().startswith(left)
    assert left.endswith(b"\n")
    assert left != whole.read_bytes()
    assert run("grade", *given, str(place), "--resume").exit_code == 0
    assert place.read_bytes() == whole.read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_prints_nothing(
    folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """The status is that of the signal, the file has whole rows, and no library warns."""
    place = tmp_path / "grades.csv"
    given = [str(folder / "class"), str(folder / "answers"), "-o", str(place), "--jobs", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "attncli", "grade", *given],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not (place.exists() and place.read_bytes().count(b"\n") > 1):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)  # until no process holds standard error
    assert (process.returncode, said) == (128 + number, b"")
    assert place.read_bytes().endswith(b"\n")


def test_only_changed_answers_are_graded_again(folder: Path, tmp_path: Path) -> None:
    """A row that is edited stays where the answer has not changed, and goes where it has."""
    place = tmp_path / "grades.jsonl"
    given = ["grade", str(folder / "class"), str(folder / "answers"), "-o", str(place)]
    assert run(*given).exit_code == 0
    edited = place.read_text(encoding="utf-8").replace('"headline": "', '"headline": "Seen: ')
    place.write_text(edited, encoding="utf-8")
    answer = folder / "answers" / "3.json"
    kept = answer.read_bytes()
    answer.write_bytes(kept + b"\n")
    try:
        assert run(*given, "--resume").exit_code == 0
    finally:
        answer.write_bytes(kept)
    rows = {row["student"]: row for row in map(json.loads, place.read_text().splitlines())}
    assert not rows["3"]["headline"].startswith("Seen: ")
    assert all(
        row["headline"].startswith("Seen: ") for row in rows.values() if row["student"] != "3"
    )


def test_another_gradebook_is_not_resumed(folder: Path, tmp_path: Path) -> None:
    """A file with other columns is refused, and stays as it is."""
    place = tmp_path / "grades.csv"
    place.write_text("student,points\nanna,3\n", encoding="utf-8")
    given = ["grade", str(folder / "class"), str(folder / "answers"), "-o", str(place)]
    done = run(*given, "--resume")
    assert done.exit_code == 2
    assert done.stderr == (
        f"Error: {place}: it is not a gradebook of this problem: its first line is another. "
        "Leave out --resume to replace it, or name another file.\n"
    )
    assert place.read_text(encoding="utf-8") == "student,points\nanna,3\n"
