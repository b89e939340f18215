"""The exact result of each operation, at 50 digits; nothing here uses arithmetic of attncli.

An entry of `EXACT` takes the operation, for its choices, and its operands as arrays of mpmath
numbers. It returns the results, and the size that one unit of error is measured in: None is the
result itself (ulp), an array is the sum of the absolute terms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

mpmath.mp.dps = 50
Exact = Callable[..., tuple[Any, Any]]


def numbers(matrix: Any) -> Any:
    """Return the numbers of a matrix as numbers of mpmath, without rounding."""
    made = np.empty(np.shape(matrix), object)
    made.reshape(-1)[:] = [mpmath.mpf(float(x)) for x in np.reshape(matrix, -1)]
    return made


def each(function: Callable[[Any], Any], matrix: Any) -> Any:
    """Return the function of each number."""
    made = np.empty(matrix.shape, object)
    made.reshape(-1)[:] = [function(x) for x in matrix.reshape(-1)]
    return made


def product(left: Any, right: Any) -> tuple[Any, Any]:
    """Return the matrix product, and the product of the absolute numbers."""
    return left @ right, abs(left) @ abs(right)


def project(_: Any, source: Any, weight: Any, *bias: Any) -> tuple[Any, Any]:
    results, size = product(source, weight)
    return (results + bias[0], size + abs(bias[0])) if bias else (results, size)


def bilinear(_: Any, queries: Any, weight: Any, keys: Any) -> tuple[Any, Any]:
    return queries @ weight @ keys.T, abs(queries) @ abs(weight) @ abs(keys).T


def cosine(_: Any, queries: Any, keys: Any) -> tuple[Any, Any]:
    def units(rows: Any) -> Any:
        lengths = each(mpmath.sqrt, (rows * rows).sum(axis=-1, keepdims=True))
        return rows / np.where(lengths == 0, 1, lengths)

    return product(units(queries), units(keys).T)


def distance(_: Any, queries: Any, keys: Any) -> tuple[Any, Any]:
    apart = queries[:, None] - keys[None]
    return -(apart * apart).sum(axis=-1) / 2, None


def weigh_hidden(_: Any, hidden: Any, *vector: Any) -> tuple[Any, Any]:
    terms = hidden * (vector[0] if vector else 1)
    return terms.sum(axis=-1), abs(terms).sum(axis=-1)


def masked(_: Any, scores: Any, added: Any) -> tuple[Any, Any]:
    return scores + added, None


def softmax(own: Any, scores: Any, sink: int = 0) -> tuple[Any, Any]:
    powers = each(mpmath.exp, scores / mpmath.mpf(own.temperature))
    return powers / (sink + powers.sum(axis=-1, keepdims=True)), np.ones(scores.shape)


def sparsemax(own: Any, scores: Any) -> tuple[Any, Any]:
    weights = np.empty(scores.shape, object)
    for row, tempered in zip(weights, scores / mpmath.mpf(own.temperature), strict=True):
        falling = sorted(tempered, reverse=True)
        sums = [sum(falling[: k + 1]) - 1 for k in range(len(falling))]
        most = max(k for k, total in enumerate(sums) if falling[k] * (k + 1) > total)
        row[:] = [max(score - sums[most] / (most + 1), 0) for score in tempered]
    return weights, np.ones(scores.shape)


def sigmoid(own: Any, scores: Any) -> tuple[Any, Any]:
    return each(lambda s: 1 / (1 + mpmath.exp(-s / mpmath.mpf(own.temperature))), scores), None


def activate(own: Any, source: Any, *gate: Any) -> tuple[Any, Any]:
    functions: dict[str, Callable[[Any], Any]] = {
        "relu": lambda x: max(x, mpmath.mpf(0)),
        "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
        "silu": lambda x: x / (1 + mpmath.exp(-x)),
    }
    results = each(functions["silu" if gate else own.kind], source)
    if own.kind == "gelu":  # 1 + erf cancels for x below 0, as in PyTorch
        return results, abs(source)
    # A power below 2⁻¹⁰²² has fewer digits; x and the gate make its error larger.
    sizes = abs(results) + abs(source) * mpmath.mpf(2) ** -1022
    return (results * gate[0], sizes * abs(gate[0])) if gate else (results, sizes)


def mean(_: Any, source: Any) -> tuple[Any, Any]:
    size = source.shape[-1]
    sums = source.sum(axis=-1, keepdims=True), abs(source).sum(axis=-1, keepdims=True)
    return sums[0] / size, sums[1] / size


def variance(_: Any, source: Any, of_token: Any = 0) -> tuple[Any, Any]:
    away = source - of_token
    return (away * away).sum(axis=-1, keepdims=True) / source.shape[-1], None


def standardise(own: Any, source: Any, *others: Any) -> tuple[Any, Any]:
    of_token, spread = others[:2] if own.mean else (0, others[0])
    if not all(map(mpmath.isfinite, spread.reshape(-1))):  # beyond the range of the program
        spread, _ = variance(own, source, of_token)
    quotients = (source - of_token) / each(mpmath.sqrt, spread + mpmath.mpf(own.eps))
    return quotients, None


EXACT: dict[str, Exact] = {
    "Project": project,
    "Dot": lambda _, queries, keys: product(queries, keys.T),
    "Bilinear": bilinear,
    "Cosine": cosine,
    "Distance": distance,
    "TanhSum": lambda _, queries, keys: (each(mpmath.tanh, queries[:, None] + keys[None]), None),
    "WeighHidden": weigh_hidden,
    "WeightedSum": lambda _, weights, values: product(weights, values),
    "Multiply": lambda own, scores: (scores * mpmath.mpf(own.scale), None),
    "DivideByRoot": lambda own, scores: (scores / mpmath.sqrt(own.d_k), None),
    "SoftCap": lambda own, s: (own.cap * each(mpmath.tanh, s / mpmath.mpf(own.cap)), None),
    "Mask": masked,
    "Softmax": softmax,
    "Softmax1": lambda own, scores: softmax(own, scores, 1),
    "Sparsemax": sparsemax,
    "Sigmoid": sigmoid,
    "Add": lambda _, source, sublayer: (source + sublayer, None),
    "Activate": activate,
    "Gate": activate,
    "Mean": mean,
    "Variance": variance,
    "MeanSquare": variance,
    "Standardise": standardise,
}
# The largest errors that may be: in ulp, or in eps times the sum of the absolute terms.
BOUNDS = {**dict.fromkeys(EXACT, 3.0), "Variance": 5.0, "Distance": 5.0, "Standardise": 5.0}
BOUNDS |= {"Gate": 5.0, "Activate": 5.0, "SoftCap": 4.0, "Cosine": 4.0}
