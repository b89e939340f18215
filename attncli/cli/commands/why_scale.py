"""`attncli why-scale`: what √d_k does to the scores, and to softmax and its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.help import Command
from attncli.cli.messages import surroundings, warn
from attncli.cli.options import (
    Output,
    document_arguments,
    option,
    problem_options,
    refuse_given,
    result_options,
    size_option,
)
from attncli.cli.problem_arguments import gather
from attncli.cli.program import debug_option
from attncli.cli.values import Value
from attncli.errors import ProblemError
from attncli.face.functions import planned, run
from attncli.formats import SATURATIONS

if TYPE_CHECKING:
    from attncli.calculation.analyses.scale_study import Saturation

MOST, MOST_QUERIES = 10**4, 10**6  # one query with this many keys fits any memory
WIDTHS, QUERIES, KEYS, SEED = (1, 4, 16, 64, 256), 1000, 16, 0  # the defaults


def _widths(text: str) -> tuple[int, ...]:
    """Return widths from a text with commas. Raises ValueError for any other text."""
    parts = [part.strip() for part in text.split(",")]
    known = {str(width) for width in range(1, MOST + 1)}
    if not known.issuperset(parts):
        raise ValueError(f"it must be whole numbers from 1 to {MOST}, such as 1,16,256")
    return tuple(map(int, parts))


@click.command("why-scale", cls=Command)
@document_arguments("[DOCUMENT] [NAME=VALUE]...")
@option(
    "--d-k",
    metavar="N,N,...",
    type=Value(_widths),
    help=f"Widths of the random vectors (default: {','.join(map(str, WIDTHS))}).",
)
@size_option("queries", f"Number of random queries (default: {QUERIES}).", most=MOST_QUERIES)
@size_option("keys", f"Number of random keys per query (default: {KEYS}).", most=MOST)
@size_option("seed", f"Random seed (default: {SEED}).", least=0)
@result_options(SATURATIONS)
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
    """Show with numbers why scores are divided by √d_k.

    \b
    Examples:
      attncli why-scale
      attncli why-scale --d-k 1,10,100,1000 --keys 8 --seed 7
      attncli why-scale sample:self_attention
      attncli why-scale sample:two_heads -f csv

    The table shows the mean and variance of the scores q·k, and three figures of their softmax: the
    largest weight, the entropy, and the size of the gradient; each without √d_k and with it. It
    also shows the variance that theory predicts. Without a DOCUMENT the vectors hold independent
    N(0, 1) random numbers; the same seed gives the same table. With a DOCUMENT the vectors are its
    Q and K, after projection, heads and positions, and under its mask; with layers, the Q and K of
    each attention.
    """
    output.check_format()
    if arguments:
        drawing = {"d_k": d_k, "queries": queries, "keys": keys, "seed": seed}
        why = "is for random vectors, but a document is given"
        refuse_given(drawing, why, "Leave out the option, or the document.")
        output.write(_of_document(arguments, choices))
    else:
        from attncli.calculation.analyses.scale_study import Drawn, of_random

        hint = "Name a document: attncli why-scale sample:self_attention."
        refuse_given(choices, "is for a document, but none is given", hint)
        drawn = Drawn(queries or QUERIES, keys or KEYS, seed or SEED)
        output.write(of_random(d_k or WIDTHS, drawn))


def _of_document(arguments: Sequence[str], choices: dict[str, Any]) -> Saturation:
    """Return the study of a document's own queries and keys, and print warnings."""
    from attncli.calculation.analyses.scale_study import attentions, of_document, overflowed
    from attncli.words import in_words

    document = gather(arguments, choices)
    problem, plan = planned(document)
    parts = attentions(problem, plan)
    trace = run(problem, plan, [part.name("weights") for part in parts], surroundings())
    try:
        found = of_document(problem.choices.title, parts, trace)
    except ProblemError as error:
        raise error.at(document.source(error.names)) from None
    for scale in {part.problem.choices.scale for part in parts} - {None, 1}:
        warn(f"the document's scale, {scale!r}, is not used: the scales compared are 1 and 1/√d_k.")
    if names := list(overflowed(found)):
        warn(f"the mean or the variance of {in_words(names)} overflows float64: see inf and nan.")
    return found
