"""Test quizzes for Moodle with a port of the patterns by which Moodle finds blanks."""

from __future__ import annotations

import html
import re
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
import pytest

import attncli
from attncli.calculation.problem.worksheet import Worksheet
from attncli.documents.samples import sample_names
from attncli.render.handouts.moodle_quiz import moodle_quiz

DOCUMENTS = [name for name in sample_names() if name.count("/") == 0]

# The patterns of question/type/multianswer/questiontype.php in Moodle, with the same groups.
FRACTION = r"=|%(-?[0-9]+(?:[.,][0-9]*)?)%"
ANSWER = r".+?(?<!\\)(?<!&)(?<!&amp;)(?=[~#}]|$)"
FEEDBACK = r".*?(?<!\\)(?=[~}]|$)"
ALTERNATIVE = rf"({FRACTION})?({ANSWER})(#({FEEDBACK}))?"
NUMBER = r"-?(([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][-+]?[0-9]+)?)"
NUMERICAL = rf"^({NUMBER})(:{NUMBER})?$"
BLANK = re.compile(rf"(?s)\{{([0-9]*):(NUMERICAL|NM):({ALTERNATIVE}(~{ALTERNATIVE})*)\}}")


class Option(NamedTuple):
    """An alternative of a blank, as Moodle understands it."""

    answer: float
    tolerance: float
    fraction: float
    feedback: str
    text: str


class Question(NamedTuple):
    """A cloze question: its name, its category, its blanks, and its text without blanks."""

    name: str
    category: str
    blanks: list[list[Option]]
    text: str


def options_of(alternatives: str) -> list[Option]:
    """Return the alternatives of a blank: Moodle takes them from the left, one by one."""
    options = []
    while found := re.match(rf"(?s)~?{ALTERNATIVE}", alternatives):
        number = re.search(NUMERICAL, found[3])
        assert number, found[3]
        fraction = 1.0 if found[1] == "=" else float(found[2]) / 100
        feedback = html.unescape(found[5] or "").replace(r"\}", "}").replace(r"\#", "#")
        tolerance = float(number[6]) if number[6] else 0.0
        options.append(Option(float(number[1]), tolerance, fraction, feedback, number[1]))
        alternatives = alternatives[found.end() :]
    assert not alternatives
    return options


def imported(quiz: str) -> list[Question]:
    """Return the questions of a quiz, as Moodle imports them."""
    assert quiz.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    category, questions = "", []
    for element in ElementTree.fromstring(quiz.encode()):
        if element.get("type") == "category":
            category = element.findtext("category/text") or ""
            continue
        assert element.get("type") == "cloze"
        text = element.findtext("questiontext/text") or ""
        blanks = [options_of(found[3]) for found in BLANK.finditer(text)]
        rest = BLANK.sub("", text)
        assert "{" not in rest
        name = element.findtext("name/text") or ""
        questions.append(Question(name, category, blanks, rest))
    return questions


def marked(blank: list[Option], number: float) -> tuple[float, str]:
    """Return the marks and the feedback for a number: of the first alternative that it matches."""
    for option in blank:
        if abs(number - option.answer) <= option.tolerance:
            return option.fraction, option.feedback
    return 0.0, ""


def quiz_of(*documents: Any, decimals: int = 2) -> list[Question]:
    sheets = [Worksheet(attncli.compute(one).made, decimals, "problem.json") for one in documents]
    names = [str(number) for number in range(1, len(sheets) + 1)] if len(sheets) > 1 else [""]
    return imported(moodle_quiz(dict(zip(names, sheets, strict=True))))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_right_number_gets_full_marks(name: str) -> None:
    """Each finite cell is a blank, its right number has full marks, and no alternatives overlap.

    Copies, such as the heads of Q, are not asked, except the output.
    """
    computed = attncli.compute(name)
    result = {
        step.name: computed[step.name]
        for step in computed.made.trace.plan.steps
        if not step.operation.is_copy or step.name == "output"
    }
    questions = {question.name: question for question in quiz_of(name)}
    finite = {step: matrix[np.isfinite(matrix)] for step, matrix in result.items()}
    assert list(questions) == [step for step, numbers in finite.items() if numbers.size]
    for step, question in questions.items():
        assert len(question.blanks) == finite[step].size
        for blank, number in zip(question.blanks, finite[step], strict=True):
            assert marked(blank, float(f"{number:.2f}")) == (1.0, "")
            assert marked(blank, float(number)) == (1.0, "")
            assert marked(blank, float(number) + 0.0051)[0] == 0
            assert [option.fraction for option in blank].count(1.0) == 1
            scored = [option for option in blank if option.tolerance]
            ordered = sorted(option.answer for option in scored)
            gaps = np.diff(ordered)
            assert (gaps > 2 * 0.005).all()


