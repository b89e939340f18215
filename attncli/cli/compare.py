"""`attncli compare`: one document under several conventions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from attncli.calculation.choices import CHOICES, read_choice
from attncli.cli.gathering import gather, planned, run
from attncli.cli.options import (
    color_option,
    complete,
    file_option,
    format_option,
    precision_option,
    problem_options,
)
from attncli.cli.program import debug_option
from attncli.cli.terminal import deliver, view_of
from attncli.errors import AttncliError
from attncli.formats import COMPARISONS, choose_format


@click.command()
@click.argument(
    "arguments",
    nargs=-1,
    required=True,
    metavar="DOCUMENT [NAME=VALUE]...",
    shell_complete=complete(tuple, or_file=True),
)
@problem_options("mask", "convention")
@format_option(COMPARISONS)
@precision_option(4)
@file_option
@color_option
@debug_option
def compare(
    arguments: tuple[str, ...],
    convention: tuple[str, ...],
    format_name: str | None,
    output: Path | None,
    precision: int,
    color: str,
    **choices: Any,
) -> None:
    """Show where conventions part: at which step first, and by how much.

    \b
    Examples:
      attncli compare samples/cache.json --convention paper --convention torch-sdpa
      attncli compare samples/conventions.json --convention paper --convention keras --convention d2l

    The document is calculated under each convention, and each is set beside the first; a single one
    is set beside paper. What the document says itself holds under all of them.
    """
    from attncli.calculation.compared import Calculated
    from attncli.calculation.compared import compare as compared
    from attncli.calculation.conventions import CONVENTIONS
    from attncli.calculation.document import Document, Entry

    chosen = choose_format(COMPARISONS, format_name, output)
    if not convention:
        known = ", ".join(CHOICES["convention"].values())
        message = "no convention is named to compare."
        raise AttncliError(message, f"Write --convention A --convention B, out of {known}.")
    names = [read_choice("convention", name) for name in convention]
    document = gather(arguments, choices)
    sides = []
    for name in names if len(names) > 1 else ("paper", *names):
        entry = Entry(name, f"--convention {name}")
        try:
            problem, plan = planned(document.merged(Document({"convention": entry})))
            sides.append(
                Calculated(name, problem, run(problem, plan, plan.names, f"under {name}: "))
            )
        except AttncliError as error:
            error.where = f"under {name}: {error.where}"
            if "layout" in CONVENTIONS[name].choices and "layout" not in document.entries:
                error.hint += f" {name} reads layout torch; --layout rows holds for all."
            raise
    comparisons = [compared(sides[0], side) for side in sides[1:]]
    view = view_of(precision, False, color, output)
    deliver(chosen.write(comparisons, view).encode(), output)
