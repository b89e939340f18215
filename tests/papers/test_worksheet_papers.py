"""Test worksheets for people against golden files, pdfLaTeX and Typst.

`python -m tests.papers.test_worksheet_papers` writes the golden files anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import attncli
from attncli.calculation.problem.worksheet import Worksheet
from attncli.formats import DOCUMENTS, WORKSHEETS, choose_format
from attncli.render.view import View
from tests.running import GOLDEN

FOLDER = GOLDEN / "worksheets"
DOCUMENT = {
    "title": "Two tokens and a mask",
    "tokens": ["I", "love & $"],
    "mask": "causal",
    "Q": [[1, 0.5], [0, 2]],
    "K": [[1, 1], [0, -1]],
    "V": [[1, 2], [3, 0]],
}
FILES = ["worksheet.csv", "worksheet.md", "worksheet.tex", "quiz.xml"]


def sheet_of(document: object, is_key: bool = False) -> Worksheet:
    return Worksheet(attncli.compute(document).made, 2, "problem.json", is_key)  # type: ignore[arg-type]


def written(sheet: Worksheet, file: str) -> bytes:
    if file == "quiz.xml":
        return DOCUMENTS["moodle"].write({"": sheet}, View())
    return choose_format(WORKSHEETS, None, Path(file)).write(sheet, View(full=True))


@pytest.mark.parametrize("file", FILES)
def test_worksheets_are_those_of_the_golden_files(file: str) -> None:
    """Each form of a worksheet, and the quiz, equals its golden file."""
    assert written(sheet_of(DOCUMENT), file) == (FOLDER / file).read_bytes()


def in_pdf(data: bytes, suffix: str, folder: Path) -> bytes:
    """Return the PDF file that pdfLaTeX, or Typst, makes of a document.

    In LaTeX, nothing stands beyond the margin of a worksheet.
    """
    (folder / f"sheet{suffix}").write_bytes(data)
    if suffix == ".tex":
        if not shutil.which("pdflatex"):
            assert not os.environ.get("CI"), "pdflatex is missing"
            pytest.skip("pdflatex is not installed")
        command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "sheet.tex"]
        run = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert run.returncode == 0, run.stdout.decode(errors="replace")[-2000:]
        assert b": key}" in data or b"Overfull \\hbox" not in run.stdout
        return (folder / "sheet.pdf").read_bytes()
    typst = pytest.importorskip("typst")
    pdf: bytes = typst.compile(data)
    return pdf


@pytest.mark.parametrize("suffix", [".tex", ".typ"])
@pytest.mark.parametrize("is_key", [False, True])
def test_worksheets_compile(suffix: str, is_key: bool, tmp_path: Path) -> None:
    """The worksheet and the key of two heads are documents of pdfLaTeX and of Typst."""
    for document in (DOCUMENT, "sample:two_heads"):
        data = written(sheet_of(document, is_key), f"sheet{suffix}")
        assert in_pdf(data, suffix, tmp_path).startswith(b"%PDF")


def test_a_pdf_file_is_written() -> None:
    """A worksheet is also written as PDF."""
    pytest.importorskip("typst")
    assert written(sheet_of(DOCUMENT), "sheet.pdf").startswith(b"%PDF")


@pytest.mark.parametrize("suffix", [".md", ".tex", ".typ"])
def test_only_the_key_has_the_numbers(suffix: str) -> None:
    """The key has every number of the steps with the asked decimals; the worksheet has none."""
    document = {"Q": [[1, 2], [3, 5]], "K": [[1, 0], [2, 1]], "V": [[7, 9], [4, 6]]}
    key, sheet = (
        written(sheet_of(document, is_key), f"sheet{suffix}").decode() for is_key in (True, False)
    )
    for matrix in attncli.compute(document).values():
        for number in np.ravel(matrix):
            assert re.search(rf"(?<![\d.]){re.escape(f'{number:.2f}')}(?!\d)", key)
    assert not re.search(r"\d\.\d\d(?!ex)", re.sub(r"(?s)\A.*?Given", "", sheet))


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        (FOLDER / file).write_bytes(written(sheet_of(DOCUMENT), file))
