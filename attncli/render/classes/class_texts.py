"""The texts of a report on a class that the forms for people share: sentences and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.homework.classes.class_report import (
    ClassReport,
    ClassStatistics,
    MistakeCount,
    StepStatistics,
)
from attncli.homework.classes.class_tally import LEAST_ANSWERS, merge_names
from attncli.homework.classes.grade import Grade, Status, short_message
from attncli.records import record
from attncli.render.numbers import number_text
from attncli.render.tables.elision import left_out_text
from attncli.words import count, in_words, printable

NONE = "–"  # the text of a cell without a number
MOST_ROWS = 20  # rows of a table of the class that are shown without --full
TITLE = "Grades of a class"


@record(frozen=True)
class ClassTable:
    """A table of the statistics: the columns `numbers` are aligned at the right.

    `shares` are the shares of the answers that are right, from 0 to 1, one for each row, if the
    column `right` is shaded. `left_out` is a sentence on rows that are not shown, and `note` a
    sentence on the columns; each may be empty.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int]
    note: str = ""
    left_out: str = ""
    shares: tuple[float, ...] = ()


@record(frozen=True)
class AnswerRow:
    """The row of an answer: its texts, and the texts and signs of its steps.

    `points` are the points of each step of the class; empty where the answer has no such step.
    `lost` are True for the steps that do not earn their points.
    """

    student: str
    file: str
    points: tuple[str, ...]
    lost: tuple[bool, ...]
    total: str
    first_wrong: str
    mistakes: str
    is_graded: bool


def class_steps(grades: Sequence[Grade]) -> list[str]:
    """Return the steps of all answers, in the order of the calculation."""
    names: list[str] = []
    for own in dict.fromkeys(tuple(step.name for step in grade.steps) for grade in grades):
        names = merge_names(names, own)
    return names


def shared_folder(grades: Sequence[Grade]) -> str:
    """Return the folder or the ZIP of all the answers, with `/` or `:` at its end."""
    files = [grade.file for grade in grades if grade.file]
    same = _shared_start(min(files, default=""), max(files, default=""))
    return same[: max(same.rfind("/"), same.rfind(":")) + 1]


def _shared_start(one: str, other: str) -> str:
    """Return the characters with which both texts begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))]


def folder_text(folder: str) -> str:
    """Return a sentence on the folder that the files of the rows are in."""
    return f"files: in {printable(folder[:-1])}"


def short_file(grade: Grade, folder: str) -> str:
    """Return the file of an answer in a folder, without the own folder of a known student.

    Canvas has no folders: the names of a student's files begin as that of the report does, up to
    a `_`.
    """
    file = grade.file.removeprefix(folder)
    own = _shared_start(file, f"{grade.folder}/") if student_text(grade) else ""
    return file[max(own.rfind("/"), own.rfind("_")) + 1 :]


def answer_table(report: ClassReport) -> tuple[tuple[str, ...], list[AnswerRow], str]:
    """Return the headings and the rows of all answers, and a sentence on their folder or ''."""
    names, folder = class_steps(report.grades), shared_folder(report.grades)
    headings = ("student", "file", *names, "total", "first wrong", "mistakes")
    rows = [answer_row(grade, names, folder) for grade in report.grades]
    return headings, rows, folder_text(folder) if folder else ""


def answer_row(grade: Grade, names: Sequence[str], folder: str) -> AnswerRow:
    """Return the row of an answer in a class with these steps and this shared folder."""
    steps = {step.name: step for step in grade.steps}
    total = f"{grade.earned:g} of {grade.points:g}" if grade.earned is not None else ""
    return AnswerRow(
        student_text(grade),
        printable(short_file(grade, folder)),
        tuple(f"{steps[name].earned:g}" if name in steps else "" for name in names),
        tuple(name in steps and not steps[name].is_right for name in names),
        total or grade.status.word,
        grade.first_wrong,
        ", ".join(grade.mistakes),
        grade.status is Status.GRADED,
    )


def student_text(grade: Grade) -> str:
    """Return a student's name and id: `Anna Lee (4711)`; or the one of them that is known."""
    if grade.name and grade.student and grade.name != grade.student:
        return printable(f"{grade.name} ({grade.student})")
    return printable(grade.name or grade.student)


def summary(statistics: ClassStatistics) -> Iterator[str]:
    """Yield sentences on the number of answers, and on their totals."""
    missing = statistics.counts[Status.MISSING.word]
    words = [
        f"{number} {word}"
        for word, number in statistics.counts.items()
        if word == Status.GRADED.word or (number and word != Status.MISSING.word)
    ]
    answers = sum(statistics.counts.values()) - missing
    yield f"{count(answers, 'answers')}: {in_words(words)}."
    if missing:
        yield f"{count(missing, 'students')} without an answer."
    totals = statistics.totals
    if totals is None:
        return
    parts = [f"mean {percent(totals.mean)}", f"median {percent(totals.median)}"]
    if totals.deviation is not None:
        parts.append(f"standard deviation {percent(totals.deviation)}")
    yield f"Totals: {', '.join(parts)}, from {percent(totals.lowest)} to {percent(totals.highest)}."


