"""Messages on standard error: one grammar for every error and every warning."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

import click

from attncli.cli.terminal import has_colors, is_terminal, send, styled, terminal_size, waiting
from attncli.words import LONGEST_TEXT, did_you_mean, in_short, in_words, printable

if TYPE_CHECKING:
    from attncli.face.surroundings import Surroundings

KINDS = {"Error": "error", "Warning": "heading", "Note": "name"}  # each with the use of its colour


class Failure(click.ClickException):
    """An error of the user or of the program: one or two lines on standard error, and status 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        say("Error", self.message)


def say(kind: str, text: str, is_last: bool = True) -> None:
    """Print a message on standard error, on a terminal in colour and broken between words.

    `kind` is a key of `KINDS`. No character of the text controls the terminal. An empty line
    follows on a terminal, where a table comes next, if the message `is_last`.
    """
    text = "\n".join(in_short(line, 2 * LONGEST_TEXT + 1) for line in text.split("\n"))
    label = f"{kind}:"
    if is_terminal(sys.stderr):
        text = _wrapped(f"{label} {text}").removeprefix(f"{label} ")
        if has_colors(sys.stderr):
            label = styled(label, KINDS[kind], is_bold=True)
        if kind != "Error" and is_last:  # a table follows on the same screen
            text += "\n"
    whisper(f"{label} {text}\n")


def whisper(text: str) -> None:
    """Print a text on standard error; do nothing if standard error is closed or full."""
    if sys.stderr is not None:
        with suppress(OSError):
            send(text.encode(errors="backslashreplace"), sys.stderr)


def _wrapped(text: str) -> str:
    """Return the lines of a text, each broken between words where the terminal ends.

    Lines that begin with spaces are commands to paste, and stay whole.
    """
    import textwrap

    width = terminal_size(sys.stderr.fileno()).columns
    wrap = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False)
    lines = text.split("\n")
    return "\n".join(line if line[:1] in ("", " ") else wrap.fill(line) for line in lines)


def warn(text: str) -> None:
    """Print a warning on standard error."""
    say("Warning", text)


def note(text: str, is_last: bool = True) -> None:
    """Print a fact on standard error that the result does not say; `is_last` is that of `say`."""
    say("Note", text, is_last)


def surroundings(of_written: int = 0, is_chosen: bool = False) -> Surroundings:
    """Return the surroundings of a command: its memory, and messages on standard error.

    `of_written` and `is_chosen` are those of `Memory`.
    """
    from attncli.face.memory import Memory
    from attncli.face.surroundings import Surroundings

    context = click.get_current_context(silent=True)
    limit = context.meta.get("memory") if context else None
    return Surroundings(warn, waiting, Memory(limit, of_written, is_chosen))


@contextmanager
def errors_in_our_words() -> Iterator[None]:
    """Turn click's usage errors, which take four lines each, into a `Failure`."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError as error:
        shown = error.format_message()
        whisper(f"{shown if has_colors(sys.stderr) else click.unstyle(shown)}\n")
        raise click.exceptions.Exit(error.exit_code) from None
    except click.UsageError as error:
        raise Failure(_usage(error)) from None


def _usage(error: click.UsageError) -> str:
    """Return the message of a usage error: the fact, then the cure."""
    command = error.ctx.command_path if error.ctx else "attncli"
    cure = f"{command} --help lists the options."
    match error:
        case click.NoSuchOption():
            guess = did_you_mean(error.option_name, error.possibilities or ())
            return printable(f"there is no option {error.option_name}{guess}. {cure}")
        case click.BadOptionUsage():
            return f"{error.option_name} needs a value. {cure}"
        case click.MissingParameter():
            name = error.param.human_readable_name if error.param else "an argument"
            values = list(getattr(getattr(error.param, "type", None), "values", tuple)())
            known = f": {in_words(values, 'or')}" if values else ""
            return f"{command} needs {name}{known}. {command} --help shows examples."
        case _:
            message = printable(error.message)
            return f"{message[:1].lower()}{message[1:]}"
