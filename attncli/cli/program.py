"""The program: its commands, its version, and the place where errors become messages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from attncli import __version__
from attncli.cli.help import OUTPUT, Option, WithHelp
from attncli.cli.messages import Failure, errors_in_our_words, whisper
from attncli.cli.terminal import columns, deliver
from attncli.errors import AttncliError
from attncli.words import did_you_mean

if "_ATTNCLI_COMPLETE" in os.environ:  # a shell wants to complete a word
    import attncli.cli.completion  # noqa: F401

# The purpose of each command. The module of a command, in `commands`, is loaded when it runs.
COMMANDS = {
    "compute": "Calculate every intermediate matrix.",
    "explain": "Spell out the arithmetic of a cell.",
    "explore": "Walk through a calculation in the terminal.",
    "check": "Show which step of an answer is wrong, and which mistake explains it.",
    "grade": "Grade the answers of a class, and show what the class got wrong.",
    "compare": "Compare conventions, or training with prediction.",
    "mask": "Draw a mask, or describe the mask in a file.",
    "cost": "Count operations, parameters and bytes.",
    "why-scale": "Show with numbers why scores are divided by √d_k.",
    "new": "Write an exercise of small numbers, or judge one.",
    "autograder": "Write an autograder for Gradescope.",
    "guide": "Show the manual, topic by topic.",
    "samples": "List the samples, which every command can read.",
}


class Commands(WithHelp, click.Group):
    """The group of all commands, which turns each error into a message and a status."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Return a context whose help is nearly as wide as the screen: 50 to 98 characters."""
        width = max(50, min(columns(), 100) - 2)
        with errors_as_messages():
            return super().make_context(*args, **{"terminal_width": width, **extra})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command = getattr(import_module(f"attncli.cli.commands.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            refuse_what_is_not_a_command(args)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with errors_as_messages(ctx.meta):
            return super().invoke(ctx)


@contextmanager
def errors_as_messages(meta: Mapping[str, object] | None = None) -> Iterator[None]:
    """Turn each error into a `Failure`, which click shows; `--debug` shows its traceback first.

    `meta` holds the values that belong to the whole run, such as `debug`.
    """
    try:
        with errors_in_our_words():
            yield
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except KeyboardInterrupt:
        raise click.exceptions.Exit(130) from None  # 128 + SIGINT, as a shell reports it
    except BrokenPipeError:  # the reader of the result has read enough
        raise click.exceptions.Exit(0) from None
    except Exception as error:  # noqa: BLE001  # every fault gets a message
        if meta and meta.get("debug"):
            from traceback import format_exc

            whisper(format_exc())
        raise Failure(_told(error)) from None


def refuse_what_is_not_a_command(words: Sequence[str]) -> None:
    """Raise AttncliError, with the right command, if the first word is `help` or a document."""
    first, *others = words
    if first == "help":
        from attncli.cli.commands.guide import TOPICS

        topic = next((f" {word}" for word in others if word in TOPICS), "")
        command = next((f" {word}" for word in others if word in COMMANDS), "")
        hint = f"Write attncli{command} --help; the manual is attncli guide{topic}."
        raise AttncliError("help is an option, not a command.", hint)
    from attncli.documents.files import exists

    is_literal = first.startswith(("sample:", "[", "{"))
    if is_literal or exists(first):
        from shlex import join

        kind = "a document" if is_literal else "a file"
        hint = f"Write {join(['attncli', 'compute', *words])}."
        raise AttncliError(f"{first} is {kind}, not a command.", hint)
    if not first.startswith("-"):
        guess = did_you_mean(first, COMMANDS)
        message = f"there is no command {first}{guess}."
        raise AttncliError(message, "attncli --help lists the commands.")


def _told(error: Exception) -> str:
    """Return the message of an error."""
    if isinstance(error, AttncliError):
        return str(error)
    if isinstance(error, MemoryError):
        fact = f"there is not enough memory: {error}".removesuffix(": ").rstrip(".")
        return f"{fact}. Use shorter sequences or fewer steps, or end other programs."
    if isinstance(error, ImportError):  # NumPy's message is a page, with the reason at its end
        reason = str(error).strip().rpartition("\n")[2].removeprefix("Original error was: ")
        return f"Python cannot load a library: {reason}. Install attncli again."
    if isinstance(error, OSError):
        return f"the system refuses: {error.strerror or error}."
    name = type(error).__name__
    return f"attncli itself has a fault: {name}: {error}. Please report the output of --debug."


def _remember_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    ctx.meta["debug"] = ctx.meta.get("debug", False) or value


def _show_version(ctx: click.Context, _: click.Parameter, is_given: bool) -> None:
    if is_given and not ctx.resilient_parsing:
        deliver(f"attncli, version {__version__}\n".encode(), None)
        ctx.exit()


debug_option = click.option(
    "--debug",
    cls=Option,
    heading=OUTPUT,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_remember_debug,
    help="Show the traceback of an error.",
)


@click.group("attncli", cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@debug_option
def cli() -> None:
    """Calculate attention, see every matrix on the way, and check homework.

    \b
    Examples:
      attncli compute sample:self_attention
      attncli compute 'X=[[1,0],[0,1],[1,1]]' --mask causal
      attncli explain sample:self_attention 'weights[2,1]'
      attncli check sample:self_attention sample:answers/rounded
    """
