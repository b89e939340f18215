"""Options that commands share, and how the shell completes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

import click

from attncli.calculation.choices.choices import CHOICES

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

Completion: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"
Decorator = Callable[[Callable[..., None]], Callable[..., None]]


def complete(values: Callable[[], Iterable[str]], or_file: bool = False) -> Completion:
    """Let the shell complete a word: with the values of a registry, or with files."""

    def offer(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        offers = [CompletionItem(value) for value in values() if value.startswith(typed)]
        return offers or ([CompletionItem(typed, type="file")] if or_file else [])

    return offer


def steps() -> Iterable[str]:
    from attncli.calculation.names.step_names import STEPS

    return STEPS


def option_name(name: str) -> str:
    """How a choice or a size is written on the command line: `--d-model`."""
    return f"--{name.replace('_', '-')}"


def options(*decorators: Decorator) -> Decorator:
    """These options of a command, in the order in which its help lists them."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def choice_option(name: str, is_repeated: bool = False) -> Decorator:
    """A choice of a problem as an option, from the place that lists them."""
    choice = CHOICES[name]
    return click.option(
        option_name(name),
        metavar=choice.metavar,
        multiple=is_repeated,
        shell_complete=complete(choice.values),
        help=choice.help,
    )


def size_option(name: str, text: str) -> Decorator:
    """A size as an option: a whole number of at least 1."""
    return click.option(option_name(name), type=click.IntRange(1), metavar="N", help=text)


def problem_options(*repeated: str) -> Decorator:
    """All choices of a problem that are options; these may be repeated."""
    names = [name for name, choice in CHOICES.items() if choice.is_option]
    return options(*(choice_option(name, name in repeated) for name in names))


def _as_path(_: click.Context, __: click.Parameter, file: str | None) -> Path | None:
    """The path of a file; standard output by name is no file to replace."""
    if file in (None, "-", "/dev/stdout"):
        return None
    from pathlib import Path

    return Path(file)


file_option = click.option(
    "-o",
    "--output",
    type=click.Path(),
    callback=_as_path,
    help="Write to a file, whole or not at all; - is standard output.",
)
full_option = click.option("--full", is_flag=True, help="Leave nothing out.")
color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours in tables.",
)


def precision_option(default: int) -> Decorator:
    """`-p`: the decimals that numbers are shown with."""
    return click.option(
        "-p",
        "--precision",
        type=click.IntRange(0, 20),
        default=default,
        show_default=True,
        help="Decimals.",
    )


def format_option(formats: Iterable[str]) -> Decorator:
    """`-f`: one of these forms, the first unless a file's suffix says otherwise."""
    names = list(formats)
    return click.option(
        "-f",
        "--format",
        "format_name",
        type=click.Choice(names),
        help=f"Form of the result (default: {names[0]}, or the suffix of -o).",
    )
