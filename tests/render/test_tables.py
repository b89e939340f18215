"""Test tables against golden files; `python -m tests.render.test_tables` writes them anew."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from attncli.cli.program import cli
from tests.running import ROOT

GOLDEN = ROOT / "tests/golden/tables"
SAMPLES = sorted(path.name for path in (ROOT / "samples").glob("*.json"))
CASES = [(sample, width) for sample in SAMPLES for width in (60, 80, 120)]


PAINTED = re.compile(r"\x1b\[\d+;5;\d+;48;5;\d+m")  # ink and background
BACKGROUNDS = [
    *((None, True), ("15;0", True), ("15;default;0", True), ("7;8", True), ("", True)),
    *(("0;15", False), ("0;default;15", False), ("0;7", False), ("15;default", True)),
]


def drawn(*arguments: str, width: int | None = None, color: str | None = None) -> str:
    """Return what compute prints on a screen of this width, or into a pipe."""
    environment = {"COLUMNS": str(width) if width else None, "TERM": "xterm-256color"}
    colors = ["--color", color] if color else []
    run = CliRunner(env=environment).invoke(cli, ["compute", *arguments, *colors])
    assert run.exit_code == 0, run.stderr
    return run.stdout


def golden_file(sample: str, width: int) -> Path:
    """Return the path of a sample's golden table."""
    return GOLDEN / f"{sample.removesuffix('.json')}-{width}.txt"


@pytest.mark.parametrize(("sample", "width"), CASES)
def test_tables_are_those_of_the_golden_file(sample: str, width: int) -> None:
    """The tables of every sample equal the golden file."""
    expected = golden_file(sample, width).read_text(encoding="utf-8")
    assert drawn(str(ROOT / "samples" / sample), width=width) == expected


@pytest.mark.parametrize(("sample", "width"), CASES)
def test_no_line_is_wider_than_the_screen(sample: str, width: int) -> None:
    """Every line fits the width of the screen: headings, tables, and tables side by side."""
    lines = golden_file(sample, width).read_text(encoding="utf-8").split("\n")
    assert max(map(cell_len, lines)) <= width


def words_of(screen: str) -> Counter[str]:
    """Return the words and numbers on a screen, and how often each occurs."""
    return Counter(re.findall(r"[^\s─]+", screen))


@pytest.mark.parametrize("sample", SAMPLES)
def test_side_by_side_keeps_every_number(sample: str) -> None:
    """A screen has the same numbers in tables side by side as a pipe has one below another."""
    path = str(ROOT / "samples" / sample)
    piped = words_of(drawn(path))
    assert words_of(drawn(path, width=100_000)) == piped
    for width in (60, 80, 120):  # a table that is broken repeats labels, but no number
        more = words_of(drawn(path, width=width)) - piped
        assert not [word for word in more if "." in word and word != "left"]
        assert not piped - words_of(drawn(path, width=width))


def test_the_first_sample_fits_on_one_screen() -> None:
    """The first sample takes at most 24 lines of 80 or of 120 characters."""
    for width in (80, 120):
        screen = drawn(str(ROOT / "samples/self_attention.json"), width=width)
        assert screen.count("\n") <= 24


def test_a_heads_axis_stays_together() -> None:
    """The heads of a step stand side by side below its heading, and no other step is between."""
    screen = drawn(str(ROOT / "samples/two_heads.json"), "--only", "scaled,weights", width=80)
    _, _, weights = screen.partition("weights =")
    assert re.match(r".*\n +head 1 +head 2\n", weights)


def test_headings_are_broken_between_words() -> None:
    """A heading is broken between words to fit the screen, and no shape is cut."""
    sample = str(ROOT / "samples/decoder_layer.json")
    whole, narrow = (drawn(sample, "--only", "output", width=width) for width in (None, 60))
    heading, broken = (re.split(r"\n +1 +2 ", screen)[0] for screen in (whole, narrow))
    assert max(map(len, heading.split("\n"))) > 60
    assert max(map(len, broken.split("\n"))) <= 60
    assert broken.split() == heading.split()
    assert re.search(r"\n    \S", broken)  # the heading goes on below its text
    for width in range(1, 100, 3):
        assert "3 × 6" in drawn(sample, "--only", "output", width=width)


@pytest.mark.parametrize("width", [10, 37, 60, 173, None])
def test_no_digit_is_cut(width: int | None, tmp_path: Path) -> None:
    """The numbers of a wide matrix are printed with all their decimals, at any width."""
    matrix = np.random.default_rng(7).normal(scale=1e6, size=(1, 19))
    np.save(tmp_path / "wide.npy", matrix)
    screen = drawn(str(tmp_path / "wide.npy"), "--only", "output", "-p", "17", width=width)
    shown = re.findall(r"-?\d+\.\d{17}", screen)
    assert shown == [f"{number:.17f}" for number in matrix[0].tolist()]


