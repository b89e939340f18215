"""`attncli grade`: the gradebook of a class, and the mistakes that the class has made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attncli.cli.checking_options import CHECKING, checking_options
from attncli.cli.grading_options import Grading, grading_options
from attncli.cli.help import Command
from attncli.cli.messages import surroundings
from attncli.cli.options import Output, complete_document, problem_options, result_options
from attncli.cli.program import debug_option
from attncli.formats import GRADES

if TYPE_CHECKING:
    from attncli.homework.classes.class_report import ClassReport

TO_LOOK_AT = 1


@click.command(cls=Command)
@click.argument("document", metavar="DOCUMENT", shell_complete=complete_document())
@click.argument("answers", nargs=-1, required=True, metavar="ANSWER...")
@grading_options
@checking_options
@result_options(GRADES)
@problem_options("mask")
@debug_option
def grade(
    document: str,
    answers: tuple[str, ...],
    step: str | None,
    grading: Grading,
    output: Output[ClassReport],
    **options: Any,
) -> None:
    """Grade the answers of a class, and show what the class got wrong.

    \b
    Examples:
      attncli grade problem.json answers/
      attncli grade problem.json export.zip --into gradebook.csv --feedback feedback.zip
      attncli grade class/ answers/ --required scores,weights -o grades.csv --resume
      attncli grade problem.json 'answers/*.csv' --student '(?P<student_id>\\d+)' -f jsonl
      attncli grade problem.json export.zip --scheduler tcp://127.0.0.1:8786

    ANSWER is a file, a folder with all that is in it, a pattern such as 'answers/*.json', or a ZIP,
    also as Moodle, Canvas, Blackboard, Brightspace, Gradescope or nbgrader arrange it. DOCUMENT is
    the problem of all, or the folder that attncli new --students has written: then each student has
    an own problem.

    Each answer is judged as attncli check judges it. The newest attempt of a student counts; the
    others are listed as superseded. An answer that cannot be read is listed with its message, and
    has no points. A student without an answer stays empty.

    --into fills the points and the feedback into your own file from Moodle, Canvas, Blackboard or
    Brightspace, and changes nothing else in it. --resume grades only answers that are new or
    changed since -o FILE was written.

    The exit status is 0 if every answer has a grade and a row in the file of --into, 1 if not, and
    2 for bad input.
    """
    from attncli.grading.class_work import class_work
    from attncli.grading.grade_answers import Assignment
    from attncli.homework.checking import CheckOptions

    checking = CheckOptions(**{name: options.pop(name) for name in CHECKING})
    form = output.check_format()
    grading.check(form, output.file)
    gathered = gather((), options)  # the problem's options alone
    assignment = Assignment(gathered, checking, step, grading.wanted_feedback)
    work = class_work(document, answers, assignment, grading.pattern, surroundings())
    outcome = _graded(work, grading, output)
    outcome.write
