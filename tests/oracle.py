"""Attention in plain loops over Python floats, which the package is compared with.

Nothing here is fast, and nothing comes from the package or from NumPy. A matrix is a list of rows,
one token per row (layout `rows`); with several heads, a step is a list of matrices. i counts
queries, j keys, h heads and c features, all from 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Vector = list[float]
Matrix = list[Vector]
Given = Mapping[str, Any]  # matrices, or a matrix for each head, or vectors, by name
Steps = dict[str, Any]  # the steps' matrices, by name
MayAttend = Callable[[int, int, int], bool]  # of h, i, j
Added = Callable[[int, int, int], float]  # of h, i, j


def attention(
    given: Given,
    *,
    score: str = "scaled",
    heads: int = 1,
    kv_heads: int | None = None,
    scale: float | None = None,
    softcap: float | None = None,
    normaliser: str = "softmax",
    temperature: float = 1.0,
    may_attend: Sequence[MayAttend] = (),
    added: Sequence[Added] = (),
    fill: float = -math.inf,
    turned: Callable[[Matrix], Matrix] | None = None,
) -> Steps:
    """Return the steps of one attention, in order: softmax(scale · score(Q, K) + mask) V.

    `scale` None means the factor of the scoring function, and 1 leaves the scores as they are;
    `softcap` None means without a cap. Without `may_attend` and `added` there is no mask. `turned`
    turns queries and keys by rotary positions.

    >>> steps = attention({"X": [[1.0], [0.0]]}, score="dot")
    >>> list(steps), steps["scores"], steps["weights"][1]
    (['scores', 'weights', 'output'], [[1.0, 0.0], [0.0, 0.0]], [0.5, 0.5])
    """
    steps: Steps = {}
    queries, keys, values = projected(given, steps)
    if heads > 1 and len(queries) == 1:
        counts = (heads, kv_heads or heads, kv_heads or heads)
        queries, keys, values = split(counts, (queries, keys, values), steps)
    if turned:
        queries = [turned(of_head) for of_head in queries]
        keys = [turned(of_head) for of_head in keys]
        steps |= {"Q_rotated": one_or_all(queries), "K_rotated": one_or_all(keys)}
    keys = joined(given, "K", keys, steps)
    values = joined(given, "V", values, steps)
    group = len(queries) // len(keys)  # query heads that share one head of keys

    every = []
    for h in range(len(queries)):
        of_head = scored(given, score, queries[h], keys[h // group])
        last: Matrix = of_head["scores"]
        factor = default_scale(score, len(queries[h][0])) if scale is None else scale
        if factor != 1:
            last = of_head["scaled"] = times(last, factor)
        if softcap is not None:
            last = of_head["capped"] = capped(last, softcap)
        if may_attend or added:
            last = of_head["masked"] = masked(last, h, may_attend, added, fill)
        of_head["weights"] = NORMALISERS[normaliser](times(last, 1 / temperature))
        if values:
            of_head["heads"] = product(of_head["weights"], values[h // group])
        every.append(of_head)

    for name in every[0]:
        steps[name] = one_or_all([of_head[name] for of_head in every])
    if values:
        finish(given, len(every), steps)
    return steps


# Queries, keys and values: lists of matrices, one per head.


def projected(given: Given, steps: Steps) -> list[list[Matrix]]:
    """Q = X W_q + b_q, K = M W_k + b_k, V = M W_v + b_v, where M is memory, or else X.

    Weights of rank 3 give each head its own: Q_h = X W_q[h] + b_q[h]. Without weights Q, K, V are
    given, or are X and M themselves, and are not steps. V may be absent.
    """
    own: Any = given.get("X")
    other: Any = given.get("memory", own)
    result = []
    for name, letter, source in (("Q", "q", own), ("K", "k", other), ("V", "v", other)):
        weight, bias = given.get(f"W_{letter}"), given.get(f"b_{letter}")
        if weight is None:
            matrix = given.get(name, source)
            result.append([] if matrix is None else [matrix])
            continue
        weights = weight if rank(weight) == 3 else [weight]
        width = len(weights[0][0])
        parts = []
        for h in range(len(weights)):
            own_bias = None if bias is None else flat(bias)[h * width : (h + 1) * width]
            parts.append(affine(source, weights[h], own_bias))
        steps[name if len(parts) == 1 else f"{name}_h"] = one_or_all(parts)
        result.append(parts)
    return result


def split(counts: Iterable[int], sides: Iterable[list[Matrix]], steps: Steps) -> list[list[Matrix]]:
    """Q_h[h]ᵢ꜀ = Q of i and h·d + c, where d is the width of one head; K and V alike.

    `counts` are the heads of Q, of K and of V.
    """
    result = []
    for name, heads, side in zip(("Q_h", "K_h", "V_h"), counts, sides, strict=True):
        parts = []
        for whole in side:
            d = len(whole[0]) // heads
            parts = [[row[h * d : (h + 1) * d] for row in whole] for h in range(heads)]
            steps[name] = parts
        result.append(parts)
    return result


def joined(given: Given, name: str, side: list[Matrix], steps: Steps) -> list[Matrix]:
    """Return the cached keys (or values), of one head or of each, followed by the new ones."""
    past = given.get(f"{name}_past")
    if past is None or not side:
        return side
    earlier = past if rank(past) == 3 else [past]
    result = [earlier[h] + side[h] for h in range(len(side))]
    steps[f"{name}_present"] = result if rank(past) == 3 else result[0]
    return result


# Scores.


def scored(given: Given, score: str, queries: Matrix, keys: Matrix) -> Steps:
    """Return the steps up to `scores`, for one head."""
    return SCORES[score](given, queries, keys)


def dot(queries: Matrix, keys: Matrix) -> Matrix:
    """scoresᵢⱼ = qᵢ · kⱼ = Σ꜀ Qᵢ꜀ Kⱼ꜀."""
    scores = zeros(len(queries), len(keys))
    for i in range(len(queries)):
        for j in range(len(keys)):
            for c in range(len(keys[0])):
                scores[i][j] += queries[i][c] * keys[j][c]
    return scores


def general(queries: Matrix, W_a: Matrix, keys: Matrix) -> Matrix:
    """scoresᵢⱼ = qᵢᵀ W_a kⱼ = Σ꜀ Σ꜀′ Qᵢ꜀ W_a꜀꜀′ Kⱼ꜀′ (Luong et al. 2015)."""
    scores = zeros(len(queries), len(keys))
    for i in range(len(queries)):
        for j in range(len(keys)):
            for c in range(len(W_a)):
                for other in range(len(W_a[0])):
                    scores[i][j] += queries[i][c] * W_a[c][other] * keys[j][other]
    return scores


def additive(given: Given, queries: Matrix, keys: Matrix) -> Steps:
    """scoresᵢⱼ = v_aᵀ tanh(W_aᵀ qᵢ + U_aᵀ kⱼ), with W_a as d_q × hidden (Bahdanau et al. 2015).

    Left out, W_a and U_a change nothing and v_a is ones.
    """
    steps: Steps = {}
    if "W_a" in given:
        queries = steps["q_hidden"] = product(queries, given["W_a"])
    if "U_a" in given:
        keys = steps["k_hidden"] = product(keys, given["U_a"])
    units = range(len(queries[0]))
    v_a = flat(given["v_a"]) if "v_a" in given else [1.0 for _ in units]
    steps["hidden"] = [[[math.tanh(q[c] + k[c]) for c in units] for k in keys] for q in queries]
    steps["scores"] = [
        [sum(v_a[c] * pair[c] for c in units) for pair in r] for r in steps["hidden"]
    ]
    return steps


def concat(given: Given, queries: Matrix, keys: Matrix) -> Steps:
    """scoresᵢⱼ = v_aᵀ tanh(W_aᵀ [qᵢ; kⱼ]), with W_a as (d_q + d_k) × hidden (Luong et al. 2015).

    The parts of W_a give steps of their own; here hidden is made of the whole. v_a may be left out.
    """
    W_a, d_q = given["W_a"], len(queries[0])
    steps: Steps = {"q_hidden": product(queries, W_a[:d_q]), "k_hidden": product(keys, W_a[d_q:])}
    units = range(len(W_a[0]))
    v_a = flat(given["v_a"]) if "v_a" in given else [1.0 for _ in units]
    steps["hidden"] = [
        [list(map(math.tanh, product([q + k], W_a)[0])) for k in keys] for q in queries
    ]
    steps["scores"] = [
        [sum(v_a[c] * pair[c] for c in units) for pair in r] for r in steps["hidden"]
    ]
    return steps


def cosine(queries: Matrix, keys: Matrix) -> Matrix:
    """scoresᵢⱼ = qᵢ · kⱼ / (√(qᵢ · qᵢ) √(kⱼ · kⱼ)), and 0 where one of them is all zeros."""
    products = dot(queries, keys)
    for i in range(len(queries)):
        for j in range(len(keys)):
            lengths = [math.sqrt(sum(c * c for c in row)) for row in (queries[i], keys[j])]
            products[i][j] = products[i][j] / lengths[0] / lengths[1] if all(lengths) else 0.0
    return products


def distance(queries: Matrix, keys: Matrix) -> Matrix:
    """scoresᵢⱼ = −½ Σ꜀ (Qᵢ꜀ − Kⱼ꜀)²."""
    scores = zeros(len(queries), len(keys))
    for i in range(len(queries)):
        for j in range(len(keys)):
            for c in range(len(keys[0])):
                scores[i][j] -= (queries[i][c] - keys[j][c]) ** 2 / 2
    return scores


SCORES: dict[str, Callable[[Given, Matrix, Matrix], Steps]] = {
    "dot": lambda given, queries, keys: {"scores": dot(queries, keys)},
    "scaled": lambda given, queries, keys: {"scores": dot(queries, keys)},
    "general": lambda given, queries, keys: {"scores": general(queries, given["W_a"], keys)},
    "additive": lambda given, queries, keys: additive(given, queries, keys),
    "concat": lambda given, queries, keys: concat(given, queries, keys),
    "cosine": lambda given, queries, keys: {"scores": cosine(queries, keys)},
    "distance": lambda given, queries, keys: {"scores": distance(queries, keys)},
}


def default_scale(score: str, d_k: int) -> float:
    """1/√d_k for scaled scoring (Vaswani et al. 2017), else 1."""
    return 1 / math.sqrt(d_k) if score == "scaled" else 1.0


# Masks: what query i of head h may attend, and what is added to its scores.


def causal(offset: int = 0) -> MayAttend:
    """j ≤ i + offset; the offset m − n aligns the last query with the last key."""
    return lambda h, i, j: j <= i + offset


def padding(length: int) -> MayAttend:
    """j < length: the first keys are real."""
    return lambda h, i, j: j < length


def window(left: int, right: int, offset: int = 0) -> MayAttend:
    """i + offset − left ≤ j ≤ i + offset + right; −1 is unbounded."""

    def sees(h: int, i: int, j: int) -> bool:
        p = i + offset
        return (left == -1 or p - left <= j) and (right == -1 or j <= p + right)

    return sees


MASKS = {"causal": causal, "padding": padding, "window": window}


def masked(
    scores: Matrix,
    h: int,
    may_attend: Sequence[MayAttend],
    added: Sequence[Added],
    fill: float,
) -> Matrix:
    """scoresᵢⱼ + Σ added where every mask lets i attend j, else fill."""
    result = zeros(len(scores), len(scores[0]))
    for i in range(len(scores)):
        for j in range(len(scores[0])):
            total = scores[i][j] + sum(number(h, i, j) for number in added)
            result[i][j] = total if all(mask(h, i, j) for mask in may_attend) else fill
    return result


# Weights and output.


def softmax(scores: Matrix) -> Matrix:
    """weightsᵢⱼ = exp(sᵢⱼ − maxᵢ) / Σⱼ exp(sᵢⱼ − maxᵢ); a row of −inf alone gives zeros."""
    weights = []
    for row in scores:
        largest = max(row)
        if largest == -math.inf:
            weights.append([0.0 for _ in row])
            continue
        powers = [math.exp(score - largest) for score in row]
        weights.append([power / sum(powers) for power in powers])
    return weights


def softmax1(scores: Matrix) -> Matrix:
    """softmax with one more score of 0 in each row, whose weight is left out."""
    return [weights[:-1] for weights in softmax([[*row, 0.0] for row in scores])]


def sparsemax(scores: Matrix) -> Matrix:
    """weightsᵢⱼ = max(sᵢⱼ − τᵢ, 0), with τᵢ found by bisection so that the row sums to 1."""
    weights = []
    for row in scores:
        low, high = max(row) - 1, max(row)
        for _ in range(100):
            middle = (low + high) / 2
            if sum(max(score - middle, 0.0) for score in row) > 1:
                low = middle
            else:
                high = middle
        weights.append([max(score - low, 0.0) if score > -math.inf else 0.0 for score in row])
    return weights


def sigmoid(scores: Matrix) -> Matrix:
    """weightsᵢⱼ = 1 / (1 + exp(−sᵢⱼ)), which is (1 + tanh(sᵢⱼ / 2)) / 2."""
    return [[(1 + math.tanh(score / 2)) / 2 for score in row] for row in scores]


# The matrices that a layout writes transposed: of tokens (X, scores, mask), and of weights.
LAYOUTS = {"rows": (False, False), "columns": (True, True), "torch": (False, True)}

NORMALISERS = {"softmax": softmax, "softmax1": softmax1, "sparsemax": sparsemax, "sigmoid": sigmoid}


def finish(given: Given, count: int, steps: Steps) -> None:
    """Return the steps after weights V: the heads side by side, then W_o and b_o over all of them.

    The last step is `output`; `heads` and `concat` are steps only where another follows.
    """
    if count == 1 and "W_o" not in given:
        steps["output"] = steps.pop("heads")
        return
    last = steps["heads"]
    if count > 1:
        last = steps["concat" if "W_o" in given else "output"] = concatenated(last)
    if "W_o" in given:
        weight = given["W_o"]
        if rank(weight) == 3:  # h × d_v × d_out: the rows of every head, one below the other
            weight = [row for of_head in weight for row in of_head]
        steps["output"] = affine(last, weight, given.get("b_o"))


def concatenated(heads: list[Matrix]) -> Matrix:
    """concat of i and h·d + c = heads[h]ᵢ꜀: the opposite of splitting."""
    return [[cell for head in heads for cell in head[i]] for i in range(len(heads[0]))]


# Arithmetic.


def zeros(rows: int, columns: int) -> Matrix:
    """Return a matrix of 0."""
    return [[0.0 for _ in range(columns)] for _ in range(rows)]


def product(left: Matrix, right: Matrix) -> Matrix:
    """(A B)ᵢⱼ = Σ꜀ Aᵢ꜀ B꜀ⱼ."""
    result = zeros(len(left), len(right[0]))
    for i, row in enumerate(left):
        for j in range(len(right[0])):
            total = 0.0
            for c, number in enumerate(row):
                total += number * right[c][j]
            result[i][j] = total
    return result


def affine(source: Matrix, weight: Matrix, bias: Vector | None) -> Matrix:
    """(X W + b)ᵢⱼ = (X W)ᵢⱼ + bⱼ; no bias is a bias of 0."""
    result = product(source, weight)
    if bias is None:
        return result
    return [[row[j] + bias[j] for j in range(len(row))] for row in result]


def capped(matrix: Matrix, cap: float) -> Matrix:
    """c tanh(s / c) of every number (the soft cap of ONNX Attention)."""
    return [[cap * math.tanh(number / cap) for number in row] for row in matrix]


def times(matrix: Matrix, factor: float) -> Matrix:
    """Return every number times the factor."""
    return [[number * factor for number in row] for row in matrix]


# Lists.


def rank(nested: Any) -> int:
    """Return the depth of nested lists: 2 for a matrix."""
    return 1 + rank(nested[0]) if isinstance(nested, list) else 0


def flat(nested: Any) -> Vector:
    """Return all the numbers of nested lists in one list."""
    if not isinstance(nested, list):
        return [nested]
    return [number for part in nested for number in flat(part)]


def one_or_all(heads: list[Any]) -> Any:
    """Return the list of heads, or the only head without an axis."""
    return heads[0] if len(heads) == 1 else heads
