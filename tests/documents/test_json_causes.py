"""Test that a text that is not JSON is refused by its cause, with its place and a cure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from attncli.cli.program import cli
from attncli.documents.text.excerpts import AFTER, BEFORE
from attncli.documents.text.json_causes import CAUSES
from attncli.documents.text.json_text import parse_json
from attncli.errors import AttncliError
from tests.running import assert_linear

# A text for each cause; ¦ stands before the place that the message names.
EXAMPLES = {
    "ellipsis": '{"X": [[0.5, 0.5, ¦..., 0.5]]}',
    "comment": '{\n  "X": [[1, 0]], ¦// by hand\n  "Q": [[1]]}',
    "constructor": '{"X": ¦np.eye(2)}',
    "special blank": "[[1,¦\u00a00]]",
    "None": "[[1, ¦None]]",
    "Python's truth values": "[[¦True, False]]",
    "infinity": "[[0, ¦-oo]]",
    "tuple": "[¦(1, 2), (3, 4)]",
    "digit grouping": "[[1¦_000]]",
    "single quotes": "{¦'X': [[1]]}",
    "curly quotes": "{¦“X”: [[1]]}",
    "trailing comma": "[[1, 0], [0, 1]¦,\n]",
    "print of R": "     [¦,1] [,2]\n[1,]    1    2\n",
    "empty cell": "[[1, ¦, 0]]",
    "second point": "[[1.000¦.5]]",
    "bare point": "[[¦.01]]",
    "point at the end": "[[1¦., 2.]]",
    "leading zero": "[[0¦7]]",
    "base": "[[0¦x10]]",
    "exponent": "[[1¦e]]",
    "percentage": "[[50¦%]]",
    "assignment": "¦X = [[1, 0], [0, 1]]",
    "unquoted key": "{¦W_q: [[1]]}",
    "arithmetic": "[[1¦/3]]",
    "difference": "[[3¦-2]]",
    "function": "[[¦sqrt(2), 1]]",
    "minus sign": "[[¦−1]]",
    "plus sign": "[[¦+1]]",
    "blank after the sign": "[[¦- 1]]",
    "equals sign": '{"X" ¦= [[1]]}',
    "semicolon": '{"X": [1, 2¦; 3, 4]}',
    "line break in a text": '{"title": "One¦\n", "X": [[1]]}',
    "backslash": '{"X": "C:¦\\data.csv"}',
    "open text": '{"X": ¦"x.csv}',
    "second value": '{"Q": [[1]]}\n¦{"K": [[1]]}',
    "closing bracket": "[[1, 2]]¦]",
    "missing value": '{"X": ¦}',
    "missing colon": '{"X" ¦[[1]]}',
    "missing comma": "[[1, 2]\n ¦[3, 4]]",
    "unquoted text": '{"tokens": [¦I]}',
    "key": "{¦[[1, 2]]}",
}


def message_of(text: str) -> str:
    """Return the message with which a text is refused."""
    with pytest.raises(AttncliError) as refused:
        parse_json(text.encode())
    return str(refused.value)


def test_every_cause_has_an_example() -> None:
    """No cause is without an example, and no example without a cause."""
    assert list(EXAMPLES) == list(CAUSES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_cause_is_named_with_its_place(name: str) -> None:
    """The message has the line and the column, the cause and the cure, the line and a caret."""
    before, _, after = EXAMPLES[name].partition("¦")
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    message, shown, caret = message_of(before + after).split("\n")
    cause = CAUSES[name]
    texts = [re.escape(text).replace("FOUND", ".+") for text in (cause.cause, cause.cure)]
    assert re.fullmatch(f"line {line}, column {column}: {' '.join(texts)}", message)
    written = (before + after).split("\n")[line - 1]
    assert shown.strip() == written.strip().replace(
        "\u00a0", "\\xa0" if "\\x" in shown else "\u00a0"
    )
    assert caret == " " * (column + 1) + "^"


WHOLE = '{"X": [[1.5, 0], [0, 1]], "title": "one"}'


@pytest.mark.parametrize("end", range(1, len(WHOLE)))
def test_a_text_that_is_cut_off_is_refused(end: int) -> None:
    """A text that ends too early is refused at its end, or at its last text without a quote."""
    message = message_of(WHOLE[:end])
    in_a_text = WHOLE[:end].count('"') % 2
    assert ("no closing quote" if in_a_text else "the text ends here, but") in message


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_an_empty_text_is_called_empty(text: str) -> None:
    """A file without content is called empty."""
    assert message_of(text) == 'it is empty. Write {"X": [[1, 0], [0, 1]]}.'


def test_a_long_line_is_cut_around_the_place() -> None:
    """Of a line of a million characters, only the characters around the place are shown."""
    text = "[" + "1," * 500_000 + "1 2" + ",3" * 500_000 + "]"
    _, shown, caret = message_of(text).split("\n")
    assert len(shown) <= BEFORE + AFTER + 4
    assert shown[caret.index("^") - 2 : caret.index("^") + 2] == "1 2,"


def test_wide_characters_move_the_caret() -> None:
    """The caret stands below its place on a terminal, where an ideograph takes two columns."""
    assert message_of('["日本" 1]').split("\n")[2] == " " * 2 + " " * 8 + "^"


def test_a_line_cannot_steer_the_terminal() -> None:
    """Control characters of the line are shown as escapes."""
    assert "\x1b" not in message_of('["\x1b[31m"]')


PIECES = st.sampled_from(
    [*"[]{}\",:;'.-+/%_= \n\t\\", "1", "0.5", "e", "nan", "None", "X", "−", "é"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12))
def test_a_message_never_has_the_words_of_python(pieces: list[str]) -> None:
    """No text is refused with the words of Python's parser."""
    message = ""
    try:
        parse_json("".join(["[", *pieces]).encode())
    except AttncliError as error:
        message = str(error)
    assert not re.search(r"Expecting|delimiter|Extra data|Invalid|Unterminated", message)


