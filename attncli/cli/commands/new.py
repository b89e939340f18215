"""`attncli new`: a document of small numbers to start from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import click

from attncli.calculation.counting.sizes import SIZES
from attncli.cli.help import Command
from attncli.cli.options import (
    Output,
    choice_option,
    option,
    options,
    result_options,
    size_option,
)
from attncli.cli.program import debug_option
from attncli.cli.values import one_of, whole_number
from attncli.formats import DOCUMENTS

GIVEN_SIZES = ("n", "m", "d_model", "d_k", "d_v", "d_ff", "layers", "words")
GIVEN_CHOICES = ("heads", "norm", "activation")


class WithKinds(Command):
    """A command whose help ends with the kinds that are registered, and their sizes."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from attncli.calculation.choices.layer_kinds import LAYERS

        rows = []
        for name, kind in LAYERS.items():
            usual = {**kind.sizes, **kind.choices}
            said = ", ".join(f"{key} {value}".replace(" True", "") for key, value in usual.items())
            rows.append((name, f"{kind.help}; {said}"))
        with formatter.section("Kinds"):
            formatter.write_dl(rows)


def kinds() -> Collection[str]:
    """Return the names of the kinds of layers."""
    from attncli.calculation.choices.layer_kinds import LAYERS

    return LAYERS


@click.command(cls=WithKinds)
@click.argument("kind", metavar="KIND", type=one_of(kinds))
@options(*(size_option(name, f"{SIZES[name].help}.") for name in GIVEN_SIZES))
@options(*map(choice_option, GIVEN_CHOICES))
@option(
    "--seed",
    type=whole_number(0),
    metavar="N",
    default=0,
    help="Random seed; the same seed gives the same document (default: 0).",
)
@result_options(DOCUMENTS)
@debug_option
def new(kind: str, seed: int, output: Output[Mapping[str, object]], **wished: Any) -> None:
    """Write a document of small numbers, to calculate by hand and to check.

    \b
    Examples:
      attncli new encoder | attncli compute -
      attncli new decoder --n 2 --heads 3 --seed 7 | attncli compute - --only cross.weights
      attncli new transformer --layers 2 | attncli compute - --only decoder.layers.2.self.weights
      attncli new encoder --norm pre --activation gelu | attncli compute - -f csv

    To follow an encoder layer from X to output (the sample is the output of attncli new encoder):

    \b
      attncli compute sample:encoder_layer
      attncli explain sample:encoder_layer 'norm_1.output[love,1]' --depth 2
      attncli explain sample:encoder_layer 'output[love,1]' --depth 9
      attncli check sample:encoder_layer sample:answers/encoder_layer/right

    The numbers are halves from -1 to 2; each column of a weight has three numbers that are not 0.
    The same options and seed write the same document on every machine; its note names them.
    """
    from attncli.homework.exercises.new_documents import made
    from attncli.homework.exercises.orders import Order

    output.check_format()
    given = {name: value for name, value in wished.items() if value is not None}
    sizes = {name: value for name, value in given.items() if name in GIVEN_SIZES}
    choices = {name: value for name, value in given.items() if name in GIVEN_CHOICES}
    output.write(made(Order(kind, sizes, choices, seed)))
