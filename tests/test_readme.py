"""Test that the README's console blocks run as printed, and that CI runs its commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.picture import PICTURE, draw_picture
from tests.running import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
RUNS = [run for block in BLOCKS for run in re.split(r"(?m)^(?=\$ )", block) if run]


def comparable(text: str) -> str:
    """Round long numbers to 12 decimals, because the last digit of exp depends on the machine."""
    return re.sub(r"\d+\.\d{13,}", lambda match: f"{float(match[0]):.12f}", text)


def run_in_shell(command: str) -> str:
    """Return what a command prints on stdout and stderr, with attncli from this interpreter."""
    program = f"attncli() {{ '{sys.executable}' -m attncli \"$@\"; }}\n"
    run = subprocess.run(
        ["bash", "-c", program + command],
        cwd=ROOT,
        # Otherwise the command inherits an environment that readline changed behind Python's back.
        env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
        encoding="utf-8",
    )
    return run.stdout


@pytest.mark.parametrize("run", RUNS, ids=[run.split("\n")[0] for run in RUNS])
def test_the_program_prints_each_console_block(run: str) -> None:
    """A command of the README prints exactly the output below it."""
    command, _, output = run.partition("\n")
    assert comparable(run_in_shell(command.removeprefix("$ "))) == comparable(output)


def words(svg: str) -> str:
    """Return the text that a picture shows."""
    return "\n".join(re.findall(r">([^<]+)</text>", svg))


def test_the_picture_shows_the_current_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words and numbers of the SVG are those of the current tables."""
    monkeypatch.chdir(ROOT)
    shown = words((ROOT / PICTURE).read_text(encoding="utf-8"))
    assert str(PICTURE) in README
    assert "0.9088" in shown
    assert words(draw_picture()) == shown


def test_readme_is_short() -> None:
    """The README is short enough to be read in one sitting."""
    assert README.count("\n") < 200


def test_ci_calls_the_test_command_of_the_readme() -> None:
    """CI runs the commands of the README for the setup and the tests."""
    setup, tests = re.findall(r"```sh\n(.*?)\n```", README)[:2]
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert setup in script
    assert tests in script
