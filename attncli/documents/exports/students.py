"""The student of each file: from the name of the file, or from a record of the platform."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from attncli.documents.exports.attempts import sortable_time
from attncli.documents.exports.file_kinds import FEEDBACK
from attncli.documents.exports.found_files import FoundFile
from attncli.documents.exports.name_patterns import (
    BLACKBOARD,
    BRIGHTSPACE,
    CANVAS,
    GRADESCOPE,
    NBGRADER,
    NO_PLATFORM,
    OPTION,
    PLATFORMS,
    RECORD,
    NamePattern,
    groups_of,
)
from attncli.documents.exports.platform_records import (
    GRADESCOPE_RECORD,
    Handed,
    blackboard_student,
    gradescope_folders,
)
from attncli.documents.exports.submission import Student

_NO_GROUPS: Mapping[str, str] = {}


class OwnedFile(NamedTuple):
    """A file with its student, the pattern that its name fits, and the groups of the name.

    `time` is the attempt as the platform writes it, and `attempt` the same so that it sorts; None
    if its order cannot be read. `problem` is the student's own document, if the class has variants.
    """

    found: FoundFile
    pattern: NamePattern = NO_PLATFORM
    groups: Mapping[str, str] = _NO_GROUPS
    student: Student = Student()
    time: str = ""
    problem: str = ""

    @property
    def attempt(self) -> str | None:
        """The attempt as a text that sorts by time, or None if its order cannot be read."""
        return self.groups.get("attempt") or (sortable_time(self.time) if self.time else "")

    @property
    def folder(self) -> str:
        """The path of the student's files in the export."""
        return self.groups.get("folder", "")

    @property
    def report(self) -> str:
        """The folder of a report for the student, or for Canvas, which has none, its whole name.

        Canvas finds the student by the ids in the name.
        """
        own = self.groups.get("file_id", "") if self.pattern is CANVAS else ""
        return f"{self.found.name.removesuffix(own)}{FEEDBACK}" if own else self.folder

    @property
    def export(self) -> str:
        """The place of the export that holds `folder`."""
        return self.found.place.rpartition(f"/{self.folder}/")[0]

    @property
    def key(self) -> tuple[str, ...]:
        """The text that tells students apart: the id, else the name, else the folder or file."""
        student, platform = self.student, self.pattern.name
        if student.id:
            return platform, "id", student.id
        if student.name or student.email:
            return platform, "name", student.name.casefold(), student.email
        if self.folder:
            return platform, "folder", self.export, self.folder
        return "file", self.found.path, self.found.member


def owned_files(files: Sequence[FoundFile], own: NamePattern | None = None) -> list[OwnedFile]:
    """Return the files with their students, without the records that platforms put beside them.

    `own` is the pattern of the user, which replaces those of the platforms. A file of a group of
    students comes once for each of them. Raises DocumentError if the record of Gradescope cannot be
    read.
    """
    if own:
        return [_by_own(file, own) for file in files]
    loose = _canvas_folders(files)
    owned = [_by_platform(file, loose) for file in files]
    owned = list(_with_blackboard_names(owned))
    return list(_with_gradescope_students(list(_without_records(owned))))


def _by_own(file: FoundFile, own: NamePattern) -> OwnedFile:
    """Return a file with the student that the user's pattern finds in its path."""
    groups = groups_of(own, file.written)
    if groups is None or "student_id" not in groups:
        message = file.message or f"its path does not fit {OPTION}."
        return OwnedFile(file._replace(message=message))
    return OwnedFile(file, own, groups, _student(groups), groups.get("timestamp", ""))


def _by_platform(file: FoundFile, loose: set[str]) -> OwnedFile:
    """Return a file with the student of the first platform whose names it fits.

    `loose` are the folders in which the loose pattern counts.
    """
    for pattern in PLATFORMS.values():
        if pattern.is_loose and file.parent not in loose:
            continue
        groups = groups_of(pattern, file.place)
        if groups is not None:
            time = groups.get("timestamp", "")
            return OwnedFile(file, pattern, groups, _student(groups), time)
    return OwnedFile(file)


def _student(groups: Mapping[str, str]) -> Student:
    names = (groups.get("first_name", ""), groups.get("last_name", ""))
    name = groups.get("name") or " ".join(filter(None, names))
    return Student(groups.get("student_id", ""), name, groups.get("email", ""))


def _canvas_folders(files: Sequence[FoundFile]) -> set[str]:
    """Return the folders that hold names of Canvas: most fit, and each id has one name."""
    sizes: dict[str, int] = defaultdict(int)
    names: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    fitting: dict[str, int] = defaultdict(int)
    for file in files:
        parent = file.parent
        sizes[parent] += 1
        groups = groups_of(CANVAS, file.place)
        if groups:
            fitting[parent] += 1
            names[parent][groups["student_id"]].add(groups.get("name", ""))
    return {
        parent
        for parent, number in fitting.items()
        if 2 * number > sizes[parent] and all(len(one) == 1 for one in names[parent].values())
    }


def _with_blackboard_names(owned: Sequence[OwnedFile]) -> Iterator[OwnedFile]:
    """Yield the files with the full names that the texts of Blackboard hold.

    Such a text stands beside the files of an attempt, and is left out there. The id of its student
    counts if the name of the file agrees: a user name may contain the `_` that ends it.
    """
    records: dict[str, Student] = {}
    answered = set[str]()
    for file in owned:
        if file.pattern is BLACKBOARD:
            if file.groups.get("kind") == RECORD:
                records[_stem(file)] = blackboard_student(file.found)
            else:
                answered.add(_stem(file))
    for file in owned:
        if file.pattern is not BLACKBOARD:
            yield file
            continue
        stem = _stem(file)
        if file.groups.get("kind") == RECORD and stem in answered:
            continue
        known = records.get(stem, Student())
        is_same = known.id and stem.endswith(f"_{known.id}_attempt_{file.time}")
        id = known.id if is_same else file.student.id
        yield file._replace(student=Student(id, known.name))


def _stem(file: OwnedFile) -> str:
    """Return the place of a file of Blackboard up to the end of the time."""
    attempt = f"_attempt_{file.time}"
    return file.found.place.rpartition(attempt)[0] + attempt


def _without_records(owned: Sequence[OwnedFile]) -> Iterator[OwnedFile]:
    """Yield the files without those that nbgrader and Brightspace write beside the answers."""
    exports = {file.export for file in owned if file.pattern is BRIGHTSPACE}
    for file in owned:
        is_time = file.pattern is NBGRADER and file.found.name == "timestamp.txt"
        is_index = file.found.name == "index.html" and file.found.parent in exports
        if not (is_time or is_index):
            yield file


def _with_gradescope_students(owned: Sequence[OwnedFile]) -> Iterator[OwnedFile]:
    """Yield each file of Gradescope once for each student who has handed it in.

    The record of an export beside the folders names the students, and is left out.
    """
    exports: dict[str, Mapping[str, Handed]] = {
        file.export: {} for file in owned if file.pattern is GRADESCOPE
    }
    answers: list[OwnedFile] = []
    for file in owned:
        if file.found.name == GRADESCOPE_RECORD and file.found.parent in exports:
            exports[file.found.parent] = gradescope_folders(file.found)
        else:
            answers.append(file)
    for file in answers:
        handed = exports[file.export].get(file.folder) if file.pattern is GRADESCOPE else None
        if handed is None or not handed.students:
            yield file
            continue
        for student in handed.students:
            yield file._replace(student=student, time=handed.time)
