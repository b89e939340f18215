"""Test long sequences: their memory is checked first, and a bar shows their progress."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from attncli.cli.terminal import waiting
from tests.running import run, succeed

N, M, D_K, D_V = 1531, 1543, 3, 5
HIDE_CURSOR = "\x1b[?25l"
UNITS = {"bytes": 1, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def files(folder: Path, n: int = N, m: int = M, d_k: int = D_K) -> list[str]:
    """Return Q, K and V in files, as arguments."""
    random = np.random.default_rng(3)
    shapes = {"Q": (n, d_k), "K": (m, d_k), "V": (m, D_V)}
    for name, shape in shapes.items():
        np.save(folder / f"{name}.npy", random.normal(size=shape))
    return [f"{name}={folder / name}.npy" for name in shapes]


def needed(*arguments: str) -> int:
    """Return the bytes that a run reports as needed when its limit is too low."""
    told = run("compute", *arguments, "--memory", "1").stderr
    found = re.search(r"needs ([\d.]+) (\w+) of memory", told)
    assert found, told
    return int(float(found[1]) * UNITS[found[2]])


def peak(*arguments: str) -> int:
    """Return the peak memory of a run that must succeed, in bytes."""
    run("compute", "[[1]]")  # loads the program, so that only the run's memory is measured
    tracemalloc.start()
    try:
        result = run("compute", *arguments)
        _, used = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.exit_code == 0, result.stderr
    return used


# Memory.


def test_a_run_beyond_the_memory_limit_is_refused_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the largest step and a command that fits, without output or file."""
    monkeypatch.setattr("attncli.calculation.long.fused.processors", lambda: 2)  # each needs memory
    given = [*files(tmp_path), "--memory", "80MiB"]
    file = tmp_path / "result.npz"
    result = run("compute", *given, "-o", str(file))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert not file.exists()
    assert result.stderr == (
        "Error: the calculation needs 162.5 MiB of memory, but may use 80.0 MiB (--memory): "
        "scores alone, 1531 × 1543, takes 18.0 MiB. "
        "Calculate output alone (--only output): 48.4 MiB is enough.\n"
    )
    alone = run("compute", *given, "--only", "output")
    assert (alone.exit_code, alone.stderr) == (0, "")


def test_text_is_refused_where_arrays_would_fit(tmp_path: Path) -> None:
    given = [*files(tmp_path), "--only", "weights", "--memory", "200MB"]
    result = run("compute", *given, "-f", "json")
    assert result.exit_code == 2
    assert result.stderr.endswith("Write it as NPZ (-o result.npz): 90.2 MiB is enough.\n")
    assert run("compute", *given, "-o", str(tmp_path / "weights.npz")).exit_code == 0


def test_fewer_bytes_are_proposed_where_they_would_fit(tmp_path: Path) -> None:
    """Without V there is no output to suggest, but a smaller dtype."""
    given = [*files(tmp_path)[:2], "--memory", "60MiB"]
    result = run("compute", *given)
    assert result.exit_code == 2
    assert result.stderr.endswith("Use 4 bytes per number (--dtype float32): 45.1 MiB is enough.\n")
    assert run("compute", *given, "--dtype", "float32").exit_code == 0


@pytest.mark.parametrize("options", [[], ["--dtype", "float32"], ["-f", "npz"], ["-f", "json"]])
def test_nothing_is_proposed_that_would_not_fit(tmp_path: Path, options: list[str]) -> None:
    result = run("compute", *files(tmp_path), *options, "--memory", "1K")
    assert result.exit_code == 2
    assert result.stderr.endswith("MiB. Use shorter sequences.\n")


def test_no_other_steps_are_proposed_to_other_commands(tmp_path: Path) -> None:
    """Explain and compare suggest no other steps; compare names the convention."""
    given = files(tmp_path, 200_003, 100_003)
    explained = CliRunner().invoke(cli, ["explain", *given, "output[1,1]"])
    assert explained.exit_code == 2
    assert explained.stderr.endswith("Use shorter sequences.\n")
    compared = CliRunner().invoke(cli, ["compare", *given, "--convention", "keras"])
    assert compared.stderr.startswith("Error: under paper: the calculation needs ")


