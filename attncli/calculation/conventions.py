"""The conventions in which frameworks read the same document: one record each in `CONVENTIONS`.

A convention decides what a document leaves open; an entry of the document wins over it. In all
conventions, heads that share keys lie side by side, and sine and cosine alternate in positions.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from attncli.records import by_name, field, record


@record(frozen=True)
class Convention:
    """The way in which one framework, or paper, reads a document.

    `choices` are the defaults of choices that the document does not make. `drops`: true in a mask
    means "may not attend". `counts_cache`: causal and window masks count the keys of a cache before
    the first query. `window_counts_itself`: a window counts the query's own key. `fills_up`: a mask
    shorter than the keys hides the rest. `empty` is the weight of every key for a query that may
    attend nothing. `averages`: the mean of the heads' weights is a step. `sample_variance`: layer
    normalisation divides by the number of features less one. `eps_outside`: eps is added to the
    root. `asks_heads`: where X is projected, the document must give `heads`.
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


PAPER = Convention("paper", "Vaswani et al. 2017, and what this program does unasked")

CONVENTIONS: dict[str, Convention] = by_name(
    PAPER,
    Convention(
        "torch-sdpa",
        "PyTorch's scaled_dot_product_attention: causal from the top left, cache or not",
        counts_cache=False,
    ),
    Convention(
        "torch-mha",
        "nn.MultiheadAttention: layout torch, 1 in a mask may not be attended, empty rows are "
        "NaN, the mean of the heads' weights is the step average",
        {"layout": "torch"},
        drops=True,
        counts_cache=False,
        empty=nan,
        averages=True,
    ),
    Convention(
        "torch",
        "PyTorch's Transformer layers and their state dicts: layout torch, 1 in a mask may not "
        "be attended, heads must be said",
        {"layout": "torch"},
        drops=True,
        counts_cache=False,
        asks_heads=True,
    ),
    Convention(
        "onnx", "ONNX Attention: a mask shorter than the keys hides the rest", fills_up=True
    ),
    Convention(
        "keras",
        "keras.layers.Attention: dot scoring, fill -1e9, windows count the query's own key",
        {"score": "dot", "fill": -1e9, "eps": 1e-3},
        counts_cache=False,
        window_counts_itself=True,
    ),
    Convention(
        "d2l",
        "Dive into Deep Learning: layout torch, fill -1e6",
        {"layout": "torch", "fill": -1e6},
        counts_cache=False,
    ),
    Convention(
        "annotated-transformer",
        "The Annotated Transformer: layout torch, fill -1e9, in a norm (x − mean) / (s + 1e-6)",
        {"layout": "torch", "fill": -1e9, "eps": 1e-6, "norm": "pre"},
        counts_cache=False,
        sample_variance=True,
        eps_outside=True,
    ),
)
