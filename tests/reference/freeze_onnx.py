"""Freezes what ONNX calculates: `python -m tests.reference.freeze_onnx` writes onnx.json.

Needs the extra `reference`; made with onnx 1.23.2. The models are evaluated by
onnx.reference.ReferenceEvaluator, in float64 where nothing else is said. It does not check types,
so RotaryEmbedding too runs in float64, which the operator's own signature leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from tests.reference.frozen import Case, case, write
from tests.reference.onnx_documents import INPUTS, OUTPUTS, attention_document, attention_results

Array = NDArray[Any]

BATCH, KV_HEADS, GROUP, QUERIES, KEYS, PAST, D_K, D_V = 2, 3, 2, 5, 7, 4, 11, 4
HEADS = GROUP * KV_HEADS
OPSET = 25


class Draw:
    """Random inputs that every dtype holds exactly: multiples of 1/8."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)

    def numbers(self, *shape: int, dtype: str = "float64") -> Array:
        return (np.round(self.generator.normal(size=shape) * 8) / 8).astype(dtype)

    def booleans(self, *shape: int) -> Array:
        return self.generator.random(shape) < 0.6

    def heads(self, group: int = 1, dtype: str = "float64") -> dict[str, Array]:
        """Q, K and V with the heads as an axis; `group` queries' heads share one of the keys."""
        return {
            "Q": self.numbers(BATCH, group * KV_HEADS, QUERIES, D_K, dtype=dtype),
            "K": self.numbers(BATCH, KV_HEADS, KEYS, D_K, dtype=dtype),
            "V": self.numbers(BATCH, KV_HEADS, KEYS, D_V, dtype=dtype),
        }

    def flat(self) -> dict[str, Array]:
        """Q, K and V with the heads side by side."""
        return {
            "Q": self.numbers(BATCH, QUERIES, HEADS * D_K),
            "K": self.numbers(BATCH, KEYS, KV_HEADS * D_K),
            "V": self.numbers(BATCH, KEYS, KV_HEADS * D_V),
        }

    def past(self) -> dict[str, Array]:
        return {
            "past_key": self.numbers(BATCH, KV_HEADS, PAST, D_K),
            "past_value": self.numbers(BATCH, KV_HEADS, PAST, D_V),
        }


def attention_cases() -> Iterator[Case]:
    """Models of one Attention node, each with other inputs and attributes."""
    draw = Draw(20261121)
    flat: dict[str, Any] = {"q_num_heads": HEADS, "kv_num_heads": KV_HEADS}
    yield attention("rank 3, grouped heads", draw.flat(), **flat)
    yield attention("rank 3, past, causal", {**draw.flat(), **draw.past()}, is_causal=1, **flat)
    numbers = draw.numbers(QUERIES, KEYS)
    numbers[0, 1:3] = -np.inf
    yield attention(
        "scale, soft cap, numbers added, mode 1",
        {**draw.heads(), "attn_mask": numbers},
        capture=1,
        scale=0.5625,  # a square: the reference takes the root of it in float32
        softcap=1.75,
    )
    yield attention("grouped heads, mode 0", draw.heads(GROUP), capture=0)
    yield attention(
        "past, causal, short mask, mode 2",
        {**draw.heads(), **draw.past(), "attn_mask": draw.numbers(BATCH, 1, QUERIES, KEYS)},
        capture=2,
        present=False,
        is_causal=1,
    )
    lengths = {"nonpad_kv_seqlen": np.array([6, 3])}
    yield attention(
        "cache of which 6 and 3 keys are filled, causal, empty rows, mode 3",
        {**draw.heads(), **lengths},
        capture=3,
        is_causal=1,
    )
    yield attention(
        "cache of which 6 and 3 keys are filled, short mask of each head, mode 2",
        {**draw.heads(), **lengths, "attn_mask": draw.numbers(KV_HEADS, 1, 5)},
        capture=2,
    )
    yield attention(
        "cache of which 6 and 3 keys are filled, window",
        {**draw.heads(), **lengths},
        left_window_size=1,
        right_window_size=0,
    )
    yield attention(
        "past, causal, window",
        {**draw.heads(GROUP), **draw.past()},
        present=False,
        is_causal=1,
        left_window_size=3,
    )
    booleans = draw.booleans(BATCH, 1, QUERIES, KEYS)
    booleans[1, 0, 2] = False
    yield attention(
        "booleans with an empty row, mode 3", {**draw.heads(), "attn_mask": booleans}, capture=3
    )
    alone = np.array([True, False, True, True, False, True, False])
    yield attention("booleans of rank 1, mode 2", {**draw.heads(), "attn_mask": alone}, capture=2)
    alone = np.array([-np.inf, 0.5, 0.25, -0.75, 0, -np.inf, 1])
    yield attention("numbers of rank 1", {**draw.heads(), "attn_mask": alone}, capture=3)


