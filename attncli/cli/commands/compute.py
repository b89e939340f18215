"""`attncli compute`: every intermediate matrix."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.help import Command
from attncli.cli.messages import Failure, surroundings, warn
from attncli.cli.options import (
    Output,
    complete,
    document_arguments,
    option,
    problem_options,
    result_options,
    steps,
)
from attncli.cli.problem_arguments import gather
from attncli.cli.program import debug_option
from attncli.cli.terminal import is_terminal
from attncli.face.functions import compute as calculate
from attncli.formats import FORMATS
from attncli.records import replace

if TYPE_CHECKING:
    from attncli.calculation.long.whole_rows import Share
    from attncli.calculation.problem.problem import Computation

HOW_TO_START = """there is nothing to calculate yet. Name a document, or give matrices:

  attncli compute sample:self_attention
  attncli compute 'X=[[1,0],[0,1],[1,1]]' --mask causal"""

MANUAL = (
    """Names and values: attncli guide names, scores, masks, positions, layers or conventions."""
)


@click.command(cls=Command, epilog=MANUAL)
@document_arguments("[DOCUMENT] [NAME=VALUE]...")
@problem_options("mask")
@option(
    "--only",
    metavar="STEP[,STEP...]",
    multiple=True,
    shell_complete=complete(steps),
    help="Show only these steps, or parts of them: 'scores,weights[2,:]', 'weights[head=2]'.",
)
@option(
    "--scheduler",
    metavar="ADDRESS",
    help="Calculate a long sequence on the workers of a Dask cluster: tcp://10.0.0.1:8786.",
)
@result_options(FORMATS)
@debug_option
def compute(
    arguments: tuple[str, ...],
    only: tuple[str, ...],
    scheduler: str | None,
    output: Output[Computation],
    **choices: Any,
) -> None:
    """Calculate every intermediate matrix of an attention.

    \b
    Examples:
      attncli compute sample:self_attention
      attncli compute sample:self_attention --score dot --only scores,weights
      attncli compute 'Q=[[1,0],[0,1]]' 'K=[[1,0],[1,1]]' 'V=[[2],[4]]' --mask causal
      attncli compute sample:two_heads -f json | python -m json.tool
      attncli compute sample:cross_attention --only weights -f csv
      attncli compute sample:shared_heads --position rope
      attncli compute sample:models/gpt2 --only weights
      attncli new encoder | attncli compute - -p 8

    DOCUMENT is a JSON, CSV, NPZ or safetensors file, - for standard input, or a literal. NAME=VALUE
    gives one matrix: VALUE is a file, FILE:KEY or FILE:KEY[SLICE] for one matrix of an NPZ or
    safetensors file, -, or a literal that begins with [. A later argument replaces an earlier one,
    and an option wins over every argument.
    """
    if not arguments:
        if is_terminal(sys.stdin):
            raise Failure(HOW_TO_START)
        arguments = ("-",)
    form = output.check_format()
    document = gather(arguments, choices)
    of_written = form.memory_per_number(output.is_full)
    around = surroundings(of_written, is_chosen=True)
    with _elsewhere(scheduler) as share:
        around = replace(around, share=share)
        result = calculate(document, only=only, surroundings=around)
    output.write(result.made)


@contextmanager
def _elsewhere(scheduler: str | None) -> Iterator[Share | None]:
    """Yield the function that lets a cluster calculate long sequences; warn if it is not called."""
    if scheduler is None:
        yield None
        return
    from attncli.grading.cluster import cluster_crew
    from attncli.grading.shared_blocks import SharedBlocks

    with cluster_crew(scheduler) as crew:
        share = SharedBlocks(crew)
        yield share
        if not share.is_used:
            warn("--scheduler has no effect: it needs --only output, or another step after scores.")
