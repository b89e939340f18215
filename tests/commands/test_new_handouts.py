"""Test the handouts of attncli new: worksheets, keys, quizzes, and the folder of a class."""

from __future__ import annotations

import json
import os
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import attncli
from attncli.documents.handouts.manifests import exercise_hash, read_manifest
from attncli.errors import DocumentError
from attncli.face import handouts
from attncli.homework.handouts.variants import safe_names, seed_of
from tests.running import PATIENCE, PROGRAM, ROOT, run, succeed

KIND = "encoder"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files_in(folder: str) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()
    )


def manifest_of(folder: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(Path(folder, "manifest.json").read_text())
    return manifest


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "md"])
def test_a_document_with_its_worksheet_and_key(suffix: str) -> None:
    """One command writes a document, a worksheet without numbers, and a key that is all right."""
    sheets = ("--worksheet", f"sheet.{suffix}", "--key", f"key.{suffix}")
    result = succeed("new", KIND, "-o", "mine.json", *sheets)
    assert not result.stdout
    assert attncli.check("mine.json", f"key.{suffix}").passed
    assert run("check", "mine.json", f"sheet.{suffix}").stdout.startswith(
        "The answer has no numbers."
    )
    written = Path(f"sheet.{suffix}").read_bytes().decode(errors="replace")
    assert "attncli check mine.json FILE" in written


