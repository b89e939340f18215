"""The handouts of an exercise: worksheets, keys, quizzes, and a folder of variants for a class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attncli.face.surroundings import PYTHON, Surroundings
from attncli.formats import WORKSHEETS, Format, choose_format
from attncli.records import record, replace

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.problem.worksheet import Worksheet
    from attncli.face.functions import DocumentLike
    from attncli.homework.exercises.orders import Order

PROBLEM = "problem.json"  # the file of a student's document
KEY = "key"
MAKING = "making exercises"


def worksheet_of(
    document: DocumentLike,
    decimals: int,
    name: str = PROBLEM,
    surroundings: Surroundings = PYTHON,
) -> Worksheet:
    """Return the worksheet of a document, whose file is called `name` in the advice to check it.

    Raises AttncliError if the document is wrong.
    """
    from attncli.calculation.problem.worksheet import Worksheet
    from attncli.face.functions import compute

    return Worksheet(compute(document, surroundings=surroundings).made, decimals, name)


@record(frozen=True)
class Sheets:
    """The files of an exercise beside its document: a worksheet and a key, if they are wanted.

    The suffix of a file decides its form.
    """

    worksheet: Path | None = None
    key: Path | None = None

    @property
    def files(self) -> dict[str, Path]:
        """The wanted files by their roles."""
        wanted = {"worksheet": self.worksheet, KEY: self.key}
        return {role: file for role, file in wanted.items() if file}

    def check(self) -> None:
        """Raise AttncliError if no form has the suffix of a file."""
        for file in self.files.values():
            choose_format(WORKSHEETS, None, file, can_name=False)

    def written(self, sheet: Worksheet) -> Iterator[tuple[str, Path, bytes]]:
        """Yield the role, the name and the bytes of each wanted file."""
        from attncli.render.view import View

        for role, file, form, filled in self._forms(sheet):
            yield role, file, form.write(filled, View(full=True))

    def doubts(self, sheet: Worksheet) -> Iterator[str]:
        """Yield a warning for whatever the form of a wanted file cannot show."""
        from attncli.render.view import View

        for _, file, form, filled in self._forms(sheet):
            for doubt in form.doubts(filled, View(full=True)):
                yield f"{file.name}: {doubt}"

    def _forms(self, sheet: Worksheet) -> Iterator[tuple[str, Path, Format[Worksheet], Worksheet]]:
        for role, file in self.files.items():
            form = choose_format(WORKSHEETS, None, file, can_name=False)
            yield role, file, form, replace(sheet, is_key=role == KEY)


def class_sheets(
    order: Order, students: Sequence[str], surroundings: Surroundings = PYTHON
) -> dict[str, Worksheet]:
    """Return the worksheets of the variants of these students, drawn with the students' seeds.

    Raises AttncliError if the order is impossible.
    """
    from attncli.homework.exercises.making import make
    from attncli.homework.handouts.variants import seed_of

    sheets = {}
    with surroundings.waiting(MAKING) as watch:
        for number, student in enumerate(students, 1):
            made = make(replace(order, seed=seed_of(order.seed, student)))
            sheets[student] = worksheet_of(made.document, made.decimals, PROBLEM, surroundings)
            if watch:
                watch(MAKING, number / len(students))
    return sheets


def class_files(
    order: Order, students: Sequence[str], sheets: Sheets, surroundings: Surroundings = PYTHON
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a class: the document and sheets of each student, then the manifest.

    Each student has a folder; the keys stand in a folder of their own. A document is drawn with the
    seed of its student. Warns if students have the same exercise. Raises AttncliError if two
    students would get the same folder, and if the order is impossible.
    """
    from attncli import __version__
    from attncli.documents.text.json_text import dump_document
    from attncli.homework.handouts.variants import (
        MANIFEST,
        coincidence_text,
        coincidences,
        manifest,
        safe_names,
    )

    sheets.check()
    names = safe_names(students)
    entries: list[dict[str, Any]] = []
    with surroundings.waiting(MAKING) as watch:
        for number, student in enumerate(students, 1):
            is_first = number == 1  # the labels, and so the doubts, are the same for all
            entry, files = _student(order, student, names[student], sheets, surroundings, is_first)
            entries.append(entry)
            yield from files
            if watch:
                watch(MAKING, number / len(students))
    if same := coincidences({entry["id"]: entry["document"] for entry in entries}):
        surroundings.warn(coincidence_text(same))
    yield MANIFEST, dump_document(manifest(order, f"attncli {__version__}", entries))


def _student(
    order: Order,
    student: str,
    name: str,
    sheets: Sheets,
    surroundings: Surroundings,
    is_first: bool,
) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """Return the entry of a student in the manifest, and the student's files.

    If `is_first`, warn of characters that the sheets cannot show.
    """
    from attncli.documents.text.json_text import dump_document
    from attncli.homework.exercises.making import make
    from attncli.homework.handouts.variants import KEYS, seed_of

    seed = seed_of(order.seed, student)
    made = make(replace(order, seed=seed))
    data = dump_document(made.document)
    files = [("document", f"{name}/{PROBLEM}", data)]
    if sheets.files:
        sheet = worksheet_of(made.document, made.decimals, PROBLEM, surroundings)
        for doubt in sheets.doubts(sheet) if is_first else ():
            surroundings.warn(doubt)
        for role, file, written in sheets.written(sheet):
            place = f"{KEYS}/{name}{file.suffix}" if role == KEY else f"{name}/{file.name}"
            files.append((role, place, written))
    entry = {
        "id": student,
        "seed": seed,
        "sha256": sha256(data).hexdigest(),
        "files": {role: place for role, place, _ in files},
        "document": made.document,
    }
    return entry, [(place, written) for _, place, written in files]
