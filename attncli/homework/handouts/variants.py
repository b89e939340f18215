"""Variants of an exercise: one for each student of a class, or several that are numbered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256

from attncli.errors import AttncliError
from attncli.words import in_words

SEED_BYTES = 6  # a JSON number of this size is exact in every program
LONGEST = 60  # characters of a file name, which has at most 255 bytes
KEYS = "keys"  # a folder in the folder of a class
TAKEN = (KEYS, "manifest.json")  # names that no student's folder may have

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')
# Names that Windows gives to devices, whatever their suffix.
_DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?")


def seed_of(base: int, student: str) -> int:
    """Return the seed of a student: the first 6 bytes of SHA-256 of `base`, a line feed and the id.

    The seed depends neither on the order nor on the number of the students.

    >>> seed_of(0, "anna"), seed_of(1, "anna"), seed_of(0, "ben")
    (29277051651236, 128932642175157, 38094992893301)
    """
    digest = sha256(f"{base}\n{student}".encode()).digest()
    return int.from_bytes(digest[:SEED_BYTES], "big")


def coincidences(hashes: Mapping[str, str]) -> list[list[str]]:
    """Return the students whose exercises have the same hash, in groups."""
    groups: dict[str, list[str]] = {}
    for student, digest in hashes.items():
        groups.setdefault(digest, []).append(student)
    return [group for group in groups.values() if len(group) > 1]


def safe_names(students: Sequence[str]) -> dict[str, str]:
    """Return a name of a folder for each student, by the student's id.

    A sign that a file name cannot have becomes `_`. Raises AttncliError if two students get the
    same name; file systems often ignore upper and lower case.

    >>> safe_names(["anna", "../x", "nul", "a/b"])
    {'anna': 'anna', '../x': '_._x', 'nul': '_nul', 'a/b': 'a_b'}
    """
    names: dict[str, str] = {}
    owners: dict[str, str] = {}
    for student in students:
        name = _safe(student)
        other = owners.setdefault(name.casefold(), student)
        if other != student:
            message = f"the students {other!r} and {student!r} would get one folder, {name!r}."
            raise AttncliError(message, "Give them ids that differ in letters or digits.")
        names[student] = name
    return names


def _safe(student: str) -> str:
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", student.strip()))
    name = re.sub(r"^\.|[. ]$", "_", name[:LONGEST])
    is_taken = name.casefold() in TAKEN or _DEVICES.fullmatch(name)
    return f"_{name}" if is_taken or not name else name


def coincidence_text(groups: Sequence[Sequence[str]]) -> str:
    """Return a sentence that names the students with the same exercise."""
    shown = "; ".join(in_words(group[:5]) for group in groups[:3])
    return f"some students have the same exercise: {shown}. More sizes or values make them differ."
