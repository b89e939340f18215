"""The work of a class: the problem, the answers, and the students who have not answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from attncli.grading.batches import Graded, Judging
from attncli.grading.grade_answers import Assignment, grade_answers, with_choices
from attncli.homework.classes.grade import Grade, Status
from attncli.records import record, replace

if TYPE_CHECKING:
    from attncli.calculation.problem.document import Document
    from attncli.documents.exports.own_files import OwnFiles
    from attncli.documents.exports.submission import Student, Submission
    from attncli.face.surroundings import Surroundings
    from attncli.grading.crew import Crew


@record(frozen=True)
class ClassWork:
    """The answers of a class before they are graded.

    `absent` are the students who have no answer, as far as they are known. `steps` and `title` are
    those of the problem; of the first student's problem if each student has another.
    """

    assignment: Assignment
    submissions: Sequence[Submission]
    absent: Sequence[Student]
    steps: tuple[str, ...]
    title: str

    def graded(self, crew: Crew, known: Mapping[str, Grade]) -> Iterator[Graded]:
        """Yield the grade of each answer in input order, then a row per absent student.

        `known` are grades of an earlier run by their digests: they are not graded again.
        """
        from attncli.documents.exports.zip_members import close_archives

        try:
            yield from grade_answers(self.assignment, self.submissions, crew, known)
        finally:
            close_archives()
        for student in self.absent:
            grade = Grade(student.id, Status.MISSING, name=student.name, email=student.email)
            yield Graded(grade)


def class_work(
    document: str | Document,
    answers: Sequence[str],
    choices: Document,
    judging: Judging,
    pattern: str | None,
    surroundings: Surroundings,
    own_files: OwnFiles | None = None,
) -> ClassWork:
    """Find the answers of a class.

    `document` is the problem, or the path of the folder or the manifest of a class in which each
    student has a problem; `choices` are entries that win over each document. `answers` are files,
    folders, patterns and ZIPs; `pattern` finds the students in their names (see
    `find_submissions`). `own_files` are files of the teacher, besides the document, that may lie
    among the answers.

    Raises AttncliError if the problem, an option or an argument is wrong.
    """
    from attncli.calculation.names.known_names import canonical
    from attncli.documents.exports.class_variants import class_among
    from attncli.documents.exports.collecting import find_submissions, without_answer
    from attncli.documents.exports.own_files import OwnFiles
    from attncli.face.functions import compute

    if judging.step is not None:
        canonical(judging.step)
    variants = class_among([document]) if isinstance(document, str) else None
    with surroundings.waiting("looking for answers"):
        own_files = own_files or OwnFiles()
        if isinstance(document, str) and variants is None:
            own_files = replace(own_files, read=(*own_files.read, document))
        submissions = find_submissions(answers, pattern, variants, own_files)
    first = next(iter(variants.problems.values())) if variants else document
    problem = with_choices(first, choices, judging)
    judging.options.check()
    computed = compute(problem, surroundings=surroundings).made
    judging.options.marking(computed.names)
    return ClassWork(
        Assignment(problem, choices, judging, document if isinstance(document, str) else ""),
        submissions,
        without_answer(submissions, variants) if variants else (),
        tuple(computed.names),
        computed.problem.choices.title,
    )
