"""From arguments and options to a document, and from that to a result."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.memory import USUAL, Memory
from attncli.cli.terminal import is_terminal, waiting
from attncli.errors import AttncliError
from attncli.words import option_name

if TYPE_CHECKING:
    from attncli.calculation.algebra.plan import Plan, Trace
    from attncli.calculation.problem.document import Document
    from attncli.calculation.problem.problem import Problem, Result
    from attncli.calculation.problem.shown import StepPart
    from attncli.documents.reader import Reader

LONG = 2**20  # scores of a thousand tokens: below, all steps fit into a cache or nearly so
NAMED = r"(?s)([A-Za-z][\w.^{}]*)=(.*)"


def gather(
    arguments: Sequence[str], choices: dict[str, Any], reader: Reader | None = None
) -> Document:
    """The document that arguments and options make together; what comes later wins."""
    from attncli.documents.reader import Reader

    words = (*arguments, *(choices.get("mask") or ()))
    is_typed = is_terminal(sys.stdin) and any(word.endswith("-") for word in words)
    with nullcontext() if is_typed else waiting("reading"):
        return _gathered(arguments, choices, reader or Reader())


def _gathered(arguments: Sequence[str], choices: dict[str, Any], reader: Reader) -> Document:
    from attncli.calculation.problem.document import Document, Entry

    gathered = Document({})
    documents: list[str] = []
    for argument in arguments:
        named = re.fullmatch(NAMED, argument)
        if named:
            gathered = gathered.merged(reader.matrix(*named.groups()))
            continue
        documents.append(argument)
        if len(documents) > 1:
            message = f"there are two documents, {documents[0]} and {documents[1]}."
            raise AttncliError(message, "Give one, and further matrices as NAME=FILE.")
        gathered = gathered.merged(reader.document(argument))
    options: dict[str, Entry] = {}
    for name, value in choices.items():
        if name == "mask" and value:
            source = f"--mask {value[0]}" if len(value) == 1 else "--mask"
            options["masks"] = Entry([reader.mask(mask, "--mask").value for mask in value], source)
        elif name != "mask" and value is not None:
            options[name] = Entry(value, option_name(name))
    return gathered.merged(Document(options))


def planned(document: Document) -> tuple[Problem, Plan]:
    """The problem that a document states, and its steps. Raises AttncliError at its place."""
    from attncli.calculation.plans.from_document import read
    from attncli.errors import ProblemError

    try:
        return read(document)
    except ProblemError as error:
        raise error.at(document.source(error.names)) from None


def run(
    problem: Problem,
    plan: Plan,
    names: Iterable[str],
    under: str = "",
    memory: Memory = USUAL,
) -> Trace:
    """The steps of these names; says on stderr what should be looked at twice, and under what."""
    from attncli.calculation.algebra.operation_cost import cells
    from attncli.calculation.algebra.plan import Trace
    from attncli.calculation.analyses.warnings import remarks

    names = list(names)
    if max(cells(step.axes) for step in plan.steps) < LONG:
        trace = plan.run(problem.matrices, names)
    else:
        from attncli.calculation.long.running import run_long

        used = sum(matrix.nbytes for matrix in problem.matrices.values())
        trace = run_long(problem, plan, names, memory.allowance(used), waiting("calculating"))
    for remark in remarks(trace, plan, problem):
        click.echo(f"Warning: {under}{remark}", err=True)
    return Trace(plan, trace.matrices)


def calculate(document: Document, only: Iterable[str], memory: Memory = USUAL) -> Result:
    """Return the result of a document: the steps that `only` names, or parts of them, or all."""
    from attncli.calculation.problem.problem import Result
    from attncli.errors import ProblemError

    problem, plan = planned(document)
    only = list(only)
    try:
        names, parts = _chosen(problem, plan, only) if only else (list(plan.names), [])
        needed = [*names, *(part.step for part in parts)]
        return Result(problem, run(problem, plan, needed, memory=memory), names, parts)
    except ProblemError as error:
        raise error.at("--only") from None


def _chosen(problem: Problem, plan: Plan, only: Iterable[str]) -> tuple[list[str], list[StepPart]]:
    from attncli.calculation.analyses.cell_names import parts_of

    return parts_of(problem, plan, only)
