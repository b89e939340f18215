"""`attncli check`: what is right in an answer, what is wrong, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.messages import surroundings
from attncli.cli.options import (
    Output,
    complete,
    document_arguments,
    problem_options,
    result_options,
    steps,
)
from attncli.cli.problem_arguments import NAMED, gather
from attncli.cli.program import debug_option
from attncli.cli.terminal import deliver, waiting
from attncli.errors import AttncliError, errors_at
from attncli.face.functions import compute
from attncli.formats import REPORTS
from attncli.words import did_you_mean

if TYPE_CHECKING:
    from attncli.documents.reader import Reader, Written
    from attncli.homework.judging.report import Report

DIFFERS = 1


@click.command()
@document_arguments("DOCUMENT ANSWER [STEP=FILE]...")
@click.option("--step", metavar="STEP", shell_complete=complete(steps), help="What a bare CSV is.")
@click.option("--decimals", type=click.IntRange(0, 20), help="Decimals that must be right.")
@click.option("--atol", type=click.FloatRange(0), help="Distance at which a cell is right.")
@click.option("--rtol", type=click.FloatRange(0), help="The same, as a share of the right value.")
@click.option("--strict", is_flag=True, help="Do not pass what is right but rounded too far.")
@click.option(
    "--points", metavar="N|STEP=N,...", default="", help="Points of each step (default: 1)."
)
@click.option("--laws", is_flag=True, help="Check an answer alone, by what must always hold.")
@click.option("--mistakes", is_flag=True, help="List the mistakes that are known, and end.")
@result_options(REPORTS, full=True, color=True)
@problem_options("mask")
@debug_option
def check(
    arguments: tuple[str, ...],
    step: str | None,
    decimals: int | None,
    atol: float | None,
    rtol: float | None,
    strict: bool,
    points: str,
    laws: bool,
    mistakes: bool,
    output: Output[Report],
    **choices: Any,
) -> None:
    """Say which step of an answer is wrong, where, and which mistake explains it.

    \b
    Examples:
      attncli check samples/self_attention.json samples/answers/rounded.json
      attncli check samples/self_attention.json weights=samples/answers/weights.csv
      attncli compute samples/two_heads.json -f json | attncli check samples/two_heads.json -
      attncli check --laws samples/answers/rounded.json
      attncli check --mistakes

    ANSWER is a document with any of the steps: JSON, CSV, NPZ, or - for standard input. Cells may
    be empty, and may be arithmetic: 1/3, 3/sqrt(2), e^2/(e^2+1), 50%. The digits as written
    decide: 0.33 is right for 1/3, and 0.34 is not. What follows from an earlier wrong step is not
    wrong again.

    The exit status is 0 when every step given is right, 1 when not, and 2 for bad input.
    """
    if mistakes:
        deliver(_catalogue().encode(), None)
        return
    for name, distance in (("--atol", atol), ("--rtol", rtol)):
        if distance is not None and not isfinite(distance):
            raise AttncliError(f"{name} is {distance}: it must be a finite distance.")
    output.check_format()
    if laws:
        report = _by_laws(arguments, step, choices)
    else:
        report = _by_problem(arguments, step, choices, (decimals, atol, rtol), points, strict)
    output.write(report)
    if not report.passed:
        click.get_current_context().exit(DIFFERS)


def _by_problem(
    arguments: Sequence[str],
    step: str | None,
    choices: dict[str, Any],
    distances: tuple[int | None, float | None, float | None],
    points: str,
    strict: bool,
) -> Report:
    """The report on an answer to a problem."""
    from attncli.documents.reader import Reader
    from attncli.homework.answers.answer import read_answer
    from attncli.homework.answers.tolerance import Tolerance
    from attncli.homework.judging.judge import Judge
    from attncli.homework.judging.report import report
    from attncli.words import are

    named, files = _named_and_files(arguments)
    if not files or len(files) > 2 or (len(files) < 2 and not named):
        message = f"check needs a document and an answer, but there {are(len(files), 'files')}."
        raise AttncliError(message, "Write attncli check problem.json answer.json.")
    reader = Reader()
    document = gather(files[:1], choices, reader)
    result = compute(document, surroundings=surroundings()).made
    marks = read_points(points, result.names)
    written = _written(reader, files[1:], named, step)
    with waiting("checking"), errors_at(written.source):
        answer = read_answer(result.problem, result.trace.plan, written.entries)
        tolerance = Tolerance(*distances, epsilon=_epsilon(result.trace.matrices))
        return report(Judge(result.problem, result.trace, answer, tolerance), marks, strict)


def _named_and_files(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    named = [argument for argument in arguments if re.fullmatch(NAMED, argument)]
    return named, [argument for argument in arguments if argument not in named]


def _by_laws(arguments: Sequence[str], step: str | None, choices: dict[str, Any]) -> Report:
    """The report on an answer alone."""
    from attncli.calculation.algebra.layouts import LAYOUTS
    from attncli.calculation.choices.choices import CHOICES, Choices
    from attncli.calculation.names.step_names import STEPS
    from attncli.calculation.operations.normalisers import NORMALISERS
    from attncli.calculation.scoring.scoring_functions import SCORING
    from attncli.documents.reader import Reader
    from attncli.homework.answers.answer import read_without_problem
    from attncli.homework.laws.check_laws import check_laws
    from attncli.homework.laws.law import Assumptions
    from attncli.words import are

    named, files = _named_and_files(arguments)
    if len(files) > 1 or not arguments:
        message = f"--laws needs an answer alone, but there {are(len(files), 'files')}."
        raise AttncliError(message, "Write attncli check --laws answer.json.")
    written = _written(Reader(), files, named, step)

    entries = {
        name: value
        for name, value in written.entries.items()
        if name in CHOICES and not (name in STEPS and isinstance(value, list))
    }
    entries |= {name: value for name, value in choices.items() if value is not None}
    with waiting("checking"):
        with errors_at(written.source):
            chosen = Choices.read(entries)
            answer = read_without_problem(written.entries, LAYOUTS[chosen.layout])
            normalise = NORMALISERS[chosen.normaliser]("scores", chosen.temperature)
            eps = chosen.eps if chosen.says("eps") else None
            scoring = SCORING[chosen.score]
            assumptions = Assumptions(scoring, normalise, chosen.activation, eps)
        return check_laws(answer, assumptions)


def _written(
    reader: Reader, files: Sequence[str], named: Sequence[str], step: str | None
) -> Written:
    """The answer as it is written: from one file, from a file for each step, or both."""
    from attncli.calculation.names.known_names import canonical
    from attncli.documents.reader import Written
    from attncli.homework.answers.answer import is_value

    entries: dict[str, object] = {}
    sources: list[str] = []
    name = canonical(step) if step else None
    parts = [(file, name) for file in files]
    for argument in named:
        key, _, file = argument.partition("=")
        parts.append((file, canonical(key)))
    for file, of_step in parts:
        written = reader.written(file, of_step, is_value)
        entries.update(written.entries)
        sources.append(written.source)
    return Written(", ".join(sources), entries)


def _epsilon(matrices: Any) -> float:
    """The relative distance of neighbouring numbers in the precision of the calculation."""
    import numpy as np

    return max(float(np.finfo(m.dtype).eps) for m in matrices.values() if m.dtype.kind == "f")


def read_points(text: str, names: Sequence[str]) -> dict[str, float]:
    """Points of the steps: `2` for each, or `weights=3,output=2`. Raises AttncliError."""
    from attncli.calculation.names.known_names import plain

    points: dict[str, float] = {}
    known = {plain(name): name for name in names}
    for part in filter(None, text.split(",")):
        name, separator, number = part.rpartition("=")
        if separator and plain(name) not in known:
            guess = did_you_mean(name, names)
            message = f"--points {text}: {name} is no step of this calculation{guess}."
            raise AttncliError(message, f"Its steps are {', '.join(names)}.")
        try:
            worth = float(number)
        except ValueError:
            worth = -1.0
        if not 0 <= worth < float("inf"):
            message = f"--points {text}: {number!r} is no number of points."
            raise AttncliError(message, "Write --points 2, or --points weights=3,output=2.")
        points.update(dict.fromkeys([known[plain(name)]] if separator else names, worth))
    return points


def _catalogue() -> str:
    """Every known mistake with its formula and what was done."""
    from attncli.homework.mistakes.catalogue import MISTAKES

    width = max(map(len, MISTAKES))
    lines = [f"{name:{width}}  {m.formula}\n{'':{width}}  {m.done}" for name, m in MISTAKES.items()]
    return "\n".join(lines) + "\n"
