"""Test the exports of platforms: the students, the attempts and the answers that they hold."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest

from attncli.documents.exports.collecting import find_submissions, read_submission
from attncli.documents.exports.name_patterns import GROUPS, PLATFORMS, groups_of
from attncli.documents.exports.submission import Submission
from attncli.documents.reader import Reader
from attncli.errors import DocumentError
from attncli.grading.batches import Batch, Judging, Ungraded, grade_batch
from attncli.homework.checking import CheckOptions
from tests.documents.exports.make_exports import (
    BLACKBOARD,
    CANVAS,
    EXPORTS,
    GRADESCOPE,
    MOODLE,
    MOODLE_FLAT,
    NBGRADER,
    Expected,
    Export,
    packed,
)

GRADESCOPE_RECORD = "assignment_9_export/submission_metadata.yml"

each_export = pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.platform)


def seen(submission: Submission, before: str) -> Expected:
    """Return a submission in the form in which the exports state what is expected."""
    return Expected(
        submission.student.id,
        submission.student.name,
        submission.file.removeprefix(before),
        submission.attempt,
        submission.is_superseded,
        submission.message,
    )


@each_export
def test_an_unpacked_export_holds_its_students(export: Export, tmp_path: Path) -> None:
    """A folder gives each student's answer, older attempts, and messages for the rest."""
    folder = export.folder(tmp_path)
    found = [seen(one, f"{folder}/") for one in find_submissions([str(folder)])]
    assert sorted(found) == sorted(export.expected)


@each_export
def test_a_zipped_export_holds_the_same(export: Export, tmp_path: Path) -> None:
    """A ZIP gives the same submissions as the unpacked folder, with the same bytes."""
    path = export.zipped(tmp_path)
    submissions = find_submissions([str(path)])
    found = [seen(one, f"{path}:") for one in submissions]
    assert sorted(found) == sorted(export.expected)
    for one in submissions:
        if not one.message and not one.is_typed:
            assert read_submission(one) == export.files[one.file.removeprefix(f"{path}:")]


@each_export
def test_files_of_an_export_are_arguments_too(export: Export, tmp_path: Path) -> None:
    """The pattern `**/*.*` gives the same as the folder, apart from records that it misses."""
    folder = export.folder(tmp_path)
    found = [seen(one, f"{folder}/") for one in find_submissions([f"{folder}/**/*.*"])]
    assert sorted(found) == sorted(export.expected)


@pytest.mark.parametrize(
    ("platform", "place", "groups"),
    [
        (
            "Moodle",
            "/c/Anna Maria_12_assignsubmission_file/a/b.json",
            "Anna Maria 12 a/b.json file Anna Maria_12_assignsubmission_file",
        ),
        (
            "Moodle",
            "/c/Anna_12_assignsubmission_file_/b.json",
            "Anna 12 b.json file Anna_12_assignsubmission_file_",
        ),
        (
            "Moodle",
            "/c/Anna_12_assignsubmission_file_b.json",
            "Anna 12 b.json file Anna_12_assignsubmission_file",
        ),
        (
            "Moodle",
            "/c/Default group_assignsubmission_file/b.json",
            "Default group - b.json file Default group_assignsubmission_file",
        ),
    ],
)
def test_moodle_names(platform: str, place: str, groups: str) -> None:
    """Each form of Moodle's names gives the name, the id, the file, the kind and the folder."""
    found = groups_of(PLATFORMS[platform], place) or {}
    shown = [found.get(n, "-") for n in ("name", "student_id", "file_id", "kind", "folder")]
    assert " ".join(shown) == groups


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("obriensin\u00e9ad_12_345_a_b.json", "obriensin\u00e9ad 12 345 a_b.json - -"),
        ("obriensin\u00e9ad_LATE_12_345_6_7_a.json", "obriensin\u00e9ad 12 345 6_7_a.json - LATE"),
        ("12_345_a.json", "- 12 345 a.json - -"),
        ("anon_xY9z_345_a.json", "- xY9z 345 a.json - -"),
        ("LATE_anon_123_345_a.json", "- 123 345 a.json - LATE"),
        ("smith_12_text.html", "smith 12 - - text -"),
        ("smith_LATE_12_link.html", "smith 12 - - link LATE"),
        ("anon_xY9z_text.html", "- xY9z - - text -"),
    ],
)
def test_canvas_names(name: str, groups: str) -> None:
    """Each form of Canvas' names gives the name, the ids, the file, the kind and lateness."""
    found = groups_of(PLATFORMS["Canvas"], f"/class/{name}") or {}
    names = ("name", "student_id", "number", "file_id", "kind", "late")
    assert " ".join(found.get(group, "-") for group in names) == groups


