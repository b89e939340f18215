"""Test that help, README and completion list the registered names, and that help examples run."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from attncli import __version__
from attncli.calculation.algebra.layouts import LAYOUTS
from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.calculation.conventions import CONVENTIONS
from attncli.calculation.masks.mask_rules import MASKS
from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.positions.position_schemes import POSITIONS
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.cli.program import COMMANDS, cli
from tests.running import on_a_terminal, run


def test_version_names_program_and_number() -> None:
    """`--version` is one line."""
    assert run("--version").stdout == f"attncli, version {__version__}\n"


def pipe(line: str) -> Iterator[tuple[int, str, str]]:
    """Return status, stdout and stderr of each command of a line; each reads the one before.

    The program runs in this process, other commands in a shell.
    """
    printed = ""
    for command in re.split(r" \| ", line):
        if command.startswith("attncli "):
            ours = run(*shlex.split(command)[1:], stdin=printed)
            found = ours.exit_code, ours.stdout, ours.stderr
        else:
            shell = ["bash", "-c", command]
            theirs = subprocess.run(
                shell, input=printed, capture_output=True, text=True, check=False
            )
            found = theirs.returncode, theirs.stdout, theirs.stderr
        yield found
        printed = found[1]


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=" ".join)
def test_examples_in_help_run(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each example at the beginning of the help succeeds as it stands, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    shown = run(*command, "--help").stdout
    examples = re.findall(r"(?m)^    (\S.*attncli .*|attncli .*)$", shown)
    assert examples
    assert shown.index("Examples:") < shown.index("--help")
    for example in examples:
        if example.startswith("attncli explore "):
            assert on_a_terminal(*shlex.split(example)[1:], typed=b"q")[0] == 0, example
            continue
        for status, _, stderr in pipe(example):
            assert status == 0, example
            assert all(line.startswith("Note: ") for line in stderr.splitlines()), example


def headings(shown: str) -> list[str]:
    """Return the headings of a help text."""
    return re.findall(r"(?m)^([A-Z][\w ]+):$", shown)


def test_help_lists_every_choice_under_its_topic() -> None:
    """Every choice that is an option stands under the heading that the choice names."""
    shown = run("compute", "--help").stdout
    for name, choice in CHOICES.items():
        if choice.is_option:
            under = shown[: shown.index(f"\n  --{name.replace('_', '-')} ")]
            assert headings(under)[-1] == choice.topic, name


@pytest.mark.parametrize("command", ["compute", "check", "explain", "compare", "cost", "why-scale"])
def test_own_options_come_first_and_output_comes_last(command: str) -> None:
    """Help goes from the options of the command itself to those of all commands."""
    found = headings(run(command, "--help").stdout)
    topics = ["Options", "What is calculated", "Layers", "Reading", "Output"]
    assert found == [topic for topic in topics if topic in found]
    assert found[-1] == "Output"
    assert set(topics[1:]) <= set(found)


@pytest.mark.parametrize("command", COMMANDS)
def test_at_most_one_screen_stands_before_the_options(command: str) -> None:
    """A reader sees the first options on a screen of 40 lines."""
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(cli, [command, "--help"]).stdout
    assert shown[: re.search(r"(?m)^[A-Z][\w ]+:$", shown).start()].count("\n") < 40  # type: ignore[union-attr]


def test_help_lists_the_kinds_of_new() -> None:
    """`attncli new --help` names every kind of document that it makes."""
    layers = run("new", "--help").stdout
    for name in LAYERS:
        assert name in layers, f"attncli new --help does not name {name}"


def test_help_has_colours_on_a_terminal_alone() -> None:
    """Headings and options are coloured on a terminal; a pipe gets plain text."""
    _, screen = on_a_terminal("compute", "--help")
    assert "\x1b[36m--score" in screen
    assert "\x1b" not in run("compute", "--help").stdout


def test_help_names_the_defaults() -> None:
    """The help names the default of each choice: words, numbers, and a fill of minus infinity."""
    shown = " ".join(run("compute", "--help").stdout.split())
    for option, default in (("score", "scaled"), ("temperature", "1"), ("fill", "-inf")):
        own = shown.rpartition(f"--{option} ")[2].partition(" --")[0]
        assert f"(default: {default})" in own, option


def completed(words: str) -> str:
    """Return the lines of completion that a shell gets for the last of these words."""
    last = str(words.count(" "))
    environment = {"_ATTNCLI_COMPLETE": "bash_complete", "COMP_CWORD": last, "COMP_WORDS": words}
    return CliRunner(env=environment).invoke(cli, prog_name="attncli").stdout


OFFERED: dict[str, Collection[str]] = {
    "score": SCORING,
    "normaliser": NORMALISERS,
    "mask": MASKS,
    "position": POSITIONS,
    "activation": ACTIVATIONS,
    "convention": CONVENTIONS,
    "layout": LAYOUTS,
    "layer": LAYERS,
}


@pytest.mark.parametrize("choice", OFFERED)
def test_completion_offers_the_registered_values(choice: str) -> None:
    """The values of a choice are completed from its registry."""
    offered = completed(f"attncli compute --{choice} ").split()
    assert [line.split(",")[1].rstrip(":") for line in offered] == list(OFFERED[choice])


@pytest.mark.parametrize("choice", CHOICES)
def test_completion_offers_the_values_of_every_choice(choice: str) -> None:
    """Every value of a choice is offered if its values can be listed."""
    if CHOICES[choice].is_option:
        offered = completed(f"attncli compute --{choice.replace('_', '-')} ").split()
        values = [line.split(",")[1].rstrip(":") for line in offered if line.startswith("plain,")]
        listed = list(CHOICES[choice].values())
        assert values == listed, f"--{choice} is completed by {values}, but can be {listed}"


def test_completion_offers_files() -> None:
    """Arguments may be files."""
    assert completed("attncli compute sam") == "file,sam\n"


def test_help_and_messages_can_be_read_on_a_light_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A light screen gets blue and magenta, because nobody can read cyan and yellow on white."""
    monkeypatch.setenv("COLORFGBG", "0;15")
    _, screen = on_a_terminal("compute", "--help")
    assert "\x1b[34m--score" in screen
    assert "\x1b[35m\x1b[1mOptions" in screen
    _, screen = on_a_terminal("new", "self")
    assert "\x1b[34m\x1b[1mNote:" in screen
    assert not set(re.findall(r"\x1b\[(?:33|36|93|96)m", screen))
