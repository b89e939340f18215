"""The memory that a command may use: the user's limit, or a share of the free memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attncli.formats import FORMATS
from attncli.records import record

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.long.running import Allowance

SHARE = 0.8  # of the free memory
UNKNOWN = 4 * 2**30  # bytes: assumed if the system does not report its free memory
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = r"(?i)(\d{1,20}(?:\.\d{1,20})?)\s*(?:(%)|([KMGT]?)(?:B|(?<=[KMGT])iB)?)"

Limit = int | float  # bytes, or a share of the free memory


@record(frozen=True)
class Memory:
    """The memory that a command may use.

    `limit` is a number of bytes, or a share of the free memory. Writing the result takes
    `of_written` bytes for each number. `is_chosen` is true if the user can choose fewer steps.
    """

    limit: Limit | None = None
    of_written: int = 0
    is_chosen: bool = False

    def allowance(self, used: int) -> Allowance:
        """Return the memory that a run may use; its inputs already take `used` bytes."""
        from attncli.calculation.long.running import Allowance

        limit, why = self.allowed()
        if not isinstance(self.limit, int):
            limit, why = limit + used, f"{why}, besides the inputs"
        least = FORMATS["npz"].bytes_per_number
        return Allowance(limit, why, self.of_written, least, self.is_chosen)

    def allowed(self) -> tuple[int, str]:
        """Return the bytes that may be used, and the reason in words."""
        if isinstance(self.limit, int):
            return self.limit, "--memory"
        share = self.limit or SHARE
        return int(share * free_memory()), f"{100 * share:g}% of the free memory"


def read_limit(text: object) -> Limit:
    """Return bytes for `2GiB` or `500M`, and a share of the free memory for `50%`.

    Raises ValueError for any other text.
    """
    found = re.fullmatch(_SIZE, str(text).strip())
    if found and found[2] and 0 < float(found[1]) <= 100:
        return float(found[1]) / 100
    size = int(float(found[1]) * UNITS[found[3].upper()]) if found and not found[2] else 0
    if size:
        return size
    raise ValueError("it must be an amount of memory, such as 2GiB, 500MiB or 50%")


def free_memory(root: Path | None = None) -> int:
    """Return the free memory in bytes, read from the system's files below `root`."""
    from pathlib import Path

    root = root or Path("/")
    return min([*_of_machine(root), *_of_groups(root), *_of_process(root)], default=UNKNOWN)


def _of_machine(root: Path) -> Iterator[int]:
    """Yield the free memory of the machine; half of its memory if the system gives only that."""
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024
            return
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _of_process(root: Path) -> Iterator[int]:
    """Yield the memory that `ulimit -v` leaves to this process, if it sets a limit."""
    try:
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit
    except ImportError:  # Windows
        return
    limit, _ = getrlimit(RLIMIT_AS)
    pages = "".join(_lines(root / "proc/self/statm")).split()
    if limit != RLIM_INFINITY and pages:
        yield max(0, limit - int(pages[0]) * os.sysconf("SC_PAGE_SIZE"))


def _of_groups(root: Path) -> Iterator[int]:
    """Yield the free memory of each control group of this process; a container is a group too.

    A container does not see the groups of the machine: it sees its own group as the top.
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


# The folder of the memory groups, and its files with the limit and the use: version 2, version 1.
_GROUPS = (
    ("", "memory.max", "memory.current"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
)


def _reclaimable(folder: Path) -> int:
    """Return the bytes of cached files, which the system frees when memory is needed."""
    found = (line.split() for line in _lines(folder / "memory.stat"))
    return sum(int(value) for name, value in found if name == "inactive_file")


def _number(path: Path) -> int | None:
    text = "".join(_lines(path))
    return int(text) if text.isdecimal() else None


def _lines(path: Path) -> list[str]:
    """Return the lines of a file of the system, or none if the file does not exist."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