def precision_cases() -> Iterator[Case]:
    """Softmax in another precision than the rest; of large scores float16 keeps few digits.

    The scale is a square, because ONNX multiplies Q and K by its root each.
    """
    draw = Draw(20261122)
    for name, dtype, softmax, scale, tolerance in (
        ("float64, softmax in float16", "float64", onnx.TensorProto.FLOAT16, 56.25, 1e-3),
        ("float16, softmax in float32", "float16", onnx.TensorProto.FLOAT, 1.0, 1e-3),
    ):
        choices = {"softmax_precision": softmax, "scale": scale}
        inputs = draw.heads(dtype=dtype)
        yield attention(name, inputs, capture=3, tolerance=tolerance, **choices)


def attention(
    name: str,
    inputs: dict[str, Array],
    capture: int | None = None,
    present: bool = True,
    tolerance: float | None = None,
    **choices: Any,
) -> Case:
    """One Attention node as a case; `capture` is the mode of `qk_matmul_output`.

    `present` asks for the keys and values of past and present, where there is a past.
    """
    used = [slot for slot in INPUTS if slot in inputs]
    last = INPUTS.index(used[-1]) + 1
    wanted = ["Y", *(OUTPUTS[1:3] if present and "past_key" in inputs else [])]
    if capture is not None:
        wanted.append("qk_matmul_output")
        choices["qk_matmul_output_mode"] = capture
    node = onnx.helper.make_node(
        "Attention",
        [slot if slot in inputs else "" for slot in INPUTS[:last]],
        [slot if slot in wanted else "" for slot in OUTPUTS],
        **choices,
    )
    results = evaluate([node], inputs, wanted)
    arrays = [inputs[slot] for slot in used]
    document = attention_document(node, arrays)
    expected = attention_results(node, document, results)
    return case(name, document, tolerance, **expected)


def evaluate(nodes: list[Any], inputs: dict[str, Array], outputs: list[str]) -> list[Array]:
    """What the reference of ONNX gives for a model of these nodes."""
    graph = onnx.helper.make_graph(
        nodes,
        "model",
        [_tensor(name, array) for name, array in inputs.items()],
        [onnx.helper.make_empty_tensor_value_info(name) for name in outputs],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", OPSET)])
    results: list[Array] = ReferenceEvaluator(model).run(outputs, inputs)
    return results


def _tensor(name: str, array: Array) -> Any:
    kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
    return onnx.helper.make_tensor_value_info(name, kind, array.shape)


def rotary_cases() -> Iterator[Case]:
    """RotaryEmbedding of Q and K, then Attention: all of a head or its first features, in pairs."""
    draw = Draw(20261123)
    even = 10
    for name, interleaved, dims, base, words in (
        ("halves", 0, even, 10000, "rope:halves"),
        ("interleaved", 1, even, 10000, "rope:interleaved"),
        ("halves, partial", 0, 4, 10000, "rope:halves,dims=4"),
        ("interleaved, partial, base 500", 1, 6, 500, "rope:interleaved,dims=6,base=500"),
    ):
        inputs = {
            "Q": draw.numbers(BATCH, KV_HEADS, QUERIES, even),
            "K": draw.numbers(BATCH, KV_HEADS, KEYS, even),
            "V": draw.numbers(BATCH, KV_HEADS, KEYS, D_V),
        }
        caches: dict[str, Array] = {}
        nodes = []
        for letter in "QK":
            caches |= cosines_and_sines(letter, inputs[letter], dims, base)
            nodes.append(
                onnx.helper.make_node(
                    "RotaryEmbedding",
                    [letter, f"cos_{letter}", f"sin_{letter}"],
                    [f"{letter}_turned"],
                    interleaved=interleaved,
                    rotary_embedding_dim=dims if dims < even else 0,
                )
            )
        turned = ["Q_turned", "K_turned", "V"]
        wanted = ["Y", "", "", "weights"]
        nodes.append(onnx.helper.make_node("Attention", turned, wanted, qk_matmul_output_mode=3))
        output, weights = evaluate(nodes, {**inputs, **caches}, ["Y", "weights"])
        document = {**inputs, "position": words}
        yield case(f"rotary {name}", document, output=output, weights=weights)


def cosines_and_sines(letter: str, rows: Array, dims: int, base: float) -> dict[str, Array]:
    """cos and sin of position · base^(−2j / dims), positions from 0, one row a token."""
    batch, _, count, _ = rows.shape
    angles = np.outer(np.arange(count), base ** (-np.arange(0, dims, 2) / dims))
    angles = np.tile(angles, (batch, 1, 1))
    return {f"cos_{letter}": np.cos(angles), f"sin_{letter}": np.sin(angles)}


def main() -> None:
    """Write all cases beside this script."""
    versions = {"onnx": onnx.__version__, "numpy": np.__version__}
    cases = [*attention_cases(), *precision_cases(), *rotary_cases()]
    write(Path(__file__).with_name("onnx.json"), versions, cases)


if __name__ == "__main__":
    main()
