"""`attncli autograder`: check the answers of a class on Gradescope."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.help import OUTPUT, Command
from attncli.cli.marking_options import (
    decimals_option,
    points_option,
    required_option,
    strict_option,
)
from attncli.cli.messages import note
from attncli.cli.options import complete, document_arguments, option
from attncli.cli.problem_arguments import gather
from attncli.cli.program import debug_option
from attncli.cli.terminal import deliver, is_terminal, waiting
from attncli.errors import AttncliError
from attncli.words import noun

if TYPE_CHECKING:
    from pathlib import Path

HINT = "Write -o autograder.zip."


def _zip_file(_: click.Context, __: click.Parameter, name: str | None) -> Path | None:
    """Return the path of the ZIP, or None for standard output. Raises AttncliError for others."""
    if name in (None, "-"):
        if is_terminal(sys.stdout):
            raise AttncliError("a ZIP cannot be printed to a terminal.", HINT)
        return None
    from pathlib import Path

    if not str(name).casefold().endswith(".zip"):
        raise AttncliError(f"--output {name}: Gradescope takes a ZIP.", HINT)
    return Path(str(name))


def _points(number: float) -> str:
    return f"{number:g} {noun(number, 'points')}"


@click.command(cls=Command)
@document_arguments("[DOCUMENT] [NAME=VALUE]...")
@decimals_option
@strict_option
@points_option
@required_option
@option(
    "-o",
    "--output",
    "file",
    heading=OUTPUT,
    metavar="FILE",
    callback=_zip_file,
    shell_complete=complete(tuple, or_file=True),
    help="Write the ZIP to a file; - is standard output.",
)
@debug_option
def autograder(arguments: tuple[str, ...], file: Path | None, **checking: Any) -> None:
    """Write an autograder for Gradescope: a ZIP that checks the answer of each student.

    \b
    Examples:
      attncli autograder sample:self_attention -o autograder.zip
      attncli autograder sample:two_heads --points 0,output=4 -o autograder.zip
      attncli autograder sample:two_heads --required weights,output --strict -o autograder.zip

    In Gradescope, create a programming assignment and upload the ZIP as its autograder. Gradescope
    then runs attncli check for each submission, which is one file in any form that check reads.
    The student sees the report. A submission without an answer, with several files, or with an
    answer that cannot be read gets 0 points and the reason.

    The ZIP holds the document with every digit, these options, and attncli itself. Gradescope
    installs Python 3.11 or later and the libraries of attncli from the internet.

    A step counts if the answer has it, if it is the last step, or if --required names it. If all
    answers shall have the same points, name the steps that count: --points 0,output=4.
    """
    from attncli.grading.autograder import make_autograder
    from attncli.homework.checking import CheckOptions

    if not arguments:
        message = "attncli autograder needs a document."
        raise AttncliError(message, "Write attncli autograder problem.json -o autograder.zip.")
    options = CheckOptions(**checking)
    document = gather(arguments, {})
    with waiting("writing"):
        made = make_autograder(document, options)
    deliver(made.data, file)
    if made.least == made.most:
        note(f"a right answer has {_points(made.most)}: set this number in Gradescope.")
        return
    note(
        f"a right answer has {_points(made.least)}, or {_points(made.most)} if it has every step. "
        f"Set {made.most:g} in Gradescope, or write --points 0,{made.last}=1: then {made.last} "
        "alone counts."
    )
