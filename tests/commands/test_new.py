"""`attncli new`: documents of small numbers, the same on every machine."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.cli.program import cli
from attncli.homework.exercises import ENGLISH, FRENCH
from tests.running import ROOT

Entries = dict[str, Any]


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=stdin)


def new(*arguments: str) -> str:
    """The text of a new document."""
    result = run("new", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def document(*arguments: str) -> Entries:
    found: Entries = json.loads(new(*arguments))
    return found


def computed(text: str, *options: str) -> Entries:
    """Every step of a document, which must give no warning."""
    result = run("compute", "-", "-f", "json", *options, stdin=text)
    assert (result.exit_code, result.stderr) == (0, "")
    steps: Entries = json.loads(result.stdout)
    return steps


def matrices(entries: Entries, prefix: str = "") -> Entries:
    """Every matrix by its name with dots."""
    found: Entries = {}
    for name, entry in entries.items():
        if isinstance(entry, dict):
            found |= matrices(entry, f"{prefix}{name}.")
        elif name == "layers":
            for number, inner in enumerate(entry, 1):
                found |= matrices(inner, f"{prefix}layers.{number}.")
        elif isinstance(entry, list) and "tokens" not in name:
            found[prefix + name] = entry
    return found


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("seed", ["0", "1", "12345678901234567890"])
def test_a_new_document_can_be_calculated(kind: str, seed: str) -> None:
    """By compute, without a warning, and its own results pass check."""
    text = new(kind, "--seed", seed)
    steps = computed(text)
    assert list(steps)[-1] == "output"
    assert new(kind, "--seed", seed) == text
    assert new(kind, "--seed", f"{seed}1") != text


def test_numbers_are_the_same_on_every_machine() -> None:
    """To the letter; the first number of a seed must never change, or answers no longer fit."""
    text = new(
        "encoder", "--n", "2", "--d-model", "4", "--d-ff", "2", "--heads", "1", "--seed", "5"
    )
    assert text == (ROOT / "tests/golden/new.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("sample", ["encoder_layer", "transformer"])
def test_samples_are_new_documents(sample: str) -> None:
    """What the note of a sample says writes it."""
    text = (ROOT / f"samples/{sample}.json").read_text(encoding="utf-8")
    command = shlex.split(json.loads(text)["note"])
    assert command[:2] == ["attncli", "new"]
    assert new(*command[2:]) == text


OPTIONS = [
    *("--n 2", "--n 5 --heads 3", "--d-model 10 --heads 5", "--d-k 5 --d-v 2", "--d-ff 1"),
    *("--layers 3", "--layers 1", "--words 4", "--norm pre --layers 2", "--activation swiglu"),
    "--activation GELU --norm Post --seed 3",
]


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("options", OPTIONS)
def test_the_note_repeats_the_command(kind: str, options: str) -> None:
    """Whatever was asked for, the note writes the same again, and compute reads it."""
    text = new(kind, *options.split())
    note = json.loads(text)["note"]
    assert new(*shlex.split(note)[2:]) == text
    computed(text)


SHAPES = [
    ("encoder", "--n 2 --d-model 9 --heads 3 --d-ff 5", {
        "X": (2, 9), "self.W_q": (9, 9), "self.W_o": (9, 9), "ffn.W_1": (9, 5), "ffn.b_1": (5,),
        "ffn.W_2": (5, 9), "norm_1.gamma": (9,), "norm_2.beta": (9,),
    }),
    ("encoder", "--d-k 5 --d-v 2", {"self.W_k": (6, 10), "self.W_v": (6, 4), "self.W_o": (4, 6)}),
    ("encoder", "--activation swiglu", {"ffn.W_3": (6, 7), "ffn.b_3": (7,)}),
    ("encoder", "--words 4", {"W_out": (6, 4)}),
    ("decoder", "--m 7", {"memory": (7, 6), "cross.W_k": (6, 6), "norm_3.gamma": (6,)}),
    ("decoder", "--layers 2 --norm pre", {
        "layers.1.cross.W_o": (6, 6), "layers.2.ffn.W_1": (6, 7), "norm_final.gamma": (6,),
    }),
    ("transformer", "--n 2 --m 5 --norm pre", {
        "encoder.X": (5, 6), "decoder.X": (2, 6), "encoder.norm_final.beta": (6,),
        "decoder.norm_final.beta": (6,), "W_out": (6, 5),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "options", "shapes"), SHAPES)
def test_sizes_are_those_asked_for(kind: str, options: str, shapes: dict[str, Any]) -> None:
    """Of every matrix; a norm after the last layer comes with layers that normalise before."""
    found = matrices(document(kind, *options.split()))
    assert {name: np.shape(found[name]) for name in shapes} == shapes


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("options", ["", "--norm pre", "--layers 1"])
def test_one_layer_has_no_final_norm_and_no_list(kind: str, options: str) -> None:
    """A Transformer that normalises before has the norm, whatever the number of its layers."""
    found = document(kind, *options.split())
    assert "layers" not in found
    has_norm = any("norm_final" in name for name in matrices(found))
    assert has_norm == (kind == "transformer" and "pre" in options)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("width", [2, 6, 20])
def test_numbers_can_be_calculated_with(kind: str, width: int) -> None:
    """Halves of one digit, and never more than three in a column of a weight that are not 0."""
    for name, matrix in matrices(document(kind, "--d-model", str(width))).items():
        numbers = np.array(matrix)
        assert set((2 * numbers).ravel().tolist()) <= {-2, -1, 0, 1, 2, 3, 4}, name
        if name.rpartition(".")[2].startswith("W_"):
            assert set((numbers != 0).sum(0).tolist()) == {min(3, len(numbers))}, name


@pytest.mark.parametrize("kind", LAYERS)
def test_weights_are_not_of_one_key_alone(kind: str) -> None:
    """Of ten seeds, nearly all queries have two keys that they attend to, or more."""
    largest: list[float] = []
    for seed in range(10):
        steps = computed(new(kind, "--seed", str(seed), "--layers", "2"))
        for name, weights in steps.items():
            if name.endswith("weights"):
                rows = np.array(weights)[:, 1:]  # a decoder's first query sees itself alone
                largest += rows.max(-1).ravel().tolist()
    assert np.mean(np.array(largest) > 0.99) < 0.1
    assert np.mean(np.array(largest) > 0.9) < 0.4


def test_more_rows_leave_the_first_as_they_are() -> None:
    """A size changes the matrices that have it, and no others."""
    small, large = (matrices(document("decoder", "--n", n)) for n in ("3", "5"))
    assert large["X"][:3] == small["X"]
    assert {**large, "X": 0} == {**small, "X": 0}
    wide = matrices(document("decoder", "--d-ff", "9"))
    assert [name for name in wide if wide[name] != small[name]] == [
        "ffn.W_1",
        "ffn.b_1",
        "ffn.W_2",
    ]


def test_tokens_have_names() -> None:
    """Of both sides; the decoder begins with a word of its own. Too many are numbered."""
    found = document("decoder", "--n", "2", "--m", "5")
    assert (found["tokens"], found["memory_tokens"]) == (["<s>", "I"], list(FRENCH[:5]))
    assert document("encoder")["tokens"] == ["I", "love", "math"]
    assert "memory_tokens" not in document("encoder")
    many = document("decoder", "--n", str(len(ENGLISH) + 2), "--m", str(len(FRENCH) + 1))
    assert not {"tokens", "memory_tokens"} & many.keys()
    for words in (ENGLISH, FRENCH):  # a label that stands twice names no token
        assert len(set(words)) == len(words)


def test_it_is_written_to_a_file_or_a_pipe(tmp_path: Path) -> None:
    """Bytes are the same; the shell's pipe works."""
    path = tmp_path / "d.json"
    assert new("decoder", "-o", str(path)) == ""
    assert path.read_text(encoding="utf-8") == new("decoder") == new("decoder", "-f", "json")
    program = f"attncli() {{ '{sys.executable}' -m attncli \"$@\"; }}; set -o pipefail\n"
    command = "attncli new encoder | attncli compute - --only output -f json"
    shell = ["bash", "-c", program + command]
    piped = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    assert json.loads(piped) == computed(new("encoder"), "--only", "output")


