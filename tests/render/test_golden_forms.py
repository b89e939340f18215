"""Test each form of each result against a golden file.

`python -m tests.render.test_golden_forms` writes the golden files anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.render.test_formats import ENTRIES, TABLES
from tests.running import GOLDEN, run

FOLDER = GOLDEN / "forms"
SMALL = {
    "title": "Two tokens & a mask",
    "tokens": ["I", "é_$"],
    "mask": "causal",
    "score": "dot",
    "Q": [[1, 0.5], [0, 2]],
    "K": [[1, 1], [0, -1]],
}
ANSWER = {"scores": [[1.5, -0.5], [2, 2]]}
# A command for each table of forms. A worksheet is written into a file by its suffix.
COMMANDS = {
    "FORMATS": ["compute", "small.json", "--only", "masked"],
    "REPORTS": ["check", "small.json", "answer.json"],
    "GRADES": ["grade", "small.json", "answer.json"],
    "EXPLANATIONS": ["explain", "small.json", "masked[1,:]", "--depth", "1"],
    "COMPARISONS": ["compare", "small.json", "--convention", "keras"],
    "PICTURES": ["mask", "causal", "2", "3"],
    "SATURATIONS": ["why-scale", "--queries", "2", "--seed", "1"],
    "COSTS": ["cost", "small.json"],
    "DOCUMENTS": ["new", "attention", "--seed", "1"],
    "WORTHS": ["new", "--judge", "small.json"],
    "MISTAKE_PAGES": ["check", "--mistakes", "no-scale"],
    "WORKSHEETS": ["new", "attention", "--seed", "1", "--worksheet"],
}
# Forms whose bytes depend on the version of a package, or that another test compares as a whole.
ELSEWHERE = {
    ("FORMATS", "pdf"): "it is made of the form typst",
    ("REPORTS", "pdf"): "it is made of the form typst",
    ("EXPLANATIONS", "pdf"): "it is made of the form typst",
    ("WORKSHEETS", "pdf"): "it is made of the form typst",
    ("FORMATS", "html"): "tests/golden/two_heads.html",
    ("REPORTS", "html"): "tests/golden/pages/report.yml",
    ("FORMATS", "npz"): "tests/render/test_formats.py reads its bits; zlib has versions",
    ("GRADES", "csv"): "tests/golden/grades; a digest has the version of the program",
    ("GRADES", "json"): "tests/golden/grades; a digest has the version of the program",
    ("GRADES", "jsonl"): "tests/golden/grades; a digest has the version of the program",
    ("GRADES", "html"): "tests/golden/grades",
    ("WORKSHEETS", "xlsx"): "tests/documents/test_worksheets.py reads it",
}
HERE = [entry for entry in ENTRIES if entry not in ELSEWHERE]


def golden_file(table: str, name: str) -> Path:
    return FOLDER / f"{table.casefold()}{TABLES[table][name].suffix}"


def written(table: str, name: str, folder: Path) -> bytes:
    """Return what the command of a table writes in a form, for files in a folder."""
    for file, document in {"small.json": SMALL, "answer.json": ANSWER}.items():
        (folder / file).write_text(json.dumps(document), encoding="utf-8")
    command = COMMANDS[table]
    if table == "WORKSHEETS":
        file = f"sheet{TABLES[table][name].suffix}"
        result = run(*command, file, "-o", "problem.json")
        assert result.exit_code == 0, result.output
        return (folder / file).read_bytes()
    decimals = ["-p", "2"] if "precision" in TABLES[table][name].uses else []
    result = run(*command, "-f", name, *decimals)
    assert result.exit_code in (0, 1), result.output
    return result.stdout_bytes


def steady(data: bytes, name: str) -> bytes:
    """Return what does not depend on the computer or on the versions of packages.

    The last digits of floats depend on NumPy, and the drawing of a picture on rich.
    """
    if name == "svg":
        return b"\n".join(re.findall(rb"<text [^>]*>([^<]*)</text>", data))
    return re.sub(rb"\d+\.\d{9,}", lambda found: b"%.8g" % float(found[0]), data)


def test_each_table_of_forms_has_a_command() -> None:
    """Each kind of result has a command here, and no other."""
    assert set(COMMANDS) == set(TABLES)
    assert set(ENTRIES) >= set(ELSEWHERE)


@pytest.mark.parametrize(("table", "name"), HERE)
def test_a_form_is_that_of_its_golden_file(
    table: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each form of each result equals its golden file."""
    monkeypatch.chdir(tmp_path)
    file = golden_file(table, name)
    assert file.exists(), "python -m tests.render.test_golden_forms writes the golden files"
    found = written(table, name, tmp_path)
    assert steady(found, name) == steady(file.read_bytes(), name)


if __name__ == "__main__":
    import os

    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        for table, name in HERE:
            golden_file(table, name).write_bytes(written(table, name, Path(folder)))
