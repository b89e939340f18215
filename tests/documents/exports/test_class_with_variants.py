"""Test a class in which each student has an own problem, as `attncli new --students` writes it."""

from __future__ import annotations

import re
from pathlib import Path
from time import process_time

import pytest

from attncli.documents.exports.class_variants import ClassVariants, class_among
from attncli.documents.exports.collecting import find_submissions, without_answer
from attncli.documents.handouts.manifests import Manifest, Variant, exercise_hash
from attncli.errors import DocumentError
from tests.documents.exports.make_exports import ANSWER, Export, packed
from tests.running import run

IDS = ("student-01", "student/02", "student-03", "007")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a class that the command has written, with worksheets and keys."""
    top = tmp_path_factory.mktemp("class")
    roster = top / "roster.csv"
    roster.write_text("\n".join(("id", *IDS)))
    files = ("--worksheet", "worksheet.csv", "--key", "key.csv", "-o", str(top / "class"))
    result = run("new", "attention", "--students", str(roster), *files)
    assert result.exit_code == 0, result.stderr
    return top / "class"


@pytest.fixture
def variants(written: Path) -> ClassVariants:
    found = class_among([str(written)])
    assert found
    return found


def test_each_student_has_a_document(written: Path, variants: ClassVariants) -> None:
    """The folder and its manifest name each student's own document, in the order of the roster."""
    assert class_among(["a.json", str(written / "manifest.json")]) == variants
    assert list(variants.problems) == list(IDS)
    assert variants.problems["student/02"] == str(written / "student_02" / "problem.json")
    assert all(Path(path).is_file() for path in variants.problems.values())
    assert class_among(["a.json", str(written / "student-01")]) is None


@pytest.mark.parametrize(
    ("files", "student"),
    [
        ({"student-01.json": ANSWER}, "student-01"),
        ({"STUDENT_02/a.json": ANSWER}, "student/02"),
        ({"student-03/hw/a.json": ANSWER, "student-03/hw/problem.json": b"{}"}, "student-03"),
        ({"Problem 1_student-01_attempt_2026-01-30-15-00-00_a.json": ANSWER}, "student-01"),
        ({"lastname_7_99_a.json": ANSWER}, None),
        ({"submitted/007/ps1/a.json": ANSWER}, "007"),
    ],
)
def test_an_answer_gets_the_problem_of_its_student(
    files: dict[str, bytes], student: str | None, variants: ClassVariants, tmp_path: Path
) -> None:
    """The id of the export, the file or its folder leads to the problem; a stranger has none."""
    export = Export("", files, ())
    for path in (export.folder(tmp_path), export.zipped(tmp_path)):
        (one,) = find_submissions([str(path)], variants=variants)
        if student is None:
            assert one.message == "its student is not in the manifest, so the problem is unknown."
            assert one.problem == ""
        else:
            assert (one.student.id, one.message) == (student, "")
            assert one.problem == variants.problems[student]
        missing = [other.id for other in without_answer([one], variants)]
        assert missing == [other for other in IDS if other != student]


def test_an_address_leads_to_the_problem(variants: ClassVariants, tmp_path: Path) -> None:
    """The e-mail address of an export names the student if the id in it is one of the class."""
    text = """---
submission_1:
  :submitters:
  - :name: Student Three
    :sid:
    :email: Student-03@example.org
"""
    files = {"submission_metadata.yml": text.encode(), "submission_1/a.json": ANSWER}
    (one,) = find_submissions([str(packed(tmp_path / "a.zip", files))], variants=variants)
    assert one.student.name == "Student Three"
    assert one.problem == variants.problems["student-03"]


def test_the_folder_of_the_class_holds_its_answers(
    written: Path, variants: ClassVariants, tmp_path: Path
) -> None:
    """Only a worksheet may be an answer, and only if the student has no other file."""
    found = find_submissions([str(written)])
    assert [one.file for one in found] == sorted(
        str(written / name / "worksheet.csv")
        for name in ("student-01", "student_02", "student-03", "007")
    )
    (answer,) = [path for path in [written / "student-01" / "a.json"] if path.write_bytes(ANSWER)]
    try:
        first = next(one for one in find_submissions([str(written)]) if one.file == str(answer))
        assert first.notes == ("not graded: worksheet.csv",)
        assert first.problem == variants.problems["student-01"]
    finally:
        answer.unlink()
    elsewhere = Export("", {"007.json": ANSWER}, ()).folder(tmp_path)
    seven = [
        one for one in find_submissions([str(written), str(elsewhere)]) if one.student.id == "007"
    ]
    assert [one.file for one in seven] == [f"{elsewhere}/007.json"]


def test_a_manifest_alone_holds_no_answer(written: Path) -> None:
    """Without answers beside the documents there is an error."""
    with pytest.raises(DocumentError, match=r"^there is no answer beside the documents of the cla"):
        find_submissions([str(written / "manifest.json")])


def test_a_large_class_takes_little_time(tmp_path: Path) -> None:
    """The problems of 20,000 students are found in seconds."""
    ids = [str(number) for number in range(20_000)]
    variants = ClassVariants({one: {"document": f"class/{one}/problem.json"} for one in ids})
    path = packed(tmp_path / "a.zip", {f"{one}.json": ANSWER for one in ids})
    before = process_time()
    found = find_submissions([str(path)], variants=variants)
    assert [one.problem for one in found] == list(variants.problems.values())
    assert process_time() - before < 20  # two would do


def manifest_of_anna() -> bytes:
    """Return the manifest of a class with one student."""
    files = {"document": "anna/problem.json"}
    anna = Variant("anna", 3, exercise_hash({}), files, {})
    return Manifest("attncli 0.1.0", "attncli new self", 0, 2, (anna,)).written()


def test_a_document_that_is_missing(tmp_path: Path) -> None:
    """A manifest without its folders is an error that names the student and the file."""
    path = tmp_path / "manifest.json"
    path.write_bytes(manifest_of_anna())
    document = tmp_path / "anna" / "problem.json"
    text = f"{path}: the document of student 'anna' is missing: {document}."
    with pytest.raises(DocumentError, match=re.escape(text)):
        class_among([str(path)])


def test_a_student_of_two_classes(tmp_path: Path) -> None:
    """A student whom two manifests list is an error, because the problems differ."""
    for name in ("a", "b"):
        folder = tmp_path / name
        (folder / "anna").mkdir(parents=True)
        (folder / "anna" / "problem.json").write_bytes(b"{}")
        (folder / "manifest.json").write_bytes(manifest_of_anna())
    with pytest.raises(
        DocumentError, match=r"^student 'anna' is in .*a/manifest.json and .*b/mani"
    ):
        class_among([str(tmp_path / "a"), str(tmp_path / "b")])