def test_a_class_has_a_folder_per_student() -> None:
    """The folder of a class has each student's files, all keys apart, and the manifest."""
    Path("roster.csv").write_bytes("\ufeffName;ID\r\nAnna;s1\r\nBen;../s2\r\n;\r\n".encode())
    sheets = ("--worksheet", "sheet.csv", "--key", "solution.xlsx")
    succeed("new", KIND, "--students", "roster.csv", "-o", "class", "--seed", "5", *sheets)
    assert files_in("class") == [
        *("_._s2/problem.json", "_._s2/sheet.csv", "keys/_._s2.xlsx", "keys/s1.xlsx"),
        *("manifest.json", "s1/problem.json", "s1/sheet.csv"),
    ]
    manifest = manifest_of("class")
    entries = manifest.pop("students")
    assert manifest == {
        "program": f"attncli {attncli.__version__}",
        "command": f"attncli new {KIND} --seed 5",
        "seed": 5,
        "decimals": 2,
    }
    assert [entry["id"] for entry in entries] == ["s1", "../s2"]
    for entry in entries:
        data = Path("class", entry["files"]["document"]).read_bytes()
        assert entry["document"] == json.loads(data)
        own = {name: value for name, value in entry["document"].items() if name != "note"}
        text = json.dumps(own, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert entry["sha256"] == sha256(text.encode()).hexdigest()
        assert entry["seed"] == seed_of(5, entry["id"])
        again = succeed("new", KIND, "--seed", str(entry["seed"])).stdout
        assert json.loads(again) == entry["document"]
        key = Path("class", entry["files"]["key"])
        assert attncli.check(entry["document"], key).passed


def test_a_variant_depends_on_its_student_alone() -> None:
    """Neither the order nor the number of students changes a document; the base seed does."""
    Path("one.csv").write_text("anna\nben\ncarla\n")
    Path("two.csv").write_text("student\nben\nanna\n")
    succeed("new", KIND, "--students", "one.csv", "-o", "one")
    succeed("new", KIND, "--students", "two.csv", "-o", "two")
    succeed("new", KIND, "--students", "two.csv", "-o", "three", "--seed", "1")
    first, second, third = (
        {entry["id"]: entry["sha256"] for entry in manifest_of(name)["students"]}
        for name in ("one", "two", "three")
    )
    assert second == {student: first[student] for student in ("ben", "anna")}
    assert len({*first.values(), *third.values()}) == 5


def test_equal_variants_are_said() -> None:
    """Documents that differ in nothing but the seed have one hash, and a warning names them."""
    sizes = ("--n", "1", "--m", "1", "--d-k", "1")
    result = succeed("new", "attention", *sizes, "--variants", "9", "-o", "class")
    notes: dict[str, list[str]] = {}
    for entry in manifest_of("class")["students"]:
        notes.setdefault(entry["sha256"], []).append(entry["id"])
    same = [" and ".join(ids) for ids in notes.values() if len(ids) == 2]
    assert same
    assert all(pair in result.stderr for pair in same)
    assert "More sizes or values make them differ." in result.stderr


def test_a_failure_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """If one document cannot be made, neither the folder nor a part of it is left."""
    files = handouts._files

    def fail(name: str, *rest: Any, **options: Any) -> Any:
        if name == "2":
            raise attncli.AttncliError("no such exercise.", "Choose another.")
        return files(name, *rest, **options)

    monkeypatch.setattr(handouts, "_files", fail)
    result = run("new", KIND, "--variants", "3", "-o", "class")
    assert (result.exit_code, result.stderr) == (
        2,
        "Error: no such exercise. Choose another.\n",
    )
    assert not list(Path().iterdir())


def test_a_signal_leaves_nothing() -> None:
    """If a signal ends the program while it writes a class, no folder is left."""
    command = [*PROGRAM, "new", KIND, "--variants", "500", "-o", "class"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        until = time.monotonic() + PATIENCE
        while not list(Path().glob(".attncli-*/1/problem.json")) and time.monotonic() < until:
            time.sleep(0.01)
        assert list(Path().iterdir())
        process.terminate()
    assert process.returncode == 143
    assert not list(Path().iterdir())


def test_an_existing_folder_is_kept() -> None:
    """A folder with files is refused before any work, and stays as it is; an empty one is used."""
    Path("class").mkdir()
    succeed("new", KIND, "--variants", "1", "-o", "class")
    before = {name: Path("class", name).read_bytes() for name in files_in("class")}
    result = run("new", KIND, "--variants", "2", "-o", "class")
    message = "Error: class: the folder is not empty. Name a new folder, or remove this one.\n"
    assert (result.exit_code, result.stderr) == (2, message)
    assert {name: Path("class", name).read_bytes() for name in files_in("class")} == before


def test_names_of_folders_are_safe() -> None:
    """An id becomes a name that every system can write, and that stays inside the folder."""
    ids = ["..", ".", "a/b", "a\\c", "NUL", "com1.txt", "x\x00y", "end.", "Keys", "manifest.json"]
    assert list(safe_names(ids).values()) == [
        *("__", "_", "a_b", "a_c", "_NUL", "_com1.txt", "x_y", "end_", "_Keys", "_manifest.json")
    ]
    assert len(safe_names(["\U0001f600" * 99])["\U0001f600" * 99].encode()) < 256
    with pytest.raises(attncli.AttncliError, match="would get one folder, 'A_b'"):
        safe_names(["a/b", "A:b"])


ROSTERS = {
    "moodle": (
        'Identifier,"Full name",Grade\nParticipant 12,"Anna, A.",\nParticipant 13,Ben,\n',
        ["12", "13"],  # as in the folders that Moodle exports
    ),
    "numbered ids": ("id\nGroup 1\nGroup 2\n", ["Group 1", "Group 2"]),
    "student id": ("Student ID,Email\ns1,a@x.edu\n", ["s1"]),
    "canvas": (
        'Student,ID,Section\n    Points Possible,,\n"A, Anna",501,S\n"B, Ben",502,S\n',
        ["501", "502"],
    ),
    "blackboard": ('"Last Name","First Name","Username"\nA,Anna,anna\n', ["anna"]),
    "brightspace": ("OrgDefinedId,Username,End-of-Line Indicator\n#1,#anna,#\n", ["anna"]),
    "tabs": ("Name\tUserid\nAnna\t7\n", ["7"]),
    "ids alone": ("anna\nben\n", ["anna", "ben"]),
}


@pytest.mark.parametrize("name", ROSTERS)
def test_rosters_of_learning_platforms_are_read(name: str) -> None:
    """The ids are those that a platform has in the names of the answers that it exports."""
    from attncli.documents.handouts.rosters import read_roster

    text, ids = ROSTERS[name]
    Path("roster.csv").write_text(text)
    assert read_roster("roster.csv", lambda _: None) == ids


def test_students_without_an_id_are_named() -> None:
    """A row without an id is left out of the class, with a note."""
    Path("roster.csv").write_text("Name,ID\nAnna,1\nDan,\n,\nEve\n")
    result = succeed("new", "attention", "--students", "roster.csv", "-o", "class")
    assert result.stderr == "Note: roster.csv: left out, without an id: Dan and Eve.\n"
    assert [entry["id"] for entry in manifest_of("class")["students"]] == ["1"]


def test_the_column_of_a_roster_can_be_named() -> None:
    """FILE:COLUMN names the column of ids."""
    from attncli.documents.handouts.rosters import read_roster

    Path("roster.csv").write_text("ID,Seat\n1,front\n2,back\n")
    assert read_roster("roster.csv:seat", lambda _: None) == ["front", "back"]


MESSAGES = {
    ("--variants", "2"): "variants need a folder. Name a new folder with -o, or write -f moodle.",
    ("--variants", "2", "-o", "x.json"): "variants need a folder. Name a new folder with -o, or "
    "write -f moodle.",
    ("--variants", "2", "--students", "r.csv", "-o", "x"): "--variants and --students exclude each "
    "other. Leave one of them out.",
    ("--worksheet", "w.docx"): "w.docx: no format has the suffix '.docx'. Use the suffix .csv, "
    ".xlsx, .md, .tex, .typ or .pdf.",
    ("--key", "w.csv", "--worksheet", "w.csv"): "--worksheet and --key both name w.csv. Name two "
    "files.",
    ("--key", "-"): "--key needs a file. Use the suffix .csv, .xlsx, .md, .tex, .typ or .pdf.",
    ("--variants", "2", "-f", "moodle", "--key", "k.csv"): "--key has no effect on the variants of "
    "a quiz. Leave it out.",
    ("--students", "empty.csv", "-o", "x"): "empty.csv: it is empty. Write one student per line.",
    ("--students", "header.csv", "-o", "x"): "header.csv: it lists no student. Write one student "
    "per line.",
    ("--students", "long.csv", "-o", "x"): "long.csv: it is not CSV: field larger than field limit "
    "(131072). Save it as CSV UTF-8.",
    ("--students", "twice.csv", "-o", "x"): "twice.csv: it lists 'anna' twice. Remove one of the "
    "lines.",
    ("--students", "odd.csv", "-o", "x"): "odd.csv: none of its columns is known to hold ids: Name "
    "and Seat. Name the column: FILE.csv:COLUMN.",
    ("--students", "odd.csv:Seet", "-o", "x"): "odd.csv: it has no column 'Seet' (did you mean "
    "'Seat'?). Its columns are Name and Seat.",
    ("--students", "none.csv", "-o", "x"): "none.csv: there is no such file. Check its name and "
    "folder.",
    ("--from", "sample:two_heads"): "the kind encoder has no effect with --from. Leave out one of "
    "them.",
    ("--variants", "2", "-o", "odd.csv"): "odd.csv: it is a file, not a folder. Name a new folder.",
}


FROM = {
    (): "--from writes handouts alone. Add --worksheet FILE, --key FILE or -f moodle.",
    (
        "-o",
        "p.json",
    ): "--from writes handouts alone. Add --worksheet FILE, --key FILE or -f moodle.",
    ("--seed", "1"): "--seed has no effect with --from. Leave out one of them.",
    ("--variants", "2"): "--variants has no effect with --from. Leave out one of them.",
    ("--judge", "x"): "--from has no effect with --judge. Leave out one of them.",
}


@pytest.mark.parametrize("arguments", FROM)
def test_what_does_not_go_with_a_document_is_said(arguments: tuple[str, ...]) -> None:
    """Each option that has no effect on a document has one message."""
    result = run("new", "--from", "sample:two_heads", *arguments)
    assert (result.exit_code, result.stderr) == (2, f"Error: {FROM[arguments]}\n")


@pytest.mark.parametrize("arguments", MESSAGES)
def test_what_cannot_be_written_is_said(arguments: tuple[str, ...]) -> None:
    """Each wrong order of handouts has one message, and writes nothing."""
    Path("empty.csv").write_text("")
    Path("header.csv").write_text("id\n")
    Path("long.csv").write_text("a" * 131073)
    Path("twice.csv").write_text("anna\nben\nanna\n")
    Path("odd.csv").write_text("Name,Seat\nAnna,1\n")
    before = sorted(Path().iterdir())
    result = run("new", KIND, *arguments)
    assert (result.exit_code, result.stderr) == (2, f"Error: {MESSAGES[arguments]}\n")
    assert sorted(Path().iterdir()) == before


def test_handouts_of_a_document_of_ones_own() -> None:
    """--from writes a worksheet, a key and a quiz of any document, with the asked decimals."""
    sheets = ("--worksheet", "sheet.csv", "--key", "key.csv", "--decimals", "3")
    result = succeed("new", "--from", "sample:two_heads", *sheets)
    assert (result.stdout, result.stderr) == ("", "")
    assert "# Check it: attncli check sample:two_heads FILE.csv" in Path("sheet.csv").read_text()
    assert "\ncat,2.681,4.419,6.400\n" in Path("key.csv").read_text()
    assert attncli.check("sample:two_heads", "key.csv").passed
    quiz = succeed("new", "--from", "sample:two_heads", "-f", "moodle").stdout
    assert quiz.count('type="cloze"') == 9


def test_a_class_of_small_exercises() -> None:
    """The exercises of a class are those of attncli new, with the same demands."""
    succeed("new", "attention", "--variants", "2", "-o", "class", "--decimals", "1")
    manifest = manifest_of("class")
    assert manifest["decimals"] == 1
    for entry in manifest["students"]:
        arguments = ("--seed", str(entry["seed"]), "--decimals", "1")
        assert json.loads(succeed("new", "attention", *arguments).stdout) == entry["document"]


def test_a_quiz_has_the_variants_of_a_class() -> None:
    """-f moodle, or the suffix .xml, writes one file with the questions of all variants."""
    succeed("new", KIND, "--variants", "2", "-o", "quiz.xml")
    quiz = Path("quiz.xml").read_text()
    assert quiz.count("<name><text>weights, variant 1</text></name>") == 0
    assert quiz.count("<name><text>self.weights, variant 2</text></name>") == 1
    single = succeed("new", KIND, "-f", "moodle").stdout
    assert single.count("<name><text>self.weights</text></name>") == 1


def broken(change: str, value: Any) -> str:
    """Return a manifest of two students with a change at a place such as `students.1.seed`."""
    document = {"Q": [[1]], "K": [[2]], "note": "seed 7"}
    files = {"document": "1/problem.json"}
    one = {"seed": 7, "sha256": exercise_hash(document), "files": files, "document": document}
    manifest: Any = {"program": "attncli", "command": "attncli new self", "seed": 0, "decimals": 2}
    manifest["students"] = [{"id": "1", **one}, json.loads(json.dumps({"id": "2", **one}))]
    *places, last = change.split(".")
    target = manifest
    for place in places:
        target = target[int(place) if place.isdecimal() else place]
    target.pop(last)
    if value is not None:
        target[last] = value
    return json.dumps(manifest)


BROKEN = [
    ("seed", None, "seed is missing."),
    ("seed", True, "seed is not a whole number."),
    ("students", {}, "students is not a list."),
    ("students", [3], "students[1] is not an object."),
    ("students.1.seed", "7", "students[2].seed is not a whole number."),
    ("students.1.document", None, "students[2].document is missing."),
    (
        *("students.1.document", {"Q": [[1]], "K": [[3]]}),
        "students[2].document, of '2', does not have the hash in sha256.",
    ),
    ("students.1.id", "1", "it lists the student '1' twice."),
    ("students.0.files.document", 1, "students[1].files.document is not a text."),
    (
        *("students.0.files.document", "../p.json"),
        "students[1].files.document is '../p.json', which is outside of the folder.",
    ),
]


@pytest.mark.parametrize(("change", "value", "message"), BROKEN)
def test_a_broken_manifest_is_refused(change: str, value: Any, message: str) -> None:
    """A manifest with a wrong entry is refused with its place; a note may change."""
    Path("manifest.json").write_text(broken(change, value))
    with pytest.raises(DocumentError) as caught:
        read_manifest("manifest.json")
    assert str(caught.value).startswith(f"manifest.json: {message} Restore the file")
    Path("manifest.json").write_text(broken("students.0.document.note", "another"))
    assert [student.id for student in read_manifest(".").students] == ["1", "2"]


def test_another_file_is_not_a_manifest() -> None:
    """A file that is not JSON, a document, and a missing file have messages of their own."""
    Path("p.json").write_text('{"Q": [[1]]}')
    Path("t.json").write_text("{")
    messages = {
        "p.json": "p.json: it is not the manifest of a class.",
        "t.json": "t.json: it is not JSON: Expecting property name",
        "none": "none: there is no such file.",
    }
    for file, message in messages.items():
        with pytest.raises(DocumentError) as caught:
            read_manifest(file)
        assert str(caught.value).startswith(message)


def test_a_manifest_is_read_as_it_was_written() -> None:
    """read_manifest returns what attncli new has recorded, from the folder of the class."""
    succeed("new", "attention", "--variants", "2", "-o", "class", "--values", "halves")
    manifest = read_manifest("class")
    assert manifest.written() == Path("class/manifest.json").read_bytes()
    assert [student.seed for student in manifest.students] == [seed_of(0, "1"), seed_of(0, "2")]
