"""Write and read the manifest of a class: the exercise of each student, and its hash."""

from __future__ import annotations

import json
import os.path
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from attncli.documents.files import decode, read_file
from attncli.documents.text.json_text import dump_document
from attncli.errors import DocumentError, errors_at
from attncli.records import record, values_of

MANIFEST = "manifest.json"  # the name in the folder of a class
_CURE = "Restore the file that attncli new has written, or make the class again."
_NAMES = {str: "a text", int: "a whole number", dict: "an object", list: "a list"}


@record(frozen=True)
class Variant:
    """The exercise of a student: the id, the seed, the document, and its hash.

    `sha256` is `exercise_hash(document)`. `files` are the files of the student by role (document,
    worksheet, key), as paths in the folder of the class with `/` between folders.
    """

    id: str
    seed: int
    sha256: str
    files: Mapping[str, str]
    document: Mapping[str, Any]


@record(frozen=True)
class Manifest:
    """The record of a class: the program and its version, the command, and a variant per student.

    `seed` is the base seed; answers have this many `decimals`.
    """

    program: str
    command: str
    seed: int
    decimals: int
    students: tuple[Variant, ...]

    def written(self) -> bytes:
        """Return the manifest as JSON, which `read_manifest` reads."""
        students = [values_of(student) for student in self.students]
        return dump_document({**values_of(self), "students": students})


def exercise_hash(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an exercise: two exercises are equal if and only if their hashes are.

    It is the hash of the document as JSON with sorted names and without blanks. The `note` is left
    out, because it names the seed.
    """
    written = json.loads(dump_document(document))  # 2.0 is written as 2
    own = {name: value for name, value in written.items() if name != "note"}
    text = json.dumps(own, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def read_manifest(path: str) -> Manifest:
    """Return the manifest of a class from its file, or from the folder of the class.

    Raises DocumentError if the file cannot be read, if an entry is missing or has the wrong form,
    if two students have one id, and if a document does not have its hash.
    """
    file = os.path.join(path, MANIFEST) if os.path.isdir(path) else path
    with errors_at(file):
        text = decode(read_file(file))
        try:
            value = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise DocumentError(f"it is not JSON: {error}.", _CURE) from None
        if not isinstance(value, dict) or "students" not in value:
            command = "attncli new KIND --students ROSTER -o FOLDER writes it."
            raise DocumentError("it is not the manifest of a class.", command)
        entries = _entry(value, "students", list)
        students = tuple(_variant(entry, f"students[{i}]") for i, entry in enumerate(entries, 1))
        for student, times in Counter(one.id for one in students).items():
            if times > 1:
                raise DocumentError(f"it lists the student {student!r} twice.", _CURE)
        return Manifest(
            _entry(value, "program", str),
            _entry(value, "command", str),
            _entry(value, "seed", int),
            _entry(value, "decimals", int),
            students,
        )


def _entry(value: Any, name: str, kind: type, place: str = "") -> Any:
    """Return an entry of this kind. Raises DocumentError if it is missing or of another kind."""
    if name not in value:
        raise DocumentError(f"{place}{name} is missing.", _CURE)
    found = value[name]
    if not isinstance(found, kind) or isinstance(found, bool):
        raise DocumentError(f"{place}{name} is not {_NAMES[kind]}.", _CURE)
    return found


def _variant(value: Any, place: str) -> Variant:
    """Return a student's entry. Raises DocumentError with its place if it is wrong."""
    if not isinstance(value, dict):
        raise DocumentError(f"{place} is not an object.", _CURE)
    kinds = {"id": str, "seed": int, "sha256": str, "files": dict, "document": dict}
    entries = {name: _entry(value, name, kind, f"{place}.") for name, kind in kinds.items()}
    for role in {"document": "", **entries["files"]}:
        file = PurePosixPath(_entry(entries["files"], role, str, f"{place}.files."))
        if file.is_absolute() or ".." in file.parts:
            message = f"{place}.files.{role} is {str(file)!r}, which is outside of the folder."
            raise DocumentError(message, _CURE)
    if exercise_hash(entries["document"]) != entries["sha256"]:
        message = f"{place}.document, of {entries['id']!r}, does not have the hash in sha256."
        raise DocumentError(message, _CURE)
    return Variant(**entries)
