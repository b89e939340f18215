"""The right operations of an attention, one function each, in plain NumPy."""

from __future__ import annotations

import math

import numpy as np

from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Scene, added, visible

FILL = -math.inf

# Embeddings and positions


def scale_embeddings(at: Scene, x: Matrix) -> Matrix:
    """X √d_model."""
    return x * math.sqrt(x.shape[-1])


def sinusoids(at: Scene, x: Matrix) -> Matrix:
    """The sine (even features) and cosine (odd ones) of p / 10000^(2i/d)."""
    n, d = x.shape[-2:]
    feature = np.arange(d)
    return waves(n, 1 / 10000.0 ** (2 * (feature // 2) / d))


def waves(n: int, frequency: Matrix, first: int = 0) -> Matrix:
    """Return sines and cosines by turns of the position times the frequency of each feature."""
    angle = (first + np.arange(n))[:, None] * frequency[None, :]
    return np.where(np.arange(len(frequency)) % 2 == 0, np.sin(angle), np.cos(angle))


def embed(at: Scene, x: Matrix, position: Matrix) -> Matrix:
    """X plus the positions."""
    return x + position


def rotate(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """Turn features i and i + d/2 of each token by p / 10000^(2i/d)."""
    return turned(matrix, half_angles(matrix, at.past if letter == "Q" else 0))


def half_angles(matrix: Matrix, first: int = 0, base: float = 10000.0) -> Matrix:
    """Return the angles, positions × pairs, of a matrix of tokens."""
    n, d = matrix.shape[-2:]
    return (first + np.arange(n))[:, None] / base ** (2 * np.arange(d // 2) / d)[None, :]


def turned(matrix: Matrix, angle: Matrix) -> Matrix:
    """Return the matrix with features i and i + d/2 turned by the angles."""
    half = matrix.shape[-1] // 2
    one, two = matrix[..., :half], matrix[..., half:]
    sides = (one * np.cos(angle) - two * np.sin(angle), one * np.sin(angle) + two * np.cos(angle))
    return np.concatenate(sides, axis=-1)


def distances(at: Scene, scores: Matrix) -> Matrix:
    """ALiBi: minus the slope of the head times the distance of query and key."""
    return -slopes(at.heads) * np.abs(apart(scores, at.past))


def slopes(heads: int) -> Matrix:
    """Return 2^(−8h/H) for the heads h = 1 … H, a power of two, as a column of matrices."""
    return (2.0 ** (-8 * np.arange(1, heads + 1) / heads))[:, None, None]


def apart(scores: Matrix, past: int = 0) -> Matrix:
    """Return i − j for each query i and key j."""
    n, m = scores.shape[-2:]
    return np.arange(n)[:, None] + past - np.arange(m)[None, :]


# Projections and heads


def source(at: Scene, letter: str) -> Matrix:
    """X for queries; memory, if there is one, for keys and values."""
    return at.x if letter == "q" or at.memory is None else at.memory


def project(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """X W + b."""
    product = matrix @ at.need(f"W_{letter}")
    bias = at.given(f"b_{letter}")
    return product if bias is None else product + bias


def split(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """Give each head its own neighbouring columns: … × n × hd → … × h × n × d."""
    heads = at.heads if letter == "Q" else at.kv_heads
    *leading, n, width = matrix.shape
    return matrix.reshape(*leading, n, heads, width // heads).swapaxes(-3, -2)


def append(at: Scene, letter: str, past: Matrix, matrix: Matrix) -> Matrix:
    """The cached tokens, then the new ones."""
    return np.concatenate([past, matrix], axis=-2)


def share(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """Repeat each head of keys (or values) for its group of query heads."""
    return np.repeat(matrix, at.heads // at.kv_heads, axis=-3)


def merge(at: Scene, heads: Matrix) -> Matrix:
    """Put the heads side by side: … × h × n × d → … × n × hd."""
    *leading, h, n, d = heads.shape
    return heads.swapaxes(-3, -2).reshape(*leading, n, h * d)


# Scores


def score(at: Scene, Q: Matrix, K: Matrix) -> Matrix:
    """Q Kᵀ."""
    return Q @ K.swapaxes(-1, -2)


def general_score(at: Scene, Q: Matrix, K: Matrix) -> Matrix:
    """Q W_a Kᵀ."""
    return Q @ at.need("W_a") @ K.swapaxes(-1, -2)


def query_hidden(at: Scene, Q: Matrix) -> Matrix:
    """Q W_a."""
    return Q @ at.need("W_a")


def key_hidden(at: Scene, K: Matrix) -> Matrix:
    """K U_a."""
    return K @ at.need("U_a")


def hidden_units(at: Scene, q: Matrix, k: Matrix) -> Matrix:
    """The tanh of the sum, for each query and key: n × m × hidden."""
    return np.tanh(q[:, None, :] + k[None, :, :])


def score_hidden(at: Scene, hidden: Matrix) -> Matrix:
    """The hidden units times v_a."""
    return hidden @ at.need("v_a")


def scale(at: Scene, scores: Matrix) -> Matrix:
    """The scores divided by √d_k."""
    return scores / math.sqrt(at.inside["K"].shape[-1])


def cap(at: Scene, scaled: Matrix) -> Matrix:
    """The scores within the soft cap c: c tanh(s / c)."""
    c = float(at.choice("softcap"))
    return c * np.tanh(scaled / c)


# Weights and values


def mask(at: Scene, scores: Matrix) -> Matrix:
    """The scores plus the added numbers; −inf for the hidden keys."""
    return hide(at, plus_added(at, scores))


def plus_added(at: Scene, scores: Matrix) -> Matrix:
    """Return the scores plus the numbers of ALiBi and of an added mask."""
    for more in (at.inside.get("position"), added(at)):
        scores = scores if more is None else scores + more
    return scores


def hide(at: Scene, scores: Matrix, fill: float = FILL) -> Matrix:
    """Return the scores with the fill for the hidden keys."""
    seen = visible(at, *scores.shape[-2:])
    return scores if seen is None else np.where(seen, scores, fill)


def normalise(at: Scene, masked: Matrix) -> Matrix:
    """Softmax of each row."""
    return softmax(masked)


def softmax(scores: Matrix, axis: int | tuple[int, ...] = -1) -> Matrix:
    """Return the softmax over an axis; 0 where every score is −inf."""
    largest = scores.max(axis=axis, keepdims=True)
    powers = np.exp(scores - np.where(np.isfinite(largest), largest, 0))
    total = powers.sum(axis=axis, keepdims=True)
    return np.divide(powers, total, out=np.zeros_like(powers), where=total != 0)


def weigh(at: Scene, weights: Matrix, V: Matrix) -> Matrix:
    """The weights times the values."""
    return weights @ V
