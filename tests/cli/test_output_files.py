"""Test `-o`: the file or the stream that a result is written to."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from attncli.formats import FORMATS
from tests.running import PROGRAM, SAMPLES, on_a_terminal, run, succeed

LESSON = str(SAMPLES / "self_attention.json")


def test_output_takes_the_format_of_its_suffix(tmp_path: Path) -> None:
    """Every format has a suffix, and a file holds what is printed."""
    for name, entry in FORMATS.items():
        target = tmp_path / f"steps{entry.suffix}"
        steps = ["--only", "output"] if name == "npy" else []
        assert succeed("compute", LESSON, *steps, "-o", str(target)).stdout == ""
        printed = succeed("compute", LESSON, *steps, "-f", name).stdout_bytes
        if name != "npz":  # an archive holds the time at which it was written
            assert target.read_bytes() == printed


def test_a_file_that_is_replaced_keeps_its_permissions_and_its_links(tmp_path: Path) -> None:
    """A replaced file keeps its permissions, and a link to it stays a link."""
    target, link = tmp_path / "steps.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    succeed("compute", LESSON, "-o", str(link))
    assert link.is_symlink()
    assert json.loads(target.read_text())["output"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(tmp_path.iterdir()) == [link, target]


@pytest.mark.parametrize("target", ["-", "/dev/stdout", "/dev/fd/1"])
def test_standard_output_is_not_replaced(target: str) -> None:
    """`-o -` and `-o /dev/stdout` print between the output of other commands."""
    program = f"'{sys.executable}' -m attncli compute '[[1, 2]]' --only output -f csv -o {target}"
    run = subprocess.run(
        ["bash", "-c", f"echo before; {program}; echo after"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (run.stdout, run.stderr) == ("before\n1.0,2.0\nafter\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", LESSON, "scores=[[2,4,4],[4,16,12],[4,12,10]]"],
        ["explain", LESSON, "scores[1,1]"],
        ["mask", "causal", "2"],
    ],
)
def test_every_command_prints_to_standard_output_by_name(arguments: list[str]) -> None:
    """`-o -` prints what the command prints without it."""
    run = CliRunner().invoke(cli, [*arguments, "-o", "-"])
    assert run.exit_code == 0, run.stderr
    assert run.stdout == CliRunner().invoke(cli, arguments).stdout


def test_a_result_that_cannot_be_printed_is_an_error() -> None:
    """A full disk behind standard output gives one line and status 2."""
    with Path("/dev/full").open("wb") as full:
        command = [*PROGRAM, "compute", "[[1, 2]]"]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr == "Error: the result cannot be written: No space left on device.\n"


def test_files_are_written_without_colour(tmp_path: Path) -> None:
    """A file has no colours, even if the command was typed on a terminal."""
    status, _ = on_a_terminal("compute", LESSON, "-o", str(tmp_path / "steps.txt"))
    assert status == 0
    assert "\x1b" not in (tmp_path / "steps.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("length", [245, 246, 250, 255])
def test_every_name_that_a_folder_takes_can_be_written(length: int, tmp_path: Path) -> None:
    """A name may be as long as the system allows; the file beside it has a short name."""
    target = tmp_path / ("a" * (length - len(".json")) + ".json")
    for _ in range(2):  # a new file, and one that is replaced
        succeed("compute", "[[1]]", "-o", str(target))
    assert json.loads(target.read_text())["output"] == [[1.0]]
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_is_never_readable_to_more_people(tmp_path: Path) -> None:
    """A private file that is replaced is private also while it is written."""
    target = tmp_path / "steps.json"
    target.write_text("old")
    target.chmod(0o600)
    modes = []
    replace = os.replace

    def noted(new: str, old: Path) -> None:
        modes.append(Path(new).stat().st_mode)
        replace(new, old)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", noted)
        succeed("compute", LESSON, "-o", str(target))
    assert [stat.S_IMODE(mode) for mode in [*modes, target.stat().st_mode]] == [0o600, 0o600]


UNWRITABLE = {
    "/dev/full": "/dev/full: it cannot be written: No space left on device. "
    "Free some space, or write to another disk.",
    "no-such-folder/out.json": "no-such-folder/out.json: it cannot be written: No such file or "
    "directory. Check that the folder exists and that you may write to it.",
    "": "--output is empty. Name a file, or write - for standard output.",
}


@pytest.mark.parametrize("target", UNWRITABLE)
def test_a_file_that_cannot_be_written_has_a_message_with_a_cure(target: str) -> None:
    """The message names the file, the reason and what to do."""
    result = run("compute", "[[1]]", "-f", "json", "-o", target)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: {UNWRITABLE[target]}\n"
