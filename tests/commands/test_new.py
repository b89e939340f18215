"""Test `attncli new`: documents of small numbers, the same on every machine."""

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
from attncli.calculation.counting.sizes import SIZES
from attncli.cli.commands.new import GIVEN_CHOICES
from attncli.cli.program import cli
from attncli.homework.exercises.kinds import KINDS
from attncli.homework.exercises.new_documents import ENGLISH, FRENCH, made
from attncli.homework.exercises.orders import Order
from tests.running import ROOT

Entries = dict[str, Any]


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=stdin)


def new(*arguments: str) -> str:
    """Return the text of a new document."""
    result = run("new", *arguments)
    assert result.exit_code == 0
    return result.stdout


def document(kind: str, *options: str) -> Entries:
    """Return the document of the first draw, which nothing judges."""
    pairs = zip(options[::2], options[1::2], strict=True)
    given = {name.removeprefix("--").replace("-", "_"): value for name, value in pairs}
    sizes = {name: int(value) for name, value in given.items() if name in SIZES}
    choices = {name: value for name, value in given.items() if name in GIVEN_CHOICES}
    return made(Order(kind, sizes, choices, int(given.get("seed", 0))))


def computed(text: str, *options: str) -> Entries:
    """Return every step of a document, which must give no warning."""
    result = run("compute", "-", "-f", "json", *options, stdin=text)
    assert (result.exit_code, result.stderr) == (0, "")
    steps: Entries = json.loads(result.stdout)
    return steps


def matrices(entries: Entries, prefix: str = "") -> Entries:
    """Return every matrix by its name with dots."""
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
    """compute calculates a new document without a warning, and its results pass check."""
    found = document(kind, "--seed", seed)
    assert list(computed(json.dumps(found)))[-1] == "output"
    assert document(kind, "--seed", seed) == found
    assert matrices(document(kind, "--seed", f"{seed}1")) != matrices(found)


def test_numbers_are_the_same_on_every_machine() -> None:
    """A seed gives the same text on every machine and in every version, so that answers fit."""
    text = new(
        "encoder", "--n", "2", "--d-model", "4", "--d-ff", "2", "--heads", "1", "--seed", "5"
    )
    assert text == (ROOT / "tests/golden/new.json").read_text(encoding="utf-8")


def test_a_sample_is_a_new_document() -> None:
    """The command in the note of the sample of an encoder layer writes the sample."""
    text = (ROOT / "samples/encoder_layer.json").read_text(encoding="utf-8")
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
def test_the_note_has_all_options(kind: str, options: str) -> None:
    """The options in the note make the same document, and compute reads it."""
    found = document(kind, *options.split())
    assert document(*shlex.split(found["note"])[2:]) == found
    computed(json.dumps(found))


def test_the_note_repeats_the_command() -> None:
    """The note holds a command that writes the document again."""
    text = new("encoder", *OPTIONS[-1].split())
    assert new(*shlex.split(json.loads(text)["note"])[2:]) == text


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
def test_sizes_are_those_of_the_options(kind: str, options: str, shapes: dict[str, Any]) -> None:
    """Every matrix has the chosen sizes; layers with norm pre end with a norm."""
    found = matrices(document(kind, *options.split()))
    assert {name: np.shape(found[name]) for name in shapes} == shapes


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("options", ["", "--norm pre", "--layers 1"])
def test_one_layer_has_no_final_norm_and_no_list(kind: str, options: str) -> None:
    """One layer has no list, and only a Transformer with norm pre has a final norm."""
    found = document(kind, *options.split())
    assert "layers" not in found
    has_norm = any("norm_final" in name for name in matrices(found))
    assert has_norm == (kind == "transformer" and "pre" in options)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("width", [2, 6, 20])
def test_numbers_are_small_halves(kind: str, width: int) -> None:
    """Numbers are halves of one digit; at most three in each column of a weight are not 0."""
    for name, matrix in matrices(document(kind, "--d-model", str(width))).items():
        numbers = np.array(matrix)
        assert set((2 * numbers).ravel().tolist()) <= {-2, -1, 0, 1, 2, 3, 4}, name
        if name.rpartition(".")[2].startswith("W_"):
            assert set((numbers != 0).sum(0).tolist()) == {min(3, len(numbers))}, name


@pytest.mark.parametrize("kind", LAYERS)
def test_queries_attend_to_several_keys(kind: str) -> None:
    """Over ten seeds, few weights exceed 0.9, so that queries attend to more than one key."""
    largest: list[float] = []
    for seed in range(10):
        text = json.dumps(document(kind, "--seed", str(seed), "--layers", "2"))
        steps = computed(text)
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
    """Tokens are named on both sides, the decoder's from `<s>` on; too many are only numbered."""
    found = document("decoder", "--n", "2", "--m", "5")
    assert (found["tokens"], found["memory_tokens"]) == (["<s>", "I"], list(FRENCH[:5]))
    assert document("encoder")["tokens"] == ["I", "love", "math"]
    assert "memory_tokens" not in document("encoder")
    many = document("decoder", "--n", str(len(ENGLISH) + 2), "--m", str(len(FRENCH) + 1))
    assert not {"tokens", "memory_tokens"} & many.keys()
    for words in (ENGLISH, FRENCH):  # a label names one token
        assert len(set(words)) == len(words)


def test_a_document_is_written_to_a_file_or_a_pipe(tmp_path: Path) -> None:
    """A file, a pipe and standard output hold the same bytes."""
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
        ("KIND is 'encodr': it must be attention, self, cross, additive, general, multihead, "
        "masked, padded, cached, encoder, decoder or transformer (did you mean 'encoder'?)."),
    ),
    (
        "encoder --heads 4",
        ("d_model is 6, but heads is 4: without --d-k, a head has d_model / heads features. "
        "Use --heads 1, 2, 3 or 6, or give --d-k."),
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
        ("d.csv: no format has the suffix '.csv'. "
        "Use the suffix .json or .xml, or name the format: --format json."),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=[words for words, _ in REFUSED])
def test_impossible_documents_are_refused(arguments: str, message: str) -> None:
    """An impossible document is refused in one line with the cure, and nothing is written."""
    result = run("new", *arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: {message}\n"
    assert not Path("d.csv").exists()


def test_an_encoder_has_no_memory() -> None:
    """A size that the kind does not have is refused."""
    result = run("new", "encoder", "--m", "3")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: --m is given, but an encoder does not have this size.")


def test_help_lists_the_kinds() -> None:
    """The help and completion list the kinds with their descriptions, from the registry."""
    shown = " ".join(run("new", "--help").stdout.split())
    for name, kind in KINDS.items():
        assert f"{name} {kind.help};" in shown
    environment = {"_ATTNCLI_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    environment["COMP_WORDS"] = "attncli new "
    completed = CliRunner(env=environment).invoke(cli, prog_name="attncli").stdout
    assert [line.split(",")[1] for line in completed.split()] == list(KINDS)
