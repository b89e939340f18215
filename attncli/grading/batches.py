"""A batch of answers, which one process grades: bytes in and bytes out, for any executor."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from functools import lru_cache
from shlex import quote
from typing import TYPE_CHECKING

from attncli.documents.parsed import BY_RULE, SAMPLE, CsvForm
from attncli.errors import AttncliError, DocumentError, errors_at
from attncli.homework.classes.grade import Grade, Status, own_name
from attncli.records import record, replace

if TYPE_CHECKING:
    from attncli.calculation.problem.document import Document
    from attncli.calculation.problem.problem import Computation
    from attncli.documents.reader import Written
    from attncli.homework.checking import CheckOptions

NAMING = "Write the name of the step above it, or name the file after the step: weights.csv."
PREPARED = 8  # problems that a process keeps; each student of a class may have another


@record(frozen=True)
class Ungraded:
    """An answer: the key of its problem, the name of its file, and its bytes.

    `step` is the step of a matrix without a name, if the file is named after a step. `parts` are
    the other files, if the student has handed in a file per step.
    """

    problem: str
    file: str
    data: bytes
    step: str = ""
    parts: tuple[Ungraded, ...] = ()


@record(frozen=True)
class Judging:
    """The way in which answers are read and judged.

    `step` names a matrix that has no name in an answer. `feedback` is the form of the report for
    the student, such as `markdown`; empty if none is wanted. `form` is the form of CSV files.
    """

    options: CheckOptions
    step: str | None = None
    feedback: str = ""
    form: CsvForm = BY_RULE


@record(frozen=True)
class Batch:
    """Answers, and everything that a process needs to grade them.

    `problems` are the pickled documents by their keys. `name` is the file of the class's problem,
    as the user names it; it may be empty.
    """

    problems: Mapping[str, bytes]
    judging: Judging
    answers: tuple[Ungraded, ...] = ()
    name: str = ""


@record(frozen=True)
class Graded:
    """The grade of an answer, and the report for the student in the wanted form."""

    grade: Grade
    feedback: bytes = b""


def grade_batch(packed: bytes) -> bytes:
    """Return the pickled list of `Graded` of a pickled `Batch`, in the order of its answers."""
    batch: Batch = pickle.loads(packed)
    return pickle.dumps([_graded(batch, answer) for answer in batch.answers])


def _graded(batch: Batch, answer: Ungraded) -> Graded:
    """Return the grade of an answer; one that attncli fails to judge counts as unreadable.

    Raises AttncliError for a fault of the whole class, such as a package that is not installed.
    """
    try:
        return _judged(batch, answer)
    except AttncliError:
        raise
    except Exception as error:  # noqa: BLE001  # no answer may end the grading of the others
        fault = f"{answer.file}: attncli itself has a fault: {type(error).__name__}: {error}."
        message = f"{fault} Please report the output of attncli check --debug."
        return Graded(Grade("", Status.UNREADABLE, file=answer.file, message=message))


def _judged(batch: Batch, answer: Ungraded) -> Graded:
    """Return the grade of an answer; an unreadable answer gets its message instead of points.

    A note on a file that could be read in two ways becomes the message of a grade.
    """
    from attncli.homework.checking import check_answer
    from attncli.homework.classes.grade import grade_of
    from attncli.homework.judging.report import Files

    problem = _prepared(batch.problems[answer.problem])
    notes: list[str] = []
    try:
        entries, student = _written(answer, batch.judging, notes.append)
        with errors_at(answer.file):
            files = Files(
                _for_students(answer.problem or batch.name, "PROBLEM"),
                # One file of several is not the answer.
                _for_students("" if answer.parts else answer.file, "ANSWER"),
            )
            report = check_answer(problem, entries, batch.judging.options, files)
    except AttncliError as error:
        return Graded(Grade("", Status.UNREADABLE, file=answer.file, message=str(error)))
    report = report.of(student)
    grade = replace(grade_of(report), file=answer.file, message=" ".join(notes))
    if not batch.judging.feedback:
        return Graded(grade)
    from attncli.formats import REPORTS
    from attncli.render.view import View

    return Graded(grade, REPORTS[batch.judging.feedback].write(report, View()))


def _for_students(file: str, unnamed: str) -> str:
    """Return the name of a file as students know it, for a shell; `unnamed` stands for none."""
    return quote(file if file.startswith(SAMPLE) else own_name(file) or unnamed)


def _written(
    answer: Ungraded, judging: Judging, note: Callable[[str], None]
) -> tuple[dict[str, object], str]:
    """Return the entries of an answer from all its files, and its student, as they are written.

    Raises AttncliError if a file cannot be read, or if two files have the same entry.
    """
    entries: dict[str, object] = {}
    student = ""
    for part in (answer, *answer.parts):
        step = (judging.step if not answer.parts else None) or part.step or None
        written = _read(part, step, judging.form, note)
        if twice := entries.keys() & written.entries.keys():
            message = f"another file of the answer has {min(twice)} too."
            raise DocumentError(message, "Keep it in one of them.").at(part.file)
        entries.update(written.entries)
        student = student or written.student
    return entries, student


def _read(
    answer: Ungraded, step: str | None, form: CsvForm, note: Callable[[str], None]
) -> Written:
    """Return what a file holds; a matrix without a name is `step`. Raises AttncliError."""
    from attncli.calculation.names.known_names import canonical
    from attncli.documents.files import ReadingLimit
    from attncli.documents.reader import Reader
    from attncli.face.surroundings import PYTHON
    from attncli.homework.answers.answer import is_value

    file = io.BytesIO(answer.data)
    file.name = answer.file  # its suffix decides the form
    reader = Reader(note, form, ReadingLimit(PYTHON.memory.allowed), NAMING)
    return reader.written(file, canonical(step) if step else None, is_value)


@lru_cache(PREPARED)
def _prepared(pickled: bytes) -> Computation:
    """Return the calculation of a pickled document. Raises AttncliError if it is wrong.

    The parent process has calculated it too, and has given its warnings.
    """
    from attncli.face.functions import compute
    from attncli.face.surroundings import Surroundings

    document: Document = pickle.loads(pickled)
    return compute(document, surroundings=Surroundings(lambda _: None)).made
