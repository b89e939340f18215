"""Tests that the README's examples print what stands there, and that CI runs its commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attncli.cli.commands.guide import TOPICS
from attncli.cli.program import COMMANDS
from tests.guide.examples import rerun
from tests.picture import COMMAND, PAGE, PICTURE, draw_picture, draw_sample_page
from tests.running import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_program_prints_each_example(tmp_path: Path) -> None:
    """Someone who writes the files of the README and types its commands sees its outputs."""
    assert rerun(README, tmp_path) == README


def words(svg: str) -> str:
    """Return the text that a picture shows."""
    return "\n".join(re.findall(r">([^<]+)</text>", svg)).strip()


def test_the_picture_shows_the_current_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words and numbers of the SVG are those of the current tables."""
    monkeypatch.chdir(ROOT)
    shown = words((ROOT / PICTURE).read_text(encoding="utf-8"))
    assert str(PICTURE) in README
    assert f"```sh\n{COMMAND}\n```" in README
    assert "0.9088" in shown
    assert words(draw_picture()) == shown


def test_the_sample_page_is_the_current_page() -> None:
    """The page that the README links is the page that the program writes."""
    assert f"({PAGE})" in README
    assert (ROOT / PAGE).read_text(encoding="utf-8") == draw_sample_page()


def test_readme_is_short() -> None:
    """The README is short enough to be read in one sitting."""
    assert README.count("\n") <= 150


def test_ci_calls_the_test_command_of_the_readme() -> None:
    """CI runs the commands of the README for the setup and the tests."""
    setup, tests = re.findall(r"```sh\n(python3 .*?)\n```", README)
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert setup in script
    assert tests in script


def test_the_readme_names_every_command_and_topic() -> None:
    """A command or a topic of the manual that the README does not name is not found."""
    for name in COMMANDS:
        assert f"| `attncli {name}` |" in README
    for topic in TOPICS:
        assert f"[{topic}](attncli/guide/{topic}.md)" in README