def test_a_run_beyond_any_memory_is_refused_by_default(tmp_path: Path) -> None:
    """The default limit is 80% of the free memory."""
    result = run("compute", *files(tmp_path, 2_000_003, 1_000_003, 1))
    assert result.exit_code == 2
    assert "besides the inputs): scores alone, 2000003 × 1000003, takes 14901." in result.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "but may use 80.1 MiB (80% of the free memory, besides the inputs)"),
        (["--memory", "50%"], "but may use 50.1 MiB (50% of the free memory, besides the inputs)"),
        (["--memory", "0.001%"], "but may use 136544 bytes (0.001% of the free memory, besides"),
    ],
)
def test_a_share_of_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], told: str
) -> None:
    monkeypatch.setattr("attncli.face.memory.free_memory", lambda: 100 * UNITS["MiB"])
    assert told in run("compute", *files(tmp_path), *options).stderr


@pytest.mark.parametrize(
    "size",
    ["", "0", "0%", "-1", "2X", "many", "1 2", "5iB", "0.5", "101%", "9" * 250, "9" * 250 + "%"],
)
def test_bad_amounts_of_memory_are_refused(size: str) -> None:
    result = run("compute", "Q=[[1]]", "K=[[1]]", "--memory", size)
    assert result.exit_code == 2
    assert (
        f"--memory is {size!r}: it must be an amount of memory, such as 2GiB, 500MiB or 50%."
        in result.stderr
    )


@pytest.mark.parametrize(
    "size", ["1T", "1TiB", "1 TB", "1024G", "1.5tib", "1048576M", "2000000000000"]
)
def test_amounts_of_memory(tmp_path: Path, size: str) -> None:
    assert run("compute", *files(tmp_path), "--only", "output", "--memory", size).exit_code == 0


OPTIONS = {
    "tables": ["-f", "table"],
    "weights": ["--only", "weights", "-f", "table"],
    "output": ["--only", "output", "-f", "table"],
    "causal": ["-f", "table", "--mask", "causal", "--softcap", "5"],
    "alibi": ["--position", "alibi", "--only", "weights", "-f", "table"],
    "sparsemax": ["--normaliser", "sparsemax", "--only", "weights", "-f", "table"],
    "additive": ["--score", "additive", "--only", "output", "-f", "table"],
    "float32": ["-f", "table", "--dtype", "float32"],
    "json": ["--only", "weights", "-f", "json"],
    "everything as JSON": ["-f", "json"],
    "infinities": ["--only", "masked", "--mask", "causal", "-f", "json"],
    "csv": ["--only", "weights", "-f", "csv"],
    "npz": ["--only", "scores,weights", "-f", "npz"],
    "sigmoid": ["--normaliser", "sigmoid", "--only", "weights", "-f", "npz"],
    "softmax1": ["--normaliser", "softmax1", "--only", "weights", "-f", "npz"],
    "temperature": ["--temperature", "2", "--only", "weights", "-f", "npz"],
    "soft cap": ["--softcap", "2", "--only", "capped", "-f", "npz"],
}


