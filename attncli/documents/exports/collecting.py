"""The submissions of a class, from the arguments of a command, and the bytes of each."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence

from attncli.documents.exports.choosing import chosen_answers
from attncli.documents.exports.class_variants import ClassVariants, class_among
from attncli.documents.exports.found_files import NAME_THEM, found_files
from attncli.documents.exports.name_patterns import OPTION, student_pattern
from attncli.documents.exports.own_files import OwnFiles
from attncli.documents.exports.students import OwnedFile, owned_files
from attncli.documents.exports.submission import Student, Submission
from attncli.documents.exports.typed_text import typed_text
from attncli.documents.exports.zip_members import read_member, too_large
from attncli.documents.files import read_file
from attncli.errors import DocumentError, errors_at
from attncli.words import count

NO_OWN_FILES = OwnFiles()


def find_submissions(
    arguments: Sequence[str],
    pattern: str | None = None,
    variants: ClassVariants | None = None,
    own_files: OwnFiles = NO_OWN_FILES,
) -> list[Submission]:
    """Return the answers of a class, in the order in which the arguments name their files.

    The arguments are files, folders with all that is in them, patterns such as `answers/*.json`,
    and ZIPs. An export of Moodle, Canvas, Blackboard, Brightspace, Gradescope or nbgrader may be a
    ZIP or a folder; it names the students, as `pattern` does, a regular expression with nbgrader's
    group names that is searched in each path. Of the attempts of a student the newest counts, and
    the others are superseded; see `chosen_answers`.

    If an argument is the folder or the manifest of a class with variants, or if `variants` holds
    them, each student has an own problem. No file is dropped, apart from those that programs leave
    behind: what cannot be graded has a message. Only names are read, and records of platforms.

    `own_files` are the teacher's, which are left out. Raises AttncliError for a wrong pattern, and
    DocumentError if an argument names nothing, if a ZIP or a folder cannot be read, if there is no
    answer, and if the run would write over one.
    """
    own = None if pattern is None else student_pattern(pattern)
    variants = variants or class_among(arguments)
    files = own_files.others(found_files(arguments))
    if not files:
        raise DocumentError("there is no answer beside the files of the teacher.", NAME_THEM)
    if variants:
        questions = variants.questions
        files = [file for file in files if file.place not in questions]
        if not files:
            message = "there is no answer beside the documents of the class."
            raise DocumentError(message, NAME_THEM)
    owned = owned_files(files, own)
    if own and all(file.pattern is not own for file in owned):
        message = (
            f"{pattern!r} fits none of {count(len(files), 'files')}, such as {files[0].written}."
        )
        hint = "It is searched in the path of a file, with / between folders and after a ZIP."
        raise DocumentError(message, hint).at(OPTION)
    if variants:
        owned = [_in_class(file, variants) for file in owned]
    students: dict[tuple[str, ...], list[OwnedFile]] = defaultdict(list)
    for file in owned:
        students[file.key].append(file)
    sheets = variants.sheets if variants else frozenset[str]()
    del files, owned  # a class may be large: each student's files are forgotten with the answer
    submissions: list[Submission] = []
    for of_student in students.values():
        submissions += chosen_answers(of_student, sheets)
        of_student.clear()
    return submissions


def _in_class(file: OwnedFile, variants: ClassVariants) -> OwnedFile:
    """Return a file with the problem of its student, or with the message that there is none."""
    student = file.student
    known = variants.student_of(student.id, student.email, student.name)
    if known is None and file.key[0] == "file":
        stem = os.path.splitext(file.found.name)[0]
        folders = file.found.place.split("/")[-2:-4:-1]
        known = variants.student_of(stem, *folders)
        student = Student(known or "")
    if known is None:
        message = (
            file.found.message or "its student is not in the manifest, so the problem is unknown."
        )
        return file._replace(found=file.found._replace(message=message))
    return file._replace(student=student, problem=variants.problems[known])


def without_answer(submissions: Sequence[Submission], variants: ClassVariants) -> list[Student]:
    """Return the students of a class who have no submission, in the order of the manifest."""
    answered = {submission.problem for submission in submissions}
    return [
        Student(student)
        for student, problem in variants.problems.items()
        if problem not in answered
    ]


def read_submission(submission: Submission) -> bytes:
    """Return the bytes of an answer; of a text that was typed into a page, the text alone.

    Raises DocumentError, with the place, if the submission has a message, and if its file is
    larger than 20 MB, damaged, encrypted or not readable.
    """
    with errors_at(submission.file):
        if submission.message:
            raise DocumentError(submission.message)
        if submission.member:
            data = read_member(submission.path, submission.member)
        else:
            data = _read_plain(submission.path)
        return typed_text(data) if submission.is_typed else data


def _read_plain(path: str) -> bytes:
    """Return the bytes of a file of at most 20 MB. Raises DocumentError."""
    try:
        fault = too_large(os.path.getsize(path))
    except OSError:
        fault = ""  # reading the file gives the reason
    if fault:
        raise DocumentError(fault)
    return read_file(path)
