"""Mistakes in scores, in their scale and in their soft cap."""

from __future__ import annotations

import math

import numpy as np

from tests.teaching.calculation.operations import cap, mask, query_hidden, scale, score
from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Scene
from tests.teaching.mistakes.registry import SCALED, wrong


def unit(matrix: Matrix) -> Matrix:
    """Return each row divided by its length."""
    return matrix / np.linalg.norm(matrix, axis=-1, keepdims=True)


wrong("no-transpose", ("square",), score=lambda at, Q, K: Q @ K)
wrong(
    "wrong-order",
    ("self", "square", "heads", "causal", "encoder"),
    score=lambda at, Q, K: K @ Q.swapaxes(-1, -2),
)
wrong("no-transpose-wrong-order", ("square",), score=lambda at, Q, K: K @ Q)
wrong("elementwise-product", ("square",), score=lambda at, Q, K: Q * K)
wrong("elementwise-transposed", ("square",), score=lambda at, Q, K: Q * K.T)
wrong(
    "cosine-instead-of-dot",
    ("self", "cross", "heads", "causal", "given", "dot"),
    score=lambda at, Q, K: unit(Q) @ unit(K).swapaxes(-1, -2),
)
wrong("all-axes-transpose", ("batched",), score=lambda at, Q, K: np.einsum("bid,jdb->bij", Q, K))
wrong("luong-w-side", ("general",), general_score=lambda at, Q, K: Q @ at.need("W_a").T @ K.T)
wrong("general-no-w", ("general",), general_score=score)

# Additive scores

wrong("additive-no-v", ("additive",), score_hidden=lambda at, hidden: hidden.sum(axis=-1))
wrong(
    "additive-relu",
    ("additive",),
    hidden_units=lambda at, q, k: np.maximum(q[:, None] + k[None], 0),
)
wrong("additive-no-tanh", ("additive",), hidden_units=lambda at, q, k: q[:, None] + k[None])
wrong(
    "additive-tanh-each",
    ("additive",),
    hidden_units=lambda at, q, k: np.tanh(q)[:, None] + np.tanh(k)[None],
)
wrong(
    "additive-product",
    ("additive",),
    hidden_units=lambda at, q, k: np.tanh(q[:, None] * k[None]),
)
wrong(
    "additive-swapped-weights",
    ("additive",),
    query_hidden=lambda at, Q: Q @ at.need("U_a"),
    key_hidden=query_hidden,
)

# Scale


def width(at: Scene) -> int:
    """Return d_k."""
    return int(at.inside["K"].shape[-1])


def model_width(at: Scene) -> int:
    """Return d_model: the width of the tokens."""
    return int(at.x.shape[-1])


wrong("no-scale softmax-unscaled", SCALED, scale=lambda at, scores: scores)
wrong("divide-by-dk scale-twice", SCALED, scale=lambda at, scores: scores / width(at))
wrong(
    "sqrt-dmodel",
    ("self", "heads", "causal", "cross", "encoder", "shared_heads"),
    scale=lambda at, scores: scores / math.sqrt(model_width(at)),
)
wrong(
    "sqrt-all-heads",
    ("heads", "narrow_heads", "shared_heads", "encoder"),
    scale=lambda at, scores: scores / math.sqrt(at.heads * width(at)),
)
wrong(
    "sqrt-heads",
    ("narrow_heads", "shared_heads"),
    scale=lambda at, scores: scores / math.sqrt(at.heads),
)
wrong(
    "sqrt-dv",
    ("given",),
    scale=lambda at, scores: scores / math.sqrt(at.inside["V"].shape[-1]),
)
wrong(
    "sqrt-n",
    ("self", "cross", "heads", "given", "causal"),
    scale=lambda at, scores: scores / math.sqrt(scores.shape[-1]),
)
wrong("scale-inverted", SCALED, scale=lambda at, scores: scores * math.sqrt(width(at)))
wrong(
    "scale-unasked",
    ("dot", "general"),
    score=lambda at, Q, K: score(at, Q, K) / math.sqrt(width(at)),
    general_score=lambda at, Q, K: Q @ at.need("W_a") @ K.T / math.sqrt(width(at)),
)

# Soft cap

C = "softcap"
wrong("softcap-missing", ("capped",), cap=lambda at, scaled: scaled)
wrong("softcap-not-multiplied", ("capped",), cap=lambda at, s: np.tanh(s / at.choice(C)))
wrong("softcap-clipped", ("capped",), cap=lambda at, s: np.clip(s, -at.choice(C), at.choice(C)))
wrong(
    "softcap-before-scale",
    ("capped",),
    scale=lambda at, scores: scale(at, cap(at, scores)),
    cap=lambda at, scaled: scaled,
)
wrong(
    "softcap-after-mask",
    ("capped",),
    cap=lambda at, scaled: scaled,
    mask=lambda at, scaled: cap(at, mask(at, scaled)),
)