def test_long_matrices_are_elided_with_a_count(tmp_path: Path) -> None:
    """A long matrix is abbreviated with the number of rows left out; --full shows all."""
    np.save(tmp_path / "long.npy", np.ones((53, 2)))
    short = drawn(str(tmp_path / "long.npy"), "--only", "weights,output")
    assert "left out: 33 of 53 rows, 33 of 53 columns (--full shows them)" in short
    assert "left out: 33 of 53 rows (--full shows them)" in short
    full = drawn(str(tmp_path / "long.npy"), "--only", "output", "--full")
    assert "left out" not in full
    assert len(re.findall(r"(?m) 1 +1$", full)) == 53


def test_many_batch_entries_are_elided_with_a_count(tmp_path: Path) -> None:
    """A batch of many entries shows 20 tables and the number of the others."""
    np.save(tmp_path / "batch.npy", np.ones((29, 1, 1)))
    screen = drawn(str(tmp_path / "batch.npy"), "--only", "output")
    assert screen.count("batch entry") == 20
    assert "left out: 9 of 29 tables (--full shows them)" in screen


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.00003", "3e-05"),
        ("0.00006", "0.0001"),
        ("-0.00004", "-4e-05"),
        ("1e-20", "1e-20"),
        ("-5e-324", "-5e-324"),
        ("-0", "0.0000"),
        ("-2.5", "-2.5000"),
        ("123456789012345.5", "123456789012345.5000"),
        ("1e22", "1e+22"),
    ],
)
def test_numbers_keep_their_digits(number: str, text: str) -> None:
    """Numbers have the chosen decimals; only 0 looks like 0, and large ones keep all digits."""
    screen = drawn(f"Q=[[{number}]]", "K=[[1]]", "--score", "dot", "--only", "scores", "-p", "4")
    assert screen.split()[-1] == text


def test_weights_are_shaded_and_the_rest_is_not() -> None:
    """Visible weights have a colour and a background, and masked weights and other steps do not."""
    screen = drawn("[[1,0],[0,1]]", "--mask", "causal", "--only", "masked,weights", color="always")
    masked, weights = screen.split("weights")
    assert "\x1b[38;" not in masked
    assert len(PAINTED.findall(weights)) == 3
    assert "\x1b[2m 0      \x1b[0m" in weights  # the masked weight is dim


def test_the_mean_of_the_heads_is_shaded() -> None:
    """The step `average` has the colours of weights, and its masked cells are dim."""
    arguments = ("[[1,0],[0,1]]", "--heads", "2", "--convention", "torch-mha", "--mask", "causal")
    screen = drawn(*arguments, "--only", "average", color="always")
    assert len(PAINTED.findall(screen)) == 3
    assert "\x1b[2m 0 " in screen


def test_heat_is_for_weights_for_all_for_none_or_in_symbols() -> None:
    """--heat shades weights or all steps, puts symbols beside weights, or shades nothing."""
    lesson = (str(ROOT / "samples/two_heads.json"), "--only", "scores,masked,weights")
    painted = {
        what: len(PAINTED.findall(drawn(*lesson, "--heat", what, color="always")))
        for what in ("weights", "all", "symbols", "off")
    }
    visible = 12
    tiny = 3  # weights below a twelfth of the scale, which have the colours of the screen
    shaded = visible - tiny
    assert painted == {"weights": shaded, "all": 18 + visible + shaded, "symbols": 0, "off": 0}
    assert drawn(*lesson, color="always") == drawn(*lesson, "--heat", "weights", color="always")
    assert drawn(*lesson, "--heat", "off") == drawn(*lesson)


def test_symbols_need_no_colours() -> None:
    """--heat symbols works in a pipe: each weight has its symbol, and a masked one has a point."""
    lesson = (str(ROOT / "samples/two_heads.json"), "--only", "weights[head=1]")
    screen = drawn(*lesson, "--heat", "symbols")
    assert screen.split("─\n")[1].splitlines() == [
        " the  1      █  0      ·  0      ·",
        " cat  0.8044 █  0.1956    0      ·",
        " sat  0.4856 ▒  0.0287    0.4856 ▒",
    ]
    assert set("░▒▓█") <= set(drawn(lesson[0], "--heat", "all"))


