"""`attncli samples`, and `sample:NAME` where a command takes a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from attncli.documents.samples import sample_names, sample_path, samples_folder
from tests.cli.test_help import completed
from tests.running import SAMPLES, computed, run, succeed


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are typed in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_every_problem_is_listed_with_its_title() -> None:
    """A line per sample, and none is left out."""
    shown = [" ".join(line.split()) for line in succeed("samples").stdout.splitlines()]
    for path in SAMPLES.glob("*.json"):
        title = json.loads(path.read_text(encoding="utf-8"))["title"]
        assert f"sample:{path.stem} {title}" in shown
    assert "sample:self_attention.csv Three inputs of four numbers" in shown
    assert "sample:models/gpt2.safetensors" in shown


def test_every_listed_name_means_a_file_of_its_own() -> None:
    """As many names as files, and each name can be opened."""
    files = [Path(sample_path(name.removeprefix("sample:"))).resolve() for name in sample_names()]
    assert sorted(files) == sorted(path for path in SAMPLES.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["self_attention", "self_attention.json"])
def test_a_sample_is_read_with_and_without_its_suffix(name: str) -> None:
    """JSON comes before CSV where two samples share a name."""
    path = str(SAMPLES / "self_attention.json")
    assert computed(f"sample:{name}") == computed(path)


def test_a_sample_finds_the_files_beside_it() -> None:
    """A document that points to a model file is calculated as well."""
    assert computed("sample:models/gpt2") == computed(str(SAMPLES / "models" / "gpt2.json"))


def test_a_sample_stands_wherever_a_file_does(tmp_path: Path) -> None:
    """As an answer, as NAME=VALUE, in JSON, as a mask, with a key and a slice."""
    assert run("check", "sample:two_heads", "sample:answers/two_heads/right").exit_code == 0
    named = computed("sample:self_attention", "X=sample:csv/X")
    assert named == computed("sample:self_attention")
    (tmp_path / "own.json").write_text('{"X": "sample:csv/X.csv"}', encoding="utf-8")
    assert computed("own.json") == computed("sample:csv/X")
    tensors = "sample:models/gpt2.safetensors:h.0.attn.c_attn.weight[:,0:4]"
    assert len(computed("X=sample:csv/X", f"memory={tensors}")["scores"][0]) == 4
    assert "3 queries down" in succeed("mask", "sample:answers/weights").stdout


def test_an_unknown_sample_is_refused() -> None:
    """The message names what was written, a similar sample and the list."""
    refused = run("compute", "sample:self_atention")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "Error: sample:self_atention: there is no such sample (did you mean 'self_attention'?). "
        "List the samples: attncli samples.\n"
    )
    assert "no such sample" in run("compute", "sample:../README.md").stderr


def test_an_error_in_a_sample_names_it() -> None:
    """Not the folder where the program is installed."""
    error = run("compute", "sample:answers/weights", "--heads", "2").stderr
    assert "sample:answers/weights" in error
    assert samples_folder() not in error


def test_completion_offers_samples() -> None:
    """In zsh and fish as one word; bash splits words at colons."""
    assert completed("attncli compute sample:self_attention_t") == (
        "plain,sample:self_attention_torch\n"
    )
    assert completed("attncli check sample:rope sample : answers/rope/ri") == (
        "plain,answers/rope/right\n"
    )
    assert "plain,two_heads\n" in completed("attncli compute sample :")
