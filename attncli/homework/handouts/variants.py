"""Variants of an exercise: one for each student of a class, or several that are numbered."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from attncli.errors import AttncliError
from attncli.homework.exercises.orders import DECIMALS, Order
from attncli.words import in_words

SEED_BYTES = 6  # a JSON number of this size is exact in every program
LONGEST = 60  # characters of a file name, which has at most 255 bytes
KEYS, MANIFEST = "keys", "manifest.json"  # names in the folder of a class

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


def question_note(document: Mapping[str, Any]) -> str:
    """Return the text by which two variants are compared: the document as canonical JSON.

    Its `note` is left out, because it names the seed.
    """
    own = {name: value for name, value in document.items() if name != "note"}
    return json.dumps(own, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def coincidences(documents: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return the students who have the same exercise, in groups."""
    groups: dict[str, list[str]] = {}
    for student, document in documents.items():
        groups.setdefault(question_note(document), []).append(student)
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
    is_taken = name.casefold() in (KEYS, MANIFEST) or _DEVICES.fullmatch(name)
    return f"_{name}" if is_taken or not name else name


def manifest(order: Order, program: str, students: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the record of a class: the program, the order, and an entry per student.

    `program` is its name and version. An entry has the id, the seed, the document, the SHA-256 of
    the document's file, and the names of the files.
    """
    return {
        "program": program,
        "command": order.command(),
        "seed": order.seed,
        "decimals": DECIMALS if order.decimals is None else order.decimals,
        "students": list(students),
    }


def coincidence_text(groups: Sequence[Sequence[str]]) -> str:
    """Return a sentence that names the students with the same exercise."""
    shown = "; ".join(in_words(group[:5]) for group in groups[:3])
    return f"some students have the same exercise: {shown}. More sizes or values make them differ."
