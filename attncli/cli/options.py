"""Options that commands share, and what the shell may complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

import click

from attncli.calculation.problem.choices import CHOICES

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

Completion: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"
Decorator = Callable[[Callable[..., None]], Callable[..., None]]


def complete(values: Callable[[], Iterable[str]], or_file: bool = False) -> Completion:
    """What the shell may offer for a word: the values of a registry, or files."""

    def offer(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        offers = [CompletionItem(value) for value in values() if value.startswith(typed)]
        return offers or ([CompletionItem(typed, type="file")] if or_file else [])

    return offer


def steps() -> Iterable[str]:
    from attncli.calculation.problem.names import STEPS

    return STEPS


def problem_options(*repeated: str) -> Decorator:
    """The choices of a problem as options, from their own place; `repeated` may be given twice."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for name, choice in reversed(CHOICES.items()):
            if choice.is_option:
                command = click.option(
                    f"--{name.replace('_', '-')}",
                    metavar=choice.metavar,
                    multiple=name in repeated,
                    shell_complete=complete(choice.values),
                    help=choice.help,
                )(command)
        return command

    return decorate


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
