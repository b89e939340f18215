"""`attncli mask`: a mask to look at, to pipe on, or to be told about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from attncli.calculation.choices.choices import CHOICES
from attncli.cli.options import (
    Output,
    complete,
    result_options,
)
from attncli.cli.program import debug_option
from attncli.errors import AttncliError, errors_at
from attncli.formats import PICTURES
from attncli.words import option_name, printable

if TYPE_CHECKING:
    from attncli.calculation.analyses.mask_description import Pattern
    from attncli.documents.parsed import Part
    from attncli.render.pictures import Picture


class WithMasks(click.Command):
    """A command whose help ends with the kinds of masks that are registered."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from attncli.calculation.masks.mask_rules import MASKS

        with formatter.section("Kinds"):
            formatter.write_dl([(kind.signature, kind.help) for kind in MASKS.values()])


@click.command(cls=WithMasks)
@click.argument(
    "kind",
    metavar="KIND|FILE",
    shell_complete=complete(CHOICES["mask"].values, or_file=True),
)
@click.argument("n", type=click.IntRange(1), required=False)
@click.argument("m", type=click.IntRange(1), required=False)
@click.option("--tokens", metavar="LABELS", help="Labels of the queries.")
@click.option("--memory-tokens", metavar="LABELS", help="Labels of the keys, where they differ.")
@result_options(PICTURES)
@debug_option
def mask(
    kind: str,
    n: int | None,
    m: int | None,
    tokens: str | None,
    memory_tokens: str | None,
    output: Output[Picture],
) -> None:
    """Show a mask of N queries and M keys (M is N unless given), or tell what a mask file says.

    \b
    Examples:
      attncli mask causal 4
      attncli mask causal:lower-right 3 5
      attncli mask window:1,0 5 --tokens the,cat,sat,on,it
      attncli mask window:1,1 3 -f csv | attncli compute samples/self_attention.json --mask -
      attncli mask '[[1,0,0],[1,1,0],[1,1,1]]'

    ● may be attended, · may not; JSON and CSV are what compute --mask - reads. A FILE, - or a
    literal is described instead: which rule it is, its polarity and orientation, rows
    without any key, and the share of open cells.
    """
    from attncli.render.pictures import Picture

    output.check_format()
    pattern, beside = _pattern(kind, n, m)
    rows, columns = pattern.may_attend.shape[-2:]
    own = (beside.row_labels, beside.column_labels) if beside else (None, None)
    queries = _labels("tokens", tokens, "rows", rows, own[0])
    same = tokens if rows == columns else None
    keys = _labels("memory_tokens", memory_tokens or same, "columns", columns, own[1])
    output.write(Picture(pattern, queries, keys, is_described=beside is not None))


def _pattern(kind: str, n: int | None, m: int | None) -> tuple[Pattern, Part | None]:
    """The mask, and what it was read from where it is one that was handed in."""
    import numpy as np

    from attncli.calculation.analyses.mask_description import pattern_of_matrix, pattern_of_rule
    from attncli.documents.reader import Reader

    part = Reader().mask(kind)
    value = part.value
    with errors_at(kind):
        if isinstance(value, np.ndarray):
            if n is not None:
                message = f"{kind} has its own size, {' × '.join(map(str, value.shape))}."
                raise AttncliError(message, "Leave out N and M.")
            return pattern_of_matrix(value, "the mask"), part
        if n is None:
            message = f"how many queries has the mask {kind}?"
            raise AttncliError(message, f"Write attncli mask {kind} 4, or 3 5 for 3 × 5.")
        return pattern_of_rule(value, n, m or n), None


def _labels(
    name: str, text: str | None, side: str, size: int, beside: Sequence[str] | None
) -> list[str]:
    """As the option gives them, else as they stand beside the mask, else numbers."""
    from attncli.words import count

    if text is None:
        return [printable(label) for label in beside or map(str, range(1, size + 1))]
    labels: tuple[str, ...] = CHOICES[name].read(text)
    if len(labels) != size:
        given = count(len(labels), "labels")
        message = f"{option_name(name)} gives {given}, but the mask has {count(size, side)}."
        raise AttncliError(message, "Give one label each, with commas between.")
    return list(labels)
