"""Test documents to hand in with their consumers: pdfLaTeX, Typst, CommonMark, and check itself.

`python -m tests.papers.test_documents` writes the golden files anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from attncli.documents.samples import sample_names
from attncli.render.papers.latex_notation import ENDING, PREAMBLE
from attncli.render.papers.typst.typst_notation import PREAMBLE as TYPST_PREAMBLE
from tests.running import GOLDEN, run, succeed

FOLDER = GOLDEN / "papers"
SUFFIXES = {"markdown": ".md", "latex": ".tex", "typst": ".typ"}
NAMES = [name for name in sample_names() if "/" not in name and "workbooks" not in name]
LABELS = [
    *("_", "&", "%", "#", "$", "{", "}", "~", "^", "\\", "<", ">", "|", "*", '"', "`"),
    *("[a]", "@ref", "é ß ő", "<script>", "#import", "$x$", "数"),
]
# Steps with the longest names.
LONG_NAMES = (
    "encoder.norm_1.mean,decoder.norm_3.variance,decoder.cross.weights,decoder.cross.scores"
)
NASTY = {
    "title": "A 100 % test of _all_ <b>marks</b> & more: # $x$ ~ ^ \\ {} | √3 × 2",
    "note": "*note* `code` #set",
    "tokens": LABELS,
    "X": [[i / 7, 1 - i / 3] for i in range(len(LABELS))],
}


def of_document(document: object, *options: str) -> str:
    """Return what compute writes for a document."""
    return succeed("compute", "-", *options, stdin=json.dumps(document)).stdout


def pdf_of_latex(source: str, folder: Path) -> str:
    """Return the text of the PDF file that pdfLaTeX makes, which must end without an error."""
    if shutil.which("pdflatex") is None or shutil.which("pdftotext") is None:
        assert "CI" not in os.environ, "pdflatex or pdftotext is not installed"
        pytest.skip("pdflatex or pdftotext is not installed")
    (folder / "x.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "x.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
    return text_of_pdf((folder / "x.pdf").read_bytes())


def text_of_pdf(data: bytes) -> str:
    tool = shutil.which("pdftotext")
    if tool is None:
        assert "CI" not in os.environ, "pdftotext is not installed"
        pytest.skip("pdftotext is not installed")
    shown = subprocess.run([tool, "-layout", "-", "-"], input=data, capture_output=True, check=True)
    return shown.stdout.decode()


@pytest.mark.parametrize("form", SUFFIXES)
def test_a_worked_solution_is_that_of_the_golden_file(form: str) -> None:
    """Each form of a small worked solution equals its golden file."""
    golden = FOLDER / f"worked{SUFFIXES[form]}"
    assert worked(form) == golden.read_text(encoding="utf-8")


def worked(form: str) -> str:
    return succeed("compute", "sample:cross_attention", "--worked", "-f", form).stdout


@pytest.mark.parametrize("name", NAMES)
def test_markdown_is_read_back(name: str, tmp_path: Path) -> None:
    """`attncli check` reads the tables of a Markdown document as the same matrices."""
    file = tmp_path / "answer.md"
    succeed("compute", name, "-p", "12", "--full", "-o", str(file))
    assert succeed("check", name, str(file)).stdout.startswith("All right: ")


def worked_samples(form: str) -> str:
    """Return the worked solutions of all samples, one after another, without a preamble."""
    short = {"sample:transformer": ["--only", LONG_NAMES]}
    return "\n".join(
        succeed("compute", name, "--worked", "-f", form, "--fragment", *short.get(name, [])).stdout
        for name in NAMES
    )


def test_every_sample_compiles_in_latex(tmp_path: Path) -> None:
    """pdfLaTeX compiles each worked solution, and no line is wider than the page."""
    shown = pdf_of_latex(f"{PREAMBLE}\n{worked_samples('latex')}\n{ENDING}", tmp_path)
    assert "softmax" in shown
    log = (tmp_path / "x.log").read_text(encoding="utf-8", errors="replace")
    wide = re.findall(r"Overfull \\hbox \((\d+)\.\d+pt too wide\).*", log)
    assert [points for points in wide if int(points) >= 2] == []


def test_every_sample_compiles_in_typst() -> None:
    """Typst compiles each worked solution, without a missing glyph, which PDF/A does not allow."""
    typst = pytest.importorskip("typst")
    dated = TYPST_PREAMBLE.replace("date: none", "date: datetime(year: 2026, month: 1, day: 1)")
    source = f"{dated}\n\n{worked_samples('typst')}"
    pdf = typst.compile(source.encode(), format="pdf", pdf_standards="a-2b")
    assert pdf.startswith(b"%PDF")


def test_labels_are_no_markup_in_latex(tmp_path: Path) -> None:
    """pdfLaTeX writes each label as it is; one that it cannot write becomes its number."""
    result = succeed("compute", "-", "-f", "latex", stdin=json.dumps(NASTY))
    assert result.stderr.startswith("Warning: pdfTeX cannot write 数: ")
    shown = pdf_of_latex(result.stdout, tmp_path)
    for label in ("<script>", "#import", "$x$", "@ref", "[a]", "100 %", f"token {len(LABELS)}"):
        assert label in shown, label


def test_labels_are_no_markup_in_typst() -> None:
    """Typst writes each label as it is."""
    data = succeed("compute", "-", "-f", "pdf", stdin=json.dumps(NASTY)).stdout_bytes
    shown = text_of_pdf(data)
    for label in ("<script>", "#import", "$x$", "@ref", "[a]", "*note*", "_all_", "`"):
        assert label in shown, label


def test_labels_are_no_markup_in_markdown() -> None:
    """A reader of CommonMark with tables gets each label as it is."""
    tokens = MarkdownIt().enable("table").parse(of_document(NASTY, "-f", "markdown", "--full"))
    cells = [
        "".join(child.content for child in token.children or [])
        for token in tokens
        if token.type == "inline"
    ]
    assert set(LABELS) <= set(cells)
    assert NASTY["title"] in cells
    assert not [token for token in tokens if token.type.startswith("html")]


def test_a_fragment_is_a_part_of_another_document(tmp_path: Path) -> None:
    """A fragment has no preamble, and compiles in a document with the packages that it names."""
    source = succeed("compute", "sample:two_heads", "-f", "latex", "--fragment").stdout
    needed = source.partition("\n")[0].removeprefix("% ")
    assert "documentclass" not in source
    begin, end = r"\begin{document}", r"\end{document}"
    whole = f"\\documentclass{{article}}\n{needed}\n{begin}\n{source}\n{end}"
    assert "masked" in pdf_of_latex(whole, tmp_path)
    source = succeed("compute", "sample:two_heads", "-f", "typst", "--fragment").stdout
    assert "#set page" not in source


def test_formulas_stand_between_dollars() -> None:
    """With --math dollars, Markdown has no backticks around formulas."""
    usual, dollars = (
        of_document({"Q": [[1]], "K": [[1]]}, "-f", "markdown", *options)
        for options in ([], ["--math", "dollars"])
    )
    assert r"$`\mathrm{scores} = Q K^{\top}`$, 1 × 1" in usual
    assert dollars == usual.replace("$`", "$").replace("`$", "$")


def test_large_matrices_are_not_worked_out() -> None:
    """The arithmetic of a large matrix is left out, with a line that says how to get it."""
    large = {"Q": [[i] for i in range(9)], "K": [[i] for i in range(9)]}
    short, full = (
        of_document(large, "-f", "markdown", "--worked", "--only", "scores", *options)
        for options in ([], ["--full"])
    )
    left_out = r"The arithmetic of these 81 cells is left out: --full writes it"
    assert left_out in short
    assert left_out not in full
    assert "`scores[9,9] = Q[9]·K[9] = 8 × 8 = 64`" in full
    assert "scores[9,9]" not in short


@pytest.mark.parametrize("form", SUFFIXES)
def test_a_report_is_a_document(form: str, tmp_path: Path) -> None:
    """A report names the first wrong step, the mistake and each wrong number in every form."""
    answer = "sample:answers/self_attention/mistake"
    result = run("check", "sample:self_attention", answer, "-f", form)
    assert (result.exit_code, result.stderr) == (1, "")
    marked = {"markdown": "**12** ✗", "latex": r"\mathbf{12}^{\times}", "typst": "^times"}
    for text in ("Wrong from scaled on", "no-scale", "row 3, column 2", "6.9282", marked[form]):
        assert text in result.stdout
    if form == "latex":
        assert "6.9282" in pdf_of_latex(result.stdout, tmp_path)
    if form == "typst":
        data = run("check", "sample:self_attention", answer, "-f", "pdf").stdout_bytes
        assert "6.9282" in text_of_pdf(data)


def test_a_cell_without_an_answer_has_a_dash(tmp_path: Path) -> None:
    """In the matrix of a report, right cells have no sign, and cells without an answer a dash."""
    answer = '{"scores": [[2, 4, 4], [4, 16, null], [4, 12, 11]]}'
    result = run("check", "sample:self_attention", "-", "-f", "markdown", stdin=answer)
    rows = result.stdout.partition("\n\n- ")[0].splitlines()[-3:]
    assert [line.split() for line in rows] == [
        ["|", "1", "|", "2", "|", "4", "|", "4", "|"],
        ["|", "2", "|", "4", "|", "16", "|", "–", "|"],
        ["|", "3", "|", "4", "|", "12", "|", "**11**", "✗", "|"],
    ]
    latex = run("check", "sample:self_attention", "-", "-f", "latex", stdin=answer).stdout
    assert "11×" in pdf_of_latex(latex, tmp_path).replace(" ", "")


def test_an_explanation_is_a_document(tmp_path: Path) -> None:
    """PDF files of an explanation show the arithmetic, labels, and the answer's numbers below."""
    answer = "sample:answers/self_attention/mistake"
    line = ["explain", "sample:self_attention", "scaled[2,3]", "--depth", "1", "--answer", answer]
    line += ["--full", "--tokens", "I,a_%,数"]
    latex = succeed(*line, "-f", "latex")
    assert latex.stderr.startswith("Warning: pdfTeX cannot write 数: ")
    shown = {
        "token 3": pdf_of_latex(latex.stdout, tmp_path),
        "": text_of_pdf(succeed(*line, "-f", "pdf").stdout_bytes),
    }
    for label, text in shown.items():
        assert f"a_%, {label}" in text.replace("a %", "a_%"), text
        assert "6.9282" in text
        assert "but the answer has 12" in text
        assert "scores2,3" in text.replace(" ", "")


if __name__ == "__main__":
    for form, suffix in SUFFIXES.items():
        (FOLDER / f"worked{suffix}").write_text(worked(form), encoding="utf-8")
