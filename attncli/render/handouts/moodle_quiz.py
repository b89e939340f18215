"""Write Moodle XML: a cloze question for each step, with a blank for each cell.

A cloze question cannot carry an error forward. So each step has its own question, which shows the
right numbers that the step begins with. The questions of a step stand in one category, from which
a quiz draws one at random.

The syntax is that of Moodle's question type multianswer, which finds the blanks by patterns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import isfinite

import numpy as np

from attncli.calculation.algebra.plan import Step
from attncli.calculation.problem.worksheet import Worksheet, WorksheetMatrix, given_text
from attncli.homework.handouts.step_mistakes import StepMistake, step_mistakes
from attncli.records import record
from attncli.words import count

SLACK = 1e-9  # added to half a unit, so that rounding of floats does not fail a right answer
MOST_DIGITS = 12  # decimals of the numbers that a step begins with
_CELL = 'style="padding: 0 0.5em; text-align: right"'


def moodle_quiz(variants: Mapping[str, Worksheet]) -> str:
    """Return the questions of all steps of an exercise, in variants that have these names.

    A single exercise has the name "".
    """
    questions: dict[str, list[str]] = {}
    for variant, sheet in variants.items():
        for step in sheet.result.trace.plan.steps:
            name = f"{step.name}, variant {variant}" if variant else step.name
            if question := _question(sheet, step, name):
                questions.setdefault(step.name, []).append(question)
    # A single / would begin another category.
    title = next(iter(variants.values())).title.replace("/", "//")
    width = len(str(len(questions)))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    for number, (name, found) in enumerate(questions.items(), 1):
        path = escape(f"$course$/top/{title}/{number:0{width}} {name}", quote=False)
        lines.append(
            f'<question type="category"><category><text>{path}</text></category></question>'
        )
        lines += found
    return "\n".join([*lines, "</quiz>", ""])


def _question(sheet: Worksheet, step: Step, name: str) -> str:
    """Return the question of a step; empty if the step has no finite number to calculate."""
    parts = [part for part in sheet.steps() if part.name == step.name]
    if not any(part.is_asked and np.isfinite(part.numbers).any() for part in parts):
        return ""
    html = "\n".join(_html(sheet, step, parts))
    return (
        f'<question type="cloze"><name><text>{escape(name, quote=False)}</text></name>\n'
        f'<questiontext format="html"><text><![CDATA[{html}]]></text></questiontext>\n'
        '<generalfeedback format="html"><text></text></generalfeedback>'
        "<penalty>0.3333333</penalty><hidden>0</hidden></question>"
    )


def _html(sheet: Worksheet, step: Step, parts: Sequence[WorksheetMatrix]) -> Iterator[str]:
    """Yield the lines of a question: the matrices that the step begins with, then the blanks."""
    yield f"<p><b>{_text(sheet.title)}</b></p>"
    if choices := sheet.choices():
        yield f"<p>{_text(choices)}</p>"
    yield "<p>Given:</p>"
    digits = _digits(sheet, step)
    for matrix in (*sheet.given(), *sheet.steps()):
        if matrix.name in step.operation.operands:
            yield _heading(matrix.section, matrix.where)
            yield _table(matrix, [[_shown(n, digits) for n in row] for row in matrix.numbers])
    decimals = count(sheet.decimals, "decimals")
    formula = _text(f"{step.name} = {parts[0].formula}")
    yield f"<p>Calculate {formula}. Write each number with {decimals}.</p>"
    mistakes = list(step_mistakes(sheet.result, step))
    blanks = [_blanks(part, mistakes, sheet.decimals) for part in parts]
    width = max(len(each.answer) for part in blanks for blank in part for each in blank)
    cells = iter([_cloze(blank, width) for part in blanks for blank in part])
    for part in parts:
        if part.where:
            yield _heading(part.section, part.where)
        rows = [[next(cells) or given_text(n) for n in row] for row in part.numbers]
        yield _table(part, rows)


def _digits(sheet: Worksheet, step: Step) -> int:
    """Return the decimals of the numbers that a step begins with.

    Calculated from numbers with these decimals, the step has the right digits.
    """
    trace, matrices = sheet.result.trace, sheet.result.problem.matrices
    names = step.operation.operands
    right = np.round(trace.matrices[step.name], sheet.decimals)
    for digits in range(sheet.decimals + 2, MOST_DIGITS):
        operands = [{**matrices, **trace.matrices}[name] for name in names]
        known = [one if one.dtype == bool else np.round(one, digits) for one in operands]
        with np.errstate(all="ignore"):
            again = np.round(step.operation.apply(*known), sheet.decimals)
        if np.array_equal(again, right, equal_nan=True):
            return digits
    return MOST_DIGITS


def _shown(number: float, digits: int) -> str:
    """Return a number that the step begins with: whole if it is short, else rounded."""
    text = given_text(number)
    return text if len(text.partition(".")[2]) <= digits else f"{number:z.{digits}f}"


@record(frozen=True)
class Alternative:
    """An answer to a blank, the distance within which it counts, its marks and its feedback."""

    answer: str
    tolerance: float
    percent: int
    feedback: str = ""

    def text(self) -> str:
        marks = "=" if self.percent == 100 else f"%{self.percent}%"
        feedback = self.feedback and f"#{_in_cloze(_text(self.feedback))}"
        return f"{marks}{self.answer}:{self.tolerance:.12g}{feedback}"


def _blanks(
    part: WorksheetMatrix, mistakes: Sequence[StepMistake], decimals: int
) -> list[list[Alternative]]:
    """Return the alternatives of each cell of a matrix: none for a cell that is not finite."""
    half = 0.5 * 10.0**-decimals
    blanks = []
    for at in np.ndindex(part.numbers.shape):
        right = float(part.numbers[at])
        wrong = [(float(one.matrix[(*part.index, *at)]), one.done) for one in mistakes]
        finite = [(number, done) for number, done in wrong if isfinite(number)]
        answers = [(right, ""), *finite]
        alone = [
            Alternative(_answer(number, decimals), half + SLACK, 0 if done else 100, done)
            for number, done in answers
            if not done
            or sum(abs(number - other) <= 2 * (half + SLACK) for other, _ in answers) == 1
        ]
        blanks.append(alone if isfinite(right) else [])
    return blanks


def _answer(number: float, decimals: int) -> str:
    """Return a number with nine more decimals than a learner writes."""
    return f"{number:z.{decimals + 9}f}".rstrip("0").rstrip(".")


def _cloze(blank: Sequence[Alternative], width: int) -> str:
    """Return a blank in the syntax of cloze questions; empty without alternatives.

    Moodle makes the box of a blank as wide as its longest answer. An alternative without marks
    makes all boxes equally wide, so that the width does not tell the answer.
    """
    if not blank:
        return ""
    longest = max(len(each.answer) for each in blank)
    wide = [Alternative("9" * width, 0, 0)] if longest < width else []
    return "{1:NM:" + "~".join(each.text() for each in (*blank, *wide)) + "}"


def _heading(name: str, where: str) -> str:
    return f"<p>{_text(f'{name} ({where})' if where else name)}:</p>"


def _table(matrix: WorksheetMatrix, cells: Sequence[Sequence[str]]) -> str:
    """Return a table with the labels that the matrix has; `cells` are HTML."""
    head = [f"<th></th>{''.join(map(_label, matrix.columns))}"] if matrix.columns else []
    labels = map(_label, matrix.rows or [""] * len(cells))
    body = (
        label + "".join(f"<td {_CELL}>{cell}</td>" for cell in row)
        for label, row in zip(labels, cells, strict=True)
    )
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in (*head, *body))}</table>"


def _label(text: str) -> str:
    return f"<th {_CELL}>{_text(text)}</th>"


# In the text of a question, a brace could begin a blank.
_BRACES = {ord(sign): f"&#{ord(sign)};" for sign in "{}"}
# Signs that end a feedback, or protect the sign after them.
_SIGNS = {ord(sign): f"&#{ord(sign)};" for sign in "{}~#\\"}


def _text(text: str) -> str:
    """Return a text as HTML, in which nothing is a tag or the beginning of a blank."""
    return escape(text).translate(_BRACES)


def _in_cloze(html: str) -> str:
    """Return HTML for the feedback of a blank, of which Moodle decodes the entities once more.

    >>> _in_cloze(_text("a < b"))
    'a &amp;lt; b'
    """
    return html.replace("&", "&amp;").translate(_SIGNS)
