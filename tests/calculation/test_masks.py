"""Test masks as documents give them: rules, files, literals, all kinds of cells, few columns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.matrices import matrix
from tests.running import compute, computed, refused

N, M, D_K, D_V = 5, 7, 13, 17


def test_a_short_mask_hides_the_rest_with_cache_lens_or_onnx() -> None:
    """With cache_lens or the convention onnx a short mask hides other keys; else it is an error."""
    document = {"Q": matrix("Q", N, D_K), "K": matrix("K", M, D_K), "V": matrix("V", M, D_V)}
    for short, hidden in ((matrix("mask", N, 4), "-inf"), ([[True] * 4] * N, False)):
        whole = [[*row, *[hidden] * (M - 4)] for row in short]
        expected = compute({**document, "mask": whole})
        assert compute({**document, "mask": short, "convention": "onnx"}) == expected
        assert compute({**document, "mask": short, "cache_lens": [M]}) == expected
        assert "mask is 5 × 4 but scaled is 5 × 7" in refused({**document, "mask": short})


@pytest.mark.parametrize("mask", ["mask.csv", "[[1, 0, 1]]", "-", {"window": [0, 2]}, "window:0,2"])
def test_a_mask_is_a_rule_a_file_or_a_literal(mask: object, tmp_path: Path) -> None:
    """A mask may be a rule, a file or a literal; the file is looked for beside the document."""
    (tmp_path / "mask.csv").write_text("1,0,1\n")
    (tmp_path / "p.json").write_text(json.dumps({"X": [[1, 0], [0, 1], [1, 1]], "mask": mask}))
    masked = np.array(computed(str(tmp_path / "p.json"), stdin="1,0,1")["masked"], dtype=float)
    hidden = [[1, 0], [2, 0], [2, 1]] if "window" in str(mask) else [[0, 1], [1, 1], [2, 1]]
    assert np.argwhere(np.isneginf(masked)).tolist() == hidden


@pytest.mark.parametrize(
    ("cells", "kind", "hidden"),
    [
        ([[True, False], [True, True]], None, [[0, 1]]),
        ([[1, 0], [1, 1]], None, [[0, 1]]),
        ([[1, 0], [1, 1]], "keep", [[0, 1]]),
        ([[0, 1], [0, 0]], "drop", [[0, 1]]),
        ([[0, 0], [0, 0]], "drop", []),
        ([[0, "-inf"], [0, 0.5]], None, [[0, 1]]),
        ([[0, 0], [0, 0]], "add", []),
        ([[False, False], [True, False]], None, [[0, 0], [0, 1], [1, 1]]),
    ],
)
def test_cells_of_a_mask_follow_mask_kind(
    cells: list[list[object]], kind: str | None, hidden: list[list[int]]
) -> None:
    """1 and true may be attended to, `drop` inverts the meaning, and other numbers are added."""
    document = {"X": [[1, 0], [0, 1]], "mask": cells, **({"mask_kind": kind} if kind else {})}
    masked = np.array(computed(json.dumps(document))["masked"], dtype=float)
    assert np.argwhere(np.isneginf(masked)).tolist() == hidden


@pytest.mark.parametrize("layout", ["rows", "columns", "torch"])
def test_one_row_of_a_mask_is_for_all_queries(layout: str) -> None:
    """A vector as a mask has no side to be transposed: it hides the same keys in every layout."""
    queries, keys, values = matrix("Q", 3, 2), matrix("K", 5, 2), matrix("V", 5, 7)
    given = {"Q": queries, "K": keys, "V": values}
    if layout == "columns":
        given = {name: np.transpose(rows).tolist() for name, rows in given.items()}
    document = {**given, "layout": layout, "mask": [1, 0, 1, 1, 0]}
    masked = np.array(compute(document)["masked"], dtype=float)
    by_query = masked.T if layout == "columns" else masked
    assert np.isneginf(by_query).tolist() == [[False, True, False, False, True]] * 3
    assert "mask is 3 numbers but scaled is " in refused({**document, "mask": [1, 0, 1]})


@pytest.mark.parametrize(
    "mask",
    [
        "padding:-1",
        "window:-2,0",
        "window:0,-2",
        {"padding": [-1]},
        {"window": [-2, 0]},
        "padding:1.5",
    ],
)
def test_impossible_numbers_of_a_rule_are_refused(mask: object) -> None:
    """A negative number of keys, or a side of a window below −1, is refused."""
    assert "cannot be read: write it as" in refused({"X": [[1, 0], [0, 1]], "mask": mask})