@pytest.mark.parametrize("name", OPTIONS)
def test_the_predicted_memory_is_the_memory_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The peak memory of a run is at most 5% above the prediction, and at least half of it."""
    monkeypatch.setattr("attncli.face.functions.LONG", 2**16)  # so that small matrices do
    given = [*files(tmp_path, 401, 409), *OPTIONS[name], "-o", str(tmp_path / "result")]
    told, used = needed(*given), peak(*given)
    assert used <= 1.05 * told
    assert used >= 0.5 * told or "output" in given  # threads may use less than predicted


@pytest.mark.parametrize("score", ["dot", "cosine"])
def test_copies_of_keys_and_values_are_predicted(tmp_path: Path, score: str) -> None:
    """Copies of 100,003 keys and values are predicted."""
    given = files(tmp_path, 13, 100_003, 31)
    np.save(tmp_path / "V.npy", np.random.default_rng(3).normal(size=(100_003, 29)))
    given += ["--score", score, "--only", "output", "-o", str(tmp_path / "result.npz")]
    assert peak(*given) <= 1.05 * needed(*given)


def test_copies_of_wide_keys_are_predicted(tmp_path: Path) -> None:
    """The hidden keys of additive scoring, as large as the keys, are predicted."""
    given = files(tmp_path, 3, 100_003, 61)
    given += ["--score", "additive", "--only", "output", "-o", str(tmp_path / "result.npz")]
    assert peak(*given) <= 1.05 * needed(*given)


WARNED = {
    "overflow": {"Q": 1e20, "K": -1e20, "options": ["--score", "dot", "--dtype", "float32"]},
    "distance": {"Q": 1e3, "options": ["--score", "distance", "--dtype", "float16"]},
    "added": {"mask": -np.inf, "options": ["--convention", "keras"]},
    "NaN": {"mask": 0, "options": ["--convention", "torch-mha", "--mask-kind", "keep"]},
    "cosine": {"row": 0, "options": ["--score", "cosine"]},
}


@pytest.mark.parametrize("name", WARNED)
def test_a_long_sequence_has_the_warnings_of_a_short_one(tmp_path: Path, name: str) -> None:
    """A long sequence has the warnings of a short one, except for the number of overflows."""
    told = []
    for n, m in ((5, 7), (1031, 1033)):
        given: dict[str, Any] = WARNED[name]
        matrices = {"Q": np.ones((n, 3)), "K": np.ones((m, 3)), "V": np.ones((m, 2))}
        matrices["Q"] *= given.get("Q", 1)
        matrices["K"] *= given.get("K", 1)
        matrices["K"][2] *= given.get("row", 1)
        if "mask" in given:
            matrices["mask"] = np.where(np.arange(n) == 3, given["mask"], 1)[:, None] + np.zeros(m)
        for key, matrix in matrices.items():
            np.save(tmp_path / f"{key}.npy", matrix)
        arguments = [f"{key}={tmp_path / key}.npy" for key in matrices]
        result = run(
            "compute",
            *arguments,
            *given["options"],
            "--only",
            "output",
            "-o",
            str(tmp_path / "r.npz"),
        )
        assert result.exit_code == 0, result.stderr
        counted = r"(\d+ of \d+|some) values "
        told.append(re.sub(counted, "", result.stderr))
    assert told[0].startswith("Warning: ")
    assert told[1] == told[0]


def test_many_small_heads_are_not_tiled(tmp_path: Path) -> None:
    """Many small heads are calculated step by step, with the same bits, because it is faster."""
    random = np.random.default_rng(3)
    for name, shape in {"Q": (1009, 31, 3), "K": (1009, 37, 3), "V": (1009, 37, 5)}.items():
        np.save(tmp_path / f"{name}.npy", random.normal(size=shape))
    given = [f"{name}={tmp_path / name}.npy" for name in "QKV"]
    results = []
    for only in ("output", "weights,output"):
        assert run("compute", *given, "--only", only, "-o", str(tmp_path / "r.npz")).exit_code == 0
        results.append(np.load(tmp_path / "r.npz")["output"])
    np.testing.assert_array_equal(*results)


def test_long_sequences_give_no_more_warnings_than_short_ones(tmp_path: Path) -> None:
    """A matrix that only the omitted output needs gives no warning."""
    assert run("compute", *files(tmp_path), "--only", "weights").stderr == ""


def test_a_cell_of_a_long_sequence_is_spelled_out(tmp_path: Path) -> None:
    """`explain` calculates the weights that the cell of a long sequence needs."""
    result = succeed("explain", *files(tmp_path), "output[1,1]", "--depth", "1")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("output[1,1] = weights[1]·V[:,1] ≈ ")
    assert "  weights[1,1] = " in result.stdout


@pytest.mark.parametrize(("kind", "is_shown"), [("xterm", True), ("dumb", False)])
def test_a_bar_needs_a_terminal_that_can_draw_again(
    monkeypatch: pytest.MonkeyPatch, kind: str, is_shown: bool
) -> None:
    monkeypatch.setattr("attncli.cli.terminal.is_terminal", lambda stream: True)
    monkeypatch.setenv("TERM", kind)
    with waiting("reading") as bar:
        assert (bar is not None) is is_shown


@pytest.mark.parametrize("is_terminal", [True, False])
def test_no_bar_is_shown_in_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    """A pipe, or a file of messages, holds no bar."""
    monkeypatch.setattr("attncli.render.progress_bar.PATIENCE", 0.0)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    if is_terminal:
        monkeypatch.setattr("attncli.cli.terminal.is_terminal", lambda stream: True)
    result = succeed("compute", *files(tmp_path, 4001, 4003), "--only", "output", "-f", "csv")
    assert (HIDE_CURSOR in result.stderr) is is_terminal
    assert is_terminal or result.stderr == ""


def test_a_mask_of_booleans_does_not_shrink_the_numbers(tmp_path: Path) -> None:
    """A mask of one-byte booleans does not lower the prediction of eight bytes per weight."""
    n = 1103
    for name in "QK":
        np.save(tmp_path / f"{name}.npy", np.ones((n, 3)))
    np.save(tmp_path / "mask.npy", np.tri(n, dtype=np.bool_))
    given = [f"{name}={tmp_path / name}.npy" for name in ("Q", "K", "mask")]
    result = CliRunner().invoke(cli, ["compute", *given, "--only", "weights", "--memory", "1MiB"])
    assert result.exit_code == 2
    told = re.search(r"needs ([\d.]+) MiB", result.stderr)
    assert told
    assert float(told[1]) * UNITS["MiB"] > 8 * n * n
