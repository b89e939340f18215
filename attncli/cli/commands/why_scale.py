"""`attncli why-scale`: what √d_k does to the scores, and to softmax and its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.options import (
    Output,
    document_arguments,
    problem_options,
    refuse_given,
    result_options,
)
from attncli.cli.problem_arguments import gather, planned, run
from attncli.cli.program import debug_option
from attncli.errors import AttncliError, ProblemError
from attncli.formats import SATURATIONS

if TYPE_CHECKING:
    from attncli.calculation.analyses.scale_study import Saturation

MOST, MOST_QUERIES = 10**4, 10**6  # a query and its keys, at the most, fit any memory
WIDTHS, QUERIES, KEYS, SEED = (1, 4, 16, 64, 256), 1000, 16, 0  # unless the user says otherwise


def _widths(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    """Widths with commas between. Raises AttncliError for anything else."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    known = {str(width) for width in range(1, MOST + 1)}
    wrong = [part for part in parts if part not in known]
    if wrong:
        message = f"--d-k: {wrong[0]!r} is no whole number from 1 to {MOST}."
        raise AttncliError(message, "Write --d-k 1,16,256.")
    return tuple(map(int, parts))


@click.command("why-scale")
@document_arguments("[DOCUMENT] [NAME=VALUE]...")
@click.option(
    "--d-k",
    metavar="N,N,...",
    callback=_widths,
    help=f"Widths of random vectors (default: {','.join(map(str, WIDTHS))}).",
)
@click.option(
    "--queries", type=click.IntRange(1, MOST_QUERIES), help=f"Random queries (default: {QUERIES})."
)
@click.option(
    "--keys", type=click.IntRange(1, MOST), help=f"Random keys of each query (default: {KEYS})."
)
@click.option(
    "--seed", type=click.IntRange(0), help=f"Where random numbers begin (default: {SEED})."
)
@result_options(SATURATIONS, precision=3, color=True)
@problem_options("mask")
@debug_option
def why_scale(
    arguments: tuple[str, ...],
    d_k: tuple[int, ...] | None,
    queries: int | None,
    keys: int | None,
    seed: int | None,
    output: Output[Saturation],
    **choices: Any,
) -> None:
    """Measure why scores are divided by √d_k.

    \b
    Examples:
      attncli why-scale
      attncli why-scale --d-k 1,10,100,1000 --keys 8 --seed 7
      attncli why-scale samples/self_attention.json
      attncli why-scale samples/two_heads.json -f csv

    Mean and variance of the scores q·k, and what softmax makes of them: the largest weight, the
    entropy, and the size of the gradient; without √d_k and with it, beside the theory's variance.
    Without a DOCUMENT the vectors are random, of independent N(0, 1) numbers; the same seed gives
    the same table. With one, they are its own Q and K, after projection, heads and positions, and
    under its mask; with layers, those of each attention.
    """
    output.check_format()
    if arguments:
        drawing = {"d_k": d_k, "queries": queries, "keys": keys, "seed": seed}
        why = "is for random vectors, but a document is given"
        refuse_given(drawing, why, "Leave out one of them.")
        output.write(_of_document(arguments, choices))
    else:
        from attncli.calculation.analyses.scale_study import Drawn, of_random

        hint = "Name one: attncli why-scale samples/self_attention.json."
        refuse_given(choices, "is for a document, but none is given", hint)
        drawn = Drawn(queries or QUERIES, keys or KEYS, seed or SEED)
        output.write(of_random(d_k or WIDTHS, drawn))


def _of_document(arguments: Sequence[str], choices: dict[str, Any]) -> Saturation:
    """Says on stderr what should be looked at twice, once for both sides."""
    from attncli.calculation.analyses.scale_study import attentions, of_document

    document = gather(arguments, choices)
    problem, plan = planned(document)
    parts = attentions(problem, plan)
    trace = run(problem, plan, [part.name("weights") for part in parts])
    try:
        found = of_document(problem.choices.title, parts, trace)
    except ProblemError as error:
        raise error.at(document.source(error.names)) from None
    for scale in {part.problem.choices.scale for part in parts} - {None, 1}:
        aside = f"the document's own scale, {scale!r}, is set aside"
        click.echo(f"Warning: {aside}: what is measured is none, and 1/√d_k.", err=True)
    return found