def test_a_mistake_gets_its_feedback() -> None:
    """The number of a known mistake has no marks, and feedback that names the mistake."""
    (scaled,) = (one for one in quiz_of("sample:self_attention") if one.name == "scaled")
    scores = attncli.compute("sample:self_attention")["scores"].ravel()
    told = [marked(blank, float(n)) for blank, n in zip(scaled.blanks, scores, strict=True)]
    assert told == [(0.0, "The scores were not scaled.")] * 9
    assert marked(scaled.blanks[0], 123.0) == (0.0, "")


def test_the_width_of_a_box_tells_nothing() -> None:
    """The longest alternative, which makes a box wide, is equally long in all blanks of a step."""
    for question in quiz_of("sample:two_heads"):
        longest = {max(len(option.text) for option in blank) for blank in question.blanks}
        assert len(longest) == 1


@pytest.mark.parametrize("decimals", [0, 1, 4])
def test_the_shown_numbers_are_enough(decimals: int) -> None:
    """The numbers that a step begins with give its right numbers at the asked decimals."""
    (output,) = (
        one for one in quiz_of("sample:self_attention", decimals=decimals) if one.name == "output"
    )
    rows = re.findall(r"<tr>(.*?)</tr>", output.text)
    cells = [[float(cell) for cell in re.findall(r"<td[^>]*>([^<]+)</td>", row)] for row in rows]
    given = [row for row in cells if row]  # V, then weights
    right = np.array(given[3:]) @ np.array(given[:3])
    for blank, number in zip(output.blanks, right.ravel(), strict=True):
        assert marked(blank, float(f"{number:.{decimals}f}"))[0] == 1.0


HOSTILE = "{1:NM:=5:1} ~%100%1 # \\ ]]> <b>&amp;} $@NULL@$"


def test_a_label_is_only_text() -> None:
    """No text of the user begins a blank, ends the data of XML, or is a tag."""
    document = {
        "title": HOSTILE,
        "tokens": [HOSTILE, "b"],
        "memory_tokens": [HOSTILE, "d"],
        "Q": [[1, 0], [0, 1]],
        "K": [[1, 0], [0, 2]],
        "V": [[1, 2], [3, 4]],
    }
    for question in quiz_of(document):
        assert len(question.blanks) == 4
        assert html.unescape(question.text).count(HOSTILE) >= 3
        assert "<b>&amp;}" not in question.text
        assert question.category.replace("//", "/").startswith(f"$course$/top/{HOSTILE}/")


def test_variants_stand_in_one_category() -> None:
    """The questions of a step of all variants stand in one category, with names of their own."""
    first = {"Q": [[1, 0]], "K": [[1, 2], [0, 1]], "title": "Scores"}
    questions = quiz_of(first, {**first, "Q": [[2, 1]]})
    assert [(one.category, one.name) for one in questions] == [
        ("$course$/top/Scores/1 scores", "scores, variant 1"),
        ("$course$/top/Scores/1 scores", "scores, variant 2"),
        ("$course$/top/Scores/2 scaled", "scaled, variant 1"),
        ("$course$/top/Scores/2 scaled", "scaled, variant 2"),
        ("$course$/top/Scores/3 weights", "weights, variant 1"),
        ("$course$/top/Scores/3 weights", "weights, variant 2"),
    ]


def test_feedback_keeps_every_sign() -> None:
    """Moodle gives feedback back as the HTML that shows the text."""
    from attncli.render.handouts.moodle_quiz import Alternative

    written = Alternative("1", 0.5, 0, HOSTILE).text()
    (option,) = options_of(written)
    assert html.unescape(option.feedback) == HOSTILE
    assert "<b>" not in option.feedback
