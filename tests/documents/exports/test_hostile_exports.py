"""Test exports from strangers: odd names, damage, bombs, links; each ends in one message."""

from __future__ import annotations

import os
import re
import struct
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path
from time import process_time

import pytest

from attncli.documents.exports.collecting import find_submissions, read_submission
from attncli.errors import AttncliError, DocumentError
from tests.documents.exports.make_exports import ANSWER, Export, packed

NAMES = (
    "Sinéad O'Brien",
    "李 小龍",
    "Zoe\u0308 Mu\u0308ller",  # with combining accents, as macOS writes them
    "👩‍🎓 Student",
    "A" * 180,
    "Student, (One) [x] & #1; %20",
    "  spaces  ",
    "-o",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_zip", [False, True])
def test_odd_names(name: str, is_zip: bool, tmp_path: Path) -> None:
    """A name of any letters comes back composed, and its file is read."""
    export = Export("", {f"{name}_7_assignsubmission_file/a.json": ANSWER}, ())
    path = export.zipped(tmp_path) if is_zip else export.folder(tmp_path)
    (one,) = find_submissions([str(path)])
    assert (one.student.id, one.student.name) == ("7", unicodedata.normalize("NFC", name))
    assert unicodedata.is_normalized("NFC", one.file + one.folder)
    assert read_submission(one) == ANSWER


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Zoë".encode(), "Zoë"),  # UTF-8 without the flag, as macOS writes
        (unicodedata.normalize("NFD", "Zoë").encode(), "Zoë"),
        ("Zoë".encode("cp437"), "Zoë"),  # the code page of the format itself
        (b"Zoe\xff\xfe", b"Zoe\xff\xfe".decode("cp437")),
    ],
)
def test_names_without_the_flag_of_utf8(raw: bytes, shown: str, tmp_path: Path) -> None:
    """A name in UTF-8 without its flag is repaired; another stays a name of code page 437."""
    path = packed(tmp_path / "a.zip", {f"{'x' * len(raw)}_7_assignsubmission_file/a.json": ANSWER})
    path.write_bytes(path.read_bytes().replace(b"x" * len(raw), raw))
    (one,) = find_submissions([str(path)])
    assert one.student.name == unicodedata.normalize("NFC", shown)
    assert read_submission(one) == ANSWER


