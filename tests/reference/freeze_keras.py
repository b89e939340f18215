"""Freezes what Keras calculates.

    KERAS_BACKEND=torch python -m tests.reference.freeze_keras       writes keras.json

Needs the extra `reference`; made with keras 3.15.1 on torch 2.13.0, in float64; but Keras' own
matmul gives float32 whatever it takes, so that the layers without projections are met to 1e-6.
Kernels of Keras are d_model × heads × d_k; ours are heads × d_model × d_k. Keras takes [query,
value, key].

`Attention` subtracts 1e9 from hidden scores, and in float32 a query that may see no key then sees
all alike: the convention `keras`. `MultiHeadAttention` writes −1e9 in their place and 0 in that of
their weights, so that such a query gets 0, as without a convention; where the weights are not
asked for, it takes another way, and the query sees all alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from tests.reference.frozen import Case, case, write

Array = NDArray[Any]

BATCH, QUERIES, KEYS, D_K, D_V = 2, 5, 7, 3, 4
KV_HEADS, GROUP, QUERY_WIDTH, KEY_WIDTH, HEAD_D_K, HEAD_D_V, WIDTH_OUT = 3, 2, 8, 11, 4, 2, 9

FLOAT32 = 1e-6

GENERATOR = np.random.default_rng(20261121)


def numbers(*shape: int) -> Array:
    """Random numbers of few digits."""
    return np.round(GENERATOR.normal(size=shape) * 8) / 8


def array(tensor: Any) -> Array:
    """A tensor or weight of Keras as numpy has it."""
    result: Array = keras.ops.convert_to_numpy(tensor)
    return result


def given() -> dict[str, Array]:
    return {
        "Q": numbers(BATCH, QUERIES, D_K),
        "K": numbers(BATCH, KEYS, D_K),
        "V": numbers(BATCH, KEYS, D_V),
    }


def seen() -> Array:
    """Which keys of each batch entry are real: not all, and more than the first in each."""
    return np.array([[1, 1, 1, 0, 1, 1, 0], [1, 1, 0, 1, 0, 0, 1]], dtype=np.bool_)


def layer_cases(name: str, layer: Any, choices: dict[str, Any]) -> Iterator[Case]:
    """`Attention` or `AdditiveAttention`: plain, causal, with a mask of the values, with both."""
    for variant, masks, arguments in (
        ("", [], {}),
        ("causal", ["causal"], {"use_causal_mask": True}),
        ("mask of values", [seen()[:, None]], {"mask": [None, seen()]}),
        (
            "causal, mask of values",
            ["causal", seen()[:, None]],
            {"use_causal_mask": True, "mask": [None, seen()]},
        ),
    ):
        inputs = given()
        output, weights = layer(
            [inputs["Q"], inputs["V"], inputs["K"]], return_attention_scores=True, **arguments
        )
        document = {**inputs, **restricted(masks), **choices}
        full_name = ", ".join(filter(None, (name, variant)))
        yield case(full_name, document, FLOAT32, output=output, weights=weights)


def restricted(masks: list[Any]) -> dict[str, Any]:
    """One mask, several, or none, as a document has them."""
    if len(masks) == 1:
        return {"mask": masks[0]}
    return {"masks": masks} if masks else {}


def empty_row(layer: Any, choices: dict[str, Any]) -> Iterator[Case]:
    """The first query sees no key: causal, and the first key of one batch entry is hidden."""
    inputs, shown = given(), seen()
    shown[1, 0] = False
    output, weights = layer(
        [inputs["Q"], inputs["V"], inputs["K"]],
        return_attention_scores=True,
        use_causal_mask=True,
        mask=[None, shown],
    )
    document = {**inputs, "masks": ["causal", shown[:, None]], **choices}
    yield case("Attention, empty row", document, FLOAT32, output=output, weights=weights)


def single() -> Iterator[Case]:
    """The layers without projections."""
    yield from layer_cases("Attention", layers.Attention(), {"score": "dot"})
    yield from layer_cases("Attention, convention", layers.Attention(), {"convention": "keras"})
    yield from empty_row(layers.Attention(), {"convention": "keras"})
    scaled = layers.Attention(use_scale=True)
    scaled.build([(BATCH, QUERIES, D_K), (BATCH, KEYS, D_V), (BATCH, KEYS, D_K)])
    scaled.scale.assign(0.625)
    yield from layer_cases("Attention, scale", scaled, {"scale": 0.625})
    unscaled = layers.AdditiveAttention(use_scale=False)
    yield from layer_cases("AdditiveAttention, no scale", unscaled, {"score": "additive"})
    additive = layers.AdditiveAttention()
    additive.build([(BATCH, QUERIES, D_K), (BATCH, KEYS, D_V), (BATCH, KEYS, D_K)])
    v_a = numbers(D_K)
    additive.scale.assign(v_a)
    yield from layer_cases("AdditiveAttention", additive, {"score": "additive", "v_a": v_a})


def projected(layer: Any, key_width: int) -> dict[str, Array]:
    """The weights of a layer of several heads, set at random, as our documents have them."""
    for weight in layer.weights:
        weight.assign(numbers(*weight.shape))
    kernels = {letter: dense(layer, letter).kernel for letter in "qkvo"}
    biases = {letter: dense(layer, letter).bias for letter in "qkvo"}
    assert kernels["k"].shape[0] == key_width
    per_head = {f"W_{letter}": array(kernels[letter]).transpose(1, 0, 2) for letter in "qkv"}
    return {
        **per_head,
        "W_o": array(kernels["o"]),
        **{f"b_{letter}": array(bias) for letter, bias in biases.items() if bias is not None},
    }


def dense(layer: Any, letter: str) -> Any:
    """The projection of a layer: they have no public name."""
    return getattr(
        layer,
        {"q": "_query_dense", "k": "_key_dense", "v": "_value_dense", "o": "_output_dense"}[letter],
    )


Make = Callable[[], Any]


def sequences() -> tuple[Array, Array]:
    return numbers(BATCH, QUERIES, QUERY_WIDTH), numbers(BATCH, KEYS, KEY_WIDTH)


def heads_cases(name: str, make: Make, *always: Any) -> Iterator[Case]:
    """A layer of several heads on itself and on another sequence, with the masks it takes.

    `always` are the masks that the layer itself has.
    """
    x, memory = sequences()
    allowed = GENERATOR.random((BATCH, QUERIES, KEYS)) < 0.6
    allowed[..., 0] = True
    for variant, source, masks, arguments in (
        ("self", x, [], {}),
        ("self, causal", x, ["causal"], {"use_causal_mask": True}),
        ("cross", memory, [], {}),
        ("cross, mask", memory, [allowed[:, None]], {"attention_mask": allowed}),
        (
            "cross, causal, mask of values",
            memory,
            ["causal", seen()[:, None, None]],
            {"use_causal_mask": True, "value_mask": seen()},
        ),
    ):
        document, results = calculated(make, x, source, arguments)
        yield case(f"{name}, {variant}", {**document, **restricted([*masks, *always])}, **results)


def calculated(
    make: Make, x: Array, source: Array, arguments: dict[str, Any], has_empty: bool = False
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs and weights of a new layer, and what it gives."""
    layer = make()
    layer.build(x.shape, source.shape)
    weights = projected(layer, source.shape[-1])
    output, attention = layer(x, source, return_attention_scores=True, **arguments)
    if not has_empty:
        fused = layer(x, source, **arguments)  # the other way, which is in float32
        np.testing.assert_allclose(array(fused), array(output), rtol=1e-4, atol=1e-4)
    given_as = {"X": x} if source is x else {"X": x, "memory": source}
    return {**given_as, **weights}, {"output": output, "weights": attention}


