"""An answer of a class before it is read: its student, its attempt, and its place."""

from __future__ import annotations

from attncli.records import record


@record(frozen=True)
class Student:
    """A student as an export names them: the platform's id, the full name, the address.

    Each may be empty. Without an id, the name, or else the file, tells students apart.
    """

    id: str = ""
    name: str = ""
    email: str = ""


@record(frozen=True)
class Submission:
    """One answer: a file, or a member of a ZIP.

    `file` is the place in messages and gradebooks: `answers/anna.json`, or `class.zip:anna/a.csv`.
    `path` is the file on the disk, and `member` the name in the ZIP; empty for a plain file.
    Of the attempts of a student, the largest `attempt` counts; the others are superseded. `folder`
    is the path of the student's files in the export, where platforms want the feedback; for Canvas,
    which has no folders, it is the name of the feedback without its suffix. It never leads out of
    the export. `problem` is the student's own document, if the class has variants.
    `message` is not empty if the answer cannot be read, and says why. `notes` are facts about an
    answer that is graded all the same, such as the files of the attempt that are not graded.
    `is_typed` is True for a text that the student has typed into a page of the platform. `step` is
    the step that the file is named after: a matrix without a name is this step. `parts` are further
    files of the same answer, if the student has handed in a file per step.
    """

    student: Student
    file: str
    path: str
    member: str = ""
    attempt: str = ""
    folder: str = ""
    problem: str = ""
    is_superseded: bool = False
    message: str = ""
    notes: tuple[str, ...] = ()
    is_typed: bool = False
    step: str = ""
    parts: tuple[Submission, ...] = ()
