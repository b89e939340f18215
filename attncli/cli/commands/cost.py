"""`attncli cost`: operations, parameters and memory, of a document or of sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.calculation.counting.sizes import BIASES, SIZES
from attncli.cli.options import (
    Decorator,
    Output,
    document_arguments,
    options,
    problem_options,
    refuse_given,
    result_options,
    size_option,
)
from attncli.cli.problem_arguments import gather, planned
from attncli.cli.program import debug_option
from attncli.errors import AttncliError
from attncli.formats import COSTS

if TYPE_CHECKING:
    from attncli.calculation.counting.alternatives import CostReport, LayerSizes, Pairs
    from attncli.calculation.problem.document import Document

MOST_DOUBLINGS = 20
USUAL = 3  # tokens that a kernel and a window have, unless said, where there are so many
HOW_TO_START = "Name a document, or sizes: attncli cost --n 512 --d-model 512 --heads 8."


def _size_option(name: str) -> Decorator:
    size = SIZES[name]
    default = f" (default: {size.default})" if size.default else ""
    return size_option(name, f"{size.help}{default}.")


@click.command()
@document_arguments("[DOCUMENT] [NAME=VALUE]...")
@options(*map(_size_option, SIZES))
@click.option(
    "--biases",
    type=click.Choice(list(BIASES)),
    help=f"Biases: {'; '.join(f'{name}, {where}' for name, where in BIASES.items())}.",
)
@click.option("--final-norm", is_flag=True, help="There is a norm after the last layer.")
@click.option("--compare", is_flag=True, help="Set scoring functions, and layers, side by side.")
@size_option("kernel", f"Kernel width of a convolution to compare (default: {USUAL}).", least=2)
@size_option("window", f"Keys of a query in restricted attention (default: {USUAL}).")
@size_option("doublings", "How it grows: N times twice as many tokens.", most=MOST_DOUBLINGS)
@result_options(COSTS, full=True, color=True)
@problem_options("mask")
@debug_option
def cost(
    arguments: tuple[str, ...],
    biases: str | None,
    final_norm: bool,
    compare: bool,
    kernel: int | None,
    window: int | None,
    doublings: int | None,
    output: Output[CostReport],
    **choices: Any,
) -> None:
    """Count operations, parameters and bytes: by step, and in total.

    \b
    Examples:
      attncli cost samples/self_attention.json
      attncli cost --n 512 --d-model 512 --heads 8 --mask causal
      attncli cost --n 5 --m 7 --d-q 256 --d-k 512 --hidden 128 --score additive --compare
      attncli cost --layer encoder --layers 12 --n 512 --d-model 768 --heads 12 --biases all
      attncli cost --n 1000 --d-model 64 --doublings 4

    Only sizes count: those of a DOCUMENT, or those given as options. With --d-model, Q, K and V
    are projected from X; with --d-k alone they are given. d_k is free, and is d_model / heads only
    unless it is given. Several heads have a W_o. --position learned counts learned positions.

    FLOPs are 2 for each multiply-add in products of matrices, and nothing for the rest; all other
    columns count what is done. Masks change no count: what is hidden is calculated too, and the
    share of open scores is told.
    """
    from attncli.calculation.analyses.warnings import unused
    from attncli.calculation.counting.alternatives import CostReport, pairs
    from attncli.calculation.counting.costing import Costing

    output.check_format()
    sizes = {name: choices.pop(name) for name in SIZES}
    given = {name: size for name, size in sizes.items() if size is not None}
    if not compare:
        why = "is for a comparison, but nothing is compared"
        refuse_given({"kernel": kernel, "window": window}, why, "Write --compare too.")
    document = _document(arguments, given, choices, biases, final_norm, compare)
    problem, plan = planned(document)
    for remark in unused(plan, problem):
        click.echo(f"Warning: {remark}", err=True)
    costing = Costing(problem, plan)
    at = pairs(problem, given.get("hidden")) if compare else None
    place = _place(at, kernel, window) if at else None
    doubled = tuple(costing.doubled(doublings)) if doublings else ()
    output.write(CostReport(costing, at, place, doubled))


def _document(
    arguments: Sequence[str],
    given: dict[str, int],
    choices: dict[str, Any],
    biases: str | None,
    final_norm: bool,
    compares: bool,
) -> Document:
    """The document that is named, or one of sizes. Raises AttncliError for both, or neither."""
    from attncli.calculation.counting.document_of_sizes import sized

    own = {"hidden"} if compares else set()  # a width for the scoring functions to compare
    if not arguments:
        if not given:
            raise AttncliError("there is nothing to count yet.", HOW_TO_START)
        return sized(given, gather((), choices), biases or next(iter(BIASES)), final_norm, own)
    unfit = {name: size for name, size in given.items() if name not in own}
    why = f"is for sizes without a document, but {arguments[0]} is given"
    hint = "Leave out one of them: a document has its own sizes."
    refuse_given({**unfit, "biases": biases, "final_norm": final_norm or None}, why, hint)
    return gather(arguments, choices)


def _place(at: Pairs, kernel: int | None, window: int | None) -> LayerSizes:
    """Where layers are compared. Raises AttncliError for a window wider than the sequence."""
    from attncli.calculation.counting.alternatives import LayerSizes
    from attncli.words import are

    if window and window > at.n:
        message = f"--window is {window}, but there {are(at.n, 'tokens')}."
        raise AttncliError(message, "Choose a window that is not wider.")
    return LayerSizes(at.n, at.features, kernel or USUAL, window or min(USUAL, at.n))
