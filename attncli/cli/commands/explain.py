"""`attncli explain`: the arithmetic of a cell."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.help import Command
from attncli.cli.messages import Failure, surroundings
from attncli.cli.options import (
    Output,
    complete,
    document_arguments,
    option,
    problem_options,
    result_options,
    steps,
)
from attncli.cli.problem_arguments import NAMED, gather, new_reader
from attncli.cli.program import debug_option
from attncli.cli.terminal import is_terminal
from attncli.cli.values import whole_number
from attncli.face.functions import explain as spell_out
from attncli.formats import EXPLANATIONS

if TYPE_CHECKING:
    from attncli.render.explain.explanations import Explanations

HOW_TO_START = """name a document, and the cells to explain:

  attncli explain sample:self_attention 'scores[2,1]'"""

CHOSEN = re.compile(r"(head|batch)=(.*)", re.IGNORECASE)
CELL = re.compile(r"[A-Za-z_^][\w.]*\s*\[.*\]", re.DOTALL)


@click.command(cls=Command)
@document_arguments("DOCUMENT CELL... [NAME=VALUE]...", steps)
@problem_options("mask")
@option(
    "--depth",
    type=whole_number(0),
    metavar="N",
    default=0,
    help="Also spell out the cells that a cell comes from, N steps back (default: 0).",
)
@option(
    "--answer",
    metavar="FILE",
    shell_complete=complete(tuple, or_file=True),
    help="Show the numbers of this answer beside the calculated ones.",
)
@result_options(EXPLANATIONS)
@debug_option
def explain(
    arguments: tuple[str, ...],
    depth: int,
    answer: str | None,
    output: Output[Explanations],
    **choices: Any,
) -> None:
    """Spell out the arithmetic of a cell.

    \b
    Examples:
      attncli explain sample:self_attention 'scores[2,1]' 'weights[2,1]'
      attncli explain sample:cross_attention "weights[t'aime,love]" --depth 2
      attncli explain sample:two_heads 'masked[1,:]' head=2
      attncli explain sample:additive 'hidden[2,1,:]' 'scores[left,1]' --depth 1
      attncli explain sample:self_attention 'output[1,:]' -f latex
      attncli explain 'Q=[[1,0]]' 'K=[[1,2]]' 'scores[1,1]'

    A CELL is scores[2,1]: row and column from 1 as on paper, or labels of tokens; scores[2,:] is a
    row, scores[:,1] a column, scores every cell. A number is a label only if there is no such row
    or column. head=2 and batch=1 choose a head and a batch entry, for all cells or inside the
    brackets: weights[2,1,head=2]; without them every head and batch entry is explained. With
    --depth, each cell is spelled out once. JSON is never shortened.

    NAME=VALUE and the options of the problem work as in attncli compute.
    """
    named, cells, chosen = _sorted(arguments)
    if not named and is_terminal(sys.stdin):
        raise Failure(HOW_TO_START)
    output.check_format()
    reader = new_reader()
    result = spell_out(
        gather(named or ["-"], choices, reader),
        cells,
        depth=depth,
        answer=answer,
        full=output.is_full,
        slices=chosen,
        surroundings=surroundings(),
        reader=reader,
    )
    output.write(result.made)


def _sorted(arguments: Sequence[str]) -> tuple[list[str], list[str], dict[str, str]]:
    """Sort arguments: those that make the document, the cells, and the places head= and batch=.

    The first argument that is not a cell is the document; all others without = are cells.
    """
    named: list[str] = []
    cells: list[str] = []
    chosen: dict[str, str] = {}
    has_document = False
    for argument in arguments:
        place = CHOSEN.fullmatch(argument)
        if place:
            chosen[place[1].casefold()] = place[2]
        elif re.fullmatch(NAMED, argument):
            named.append(argument)
        elif has_document or _is_cell(argument):
            cells.append(argument)
        else:
            has_document = True
            named.append(argument)
    return named, cells, chosen


def _is_cell(argument: str) -> bool:
    """Return True if an argument is written as a cell or names a step, and is not a file."""
    from attncli.calculation.names.known_names import last_of, plain
    from attncli.calculation.names.step_names import STEPS
    from attncli.documents.files import exists

    looks_so = CELL.fullmatch(argument) or plain(last_of(argument)) in map(plain, STEPS)
    return bool(looks_so) and not exists(argument)