def test_one_platform_fits_each_name() -> None:
    """No file of an export fits the pattern of a platform before its own."""
    for export in EXPORTS:
        own = export.platform.split()[0]
        before = list(PLATFORMS)[: list(PLATFORMS).index(own)]
        for name in export.files:
            for other in before:
                assert groups_of(PLATFORMS[other], f"/export/{name}") is None, name


def test_each_platform_has_an_export_and_an_example() -> None:
    """A platform that is added without an export, or without its example, fails here."""
    assert {export.platform.split()[0] for export in EXPORTS} == set(PLATFORMS)
    for name, pattern in PLATFORMS.items():
        fitting = [n for n, other in PLATFORMS.items() if groups_of(other, f"/{pattern.example}")]
        assert fitting[0] == name
        assert set(pattern.expression.groupindex) - {"folder", "kind", "number"} <= set(GROUPS)


def test_notes_name_what_is_not_graded(tmp_path: Path) -> None:
    """A scan beside the answer, a typed text beside a file, and lateness are notes."""
    notes = {
        one.student.id: one.notes
        for export in (MOODLE, CANVAS)
        for one in find_submissions([str(export.zipped(tmp_path))])
        if one.notes
    }
    assert notes == {
        "1001": ("not graded: onlinetext.html",),
        "1002": ("not graded: scan.pdf",),
        "201": ("handed in late",),
        "d3E4f": ("handed in late",),
    }


def test_feedback_goes_to_the_folder_of_the_student(tmp_path: Path) -> None:
    """The folder of a submission is the path under which the platform takes files back."""
    folders = [
        {one.student.id: one.folder for one in find_submissions([str(export.zipped(tmp_path))])}
        for export in (MOODLE, MOODLE_FLAT, NBGRADER, BLACKBOARD)
    ]
    assert folders[0]["1002"] == "Sin\u00e9ad O'Brien_1002_assignsubmission_file_"
    assert folders[1]["1001"] == "Student One_1001_assignsubmission_file"
    assert folders[2]["student-01"] == "student-01/ps1"
    assert folders[3]["student-01"] == ""


def test_a_typed_text_is_read_without_its_markup(tmp_path: Path) -> None:
    """A text that was typed into Moodle or Canvas is an answer: its lines, its cells, no markup."""
    page = (
        "<html><head><title>no</title></head><body><p>scores</p><p>1, 2<br />3, 4</p><p>&nbsp;</p>"
        "<table><tr><td>output</td></tr><tr><td>1</td><td>&minus;2</td></tr></table></body></html>"
    )
    name = "Student One_1_assignsubmission_onlinetext/onlinetext.html"
    export = Export("Moodle", {name: page.encode()}, ())
    (submission,) = find_submissions([str(export.zipped(tmp_path))])
    assert read_submission(submission).decode() == "scores\n1, 2\n3, 4\n\noutput\n1\t\u22122\n"


