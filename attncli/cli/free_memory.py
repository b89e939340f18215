"""How much memory is free: of the machine, and of the container that it may be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

UNKNOWN = 4 * 2**30  # taken to be free where the system does not tell


def free_memory(root: Path = Path("/")) -> int:
    """Bytes that can be had without swapping, by the files that the system keeps below `root`."""
    return min([*_of_machine(root), *_of_groups(root)], default=UNKNOWN)


def _of_machine(root: Path) -> Iterator[int]:
    """What the machine has free; where only all of it is told, half of that."""
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024
            return
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _of_groups(root: Path) -> Iterator[int]:
    """What the control groups of this process leave it: a container's limit is one of these.

    A container is not told where its group stands among those of the machine: its own is the top.
    """
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
