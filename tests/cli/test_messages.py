"""Errors and warnings of every command have one grammar, and look the same on every terminal."""

from __future__ import annotations

import re

import pytest

from attncli.cli.program import COMMANDS
from attncli.errors import AttncliError
from tests.running import on_a_terminal, run

LESSON = "samples/self_attention.json"


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_shows_the_usage_lines_of_click(command: str) -> None:
    """An unknown option gets the same sentence in every command."""
    message = run(command, "--unknown-option").stderr
    assert re.fullmatch(r"Error: there is no option --unknown-option.*\.\n", message)


PLACES = [
    ("", "X is empty.", "X is empty."),
    ("a.json", "X is empty.", "a.json: X is empty."),
    ("--heads", "heads is 0.", "--heads is 0."),
    ("--mask-kind", "mask_kind is odd.", "--mask-kind is odd."),
    ("--heads", "Q has 3 columns.", "--heads: Q has 3 columns."),
    ("padding:4", "padding:4 counts 4 keys.", "padding:4 counts 4 keys."),
    ("foo", "'foo' is not a mask.", "'foo' is not a mask."),
    ("--mask foo", "'foo' is not a mask.", "--mask: 'foo' is not a mask."),
    ("--mask padding:4", "padding:4 counts 4 keys.", "--mask padding:4 counts 4 keys."),
]


@pytest.mark.parametrize(("where", "message", "shown"), PLACES)
def test_a_message_does_not_repeat_its_place(where: str, message: str, shown: str) -> None:
    """A message that begins with its place, or with the name of its option, says it once."""
    assert str(AttncliError(message).at(where)) == shown


def plain(screen: str) -> str:
    """Return the text on a screen without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", screen).replace("\r", "")


def test_an_error_on_a_terminal_is_coloured_and_wrapped_at_words() -> None:
    """`Error:` is red, no line is longer than the screen, and no word is broken."""
    status, screen = on_a_terminal("compute", LESSON, "--score", "doot", width=60)
    assert status == 2
    assert "\x1b[91m\x1b[1mError:\x1b[0m --score is 'doot'" in screen
    lines = plain(screen).splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 60
    expected = run("compute", LESSON, "--score", "doot").stderr
    assert " ".join(" ".join(lines).split()) == expected.strip()


def test_a_warning_on_a_terminal_stands_apart_from_the_table() -> None:
    """`Warning:` is yellow, and an empty line separates it from the result."""
    mask = "[[false,true,true],[true,true,true],[true,true,true]]"
    mask = mask.replace("[false,true,true]", "[false,false,false]")
    _, screen = on_a_terminal("compute", LESSON, "--mask", mask, "--only", "output", width=80)
    assert "\x1b[33m\x1b[1mWarning:\x1b[0m no key may be attended to" in screen
    warning, _, table = plain(screen).partition("\n\n")
    assert warning.startswith("Warning: ")
    assert "Three inputs of four numbers" in table
    in_a_pipe = run("compute", LESSON, "--mask", mask, "--only", "output").stderr
    assert in_a_pipe.count("\n") == 1


def test_no_colour_is_shown_where_the_user_refuses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR turns off the colours of errors; FORCE_COLOR turns them on in a pipe's tables."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("compute", LESSON, "--only", "weights").stdout_bytes.decode()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("compute", LESSON, "--only", "weights").stdout_bytes.decode()


STEERING = "a\x1b[31mb\u202ec\nd"


@pytest.mark.parametrize(
    "arguments",
    [["samples", STEERING], ["new", "encoder", STEERING], ["guide", "masks", STEERING],
     ["compute", f"--{STEERING}"], ["mask", "causal", STEERING], [STEERING],
     ["compute", "--score", STEERING], ["compute", STEERING], ["compute", "-o", STEERING]],
    ids=ascii,
)  # fmt: skip
def test_an_argument_cannot_steer_the_terminal(arguments: list[str]) -> None:
    """The message of every command spells out control characters, also those that click quotes."""
    found = run(*arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.removesuffix("\n").isprintable()


LONG = "x" * 10**5
QUOTED = [
    ["compute", "--score", LONG],
    ["compute", LONG],
    ["compute", f"--{LONG}"],
    ["compute", f'{{"{LONG}": 1}}'],
    ["samples", LONG],
    ["explain", "[[1]]", f"{LONG}[1,1]"],
    [LONG],
]


@pytest.mark.parametrize("arguments", QUOTED, ids=lambda arguments: " ".join(arguments)[:15])
def test_a_message_is_short_whatever_it_quotes(arguments: list[str]) -> None:
    """A message keeps its beginning, and its end with the cure."""
    found = run(*arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert len(found.stderr) < 2000
