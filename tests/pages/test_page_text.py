"""Test the text of pages: the embedded lines, the numbers, the size and the escapes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any

import numpy as np
import pytest

from tests.pages.embedded import data_of, dots_of, page_of, tables_of
from tests.running import PROGRAM, ROOT, computed, succeed

# Samples of every kind of calculation, with at most 24 columns: `explain` elides longer rows.
KINDS = (
    *("self_attention", "self_attention_columns", "self_attention_torch", "two_heads", "additive"),
    *("padded_batch", "shared_heads", "rope", "nadaraya_watson", "cache", "decoder_layer"),
)


def compute_page(*arguments: str, stdin: str | None = None) -> str:
    return page_of("compute", *arguments, stdin=stdin)


def sized(n: int, d: int, **choices: object) -> str:
    """Return a document of n tokens with d features, and with projections."""
    random = np.random.default_rng(1)
    weights = {name: random.normal(size=(d, d)).round(3).tolist() for name in ("W_q", "W_k", "W_v")}
    return json.dumps({"X": random.normal(size=(n, d)).round(3).tolist(), **weights, **choices})


@pytest.mark.parametrize("sample", KINDS)
@pytest.mark.parametrize("decimals", [[], ["-p", "6"]])
def test_a_page_holds_the_lines_of_explain(sample: str, decimals: list[str]) -> None:
    """The line of each cell on a page is the line that `attncli explain` prints for it."""
    lines = data_of(compute_page(f"sample:{sample}", *decimals))["cells"]
    printed = succeed("explain", f"sample:{sample}", *lines, *decimals).stdout
    assert [line for line, _ in lines.values()] == printed.splitlines()


@pytest.mark.parametrize("sample", KINDS)
def test_every_cell_of_a_step_has_its_line(sample: str) -> None:
    """A page has a line for every number of every step, and no others."""
    lines = data_of(compute_page(f"sample:{sample}"))["cells"]
    steps = json.loads(succeed("compute", f"sample:{sample}", "-f", "json").stdout)
    sizes = {name: np.size(step) for name, step in steps.items() if not name.endswith("tokens")}
    counted: dict[str, int] = {}
    for name in lines:
        step = name.partition("[")[0]
        counted[step] = counted.get(step, 0) + 1
    assert counted == sizes


@pytest.mark.parametrize(
    ("sample", "cell", "sources"),
    [
        ("self_attention", "scores[2,3]", ["Q[2,:]", "K[3,:]"]),
        ("self_attention", "weights[2,1]", ["scaled[2,:]"]),
        ("self_attention", "output[2,1]", ["weights[2,:]", "V[:,1]"]),
        ("self_attention", "Q[3,2]", ["X[3,:]", "W_q[:,2]"]),
        ("self_attention_columns", "scores[2,3]", ["K[:,2]", "Q[:,3]"]),
        ("self_attention_columns", "weights[2,1]", ["scaled[:,1]"]),
        ("self_attention_torch", "Q[3,2]", ["X[3,:]", "W_q[2,:]"]),
        ("two_heads", "concat[1,3]", ["heads[1,1,head=2]"]),
        ("two_heads", "output[1,2]", ["concat[1,:]", "W_o[:,2]", "b_o[2]"]),
        ("shared_heads", "scores[1,2,head=3]", ["Q_h[1,:,head=3]", "K_h[2,:,head=2]"]),
        ("additive", "scores[2,1]", ["v_a[:]", "hidden[2,1,:]"]),
        ("rope", "Q_rotated[2,1]", ["Q[2,1]", "Q[2,3]"]),
        ("padded_batch", "output[3,1,batch=2]", ["weights[3,:,batch=2]", "V[:,1,batch=2]"]),
    ],
)
def test_a_cell_has_its_sources(sample: str, cell: str, sources: list[str]) -> None:
    """The sources of a cell are the rows, columns and cells in its arithmetic."""
    _, found = data_of(compute_page(f"sample:{sample}"))["cells"][cell]
    assert [name for name, *_ in found] == sources


@pytest.mark.parametrize("sample", KINDS)
def test_the_tables_hold_every_number(sample: str) -> None:
    """The HTML itself has every number of every step, with the chosen decimals."""
    steps = json.loads(succeed("compute", f"sample:{sample}", "-f", "json").stdout)
    page = compute_page(f"sample:{sample}", "-p", "9")
    found: dict[str, list[float]] = {}
    for attributes, (_, *rows) in tables_of(page):
        if "data-given" not in attributes:
            step = str(attributes["data-before"]).partition("[")[0]
            found.setdefault(step, []).extend(float(n) for row in rows for n in row[1:])
    expected = {
        name: np.array(step, float).ravel()
        for name, step in steps.items()
        if not name.endswith("tokens")
    }
    assert found.keys() == expected.keys()
    for name, numbers in expected.items():
        np.testing.assert_allclose(found[name], numbers, atol=0.5e-9)


def test_a_page_of_12_tokens_is_small() -> None:
    """A page of 12 tokens, 2 heads and 16 features has less than 300 kB."""
    page = compute_page("-", stdin=sized(12, 16, heads=2, mask="causal"))
    assert len(data_of(page)["cells"]) > 12 * 12 * 2 * 4
    assert len(page.encode()) < 300_000


def test_the_same_page_has_the_same_bytes() -> None:
    """Two runs write the same bytes, whatever the order of Python's sets."""
    command = [*PROGRAM, "compute", "sample:two_heads", "-f", "html"]
    runs = [
        subprocess.run(
            command,
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout


def test_texts_of_the_user_are_not_markup() -> None:
    """Title, note and tokens with markup are texts on the page."""
    document: dict[str, Any] = {
        "title": "<script>alert(1)</script>",
        "note": "a & b",
        "tokens": ["<b>x</b>", '"'],
        "X": [[1, 0], [0, 1]],
    }
    page = compute_page("-", stdin=json.dumps(document))
    assert "<b>" not in page
    assert page.count("<script") == 2
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<p>a &amp; b</p>" in page


def test_a_long_sequence_is_elided() -> None:
    """A page of 30 tokens shows the first and the last ten, and --full shows all."""
    document = sized(30, 2)
    page = compute_page("-", "--only", "weights", stdin=document)
    assert "left out: 10 of 30 rows, 10 of 30 columns (--full shows them)" in page
    weights = data_of(page)["cells"]
    assert len(weights) == 20 * 20
    assert "weights[30,21]" in weights
    attributes, rows = tables_of(page)[-1]
    assert attributes["aria-rowcount"] == attributes["aria-colcount"] == "31"
    assert [row[0] for row in rows[9:13]] == ["9", "10", "⋮", "21"]
    whole = compute_page("-", "--only", "weights", "--full", stdin=document)
    assert len(data_of(whole)["cells"]) == 30 * 30
    assert "left out" not in whole


def test_arithmetic_that_is_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the arithmetic is too long, short steps have all lines, and others the first ones."""
    monkeypatch.setattr("attncli.render.pages.cell_lines.MOST_NUMBERS", 300)
    page = succeed("compute", "sample:two_heads", "-f", "html").stdout
    cells = data_of(page)["cells"]
    steps = computed("sample:two_heads")
    assert {name.partition("[")[0] for name in cells} == steps.keys()
    assert [name for name in cells if name.startswith("V[")] == ["V[1,1]", "V[1,2]"]
    assert sum(name.startswith("scaled[") for name in cells) == 2 * 3 * 3
    found = re.search(r"The arithmetic of (\d+) cells is too long for a page", page)
    assert found
    assert int(found[1]) == sum(map(np.size, steps.values())) - len(cells)


def test_a_part_of_the_weights_has_an_overview() -> None:
    """Below a part of the weights stands a picture of all: a dot shows the largest of a block."""
    matrix, of_identity = [[1]] * 130, {"window": [0, 0]}
    document = {"Q": matrix, "K": matrix, "V": matrix, "mask": of_identity}
    page = compute_page("-", "--only", "weights", stdin=json.dumps(document))
    assert page.count("<img") == 1  # for screens with light and with dark paper
    assert "All 130 × 130 cells: a dot shows the largest of 2 × 2</p>" in page
    np.testing.assert_array_equal(dots_of(page), 50 * np.eye(65))
    assert "<img" not in compute_page("sample:two_heads")


def test_a_part_of_a_step_keeps_its_places() -> None:
    """A page of a part of a step names its cells as the whole step does."""
    page = compute_page("sample:two_heads", "--only", "weights[2,:,head=2]")
    assert list(data_of(page)["cells"]) == [f"weights[2,{j},head=2]" for j in (1, 2, 3)]
