"""The handouts of an exercise: worksheets, keys, quizzes, and a folder of variants for a class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attncli.face.surroundings import PYTHON, Surroundings
from attncli.formats import WORKSHEETS, Format, choose_format
from attncli.records import record, replace

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.problem.worksheet import Worksheet
    from attncli.documents.handouts.manifests import Variant
    from attncli.face.functions import DocumentLike
    from attncli.homework.exercises.making import Exercise
    from attncli.homework.exercises.orders import Order

PROBLEM = "problem.json"  # the file of a student's document
DOCUMENT, KEY = "document", "key"  # roles of files
MOST_NAMED = 5  # students in a warning
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
        """Raise AttncliError if no form has the suffix of a file, or if both are one file."""
        for file in self.files.values():
            choose_format(WORKSHEETS, None, file, can_name=False)
        if self.worksheet and self.worksheet == self.key:
            from attncli.errors import AttncliError

            message = f"--worksheet and --key both name {self.key}."
            raise AttncliError(message, "Name two files.")

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


def _exercises(
    order: Order, students: Sequence[str], surroundings: Surroundings
) -> Iterator[tuple[Variant, Exercise]]:
    """Yield the variant of each student, without files, and its exercise.

    Warn of exercises that do not meet all demands, and of students with the same exercise. Raises
    AttncliError if the order is impossible.
    """
    from attncli.documents.handouts.manifests import Variant, exercise_hash
    from attncli.homework.exercises.making import make
    from attncli.homework.handouts.variants import coincidence_text, coincidences, seed_of
    from attncli.words import count, some_in_words

    hashes: dict[str, str] = {}
    weak: list[str] = []
    with surroundings.waiting(MAKING) as watch:
        for number, student in enumerate(students, 1):
            seed = seed_of(order.seed, student)
            made = make(replace(order, seed=seed))
            hashes[student] = exercise_hash(made.document)
            weak += [student] * (not made.meets_all)
            yield Variant(student, seed, hashes[student], {}, made.document), made
            if watch:
                watch(MAKING, number / len(students))
    if weak:
        do = "does" if len(weak) == 1 else "do"
        of = f"{len(weak)} of {count(len(students), 'exercises')}"
        surroundings.warn(f"{of} {do} not meet all demands: {some_in_words(weak, MOST_NAMED)}.")
    if same := coincidences(hashes):
        surroundings.warn(coincidence_text(same))


def class_sheets(
    order: Order, students: Sequence[str], surroundings: Surroundings = PYTHON
) -> dict[str, Worksheet]:
    """Return the worksheets of the variants of these students, drawn with the students' seeds.

    Raises AttncliError if the order is impossible.
    """
    return {
        variant.id: worksheet_of(made.document, made.decimals, PROBLEM, surroundings)
        for variant, made in _exercises(order, students, surroundings)
    }


def class_files(
    order: Order, students: Sequence[str], sheets: Sheets, surroundings: Surroundings = PYTHON
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a class: the document and sheets of each student, then the manifest.

    Each student has a folder; the keys stand in a folder of their own. Raises AttncliError if two
    students would get the same folder, and if the order is impossible.
    """
    from attncli import __version__
    from attncli.documents.handouts.manifests import MANIFEST, Manifest
    from attncli.homework.exercises.orders import DECIMALS
    from attncli.homework.handouts.variants import safe_names

    sheets.check()
    names = safe_names(students)
    variants: list[Variant] = []
    for variant, made in _exercises(order, students, surroundings):
        name = names[variant.id]
        written = dict(_files(name, made, sheets, surroundings, is_first=not variants))
        files = {role: place for role, (place, _) in written.items()}
        variants.append(replace(variant, files=files))
        yield from written.values()
    decimals = DECIMALS if order.decimals is None else order.decimals
    program = f"attncli {__version__}"
    manifest = Manifest(program, order.command(), order.seed, decimals, tuple(variants))
    yield MANIFEST, manifest.written()


def _files(
    name: str, made: Exercise, sheets: Sheets, surroundings: Surroundings, is_first: bool
) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Yield the role, the place and the bytes of each file of a student, with this folder.

    If `is_first`, warn of characters that the sheets cannot show: they are the same for all.
    """
    from attncli.documents.text.json_text import dump_document
    from attncli.homework.handouts.variants import KEYS

    yield DOCUMENT, (f"{name}/{PROBLEM}", dump_document(made.document))
    if not sheets.files:
        return
    sheet = worksheet_of(made.document, made.decimals, PROBLEM, surroundings)
    for doubt in sheets.doubts(sheet) if is_first else ():
        surroundings.warn(doubt)
    for role, file, data in sheets.written(sheet):
        place = f"{KEYS}/{name}{file.suffix}" if role == KEY else f"{name}/{file.name}"
        yield role, (place, data)