@pytest.mark.parametrize(
    ("member", "folder"),
    [
        ("../../Anna_7_assignsubmission_file/a.json", "Anna_7_assignsubmission_file"),
        ("/etc/Anna_7_assignsubmission_file/a.json", "Anna_7_assignsubmission_file"),
        ("..\\Anna_7_assignsubmission_file\\a.json", "Anna_7_assignsubmission_file"),
        ("submitted/../../ps1/a.json", ""),
    ],
)
def test_members_that_lead_out(member: str, folder: str, tmp_path: Path) -> None:
    """A member whose name leads out of the ZIP is read in place, and its folder stays inside."""
    (one,) = find_submissions([str(packed(tmp_path / "a.zip", {member: ANSWER}))])
    assert one.folder == folder
    assert read_submission(one) == ANSWER
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip"]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A member of 200 MB is refused by its declared size, before a byte is unpacked."""
    path = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.json", "w", force_zip64=True) as file,
    ):
        for _ in range(200):
            file.write(b"1" * 1_000_000)
    tracemalloc.start()
    try:
        (one,) = find_submissions([str(path)])
        assert one.message == "it has 200,000,000 bytes, more than the 20 MB that are allowed."
        with pytest.raises(DocumentError, match=r"a.zip:a.json: it has 200,000,000 bytes"):
            read_submission(one)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_that_lies_about_its_size_is_cut(tmp_path: Path) -> None:
    """A member that declares 1 kB and holds 100 MB is unpacked to 1 kB, and then refused."""
    path = packed(tmp_path / "a.zip", {"a.json": b"1" * 100_000_000})
    size = struct.pack("<L", 100_000_000)
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<L", 1000)))
    (one,) = find_submissions([str(path)])
    tracemalloc.start()
    try:
        with pytest.raises(DocumentError, match="the ZIP is damaged here: "):
            read_submission(one)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    """A plain file over 20 MB is refused by its size."""
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    (one,) = find_submissions([str(path)])
    with pytest.raises(DocumentError, match="it has 20,000,001 bytes, more than the 20 MB"):
        read_submission(one)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_twice_in_a_zip(tmp_path: Path) -> None:
    """Of two members with one name the last is read, and a note says it."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.json", b"first")
        archive.writestr("a.json", b"last")
    (one,) = find_submissions([str(tmp_path / "a.zip")])
    assert one.notes == ("the ZIP holds this name twice: the last of the files is graded",)
    assert read_submission(one) == b"last"


def test_an_encrypted_member(tmp_path: Path) -> None:
    """A member with a password has a message that says what to do."""
    path = packed(tmp_path / "a.zip", {"a.json": ANSWER})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    (one,) = find_submissions([str(path)])
    message = "it is encrypted: unpack the ZIP with its password, and name the folder."
    assert one.message == message
    with pytest.raises(DocumentError, match=re.escape(f"{path}:a.json: {message}")):
        read_submission(one)


def test_a_damaged_member(tmp_path: Path) -> None:
    """A member whose bytes are damaged is an error that names the ZIP and the member."""
    path = packed(tmp_path / "a.zip", {"a.json": os.urandom(999), "b.json": ANSWER})
    data = bytearray(path.read_bytes())
    data[200] ^= 255
    path.write_bytes(data)
    first, second = find_submissions([str(path)])
    text = f"{path}:a.json: the ZIP is damaged here: Bad CRC-32 for file 'a.json'. Download the ZIP"
    with pytest.raises(DocumentError, match=re.escape(text)):
        read_submission(first)
    assert read_submission(second) == ANSWER


def test_an_unknown_packing(tmp_path: Path) -> None:
    """A member that is packed by a method that Python lacks is an error with a cure."""
    path = packed(tmp_path / "a.zip", {"a.json": ANSWER})
    data = bytearray(path.read_bytes())
    for offset in (8, data.index(b"PK\x01\x02") + 10):
        data[offset : offset + 2] = struct.pack("<H", 99)
    path.write_bytes(data)
    (one,) = find_submissions([str(path)])
    with pytest.raises(
        DocumentError, match=r"by a method that attncli does not know. Unpack the ZI"
    ):
        read_submission(one)


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_a_broken_zip(damage: str, tmp_path: Path) -> None:
    """A file that is not a ZIP, or only a part of one, is an error with its name."""
    path = packed(tmp_path / "a.zip", {f"{i}.json": ANSWER for i in range(50)})
    data = path.read_bytes()
    broken = {"cut": data[:300], "text": b"no ZIP", "empty": b""}
    path.write_bytes(broken[damage])
    text = f"^{re.escape(str(path))}: it is not a ZIP, or it is damaged: .*Download it again.$"
    with pytest.raises(DocumentError, match=text):
        find_submissions([str(path)])


def test_any_damage_is_one_error(tmp_path: Path) -> None:
    """If any byte of a ZIP is damaged, the answers are read or an AttncliError is raised."""
    path = packed(tmp_path / "a.zip", {"Zoë/a.json": ANSWER, "b.json": ANSWER})
    whole = path.read_bytes()
    errors = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        os.utime(path, ns=(place, place))
        try:
            for one in find_submissions([str(path)]):
                read_submission(one)
        except AttncliError:
            errors += 1
    assert errors > len(whole) / 4


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link in a folder is listed with a message: neither a loop nor another file is read."""
    (tmp_path / "key.json").write_bytes(ANSWER)
    folder = Export("", {"anna/a.json": ANSWER}, ()).folder(tmp_path)
    (folder / "anna" / "key.json").symlink_to(tmp_path / "key.json")
    (folder / "anna" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "anna" / "dangling.json").symlink_to("nowhere")
    messages = {one.file: one.message for one in find_submissions([str(folder)])}
    link = "it is a symbolic link, which attncli does not follow in a folder: name its target."
    assert messages == {
        f"{folder}/anna/a.json": "",
        f"{folder}/anna/dangling.json": link,
        f"{folder}/anna/key.json": link,
        f"{folder}/anna/loop": link,
    }
    (named,) = find_submissions([str(folder / "anna" / "key.json")])
    assert read_submission(named) == ANSWER


