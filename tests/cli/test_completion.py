"""Completion: the scripts for three shells, the words that they get, and a real bash."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from attncli.formats import FORMATS
from tests.running import PATIENCE, PROGRAM, ROOT


def script(shell: str) -> str:
    """Return the completion script of a shell."""
    environment = {**os.environ, "_ATTNCLI_COMPLETE": f"{shell}_source"}
    return subprocess.run(
        PROGRAM, env=environment, capture_output=True, text=True, check=True
    ).stdout


def offered(words: str) -> list[str]:
    """Return the words that a shell gets for the last of these words."""
    last = str(words.count(" "))
    environment = {"_ATTNCLI_COMPLETE": "zsh_complete", "COMP_CWORD": last, "COMP_WORDS": words}
    lines = CliRunner(env=environment).invoke(cli, prog_name="attncli").stdout.splitlines()
    return [line.replace("\\:", ":") for line in lines[1::3]]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_generated_for_each_shell(shell: str, tmp_path: Path) -> None:
    """The script names the program, and the shell, if it is installed, can parse it."""
    text = script(shell)
    assert "_ATTNCLI_COMPLETE" in text
    assert f"{shell}_complete" in text
    if shutil.which(shell):
        file = tmp_path / "script"
        file.write_text(text, encoding="utf-8")
        subprocess.run([shell, "-n", str(file)], check=True)


def test_a_kind_that_needs_a_value_ends_with_a_colon() -> None:
    """`padding:` waits for a number, `causal` does not."""
    assert offered("attncli compute --mask ") == ["causal", "padding:", "window:"]
    assert offered("attncli compute --position r") == ["rope"]


def test_formats_are_completed() -> None:
    """Every form of a result is offered."""
    assert offered("attncli compute --format ") == list(FORMATS)


def typed_in_bash(line: str, folder: Path) -> str:
    """Return what a real bash shows after this line, with attncli's completion, was typed in it."""
    program = folder / "attncli"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m attncli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    start = folder / "start"
    start.write_text(f"{script('bash')}\nPS1='ready '\n", encoding="utf-8")
    parent, child = pty.openpty()
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TERM": "dumb"}
    environment["INPUTRC"] = "/dev/null"
    process = subprocess.Popen(
        ["bash", "--noprofile", "--rcfile", str(start), "-i"],
        stdin=child, stdout=child, stderr=child, cwd=ROOT, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(child)
    shown = b""

    def read_until(text: bytes) -> None:
        nonlocal shown
        deadline = time.monotonic() + PATIENCE
        while text not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([parent], [], [], 0.1)[0]:
                shown += os.read(parent, 4096)

    try:
        read_until(b"ready ")
        os.write(parent, f"{line} end".encode())
        read_until(b" end")
    finally:
        os.close(parent)
        process.kill()
        process.wait()
    return shown.decode()


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("attncli comput\t--mask pad\t3", "attncli compute --mask padding:3"),
        ("attncli compute --score sca\t-f cs\t", "attncli compute --score scaled -f csv"),
    ],
)
def test_bash_completes(line: str, completed: str, tmp_path: Path) -> None:
    """The tabulator key completes commands, options' values, and adds no space after a colon."""
    assert completed in typed_in_bash(line, tmp_path)
