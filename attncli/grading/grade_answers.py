"""Grade the answers of a class in input order: read, hand out, and put the results together."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from attncli import __version__
from attncli.errors import AttncliError
from attncli.grading.batches import Batch, Graded, Judging, Ungraded, grade_batch
from attncli.homework.classes.grade import Grade, Status
from attncli.records import record, replace, values_of

if TYPE_CHECKING:
    from attncli.calculation.problem.document import Document
    from attncli.documents.exports.submission import Submission
    from attncli.grading.crew import Crew

AT_ONCE = 25  # answers in a batch: half a second of work
KEPT = 64  # documents of students that are kept, while their answers lie side by side


@record(frozen=True)
class Assignment:
    """The problem of a class, and the way in which its answers are judged.

    `document` is the problem of answers without a problem of their own, `name` its file, and
    `choices` are entries that win over each document.
    """

    document: Document
    choices: Document
    judging: Judging
    name: str = ""

    def read(self, document: str) -> Document:
        """Return the document of a problem, with the choices. Raises AttncliError."""
        return with_choices(document, self.choices, self.judging)


def with_choices(document: str | Document, choices: Document, judging: Judging) -> Document:
    """Return a document, which may be the path of one, with these entries in place of its own.

    Raises AttncliError if it cannot be read.
    """
    from attncli.documents.reader import Reader

    if isinstance(document, str):
        document = Reader(form=judging.form).document(document)
    return document.merged(choices)


@record(frozen=True)
class PendingRow:
    """A row of the gradebook before it is graded; `answer` is None if there is nothing to grade."""

    grade: Grade
    answer: Ungraded | None = None


@record(frozen=True)
class PendingRows:
    """The rows that one worker grades: a task of a crew."""

    batch: Batch
    rows: tuple[PendingRow, ...]

    def packed(self) -> bytes:
        """Return the batch of the rows that have an answer."""
        answers = tuple(row.answer for row in self.rows if row.answer)
        return pickle.dumps(replace(self.batch, answers=answers))

    def parts(self) -> list[PendingRows]:
        """Return each row alone."""
        return [replace(self, rows=(row,)) for row in self.rows]

    def graded(self, result: bytes | None) -> Iterator[Graded]:
        """Yield the grades of the rows; None is the result of a row that has ended its worker."""
        made: Iterator[Graded] = iter(pickle.loads(result) if result else ())
        for row in self.rows:
            if row.answer is None:
                yield Graded(row.grade)
            elif result is None:
                message = f"{row.grade.file}: reading or judging it ended the process."
                # Without a digest, --resume tries it again: the memory may have been short.
                message = joined(message, row.grade.message)
                yield Graded(_unreadable(replace(row.grade, digest=""), message))
            else:
                yield _placed(row, next(made))


def _placed(row: PendingRow, graded: Graded) -> Graded:
    """Return a grade with its student and its place; the answer may name its student itself."""
    known = {name: value for name, value in values_of(row.grade).items() if value and name in ROW}
    message = joined(graded.grade.message, row.grade.message)
    return replace(graded, grade=replace(graded.grade, **known, message=message))


def joined(message: str, notes: str) -> str:
    """Return a message, and behind its first line the notes on the same answer."""
    first, *more = message.split("\n", 1)
    return "\n".join([f"{first} ({notes})" if first and notes else first or notes, *more])


ROW = ("student", "name", "email", "file", "folder", "variant", "digest")


def _unreadable(grade: Grade, message: str) -> Grade:
    return replace(grade, status=Status.UNREADABLE, message=message)


def grade_answers(
    assignment: Assignment,
    submissions: Iterable[Submission],
    crew: Crew,
    known: Mapping[str, Grade],
) -> Iterator[Graded]:
    """Yield the grade of each answer, in the order of the answers.

    `known` are the grades of an earlier run by their digests: such an answer is not graded again.
    Raises AttncliError if a problem is wrong.
    """
    tasks = _tasks(assignment, iter(submissions), known)
    for rows, result in crew.in_order(grade_batch, tasks):
        for graded in rows.graded(result):
            yield _noticed(graded, assignment.judging.feedback)


def _noticed(graded: Graded, form: str) -> Graded:
    """Return a grade with a report for the student, if `form` is wanted and there is none yet.

    The report on an unreadable answer is its message.
    """
    if not form or graded.grade.status is not Status.UNREADABLE:
        return graded
    from attncli.formats import REPORTS
    from attncli.homework.classes.grade import notice_of
    from attncli.render.view import View

    return replace(graded, feedback=REPORTS[form].write(notice_of(graded.grade), View()))


def _tasks(
    assignment: Assignment, submissions: Iterator[Submission], known: Mapping[str, Grade]
) -> Iterator[PendingRows]:
    problems = Problems(assignment)
    while chosen := list(islice(submissions, AT_ONCE)):
        rows = tuple(_row(problems, submission, known) for submission in chosen)
        used = {row.answer.problem for row in rows if row.answer}
        pickled = {name: problems.pickled(name) for name in used}
        yield PendingRows(Batch(pickled, assignment.judging, name=assignment.name), rows)


def _row(problems: Problems, submission: Submission, known: Mapping[str, Grade]) -> PendingRow:
    """Return the row of an answer: already graded if it is superseded, unreadable or known."""
    status = Status.SUPERSEDED if submission.is_superseded else Status.GRADED
    student = submission.student
    grade = Grade(
        student.id,
        status,
        name=student.name,
        email=student.email,
        file=submission.file,
        folder=submission.folder,
        variant=submission.problem,
        message="; ".join(submission.notes),
    )
    if submission.is_superseded:
        return PendingRow(grade)
    try:
        answer = _ungraded(submission)
    except AttncliError as error:
        return PendingRow(_unreadable(grade, joined(str(error), grade.message)))
    digest = sha256(problems.digest(submission.problem) + _content(answer)).hexdigest()
    if digest in known:
        unnoted = PendingRow(replace(grade, message=""))
        return PendingRow(_placed(unnoted, Graded(known[digest])).grade)
    row = replace(grade, digest=digest)
    return PendingRow(row, answer)


def _ungraded(submission: Submission) -> Ungraded:
    """Return an answer with the bytes of its files. Raises DocumentError."""
    from attncli.documents.exports.collecting import read_submission

    data, parts = read_submission(submission), tuple(map(_ungraded, submission.parts))
    return Ungraded(submission.problem, submission.file, data, submission.step, parts)


def _content(answer: Ungraded) -> bytes:
    """Return bytes that change with the content of an answer, and with the form of its files."""
    from attncli.documents.exports.file_kinds import suffix_of

    parts = (answer, *answer.parts)
    return b"".join(f"{part.step}{suffix_of(part.file)}\0".encode() + part.data for part in parts)


class Problems:
    """The problems of a class by the files of their documents; "" is the problem of the class."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._found = lru_cache(KEPT)(self._read)

    def pickled(self, name: str) -> bytes:
        """Return a document as bytes. Raises AttncliError if it is wrong."""
        return self._found(name)[0]

    def digest(self, name: str) -> bytes:
        """Return bytes that change with the document, the options, and the program's version."""
        return self._found(name)[1]

    def _read(self, name: str) -> tuple[bytes, bytes]:
        from attncli.face.functions import planned

        given = self._assignment
        document = given.read(name) if name else given.document
        planned(document)
        judging, form = given.judging, given.judging.form
        options = (*values_of(judging.options).values(), form.delimiter, form.header)
        said = (__version__, judging.step, *options, *_texts(document))
        return pickle.dumps(document), sha256(repr(said).encode()).digest()


def _texts(document: Document) -> Iterator[object]:
    """Yield everything that a document says; arrays as their type, shape and bytes."""
    for name, entry in sorted(document.entries.items()):
        value: Any = entry.value
        if hasattr(value, "tobytes"):
            value = (str(value.dtype), value.shape, value.tobytes())
        yield name, value, entry.row_labels, entry.column_labels, entry.is_torch_weight
