"""Test that the README's console blocks run as printed, and that CI runs its commands."""

from __future__ import annotations

import re

import pytest

from tests.guide.examples import commands, comparable, run_in_shell
from tests.picture import PICTURE, draw_picture
from tests.running import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
RUNS = [run for block in BLOCKS for run in commands(block)]


@pytest.mark.parametrize(("command", "output"), RUNS, ids=[command for command, _ in RUNS])
def test_the_program_prints_each_console_block(command: str, output: str) -> None:
    """A command of the README prints exactly the output below it."""
    assert comparable(run_in_shell(command, ROOT)) == comparable(output)


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
