"""Where a matrix stands: FILE, FILE:KEY, FILE:KEY[SLICE] or FILE[SLICE]."""

from __future__ import annotations

import os.path
import re

from attncli.records import record

# The first suffix that a colon, a bracket or the end follows: a drive's colon follows none.
_PLACE = r"(?s)(.+?\.\w+)(?::(.+?))?(?:\[([^\[\]]*)\])?"


@record(frozen=True)
class Place:
    """A file, and where a matrix stands in it: by its key, or cut out of it by a slice."""

    path: str
    key: str | None = None
    slices: str | None = None

    @property
    def is_whole_file(self) -> bool:
        """True where nothing in the file is pointed to."""
        return self.key is None and self.slices is None


def place_of(text: str, folder: str) -> Place:
    """The place that a text names, from a folder. A path that exists as it stands wins.

    >>> place = place_of("model.npz:h.0/W[0:2,:]", "")
    >>> place.path, place.key, place.slices
    ('model.npz', 'h.0/W', '0:2,:')
    """
    whole = os.path.join(folder, text)
    match = None if os.path.exists(whole) else re.fullmatch(_PLACE, text)
    if not match:
        return Place(whole)
    path, key, slices = match.groups()
    return Place(os.path.join(folder, path), key, slices)