def test_shades_fill_their_cells() -> None:
    """A shade is as wide as its column, also in the last column of tables side by side."""
    lesson = str(ROOT / "samples/two_heads.json")
    screen = drawn(lesson, "--only", "Q,K", "--heat", "all", width=80, color="always")
    painted = re.findall(r"\x1b\[38;5;\d+;48;5;\d+m([^\x1b]*)\x1b", screen)
    assert len(painted) == 2 * 12 - 2  # two numbers are 0
    assert set(map(len, painted)) == {3}


def test_minus_infinity_stays_readable() -> None:
    """-inf has no background, even if all steps are shaded, and does not stretch the scale."""
    screen = drawn("[[1,0],[0,1]]", "--mask", "causal", "--heat", "all", color="always")
    masked = screen.partition("masked")[2].partition("weights")[0]
    assert len(PAINTED.findall(masked)) == 2  # of 3 visible scores, one is 0
    assert re.search(r"\x1b\[2m +-inf \x1b\[0m", masked)
    filled = drawn(
        *("[[1,0],[0,1]]", "--mask", "causal", "--fill", "-1e9", "--heat", "all"), color="always"
    )
    assert PAINTED.findall(masked) == PAINTED.findall(
        filled.partition("masked")[2].partition("weights")[0]
    )


@pytest.mark.parametrize(("background", "is_dark"), BACKGROUNDS)
def test_the_terminal_says_if_it_is_dark(background: str | None, is_dark: bool) -> None:
    """COLORFGBG ends with the colour of the background: light ones are 7 and 9 to 15."""
    environment = {"COLORFGBG": background, "COLORTERM": "truecolor"}
    arguments = ["compute", "[[2,0],[0,1]]", "--only", "weights", "--color", "always"]
    run = CliRunner(env=environment).invoke(cli, arguments)
    codes = re.findall(r"48;2;(\d+);(\d+);(\d+)m", run.stdout)
    shades = [sum(map(int, code)) for code in codes]
    numbers = [float(text) for text in re.findall(r"m ([01]\.\d+)", run.stdout)]
    by_number = [shade for _, shade in sorted(zip(numbers, shades, strict=True))]
    assert by_number == sorted(by_number, reverse=not is_dark)
    assert len(set(by_number)) == 4


@pytest.mark.parametrize(
    ("term", "depth"),
    [("xterm-256color", "48;5;"), ("linux", "4"), ("xterm", "4"), (None, "48;5;")],
)
def test_a_terminal_gets_the_colours_that_it_has(term: str | None, depth: str) -> None:
    """Without COLORTERM, TERM tells 16 colours from 256."""
    arguments = ["compute", "[[2,0],[0,1]]", "--only", "weights", "--color", "always"]
    shown = CliRunner(env={"TERM": term}).invoke(cli, arguments).stdout
    assert re.search(rf"\x1b\[\d+(;5;\d+)?;{depth}\d+m", shown)
    assert ("48;5;" in shown) == (depth == "48;5;")


@pytest.mark.parametrize("width", [None, 60])
def test_decimal_points_and_wide_labels_align(width: int | None) -> None:
    """The decimal points of a column are below one another, beside labels of any width."""
    tokens = ("--tokens", "我,喜欢,math")
    screen = drawn("[[16,0.5],[2.25,-1],[100,1]]", *tokens, "--only", "output", width=width)
    rows = screen.split("─\n")[1].splitlines()
    for column in range(2):
        points = (list(re.finditer(r"\d(?=\.|\s|$)", row))[column] for row in rows)
        ends = {cell_len(point.string[: point.end()]) for point in points}
        assert len(ends) == 1, column


def test_pipes_and_files_get_no_colour() -> None:
    """A pipe gets no escape sequence, even if CliRunner's output could show colours."""
    run = CliRunner().invoke(cli, ["compute", "[[1, 2]]"], color=True)
    assert "\x1b" not in run.stdout


@pytest.mark.parametrize("label", ["[red]", "[/]", "\x1b[31m", "喵", "🙂", "a" * 70])
def test_labels_are_shown_as_text(label: str) -> None:
    """Markup in a label stays text, escape sequences are spelled out, and wide letters fit."""
    screen = drawn("[[1, 2]]", "--tokens", label, "--only", "output", width=60)
    spelled = label.replace("\x1b", "\\x1b")
    assert spelled in screen
    assert re.findall(r" \d$", screen, re.MULTILINE)[-1] == " 2"
    assert "\x1b" not in screen


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for sample, width in CASES:
        tables = drawn(str(ROOT / "samples" / sample), width=width)
        golden_file(sample, width).write_text(tables, encoding="utf-8")
