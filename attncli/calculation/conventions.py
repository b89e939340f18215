"""The conventions by which frameworks read the same document: one record each in `CONVENTIONS`.

A convention sets what a document does not set; an entry of the document wins over the convention.
In all conventions, query heads that share a key head lie side by side, and the features of a
sinusoidal position are sine and cosine in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from attncli.records import by_name, field, record


@record(frozen=True)
class Convention:
    """The way in which one framework, or paper, reads a document.

    `choices` replace the defaults of choices. `drops`: true in a mask means "may not attend".
    `counts_cache`: causal and window masks count the keys of a cache before the first query.
    `window_counts_itself`: the width of a window includes the query's own key. `fills_up`: if a
    mask is shorter than the keys, the remaining keys are hidden. `empty` is the weight of every key
    for a query that may attend to no key. `averages`: the mean of the heads' weights is a step.
    `sample_variance`: a norm divides by the number of features − 1. `eps_outside`: a norm adds eps
    to the root, not under it. `asks_heads`: if X is projected, the document must give `heads`,
    because the framework's modules have heads and their saved weights do not show how many.
    """

    name: str
    help: str
    choices: Mapping[str, object] = field(default_factory=dict)
    drops: bool = False
    counts_cache: bool = True
    window_counts_itself: bool = False
    fills_up: bool = False
    empty: float = 0.0
    averages: bool = False
    sample_variance: bool = False
    eps_outside: bool = False
    asks_heads: bool = False


PAPER = Convention("paper", "Vaswani et al. 2017; the default")

CONVENTIONS: dict[str, Convention] = by_name(
    PAPER,
    Convention(
        "torch-sdpa",
        "PyTorch's scaled_dot_product_attention: causal is j ≤ i, also with a cache",
        counts_cache=False,
    ),
    Convention(
        "torch-mha",
        "PyTorch's nn.MultiheadAttention: layout torch; 1 (true) in a mask means hidden; a query "
        "without keys gets NaN; the step average is the mean of the heads' weights; W_q needs "
        "heads",
        {"layout": "torch"},
        drops=True,
        counts_cache=False,
        empty=nan,
        averages=True,
        asks_heads=True,
    ),
    Convention(
        "torch",
        "PyTorch's Transformer layers and their state dicts: layout torch; 1 (true) in a mask "
        "means hidden; W_q needs heads",
        {"layout": "torch"},
        drops=True,
        counts_cache=False,
        asks_heads=True,
    ),
    Convention(
        "onnx",
        "ONNX Attention: if a mask is shorter than the keys, the remaining keys are hidden",
        fills_up=True,
    ),
    Convention(
        "keras",
        "keras.layers.Attention: dot scoring, fill -1e9, a window's width includes the query's "
        "own key",
        {"score": "dot", "fill": -1e9, "eps": 1e-3},
        counts_cache=False,
        window_counts_itself=True,
    ),
    Convention(
        "d2l",
        "Dive into Deep Learning: layout torch, fill -1e6; W_q needs heads",
        {"layout": "torch", "fill": -1e6},
        counts_cache=False,
        asks_heads=True,
    ),
    Convention(
        "annotated-transformer",
        "The Annotated Transformer: layout torch, fill -1e9, norms (x − mean) / (s + 1e-6) before "
        "each sublayer; W_q needs heads",
        {"layout": "torch", "fill": -1e9, "eps": 1e-6, "norm": "pre"},
        counts_cache=False,
        sample_variance=True,
        eps_outside=True,
        asks_heads=True,
    ),
)
