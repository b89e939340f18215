"""`attncli grade`: the gradebook of a class, and the mistakes that the class has made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from attncli.cli.grading_options import Grading, grading_options
from attncli.cli.help import Command
from attncli.cli.marking_options import CHECKING, checking_options
from attncli.cli.messages import note, surroundings, warn
from attncli.cli.options import Output, complete_document, problem_options, result_options
from attncli.cli.problem_arguments import csv_form, gather
from attncli.cli.program import debug_option
from attncli.cli.terminal import deliver, waiting
from attncli.formats import GRADES, LinesFormat
from attncli.words import count, in_words

if TYPE_CHECKING:
    from attncli.documents.gradebooks.filled import Filled
    from attncli.grading.batches import Graded
    from attncli.grading.class_work import ClassWork
    from attncli.grading.own_gradebook import OwnGradebook
    from attncli.homework.classes.class_report import ClassReport, ClassStatistics
    from attncli.homework.classes.grade import Grade

TO_LOOK_AT = 1
GRADING = "grading"


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
      attncli grade sample:self_attention sample:answers/self_attention
      attncli grade sample:self_attention sample:answers/rounded --feedback reports
      attncli grade sample:two_heads sample:answers/two_heads --points 0,weights=2,output=3
      attncli grade sample:two_heads sample:answers/two_heads -o grades.csv --resume

    ANSWER is a file, a folder with all that is in it, a pattern such as 'answers/*.json', or a ZIP,
    also as Moodle, Canvas, Blackboard, Brightspace, Gradescope or nbgrader arrange it. DOCUMENT is
    the problem of all, or the folder that attncli new --students has written: then each student has
    an own problem.

    Each answer is judged as attncli check judges it. The newest attempt of a student counts; the
    others are listed as superseded. An answer that cannot be read is listed with its message, and
    has no points. A student without an answer stays empty.

    --into FILE.csv fills the points and the feedback into your own file from Moodle, Canvas,
    Blackboard or Brightspace, and changes nothing else in it. --feedback FILE.zip has the names
    that the platform expects. --resume grades only answers that are new or changed since -o FILE
    was written. attncli guide grading shows both from the export to the upload.

    The exit status is 0 if every answer has a grade and a row in the file of --into, 1 if not, and
    2 for bad input.
    """
    from attncli.grading.batches import Judging
    from attncli.grading.class_work import class_work
    from attncli.homework.checking import CheckOptions

    grading.check(output.check_format(), output.file)
    checking = CheckOptions(**{name: options.pop(name) for name in CHECKING})
    chosen = gather((), options)
    judging = Judging(checking, step, grading.wanted_feedback, csv_form())
    own_files = grading.own_files(output.file)
    work = class_work(
        document, answers, chosen, judging, grading.pattern, surroundings(), own_files
    )
    own = grading.own_gradebook()
    unreadable = _run(work, grading, output, own)
    unmatched = _told(own.fill(), grading) if own else 0
    if unreadable or unmatched:
        click.get_current_context().exit(TO_LOOK_AT)


def _run(
    work: ClassWork, grading: Grading, output: Output[ClassReport], own: OwnGradebook | None
) -> int:
    """Grade the answers, write the gradebook and the reports; return the number of unreadable."""
    from attncli.homework.classes.class_report import ClassReport
    from attncli.homework.classes.class_tally import ClassTally

    kept: list[Grade] = []
    tally, total = ClassTally(), len(work.submissions) + len(work.absent)
    with ExitStack() as stack:
        crew = stack.enter_context(grading.crew())  # it may fail: no file is written before
        known, add = stack.enter_context(_rows(work, grading, output))
        report = stack.enter_context(_reports(grading))
        watch = stack.enter_context(waiting(GRADING))
        rate = Rate()
        for number, graded in enumerate(work.graded(crew, known), 1):
            tally.add(graded.grade)
            (add or kept.append)(graded.grade)
            report(graded)
            if own:
                own.add(graded.grade)
            if watch:
                rate.count(graded.grade.digest not in known)
                watch(f"{GRADING} {number} of {total}{rate.text}", number / total)
    statistics = tally.statistics()
    if add:
        note(_summary(statistics))
    else:
        output.write(ClassReport(work.title, tuple(kept), statistics))
    return statistics.counts["unreadable"]


