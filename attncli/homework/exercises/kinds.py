"""The kinds of exercises: one entry each in `KINDS`."""

from __future__ import annotations

from collections.abc import Mapping

from attncli.calculation.choices.layer_kinds import LAYERS, LayerKind
from attncli.records import by_name, field, record


@record(frozen=True)
class Kind:
    """A kind of exercise: its usual sizes and choices, and the usual entry of `VALUES`.

    `layer` is the kind of layer of an exercise with layers.
    """

    name: str
    title: str
    help: str
    sizes: Mapping[str, int]
    choices: Mapping[str, object] = field(default_factory=dict)
    values: str = "integers"
    layer: LayerKind | None = None


def _of_layer(layer: LayerKind) -> Kind:
    """Return the kind of exercise of a kind of layer."""
    title = f"{layer.article.capitalize()} {layer.name}"
    choices = {"layer": layer.name, **layer.choices}
    return Kind(layer.name, title, layer.help, layer.sizes, choices, "halves", layer)


# No two of d_k, d_k², the number of keys and d_model are equal: each root gives other numbers.
_SELF = {"n": 3, "d_model": 5, "d_k": 2}
_CROSS = {"n": 2, "m": 3, "d_model": 5, "d_k": 2}

KINDS: dict[str, Kind] = by_name(
    Kind(
        "attention",
        "Attention",
        "Q, K and V are given",
        {"n": 2, "m": 3, "d_k": 2},
    ),
    Kind("self", "Self-attention", "X is projected by W_q, W_k and W_v", _SELF),
    Kind("cross", "Cross-attention", "X gives the queries, memory the keys and values", _CROSS),
    Kind(
        "additive",
        "Additive attention",
        "scores by a small network, as in Bahdanau et al. 2014",
        {"n": 2, "m": 3, "d_k": 2, "hidden": 2},
        {"score": "additive"},
    ),
    Kind(
        "general",
        "Attention with general scores",
        "scores Q W_a Kᵀ, as in Luong et al. 2015",
        {"n": 2, "m": 3, "d_q": 3, "d_k": 2},
        {"score": "general"},
    ),
    Kind(
        "multihead",
        "Multi-head attention",
        "self-attention with two heads and W_o",
        {"n": 2, "d_model": 6},
        {"heads": 2},
    ),
    Kind(
        "masked",
        "Masked self-attention",
        "self-attention under a causal mask",
        _SELF,
        {"mask": "causal"},
    ),
    Kind(
        "padded",
        "Cross-attention with padding",
        "cross-attention where the last two tokens of memory are padding",
        {**_CROSS, "m": 4},
        {"mask": "padding:2"},
    ),
    Kind(
        "cached",
        "Self-attention with a cache",
        "two new tokens after a cached key and value, under a causal mask",
        {"n": 2, "d_model": 5, "d_k": 2, "past": 1},
        {"mask": "causal"},
    ),
    *map(_of_layer, LAYERS.values()),
)
