"""Where a matrix stands: FILE, FILE:KEY, FILE:KEY[SLICE] or FILE[SLICE]."""

from __future__ import annotations

import re
from pathlib import Path

from attncli.records import record

# The first suffix that a colon, a bracket or the end follows: a drive's colon follows none.
_PLACE = re.compile(r"(.+?\.\w+)(?::(.+?))?(?:\[([^\[\]]*)\])?", re.DOTALL)


@record(frozen=True)
class Place:
    """A file, and where a matrix stands in it: by its key, or cut out of it by a slice."""

    path: Path
    key: str | None = None
    slices: str | None = None

    @property
    def is_whole_file(self) -> bool:
        """Whether nothing in the file is pointed to."""
        return self.key is None and self.slices is None


def place_of(text: str, folder: Path) -> Place:
    """The place that a text names, from a folder. A path that exists as it stands wins.

    >>> place = place_of("model.npz:h.0/W[0:2,:]", Path())
    >>> str(place.path), place.key, place.slices
    ('model.npz', 'h.0/W', '0:2,:')
    """
    match = None if exists(folder / text) else _PLACE.fullmatch(text)
    if not match:
        return Place(folder / text)
    path, key, slices = match.groups()
    return Place(folder / path, key, slices)


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; False for what can be no path at all."""
    try:
        return path.exists()
    except (OSError, ValueError):  # longer than a name may be, or with a null in it
        return False