def special() -> Iterator[Case]:
    """A window that counts the query's own key, by the convention; a query that sees no key."""
    x, memory = sequences()
    choices = {"convention": "keras", "score": "scaled"}
    make = partial(layers.MultiHeadAttention, KV_HEADS, HEAD_D_K)
    document, results = calculated(partial(make, sliding_window=2), x, memory, {})
    window = {"mask": {"window": [2, 2]}}
    yield case(
        "MultiHeadAttention, convention, window", {**document, **choices, **window}, **results
    )
    allowed = np.ones((BATCH, QUERIES, KEYS), dtype=np.bool_)
    allowed[1, 3] = allowed[0, 2, 4:] = False
    document, results = calculated(make, x, memory, {"attention_mask": allowed}, has_empty=True)
    document["mask"] = allowed[:, None]
    yield case("MultiHeadAttention, empty row", document, **results)


def several() -> Iterator[Case]:
    """The layers of several heads."""
    yield from heads_cases(
        "MultiHeadAttention",
        partial(
            layers.MultiHeadAttention,
            KV_HEADS,
            HEAD_D_K,
            value_dim=HEAD_D_V,
            output_shape=WIDTH_OUT,
        ),
    )
    windowed = partial(
        layers.MultiHeadAttention, KV_HEADS, HEAD_D_K, use_bias=False, sliding_window=2
    )
    yield from heads_cases("MultiHeadAttention, no bias, window", windowed, {"window": [1, 1]})
    yield from special()
    grouped = partial(layers.GroupQueryAttention, HEAD_D_K, GROUP * KV_HEADS, KV_HEADS)
    yield from heads_cases("GroupQueryAttention", grouped)


def main() -> None:
    """Write all cases beside this script."""
    keras.config.set_floatx("float64")
    versions = {"keras": keras.__version__, "backend": keras.backend.backend()}
    versions["numpy"] = np.__version__
    write(Path(__file__).with_name("keras.json"), versions, [*single(), *several()])


if __name__ == "__main__":
    main()
