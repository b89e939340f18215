"""Test `attncli new` for attention: options, notes, and `--judge`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from attncli.cli.program import cli
from attncli.homework.exercises.kinds import KINDS
from tests.running import ROOT, succeed

GOLDEN = ROOT / "tests/golden/exercises"


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["new", *arguments], input=stdin)


def document(*arguments: str) -> dict[str, Any]:
    result = run(*arguments)
    assert result.exit_code == 0
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def golden(name: str) -> str:
    return (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["attention", "self", "masked", "multihead"])
def test_an_exercise_and_its_notes_are_the_same_on_every_machine(kind: str) -> None:
    """The document is on standard output, and the notes are on standard error."""
    result = run(kind, "--seed", "1")
    assert (result.stdout, result.stderr) == (golden(f"{kind}.json"), golden(f"{kind}.txt"))


def test_an_exercise_of_a_teacher_is_judged() -> None:
    """--judge writes tables, and JSON with the same facts; the exit status is 0."""
    result = run("--judge", "sample:self_attention")
    assert (result.exit_code, result.stdout, result.stderr) == (0, golden("judged.txt"), "")
    assert run("--judge", "sample:cross_attention", "-f", "json").stdout == golden("judged.json")


@pytest.mark.parametrize("width", [60, 80])
def test_no_name_is_cut_on_a_narrow_screen(width: int) -> None:
    """The tables of --judge fit the screen, and hold each name in one piece."""
    screen = succeed("new", "--judge", "sample:two_heads", width=width).stdout
    assert max(map(len, screen.splitlines())) <= width
    assert "…" not in screen
    assert "context-from-projected-keys" in screen


def test_a_new_exercise_is_judged_as_its_notes_say(tmp_path: Path) -> None:
    """--judge finds nothing to change in a new exercise, and the same look-alikes."""
    path = tmp_path / "exercise.json"
    made = run("self", "-o", str(path))
    judged = json.loads(run("--judge", str(path), "-f", "json").stdout)
    assert judged["flaws"] == []
    for group in judged["look_alikes"]:
        names = " and ".join(" = ".join(names) for names in group["mistakes"])
        assert f"Note: {names} always give the same output; " in made.stderr
    text = run("--judge", str(path)).stdout
    assert "\nGood numbers: 41 of 42 mistakes change the output (2 decimals).\n" in text


def test_decimals_change_what_an_exercise_shows() -> None:
    """With fewer decimals, more mistakes are invisible."""
    hidden = [
        len(json.loads(run(*JUDGE, "--decimals", decimals).stdout)["invisible"])
        for decimals in ("0", "6")
    ]
    assert hidden[0] > hidden[1]


JUDGE = ("--judge", "sample:two_heads", "-f", "json")


def test_the_words_of_an_exercise_are_its_tokens() -> None:
    """--tokens labels X, and gives n; with Q, K and V it labels Q."""
    found = document("self", "--tokens", "I love you so")
    assert found["tokens"] == ["I", "love", "you", "so"]
    assert len(found["X"]) == 4
    found = document("attention", "--tokens", "je t'aime")
    assert (found["tokens"], found["memory_tokens"]) == (
        ["je", "t'aime"],
        ["j'aime", "bien", "les"],
    )
    assert len(found["Q"]) == 2
    found = document("cross", "--memory-tokens", "es regnet so sehr")
    assert (found["memory_tokens"], len(found["memory"])) == (["es", "regnet", "so", "sehr"], 4)
    assert document(*shlex.split(found["note"])[2:]) == found
    refused = run("self", "--tokens", "I love you", "--n", "4")
    assert refused.stderr == "Error: --n is 4, but --tokens has 3 words. Leave out --n.\n"


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.layer is None])
def test_the_note_of_an_exercise_repeats_its_command(kind: str, tmp_path: Path) -> None:
    """The note holds a command that writes the exercise again, and compute reads the exercise."""
    words = ["--tokens", "I love you", "--values", "tenths", "--decimals", "3"]
    options = [*words, "--for", "softmax-missing", "--seed", "3"]
    made = run(kind, *options)
    command = shlex.split(json.loads(made.stdout)["note"])
    assert command[:3] == ["attncli", "new", kind]
    assert run(*command[2:]).stdout == made.stdout
    (tmp_path / "e.json").write_text(made.stdout)
    computed = CliRunner().invoke(cli, ["compute", str(tmp_path / "e.json"), "-f", "json"])
    assert (computed.exit_code, computed.stderr) == (0, "")


REFUSED = [
    (
        "self --for no-scal",
        (
            "'no-scal' is not a known mistake (did you mean 'no-scale'?). "
            "attncli check --mistakes lists them all."
        ),
    ),
    (
        "self --for mask-inverted",
        (
            "mask-inverted cannot be made in this exercise. "
            "See attncli check --mistakes mask-inverted."
        ),
    ),
    (
        "self --for sqrt-dv",
        (
            "sqrt-dv does not change the output of any exercise of these sizes. "
            "Choose other sizes, or another kind."
        ),
    ),
    ("self --judge p.json", "the kind self has no effect with --judge. Leave out one of them."),
    (
        "--judge p.json --n 3 --seed 1",
        "--n has no effect with --judge. Leave out one of them.",
    ),
    ("--judge p.json --for a", "--for has no effect with --judge. Leave out one of them."),
    ("self -f table", "--format table is for --judge. Write --format json or moodle."),
    (
        "--judge p.json -f moodle",
        "--format moodle has no effect with --judge. Write --format table or json.",
    ),
    (
        "self --n 300 --d-k 64",
        "its steps have 346800 numbers: too many for an exercise. An exercise has at most 50000.",
    ),
    (
        "self --norm pre",
        (
            "--norm has no effect on self, which has no layers. "
            "Leave it out, or choose encoder, decoder or transformer."
        ),
    ),
    ("self --tokens=", '--tokens has no words. Write --tokens "I love you".'),
    (
        "self --memory-tokens a",
        (
            "--memory-tokens has no effect on self, which has no memory. "
            "Leave it out, or choose another kind."
        ),
    ),
    ("self --values whole", "--values is 'whole': it must be integers, halves, tenths or any."),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=[words for words, _ in REFUSED])
def test_impossible_orders_are_refused(arguments: str, message: str) -> None:
    """An impossible order is refused in one line with the cure, and nothing is written."""
    result = run(*arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: {message}\n"


def test_what_is_missing_is_said() -> None:
    """If no draw meets all demands, the best is taken, and each place is named."""
    found = run("attention", "--n", "40", "--m", "40")
    first, *others = found.stderr.splitlines()
    assert first == "Note: none of 81 draws meets all demands: draw 1 is the best."
    assert "Note: scaled: 40 rows have equal scores, so equal weights." in others
    assert json.loads(found.stdout)["Q"]
    share = run("self", "--values", "tenths").stderr.splitlines()[0]
    assert share == "Note: accepted draw 1 of 1 (100%); 42 mistakes can be made."


def test_layers_are_judged() -> None:
    """The notes on a layer name the mistakes that its output hides; --for makes it show one."""
    notes = run("encoder").stderr
    assert notes.startswith("Note: accepted draw 1 of 1 (100%); 106 mistakes can be made.\n")
    assert "ln-eps-missing" in notes
    assert "no-scale and softmax-unscaled always give the same output; self.scaled" in notes
    found = run("encoder", "--for", "ln-eps-missing", "--decimals", "3")
    assert "ln-eps-missing" not in found.stderr
    assert json.loads(found.stdout)["X"] != document("encoder")["X"]


def test_a_large_layer_is_drawn_once() -> None:
    """A layer with too many numbers for a person has the numbers of the first draw, and a note."""
    found = run("encoder", "--n", "40", "--d-model", "300", "--d-ff", "300")
    assert found.stderr == (
        "Note: its steps have over 50000 numbers, so that its mistakes are not made.\n"
    )
    assert np.shape(json.loads(found.stdout)["X"]) == (40, 300)