class Rate:
    """Counts the answers that are graded per second, from the first of them on."""

    def __init__(self) -> None:
        self._number, self._start = 0, monotonic()

    def count(self, is_new: bool) -> None:
        """Count an answer; the grade of an earlier run took no time."""
        self._number += is_new

    @property
    def text(self) -> str:
        """The rate behind a comma; empty in the first second, and where it is below 1."""
        seconds = monotonic() - self._start
        rate = self._number / seconds if seconds > 1 else 0
        return f", {rate:.0f} per second" if rate >= 1 else ""


def _summary(statistics: ClassStatistics) -> str:
    from attncli.render.classes.class_texts import summary

    return " ".join(summary(statistics))


def _told(filled: Filled, grading: Grading) -> int:
    """Say what was filled in; return the number of grades without a row.

    Warn of these grades, and of rows that could not be filled although there is a grade. Answers
    that cannot be read are only counted: the gradebook of this run has their messages.
    """
    from attncli.documents.gradebooks.filled import Reason

    scaled = f", scaled to {filled.maximum:g} points" if filled.maximum else ", not scaled"
    reasons = Counter(row.reason for row in filled.unfilled)
    kept = {"without an answer": Reason.NO_ANSWER, "with an unreadable answer": Reason.NO_GRADE}
    parts = [f"{count(reasons[why], 'rows')} {how}" for how, why in kept.items() if reasons[why]]
    left = f" Left as before: {in_words(parts)}." if parts else ""
    rows = f"{count(filled.count, 'rows')} of column {filled.column} ({filled.platform})"
    note(f"{grading.into}: filled {rows}{scaled}.{left}")
    nameless = 0
    for unmatched in filled.unmatched:
        student = " ".join(filter(None, (unmatched.student, unmatched.name)))
        nameless += not student
        if student:
            warn(f"{grading.into}: {student}: {unmatched.reason.text}.")
    if nameless:
        cure = "Find the students in the paths with --student."
        warn(f"{grading.into}: {count(nameless, 'answers')} without a student. {cure}")
    for row in filled.unfilled:
        if row.reason in kept.values():
            continue
        warn(f"{grading.into}: {row.student} {row.name}: {row.reason.text}.")
    return len(filled.unmatched)


@contextmanager
def _rows(
    work: ClassWork, grading: Grading, output: Output[ClassReport]
) -> Iterator[tuple[Mapping[str, Grade], Callable[[Grade], None] | None]]:
    """Yield the grades that are known, and a function that writes a row at once.

    It is None for a form that needs all rows.
    """
    form = output.check_format()
    if not isinstance(form, LinesFormat):
        yield {}, None
    elif output.file:
        from attncli.grading.gradebook_file import KnownGrades, growing_gradebook

        known = KnownGrades(output.file, form, work.steps) if grading.resume else None
        with growing_gradebook(output.file, form, work.steps, known) as add:
            yield known or {}, add
    else:
        deliver(form.head(work.steps).encode(), None)
        yield {}, lambda grade: deliver(form.line(grade, work.steps).encode(), None)


@contextmanager
def _reports(grading: Grading) -> Iterator[Callable[[Graded], None]]:
    """Yield a function that writes the report for a student, if reports are wanted."""
    if not grading.feedback:
        yield lambda _: None
        return
    from attncli.documents.feedback.feedback_paths import FeedbackPaths
    from attncli.documents.feedback.feedback_writer import writing_feedback

    paths = FeedbackPaths(grading.suffix)
    with writing_feedback(grading.feedback) as write:

        def report(graded: Graded) -> None:
            grade, data = graded.grade, graded.feedback
            if data:
                write(paths.path(grade.folder, grade.student, grade.name, grade.file), data)

        yield report
