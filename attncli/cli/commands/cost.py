"""`attncli cost`: the operations, parameters and memory of a document, or of sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.calculation.counting.sizes import BIASES, SIZES
from attncli.cli.help import Command
from attncli.cli.messages import warn
from attncli.cli.options import (
    Decorator,
    Output,
    document_arguments,
    option,
    options,
    problem_options,
    refuse_given,
    result_options,
    size_option,
)
from attncli.cli.problem_arguments import gather
from attncli.cli.program import debug_option
from attncli.cli.values import one_of
from attncli.errors import AttncliError
from attncli.face.functions import planned
from attncli.formats import COSTS

if TYPE_CHECKING:
    from attncli.calculation.counting.alternatives import CostReport, LayerSizes, Pairs
    from attncli.calculation.problem.document import Document

MOST_DOUBLINGS = 20
USUAL = 3  # the default width of a kernel and of a window, in tokens
HOW_TO_START = "Name a document, or sizes: attncli cost --n 512 --d-model 512 --heads 8."


def _size_option(name: str) -> Decorator:
    size = SIZES[name]
    default = f" (default: {size.default})" if size.default else ""
    return size_option(name, f"{size.help}{default}.")


@click.command(cls=Command)
@document_arguments("[DOCUMENT] [NAME=VALUE]...")
@options(*map(_size_option, SIZES))
@option(
    "--biases",
    type=one_of(lambda: BIASES),
    metavar="WHERE",
    help=f"Biases: {'; '.join(f'{name}, {where}' for name, where in BIASES.items())}.",
)
@option("--final-norm", is_flag=True, help="Add a norm after the last layer.")
@option("--compare", is_flag=True, help="Also compare scoring functions, and kinds of layers.")
@size_option("kernel", f"Kernel width of the convolution in --compare (default: {USUAL}).", least=2)
@size_option(
    "window", f"Keys per query of the restricted attention in --compare (default: {USUAL})."
)
@size_option(
    "doublings", "Also show the cost for 2, 4, … 2^N times as many tokens.", most=MOST_DOUBLINGS
)
@result_options(COSTS)
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
    """Count the operations, parameters and bytes of each step, and of all steps.

    \b
    Examples:
      attncli cost sample:self_attention
      attncli cost --n 512 --d-model 512 --heads 8 --mask causal
      attncli cost --n 5 --m 7 --d-q 256 --d-k 512 --hidden 128 --score additive --compare
      attncli cost --layer encoder --layers 12 --n 512 --d-model 768 --heads 12 --biases all
      attncli cost --n 1000 --d-model 64 --doublings 4

    The counts depend only on sizes, which a DOCUMENT or the options give. With --d-model, Q, K and
    V are projected from X; with --d-k alone they are inputs. d_k is d_model / heads by default.
    Several heads need a W_o. --position learned counts the parameters of learned positions.

    FLOPs are 2 per multiply-add in matrix products, and 0 for all other operations; the other
    columns count every operation. Masks change no count, because hidden scores are calculated too;
    the share of open scores is shown.
    """
    from attncli.calculation.analyses.warnings import unused
    from attncli.calculation.counting.alternatives import CostReport, pairs
    from attncli.calculation.counting.costing import Costing

    output.check_format()
    sizes = {name: choices.pop(name) for name in SIZES}
    given = {name: size for name, size in sizes.items() if size is not None}
    if not compare:
        why = "has no effect without --compare"
        refuse_given({"kernel": kernel, "window": window}, why, "Add --compare.")
    document = _document(arguments, given, choices, biases, final_norm, compare)
    problem, plan = planned(document)
    for remark in unused(plan, problem):
        warn(remark)
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
    """Return the document of the arguments, or a document of the given sizes.

    Raises AttncliError if there are both, or neither.
    """
    from attncli.calculation.counting.document_of_sizes import sized

    own = {"hidden"} if compares else set()  # a width for the scoring functions to compare
    if not arguments:
        if not given:
            raise AttncliError("there is nothing to count.", HOW_TO_START)
        return sized(given, gather((), choices), biases or next(iter(BIASES)), final_norm, own)
    unfit = {name: size for name, size in given.items() if name not in own}
    why = f"is for sizes without a document, but {arguments[0]} is given"
    hint = "Leave out one of them: a document has its own sizes."
    refuse_given({**unfit, "biases": biases, "final_norm": final_norm or None}, why, hint)
    return gather(arguments, choices)


def _place(at: Pairs, kernel: int | None, window: int | None) -> LayerSizes:
    """Return the sizes at which layers are compared.

    Raises AttncliError for a window that is wider than the sequence.
    """
    from attncli.calculation.counting.alternatives import LayerSizes
    from attncli.words import are

    if window and window > at.n:
        message = f"--window is {window}, but there {are(at.n, 'tokens')}."
        raise AttncliError(message, f"Choose a window of at most {at.n}.")
    return LayerSizes(at.n, at.features, kernel or USUAL, window or min(USUAL, at.n))
