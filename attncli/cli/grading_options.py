"""The options of `attncli grade`: the students, the workers, and the files for the platform."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.options import complete, option, options
from attncli.cli.values import one_of, whole_number
from attncli.errors import AttncliError
from attncli.formats import REPORTS, Format, LinesFormat
from attncli.records import record

if TYPE_CHECKING:
    from attncli.documents.exports.own_files import OwnFiles
    from attncli.grading.crew import Crew
    from attncli.grading.own_gradebook import OwnGradebook

FEEDBACK = ("markdown", "html", "pdf")  # the forms of REPORTS that students can read


def _path(_: click.Context, parameter: click.Parameter, name: str | None) -> Path | None:
    """Return the path that an option names."""
    if name == "":
        raise AttncliError(f"{parameter.opts[0]} is empty.", "Name a file.")
    return Path(name) if name else None


_LISTED = (
    option(
        "--student",
        "pattern",
        metavar="REGEX",
        help="Find the students in the paths of the answers: a regular expression with the group "
        "student_id, and perhaps first_name, last_name, email, timestamp.",
    ),
    option(
        "--into",
        metavar="FILE.csv",
        callback=_path,
        shell_complete=complete(tuple, or_file=True),
        help="Fill the points into this gradebook of Moodle, Canvas, Blackboard or Brightspace.",
    ),
    option(
        "--column",
        metavar="TITLE",
        default="",
        help="The column of --into that takes the points, if there are several.",
    ),
    option(
        "--feedback",
        metavar="FOLDER|FILE.zip",
        callback=_path,
        shell_complete=complete(tuple, or_file=True),
        help="Write a report for each student, in the folders that the platform expects.",
    ),
    option(
        "--feedback-format",
        "feedback_form",
        type=one_of(lambda: FEEDBACK),
        metavar="FORMAT",
        default=FEEDBACK[0],
        help="The form of these reports: markdown, html or pdf (default: markdown).",
    ),
    option(
        "--jobs",
        type=whole_number(1),
        metavar="N",
        help="Processes that grade at the same time (default: one per processor).",
    ),
    option(
        "--scheduler",
        metavar="ADDRESS",
        help="Grade on the workers of a Dask cluster, such as tcp://10.0.0.1:8786.",
    ),
    option(
        "--resume",
        is_flag=True,
        help="Keep the grades in the CSV or JSONL file of -o whose answer has not changed.",
    ),
)


@record(frozen=True)
class Grading:
    """The values of `grading_options`."""

    pattern: str | None
    into: Path | None
    column: str
    feedback: Path | None
    feedback_form: str
    jobs: int | None
    scheduler: str | None
    resume: bool

    @property
    def wanted_feedback(self) -> str:
        """The form of the reports for students; empty if none are wanted."""
        return self.feedback_form if self.feedback else ""

    @property
    def feedback_zip(self) -> Path | None:
        """The file of the reports for students; None if a folder or nothing is wanted."""
        if not self.feedback:
            return None
        from attncli.documents.feedback.feedback_writer import is_zip

        return self.feedback if is_zip(self.feedback) else None

    @property
    def suffix(self) -> str:
        """The suffix of the reports for students."""
        return REPORTS[self.feedback_form].suffix

    def check(self, form: Format[Any], file: Path | None) -> None:
        """Raise AttncliError for options that exclude each other, or have no effect.

        `form` and `file` are those of the gradebook.
        """
        if self.column and not self.into:
            raise AttncliError("--column has no effect without --into.", "Leave it out.")
        if self.feedback_form != FEEDBACK[0] and not self.feedback:
            message = "--feedback-format has no effect without --feedback."
            raise AttncliError(message, "Add --feedback FOLDER.")
        if self.jobs and self.scheduler is not None:
            message = "--jobs and --scheduler exclude each other: a cluster has its own workers."
            raise AttncliError(message, "Leave out one of them.")
        if self.resume and not (file and isinstance(form, LinesFormat)):
            message = "--resume needs a gradebook that a run has begun."
            raise AttncliError(message, "Name it: -o grades.csv, or -o grades.jsonl.")
        if self.resume and self.feedback_zip:
            message = "--resume writes only the new reports, but a ZIP would replace the others."
            raise AttncliError(message, "Write them to a folder: --feedback FOLDER.")

    def own_files(self, output: Path | None) -> OwnFiles:
        """Return the files of the options, which may lie among the answers; `output` is of -o."""
        from attncli.documents.exports.own_files import OwnFiles

        into = [self.into] if self.into else []
        written = [file for file in (output, self.feedback_zip) if file]
        return OwnFiles(tuple(map(str, into)), tuple(map(str, written)))

    def own_gradebook(self) -> OwnGradebook | None:
        """Return the gradebook of --into. Raises AttncliError if it is not a gradebook."""
        if not self.into:
            return None
        from attncli.grading.own_gradebook import OwnGradebook

        return OwnGradebook(self.into, self.column)

    def crew(self) -> AbstractContextManager[Crew]:
        """Return the workers: processes of this machine, or the cluster of the scheduler."""
        if self.scheduler is not None:
            from attncli.grading.cluster import cluster_crew

            return cluster_crew(self.scheduler)
        from attncli.grading.crew import local_crew

        return local_crew(self.jobs or os.cpu_count() or 1)


def grading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of grading; it gets their values as one argument, `grading`."""

    @wraps(command)
    def with_grading(**given: Any) -> None:
        own = {name: given.pop(name) for name in Grading.__annotations__}
        command(grading=Grading(**own), **given)

    return options(*_LISTED)(with_grading)
