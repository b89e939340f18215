"""`attncli explore`: walk through a calculation in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.help import Command
from attncli.cli.messages import Failure, surroundings
from attncli.cli.options import complete, document_arguments, option, problem_options
from attncli.cli.problem_arguments import gather, new_reader
from attncli.cli.program import debug_option
from attncli.cli.terminal import is_dark_screen, is_terminal
from attncli.errors import AttncliError, ProblemError
from attncli.face.functions import check, explain, planned
from attncli.face.surroundings import Surroundings
from attncli.records import replace
from attncli.words import in_words

if TYPE_CHECKING:
    from attncli.calculation.problem.document import Document
    from attncli.documents.reader import Reader
    from attncli.render.explore.answer_marks import JudgedCalculation

HOW_TO_START = """name a document to walk through:

  attncli explore sample:self_attention"""


@click.command(cls=Command)
@document_arguments("DOCUMENT [NAME=VALUE]...")
@problem_options("mask")
@option(
    "--answer",
    metavar="FILE",
    shell_complete=complete(tuple, or_file=True),
    help="Mark the wrong cells of this answer, and show its numbers beside the calculated ones.",
)
@debug_option
def explore(arguments: tuple[str, ...], answer: str | None, **choices: Any) -> None:
    """Walk through a calculation in the terminal, from cell to cell.

    \b
    Examples:
      attncli explore sample:self_attention
      attncli explore sample:two_heads
      attncli explore sample:self_attention --answer sample:answers/self_attention/mistake
      attncli explore 'X=[[1,0],[0,1],[1,1]]' --mask causal

    The steps are at the left, the matrix of a step at the right, and below it the arithmetic of
    the cell at the cursor, as attncli explain prints it. Enter walks on to a cell from which this
    cell is calculated, and Esc back. ? lists all keys, and q quits.

    Wrong cells of an answer have the sign ✗, and cells that follow from an earlier wrong cell ≠.
    NAME=VALUE and the options of the problem work as in attncli compute.
    """
    show = _load_screen()
    if not arguments:
        raise Failure(HOW_TO_START)
    remarks: list[str] = []
    reader = new_reader(remarks.append)
    document = gather(arguments, choices, reader)

    def calculated(name: str, around: Surroundings) -> JudgedCalculation:
        return _calculated(documents[name], answer, around, reader)

    documents = _masked(document)
    masks = list(documents)
    # The bar that shows the progress of the first calculation would disturb the screen later.
    first = calculated(masks[0], replace(surroundings(), warn=remarks.append))
    quiet = Surroundings(remarks.append, memory=surroundings().memory)
    show(first, masks, partial(calculated, around=quiet), remarks, is_dark_screen())


def _calculated(
    document: Document, answer: str | None, around: Surroundings, reader: Reader
) -> JudgedCalculation:
    """Return the whole calculation, and the report on an answer if there is one."""
    from attncli.homework.answers.answer import is_value
    from attncli.render.explore.answer_marks import JudgedCalculation

    _, plan = planned(document)
    explained = explain(
        document, plan.names, answer=answer, surroundings=around, reader=reader
    ).made
    if answer is None:
        return JudgedCalculation(explained)
    written = reader.written(answer, None, is_value)
    return JudgedCalculation(explained, check(document, written, surroundings=around).made)


def _load_screen() -> Callable[..., None]:
    """Return the function that shows the screen.

    Raises AttncliError if there is no terminal, or if Textual is not installed.
    """
    streams = {"input": sys.stdin, "output": sys.stdout, "error": sys.stderr}
    others = [name for name, stream in streams.items() if not is_terminal(stream)]
    hint = "Use attncli compute, or attncli explain for one cell."
    if others:
        verb = "is" if len(others) == 1 else "are"
        message = f"explore needs a terminal, but standard {in_words(others)} {verb} not."
        raise AttncliError(message, hint)
    if os.environ.get("TERM") == "dumb":
        raise AttncliError("explore needs a terminal with a cursor, but TERM is dumb.", hint)
    try:
        from attncli.render.explore.app import explore
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        message = f"explore needs the package {package}, which is not installed."
        raise AttncliError(message, "Write pip install textual.") from None
    return explore


def _masked(document: Document) -> dict[str, Document]:
    """Return the document with its own mask, without a mask and with a causal one.

    A mask that the document does not take, or that hides the same keys as one before, is left out.
    """
    from attncli.calculation.masks.mask_operation import masks_in
    from attncli.calculation.problem.document import Document, Entry

    others = {
        name: document.merged(Document({"masks": Entry(masks, f"mask {name}")}))
        for name, masks in {"none": [], "causal": ["causal"]}.items()
    }
    found: dict[object, tuple[str, Document]] = {}
    for name, masked in {"of the document": document, **others}.items():
        try:
            _, plan = planned(masked)
        except ProblemError:
            if masked is document:
                raise
            continue
        rules = tuple(
            (step.name, tuple(rule.words for rule in mask.rules), mask.keep, mask.add)
            for step, mask in masks_in(plan.steps)
        )
        _, first = found.get(rules, (name, masked))
        found[rules] = name, first
    return dict(found.values())
