"""Test standard output and standard error that are full, closed, or take only a part."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import PATIENCE, PROGRAM, ROOT, run

FULL = Path("/dev/full")
MASK = ["mask", "causal", "300", "-f", "json"]  # half a megabyte, more than a pipe holds
PRINTING = [["--help"], ["--version"], ["compute", "--help"], ["compute", "[[1]]"], ["samples"]]
NO_SPACE = "Error: the result cannot be written: No space left on device.\n"
UNREADABLE = ["compute", "no-such-file.json"]


def environment(is_unbuffered: bool) -> dict[str, str]:
    """Return the environment of a container, which often sets PYTHONUNBUFFERED, or of a shell."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**own, "PYTHONUNBUFFERED": "1"} if is_unbuffered else own


@pytest.mark.parametrize("is_unbuffered", [False, True])
@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_full_disk_is_one_message(arguments: list[str], is_unbuffered: bool) -> None:
    """Results, help and the version end with status 2 if they cannot be printed."""
    with FULL.open("wb") as full:
        ended = subprocess.run(
            [*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env=environment(is_unbuffered), cwd=ROOT,
        )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (2, NO_SPACE)


@pytest.mark.parametrize("is_unbuffered", [False, True])
def test_a_disk_that_takes_a_part_is_one_message(tmp_path: Path, is_unbuffered: bool) -> None:
    """A result of which a part is written ends with status 2, never with status 0."""
    with (tmp_path / "part.json").open("wb") as part:
        ended = subprocess.run(
            [*PROGRAM, *MASK], stdout=part, stderr=subprocess.PIPE, text=True, check=False,
            env=environment(is_unbuffered), cwd=ROOT,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
        )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr == "Error: the result cannot be written: File too large.\n"


@pytest.mark.parametrize("is_unbuffered", [False, True])
def test_a_pipe_that_does_not_block_gets_every_byte(is_unbuffered: bool) -> None:
    """A full pipe that does not block is waited for."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    process = subprocess.Popen(
        [*PROGRAM, *MASK], stdout=writing, stderr=subprocess.PIPE, cwd=ROOT,
        env=environment(is_unbuffered),
    )  # fmt: skip
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        pipe.peek()  # the pipe is full soon after
        printed = pipe.read()
    _, stderr = process.communicate(timeout=PATIENCE)
    assert (process.returncode, stderr) == (0, b"")
    assert printed == run(*MASK).stdout_bytes


@pytest.mark.parametrize("is_unbuffered", [False, True])
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-"])
def test_an_error_that_cannot_be_shown_has_its_status(
    redirection: str, is_unbuffered: bool
) -> None:
    """Without standard error, status 2 remains, and standard output stays empty."""
    line = f'"$0" -m attncli {" ".join(UNREADABLE)} {redirection}'
    ended = subprocess.run(
        ["bash", "-c", line, sys.executable], capture_output=True, check=False,
        env=environment(is_unbuffered), cwd=ROOT,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, b"", b"")


def test_a_file_never_becomes_a_standard_stream(tmp_path: Path) -> None:
    """With all standard streams closed, a file gets the result alone."""
    target = tmp_path / "result.csv"
    line = f'"$0" -m attncli compute "[[1]]" --only output -o "{target}" <&- >&- 2>&-'
    subprocess.run(["bash", "-c", line, sys.executable], check=True, cwd=ROOT)
    assert target.read_text() == "1.0\n"


def test_debug_keeps_the_status() -> None:
    """`--debug` adds a traceback above the message, and nothing else."""
    plain, debug = run(*UNREADABLE), run(*UNREADABLE, "--debug")
    assert (plain.exit_code, debug.exit_code) == (2, 2)
    assert debug.stderr.startswith("Traceback ")
    assert debug.stderr.endswith(plain.stderr)
    assert run("[[1]]", "--debug").exit_code == 2


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-16"])
def test_help_is_utf_8_in_every_locale(encoding: str) -> None:
    """Help has √ and ×, which other encodings lack."""
    own = {**os.environ, "PYTHONIOENCODING": encoding}
    ended = subprocess.run(
        [*PROGRAM, "compute", "--help"], capture_output=True, check=True, env=own, cwd=ROOT
    )
    assert ended.stdout.decode() == run("compute", "--help").stdout


def test_completion_without_words_lists_the_commands() -> None:
    """A shell that passes no words gets the commands, without a traceback."""
    own = {**os.environ, "_ATTNCLI_COMPLETE": "bash_complete"}
    ended = subprocess.run(PROGRAM, capture_output=True, text=True, check=True, env=own, cwd=ROOT)
    assert "plain,compute" in ended.stdout
    assert ended.stderr == ""
