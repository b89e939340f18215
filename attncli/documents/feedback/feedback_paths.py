"""The files of the reports for students, under the paths that learning platforms expect."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from attncli.documents.exports.file_kinds import FEEDBACK

LONGEST = 200  # bytes of a part of a path: systems allow 255
# Windows allows no file with one of these names, whatever its suffix.
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


class FeedbackPaths:
    """Gives each student a path: `FOLDER/attncli-feedback.md` if `suffix` is `.md`.

    A folder that ends in `attncli-feedback` is the file itself. No two paths are the same, not even
    on systems that do not distinguish capital letters: the second folder of a name ends in `-2`. A
    path has no part that leads out of the folder.
    """

    def __init__(self, suffix: str) -> None:
        self._suffix, self._used = suffix, set[str]()
        self._times = Counter[str]()

    def path(self, folder: str, *names: str) -> str:
        """Return the path of the report for a student, with `/` between its parts.

        `folder` is the path of the student in the platform's export. If it is empty, the first of
        the `names` that is not empty takes its place: the student's id, name, and file.
        """
        parts = safe_parts(folder)
        for name in names:
            parts = parts or safe_parts(name.replace("/", "_").replace("\\", "_"))
        folder = name = "/".join(parts or ["student"])
        while name.casefold() in self._used:
            self._times[folder.casefold()] += 1
            name = f"{folder}-{self._times[folder.casefold()] + 1}"
        self._used.add(name.casefold())
        is_file = name.endswith(FEEDBACK)
        return f"{name}{self._suffix}" if is_file else f"{name}/{FEEDBACK}{self._suffix}"


def safe_parts(path: str) -> list[str]:
    """Return the parts of a path that any system can hold, without those that lead out of it.

    >>> safe_parts("../Anna: 1/./b?"), safe_parts("/etc/con.txt"), safe_parts("..")
    (['Anna_ 1', 'b_'], ['etc', '_con.txt'], [])
    """
    text = unicodedata.normalize("NFC", path).replace("\\", "/")
    parts = (_safe_part(part) for part in text.split("/"))
    return [part for part in parts if part]


def _safe_part(part: str) -> str:
    """Return a part of a path with `_` for forbidden characters, or an empty text."""
    part = _FORBIDDEN.sub("_", part.encode(errors="replace").decode()).strip().rstrip(". ")
    part = part.encode()[:LONGEST].decode(errors="ignore").rstrip(". ")
    return f"_{part}" if _RESERVED.fullmatch(part) else part
