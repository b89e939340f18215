"""Test PDF files: their memory, missing glyphs, and the message where typst is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from attncli.formats import FORMATS
from attncli.render.papers.typst import pdf
from tests.running import ROOT, run, succeed

# Writes a PDF file with a matrix, and prints the bytes that the process has grown by.
GROWTH = """
import resource, sys
from attncli.face.functions import compute
from attncli.formats import FORMATS
from attncli.render.view import View

n = int(sys.argv[1])
result = compute({"Q": [[i / 7] for i in range(n)], "K": [[i] for i in range(n)]}, only="scores")
small = compute({"Q": [[1]], "K": [[1]]}, only="scores")
FORMATS["pdf"].write(small.made, View())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
FORMATS["pdf"].write(result.made, View(full=True, heat="all"))
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def test_a_number_takes_no_more_memory_than_predicted() -> None:
    """A PDF file takes at most the predicted memory, and at least a third of it."""
    size = 40
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, str(size)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    share = int(done.stdout) / (FORMATS["pdf"].bytes_per_number * size**2)
    assert 1 / 3 < share <= 1


def test_a_missing_glyph_is_said() -> None:
    """A character that no font has is named; all others are not."""
    nowhere = chr(0x12345)  # a sign of cuneiform
    result = succeed(
        "compute", "Q=[[1]]", "K=[[1]]", "--tokens", f"é√ {nowhere}", "-f", "pdf", "-o", "-"
    )
    assert result.stdout_bytes.startswith(b"%PDF")
    assert f"Warning: no font on this computer has {nowhere}: " in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_same_document_gives_the_same_bytes() -> None:
    """A PDF file holds no time and no random number: the manifest of variants has its hash."""
    one, other = (
        succeed("compute", "sample:self_attention", "-f", "pdf").stdout_bytes for _ in range(2)
    )
    assert one == other


def test_without_typst_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package typst, the message names the command that installs it."""
    monkeypatch.setitem(sys.modules, "typst", None)
    result = run("compute", "sample:self_attention", "-f", "pdf")
    assert (result.exit_code, result.stdout_bytes) == (2, b"")
    assert result.stderr == (
        "Error: a PDF file needs the package typst, which is not installed. "
        "Write pip install typst, or write the document with -f typst or -f latex.\n"
    )


def test_quotes_and_backslashes_are_characters() -> None:
    """The search for missing glyphs reads no character as markup."""
    assert pdf.without_glyph('\\"#$é') == ""
