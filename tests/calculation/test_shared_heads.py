"""Test heads of queries that share the heads of keys, through the command line.

The oracle gives the right numbers; laws compare the different ways to write one problem.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests import oracle
from tests.matrices import Document, assert_close, assert_same, matrix, numbers
from tests.running import compute, refused

HEADS, KV_HEADS, N, M, PAST, D_MODEL, D_K, D_V = 6, (1, 2, 3, 6), 5, 7, 3, 11, 13, 17


def given(kv_heads: int, past: int = 0) -> Document:
    """Return Q of six heads, K and V of fewer heads, and the keys and values of a cache."""
    document: Document = {
        "Q": matrix("Q", N, HEADS * D_K),
        "K": matrix("K", M, kv_heads * D_K),
        "V": matrix("V", M, kv_heads * D_V),
    }
    if past:
        document["K_past"] = matrix("K_past", kv_heads, past, D_K)
        document["V_past"] = matrix("V_past", kv_heads, past, D_V)
    return document


MASKS: list[tuple[Any, Any]] = [
    (None, lambda past: ()),
    ("causal", lambda past: (oracle.causal(past),)),
    ("window:2,1", lambda past: (oracle.window(2, 1, past),)),
    ("causal:lower-right", lambda past: (oracle.causal(M + past - N),)),
]


@pytest.mark.parametrize("kv_heads", KV_HEADS)
@pytest.mark.parametrize("past", [0, PAST])
@pytest.mark.parametrize(("mask", "rules"), MASKS, ids=[str(mask) for mask, _ in MASKS])
@pytest.mark.parametrize("score", ["scaled", "additive", "concat", "cosine", "distance"])
def test_shared_heads_and_caches_are_those_of_the_oracle(
    kv_heads: int, past: int, mask: str | None, rules: Any, score: str
) -> None:
    """Each query head meets its group's key head; positions count from the first cached key."""
    document = given(kv_heads, past)
    if score == "concat":
        document["W_a"] = matrix("W_a", 2 * D_K, D_V)
    choices = {"heads": HEADS, "kv_heads": kv_heads, "score": score}
    choices |= {"mask": mask} if mask else {}
    expected = oracle.attention(
        document, score=score, heads=HEADS, kv_heads=kv_heads, may_attend=rules(past)
    )
    if score == "concat":  # the oracle has the hidden keys of a head once per query head
        expected["k_hidden"] = expected["k_hidden"][:: HEADS // kv_heads]
    assert_same(compute({**document, **choices}), expected)


@pytest.mark.parametrize("kv_heads", KV_HEADS)
def test_projections_of_each_head_are_those_of_wide_ones(kv_heads: int) -> None:
    """W_k of rank 3 has one matrix per key head, and gives what they give side by side."""
    X = matrix("X", N, D_MODEL)
    parts = {
        "W_q": numbers(matrix("W_q", HEADS, D_MODEL, D_K)),
        "W_k": numbers(matrix("W_k", kv_heads, D_MODEL, D_K)),
        "W_v": numbers(matrix("W_v", kv_heads, D_MODEL, D_V)),
        "b_k": numbers(matrix("b_k", kv_heads, D_K)),
    }
    wide = {name: np.concatenate(list(part), axis=-1).tolist() for name, part in parts.items()}
    of_heads = compute({"X": X, **{name: part.tolist() for name, part in parts.items()}})
    whole = compute({"X": X, **wide, "heads": HEADS, "kv_heads": kv_heads})
    assert set(whole) - set(of_heads) == {"Q", "K", "V"}
    assert_same(of_heads, {name: whole[name] for name in of_heads})


@pytest.mark.parametrize("kv_heads", KV_HEADS)
def test_heads_as_an_axis_are_shared_without_being_named(kv_heads: int) -> None:
    """With rank 4, six heads of queries share fewer heads of keys, with and without the choices."""
    document = {
        "Q": matrix("Q", 2, HEADS, N, D_K),
        "K": matrix("K", 2, kv_heads, M, D_K),
        "V": matrix("V", 2, kv_heads, M, D_V),
    }
    steps = compute(document)
    assert compute({**document, "heads": HEADS, "kv_heads": kv_heads}) == steps
    group = HEADS // kv_heads
    for h in range(HEADS):
        alone = compute(
            {name: document[name][1][h if name == "Q" else h // group] for name in document}
        )
        assert_close(steps["output"][1][h], alone["output"])


QKV = {"Q": matrix("Q", 3, 4), "K": matrix("K", 5, 4), "V": matrix("V", 5, 4)}

REFUSED: list[tuple[Document, str]] = [
    (
        {**QKV, "heads": 4, "kv_heads": 3},
        (
            "kv_heads is 3, but heads is 4: each key head must serve equally many query heads. "
            "kv_heads must divide 4: 1, 2 or 4."
        ),
    ),
    (
        {**QKV, "kv_heads": 2},
        (
            "kv_heads is 2, but heads is missing: the queries then have one head. "
            "Give heads, the number of heads of the queries."
        ),
    ),
    (
        {
            "Q": matrix("Q", 2, 6, 3, 4),
            "K": matrix("K", 2, 4, 5, 4),
            "V": matrix("V", 2, 4, 5, 4),
        },
        (
            "K is 2 × 4 × 5 × 4 but Q is 2 × 6 × 3 × 4: 6 query heads cannot share 4 key heads "
            "evenly. The number of heads of K must divide 6: 1, 2, 3 or 6."
        ),
    ),
    (
        {
            "Q": matrix("Q", 2, 6, 3, 4),
            "K": matrix("K", 2, 2, 5, 4),
            "V": matrix("V", 2, 2, 5, 4),
            "kv_heads": 3,
        },
        "kv_heads is 3, but K has an axis of 2 heads.",
    ),
    (
        {**QKV, "Q": matrix("Q", 3, 8), "heads": 4},
        (
            "K is 5 × 4 but Q is 3 × 8: Q has 4 heads, but K is only as wide as 2 of them. If "
            "heads share keys, use --kv-heads 2; otherwise give both the same width."
        ),
    ),
    (
        {**QKV, "Q": matrix("Q", 3, 12), "heads": 4, "kv_heads": 2},
        (
            "K is 5 × 4 but Q is 3 × 12: a query head is 12 / 4 = 3 wide, but a key head is "
            "4 / 2 = 2 wide. Give K 6 columns, or leave out kv_heads."
        ),
    ),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[text[:50] for _, text in REFUSED])
def test_heads_that_cannot_share_are_refused(document: Document, message: str) -> None:
    """Heads that cannot share are refused in one line with the object, the fact and the cure."""
    assert message in refused(document)
