"""`attncli explain`: the arithmetic of a cell."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.options import (
    Output,
    document_arguments,
    full_option,
    precision_option,
    problem_options,
    result_options,
    steps,
)
from attncli.cli.problem_arguments import NAMED, gather, planned, run
from attncli.cli.program import debug_option
from attncli.cli.terminal import is_terminal
from attncli.errors import AttncliError, errors_at
from attncli.formats import EXPLANATIONS

if TYPE_CHECKING:
    from attncli.calculation.algebra.plan import Plan
    from attncli.calculation.analyses.cell_names import Selection
    from attncli.calculation.problem.problem import Problem
    from attncli.documents.reader import Reader
    from attncli.homework.answers.answer import Answer
    from attncli.render.explain.explanations import Explanations

HOW_TO_START = """name a document, and the cells to explain:

  attncli explain samples/self_attention.json 'scores[2,1]'"""

CHOSEN = re.compile(r"(head|batch)=(.*)", re.IGNORECASE)
CELL = re.compile(r"[A-Za-z_^][\w.]*\s*\[.*\]", re.DOTALL)


@click.command()
@document_arguments("DOCUMENT CELL... [NAME=VALUE]...", steps)
@problem_options("mask")
@click.option(
    "--depth",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Spell out the cells that a cell comes from too, so many steps back.",
)
@click.option("--answer", metavar="FILE", help="The numbers of this answer beside ours.")
@result_options(EXPLANATIONS)
@precision_option(2)
@full_option
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
      attncli explain samples/self_attention.json 'scores[2,1]' 'weights[2,1]'
      attncli explain samples/cross_attention.json "weights[t'aime,love]" --depth 2
      attncli explain samples/two_heads.json 'masked[1,:]' head=2
      attncli explain samples/additive.json 'hidden[2,1,:]' 'scores[left,1]' --depth 1
      attncli explain samples/self_attention.json 'output[1,:]' -f latex
      attncli explain 'Q=[[1,0]]' 'K=[[1,2]]' 'scores[1,1]'

    A CELL is scores[2,1]: row and column from 1 as on paper, or labels of tokens; scores[2,:] is a
    row, scores[:,1] a column, scores every cell. Numbers go before labels that are numbers. head=2
    and batch=1 choose a slice, for all cells or inside the brackets: weights[2,1,head=2]; without
    them every head and batch entry is explained. With --depth, a cell is spelled out once below
    each cell that is asked for. JSON is never elided.

    The options of the problem and NAME=VALUE are those of attncli compute.
    """
    named, cells, chosen = _sorted(arguments)
    if not named and is_terminal(sys.stdin):
        raise click.UsageError(HOW_TO_START)
    from attncli.calculation.analyses.cell_names import paper
    from attncli.documents.reader import Reader
    from attncli.render.explain.explanations import Explanations

    output.check_format()
    reader = Reader()
    problem, plan = planned(gather(named or ["-"], choices, reader))
    selections = _selections(problem, plan, cells, chosen)
    own = {} if answer is None else _fitting_answer(reader, answer, problem, plan)
    # All that they are made of: a cell is spelled out with the numbers before it.
    needed = plan.needed_for(selection.name for selection in selections)
    trace = run(problem, plan, needed.intersection(plan.names))
    on_paper = paper(problem, plan)
    output.write(Explanations(problem, trace, on_paper, selections, depth, output.full, own))


def _sorted(arguments: Sequence[str]) -> tuple[list[str], list[str], dict[str, str]]:
    """Sort arguments: those that make the document, the cells, and the places head= and batch=.

    The first argument that is no cell is the document; all others that stand alone are cells.
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
    """Tell whether an argument is written as a cell, or names a step, and no file is called so."""
    from attncli.calculation.names.known_names import last_of, plain
    from attncli.calculation.names.step_names import STEPS

    looks_so = CELL.fullmatch(argument) or plain(last_of(argument)) in map(plain, STEPS)
    from pathlib import Path

    return bool(looks_so) and not Path(argument).exists()


def _selections(
    problem: Problem, plan: Plan, cells: Sequence[str], chosen: Mapping[str, str]
) -> list[Selection]:
    """The cells that are asked for. Raises AttncliError where there are no such cells."""
    from attncli.calculation.analyses.cell_names import CellFinder

    if not cells:
        hint = f"Write 'scores[2,1]', or a whole step: {', '.join(plan.names)}."
        raise AttncliError("no cell is named.", hint)
    reader = CellFinder(problem, plan, chosen)
    selections = []
    for text in cells:
        with errors_at(text or "''"):
            selections.append(reader.read(text))
    reader.check_chosen(selections)
    return selections


def _fitting_answer(reader: Reader, argument: str, problem: Problem, plan: Plan) -> Answer:
    """The matrices of an answer that have the size of ours; says so of those that have not.

    Raises AttncliError where the answer cannot be read.
    """
    from attncli.calculation.algebra.layouts import sizes
    from attncli.homework.answers.answer import is_value, read_answer
    from attncli.words import shape_text

    written = reader.written(argument, None, is_value)
    with errors_at(written.source):
        answer = read_answer(problem, plan, written.entries)
    fitting = {}
    for step in plan.steps:
        answered = answer.get(step.name)
        if answered is None:
            continue
        if answered.values.shape == sizes(step.axes):
            fitting[step.name] = answered
            continue
        size = shape_text(problem.layout.written_shape(answered.values.shape, step.role))
        fact = f"{step.name} is {size}, not {plan.shape(step)}: it is passed over."
        click.echo(f"Warning: {written.source}: {fact}", err=True)
    return fitting
