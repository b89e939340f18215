"""`attncli compare`: one document under several conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.calculation.problem.choices import CHOICES, read_choice
from attncli.cli.document import gather, planned, run
from attncli.cli.options import (
    color_option,
    complete,
    file_option,
    format_option,
    precision_option,
    problem_options,
)
from attncli.cli.program import debug_option
from attncli.cli.terminal import deliver, view_of, waiting
from attncli.errors import AttncliError
from attncli.formats import COMPARISONS, choose_format

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.analyses.comparison import Comparison
    from attncli.calculation.problem.document import Document


@click.command()
@click.argument(
    "arguments",
    nargs=-1,
    required=True,
    metavar="DOCUMENT [NAME=VALUE]...",
    shell_complete=complete(tuple, or_file=True),
)
@problem_options("mask", "convention")
@click.option(
    "--token-by-token",
    is_flag=True,
    help="All tokens at once (training), and one after the other with a cache (prediction).",
)
@format_option(COMPARISONS)
@precision_option(4)
@file_option
@color_option
@debug_option
def compare(
    arguments: tuple[str, ...],
    convention: tuple[str, ...],
    token_by_token: bool,
    format_name: str | None,
    output: Path | None,
    precision: int,
    color: str,
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
    chosen = choose_format(COMPARISONS, format_name, output)
    names = [read_choice("convention", name) for name in convention]
    document = gather(arguments, choices)
    if token_by_token:
        comparisons = [_training_and_prediction(document, names)]
    else:
        comparisons = _under_conventions(document, names)
    view = view_of(precision, False, color, output)
    deliver(chosen.write(comparisons, view), output)


def _under_conventions(document: Document, names: Sequence[str]) -> list[Comparison]:
    """Each convention beside the first of them; a single one beside paper."""
    from attncli.calculation.analyses.comparison import Calculated, compare

    if not names:
        known = ", ".join(CHOICES["convention"].values())
        message = "no convention is named to compare."
        raise AttncliError(message, f"Write --convention A --convention B, out of {known}.")
    sides = []
    for name in names if len(names) > 1 else ("paper", *names):
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
    """What else to try where a convention reads the weights in another layout than is usual."""
    from attncli.calculation.conventions import CONVENTIONS

    own = document.entries.get("convention")
    conventions = (name, read_choice("convention", own.value) if own else "paper")
    read, usual = (CONVENTIONS[each].choices.get("layout", "rows") for each in conventions)
    if "layout" in document.entries or read == usual:
        return ""
    return f" {name} reads layout {read}; --layout {usual} holds for all."


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
