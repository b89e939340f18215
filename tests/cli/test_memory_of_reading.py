"""Test that every command reads a bounded amount, and says which file is too large for it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.running import PROGRAM, ROOT, run

LIMITED = ["--memory", "100MiB"]
TOO_LONG = (
    "it is longer than 10.0 MiB: reading a text takes 10 times its size, and may use 100.0 MiB "
    "(--memory). Check that it is the right file, write it as NPZ, or raise --memory.\n"
)
GIB = 2**30

# Each command that reads, before the name of the file.
READING = {
    "compute": ["compute"],
    "compute X": ["compute", "X="],
    "explain": ["explain", "scores[1,1]"],
    "check": ["check", "sample:self_attention"],
    "check --laws": ["check", "--laws"],
    "compare": ["compare", "--token-by-token"],
    "mask": ["mask"],
    "mask in a problem": ["compute", "[[1]]", "--mask"],
    "cost": ["cost"],
    "why-scale": ["why-scale"],
}


def test_every_command_that_reads_has_the_option() -> None:
    """Each command that reads says in its help how much memory it may use."""
    for command in {arguments[0] for arguments in READING.values()}:
        assert "--memory SIZE" in run(command, "--help").stdout


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("file", ["/dev/zero", "/dev/urandom"])
def test_a_file_without_end_is_refused(command: str, file: str) -> None:
    """A device is read up to the limit; the message names it, the limit and the cure."""
    arguments = list(READING[command])
    if arguments[-1] == "X=":
        arguments[-1], shown = f"X={file}", f"X={file}"
    else:
        arguments, shown = [*arguments, file], file
    result = run(*arguments, *LIMITED)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"{shown}: {TOO_LONG}")


def test_a_pipe_without_end_is_refused() -> None:
    """`yes | attncli compute -` stops at the limit."""
    line = f'yes 1,2 | "$0" -m attncli compute - {" ".join(LIMITED)}'
    ended = subprocess.run(
        ["bash", "-c", line, sys.executable], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"Error: standard input: {TOO_LONG}"


@pytest.mark.parametrize("name", ["x.csv", "x.json", "x"])
def test_a_text_beyond_the_free_memory_is_refused_at_once(name: str, tmp_path: Path) -> None:
    """The size of a file is asked before it is read."""
    file = tmp_path / name
    with file.open("wb") as sparse:
        sparse.write(b"1,")
        sparse.truncate(1000 * GIB)
    result = run("compute", str(file))
    assert result.exit_code == 2
    assert "(80% of the free memory). Check that it is the right file" in result.stderr


@pytest.mark.parametrize("command", [["compute"], ["cost"], ["check", "sample:self_attention"]])
def test_an_archive_of_zeros_is_not_unpacked(command: list[str], tmp_path: Path) -> None:
    """The size that an archive states for an array decides, before the array is unpacked."""
    file = tmp_path / "zeros.npz"
    np.savez_compressed(file, X=np.zeros((5000, 5000)))
    assert file.stat().st_size < 2**20
    result = run(*command, str(file), *LIMITED)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"Error: {file}: X takes 190.7 MiB of memory, but reading may use 100.0 MiB (--memory). "
        "Save fewer numbers, or raise --memory.\n"
    )


def test_a_text_that_takes_more_than_expected_is_refused_too(tmp_path: Path) -> None:
    """Each empty list of a text takes 40 times its size: the system refuses so much memory."""
    file = tmp_path / "x.json"
    file.write_text(f"[{','.join(['[]'] * 2_500_000)}]", encoding="utf-8")
    ended = subprocess.run(
        [*PROGRAM, "compute", str(file), *LIMITED],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"Error: {file}: it takes more memory than expected, and reading may use 100.0 MiB "
        "(--memory). Write it as NPZ, or raise --memory.\n"
    )


def test_reading_leaves_the_limit_of_the_process_as_it_was(tmp_path: Path) -> None:
    """The limit for a long text ends with the text, so that the calculation has its own."""
    file = tmp_path / "x.csv"
    file.write_text("1,2\n" * 2_000_000, encoding="utf-8")
    before = resource.getrlimit(resource.RLIMIT_AS)
    assert run("cost", str(file), "--memory", "8GiB").exit_code == 0
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_all_files_of_a_command_share_the_memory(tmp_path: Path) -> None:
    """Two matrices that fit alone do not fit together."""
    np.savez_compressed(tmp_path / "x.npz", Q=np.zeros((3000, 3000)), K=np.zeros((3000, 3000)))
    result = run("cost", str(tmp_path / "x.npz"), *LIMITED)
    assert "K takes 68.7 MiB of memory, but reading may use 100.0 MiB" in result.stderr


def test_numbers_that_grow_in_memory_are_counted_as_they_are_there(tmp_path: Path) -> None:
    """One byte of int8 takes eight as a number."""
    np.save(tmp_path / "x.npy", np.zeros((4000, 4000), np.int8))
    result = run("cost", str(tmp_path / "x.npy"), *LIMITED)
    assert "it takes 122.1 MiB of memory, but reading may use 100.0 MiB" in result.stderr


def test_a_mask_beyond_the_memory_is_refused_before_it_is_drawn() -> None:
    """The message names the size, and the memory that drawing takes."""
    result = run("mask", "causal", "3000", "4000", *LIMITED)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "Error: mask 3000 4000: it needs 457.8 MiB of memory, but may use 100.0 MiB (--memory). "
        "Choose a smaller N or M.\n"
    )
    assert run("mask", '{"padding": [1, 2, 3]}', "1000", *LIMITED).exit_code == 2
    assert run("mask", "causal", "1000", *LIMITED).exit_code == 0


@pytest.mark.parametrize("form", ["picture", "json", "csv"])
def test_drawing_a_mask_takes_no_more_than_the_prediction(form: str) -> None:
    """The peak memory of a run is below the memory that the limit is compared with."""
    from attncli.cli.commands.mask import DRAWN

    def peak(size: int) -> int:
        script = (
            "import resource, sys; from attncli.__main__ import main\n"
            f"sys.argv = ['attncli', 'mask', 'causal', '{size}', '-f', '{form}']\n"
            "try:\n    main()\n"
            "finally:\n"
            "    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "    print(used * 1024, file=sys.stderr)\n"
        )
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        return int(ended.stderr)

    assert peak(1500) - peak(2) < DRAWN * 1500**2


def test_the_limit_of_a_shell_is_a_limit(tmp_path: Path) -> None:
    """`ulimit -v` is free memory that a program cannot use: the message is the same."""
    file = tmp_path / "x.csv"
    with file.open("wb") as sparse:
        sparse.truncate(GIB)
    ended = subprocess.run(
        [*PROGRAM, "compute", str(file)], capture_output=True, text=True, check=False, cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (GIB, GIB)),
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"{file}: it is longer than" in ended.stderr


def test_standard_input_that_does_not_block_is_waited_for() -> None:
    """A pipe whose writer is slow is read to its end, also if it does not block."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    process = subprocess.Popen(
        [*PROGRAM, "compute", "-", "--only", "output", "-f", "csv"],
        stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    os.close(reading)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    os.write(writing, b"[[1,")
    os.write(writing, b"2]]")
    os.close(writing)
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout, stderr) == (0, b"1.0,2.0\n", b"")


def test_a_file_that_is_shortened_while_it_is_read_is_damaged(tmp_path: Path) -> None:
    """A small NPY file is read, not mapped, so that a shortened file does not end the program."""
    from attncli.documents.reader import Reader

    file = tmp_path / "x.npy"
    np.save(file, np.ones((2000, 500)))
    tokens = Reader().document(str(file)).entries["X"].value
    os.truncate(file, 200)
    assert isinstance(tokens, np.ndarray)
    assert tokens.sum() == 1e6
