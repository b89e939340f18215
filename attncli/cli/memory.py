"""How much memory may be used: as the user says, or as the machine has it free."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from attncli.formats import FORMATS
from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.long.running import Allowance

SHARE = 0.8  # of what is free
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = r"(?i)(\d{1,20}(?:\.\d{1,20})?)\s*(?:(%)|([KMGT]?)(?:B|(?<=[KMGT])iB)?)"

Limit = int | float  # bytes, or a share of what is free


@record(frozen=True)
class Memory:
    """How much of it may be used, and what the form of a result needs for each number it shows.

    `is_chosen`: the user has chosen the steps, and may choose others.
    """

    limit: Limit | None = None
    of_written: int = 0
    is_chosen: bool = False

    def allowance(self, used: int) -> Allowance:
        """The memory that a run may use, where its inputs use some bytes already."""
        from attncli.calculation.long.running import Allowance

        if isinstance(self.limit, int):
            limit, why = self.limit, "--memory"
        else:
            from attncli.cli.free_memory import free_memory

            share = self.limit or SHARE
            limit = used + int(share * free_memory())
            why = f"{100 * share:g}% of what is free, besides the inputs"
        least = FORMATS["npz"].bytes_per_number
        return Allowance(limit, why, self.of_written, least, self.is_chosen)


USUAL = Memory()


def read_limit(_: click.Context, __: click.Parameter, text: str | None) -> Limit | None:
    """Bytes from `2GiB`, `500M`, or a share of what is free from `50%`."""
    if text is None:
        return None
    found = re.fullmatch(_SIZE, text.strip())
    if found and found[2] and 0 < float(found[1]) <= 100:
        return float(found[1]) / 100
    size = int(float(found[1]) * UNITS[found[3].upper()]) if found and not found[2] else 0
    if size:
        return size
    raise click.BadParameter(f"{text!r} is no amount of memory: write 2GiB, 500MiB or 50%.")


memory_option = click.option(
    "--memory",
    metavar="SIZE",
    callback=read_limit,
    help="Refuse what needs more, before it is calculated: 2GiB, 500MiB, 50% of what is free "
    "(default: 80%).",
)
