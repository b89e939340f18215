"""Heads that share keys, caches, and packed projections, through the command line.

The oracle says what is right; laws say what must be the same whichever way it is written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from tests import oracle

HEADS, KV_HEADS, N, M, PAST, D_MODEL, D_K, D_V, D_OUT = 6, (1, 2, 3, 6), 5, 7, 3, 11, 13, 17, 19

Document = dict[str, Any]


def matrix(seed: str, *sizes: int) -> Any:
    """Nested lists of normally distributed numbers that the seed decides."""
    random = Random(seed)

    def filled(*rest: int) -> Any:
        return [filled(*rest[1:]) for _ in range(rest[0])] if rest else random.gauss(0, 1)

    return filled(*sizes)


def compute(document: Document, *options: str) -> dict[str, Any]:
    """Every step of a document, as JSON has it."""
    command = ["compute", "-", "-f", "json", *options]
    run = CliRunner().invoke(cli, command, input=json.dumps(document))
    assert run.exit_code == 0, run.stderr
    steps: dict[str, Any] = json.loads(run.stdout)
    return steps


def refused(document: Document, *options: str) -> str:
    """The message of a document that cannot be calculated."""
    run = CliRunner().invoke(cli, ["compute", "-", *options], input=json.dumps(document))
    assert run.exit_code == 2
    assert run.stdout == ""
    return run.stderr


def assert_same(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    """The same steps in the same order with close numbers."""
    assert list(actual) == list(expected)
    for name, rows in expected.items():
        assert_close(actual[name], rows, name)


def assert_close(actual: Any, expected: Any, name: str = "") -> None:
    """The same numbers, roundoff aside."""
    np.testing.assert_allclose(numbers(actual), numbers(expected), 1e-12, 1e-12, err_msg=name)


def numbers(cells: Any) -> np.ndarray[Any, Any]:
    """Nested lists as an array; infinities may be written as texts."""
    return np.array(cells, dtype=np.float64)


def given(kv_heads: int, past: int = 0) -> Document:
    """Q of six heads, K and V of fewer, and earlier ones of those."""
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
    """Each query head meets the kv head of its group; positions count from the first cached key."""
    document = given(kv_heads, past)
    if score == "concat":
        document["W_a"] = matrix("W_a", 2 * D_K, D_V)
    choices = {"heads": HEADS, "kv_heads": kv_heads, "score": score}
    choices |= {"mask": mask} if mask else {}
    expected = oracle.attention(
        document, score=score, heads=HEADS, kv_heads=kv_heads, may_attend=rules(past)
    )
    if score == "concat":  # the oracle has the hidden keys of a head once for each of its queries
        expected["k_hidden"] = expected["k_hidden"][:: HEADS // kv_heads]
    assert_same(compute({**document, **choices}), expected)


@pytest.mark.parametrize("kv_heads", KV_HEADS)
def test_projections_of_each_head_are_those_of_wide_ones(kv_heads: int) -> None:
    """W_k of rank 3 has a matrix for each kv head; side by side they are the wide one."""
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
    """Rank 4: six heads of queries and fewer of keys, with and without the choices."""
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


@pytest.mark.parametrize("layout", ["rows", "columns", "torch"])
@pytest.mark.parametrize("kv_heads", [2, 6])
def test_packed_projections_are_the_three_side_by_side(layout: str, kv_heads: int) -> None:
    """W_qkv and b_qkv, as a layout writes them: queries, keys, values."""
    X = numbers(matrix("X", N, D_MODEL))
    weights = {
        "W_q": numbers(matrix("W_q", D_MODEL, HEADS * D_K)),
        "W_k": numbers(matrix("W_k", D_MODEL, kv_heads * D_K)),
        "W_v": numbers(matrix("W_v", D_MODEL, kv_heads * D_K)),
    }
    biases = {name.replace("W", "b"): weight[0] for name, weight in weights.items()}
    packed = np.concatenate(list(weights.values()), axis=1)

    def written(weight: np.ndarray[Any, Any]) -> Any:
        return (weight if layout == "rows" else weight.T).tolist()

    base = {
        "X": (X.T if layout == "columns" else X).tolist(),
        "heads": HEADS,
        "kv_heads": kv_heads,
        "layout": layout,
    }
    apart = {name: written(weight) for name, weight in weights.items()}
    apart |= {name: bias.tolist() for name, bias in biases.items()}
    together = {
        "in_proj_weight": written(packed),
        "in_proj_bias": np.concatenate(list(biases.values())).tolist(),
    }
    assert compute({**base, **together}) == compute({**base, **apart})


# Caches.


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("mask", ["causal", "window:1,0"])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_a_token_at_a_time_is_the_whole_at_once(
    heads: int, mask: str, batch: Sequence[int]
) -> None:
    """With the keys and values of earlier tokens as a cache, the rest comes out as in one go."""
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


def test_lengths_of_a_cache_hide_what_is_not_filled() -> None:
    """Each batch entry is as if its keys ended at its length, with the last query at the last one."""
    lengths = [7, 4, 2]
    document = {
        "Q": matrix("Q", 3, N, D_K),
        "K": matrix("K", 3, M, D_K),
        "V": matrix("V", 3, M, D_V),
        "masks": ["causal", "window:2,-1"],
    }
    run = CliRunner().invoke(
        cli,
        ["compute", "-", "-f", "json", "--cache-lens", "7,4,2"],
        input=json.dumps(document),
    )
    steps = json.loads(run.stdout)
    assert "no key may be attended by batch entry 2, query 1;" in run.stderr
    for entry, length in enumerate(lengths):
        alone = {name: document[name][entry] for name in "QKV"}
        keys = {name: alone[name][:length] for name in "KV"}
        rules = (oracle.causal(length - N), oracle.window(2, -1, length - N))
        expected = oracle.attention({**alone, **keys}, may_attend=rules)
        assert_close(steps["output"][entry], expected["output"])
        weights = numbers(steps["weights"][entry])
        assert_close(weights[:, :length], expected["weights"])
        assert not weights[:, length:].any()


def test_a_mask_shorter_than_the_keys_hides_the_rest_where_that_is_said() -> None:
    """With cache_lens or the convention onnx; else it is an error."""
    document = {"Q": matrix("Q", N, D_K), "K": matrix("K", M, D_K), "V": matrix("V", M, D_V)}
    for short, hidden in ((matrix("mask", N, 4), "-inf"), ([[True] * 4] * N, False)):
        whole = [[*row, *[hidden] * (M - 4)] for row in short]
        expected = compute({**document, "mask": whole})
        assert compute({**document, "mask": short, "convention": "onnx"}) == expected
        assert compute({**document, "mask": short, "cache_lens": [M]}) == expected
        assert "mask is 5 × 4 but scaled is 5 × 7" in refused({**document, "mask": short})


def test_one_head_may_keep_its_axis() -> None:
    """ONNX has an axis of heads in caches and masks even for one head; here one head has none."""
    document = {"Q": matrix("Q", 2, N, D_K), "K": matrix("K", 2, M, D_K), "V": matrix("V", 2, M, 2)}
    past = {"K_past": matrix("p", 2, PAST, D_K), "V_past": matrix("p", 2, PAST, 2)}
    mask = matrix("mask", 2, N, M + PAST)
    expected = compute({**document, **past, "mask": mask})
    kept = {name: [[entry] for entry in part] for name, part in past.items()}
    theirs = {**document, **kept, "mask": [[entry] for entry in mask], "heads": 1, "kv_heads": 1}
    assert compute(theirs) == expected


def test_labels_of_a_cache_are_those_of_all_keys() -> None:
    """memory_tokens name the earlier keys too; the new keys alone are numbered."""
    document = {
        "Q": [[1.0, 0.0]],
        "K": [[1.0, 1.0]],
        "V": [[2.0]],
        "K_past": [[0.0, 1.0], [1.0, 0.0]],
        "V_past": [[1.0], [3.0]],
        "memory_tokens": ["the", "cat", "sat"],
    }
    run = CliRunner().invoke(cli, ["compute", "-"], input=json.dumps(document))
    assert "the      cat      sat" in run.stdout
    message = refused({**document, "memory_tokens": ["sat"]})
    assert "memory_tokens has 1 label, but K_past and K have 3 rows." in message


# What does not go together.

QKV = {"Q": matrix("Q", 3, 4), "K": matrix("K", 5, 4), "V": matrix("V", 5, 4)}

REFUSED: list[tuple[Document, str]] = [
    (
        {**QKV, "heads": 4, "kv_heads": 3},
        (
            "kv_heads is 3, but heads is 4: heads that share keys share them evenly. "
            "The number of kv_heads must divide 4: 1, 2 or 4."
        ),
    ),
    (
        {**QKV, "kv_heads": 2},
        (
            "kv_heads is 2, but heads is not given: there is one head. "
            "Say how many heads the queries have."
        ),
    ),
    (
        {
            "Q": matrix("Q", 2, 6, 3, 4),
            "K": matrix("K", 2, 4, 5, 4),
            "V": matrix("V", 2, 4, 5, 4),
        },
        (
            "K is 2 × 4 × 5 × 4 but Q is 2 × 6 × 3 × 4: 6 heads of queries cannot share 4 evenly. "
            "The number of heads of K must divide 6: 1, 2, 3 or 6."
        ),
    ),
    (
        {
            "Q": matrix("Q", 2, 6, 3, 4),
            "K": matrix("K", 2, 2, 5, 4),
            "V": matrix("V", 2, 2, 5, 4),
            "kv_heads": 3,
        },
        "kv_heads is 3, but K has 2 heads as its own axis.",
    ),
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
            "(batch, then heads). Give K_past the axes of K_h: heads too, where those are split."
        ),
    ),
    (
        {**QKV, "K_past": matrix("p", 2, 4), "V_past": matrix("p", 3, 4)},
        "V_past is 3 × 4 but K_past is 2 × 4: the weighted sum needs equal rows.",
    ),
    (
        {**QKV, "Q": matrix("Q", 3, 8), "heads": 4},
        (
            "K is 5 × 4 but Q is 3 × 8: where Q has 4 heads, K has room for 2. Where heads share "
            "keys, say --kv-heads 2; else give both one width."
        ),
    ),
    (
        {**QKV, "K_past": matrix("p", 2, 4), "V_past": matrix("p", 2, 4), "cache_lens": [3]},
        "cache_lens and K_past are given: each says what the cached keys are.",
    ),
    ({**QKV, "cache_lens": [3, 2]}, "cache_lens gives 2 lengths, but Q has batch entries: 1."),
    ({**QKV, "cache_lens": [6]}, "cache_lens counts 6 real keys, but there are 5 keys."),
    ({**QKV, "cache_lens": [1.5]}, "it must be whole numbers from 0, one a batch entry"),
    (
        {"X": matrix("X", 3, 4), "W_qkv": matrix("w", 4, 10)},
        "W_qkv makes 10 numbers of a token, which cannot be cut into 3 equal parts.",
    ),
    (
        {"X": matrix("X", 3, 4), "W_qkv": matrix("w", 4, 12), "heads": 4, "kv_heads": 2},
        "W_qkv makes 12 numbers of a token, which cannot be cut into 4 + 2 + 2 heads.",
    ),
    (
        {"X": matrix("X", 3, 4), "W_qkv": matrix("w", 4, 12), "W_k": matrix("w", 4, 4)},
        "W_qkv is given, and W_k too: W_qkv holds it already. Leave out W_qkv or W_k.",
    ),
    (
        {"X": matrix("X", 3, 4), "b_qkv": matrix("w", 12)},
        "b_qkv is given without W_qkv: a bias is added to a projection.",
    ),
    ({**QKV, "convention": "pytorch"}, "convention is 'pytorch': it must be paper, torch-sdpa,"),
    (
        {**QKV, "convention": "keras", "mask": "window:0,1"},
        "window:0,1 is empty: keras counts the query's own key too.",
    ),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[text[:50] for _, text in REFUSED])
def test_what_does_not_go_together_is_refused(document: Document, message: str) -> None:
    """One line with the object, the fact and the cure."""
    assert message in refused(document)
