"""Compact matrices: one or two characters per cell, and a legend."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from attncli.cli.program import cli
from attncli.render.heat import Heat
from tests.running import ROOT, computed

LESSON = str(ROOT / "samples/two_heads.json")
SYMBOLS = " ░▒▓█"


def drawn(*arguments: str, width: int | None = None, colors: str | None = None) -> str:
    """Return what compute --compact prints on a screen of this width, or into a pipe."""
    environment = {"COLUMNS": str(width) if width else None, "COLORTERM": colors}
    wish = ["--color", "always"] if colors else []
    run = CliRunner(env=environment).invoke(cli, ["compute", *arguments, "--compact", *wish])
    assert run.exit_code == 0, run.stderr
    return run.stdout


def joined(screen: str) -> str:
    """Return the words on a screen on one line, without colours."""
    return " ".join(Text.from_ansi(screen).plain.split())


@pytest.fixture
def forty(tmp_path: Path) -> str:
    """Return a document of 40 tokens and 4 heads with a causal mask."""
    random = np.random.default_rng(5)
    document = {"X": random.normal(size=(40, 8)).tolist(), "heads": 4, "mask": "causal"}
    path = tmp_path / "forty.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_a_large_head_fits_on_one_screen(forty: str) -> None:
    """40 tokens take 40 lines of symbols, or 20 lines in colours, within 80 columns."""
    for colors, most in ((None, 40), ("truecolor", 20)):
        screen = Text.from_ansi(drawn(forty, "--only", "weights", width=80, colors=colors)).plain
        heads = screen.split("head ")
        assert len(heads) == 5
        for head in heads[1:]:
            rows = [line for line in head.splitlines() if re.match(r" {1,2}\d+ ", line)]
            assert len(rows) <= most
            assert head.count("\n") <= most + 6  # numbers of columns, legend, empty lines
        assert max(map(cell_len, screen.splitlines())) <= 80
        assert "left out" not in screen


def test_each_symbol_is_the_shade_of_its_number(forty: str) -> None:
    """The symbols of all cells have the order of the weights, and masked cells have a point."""
    weights = np.array(computed(forty, "--only", "weights")["weights"])
    screen = drawn(forty, "--only", "weights", width=80)
    assert "░ from 0.2, ▒ 0.4, ▓ 0.6, █ 0.8 to 1, · masked" in joined(screen)
    for head, part in enumerate(screen.split("head ")[1:]):
        rows = [
            line.ljust(44)[4:44] for line in part.splitlines() if re.match(r" {1,2}\d+\b", line)
        ]
        assert len(rows) == 40
        for i, row in enumerate(rows):
            for j, symbol in enumerate(row):
                expected = SYMBOLS[min(int(5 * weights[head, i, j]), 4)] if j <= i else "·"
                assert symbol == expected, (head, i, j)


def test_two_rows_share_a_line_in_colours(forty: str) -> None:
    """The upper and the lower half of a character have the colours of two rows."""
    weights = np.array(computed(forty, "--only", "weights")["weights"])[0]
    screen = drawn(forty, "--only", "weights[head=1]", width=80, colors="truecolor")
    lines = [line for line in screen.splitlines() if re.match(r" {1,2}\d+ ", line)]
    assert len(lines) == 20
    console, heat = Console(), Heat(1.0)
    for pair, line in enumerate(lines):
        text = Text.from_ansi(line)
        for column in range(2 * pair + 1):
            style = text.get_style_at_offset(console, 4 + column)
            shown = [color.triplet if color else None for color in (style.color, style.bgcolor)]
            expected = [heat.background(weights[2 * pair + row, column], True) for row in (0, 1)]
            assert text.plain[4 + column] == "▀"
            assert shown == expected, (pair, column)


def test_signs_are_drawn_without_colours() -> None:
    """Negative numbers have a sign in front of their symbol."""
    screen = drawn(
        "Q=[[-3.5,3.5]]", "K=[[1,0],[0,1],[0.1,0]]", "--score", "dot", "--only", "scores"
    )
    assert screen.splitlines()[2:] == [
        " 1 -▓▓▓",
        "   ░ from 1, ▒ 2, ▓ 3, █ 4 to 5, -░ to -█ below 0",
    ]


def test_long_matrices_are_elided_unless_full(tmp_path: Path) -> None:
    """A compact matrix of more than 48 rows is abbreviated with a count; --full shows all."""
    np.save(tmp_path / "long.npy", np.eye(53))
    arguments = (str(tmp_path / "long.npy"), "--only", "weights")
    for colors in (None, "truecolor"):
        short = drawn(*arguments, width=80, colors=colors)
        assert "left out: 13 of 53 rows, 13 of 53 columns (--full shows them)" in joined(short)
        assert "⋮" in short
        full = drawn(*arguments, "--full", width=80, colors=colors)
        assert "left out" not in full
        assert "⋮" not in full
    assert "left out" not in drawn(LESSON, width=80)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("colors", [None, "truecolor"])
def test_no_line_is_wider_than_the_screen(forty: str, width: int, colors: str | None) -> None:
    """Grids, headings and legends fit the screen, also where a grid is broken into blocks."""
    for document in (forty, LESSON):
        screen = Text.from_ansi(drawn(document, width=width, colors=colors)).plain
        assert max(map(cell_len, screen.splitlines())) <= width


def test_columns_with_other_labels_are_listed() -> None:
    """The numbers above the columns are explained if the columns have labels of their own."""
    sample = str(ROOT / "samples/cross_attention.json")
    screen = drawn(sample, "--only", "weights")
    assert screen.endswith("   columns: 1 I, 2 love, 3 you\n")
    assert " 1 je     " in screen
    assert "columns:" not in drawn(LESSON, "--only", "weights")


def test_numbers_of_columns_run_downwards(forty: str) -> None:
    """The digits of the number of a column are below one another."""
    lines = drawn(forty, "--only", "weights[head=1]", width=80).splitlines()
    tens, ones = lines[2].ljust(44)[4:], lines[3][4:]
    assert [int(f"{ten}{one}") for ten, one in zip(tens, ones, strict=True)] == [*range(1, 41)]


def test_decimals_have_no_effect_on_marks() -> None:
    """-p is refused with --compact, which shows no decimals."""
    run = CliRunner().invoke(cli, ["compute", LESSON, "--compact", "-p", "2"])
    assert run.exit_code == 2
    assert run.stderr == "Error: --precision has no effect with --compact. Leave one of them out.\n"