@pytest.mark.parametrize("piece", ["a ", "[1 ", '"', "1.", "(", ", ", "\n", "\\", "/"])
def test_a_long_fault_takes_no_long_time(piece: str) -> None:
    """The time to refuse a text of faults grows with its length, not with the square."""
    assert_linear(lambda size: message_of("[ " + piece * size + ";"), 30_011)


PROBLEM = '{"Q": [[1, 0], [0, 1]], "K": [[1, 0], [0, 1]]}'
NOTE = "Note: a.json: scaled: '0,71' is read as 0.71, with a decimal comma.\n"


def checked(answer: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Return the run of a check of this answer, in a file `a.json`."""
    monkeypatch.chdir(folder)
    Path("a.json").write_text(answer, encoding="utf-8")
    return CliRunner().invoke(cli, ["check", PROBLEM, "a.json"])


def test_decimal_commas_of_an_answer_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell with a decimal comma in a text of JSON is read, and a note says how."""
    run = checked('{"scaled": [["0,71", "0,00"], ["0,00", "0,71"]]}', tmp_path, monkeypatch)
    assert (run.exit_code, run.stderr) == (0, NOTE)


def test_commas_that_can_stand_between_thousands_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every comma stands before three digits, both readings are named."""
    run = checked('{"scaled": [["1,234", "5,678"], [0, 0]]}', tmp_path, monkeypatch)
    message = "scaled holds '1,234', which can be 1.234 or 1234."
    cure = "Write decimal points, and no commas in numbers."
    assert (run.exit_code, run.stderr) == (2, f"Error: a.json: {message} {cure}\n")


def test_a_decimal_comma_beside_others_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One comma before other than three digits shows that all are decimal commas."""
    run = checked('{"scaled": [["0,707", "0"], ["0", "0,707"]]}', tmp_path, monkeypatch)
    assert (run.exit_code, run.stderr) == (0, NOTE.replace("71", "707"))
