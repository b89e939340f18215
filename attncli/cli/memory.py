"""How much memory may be used: as the user says, or as the machine has it free."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click

from attncli.records import record

SHARE = 0.8  # of what is free
UNKNOWN = 4 * 2**30  # taken to be free where the system does not tell
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:(%)|([KMGT]?)(?:B|(?<=[KMGT])iB)?)", re.IGNORECASE)

Limit = int | float  # bytes, or a share of what is free


@record(frozen=True)
class Memory:
    """How much of it may be used, and what the form of a result needs for each number it shows."""

    limit: Limit | None = None
    of_written: int = 0

    def allowed(self) -> tuple[int, str]:
        """The bytes that may be used, and what says so."""
        if isinstance(self.limit, int):
            return self.limit, "--memory"
        share = self.limit or SHARE
        known = [*_of_machine(), *_of_group()]
        return int(share * (min(known) if known else UNKNOWN)), f"{100 * share:g}% of what is free"


USUAL = Memory()


def read_limit(_: click.Context, __: click.Parameter, text: str | None) -> Limit | None:
    """Bytes from `2GiB`, `500M`, or a share of what is free from `50%`."""
    if text is None:
        return None
    found = _SIZE.fullmatch(text.strip())
    if not found or not float(found[1]):
        raise click.BadParameter(f"{text!r} is no amount of memory: write 2GiB, 500MiB or 50%.")
    if found[2]:
        return float(found[1]) / 100
    return int(float(found[1]) * UNITS[found[3].upper()])


memory_option = click.option(
    "--memory",
    metavar="SIZE",
    callback=read_limit,
    help="Refuse what needs more, before it is calculated: 2GiB, 500MiB, 50% of what is free "
    "(default: 80%).",
)


def _of_machine() -> Iterator[int]:
    """What the machine has free; where only all of it is told, half of that."""
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024
            return
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _of_group(root: str = "/sys/fs/cgroup") -> Iterator[int]:
    """What the control groups of this process leave it: a container's limit is one of these."""
    for line in _lines("/proc/self/cgroup"):
        own = Path(line.split(":", 2)[2].lstrip("/"))
        for group in (own, *own.parents):
            for name, limit, used in _GROUPS:
                folder = Path(root, name, group)
                most, now = _number(folder / limit), _number(folder / used)
                if most is not None and now is not None:
                    yield max(0, most - now + _reclaimable(folder))


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


def _lines(path: str | Path) -> list[str]:
    """The lines of a file that the system makes; none where it does not."""
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