def percent(number: float) -> str:
    """Return a number of percent with at most one decimal.

    >>> percent(75.0), percent(66.667)
    ('75%', '66.7%')
    """
    return f"{number:.1f}".removesuffix(".0") + "%"


def class_tables(report: ClassReport, full: bool) -> Iterator[ClassTable]:
    """Yield the tables of the statistics that have rows; of long ones the first rows."""
    statistics = report.statistics
    tables = (
        _unreadable(report),
        _messages(statistics),
        _steps(statistics),
        _mistakes(statistics),
        _values(statistics),
        _variants(statistics),
    )
    for title, headings, rows, numbers, note in tables:
        if not rows:
            continue
        shown = rows if full else rows[:MOST_ROWS]
        shares = tuple(step.share_right for step in statistics.steps[: len(shown)])
        yield ClassTable(
            title,
            tuple(headings),
            tuple(shown),
            frozenset(at for at, heading in enumerate(headings) if heading in numbers),
            note,
            left_out_text([("rows", len(rows), len(shown))]),
            shares if "right" in headings else (),
        )


# A title, the headings, the rows, the headings of numbers, and a sentence on the columns.
_Table = tuple[str, Sequence[str], Sequence[tuple[str, ...]], Sequence[str], str]


def _unreadable(report: ClassReport) -> _Table:
    """Return the unreadable answers, each with its student, if students are known, and message."""
    folder = shared_folder(report.grades)
    found = [grade for grade in report.grades if grade.status is Status.UNREADABLE]
    rows = [
        (student_text(grade), printable(short_file(grade, folder)), printable(short_message(grade)))
        for grade in found
    ]
    headings = ("student", "file", "message")
    known = 0 if any(map(student_text, found)) else 1
    return "Answers that cannot be read", headings[known:], [row[known:] for row in rows], (), ""


def _messages(statistics: ClassStatistics) -> _Table:
    """Return the kinds of messages, if several answers have one of the same kind."""
    kinds = statistics.unreadable
    has_several = any(kind.answers > 1 for kind in kinds)
    rows = [(str(kind.answers), printable(kind.text)) for kind in kinds if has_several]
    return "Why answers cannot be read", ("answers", "message"), rows, ("answers",), ""


def _steps(statistics: ClassStatistics) -> _Table:
    steps = statistics.steps
    headings = ["step", "right", "answers"]
    columns = [
        [step.name for step in steps],
        [percent(100 * step.share_right) for step in steps],
        [str(step.answers) for step in steps],
    ]
    notes = ["right: the numbers are right, or follow from an earlier wrong step."]

    def add(heading: str, texts: list[str], note: str = "") -> None:
        headings.append(heading)
        columns.append(texts)
        notes.append(note)

    if any(step.rounded for step in steps):
        add("rounded", [str(step.rounded) for step in steps])
    if any(step.missing for step in steps):
        add("missing", [str(step.missing) for step in steps])
    facility = [_facility(step) for step in steps]
    if facility == columns[1]:
        notes.append("The share of right answers is also Moodle's facility index.")
    elif any(facility):
        add("facility", facility, "facility: the mean of the points divided by their maximum.")
    if any(step.discrimination is not None for step in steps):
        note = "discrimination: 100 times the correlation with the points of the other steps."
        add("discrimination", [_discrimination(step) for step in steps], note)
    else:
        notes.append(
            f"Moodle's discrimination index needs {LEAST_ANSWERS} graded answers that differ."
        )
    rows = list(zip(*columns, strict=True))
    return "What the class got right", headings, rows, headings[1:], " ".join(filter(None, notes))


def _facility(step: StepStatistics) -> str:
    return percent(100 * step.facility) if step.facility is not None else ""


def _discrimination(step: StepStatistics) -> str:
    return f"{step.discrimination:.0f}" if step.discrimination is not None else ""


def _mistakes(statistics: ClassStatistics) -> _Table:
    rows = [
        (
            f"{each.answers} of {statistics.graded}",
            ", ".join(each.names),
            _steps_of(each),
            each.text,
        )
        for each in statistics.mistakes
    ]
    headings = ("answers", "mistake", "steps", "what was done")
    return "What the class got wrong", headings, rows, ("answers",), ""


def _steps_of(each: MistakeCount) -> str:
    """Return the steps of a mistake: with their answers, if it is not the same number in all."""
    if set(each.steps.values()) == {each.answers}:
        return ", ".join(each.steps)
    return ", ".join(f"{name} ({answers})" for name, answers in each.steps.items())


def _values(statistics: ClassStatistics) -> _Table:
    rows = [
        (f"{each.answers} of {statistics.graded}", each.place, number_text(each.value))
        for each in statistics.values
    ]
    note = ""
    if statistics.values_missed:
        note = f"These numbers of answers may be too low by at most {statistics.values_missed}."
    title = "The commonest wrong numbers that no known mistake explains"
    return title, ("answers", "cell", "number"), rows, ("answers", "number"), note


def _variants(statistics: ClassStatistics) -> _Table:
    rows = [
        (printable(each.variant) or NONE, percent(each.mean), str(each.answers))
        for each in statistics.variants
    ]
    return "Variants", ("variant", "mean", "answers"), rows, ("mean", "answers"), ""
