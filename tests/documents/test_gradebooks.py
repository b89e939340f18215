"""Test gradebooks of learning platforms: grades go in, and every other byte stays."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attncli.documents.gradebooks.filled import Filled, Filling, Reason
from attncli.documents.gradebooks.filling import fill
from attncli.documents.gradebooks.recognising import PLATFORMS
from attncli.errors import AttncliError
from tests.running import GOLDEN

FOLDER = GOLDEN / "gradebooks"

# Feedback that a spreadsheet takes for a formula, and that HTML takes for a tag.
TEXT = "=Wrong in weights: 1 < 2 & more.\nDivide the scores by √d_k."
BY_NUMBER = (
    Filling("100001", "Student One", "", 4, 4, "All right: 4 of 4 steps."),
    Filling("100002", "", "", 2.5, 4, TEXT),
    Filling("100004", "Four Student", "", 3, 4, "Good."),
    Filling("100005", "Five Student", "", None, 4, "It cannot be read."),
    Filling("100009", "Five Student", "", 1, 4),
)
BY_USER_NAME = (
    Filling("student-01", "", "", 4, 4, "All right."),
    Filling("student-02", "", "", 2.5, 4, TEXT),
    Filling("4711-99", "Three Student", "", 1, 3, "-1"),
)

# The file of each platform, the grades, the column, and what the platform is called.
BOOKS: dict[str, tuple[tuple[Filling, ...], str, str]] = {
    "moodle": (BY_NUMBER, "", "Moodle"),
    "moodle_german": (BY_NUMBER, "", "Moodle"),
    "moodle_catalan": (BY_NUMBER, "", "Moodle"),
    "canvas": (BY_NUMBER, "Homework 2, attention", "Canvas"),
    "blackboard": (BY_USER_NAME, "", "Blackboard"),
    "brightspace": (BY_USER_NAME, "attention", "Brightspace"),
}


def book(name: str) -> bytes:
    """Return a file as the platform exports it."""
    return (FOLDER / f"{name}.csv").read_bytes()


def filled(name: str) -> Filled:
    """Return the file of a platform with its grades."""
    grades, column, _ = BOOKS[name]
    return fill(book(name), f"{name}.csv", grades, column)


@pytest.mark.parametrize("name", BOOKS)
def test_a_gradebook_is_filled(name: str) -> None:
    """The grades stand in the file of each platform as they were read by eye once."""
    made = filled(name)
    assert made.data == (FOLDER / f"{name}.filled.csv").read_bytes()
    assert made.platform == BOOKS[name][2]


def test_every_platform_has_a_sample() -> None:
    """A platform without a file in these tests would not be tested."""
    assert {platform.name for platform in PLATFORMS} == {entry[2] for entry in BOOKS.values()}


@pytest.mark.parametrize("name", BOOKS)
def test_a_gradebook_without_grades_stays(name: str) -> None:
    """Without grades, not a byte changes, and every student is listed."""
    made = fill(book(name), name, (), BOOKS[name][1])
    assert (made.data, made.count) == (book(name), 0)
    assert {row.reason for row in made.unfilled} == {Reason.NO_ANSWER}
    assert "Student, Test" not in str(made.unfilled)
    assert "previewuser" not in str(made.unfilled)


@pytest.mark.parametrize("name", BOOKS)
def test_filling_again_changes_nothing(name: str) -> None:
    """The same grades give the same file, however often they are filled in."""
    made, column = filled(name), BOOKS[name][1]
    assert fill(made.data, name, BOOKS[name][0], column).data == made.data


def test_grades_and_rows_that_do_not_meet_are_listed() -> None:
    """A grade without a row and a row without a grade are returned with the reason."""
    moodle, canvas = filled("moodle"), filled("canvas")
    unmatched = [(one.student, one.reason) for one in moodle.unmatched]
    assert unmatched == [("100009", Reason.UNKNOWN)]
    assert [(row.student, row.name, row.reason) for row in moodle.unfilled] == [
        ("Participant 100003", "Three Student", Reason.NO_ANSWER),
        ("Participant 100004", "Four Student", Reason.LOCKED),
        ("Participant 100005", "Five Student", Reason.NO_GRADE),
    ]
    assert [(row.student, row.reason) for row in canvas.unfilled] == [
        ("100003", Reason.NO_ANSWER),
        ("100004", Reason.KEPT),
        ("100005", Reason.NO_GRADE),
    ]
    assert (moodle.count, moodle.maximum, moodle.column) == (2, 10, "Grade")
    assert all(reason.text for reason in Reason)


def utf_16(data: bytes) -> bytes:
    """Return the bytes in UTF-16 with its mark, as spreadsheets save Unicode text."""
    return codecs.BOM_UTF16_LE + data.decode("utf-8-sig").encode("utf-16-le")


def windows(data: bytes) -> bytes:
    """Return the bytes in cp1252; the root of the feedback is a reference, as HTML has it."""
    text = data.decode("utf-8-sig").replace("√", "&#8730;")
    return text.encode("cp1252")


MANNERS: dict[str, Callable[[bytes], bytes]] = {
    "with a mark": lambda data: codecs.BOM_UTF8 + data.removeprefix(codecs.BOM_UTF8),
    "without a mark": lambda data: data.removeprefix(codecs.BOM_UTF8),
    "UTF-16": utf_16,
    "UTF-16 without a mark": lambda data: utf_16(data)[2:],
    "UTF-16, large end first": lambda data: (
        codecs.BOM_UTF16_BE + data.decode("utf-8-sig").encode("utf-16-be")
    ),
    "cp1252": windows,
    "CRLF": lambda data: data.replace(b"\r", b"").replace(b"\n", b"\r\n"),
    "CR": lambda data: data.replace(b"\r", b"").replace(b"\n", b"\r"),
    "without an end of line": lambda data: data.rstrip(b"\r\n"),
    "with empty lines": lambda data: data + b"\n \n\n",
}


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("name", ["moodle", "moodle_german", "moodle_catalan"])
def test_a_file_keeps_its_manner(name: str, manner: str) -> None:
    """A file keeps its byte order mark, encoding, ends of lines and last line."""
    change = MANNERS[manner]
    made = fill(change(book(name)), name, BOOKS[name][0])
    assert made.data == change((FOLDER / f"{name}.filled.csv").read_bytes())


@pytest.mark.parametrize(("mark", "words"), [("\t", "a, b"), (",", '"a, b"'), (";", "a, b")])
def test_a_file_keeps_its_delimiter(mark: str, words: str) -> None:
    """A new value is quoted only if it needs quotes beside this delimiter."""
    titles = ("ID", "Name", "E-mail", "Grade", "Maximum Grade", "Modified (grade)", "Words")
    cells = [("", ""), ("2.00", words)]
    rows = [("Participant 1", "One", "", grade, "8.0", "-", said) for grade, said in cells]
    before, after = (f"{mark.join(titles)}\n{mark.join(row)}\n".encode() for row in rows)
    assert fill(before, "", [Filling("1", earned=1, points=4, feedback="a, b")]).data == after


def test_the_delimiter_is_the_most_frequent_mark() -> None:
    """A comma in a title, and one before the last quote, are not delimiters among semicolons."""
    before, after = (
        (FOLDER / f"moodle_german{end}.csv").read_bytes().replace(b"Feedback als", b"Feedback,")
        for end in ("", ".filled")
    )
    cell = b'"well,"\r\n'
    made = fill(before.removesuffix(b"\r\n") + cell, "", BY_NUMBER)
    assert made.data == after.removesuffix(b"\r\n") + cell


def canvas(points: str, *cells: str) -> bytes:
    """Return a gradebook of Canvas with one assignment of these points, and these grades."""
    lines = ["Student,ID,SIS Login ID,Section,Homework (7)", f"    Points Possible,,,,{points}"]
    lines += [f'"Student, {i}",{i},s{i}@example.org,A,{cell}' for i, cell in enumerate(cells, 1)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("points", "earned", "of", "cell"),
    [
        ("10", 2, 3, "6.67"),
        ("10", 0.5, 1, "5"),
        ("10.00", 0.5, 1, "5.00"),
        ("10.0", 1, 3, "3.33"),
        ("10.000", 1, 3, "3.333"),
        ("1", 1, 8, "0.13"),
        ('"10,00"', 1, 4, '"2,50"'),
        ('"1.000,00"', 1, 4, '"250,00"'),
        ("4", 0.1 + 0.2, 0.3, "4"),
        ("4", 9, 3, "4"),
        ("4", -1, 3, "0"),
        ("4", 0, 3, "0"),
        ("", 2.5, 3, "2.5"),
        ("0", 2.5, 3, "2.5"),
    ],
)
def test_points_are_scaled(points: str, earned: float, of: float, cell: str) -> None:
    """Points are scaled to the largest number, rounded half up, and never exceed it."""
    if not points:
        data = canvas("", "").replace(b"    Points Possible,,,,\n", b"")
    else:
        data = canvas(points, "")
    made = fill(data, "", [Filling("1", earned=earned, points=of)])
    assert made.data == data + cell.encode()


def test_old_grades_decide_the_decimal_sign() -> None:
    """The decimal sign is that of the other grades if the largest number has none."""
    data = canvas("10", '"2,5"', "")
    made = fill(data, "", [Filling("2", earned=1, points=4)])
    assert made.data == data + b'"2,5"'


STUDENTS = [
    (Filling("2", earned=1, points=1), [2]),
    (Filling("", "", "S2@Example.org", 1, 1), [2]),
    (Filling("", "2 Student", "", 1, 1), [2]),
    (Filling("", "student,  2", "", 1, 1), [2]),
    (Filling("somebody", "2 Student", "", 1, 1), [2]),
    (Filling("Student 2", earned=1, points=1), [2]),
    (Filling("s2@example.org", earned=1, points=1), [2]),
    (Filling("9", "", "s2@example.org", 1, 1), [2]),
    (Filling("9", "2 Student", "", 1, 1), []),
    (Filling("", "Student", "", 1, 1), []),
    (Filling("", earned=1, points=1), []),
]


@pytest.mark.parametrize(("filling", "places"), STUDENTS)
def test_a_student_is_found(filling: Filling, places: list[int]) -> None:
    """A student is found by the id, the address or the full name, but not a namesake."""
    made = fill(canvas("1", "", "", ""), "", [filling])
    rows = made.data.decode().splitlines()[2:]
    assert [i for i, row in enumerate(rows, 1) if row.endswith(",1")] == places
    assert [one.reason for one in made.unmatched] == [Reason.UNKNOWN] * (not places)


def test_namesakes_and_second_grades_are_refused() -> None:
    """A name that two rows have fills neither, and a second grade does not replace the first."""
    data = canvas("1", "", "").replace(b"Student, 2", b"Student, 1")
    made = fill(data, "", [Filling("", "1 Student", "", 1, 1)])
    assert (made.data, made.unmatched[0].reason) == (data, Reason.AMBIGUOUS)
    twice = fill(data, "", [Filling("1", earned=e, points=1) for e in (0, 1)])
    assert twice.data.decode().splitlines()[2].endswith(",A,0")
    assert twice.unmatched[0].reason is Reason.TWICE


def test_a_short_row_is_listed() -> None:
    """A row that ends before the column stays, and is listed."""
    data = canvas("1", "") + b'\n"Student, 2",2'
    made = fill(data, "", [Filling("2", earned=1, points=1)])
    assert (made.data, made.unfilled[-1].reason) == (data, Reason.SHORT)


def test_moodle_without_feedback_takes_the_grade_alone() -> None:
    """The date of the grade is not taken for the column of feedback."""
    made = filled("moodle_catalan").data.decode()
    assert "All right" not in made
    assert made.splitlines()[1].endswith(",Sí,-,-")


def test_moodle_without_a_largest_grade_takes_points_as_they_are() -> None:
    """A worksheet of an old Moodle has no largest grade: the points are not scaled."""
    lines = csv.reader(io.StringIO(book("moodle").decode()))
    text = io.StringIO()
    csv.writer(text).writerows([*row[:6], *row[7:]] for row in lines)
    made = fill(text.getvalue().encode(), "", BY_NUMBER)
    assert made.maximum is None
    assert [row[5] for row in csv.reader(io.StringIO(made.data.decode()))][1:3] == ["4", "2.5"]


TITLES = "ID,Nimi,Tila,Arvosana,Muokattu (palautus),Muokattu (arvosana),Palaute"
SCALE = '\nParticipant 1,One,x,,"A\nB",-,-,\n'

TWO = "'Homework 1 (991)' and 'Homework 2, attention (992)'."

ERRORS = [
    (
        b"student,points\n1,2\n",
        "",
        (
            "it is not a gradebook of Canvas, Brightspace, Blackboard or Moodle: it begins with "
            "'student,points'. Download Moodle's grading worksheet, or export the gradebook as CSV."
        ),
    ),
    (b"PK\x03\x04", "", "it is a workbook or a ZIP, not CSV. Save it as CSV, or export CSV."),
    (b"\xff\xfea", "", "its bytes are not text. Export the file again."),
    (b'Student,ID,"a\n', "", "line 1: a quote is not closed. Check the quotes."),
    (
        book("canvas"),
        "",
        f"2 columns can take the points: {TWO} Choose one with --column 'Homework 1 (991)'.",
    ),
    (
        book("canvas"),
        "Homework 3",
        (
            "no column 'Homework 3' takes points (did you mean 'Homework 1 (991)'?). These columns "
            f"do: {TWO}"
        ),
    ),
    (
        book("canvas"),
        "Current Score",
        f"no column 'Current Score' takes points. These columns do: {TWO}",
    ),
    (
        canvas("(read only)", ""),
        "",
        "it has no column that takes points. Export it with the column of this assignment.",
    ),
    (
        f"{TITLES}\nParticipant 1,One,x,,-,-,\n".encode(),
        "",
        (
            "5 columns can take the points: 'Tila', 'Arvosana', 'Muokattu (palautus)', 'Muokattu "
            "(arvosana)' and 'Palaute'. Choose one with --column Tila."
        ),
    ),
    (
        f"ID,Name,Status,Grade,Scale,a (b),c (d),Words{SCALE}".encode(),
        "",
        (
            "the grades of this assignment are words of a scale, not points. Choose points in the "
            "settings of the assignment."
        ),
    ),
]


@pytest.mark.parametrize(("data", "column", "message"), ERRORS)
def test_a_file_that_cannot_be_filled_is_refused(data: bytes, column: str, message: str) -> None:
    """A message names the file, the fault and the cure."""
    with pytest.raises(AttncliError) as caught:
        fill(data, "book.csv", BY_NUMBER, column)
    assert str(caught.value) == f"book.csv: {message}"


@pytest.mark.parametrize("column", ["992", "homework 2,  ATTENTION", "Homework 2, attention (992)"])
def test_a_column_has_several_names(column: str) -> None:
    """A column is called by its title, by its title without the id, and by its id."""
    assert fill(book("canvas"), "", (), column).column == "Homework 2, attention (992)"


def test_the_grade_may_be_the_last_column() -> None:
    """A worksheet that a teacher has cut after the grade is filled too."""
    data = b"ID,Name,E-mail,Status,Grade\nParticipant 1,One,,,"
    assert fill(data, "", [Filling("1", earned=1, points=4)]).data == data + b"1"


def test_a_column_that_is_not_known_can_be_chosen() -> None:
    """In a language without a known title, --column says where the grades are."""
    data = f"{TITLES}\nParticipant 1,One,x,,-,-,\n".encode()
    made = fill(data, "", [Filling("1", earned=3, points=4, feedback="Hyvä!")], "arvosana")
    assert made.data.decode().splitlines()[1] == "Participant 1,One,x,3,-,-,Hyvä!"


def test_columns_of_blackboard_that_show_no_points_are_left_out() -> None:
    """Letters, percentages and totals do not take points."""
    forms = ("20 Letter", "10 Percentage", "up to 30 Score", "5 Text")
    titles = [f'"{form} [Total Pts: {form}] |{i}"' for i, form in enumerate(forms)]
    line = ",".join(['"Username"', *titles, '"Quiz [A] [Total Pts: 8] |9"'])
    made = fill(f"{line}\nstudent-01,,,,,\n".encode(), "", BY_USER_NAME)
    assert made.data.decode() == f"{line}\nstudent-01,,,,,8\n"


def test_feedback_in_an_old_encoding_is_readable() -> None:
    """Signs that cp1252 lacks become signs of the keyboard."""
    data = book("blackboard").decode("utf-8-sig").replace("One", "Ünal").encode("cp1252")
    grade = Filling(
        "student-01", earned=1, points=1, feedback="Divide by √2 ≈ 1.41, not 1 − \u4e00."
    )
    assert '"Divide by sqrt 2 ~ 1.41, not 1 - ?."' in fill(data, "", [grade]).data.decode("cp1252")


def test_feedback_has_no_signs_that_control() -> None:
    """Control characters of an answer do not come into the gradebook."""
    grade = Filling("student-01", earned=1, points=1, feedback="\na\x1b[1m\r\nb\n")
    assert ',"a\\x1b[1m\nb",' in fill(book("blackboard"), "", [grade]).data.decode()


# A cell as a file may write it: in quotes or not, with any text.
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters=',"\r\n\ufeff'), max_size=8)
QUOTED = st.text(st.characters(codec="utf-8"), max_size=8).map(
    lambda text: '"' + text.replace('"', '""') + '"'
)
CELL = PLAIN | QUOTED
ROW = st.tuples(CELL, CELL, st.booleans(), st.booleans(), CELL)


@given(st.lists(ROW, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_only_the_cells_of_graded_students_change(
    rows: list[tuple[str, str, bool, bool, str]], end: str, is_ended: bool
) -> None:
    """The bytes around the new values stay as they are, with any text in the other cells."""
    titles = (
        "Identifier,Full name,Status,Grade,Maximum Grade,"
        "Last modified (submission),Last modified (grade),Feedback comments"
    )
    before, after, grades = [titles], [titles], []
    for number, (name, status, is_graded, is_quoted, words) in enumerate(rows):
        mark = '"' if is_quoted else ""
        first, second = f"Participant {number},{name},{status},{mark}", f"{mark},8.0,-,-,"
        new = '"b"' if words[:1] == '"' else "b"
        before.append(f"{first}{second}{words}")
        after.append(f"{first}2.00{second}{new}" if is_graded else before[-1])
        if is_graded:
            grades.append(Filling(str(number), earned=1, points=4, feedback="b"))
    last = end if is_ended else ""
    data = (end.join(before) + last).encode()
    made = fill(data, "", grades)
    assert made.data == (end.join(after) + last).encode()
    assert (made.count, len(made.unfilled)) == (len(grades), len(rows) - len(grades))


@given(st.text(max_size=60))
def test_feedback_is_read_back_by_a_csv_reader(feedback: str) -> None:
    """Any feedback stays in its cell, and does not begin as a formula."""
    made = fill(book("blackboard"), "", [Filling("student-01", "", "", 1, 1, feedback)])
    rows = list(csv.reader(io.StringIO(made.data.decode("utf-8-sig"), newline="")))
    old = list(csv.reader(io.StringIO(book("blackboard").decode("utf-8-sig"), newline="")))
    assert [row[:6] for row in rows] == [row[:6] for row in old]
    assert rows[2:] == old[2:]
    assert rows[1][9][:1] not in ("=", "+", "-", "@")
