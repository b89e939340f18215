"""Test the program on a terminal, in a pipe, interrupted, and with --debug."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from tests.running import PATIENCE, PROGRAM, SAMPLES, on_a_terminal, succeed

MORE_THAN_A_PIPE_HOLDS = 2**20  # bytes
LESSON = str(SAMPLES / "self_attention.json")


def test_without_arguments_a_terminal_gets_an_example() -> None:
    """A terminal gets an example that can be copied, and status 2."""
    status, screen = on_a_terminal("compute")
    assert status == 2
    assert "attncli compute sample:self_attention" in screen
    assert "Traceback" not in screen


def test_without_arguments_a_pipe_is_read() -> None:
    """`cat p.json | attncli compute` reads standard input without a dash."""
    assert (
        succeed("compute", stdin=Path(LESSON).read_text()).stdout
        == succeed("compute", LESSON).stdout
    )


def test_a_terminal_gets_colour_and_blocks_that_fit() -> None:
    """On a terminal of 60 columns, weights are shaded, and no table is wider than the screen."""
    status, screen = on_a_terminal("compute", "samples/image.json", "--only", "weights")
    lines = re.sub(r"\x1b\[[\d;]*m", "", screen).split("\r\n")
    assert status == 0
    assert "\x1b[38;" in screen
    assert max(len(line) for line in lines if re.match(r" \S+ +\d", line)) <= 60


@pytest.mark.parametrize(
    ("environment", "options", "is_coloured"),
    [
        ({}, [], False),
        ({}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"CLICOLOR_FORCE": "1"}, [], True),
        ({"FORCE_COLOR": "0"}, [], False),
        ({"CLICOLOR_FORCE": ""}, [], False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, [], True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
    ],
)
def test_the_environment_forces_colours_in_a_pipe(
    environment: dict[str, str], options: list[str], is_coloured: bool
) -> None:
    """--color wins over NO_COLOR, and NO_COLOR over FORCE_COLOR and CLICOLOR_FORCE."""
    run = CliRunner(env=environment).invoke(cli, ["compute", LESSON, *options], color=True)
    assert ("\x1b[" in run.stdout) == is_coloured


def test_a_file_has_colours_only_with_color_always(tmp_path: Path) -> None:
    """FORCE_COLOR, which is often set for a whole session, does not change what -o writes."""
    file = tmp_path / "steps.txt"
    for options, is_coloured in (([], False), (["--color", "always"], True)):
        run = CliRunner(env={"FORCE_COLOR": "1"})
        run.invoke(cli, ["compute", LESSON, "-o", str(file), *options])
        assert ("\x1b[" in file.read_text(encoding="utf-8")) == is_coloured


def test_npz_is_not_printed_on_a_terminal() -> None:
    """NPZ is refused on a terminal, because it is binary."""
    status, screen = on_a_terminal("compute", "[[1]]", "-f", "npz")
    assert status == 2
    assert "with -o" in screen


def test_interrupting_ends_quietly_with_130() -> None:
    """Ctrl-C during the wait for standard input ends the program with status 130 and no message."""
    process = subprocess.Popen(
        [*PROGRAM, "compute", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin
    process.stdin.write(b"[" + b" " * MORE_THAN_A_PIPE_HOLDS)  # returns when the program is reading
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    assert (process.returncode, stdout, stderr) == (130, b"", b"")


def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    """`| head -1` on more than a pipe holds ends with status 0 and nothing on stderr."""
    np.save(tmp_path / "x.npy", np.ones((400, 3)))
    script = f"'{sys.executable}' -m attncli compute '{tmp_path}/x.npy' -f csv | head -n 1; "
    run = subprocess.run(
        ["bash", "-c", script + "echo ${PIPESTATUS[0]}"], capture_output=True, text=True, check=True
    )
    assert (run.stdout.split("\n")[-2], run.stderr) == ("0", "")


def test_other_encodings_do_not_break_tables() -> None:
    """Documents and tables are UTF-8, whatever the locale."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    run = subprocess.run(
        [*PROGRAM, "compute", LESSON], env=environment, capture_output=True, check=True
    )
    assert "Q Kᵀ" in run.stdout.decode()


def test_debug_shows_the_traceback() -> None:
    """--debug shows a traceback, and nothing else does."""
    command = [*PROGRAM, "compute", "missing.json"]
    plain = subprocess.run(command, capture_output=True, text=True, check=False)
    debug = subprocess.run([*command, "--debug"], capture_output=True, text=True, check=False)
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr
