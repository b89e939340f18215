"""The values of options: one type for all of them, and one form for all their errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any

import click

from attncli.calculation.choices import choice_values
from attncli.calculation.choices.choices import Choice
from attncli.cli.messages import Failure
from attncli.errors import ProblemError
from attncli.words import printable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Read = Callable[[Any], object]


class Value(click.ParamType[object]):
    """The type of an option, whose value the function `read` makes from a text.

    `read` raises ValueError with the expectation: `it must be a whole number of at least 1`.
    `values` returns all values if they can be listed: the shell completes them.
    """

    name = "value"

    def __init__(self, read: Read, values: Callable[[], Collection[str]] = tuple) -> None:
        self.read, self.values = read, values

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        try:
            return self.read(value)
        except ValueError as error:
            name = param.human_readable_name if param else "the value"
            shown = max(param.opts, key=len) if isinstance(param, click.Option) else name
            raise Failure(f"{shown} is {printable(repr(value))}: {error}.") from None

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from attncli.cli.completion import offers

        return offers(self.values(), incomplete)


def of_choice(choice: Choice[Any]) -> Value:
    """Return the type of a choice's option: a text that the choice can read.

    An unknown position is an error only later, because `attncli cost` has one more: `learned`.
    """

    def read(text: str) -> str:
        with suppress(ProblemError):
            choice.understand(text)
        return text

    return Value(read, choice.values)


def one_of(values: Callable[[], Collection[str]]) -> Value:
    """Return the type of an option whose value is one of these names."""
    return Value(choice_values.one_of(values), values)


def whole_number(least: int = 1, most: int | None = None) -> Value:
    """Return the type of a whole number within limits, both included."""
    limits = f"of at least {least}" if most is None else f"from {least} to {most}"

    def read(value: object) -> int:
        text = str(value).strip()
        number = int(text) if re.fullmatch("[+-]?[0-9]{1,300}", text) else None
        if number is None or not least <= number <= (inf if most is None else most):
            raise ValueError(f"it must be a whole number {limits}")
        return number

    return Value(read)


def distance() -> Value:
    """Return the type of a distance: a finite number of at least 0."""
    expected = "it must be a number of at least 0, such as 1e-6"
    return Value(choice_values.number_that(expected, lambda number: 0 <= number < inf))
