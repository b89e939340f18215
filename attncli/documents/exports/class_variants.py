"""The variants of a class: the folder that `attncli new --students` has written."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from attncli.documents.exports.file_kinds import Rank, rank_of
from attncli.documents.exports.found_files import place_of_file
from attncli.documents.handouts.manifests import MANIFEST, read_manifest
from attncli.errors import DocumentError
from attncli.records import record
from attncli.words import in_words

DOCUMENT, KEY = "document", "key"  # roles of the files that a student does not fill in


@record(frozen=True)
class ClassVariants:
    """The files of each student of a class: the path of each by its role, such as `document`.

    `manifests` are the paths of the manifests that list them.
    """

    files: Mapping[str, Mapping[str, str]]
    manifests: tuple[str, ...] = ()

    @cached_property
    def problems(self) -> dict[str, str]:
        """The path of each student's own document, by the student's id, as the manifest has it."""
        return {student: files[DOCUMENT] for student, files in self.files.items()}

    @property
    def questions(self) -> frozenset[str]:
        """The places of the files that hold no answer: manifests, documents, keys, PDF sheets."""
        own = (
            path
            for role, path in self._roles()
            if role in (DOCUMENT, KEY) or rank_of(path) is Rank.OTHER
        )
        return frozenset(map(place_of_file, (*self.manifests, *own)))

    @property
    def sheets(self) -> frozenset[str]:
        """The places of the worksheets, which a student may have filled in or not.

        The bare names of the documents belong to them: a student may hand in the own problem again.
        """
        sheets = (place_of_file(path) for role, path in self._roles() if role != DOCUMENT)
        return frozenset((*sheets, *map(os.path.basename, self.problems.values())))

    def _roles(self) -> Iterator[tuple[str, str]]:
        for files in self.files.values():
            yield from files.items()

    def student_of(self, *names: str) -> str | None:
        """Return the id of the student who has one of these names: the first that is known.

        A name is an id, the name of the student's folder, or an e-mail address with the id in it.
        """
        for name in names:
            key = _folded(name)
            if key and (known := self._students.get(key) or self._students.get(key.split("@")[0])):
                return known
        return None

    @cached_property
    def _students(self) -> dict[str, str]:
        """The ids by the names of the folders and by the ids, in small letters."""
        folders = {
            _folded(os.path.basename(os.path.dirname(path))): student
            for student, path in self.problems.items()
        }
        return folders | {_folded(student): student for student in self.files}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip().casefold())


def class_among(arguments: Sequence[str]) -> ClassVariants | None:
    """Return the variants of the arguments that are a manifest, or a folder with one.

    Return None if there are none. Raises DocumentError if an argument `manifest.json` is not the
    manifest of a class, if a document is missing, and if two manifests have one student.
    """
    files: dict[str, Mapping[str, str]] = {}
    manifests: list[str] = []
    for argument in arguments:
        manifest = _manifest_of(argument)
        if manifest is None or manifest in manifests:
            continue
        read = read_class(manifest)
        if twice := files.keys() & read.keys():
            message = f"student {min(twice)!r} is in {in_words((*manifests, manifest))}."
            raise DocumentError(message, "Name one of the classes.")
        files.update(read)
        manifests.append(manifest)
    return ClassVariants(files, tuple(manifests)) if manifests else None


def _manifest_of(argument: str) -> str | None:
    """Return the path of the manifest that an argument names, or that its folder holds."""
    path = os.path.join(argument, MANIFEST) if os.path.isdir(argument) else argument
    return path if os.path.basename(path) == MANIFEST and os.path.isfile(path) else None


def read_class(manifest: str) -> dict[str, dict[str, str]]:
    """Return the paths of each student's files by their roles, by the student's id.

    Raises DocumentError if the file is not the manifest of a class, or if a document is missing.
    """
    folder = os.path.dirname(manifest)
    found = {}
    for student in read_manifest(manifest).students:
        found[student.id] = {
            role: os.path.join(folder, *name.split("/")) for role, name in student.files.items()
        }
        if not os.path.isfile(found[student.id][DOCUMENT]):
            message = f"the document of student {student.id!r} is missing: "
            hint = "Name the whole folder as attncli new has written it."
            raise DocumentError(f"{message}{found[student.id][DOCUMENT]}.", hint).at(manifest)
    return found
