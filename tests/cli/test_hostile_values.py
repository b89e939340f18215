"""Test that odd values, labels and shapes give a result or one message, never a fault."""

from __future__ import annotations

import json

import pytest

from tests.running import run, succeed

WHOLE = "it must be a whole number of at least 1."
LENGTHS = "it must be whole numbers of at least 0, one per batch entry."
NINES = "9" * 5000  # Python turns no text of more than 4300 digits into a number

REFUSED: list[tuple[str, list[str], str]] = [
    *(
        (f'{{"X": [[1]], "{name}": {value}}}', ["compute", "-"], said)
        for name, said in (("heads", WHOLE), ("kv_heads", WHOLE), ("cache_lens", LENGTHS))
        for value in ("Infinity", "1e400", "-1e400", "NaN", '"inf"', "1.5", "true")
    ),
    ("", ["compute", "X=[[1]]", "--cache-lens", "1e400"], LENGTHS),
    ("", ["compute", "X=[[1]]", "--cache-lens", "1e30"], LENGTHS),
    ("", ["compute", "X=[[1]]", "--mask", f"window:{NINES},1"], "write it as window:LEFT,RIGHT."),
    ('{"X": [[1]], "mask": {"window": [1e30, 1]}}', ["compute", "-"], "write it as window:"),
    ('{"X": [[1]], "mask": {"window": [10000000000, 1]}}', ["compute", "-"], "write it as window:"),
    ("", ["mask", f"padding:{NINES}", "4"], "write it as padding:N"),
    ("", ["mask", "causal", "1" + "0" * 30], "GiB of memory, but may use"),
    ("", ["explain", "X=[[1]]", f"weights[{NINES},1]"], "weights has no row"),
    ("", ["explain", "Q=[[[[1]]]]", "K=[[[[1]]]]", f"weights[head={NINES}]"], "has no head"),
    ("", ["explain", "X=[[1]]", f"weights[{'a' * 200_000},1]"], "this is too long for a cell."),
    ("", ["explain", '{"X": [[1]], "tokens": ["a"]}', "weights[a\nb,1]"], "has no row"),
    ("", ["compute", "Q=[[[[1]]]]", "K=[[1]]"], "both need the same axes before the last two"),
]


@pytest.mark.parametrize(("stdin", "arguments", "said"), REFUSED, ids=range(len(REFUSED)))
def test_a_value_that_cannot_be_meant_is_refused(
    stdin: str, arguments: list[str], said: str
) -> None:
    """The status is 2, standard output is empty, and one message says what is allowed."""
    result = run(*arguments, stdin=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "fault" not in result.stderr


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n"])
def test_a_line_break_in_a_label_is_spelled_out(break_: str) -> None:
    """A label with a line break is one label; `explain` finds it by the same text."""
    label, shown = f"a{break_}b", repr(f"a{break_}b")[1:-1]
    document = json.dumps({"X": [[1], [2]], "tokens": [label, "c"]})
    for result in (
        succeed("compute", "X=[[1],[2]]", "--tokens", f"{label},c"),
        succeed("compute", document),
        succeed("mask", "causal", "2", "--tokens", f"{label},c"),
        succeed("explain", document, f"weights[{label},1]"),
    ):
        assert shown in result.stdout


def test_an_encoder_query_without_keys_is_named() -> None:
    """The warning about an empty row names the query of an encoder, whose rows are keys later."""
    result = succeed("compute", succeed("new", "transformer").stdout, "--cache-lens", "0")
    assert "no key may be attended to by head 1, query 1" in result.stderr


@pytest.mark.parametrize("scale", ["1e200", "1e-200", "0", "-1e308", "5e-324"])
def test_a_wrong_answer_under_an_extreme_scale_gets_a_verdict(scale: str) -> None:
    """`check` ends with status 1, although the powers of some mistakes overflow."""
    answer = '{"scaled": [[3.25, 5.5, 1], [7, 11.125, 2], [1, 1, 2]]}'
    document = '{"X": [[1, 2], [3, 4], [0.5, 6]]}'
    for score in ("dot", "scaled"):
        options = ("--scale", scale, "--score", score)
        result = run("check", document, "-", *options, stdin=answer)
        assert result.exit_code == 1, result.stderr


def test_an_answer_of_very_small_numbers_gets_a_verdict() -> None:
    """Numbers with more than 308 decimals are read, and are wrong here."""
    document = '{"X": [[1, 2], [3, 4], [0.5, 6]]}'
    cells = '["0.' + "0" * 320 + '1", "1e-310", "1e-500"]'
    for step in ("weights", "scores", "output"):
        answer = f'{{"{step}": [{cells}, {cells}, {cells}]}}'
        result = run("check", document, "-", stdin=answer)
        assert result.exit_code == 1, result.stderr


@pytest.mark.parametrize("option", ["heads", "temperature", "scale"])
def test_a_number_with_an_underscore_is_refused(option: str) -> None:
    """`1_0` is Python's spelling of 10, which documents do not use; 1e-400 is not 0."""
    for text in ("1_0", "1e-400"):
        assert run("compute", "X=[[1]]", f"--{option}", text).exit_code == 2


def test_a_literal_that_is_not_utf_8_is_refused() -> None:
    """A byte outside UTF-8, which Python passes on as a surrogate, is named."""
    result = run("compute", "X=[[1\udcff]]")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "it is not UTF-8 text: byte 0xff" in result.stderr
