"""Test earlier keys and values: K_past, V_past, and caches that are filled up to cache_lens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests import oracle
from tests.matrices import Document, assert_close, matrix, numbers
from tests.running import compute, refused, succeed

N, M, PAST, D_K, D_V = 5, 7, 3, 13, 17


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("mask", ["causal", "window:1,0"])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_a_token_at_a_time_is_the_whole_at_once(
    heads: int, mask: str, batch: Sequence[int]
) -> None:
    """With the keys and values of earlier tokens as a cache, other tokens get the same output."""
    width = 2 * D_K
    whole = {name: numbers(matrix(name, *batch, M, width)) for name in "QKV"}
    choices = {"heads": heads, "mask": mask}
    at_once = compute({**{name: part.tolist() for name, part in whole.items()}, **choices})
    earlier = {name: part[..., :PAST, :] for name, part in whole.items()}
    later = {name: part[..., PAST:, :] for name, part in whole.items()}

    def cached(part: np.ndarray[Any, Any]) -> Any:
        if heads == 1:
            return part.tolist()
        split = part.reshape(*part.shape[:-1], heads, width // heads)
        return split.swapaxes(-2, -3).tolist()

    rest = compute(
        {
            **{name: part.tolist() for name, part in later.items()},
            "K_past": cached(earlier["K"]),
            "V_past": cached(earlier["V"]),
            **choices,
        }
    )
    assert_close(rest["output"], numbers(at_once["output"])[..., PAST:, :])
    assert_close(rest["K_present"], cached(whole["K"]))


@pytest.mark.parametrize("causal", ["causal", "causal:lower-right"])
def test_lengths_of_a_cache_hide_the_keys_after_them(causal: str) -> None:
    """Each batch entry gives what its keys up to its length give, counted from the last one."""
    lengths = [7, 4, 2]
    document = {
        "Q": matrix("Q", 3, N, D_K),
        "K": matrix("K", 3, M, D_K),
        "V": matrix("V", 3, M, D_V),
        "masks": [causal, "window:2,-1"],
    }
    result = succeed(
        "compute", "-", "-f", "json", "--cache-lens", "7,4,2", stdin=json.dumps(document)
    )
    steps = json.loads(result.stdout)
    assert "no key may be attended to by batch entry 2, query 1;" in result.stderr
    for entry, length in enumerate(lengths):
        alone = {name: document[name][entry] for name in "QKV"}
        keys = {name: alone[name][:length] for name in "KV"}
        rules = (oracle.causal(length - N), oracle.window(2, -1, length - N))
        expected = oracle.attention({**alone, **keys}, may_attend=rules)
        assert_close(steps["output"][entry], expected["output"])
        weights = numbers(steps["weights"][entry])
        assert_close(weights[:, :length], expected["weights"])
        assert not weights[:, length:].any()


def test_an_entry_of_a_cache_may_be_empty() -> None:
    """An entry with an empty cache has weights and output 0; the other entries do not change."""
    document = {
        "Q": matrix("Q", 2, N, D_K),
        "K": matrix("K", 2, M, D_K),
        "V": matrix("V", 2, M, D_V),
        "cache_lens": [0, M],
    }
    steps = compute(document)
    assert not numbers(steps["weights"][0]).any()
    assert not numbers(steps["output"][0]).any()
    alone = oracle.attention({name: document[name][1] for name in "QKV"})
    assert_close(steps["output"][1], alone["output"])


@pytest.mark.parametrize(
    ("leading", "place"), [((), "head=2"), ((2,), "batch=2")], ids=["heads", "a batch"]
)
def test_the_first_axis_of_earlier_keys_is_batch_or_heads(
    leading: tuple[int, ...], place: str
) -> None:
    """The first axis of K_past is the batch if Q, K and V have a batch, else the heads."""
    width = D_K if leading else 2 * D_K
    document = {
        "Q": matrix("Q", *leading, N, width),
        "K": matrix("K", *leading, M, width),
        "V": matrix("V", *leading, M, width),
        "K_past": matrix("K_past", 2, PAST, D_K),
        "V_past": matrix("V_past", 2, PAST, D_K),
        **({} if leading else {"heads": 2}),
    }
    told = succeed("explain", "-", f"K_present[3,1,{place}]", stdin=json.dumps(document)).stdout
    assert f"K_present[3,1,{place}] = K_past[3,1,{place}] ≈ " in told


def test_one_head_may_keep_its_axis() -> None:
    """A cache or mask of one head may have an axis of heads, as ONNX gives it."""
    document = {"Q": matrix("Q", 2, N, D_K), "K": matrix("K", 2, M, D_K), "V": matrix("V", 2, M, 2)}
    past = {"K_past": matrix("p", 2, PAST, D_K), "V_past": matrix("p", 2, PAST, 2)}
    mask = matrix("mask", 2, N, M + PAST)
    expected = compute({**document, **past, "mask": mask})
    kept = {name: [[entry] for entry in part] for name, part in past.items()}
    theirs = {**document, **kept, "mask": [[entry] for entry in mask], "heads": 1, "kv_heads": 1}
    assert compute(theirs) == expected


QKV = {"Q": matrix("Q", 3, 4), "K": matrix("K", 5, 4), "V": matrix("V", 5, 4)}

REFUSED: list[tuple[Document, str]] = [
    ({**QKV, "K_past": matrix("p", 2, 4)}, "K_past is given without V_past: each earlier key"),
    ({**QKV, "V_past": matrix("p", 2, 4)}, "V_past is given without K_past: each earlier key"),
    (
        {**QKV, "K_past": matrix("p", 2, 3), "V_past": matrix("p", 2, 4)},
        "K_past is 2 × 3 but K is 5 × 4: joining them needs equal columns.",
    ),
    (
        {**QKV, "heads": 2, "K_past": matrix("p", 2, 4), "V_past": matrix("p", 2, 4)},
        (
            "K_past is 2 × 4 but K_h is 2 × 5 × 2: both need the same axes before the last two "
            "(batch, then heads). K_past needs the axes of K_h, "
            "with an axis of heads if heads are split."
        ),
    ),
    (
        {**QKV, "K_past": matrix("p", 2, 4), "V_past": matrix("p", 3, 4)},
        "V_past is 3 × 4 but K_past is 2 × 4: the weighted sum needs equal rows.",
    ),
    (
        {**QKV, "K_past": matrix("p", 2, 4), "V_past": matrix("p", 2, 4), "cache_lens": [3]},
        "cache_lens and K_past are given, but there can be only one cache.",
    ),
    ({**QKV, "cache_lens": [3, 2]}, "cache_lens has 2 lengths, but Q has 1 batch entry."),
    ({**QKV, "cache_lens": [6]}, "cache_lens counts 6 real keys, but there are 5 keys."),
    ({**QKV, "cache_lens": [1.5]}, "it must be whole numbers of at least 0, one per batch entry"),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[text[:50] for _, text in REFUSED])
def test_caches_that_do_not_fit_are_refused(document: Document, message: str) -> None:
    """An unfit cache is refused in one line with the object, the fact and the cure."""
    assert message in refused(document)
