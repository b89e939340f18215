"""Test `-o`: the file or the stream that a result is written to."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from attncli.formats import FORMATS
from tests.running import PROGRAM, SAMPLES, on_a_terminal, succeed

LESSON = str(SAMPLES / "self_attention.json")


def test_output_takes_the_format_of_its_suffix(tmp_path: Path) -> None:
    """Every format has a suffix, and a file holds what is printed."""
    for name, entry in FORMATS.items():
        target = tmp_path / f"steps{entry.suffix}"
        assert succeed("compute", LESSON, "-o", str(target)).stdout == ""
        if entry.is_text:
            assert (
                target.read_text(encoding="utf-8") == succeed("compute", LESSON, "-f", name).stdout
            )


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
