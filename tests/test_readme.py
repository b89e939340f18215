"""The README says what the program does: its console blocks are run, its commands are CI's."""

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
def test_a_console_block_is_what_the_program_prints(command: str, output: str) -> None:
    """Command and output in the README belong together, to the letter."""
    assert comparable(run_in_shell(command, ROOT)) == comparable(output)


def words(svg: str) -> str:
    """The text that a picture shows."""
    return "\n".join(re.findall(r">([^<]+)</text>", svg))


def test_the_picture_is_what_the_program_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words and numbers of the SVG are those of today's tables."""
    monkeypatch.chdir(ROOT)
    shown = words((ROOT / PICTURE).read_text(encoding="utf-8"))
    assert str(PICTURE) in README
    assert "0.9088" in shown
    assert words(draw_picture()) == shown


def test_readme_is_short() -> None:
    """It can be read in one sitting."""
    assert README.count("\n") < 200


def test_ci_calls_the_test_command_of_the_readme() -> None:
    """What CI proves is what the README promises."""
    setup, tests = re.findall(r"```sh\n(.*?)\n```", README)[:2]
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert setup in script
    assert tests in script