def test_a_link_in_a_zip(tmp_path: Path) -> None:
    """A link in a ZIP is listed with a message."""
    info = zipfile.ZipInfo("a.json")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    (one,) = find_submissions([str(tmp_path / "a.zip")])
    assert one.message.startswith("it is a symbolic link, which attncli does not follow: ")


def test_a_pipe_in_a_folder(tmp_path: Path) -> None:
    """A named pipe is listed with a message, and never opened."""
    os.mkfifo(tmp_path / "a.json")
    (one,) = find_submissions([str(tmp_path)])
    assert one.message == "it is neither a file nor a folder, but a pipe or a device."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission(tmp_path: Path) -> None:
    """A file or a folder that may not be read has a message, and the rest is found."""
    folder = Export("", {"a.json": ANSWER, "b/b.json": ANSWER, "c.json": ANSWER}, ()).folder(
        tmp_path
    )
    (folder / "a.json").chmod(0)
    (folder / "b").chmod(0)
    try:
        first, second, third = find_submissions([str(folder)])
        with pytest.raises(DocumentError, match=r"a.json: .*Permission denied"):
            read_submission(first)
        assert second.message == "the folder cannot be read: Permission denied."
        assert read_submission(third) == ANSWER
    finally:
        (folder / "b").chmod(0o700)


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in a folder that the system refuses is listed; an argument is an error."""
    folder = Export("", {"a.json": ANSWER, "b/b.json": ANSWER}, ()).folder(tmp_path)
    scandir = os.scandir

    def refusing(path: str) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    messages = [one.message for one in find_submissions([str(folder)])]
    assert messages == ["", "the folder cannot be read: Permission denied."]
    with pytest.raises(DocumentError, match=r"b: the folder cannot be read: Permission denied."):
        find_submissions([str(folder / "b")])


def test_files_that_are_no_answers(tmp_path: Path) -> None:
    """A file of another kind is listed with the reason, and what programs leave is not."""
    names = {
        "a.pdf": "it is a PDF: ",
        "b.docx": "it is a document of a word processor: ",
        "c.PNG": "it is a picture: ",
        "d.zip": "it is a ZIP inside a ZIP or a folder, which attncli does not open: unpack it.",
        "e.xls": "it is a workbook of an old Excel, or one with a password, ",
        "f.pt": "it is a PyTorch file, which is a pickle: ",
        "g.py": "it is a program: ",
        "h.html": "it is a web page: ",
        "i.tar.gz": "it is an archive: ",
    }
    noise = (".DS_Store", "Thumbs.db", "~$a.xlsx", "._a.json", "attncli-feedback.md", ".git/a.json")
    answers = ("j.xlsx", "k.ods", "l.npz", "m.txt", "n", "o.dat", "p.tex", "q.md", "r.ipynb")
    files = dict.fromkeys((*names, *noise, *answers), b"")
    export = Export("", files, ())
    for path in (export.folder(tmp_path), export.zipped(tmp_path)):
        found = {
            one.file[len(str(path)) + 1 :]: one.message for one in find_submissions([str(path)])
        }
        assert list(found) == [*names, *answers]
        for name, message in names.items():
            assert found[name].startswith(message), found[name]
        assert not any(found[name] for name in answers)


def test_names_that_differ_in_the_form_of_unicode(tmp_path: Path) -> None:
    """Two files whose names look the same are two submissions."""
    names = [unicodedata.normalize(form, "Zo\u00eb.json") for form in ("NFC", "NFD")]
    export = Export("", {name: name.encode() for name in names}, ())
    for path in (export.folder(tmp_path), export.zipped(tmp_path)):
        found = find_submissions([str(path)])
        assert {read_submission(one) for one in found} == {name.encode() for name in names}


def test_bytes_that_are_not_a_name(tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is read, and its place can be written as UTF-8."""
    name = os.fsdecode(b"\xffanna.json")
    (tmp_path / name).write_bytes(ANSWER)
    (one,) = find_submissions([str(tmp_path)])
    assert one.file.encode().endswith("/\ufffdanna.json".encode())
    assert read_submission(one) == ANSWER


