"""How much memory may be used: as the user says, or as it is free."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from attncli.formats import FORMATS
from attncli.records import record

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.long.running import Allowance

SHARE = 0.8  # of what is free
UNKNOWN = 4 * 2**30  # taken to be free where the system does not tell
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

        limit, why = self.limit, "--memory"
        if not isinstance(limit, int):
            share = limit or SHARE
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
    f"(default: {SHARE:.0%}).",
)


def free_memory(root: Path | None = None) -> int:
    """Bytes that can be had without swapping, as the files of the system below `root` say."""
    from pathlib import Path

    root = root or Path("/")
    return min([*_of_machine(root), *_of_groups(root)], default=UNKNOWN)


def _of_machine(root: Path) -> Iterator[int]:
    """The free memory of the machine; where only all of it is told, half of that."""
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024
            return
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _of_groups(root: Path) -> Iterator[int]:
    """The memory that each control group leaves this process: a container's limit is one of them.

    A container is not told where its group stands among those of the machine: its own is the top.
    """
    from pathlib import Path

    for line in _lines(root / "proc/self/cgroup"):
        own = Path(line.split(":", 2)[2].lstrip("/"))
        for group in (own, *own.parents):
            for name, limit, used in _GROUPS:
                folder = root / "sys/fs/cgroup" / name / group
                most, now = _number(folder / limit), _number(folder / used)
                if most is not None and now is not None:
                    yield max(0, most - now + _reclaimable(folder))


# The folder of the memory groups, what they may have, what they have: of version 2, of version 1.
_GROUPS = (
    ("", "memory.max", "memory.current"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
)


def _reclaimable(folder: Path) -> int:
    """Pages of files, which the system gives back."""
    found = (line.split() for line in _lines(folder / "memory.stat"))
    return sum(int(value) for name, value in found if name == "inactive_file")


def _number(path: Path) -> int | None:
    text = "".join(_lines(path))
    return int(text) if text.isdecimal() else None


def _lines(path: Path) -> list[str]:
    """The lines of a file that the system makes; none where it does not."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
