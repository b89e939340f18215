"""Test where labels of rows and columns are read, and where they are shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner

from attncli.cli.program import cli
from tests.running import refused, run


def test_labels_of_a_cache_are_those_of_all_keys() -> None:
    """memory_tokens name the cached and the new keys; labels for the new keys alone are refused."""
    document = {
        "Q": [[1.0, 0.0]],
        "K": [[1.0, 1.0]],
        "V": [[2.0]],
        "K_past": [[0.0, 1.0], [1.0, 0.0]],
        "V_past": [[1.0], [3.0]],
        "memory_tokens": ["the", "cat", "sat"],
    }
    run = CliRunner().invoke(cli, ["compute", "-"], input=json.dumps(document))
    assert ["the", "cat", "sat"] in [line.split() for line in run.stdout.splitlines()]
    message = refused({**document, "memory_tokens": ["sat"]})
    assert "memory_tokens has 1 label, but K_past and K have 3 rows." in message


def test_csv_labels_are_kept(tmp_path: Path) -> None:
    """The row labels of X are its tokens, or the column labels in the layout `columns`."""
    (tmp_path / "rows.csv").write_text(",a,b\nlove ,1,2\n math,3,4\n")
    (tmp_path / "columns.csv").write_text("love,math\n1,3\n2,4\n")
    for name, layout in (("rows.csv", "rows"), ("columns.csv", "columns")):
        arguments = [str(tmp_path / name), "--layout", layout, "--only", "weights"]
        run = CliRunner().invoke(cli, ["compute", *arguments])
        assert run.stdout.split("\n")[1].split() == ["love", "math"]
        assert [line.split()[0] for line in run.stdout.split("\n")[3:5]] == ["love", "math"]


def test_labels_of_batch_entries_are_kept(tmp_path: Path) -> None:
    """The labels of the first batch entry name the tokens of every entry."""
    (tmp_path / "batch.csv").write_text("X[1]\nI,1\nyou,2\n\nX[2]\nI,3\nyou,4\n")
    run = CliRunner().invoke(cli, ["compute", str(tmp_path / "batch.csv"), "--only", "output"])
    assert re.findall(r"(?m)^ (\w+) +\d", run.stdout) == ["I", "you", "I", "you"]


def test_numbers_are_not_labels(tmp_path: Path) -> None:
    """A first row with a number is data, and its other cells are refused."""
    (tmp_path / "mixed.csv").write_text("a,1,b\n1,2,3\n")
    run = CliRunner().invoke(cli, ["compute", str(tmp_path / "mixed.csv")])
    assert "line 1, field 1 is 'a', not a number." in run.stderr


def test_a_counter_above_numbers_beside_labels_is_refused() -> None:
    """The row 0, 1 above numbers with a point, beside row labels, can be labels or numbers."""
    text = "token,0,1\nq1,0.75,3.51\nq2,0.47,-4.1\n"
    result = run("compute", "-", "--only", "scores", stdin=text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "can be labels or numbers" in result.stderr
