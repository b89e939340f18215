"""Compact matrices: one or two characters per cell, and a legend.

`python -m tests.render.test_compact` writes the golden files anew.
"""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from attncli.cli.program import cli
from attncli.render.heat import Heat
from tests.running import GOLDEN, ROOT, computed, succeed

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


def forty_tokens() -> dict[str, Any]:
    """Return a document of 40 tokens and 4 heads with a causal mask."""
    row, column = np.indices((40, 8))
    inputs = (7 * row + 3 * column**2 + row**2 * column) % 97 / 24 - 2
    return {"X": inputs.tolist(), "heads": 4, "mask": "causal"}


@pytest.fixture
def forty(tmp_path: Path) -> str:
    """Return the path of that document."""
    path = tmp_path / "forty.json"
    path.write_text(json.dumps(forty_tokens()), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("colors", [None, "truecolor"])
@pytest.mark.parametrize("step", ["weights", "scaled"])
def test_a_large_head_fits_on_one_screen(forty: str, step: str, colors: str | None) -> None:
    """A head of 40 tokens takes 24 lines of 80 columns, above the legend of all heads."""
    screen = Text.from_ansi(drawn(forty, "--only", step, width=80, colors=colors)).plain
    _, *heads = re.split(r"(?m)^ *(?=head )", screen.replace("\n\n", "\n"))
    assert len(heads) == 4
    assert {head.count("\n") for head in heads[:-1]} == {23}
    assert heads[-1].count("\n") <= 25
    assert max(map(cell_len, screen.splitlines())) <= 80
    assert "left out" not in screen


def test_heads_are_side_by_side_on_a_wide_screen(forty: str) -> None:
    """A screen of 120 columns has two heads of 40 tokens side by side, also without colours."""
    screen = drawn(forty, "--only", "weights", width=120)
    assert re.findall(r"(?m)^ +head 1 +head 2$", screen)
    assert screen.count("\n") < 2 * 26


BITS = ((0, 3, 1, 4), (2, 5, 6, 7))  # the dots of a braille character that belong to each row


def counted(mark: str) -> list[tuple[int, int]]:
    """Return the dots at the left and at the right of the upper and the lower row of a mark."""
    bits = 0 if mark == " " else ord(mark) - 0x2800
    assert 0 <= bits < 256
    rows = ([bits >> at & 1 for at in row] for row in BITS)
    return [(row[0] + row[2], row[1] + row[3]) for row in rows]


@pytest.mark.parametrize("step", ["weights", "scaled"])
def test_the_dots_of_each_mark_are_its_numbers(forty: str, step: str) -> None:
    """More dots are more attention, signed numbers have them at one side, masked cells a point."""
    matrix = np.array(computed(forty, "--only", step)[step])
    screen = drawn(forty, "--only", step, width=80)
    said = "⠁ from 0.125, ⠉ 0.375, ⠋ 0.625, ⠛ 0.875 to 1 (lower dots: the next row), · masked"
    if step == "scaled":
        said = "⠈ from 2.5, ⠘ 7.5 to 10, ⠁ to ⠃ below 0 (lower dots: the next row)"
    assert said in joined(screen)
    for head, part in enumerate(screen.split("head ")[1:]):
        rows = [
            line.ljust(44)[4:44] for line in part.splitlines() if re.match(r" {1,2}\d+\b", line)
        ]
        assert len(rows) == 20
        for i, j in np.ndindex(40, 40):
            mark = rows[i // 2][j]
            if step == "weights" and j > i:
                assert (j == i + 1 and i % 2 == 0) or mark == "·"
                continue
            left, right = counted(mark)[i % 2]
            number = matrix[head, i, j]
            if step == "weights":
                assert left + right == int(4 * number + 0.5), (head, i, j)
            else:
                assert right - left == np.sign(number) * int(abs(number) / 5 + 0.5), (head, i, j)


def test_each_symbol_is_the_shade_of_its_number() -> None:
    """A matrix of few rows has a symbol for each weight, and points for masked cells."""
    weights = np.array(computed(LESSON, "--only", "weights")["weights"])
    screen = drawn(LESSON, "--only", "weights", width=80)
    assert "░ from 0.2, ▒ 0.4, ▓ 0.6, █ 0.8 to 1, · masked" in joined(screen)
    rows = re.findall(r"(?m)^ \d \w+ (.{6}) +\d \w+ (.{1,6})$", screen)
    assert len(rows) == 3
    for (i, row), head in product(enumerate(rows), range(2)):
        for j, symbol in enumerate(row[head].ljust(6)[::2]):
            expected = SYMBOLS[min(int(5 * weights[head, i, j]), 4)] if j <= i else "·"
            assert symbol == expected, (head, i, j)


GOLDEN_VIEWS = {
    "weights-80": ("weights[head=1]", 80),
    "weights-120": ("weights", 120),
    "scaled-80": ("scaled[head=1]", 80),
}


def golden_file(name: str) -> Path:
    """Return the file with the compact view of this name."""
    return GOLDEN / "compact" / f"{name}.txt"


@pytest.mark.parametrize("name", GOLDEN_VIEWS)
def test_compact_views_are_the_golden_files(name: str, forty: str) -> None:
    """The compact views of 40 tokens are the files in tests/golden/compact."""
    step, width = GOLDEN_VIEWS[name]
    golden = golden_file(name).read_text(encoding="utf-8")
    assert drawn(forty, "--only", step, width=width) == golden


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
    """A compact matrix of more than 64 rows is abbreviated with a count; --full shows all."""
    np.save(tmp_path / "long.npy", np.eye(69))
    arguments = (str(tmp_path / "long.npy"), "--only", "weights")
    for colors in (None, "truecolor"):
        short = drawn(*arguments, width=80, colors=colors)
        assert "left out: 29 of 69 rows, 29 of 69 columns (--full shows them)" in joined(short)
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


if __name__ == "__main__":
    text = json.dumps(forty_tokens())
    for name, (step, width) in GOLDEN_VIEWS.items():
        view = succeed("compute", "-", "--compact", "--only", step, stdin=text, width=width)
        golden_file(name).parent.mkdir(exist_ok=True)
        golden_file(name).write_text(view.stdout, encoding="utf-8")
