"""`attncli compare`: one document under several conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.calculation.choices.choices import Choices
from attncli.cli.options import (
    Output,
    document_arguments,
    problem_options,
    result_options,
)
from attncli.cli.problem_arguments import gather, planned, run
from attncli.cli.program import debug_option
from attncli.cli.terminal import waiting
from attncli.errors import AttncliError
from attncli.formats import COMPARISONS

if TYPE_CHECKING:
    from attncli.calculation.analyses.comparison import Comparison
    from attncli.calculation.problem.document import Document


@click.command()
@document_arguments("DOCUMENT [NAME=VALUE]...", required=True)
@problem_options("mask", "convention")
@click.option(
    "--token-by-token",
    is_flag=True,
    help="All tokens at once (training), and one after the other with a cache (prediction).",
)
@result_options(COMPARISONS, precision=4, color=True)
@debug_option
def compare(
    arguments: tuple[str, ...],
    convention: tuple[str, ...],
    token_by_token: bool,
    output: Output[Sequence[Comparison]],
    **choices: Any,
) -> None:
    """Show where two ways to calculate a document part: at which step first, and by how much.

    \b
    Examples:
      attncli compare samples/cache.json --convention paper --convention torch-sdpa
      attncli compare samples/conventions.json --convention keras --convention d2l -f json
      attncli compare samples/decoder_layer.json --token-by-token

    The document is calculated under each convention, and each is set beside the first; a single one
    is set beside paper. What the document says itself holds under all of them.

    With --token-by-token all tokens at once, under the causal mask of training, are set beside one
    token after the other, which is prediction: earlier keys and values are kept as a cache.
    """
    output.check_format()
    names = [Choices.convention.read(name) for name in convention]
    document = gather(arguments, choices)
    if token_by_token:
        output.write([_training_and_prediction(document, names)])
    else:
        output.write(_under_conventions(document, names))


def _under_conventions(document: Document, names: Sequence[str]) -> list[Comparison]:
    """Each convention beside the first of them; a single one beside paper."""
    from attncli.calculation.analyses.comparison import Calculated, compare

    if not names:
        known = ", ".join(Choices.convention.values())
        message = "no convention is named to compare."
        raise AttncliError(message, f"Write --convention A --convention B, out of {known}.")
    sides = []
    for name in names if len(names) > 1 else (Choices.convention.default, *names):
        try:
            problem, plan = planned(_with_convention(document, name))
            trace = run(problem, plan, plan.names, f"under {name}: ")
            sides.append(Calculated(name, problem, trace))
        except AttncliError as error:
            error.where = f"under {name}: {error.where}".removesuffix(": ")
            error.hint += _of_layout(document, name)
            raise
    return [compare(sides[0], side) for side in sides[1:]]


def _of_layout(document: Document, name: str) -> str:
    """A hint where a convention reads the weights in another layout than is usual here."""
    if "layout" in document.entries:
        return ""
    own = document.entries.get("convention")
    usual = Choices.convention.read(own.value) if own else Choices.convention.default
    theirs, ours = (Choices({"convention": each}).layout for each in (name, usual))
    hint = f" {name} reads layout {theirs}; --layout {ours} holds for all."
    return "" if theirs == ours else hint


def _with_convention(document: Document, name: str) -> Document:
    from attncli.calculation.problem.document import Document, Entry

    return document.merged(Document({"convention": Entry(name, f"--convention {name}")}))


def _training_and_prediction(document: Document, names: Sequence[str]) -> Comparison:
    """All tokens at once, and one after the other."""
    from attncli.calculation.analyses.comparison import Calculated, compare
    from attncli.calculation.analyses.prediction import token_by_token

    if len(names) > 1:
        message = "--token-by-token compares one convention with itself."
        raise AttncliError(message, "Name one convention, or none.")
    for name in names:
        document = _with_convention(document, name)
    problem, plan = planned(document)
    trace = run(problem, plan, plan.names)
    try:
        with waiting("token by token"):
            predicted = token_by_token(document, problem, trace)
    except AttncliError as error:
        raise error.at(document.source(error.names)) from None
    first = Calculated("all at once", problem, trace)
    return compare(first, Calculated("token by token", problem, predicted))
