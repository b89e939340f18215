"""Test tables against golden files; `python -m tests.render.test_tables` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from tests.running import ROOT

GOLDEN = ROOT / "tests/golden/tables"
SAMPLES = sorted(path.name for path in (ROOT / "samples").glob("*.json"))
CASES = [(sample, width) for sample in SAMPLES for width in (80, 200)]


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
def test_no_table_line_is_wider_than_the_screen(sample: str, width: int) -> None:
    """Blocks of columns fit the width of the screen."""
    lines = golden_file(sample, width).read_text(encoding="utf-8").split("\n")
    ruled = [
        line for line in lines if line.startswith("─") or re.match(r" \S+ +-?\d+\.\d{4}", line)
    ]
    assert ruled
    assert max(map(len, ruled)) <= width


def test_headings_are_broken_between_words() -> None:
    """A heading is broken between words to fit the screen, and no shape is cut."""
    sample = str(ROOT / "samples/decoder_layer.json")
    whole, narrow = (drawn(sample, "--only", "output", width=width) for width in (None, 60))
    heading, broken = (screen.partition("\n ")[0] for screen in (whole, narrow))
    assert max(map(len, heading.split("\n"))) > 60
    assert max(map(len, broken.split("\n"))) <= 60
    assert broken.split() == heading.split()
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
    assert full.count("1.0000") == 53 * 2


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
    screen = drawn(f"Q=[[{number}]]", "K=[[1]]", "--score", "dot", "--only", "scores")
    assert screen.split()[-1] == text


def test_weights_are_shaded_and_the_rest_is_not() -> None:
    """Visible weights have a colour and a background, and masked weights and other steps do not."""
    screen = drawn("[[1,0],[0,1]]", "--mask", "causal", "--only", "masked,weights", color="always")
    masked, weights = screen.split("weights")
    assert "\x1b[38;" not in masked
    assert len(re.findall(r"\x1b\[38;5;\d+;48;5;\d+m", weights)) == 3


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
    assert "1.0000" in screen
    assert "\x1b" not in screen


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for sample, width in CASES:
        tables = drawn(str(ROOT / "samples" / sample), width=width)
        golden_file(sample, width).write_text(tables, encoding="utf-8")
