"""Test `attncli mask`: pictures, masks for pipes, and descriptions of mask files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from attncli.calculation.masks.mask_rules import MASKS
from attncli.cli.program import cli
from tests.registered import as_written


def mask(*arguments: str, stdin: str | None = None) -> str:
    """Return the output of a run that succeeds."""
    run = CliRunner().invoke(cli, ["mask", *arguments], input=stdin)
    assert run.exit_code == 0, run.stderr
    return run.stdout


PICTURES = [
    (["causal", "3"], ["  1 2 3", "1 ● · ·", "2 ● ● ·", "3 ● ● ●"]),
    (["causal", "2", "3"], ["  1 2 3", "1 ● · ·", "2 ● ● ·"]),
    (["causal:lower-right", "2", "3"], ["  1 2 3", "1 ● ● ·", "2 ● ● ●"]),
    (["window:0,1", "3"], ["  1 2 3", "1 ● ● ·", "2 · ● ●", "3 · · ●"]),
    (["padding:1", "2"], ["  1 2", "1 ● ·", "2 ● ·"]),
    (["causal", "2", "--tokens", "I,love"], ["     I love", "I    ●    ·", "love ●    ●"]),
    (["causal", "2", "--tokens", "喵,x"], ["   喵 x", "喵  ● ·", "x   ● ●"]),
    (
        ["padding:1,2", "1", "2"],
        ["batch entry 1", "  1 2", "1 ● ·", "", "batch entry 2", "  1 2", "1 ● ●"],
    ),
    (
        ['{"padding":[[1,3],[0,2]]}', "2", "3"],
        [
            *("batch entry 1", "  1 2 3", "1 ● · ·", "2 ● ● ●", ""),
            *("batch entry 2", "  1 2 3", "1 · · ·", "2 ● ● ·"),
        ],
    ),
]


@pytest.mark.parametrize(("arguments", "lines"), PICTURES, ids=[" ".join(a) for a, _ in PICTURES])
def test_a_rule_is_drawn(arguments: list[str], lines: list[str]) -> None:
    """A picture has labels, one row per query and one column per key; a batch has one per entry.

    Below each picture, a line says which axis is which.
    """
    drawn = mask(*arguments)
    words = re.findall(r"\n\n(\d+) × (\d+): \1 quer(?:y|ies) down, \2 keys? across\.", drawn)
    batches = [line for line in lines if line.startswith("batch entry")]
    assert len(words) == max(1, len(batches))
    assert re.sub(r"\n\n\d+ × .*", "", drawn).rstrip("\n").split("\n") == lines


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("rule", ["causal", "causal:lower-right", "padding:2", "window:1,0"])
def test_a_piped_mask_masks_as_its_rule(rule: str, form: str) -> None:
    """`attncli mask … | attncli compute --mask -` masks as `--mask …` does."""
    assert rule.partition(":")[0] in MASKS
    document = '{"Q": [[1, 2], [0, 1], [1, 1]], "K": [[1, 0], [2, 1], [0, 3], [1, 1], [2, 2]]}'
    arguments = ["compute", document, "--only", "masked", "-f", "json", "--mask"]
    piped = CliRunner().invoke(cli, [*arguments, "-"], input=mask(rule, "3", "5", "-f", form))
    assert piped.stdout == CliRunner().invoke(cli, [*arguments, rule]).stdout
    assert json.loads(piped.stdout)


@pytest.mark.parametrize("rule", [text for kind, text in as_written() if kind == "mask"])
def test_a_mask_of_every_kind_is_recognised(rule: str) -> None:
    """`attncli mask FILE` names the rule of a mask, for every kind of mask."""
    cells = mask(rule, "4", "6", "-f", "csv")
    said = mask("-", stdin=cells)
    found = re.search(r"(?m)^It is (.+?)(?: = .+)?\.$", said)
    assert found, f"attncli mask FILE does not recognise {rule}: its kind has no `likely` rules."
    assert mask(found[1], "4", "6", "-f", "csv") == cells


SAID = [
    ("[[1,0,0],[1,1,0],[1,1,1]]", ["Open: 6 of 9 cells (67%).", "It is causal"]),
    ("[[1,1,1],[0,1,1],[0,0,1]]", ["Transposed, it would be causal"]),
    ("[[0,1,1],[0,0,1],[0,0,0]]", ["Inverted, it would be causal", "--mask-kind drop", "query 3"]),
    ("[[1,1,0,0],[1,1,1,0]]", ["2 queries down, 4 keys across", "window"]),
    ("[[1,1,0,0],[1,1,1,0],[1,1,1,1]]", ["It is causal:lower-right"]),
    ("[[1,1,0],[1,1,0]]", ["It is padding:2", "No query sees key 3."]),
    ("[[true,true],[true,true]]", ["a mask that hides nothing", "booleans: true = may"]),
    ('[[0,"-inf"],[0.5,0]]', ["numbers that are added", "It is causal"]),
    (
        "[[0,0],[0,0]]",
        ["The cells are all 0", "No key is open to queries 1, 2: the output is 0 there."],
    ),
    ("[[0],[0],[0],[0],[0],[1],[0],[0]]", ["queries 1, 2, 3, 4, 5 and 2 more: the output is 0"]),
    ("[[0,0,0,0,0,1,0,0]]", ["No query sees keys 1, 2, 3, 4, 5"]),
    ("[[1,0,0],[0,0,0],[1,0,1]]", ["hides all that causal hides, and more", "query 2:"]),
    ("[1,0,1]", ["1 × 3: 1 query down", "the row is for all queries", "No query sees key 2."]),
    ("[[[1,0],[1,1]],[[1,1],[1,1]]]", ["slice 1", "It is causal", "slice 2", "hides nothing"]),
    ("[[[[1,0],[1,1]]],[[[0,0],[1,1]]]]", ["batch entry 1\n", "batch entry 2\n", "query 1:"]),
]


@pytest.mark.parametrize(("cells", "said"), SAID, ids=[cells for cells, _ in SAID])
def test_a_mask_is_described(cells: str, said: list[str], tmp_path: Path) -> None:
    """A mask from a file or a literal is described by size, polarity, rule and empty rows."""
    (tmp_path / "mask.json").write_text(cells)
    for source in (cells, str(tmp_path / "mask.json")):
        text = mask(source)
        assert all(sentence in text for sentence in said), text


LABELLED = [
    (",I,love\nI,1,0\nlove,1,1\n", [], ["     I love", "I    ●    ·", "love ●    ●"]),
    ("I,love\n1,0\n1,1\n", [], ["  I love", "1 ●    ·", "2 ●    ●"]),
    ("I,1,0\nlove,1,1\n", [], ["     1 2", "I    ● ·", "love ● ●"]),
    (",a,b,c\nx,1,0,0\ny,1,1,1\n", [], ["  a b c", "x ● · ·", "y ● ● ●"]),
    (",a,b\nx,1,0\ny,1,1\n", ["--tokens", "i,j"], ["  i j", "i ● ·", "j ● ●"]),
    (",a,b\nx,1,0\ny,1,1\n", ["--memory-tokens", "i,j"], ["  i j", "x ● ·", "y ● ●"]),
]


@pytest.mark.parametrize(("text", "options", "lines"), LABELLED)
def test_labels_of_a_csv_are_drawn(text: str, options: list[str], lines: list[str]) -> None:
    """Labels of a CSV file stand beside the rows and above the columns; options replace them."""
    assert mask("-", *options, stdin=text).split("\n\n")[0].split("\n") == lines


def test_labels_cannot_steer_a_terminal() -> None:
    """Escape sequences in labels are spelled out, as compute does."""
    drawn = mask("-", stdin="\x1b[31m,b\n1,0\n1,1\n")
    assert "\x1b" not in drawn
    assert "\\x1b[31m" in drawn


def test_lengths_of_batch_entries_are_piped_on_with_heads_and_without() -> None:
    """padding:2,1 in a pipe masks each batch entry, also where a third axis would mean heads."""
    tokens = [
        [[1, 0, 2, 1], [0, 1, 1, 1], [0, 0, 1, 1]],
        [[1, 1, 2, 0], [2, 1, 0, 1], [0, 3, 1, 1]],
    ]
    for heads in (1, 2):
        document = json.dumps({"Q": tokens, "K": tokens, "heads": heads})
        arguments = ["compute", document, "--only", "masked", "-f", "json", "--mask"]
        for form in ("json", "csv"):
            text = mask("padding:2,1", "3", "-f", form)
            piped = CliRunner().invoke(cli, [*arguments, "-"], input=text)
            assert piped.stdout == CliRunner().invoke(cli, [*arguments, "padding:2,1"]).stdout


def test_the_suffix_of_a_file_names_the_form(tmp_path: Path) -> None:
    """The suffix of a file sets the form, and --format wins over it."""
    for suffix, begins in ((".txt", "  1 2"), (".json", "{"), (".csv", "1,0")):
        file = tmp_path / f"mask{suffix}"
        mask("causal", "2", "-o", str(file))
        assert file.read_text().startswith(begins)
    mask("causal", "2", "-f", "json", "-o", str(file))
    assert file.read_text().startswith("{")


def test_a_wide_picture_is_broken_into_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the screen, and every cell is drawn once."""
    whole = mask("causal", "23")
    monkeypatch.setenv("COLUMNS", "31")
    text = mask("causal", "23")
    assert max(map(len, text.splitlines())) <= 31
    assert text.count("\n\n") == 3
    assert [text.count(mark) for mark in "●·"] == [whole.count(mark) for mark in "●·"]


