"""Test each convention alone, and the differences between frameworks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.calculation.conventions import CONVENTIONS
from attncli.cli.program import cli
from tests.matrices import Document, matrix, numbers
from tests.running import compute, refused

N, M, D = 3, 5, 7
QKV = {"Q": matrix("Q", N, D), "K": matrix("K", M, D), "V": matrix("V", M, 2)}
SQUARE = {name: matrix(name, D, D) for name in ("W_q", "W_k", "W_v")}
CACHE = {"K_past": matrix("K_past", 2, D), "V_past": matrix("V_past", 2, 2)}
EMPTY_ROW = {"mask": [[False] * M, [True] * M, [True, False, True, True, True]]}


def under(convention: str, document: Document) -> dict[str, Any]:
    """Return the steps of a document that names its convention."""
    return compute({**document, "convention": convention})


@pytest.mark.parametrize("name", CONVENTIONS)
def test_paper_is_the_default_and_every_convention_is_known(name: str) -> None:
    """Every convention calculates a plain document; without masks or weights only Keras differs."""
    same = under(name, QKV) == compute(QKV)
    assert same == (name != "keras")


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        (n, "torch" if n in ("torch-mha", "torch", "d2l", "annotated-transformer") else "rows")
        for n in CONVENTIONS
    ],
)
def test_weights_are_read_in_the_layout_of_the_convention(name: str, layout: str) -> None:
    """nn.Linear stores weights as d_out × d_in; a layout in the document wins."""
    document = {"X": matrix("X", N, D), **SQUARE, "score": "scaled", "heads": 1}
    assert under(name, document)["Q"] == compute({**document, "layout": layout})["Q"]
    assert under(name, {**document, "layout": "rows"})["Q"] == compute(document)["Q"]


@pytest.mark.parametrize("name", CONVENTIONS)
def test_projections_need_heads_where_weights_do_not_show_them(name: str) -> None:
    """Modules that store d_out × d_in have heads, but save no number of heads: it is required."""
    document = {"X": matrix("X", N, D), **SQUARE, "convention": name}
    if CONVENTIONS[name].choices.get("layout") != "torch":
        assert compute(document) == compute({**document, "heads": 1})
        return
    assert refused(document) == (
        "Error: standard input: heads is not given, and W_q has the same shape for any number of "
        "heads. Give --heads with the number that the module was made with: 1 or 7.\n"
    )
    several = {"W_q": [SQUARE["W_q"]] * 2, "W_k": [SQUARE["W_k"]] * 2, "W_v": [SQUARE["W_v"]] * 2}
    for given in ({"heads": 7}, several):
        assert "output" in compute({**document, **given})


def test_true_means_ignore_in_modules_of_pytorch_alone() -> None:
    """Only in nn modules of PyTorch does True, or 1, in a mask mean "ignore"; numbers are added."""
    mask = [[True, False, True, True, False]] * N
    as_numbers = [[int(cell) for cell in row] for row in mask]
    for name in ("torch-mha", "torch"):
        for written in (mask, as_numbers):
            hidden = numbers(under(name, {**QKV, "mask": written})["weights"]) == 0
            assert (hidden == np.array(mask)).all()
    for name in CONVENTIONS.keys() - {"torch-mha", "torch"}:
        shown = numbers(under(name, {**QKV, "mask": mask})["weights"]) > 0
        assert (shown == np.array(mask)).all(), name


def test_a_mask_of_numbers_beside_one_of_booleans_is_added() -> None:
    """Numbers in attn_mask are added beside a boolean key_padding_mask, whatever its polarity."""
    hides = [[False, False, False, True, True]] * N
    bias = matrix("bias", N, M)
    steps = under("torch-mha", {**QKV, "masks": [hides, bias]})
    scores = numbers(steps["scaled"]) + np.array(bias)
    np.testing.assert_allclose(numbers(steps["masked"]), np.where(hides, -np.inf, scores))


@pytest.mark.parametrize("name", CONVENTIONS)
def test_settings_of_a_convention_give_no_warning(name: str) -> None:
    """A fill, norm or eps that the convention sets has no effect here, and gives no warning."""
    document = json.dumps({**QKV, "convention": name})
    assert CliRunner().invoke(cli, ["compute", "-"], input=document).stderr == ""


@pytest.mark.parametrize("name", CONVENTIONS)
def test_causal_counts_a_cache_only_where_the_convention_has_one(name: str) -> None:
    """After two cached keys, query 1 of 3 sees three keys, or one, depending on the convention."""
    weights = numbers(under(name, {**QKV, **CACHE, "mask": "causal"})["weights"])
    expected = [3, 4, 5] if name in ("paper", "onnx") else [1, 2, 3]
    assert (weights > 0).sum(axis=1).tolist() == expected


@pytest.mark.parametrize(
    ("name", "row"),
    [
        *((name, [0.0] * M) for name in ("paper", "torch-sdpa", "torch", "onnx")),
        *((name, [1 / M] * M) for name in ("keras", "d2l", "annotated-transformer")),
    ],
)
def test_a_query_without_keys_follows_the_framework(name: str, row: list[float]) -> None:
    """A query without keys has weights 0 where the fill is −inf, and equal ones where it is not."""
    document = {**QKV, "mask_kind": "keep", **EMPTY_ROW}
    np.testing.assert_allclose(under(name, document)["weights"][0], row)


def test_a_query_without_keys_is_nan_in_torch_mha() -> None:
    """nn.MultiheadAttention divides 0 by 0 in such a row, and a warning names the NaN."""
    document = {**QKV, "convention": "torch-mha", "mask_kind": "keep", **EMPTY_ROW}
    run = CliRunner().invoke(cli, ["compute", "-", "-f", "json"], input=json.dumps(document))
    assert json.loads(run.stdout)["weights"][0] == ["nan"] * M
    assert json.loads(run.stdout)["output"][0] == ["nan"] * 2
    assert run.stderr == (
        "Warning: no key may be attended to by query 1: weights and output are NaN there.\n"
    )


def test_fills_equal_the_frameworks() -> None:
    """Each convention has the fill of its framework, and a fill of the document wins over it."""
    hidden = {**QKV, "mask": "causal"}
    for name, fill in (("d2l", -1e6), ("keras", -1e9), ("annotated-transformer", -1e9)):
        assert under(name, hidden)["masked"][0][-1] == fill
        assert under(name, {**hidden, "fill": -7})["masked"][0][-1] == -7
    assert under("onnx", hidden)["masked"][0][-1] == "-inf"


def test_windows_of_keras_count_the_own_key() -> None:
    """A window of w lets i see j where |i − j| < w, so that a window of 1 is the diagonal."""
    document = {"X": matrix("X", M, D)}
    for width in (1, 2, 4):
        ours = compute({**document, "mask": f"window:{width - 1},{width - 1}", "score": "dot"})
        theirs = under("keras", {**document, "mask": f"window:{width},{width}", "fill": "-inf"})
        assert theirs["weights"] == ours["weights"]


def test_the_mean_of_the_heads_is_a_step_of_torch_mha() -> None:
    """The step `average` follows the weights of several heads; one head has no such step."""
    document = {"X": matrix("X", N, 6), "heads": 3, "layout": "rows"}
    steps = under("torch-mha", document)
    assert list(steps)[-4:] == ["weights", "average", "heads", "output"]
    expected = sum(numbers(head) for head in steps["weights"]) / 3
    np.testing.assert_allclose(steps["average"], expected, rtol=1e-15)
    assert "average" not in under("torch-mha", QKV)
    assert "average is not a step of this calculation" in refused(document, "--only", "average")


REFUSED: list[tuple[Document, str]] = [
    ({**QKV, "convention": "pytorch"}, "convention is 'pytorch': it must be paper, torch-sdpa,"),
    (
        {**QKV, "convention": "keras", "mask": "window:0,1"},
        "window:0,1 is empty: in keras, LEFT and RIGHT include the query's own key.",
    ),
    (
        {**QKV, "convention": "keras", "mask": "window:1,0"},
        "window:1,0 is empty: in keras, LEFT and RIGHT include the query's own key.",
    ),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[text[:50] for _, text in REFUSED])
def test_conventions_that_are_unknown_or_impossible_are_refused(
    document: Document, message: str
) -> None:
    """A wrong convention is refused in one line with the object, the fact and the cure."""
    assert message in refused(document)
