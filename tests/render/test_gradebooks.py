"""Test the forms of the report on a class: golden files, and what other programs read in them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from attncli.errors import AttncliError
from attncli.formats import GRADES, LinesFormat
from attncli.homework.classes.grade import Grade, Status, StepGrade
from attncli.render.classes.grades_reader import GradesReader
from attncli.render.view import View
from tests.drawn_class import STEPS, class_report, drawn_class, drawn_grades
from tests.pages.embedded import tables_of
from tests.running import GOLDEN

FOLDER = GOLDEN / "grades"
# The golden files, and the form and the width of each.
SHOWN = {
    "table-60.txt": ("table", 60),
    "table-80.txt": ("table", 80),
    "table-120.txt": ("table", 120),
    "table-pipe.txt": ("table", None),
    "grades.csv": ("csv", None),
    "grades.json": ("json", None),
    "grades.jsonl": ("jsonl", None),
    "grades.md": ("markdown", None),
    "page.html": ("html", None),
}
LINES = [name for name, form in GRADES.items() if isinstance(form, LinesFormat)]


def written(form: str, width: int | None = None) -> str:
    """Return the drawn class in a form; of a page only the body, without its style sheet."""
    text = GRADES[form].write(drawn_class(), View(width=width)).decode()
    return text.partition("<body>\n")[2] if form == "html" else text


@pytest.mark.parametrize("name", SHOWN)
def test_the_drawn_class_is_as_before(name: str) -> None:
    """Each form of the drawn class is its golden file."""
    assert written(*SHOWN[name]) == (FOLDER / name).read_text(encoding="utf-8")


def test_each_status_is_drawn() -> None:
    """The golden files hold a row of each status."""
    assert {grade.status for grade in drawn_grades()} == set(Status)
    assert all(status.word and status.meaning for status in Status)


@pytest.mark.parametrize("color", ["truecolor", "256", "standard"])
def test_a_light_screen_has_no_yellow(color: Literal["truecolor", "256", "standard"]) -> None:
    """The states of answers and lost points have the styles of a light screen."""
    shown = GRADES["table"].write(drawn_class(), View(width=80, color=color, is_dark=False))
    assert b"unreadable" in shown
    assert not re.search(rb"\x1b\[(?:1;)?(?:33|93)m", shown)


def test_every_form_has_a_golden_file() -> None:
    assert {form for form, _ in SHOWN.values()} == set(GRADES)


# Rows as a spreadsheet, a script and a browser read them.


def test_csv_has_a_line_per_answer() -> None:
    """The module csv reads a row per answer; no text is a formula of a spreadsheet."""
    rows = list(csv.DictReader(io.StringIO(written("csv"))))
    for row, grade in zip(rows, drawn_grades(), strict=True):
        assert (row["student"], row["status"]) == (grade.student, grade.status.word)
        earned = {step.name: f"{step.earned:g}" for step in grade.steps}
        assert [row[name] for name in STEPS] == [earned.get(name, "") for name in STEPS]
        assert row["total"] == ("" if grade.earned is None else f"{grade.earned:g}")
    assert rows[1]["name"] == "'=1+1"
    assert rows[1]["mistakes"] == "no-scale"
    assert written("csv").count("\n") == len(rows) + 1
    unreadable = rows[4]
    assert unreadable["message"].startswith("answers/student-04.json: line 1, column 20: ")
    assert (unreadable["total"], unreadable["points"]) == ("", "")


def test_json_has_statistics_and_grades() -> None:
    """The module json reads the statistics, and the grades as lines of JSON have them."""
    document = json.loads(written("json"))
    lines = [json.loads(line) for line in written("jsonl").splitlines()]
    assert document["grades"] == lines
    assert document["statistics"]["counts"]["graded"] == 5
    right = {step["name"]: step["share_right"] for step in document["statistics"]["steps"]}
    assert right == {"scores": 0.8, "scaled": 0.8, "weights": 0.6, "output": 1.0}


def test_markdown_has_a_row_per_answer() -> None:
    """A reader of Markdown finds the texts of names, with no character of them as markup."""
    tokens = MarkdownIt().enable("table").parse(written("markdown"))
    texts = [
        "".join(child.content for child in token.children or [])
        for token in tokens
        if token.type == "inline"
    ]
    headings = [
        tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"
    ]
    assert headings[0] == r"Exercise 1 \| Three inputs"
    assert headings[-1] == "Answers"
    assert "<b>Bo</b> | *Lee* (student-03)" in texts
    at = texts.index("<b>Bo</b> | *Lee* (student-03)")
    assert texts[at : at + 8] == [
        texts[at], "student-03.json", "0", "1", "1", "1", "3 of 4", "scores",
    ]  # fmt: skip


def test_a_page_has_a_row_per_answer() -> None:
    """A reader of HTML finds the texts of the rows, and the page has neither scripts nor links."""
    page = GRADES["html"].write(drawn_class(), View()).decode()
    *_, (attributes, rows) = tables_of(page)
    assert attributes == {}
    assert rows[0] == ["student", "file", *STEPS, "total", "first wrong", "mistakes"]
    assert [row[0] for row in rows[1:]][3] == "<b>Bo</b> | *Lee* (student-03)"
    assert rows[5][6] == "unreadable"
    assert len(rows) == 1 + len(drawn_grades())
    body = page.partition("<body>")[2]
    assert "default-src 'none'" in page.replace("&#x27;", "'")
    assert not any(word in body for word in ("<script", "href", "src=", "style="))


# Tables for people.


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("steps", [1, 4, 7, 30])
def test_tables_fit_the_screen(width: int, steps: int) -> None:
    """No line is wider than a screen of 60 columns, and nothing of a name or a file is cut."""
    names = [f"layers.{n}.weights" if steps > 9 else f"step{n}" for n in range(steps)]
    lines = tuple(StepGrade(name, "wrong", 0.5, 2.5, ("no-scale",)) for name in names)
    who = {"student": "4711", "name": "ü" * 30 + " ü", "file": "z" * 50}
    first = Grade(status=Status.GRADED, steps=lines, first_wrong=names[0], **who)
    grades = [first, Grade("", Status.UNREADABLE, file="ø" * 70, message="å" * 70)]
    text = GRADES["table"].write(class_report(grades), View(width=width)).decode()
    assert max(map(cell_len, text.splitlines())) <= max(width, 60)
    assert [text.count(character) for character in "üzøå"] == [31, 50, 140, 70]
    row = text.partition("ü")[2].partition("ø")[0]
    assert row.count("0.5 0.5") in (0, steps // 2)
    assert "ü" * 8 in text  # and names stay readable
    assert ("(4711)" in row, f"{0.5 * steps:g} of {2.5 * steps:g}" in row) == (True, True)


def test_names_of_steps_become_numbers_where_they_do_not_fit() -> None:
    """On a wide screen steps have their names, on a narrow one numbers with a legend."""
    wide, narrow = written("table", 120), written("table", 60)
    assert "scores scaled weights output" in wide
    assert "steps: 1 scores, 2 scaled, 3 weights, 4 output" in narrow
    assert "steps: 1" not in wide


def test_many_answers_are_left_out_of_the_table() -> None:
    """The table shows 200 answers and counts the others; --full shows all."""
    grades = [Grade(f"s{number}", Status.MISSING) for number in range(203)]
    text = GRADES["table"].write(class_report(grades), View()).decode()
    assert "left out: 3 of 203 answers (--full shows them)" in text
    assert text.count("missing") == 200
    full = GRADES["table"].write(class_report(grades), View(full=True)).decode()
    assert full.count("missing") == 203


def test_a_screen_gets_no_escape_sequence_of_a_name() -> None:
    """Characters that control a terminal are escaped in every form for people."""
    grade = Grade("a\x1b[2J", Status.UNREADABLE, "b\x1b]0;c", file="\x9b.json", message="d\x07")
    for name, form in GRADES.items():
        if name not in ("json", "jsonl"):
            text = form.write(class_report([grade]), View()).decode()
            assert not {"\x1b", "\x9b", "\x07"} & set(text), name


def test_a_file_name_that_is_not_utf8_is_written() -> None:
    """The bytes of such a name are escaped, and every form can be written."""
    grades = [Grade("a", Status.MISSING, file="b\udcff")]
    for form in GRADES.values():
        assert b"\\udcff" in form.write(class_report(grades), View()).replace(b"\\\\", b"\\")


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("Ann Lee_7_assignsubmission_file", "Ann Lee_7_assignsubmission_file/a.csv"),
        ("leeann_7_50_attncli-feedback", "leeann_7_50_a.csv"),
        ("", "a.csv"),
    ],
)
def test_the_file_of_a_known_student_is_short(folder: str, file: str) -> None:
    """The name of the student is not repeated in that of the file."""
    grades = [
        Grade("7", Status.MISSING, "Ann Lee", file=f"x.zip:{file}", folder=folder),
        Grade("8", Status.MISSING, "Bo", file="x.zip:b.csv"),
    ]
    for name in ("table", "markdown", "html"):
        text = GRADES[name].write(class_report(grades), View()).decode().partition("<body>")
        shown = (text[2] or text[0]).replace("<wbr>", "")
        assert shown.count("Ann Lee") == 1
        assert "a.csv" in shown
        assert "leeann" not in shown
        assert "files: in x.zip" in shown


# Files that a later run reads back.


def read_grades(data: bytes) -> list[Grade]:
    """Return the grades of a file."""
    read = GradesReader()
    return list(filter(None, map(read.next_grade, data.splitlines(keepends=True))))


texts = st.text(max_size=12) | st.sampled_from(["=1", "'=1", "''+2", "'t Hooft", 'a,b"c', "-3"])
numbers = st.floats() | st.sampled_from([1 / 3, math.inf])
step_grades = st.builds(
    StepGrade,
    st.sampled_from(STEPS),
    st.sampled_from(["right", "wrong", "follows"]),
    st.floats(0, 9),
    st.floats(0, 9),
    st.lists(st.sampled_from(["no-scale", "k-uses-wq"]), max_size=2).map(tuple),
    st.dictionaries(texts, numbers, max_size=2).map(lambda found: tuple(found.items())),
)
drawn = st.builds(
    Grade, texts, st.sampled_from(Status), texts, texts, texts, texts, texts, texts, texts, texts,
    st.lists(step_grades, max_size=4, unique_by=lambda step: step.name).map(tuple), texts,
)  # fmt: skip


@pytest.mark.parametrize("name", LINES)
@given(grades=st.lists(drawn, max_size=3))
def test_lines_are_read_back(name: str, grades: list[Grade]) -> None:
    """A file of lines that is read back and written again is the same file."""
    form = GRADES[name]
    assert isinstance(form, LinesFormat)
    text = form.head(STEPS) + "".join(form.line(grade, STEPS) for grade in grades)
    assert text.count("\n") == len(grades) + (name == "csv")
    found = read_grades(text.encode())
    if name == "jsonl":
        assert repr(found) == repr(grades)
    assert repr([grade.steps for grade in found]) == repr([grade.steps for grade in grades])
    assert form.head(STEPS) + "".join(form.line(grade, STEPS) for grade in found) == text


@pytest.mark.parametrize("name", LINES)
def test_the_drawn_class_is_read_back(name: str) -> None:
    """Rows are read back as they were; CSV keeps the first line of a message."""
    found = read_grades(written(name).encode())
    for mine, grade in zip(found, drawn_grades(), strict=True):
        assert mine.steps == grade.steps
        assert mine.message == (
            grade.message if name == "jsonl" else grade.message.partition("\n")[0]
        )
        assert mine.data() == {**grade.data(), "message": mine.message}


@pytest.mark.parametrize("name", LINES)
def test_a_file_that_ends_anywhere_is_read(name: str) -> None:
    """A file that is cut at any byte gives the grades of its whole lines."""
    data, grades = written(name).encode(), drawn_grades()
    for end in range(0, len(data), 37):
        part = data[:end]
        lines = part.count(b"\n") - (name == "csv")
        assert len(read_grades(part)) == max(lines, 0)
    assert len(read_grades(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))) == len(grades)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("student,grade\n", 1),
        ("{}\n", 1),
        (written("jsonl") + "[1]\n", 9),
        (written("csv") + "a,b\n", 10),
        (written("csv") + "\udcff\n", 10),
        ("1 2\n3 4\n", 1),
    ],
)
def test_other_files_are_refused(text: str, line: int) -> None:
    """A file that is not a gradebook is refused with the number of the line."""
    with pytest.raises(AttncliError, match=f"line {line} is not a line of a gradebook"):
        read_grades(text.encode(errors="surrogateescape"))


def test_a_step_with_many_wrong_numbers_is_read_back() -> None:
    """A cell of CSV is longer than the module csv reads by default, and is read all the same."""
    wrong = tuple((f"output[{at},1]", at / 7) for at in range(9000))
    grade = Grade("a", Status.GRADED, steps=(StepGrade("output", "wrong", 0, 1, (), wrong),))
    form = GRADES["csv"]
    assert isinstance(form, LinesFormat)
    before = csv.field_size_limit()
    line = form.line(grade, ["output"])
    assert len(line) > before
    assert read_grades((form.head(["output"]) + line).encode()) == [grade]
    assert csv.field_size_limit() == before


if __name__ == "__main__":  # writes the golden files
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, shown in SHOWN.items():
        (FOLDER / name).write_text(written(*shown), encoding="utf-8")