ERRORS = [
    (["causal"], "the mask causal needs a size. Write attncli mask causal 4, or"),
    (["casual", "3"], "'casual' is not a mask (did you mean 'causal'?)"),
    (["padding:9", "3"], "padding:9 counts 9 real keys, but there are 3 keys."),
    (["[[1,0]]", "3"], "the mask has its own size, 1 × 2. Leave out N and M."),
    (["[[[[[1,0]]]]]"], "the mask is 1 × 1 × 1 × 1 × 2, but a mask has at most 4 axes"),
    (["[[]]"], "the mask is 1 × 0, but a mask has at most 4 axes"),
    (["causal", "3", "-o", "mask.npz"], "mask.npz: no format has the suffix '.npz'"),
    (["missing.csv"], "Error: missing.csv: there is no such file."),
    (["causal", "3", "--tokens", "a,b"], "--tokens gives 2 labels, but the mask has 3 rows."),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS, ids=[m for _, m in ERRORS])
def test_bad_input_ends_with_2(arguments: list[str], message: str) -> None:
    """Bad input ends with status 2, one line on stderr and nothing on stdout."""
    run = CliRunner().invoke(cli, ["mask", *arguments])
    assert (run.exit_code, run.stdout) == (2, "")
    assert message in run.stderr
    assert run.stderr.count("\n") == 1


LATER = "[[0,1,1],[0,0,1],[0,0,0]]"  # 1 for later keys: causal, if 1 means hidden
EARLIER = "[[1,0,0],[1,1,0],[1,1,1]]"


@pytest.mark.parametrize("option", [["--mask-kind", "drop"], ["--convention", "torch-mha"]])
def test_a_mask_is_read_as_the_user_says(option: list[str]) -> None:
    """With `drop`, or with torch-mha, a mask of ones above the diagonal is causal."""
    shown = mask(LATER, *option)
    assert "0 and 1: 1 = may not attend" in shown
    assert "It is causal" in shown
    inverted = mask(EARLIER, *option)
    assert "Inverted, it would be causal: if 1 means may attend, use --mask-kind keep." in inverted


def test_the_cure_of_an_inverted_mask_works() -> None:
    """The advice names an option that the command has, and the option gives the rule."""
    shown = mask(LATER)
    assert "Inverted, it would be causal: if 1 means hidden, use --mask-kind drop." in shown
