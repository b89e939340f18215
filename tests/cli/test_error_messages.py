"""Test that every mistake in the input has one exact message: object, fact, expectation, cure.

tests/golden/errors.txt holds the cases as a user would see them: a file, a command, its message.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from attncli.cli.program import cli
from tests.running import ROOT

GOLDEN = ROOT / "tests/golden/errors.txt"
CASE = re.compile(r"(?:(\S+):\n((?:  .*\n)+))?\$ attncli (.+)\n(Error: .+\n(?:  .+\n)*)")
CASES = [match.groups(default="") for match in CASE.finditer(GOLDEN.read_text(encoding="utf-8"))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder to work in, next to another folder."""
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    return tmp_path


def refused(arguments: list[str], folder: Path) -> Result:
    """Assert that the program ends with status 2, prints nothing on stdout, and writes no file."""
    before = sorted(folder.rglob("*"))
    run = CliRunner().invoke(cli, arguments, input='{"X": [[1]]}')
    assert (run.exit_code, run.stdout) == (2, "")
    assert sorted(folder.rglob("*")) == before
    return run


def test_every_case_is_read() -> None:
    """Every case of the golden file is read, whatever form it is written in."""
    assert len(CASES) == GOLDEN.read_text(encoding="utf-8").count("$ attncli ")


@pytest.mark.parametrize("case", CASES, ids=[f"{case[2]}: {case[3]}"[:150] for case in CASES])
def test_a_mistake_has_one_message(case: tuple[str, ...], folder: Path) -> None:
    """The golden file's command prints exactly its lines on stderr."""
    name, content, command, message = case
    if name:
        Path(name).write_text(re.sub("(?m)^  ", "", content), encoding="utf-8")
    assert refused(shlex.split(command), folder).stderr == message


BYTES = [
    ("latin.csv", b"1,\xe4\n", "it is not UTF-8 text: byte 0xe4 in line 1."),
    ("spreadsheet.csv", "1,2".encode("utf-16"), "it is not UTF-8 text: it looks like UTF-16."),
    ("broken.npz", b"PK\x03\x04xx", "it is not an NPZ or NPY file of plain arrays"),
    ("broken.npy", b"\x93NUMPY\x01", "it is not an NPZ or NPY file of plain arrays"),
]


@pytest.mark.parametrize(("name", "content", "message"), BYTES)
def test_misnamed_files_are_refused(name: str, content: bytes, message: str, folder: Path) -> None:
    """A file with other contents than its suffix promises is named, with the first fault in it."""
    Path(name).write_bytes(content)
    assert refused(["compute", name], folder).stderr.startswith(f"Error: {name}: {message}")


def test_pickled_objects_are_refused(folder: Path) -> None:
    """An archive that would run code when it is opened is refused."""
    np.savez("pickled.npz", X=np.array([{"a": 1}], dtype=object))
    assert "pickled objects are not read" in refused(["compute", "pickled.npz"], folder).stderr


def test_complex_numbers_are_refused(folder: Path) -> None:
    """Complex numbers are refused, and not converted to real ones."""
    np.savez("complex.npz", X=np.array([[1j, 2]]))
    expected = "Error: complex.npz: X holds complex128, but a matrix holds real numbers.\n"
    assert refused(["compute", "complex.npz"], folder).stderr == expected


def test_a_file_is_never_left_half_written(folder: Path) -> None:
    """A result that cannot be written leaves the earlier file as it was, and no file beside it."""
    Path("folder/out.json").mkdir()
    message = "Error: folder/out.json: it is a folder, not a file. Name a file in it.\n"
    assert refused(["compute", "[[1, 2]]", "-o", "folder/out.json"], folder).stderr == message


@pytest.mark.parametrize("depth", [12, 900, 100_000])
def test_lists_without_end_are_refused(depth: int, folder: Path) -> None:
    """Nesting deeper than a matrix, or than Python can follow, is refused in one line."""
    Path("deep.json").write_text("[" * depth + "]" * depth)
    assert (
        "nested too deeply. A matrix has 2 to 4 axes."
        in refused(["compute", "deep.json"], folder).stderr
    )


def test_control_characters_are_spelled_out(folder: Path) -> None:
    """A control character in a name or a literal is spelled out, and the message has one line."""
    for argument in ("a\x1b[31m.json", "X=[[1,\n2],[3]]"):
        run = refused(["compute", argument], folder)
        assert run.stderr.count("\n") == 1
        assert "\x1b" not in run.stderr