EMPTY = {
    "nowhere.json": "there is no such file or folder. Check the name and the folder.",
    "answer": "there is no such file or folder (did you mean 'answers'?). Check the name and the "
    "folder.",
    "*.csv": "no file fits this pattern. Check the folder; ** stands for any folders.",
}


@pytest.mark.parametrize("argument", EMPTY)
def test_arguments_that_name_nothing(
    argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An argument without a file is an error with the argument, the fact and the cure."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answers").mkdir()
    with pytest.raises(DocumentError, match=f"^{re.escape(f'{argument}: {EMPTY[argument]}')}$"):
        find_submissions([argument])


def test_no_file_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty folders and ZIPs alone are an error; beside answers they are not."""
    monkeypatch.chdir(tmp_path)
    Path("answers").mkdir()
    Path("answers/.DS_Store").touch()
    packed(Path("class.zip"), {})
    cure = r"Name the files, the folder or the ZIP of the answers\.$"
    with pytest.raises(DocumentError, match=rf"^answers holds no file\. {cure}"):
        find_submissions(["answers"])
    with pytest.raises(DocumentError, match=rf"^class.zip holds no file\. {cure}"):
        find_submissions(["class.zip"])
    with pytest.raises(DocumentError, match=rf"^the arguments hold no file\. {cure}"):
        find_submissions(["answers", "class.zip"])
    with pytest.raises(DocumentError, match=rf"^there is no argument for the answers\. {cure}"):
        find_submissions([])
    Path("a.json").write_bytes(ANSWER)
    assert [one.file for one in find_submissions(["answers", "a.json"])] == ["a.json"]


def test_a_file_is_found_once(tmp_path: Path) -> None:
    """A file that two arguments name is one submission, in the place of the first."""
    folder = Export("", {"a.json": ANSWER, "b.json": ANSWER}, ()).folder(tmp_path)
    found = find_submissions([f"{folder}/b.json", str(folder), f"{folder}/../export/*.json"])
    assert [one.file for one in found] == [f"{folder}/b.json", f"{folder}/a.json"]


def test_a_zip_that_has_changed_is_opened_anew(tmp_path: Path) -> None:
    """An archive stays open, but a new file of the same name is read."""
    path = packed(tmp_path / "a.zip", {"a.json": b"old"})
    (old,) = find_submissions([str(path)])
    packed(path, {"a.json": b"newer"})
    assert read_submission(old) == b"newer"
    packed(path, {"b.json": b"other name"})
    with pytest.raises(DocumentError, match=r"a.json: the ZIP does not hold it any more."):
        read_submission(old)


MOST_SECONDS = 20.0  # of the processor; two would do


@pytest.mark.parametrize("name", ["1_" * 30_000, "a" * 60_000, "_1" * 30_000, "/a" * 30_000])
def test_long_names_take_no_time(name: str, tmp_path: Path) -> None:
    """A name as long as a ZIP allows is a message, and no expression takes long on it."""
    path = packed(tmp_path / "a.zip", {f"{name}/{name[:5000]}.json": ANSWER})
    before = process_time()
    (one,) = find_submissions([str(path)])
    assert one.message == "its name is too long for a file."
    assert len(one.file) < 1200 + len(str(path))
    assert process_time() - before < MOST_SECONDS


def test_many_names_take_little_time(tmp_path: Path) -> None:
    """The names of 20,000 students are found in seconds, and no content is kept."""
    path = packed(
        tmp_path / "a.zip",
        {f"Student {i}_{i}_assignsubmission_file/a.json": b"1" * 1000 for i in range(20_000)},
    )
    before = process_time()
    found = find_submissions([str(path)])
    assert process_time() - before < MOST_SECONDS
    assert len({one.student.id for one in found}) == 20_000


def test_names_take_little_memory(tmp_path: Path) -> None:
    """A submission keeps less than 2 kB, whatever the size of its file."""
    files = {f"Student {i}_{i}_assignsubmission_file/a.json": b"1" * 9000 for i in range(1000)}
    path = packed(tmp_path / "a.zip", files)
    find_submissions([str(path)])
    tracemalloc.start()
    try:
        found = find_submissions([str(path)])
        assert tracemalloc.get_traced_memory()[0] / len(found) < 2000
    finally:
        tracemalloc.stop()
