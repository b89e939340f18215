"""`attncli compare`: one document under several conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.calculation.choices.choices import Choices
from attncli.cli.help import Command
from attncli.cli.messages import surroundings
from attncli.cli.options import (
    Output,
    document_arguments,
    option,
    problem_options,
    result_options,
)
from attncli.cli.problem_arguments import gather
from attncli.cli.program import debug_option
from attncli.cli.terminal import waiting
from attncli.errors import AttncliError
from attncli.face.functions import planned, run
from attncli.formats import COMPARISONS

if TYPE_CHECKING:
    from attncli.calculation.analyses.comparison import Comparison
    from attncli.calculation.problem.document import Document


@click.command(cls=Command)
@document_arguments("DOCUMENT [NAME=VALUE]...", required=True)
@problem_options("mask", "convention")
@option(
    "--token-by-token",
    is_flag=True,
    help="Compare training (all tokens at once) with prediction (token by token).",
)
@result_options(COMPARISONS)
@debug_option
def compare(
    arguments: tuple[str, ...],
    convention: tuple[str, ...],
    token_by_token: bool,
    output: Output[Sequence[Comparison]],
    **choices: Any,
) -> None:
    """Show the first step at which two ways to calculate a document differ, and by how much.

    \b
    Examples:
      attncli compare sample:cache --convention paper --convention torch-sdpa
      attncli compare sample:conventions --convention keras --convention d2l -f json
      attncli compare sample:decoder_layer --token-by-token

    The document is calculated under each --convention, and each result is compared with the first;
    a single convention is compared with paper. Choices of the document win over all conventions.

    --token-by-token calculates all tokens at once, under the causal mask of training, and compares
    that with prediction: one token after the other, with a cache of earlier keys and values.
    """
    output.check_format()
    names = [Choices.convention.read(name) for name in convention]
    document = gather(arguments, choices)
    if token_by_token:
        output.write([_training_and_prediction(document, names)])
    else:
        output.write(_under_conventions(document, names))


def _under_conventions(document: Document, names: Sequence[str]) -> list[Comparison]:
    """Return the comparison of each convention with the first, or of a single one with paper."""
    from attncli.calculation.analyses.comparison import Calculated, compare

    if not names:
        known = ", ".join(Choices.convention.values())
        message = "there is no convention to compare."
        hint = f"Write --convention keras --convention d2l; the conventions are {known}."
        raise AttncliError(message, hint)
    sides = []
    for name in names if len(names) > 1 else (Choices.convention.default, *names):
        try:
            problem, plan = planned(_with_convention(document, name))
            trace = run(problem, plan, plan.names, surroundings(), f"under {name}: ")
            sides.append(Calculated(name, problem, trace, f"under {name}"))
        except AttncliError as error:
            error.where = f"under {name}: {error.where}".removesuffix(": ")
            error.hint += _of_layout(document, name)
            raise
    return [compare(sides[0], side) for side in sides[1:]]


def _of_layout(document: Document, name: str) -> str:
    """Return a hint if a convention reads weights in a layout that differs from the document's."""
    if "layout" in document.entries:
        return ""
    own = document.entries.get("convention")
    usual = Choices.convention.read(own.value) if own else Choices.convention.default
    layout, usual_layout = (Choices({"convention": each}).layout for each in (name, usual))
    hint = f" {name} reads layout {layout}; --layout {usual_layout} sets the layout for all."
    return "" if layout == usual_layout else hint


def _with_convention(document: Document, name: str) -> Document:
    from attncli.calculation.problem.document import Document, Entry

    return document.merged(Document({"convention": Entry(name, f"--convention {name}")}))


def _training_and_prediction(document: Document, names: Sequence[str]) -> Comparison:
    """Return the comparison of all tokens at once with one token after the other."""
    from attncli.calculation.analyses.comparison import Calculated, compare
    from attncli.calculation.analyses.prediction import token_by_token

    if len(names) > 1:
        message = "--token-by-token compares one convention with itself."
        raise AttncliError(message, "Name one convention, or none.")
    for name in names:
        document = _with_convention(document, name)
    problem, plan = planned(document)
    trace = run(problem, plan, plan.names, surroundings())
    try:
        with waiting("token by token"):
            predicted = token_by_token(document, problem, trace)
    except AttncliError as error:
        raise error.at(document.source(error.names)) from None
    first = Calculated("all at once", problem, trace)
    return compare(first, Calculated("token by token", problem, predicted))