@pytest.mark.parametrize(
    "page",
    [
        "<p>output</p><p>1.5, 0.5</p>",
        "<div>output<br>1.5 0.5</div>",
        "<table><tr><th>output</th></tr><tr><td>1.5</td><td>0.5</td></tr></table>",
        '<pre>{"output": [[1.5, 0.5]]}</pre>',
    ],
)
def test_a_typed_text_is_graded(page: str, tmp_path: Path) -> None:
    """Numbers that were typed into a page of a platform get their points."""
    document = Reader().document({"Q": [[1]], "K": [[1], [1]], "V": [[1, 0], [2, 1]]})
    export = Export("", {"smith_12_text.html": page.encode()}, ())
    (one,) = find_submissions([str(export.zipped(tmp_path))])
    answer = Ungraded("", one.file, read_submission(one))
    batch = Batch({"": pickle.dumps(document)}, Judging(CheckOptions()), (answer,))
    (graded,) = pickle.loads(grade_batch(pickle.dumps(batch)))
    assert (graded.grade.message, graded.grade.earned) == ("", 1)


def test_names_like_those_of_canvas_are_not_ids(tmp_path: Path) -> None:
    """Numbers in the names of own files are not ids of Canvas if one id would have two names."""
    names = ("anna_1_2_answer.json", "ben_1_2_answer.json", "cem_1_3_answer.json")
    export = Export("", dict.fromkeys(names, b"[[1]]"), ())
    found = find_submissions([str(export.zipped(tmp_path))])
    assert [one.student.id for one in found] == ["", "", ""]
    assert not any(one.is_superseded or one.message for one in found)


def test_one_name_like_those_of_canvas_is_not_an_id(tmp_path: Path) -> None:
    """A name that fits Canvas by chance among own names is not an id."""
    names = ("anna.json", "ben.json", "cem_12_34_answer.json")
    found = find_submissions([str(packed(tmp_path / "a.zip", dict.fromkeys(names, b"{}")))])
    assert [one.student.id for one in found] == ["", "", ""]


def test_a_teacher_may_add_files_to_an_export_of_canvas(tmp_path: Path) -> None:
    """A key beside the files of Canvas does not hide their students."""
    export = Export("", {**CANVAS.files, "key.json": b"{}"}, ())
    found = find_submissions([str(export.folder(tmp_path))])
    assert {one.student.id for one in found} == {one.id for one in CANVAS.expected} | {""}


@pytest.mark.parametrize("argument", ["submitted", "submitted/student-01", "."])
def test_nbgrader_is_found_from_inside(
    argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layout of nbgrader is known from the folder `submitted` and from the folders in it."""
    monkeypatch.chdir(NBGRADER.folder(tmp_path) / ("submitted" if argument == "." else ""))
    assert find_submissions([argument])[0].student.id == "student-01"


def test_gradescope_gives_addresses(tmp_path: Path) -> None:
    """Each student of a group has the same file, and an own address."""
    one, two, three = find_submissions([str(GRADESCOPE.zipped(tmp_path))])
    emails = [submission.student.email for submission in (one, two, three)]
    assert emails == [f"student-0{number}@example.org" for number in (1, 2, 3)]
    assert (two.member, two.notes) == (three.member, three.notes)


def test_a_damaged_record_of_gradescope(tmp_path: Path) -> None:
    """A record that cannot be unpacked is an error with its place: no student is guessed."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("submission_metadata.yml", GRADESCOPE.files[GRADESCOPE_RECORD])
        archive.writestr("submission_101/a.json", b"{}")
    path.write_bytes(path.read_bytes().replace(b"Student One", b"Student Two"))
    with pytest.raises(DocumentError, match=r"a\.zip:submission_metadata.yml: the ZIP is damaged"):
        find_submissions([str(path)])


def test_gradescope_without_its_record(tmp_path: Path) -> None:
    """Without the record, a folder of Gradescope is one student without a name."""
    files = {"submission_1/a.json": b"{}", "submission_1/b.pdf": b"", "submission_2/a.json": b"{}"}
    found = find_submissions([str(Export("", files, ()).folder(tmp_path))])
    assert [(one.student.id, one.notes) for one in found] == [
        ("", ("not graded: b.pdf",)),
        ("", ()),
    ]
