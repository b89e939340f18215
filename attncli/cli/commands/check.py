"""`attncli check`: the verdict on each step of an answer, and the mistake that explains it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.check_arguments import read_arguments, read_problem_and_answer, read_written
from attncli.cli.help import Command
from attncli.cli.marking_options import CHECKING, checking_options
from attncli.cli.messages import surroundings
from attncli.cli.options import (
    Output,
    complete,
    complete_document,
    option,
    problem_options,
    refuse_given,
    result_options,
)
from attncli.cli.problem_arguments import new_reader
from attncli.cli.program import debug_option
from attncli.cli.terminal import waiting
from attncli.errors import AttncliError, errors_at
from attncli.face.functions import check as judge
from attncli.formats import MISTAKE_PAGES, REPORTS
from attncli.words import in_words

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from attncli.documents.reader import Written
    from attncli.homework.judging.report import AnswerReport

DIFFERS = 1
LEAVE_OUT = "Leave out one of them."
# The choices that laws depend on; the others change only the problem.
OF_LAWS = ("score", "normaliser", "temperature", "layout", "activation", "eps", "convention")


def mistake_names() -> Iterable[str]:
    """Return the names of the catalogue's mistakes, for the shell's completion."""
    from attncli.homework.mistakes.catalogue import MISTAKES

    return MISTAKES


def _complete(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Complete an argument: with names of mistakes after --mistakes, else with documents."""
    names = complete(mistake_names) if ctx.params.get("mistakes") else complete_document()
    return names(ctx, param, typed)


@click.command(cls=Command)
@click.argument(
    "arguments",
    nargs=-1,
    metavar="[DOCUMENT] ANSWER [NAME=VALUE]...",
    shell_complete=_complete,
)
@checking_options
@option("--laws", is_flag=True, help="Check an answer without its problem, by general laws.")
@option("--mistakes", is_flag=True, help="Show the known mistakes, or only those of these names.")
@result_options(REPORTS)
@problem_options("mask")
@debug_option
def check(
    arguments: tuple[str, ...],
    step: str | None,
    laws: bool,
    mistakes: bool,
    output: Output[AnswerReport],
    **options: Any,
) -> None:
    """Show which step of an answer is wrong, in which cell, and which mistake explains it.

    \b
    Examples:
      attncli check sample:self_attention sample:answers/rounded
      attncli check sample:self_attention weights=sample:answers/weights
      attncli compute sample:two_heads -f json | attncli check sample:two_heads -
      attncli check 'X=[[1,0],[0,1]]' 'scores=[[1,0],[0,1]]' --score dot
      attncli check --laws sample:answers/rounded
      attncli check --mistakes no-scale

    ANSWER is a document with any of the steps: JSON, CSV, NPZ, or - for standard input. Cells may
    be empty, and may be arithmetic: 1/3, 3/sqrt(2), e^2/(e^2+1), 50%. The digits as written
    decide: 0.33 is right for 1/3, and 0.34 is not. A step that follows correctly from an earlier
    wrong step is not marked wrong again.

    NAME=VALUE completes the problem if NAME is an input, such as X, and the answer if NAME is a
    step, such as weights; it replaces the matrix of that name in the file. A single file is the
    problem if steps are given as NAME=VALUE, and the answer if inputs are.

    --atol and --rtol compare with numbers of another program: they show the largest difference in
    each step. --mistakes with names shows these mistakes, each with an example.

    The exit status is 0 if every step of the answer passes, 1 if not, and 2 for bad input.
    """
    checking = {name: options.pop(name) for name in CHECKING}
    if mistakes:
        others = {"step": step, "laws": laws, **checking, **options}
        refuse_given(_given(others), "has no effect with --mistakes", LEAVE_OUT)
        _write_mistakes(arguments, output)
        return
    output.check_format()
    if laws:
        others = {name: value for name, value in options.items() if name not in OF_LAWS}
        refuse_given(_given({**checking, **others}), "has no effect with --laws", LEAVE_OUT)
        report = check_alone(_read_alone(arguments, step), options)
    else:
        report = _checked(arguments, step, options, checking)
    output.write(report)
    if not report.passed:
        click.get_current_context().exit(DIFFERS)


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options without the flags and texts that the user has not set."""
    return {name: value for name, value in options.items() if value is not False and value != ""}


def _checked(
    arguments: Sequence[str], step: str | None, choices: dict[str, Any], checking: dict[str, Any]
) -> AnswerReport:
    """Return the report on the answer in the arguments. Raises AttncliError if it is unreadable."""
    from attncli.homework.checking import CheckOptions

    CheckOptions(**checking).check()
    document, written = read_problem_and_answer(arguments, choices, step, new_reader())
    return judge(document, written, surroundings=surroundings(), **checking).made


def check_alone(written: Written, choices: Mapping[str, Any]) -> AnswerReport:
    """Return the report on an answer by general laws, such as `weights sum to 1`.

    `choices` are the options by name. Raises AttncliError if the answer cannot be read.
    """
    from attncli.homework.checking import check_by_laws

    chosen = {name: value for name, value in choices.items() if value not in (None, ())}
    with waiting("checking"), errors_at(written.source):
        return check_by_laws(written.entries, chosen).of(written.student)


def _read_alone(arguments: Sequence[str], step: str | None) -> Written:
    """Return the only answer in the arguments. Raises AttncliError if a problem is given too."""
    found = read_arguments(arguments)
    if found.inputs:
        message = f"{found.inputs[0].text}: --laws checks an answer without its problem."
        raise AttncliError(message, "Leave out the input, or leave out --laws.")
    if len(found.files) > 1 or not arguments:
        there = f"there are {len(found.files)} files" if arguments else "there is none"
        message = f"--laws needs one answer, but {there}."
        raise AttncliError(message, "Write attncli check --laws answer.json.")
    return read_written(new_reader(), found.files, [*found.steps, *found.either], step)


def _write_mistakes(names: Sequence[str], output: Output[AnswerReport]) -> None:
    """Write the pages of the named mistakes, or the list of all mistakes.

    Raises AttncliError for an unknown name, and for a form that only reports have.
    """
    from attncli.homework.mistakes.pages import pages_of

    if output.format_name not in (None, *MISTAKE_PAGES):
        message = f"--format {output.format_name} has no effect with --mistakes."
        raise AttncliError(message, f"Write --format {in_words(list(MISTAKE_PAGES), 'or')}.")
    Output(MISTAKE_PAGES, output.format_name, output.file, output.look).write(pages_of(names))