REFUSED = [
    (
        "encodr",
        "KIND is 'encodr': it must be encoder, decoder or transformer (did you mean 'encoder'?).",
    ),
    (
        "encoder --heads 4",
        ("d_model is 6, but heads is 4: without --d-k a head has d_model / heads features. "
        "Choose a number of heads that divides it (1, 2, 3 or 6), or give --d-k."),
    ),
    ("encoder --heads 0", "--heads is '0': it must be a whole number of at least 1."),
    (
        "encoder --activation rleu",
        ("--activation is 'rleu': it must be relu, gelu, gelu-tanh, silu or swiglu (did you mean "
        "'relu'?)."),
    ),
    ("encoder --norm pots", "--norm is 'pots': it must be post or pre (did you mean 'post'?)."),
    (
        "encoder --d-model 700 --d-ff 3000",
        ("these sizes make 6168600 numbers: too many to calculate with. "
        "Choose smaller ones; attncli cost counts sizes of any size."),
    ),
    (
        "encoder -o d.csv",
        ("d.csv: the suffix '.csv' names no format: known are .json (json). "
        "Name the format with --format."),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=[words for words, _ in REFUSED])
def test_what_cannot_be_made_is_refused(arguments: str, message: str) -> None:
    """One line with the cure, and nothing is written."""
    result = run("new", *arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: {message}\n"
    assert not Path("d.csv").exists()


def test_an_encoder_has_no_memory() -> None:
    """A size that the kind does not have is not passed over."""
    result = run("new", "encoder", "--m", "3")
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "Error: --m is given, but there is none here: layer is encoder."
    )


def test_help_lists_the_kinds() -> None:
    """With what they are, from the place that lists them; the shell completes them."""
    shown = " ".join(run("new", "--help").stdout.split())
    for name, kind in LAYERS.items():
        assert f"{name} {kind.help};" in shown
    environment = {"_ATTNCLI_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    environment["COMP_WORDS"] = "attncli new "
    completed = CliRunner(env=environment).invoke(cli, prog_name="attncli").stdout
    assert [line.split(",")[1] for line in completed.split()] == list(LAYERS)
