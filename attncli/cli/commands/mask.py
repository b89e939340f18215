"""`attncli mask`: show a mask, write it for a pipe, or describe the mask in a file."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

import click

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.conventions import CONVENTIONS, PAPER
from attncli.cli.help import Command
from attncli.cli.messages import surroundings
from attncli.cli.options import (
    Output,
    choice_option,
    complete,
    options,
    reading_options,
    refuse_given,
    result_options,
)
from attncli.cli.problem_arguments import new_reader
from attncli.cli.program import debug_option
from attncli.cli.values import Value, whole_number
from attncli.errors import AttncliError, errors_at
from attncli.formats import PICTURES
from attncli.words import count, option_name, printable, shape_text

if TYPE_CHECKING:
    from attncli.calculation.analyses.mask_description import Pattern
    from attncli.documents.parsed import Part
    from attncli.render.pictures import Picture


DRAWN = 40  # bytes of memory for each cell, in the form that takes most


class WithMasks(Command):
    """A command whose help ends with the registered kinds of masks."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from attncli.calculation.masks.mask_rules import MASKS

        with formatter.section("Kinds"):
            formatter.write_dl([(kind.signature, kind.help) for kind in MASKS.values()])


@click.command(cls=WithMasks)
@click.argument(
    "kind",
    metavar="KIND|FILE",
    type=Value(str, CHOICES["mask"].values),
    shell_complete=complete(CHOICES["mask"].values, or_file=True),
)
@click.argument("n", type=whole_number(), required=False)
@click.argument("m", type=whole_number(), required=False)
@options(*map(choice_option, ("tokens", "memory_tokens", "mask_kind", "convention")))
@reading_options
@result_options(PICTURES)
@debug_option
def mask(
    kind: str,
    n: int | None,
    m: int | None,
    tokens: str | None,
    memory_tokens: str | None,
    mask_kind: str | None,
    convention: str | None,
    output: Output[Picture],
) -> None:
    """Show a mask of N queries and M keys (default: N), or describe the mask in a file.

    \b
    Examples:
      attncli mask causal 4
      attncli mask causal:lower-right 3 5
      attncli mask window:1,0 5 --tokens the,cat,sat,on,it
      attncli mask window:1,1 3 -f csv | attncli compute sample:self_attention --mask -
      attncli mask '[[1,0,0],[1,1,0],[1,1,1]]'

    ● is a key that the query may attend to, · a hidden key. attncli compute --mask - reads the JSON
    and the CSV. For the mask in a FILE, in standard input (-) or in a literal, the command also
    shows the rule that it equals, its polarity and orientation, queries without any key, and the
    share of open cells.
    """
    from attncli.render.pictures import Picture

    output.check_format()
    pattern, beside = _pattern(kind, n, m, mask_kind, convention)
    rows, columns = pattern.may_attend.shape[-2:]
    own = (beside.row_labels, beside.column_labels) if beside else (None, None)
    queries = _labels("tokens", tokens, "rows", rows, own[0])
    same = tokens if rows == columns else None
    keys = _labels("memory_tokens", memory_tokens or same, "columns", columns, own[1])
    output.write(Picture(pattern, queries, keys, is_described=beside is not None))


def _pattern(
    kind: str, n: int | None, m: int | None, mask_kind: str | None, convention: str | None
) -> tuple[Pattern, Part | None]:
    """Return the mask of a rule, or the mask of a matrix and the part of a file that holds it."""
    import numpy as np

    from attncli.calculation.analyses.mask_description import pattern_of_matrix, pattern_of_rule
    from attncli.calculation.masks.mask_rules import read_rule
    from attncli.calculation.problem.given_masks import meaning_of_cells

    part = new_reader().mask(kind)
    value = part.value
    if isinstance(value, np.ndarray):
        with errors_at(kind):
            if n is not None:
                message = f"the mask has its own size, {shape_text(value.shape)}."
                raise AttncliError(message, "Leave out N and M.")
            cells = meaning_of_cells(value, mask_kind, CONVENTIONS[convention or PAPER.name])
            return pattern_of_matrix(value, "the mask", cells), part
    why = f"is for a matrix, but {kind} is a rule"
    refuse_given({"mask_kind": mask_kind, "convention": convention}, why, "Leave it out.")
    if n is None:
        message = f"the mask {kind} needs a size."
        raise AttncliError(message, f"Write attncli mask {kind} 4, or attncli mask {kind} 3 5.")
    with errors_at(f"mask {n} {m or n}"):
        _check_memory(prod((*read_rule(value).entries, n, m or n)))
        return pattern_of_rule(value, n, m or n), None


def _check_memory(cells: int) -> None:
    """Raise AttncliError if drawing this many cells takes more memory than may be used."""
    from attncli.documents.files import SMALL

    needed = cells * DRAWN
    if needed > SMALL:
        from attncli.calculation.long.memory_demand import size_text

        most, why = surroundings().memory.allowed()
        if needed > most:
            message = f"it needs {size_text(needed)} of memory, but may use {size_text(most)}"
            raise AttncliError(f"{message} ({why}).", "Choose a smaller N or M.")


def _labels(
    name: str, text: str | None, side: str, size: int, beside: Sequence[str] | None
) -> list[str]:
    """Return the labels in an option, else the labels beside the mask, else numbers from 1.

    `side` is `rows` or `columns`. Raises AttncliError for another number of labels than `size`.
    """
    if text is None:
        return [printable(label) for label in beside or map(str, range(1, size + 1))]
    labels: tuple[str, ...] = CHOICES[name].read(text)
    if len(labels) != size:
        given = count(len(labels), "labels")
        message = f"{option_name(name)} gives {given}, but the mask has {count(size, side)}."
        raise AttncliError(message, f"Give one label per {side[:-1]}, with commas between them.")
    return list(labels)
