"""Mistakes in masks."""

from __future__ import annotations

import math

import numpy as np

from tests.teaching.calculation.operations import (
    hide,
    mask,
    normalise,
    plus_added,
    softmax,
)
from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Operation, Scene, visible
from tests.teaching.mistakes.registry import wrong

HIDING = ("causal", "padding", "window", "keep", "decoder")


def seen(at: Scene, scores: Matrix) -> Matrix:
    """Return the keys that each query sees, as booleans, for scores of this size."""
    found = visible(at, *scores.shape[-2:])
    return np.ones(scores.shape[-2:], bool) if found is None else found


def filled(fill: float) -> Operation:
    """Return the mask that sets hidden scores to another number."""
    return lambda at, scores: hide(at, plus_added(at, scores), fill)


def by(rule: Operation) -> Operation:
    """Return the mask under another rule: a function of i − j (rows − columns) and of the sizes."""

    def masked(at: Scene, scores: Matrix) -> Matrix:
        n, m = scores.shape[-2:]
        i, j = np.arange(n)[:, None] + at.past, np.arange(m)[None, :]
        return np.where(rule(at, i, j), plus_added(at, scores), -math.inf)

    return masked


def in_causal(rule: Operation) -> Operation:
    """Return the mask under another rule where the mask is causal, and the right one elsewhere."""
    other = by(rule)
    return lambda at, scores: other(at, scores) if at.is_causal else mask(at, scores)


def unnormalised_after(at: Scene, masked: Matrix) -> Matrix:
    """Softmax of all the scores, then 0 for the hidden keys."""
    return softmax(masked) * seen(at, masked)


def naive(scores: Matrix) -> Matrix:
    """Return the softmax without care for infinities."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def triangle(scores: Matrix) -> Matrix:
    """Return the causal mask of scores: true where j ≤ i."""
    return np.tri(*scores.shape[-2:]) == 1


def not_masked(at: Scene, scores: Matrix) -> Matrix:
    """The scores as they are."""
    return scores


wrong(
    "causal-missing mask-missing",
    ("causal", "decoder", "capped"),
    mask=lambda at, s: s if at.is_causal else mask(at, s),
)
wrong("mask-missing", ("padding", "keep", "window", "added"), mask=not_masked)
wrong(
    "mask-inverted",
    ("causal", "padding", "keep", "window"),
    mask=lambda at, s: np.where(seen(at, s), -math.inf, s),
)
wrong("mask-multiplied", HIDING, mask=lambda at, s: s * seen(at, s))
wrong("mask-tiny-fill mask-multiplied mask-exponent-slip", HIDING, mask=filled(-1e-12))
wrong("mask-exponent-slip mask-multiplied mask-tiny-fill", HIDING, mask=filled(-1e-9))
wrong("mask-small-fill", HIDING, mask=filled(-10.0))
wrong(
    "mask-plus-inf mask-plus-large",
    ("causal", "padding", "keep"),
    mask=filled(math.inf),
    normalise=lambda at, masked: naive(masked),
)
wrong("mask-plus-large mask-plus-inf", HIDING, mask=filled(1e9))
wrong("mask-added-as-01", HIDING, mask=lambda at, s: s + seen(at, s))
wrong("mask-added-as-10", HIDING, mask=lambda at, s: s + ~seen(at, s))
wrong(
    "mask-scaled-too",
    ("added",),
    mask=lambda at, s: s + at.need("mask") / math.sqrt(at.inside["K"].shape[-1]),
)
wrong(
    "mask-after-softmax",
    ("causal", "padding", "keep", "window"),
    mask=not_masked,
    normalise=unnormalised_after,
)
wrong(
    "mask-on-query-axis causal-transposed",
    ("padding", "keep"),
    mask=lambda at, s: np.where(seen(at, s).T, s, -math.inf),
)
wrong(
    "causal-transposed mask-on-query-axis",
    ("causal", "decoder"),
    mask=in_causal(lambda at, i, j: j >= i),
)
wrong("causal-hides-self", ("causal", "decoder"), mask=in_causal(lambda at, i, j: j < i))
wrong("causal-one-too-far", ("causal", "decoder"), mask=in_causal(lambda at, i, j: j <= i + 1))
wrong(
    "causal-top-left-with-cache",
    ("cached",),
    mask=by(lambda at, i, j: j <= i - at.past),
)
wrong(
    "causal-hides-past",
    ("cached",),
    mask=by(lambda at, i, j: (j <= i) & (j >= at.past)),
)


def window(at: Scene) -> list[int]:
    """Return the keys on the left and on the right that a query sees."""
    return list(at.choice("mask")["window"])


def length(at: Scene) -> int:
    """Return the number of real keys."""
    return int(at.choice("mask")["padding"])


def sides(left: int, right: int, is_swapped: bool = False) -> Operation:
    """Return the mask of a window that is wider by these numbers of keys."""

    def rule(at: Scene, i: Matrix, j: Matrix) -> Matrix:
        a, b = window(at)[::-1] if is_swapped else window(at)
        return (j >= i - a - left) & (j <= i + b + right)

    return by(rule)


wrong("window-off-by-one", ("window",), mask=sides(1, 1))
wrong("window-one-too-few", ("wide_window",), mask=sides(-1, -1))
wrong("window-end-excluded", ("window",), mask=sides(0, -1))
wrong("window-start-excluded", ("window",), mask=sides(-1, 0))
wrong("window-sides-swapped", ("window", "wide_window"), mask=sides(0, 0, is_swapped=True))
wrong("padding-one-too-many", ("padding",), mask=by(lambda at, i, j: (j <= length(at)) | (i < 0)))
wrong("padding-one-too-few", ("padding",), mask=by(lambda at, i, j: (j < length(at) - 1) | (i < 0)))
wrong(
    "padding-at-the-front",
    ("padding",),
    mask=by(lambda at, i, j: (j >= j.max() + 1 - length(at)) | (i < 0)),
)
wrong(
    "cross-mask-wrong",
    ("decoder",),
    normalise=lambda at, masked: (
        normalise(at, np.where(triangle(masked), masked, -math.inf))
        if at.prefix == "cross."
        else normalise(at, masked)
    ),
)
wrong(
    "causal-unasked",
    ("self", "heads", "encoder", "given"),
    normalise=lambda at, s: softmax(np.where(triangle(s), s, -math.inf)),
)

# Masks of the published answers that the catalogue did not have at first.

wrong(
    "causal-hides-self causal-hides-self-mean",
    ("causal",),
    "first row uniform",
    is_new=True,
    mask=in_causal(lambda at, i, j: j < i),
    normalise=lambda at, masked: np.where(
        np.isfinite(masked).any(-1, keepdims=True), softmax(masked), 1 / masked.shape[-1]
    ),
)
wrong(
    "causal-hides-self causal-hides-self-nan",
    ("causal",),
    "first row NaN",
    is_new=True,
    mask=in_causal(lambda at, i, j: j < i),
    normalise=lambda at, masked: naive(masked),
)
wrong(
    "padding-on-queries padding-on-queries-mean padding-queries-zero",
    ("padding",),
    is_new=True,
    normalise=lambda at, masked: np.where(
        np.arange(masked.shape[-2])[:, None] < length(at), softmax(masked), 1 / masked.shape[-1]
    ),
)
wrong(
    "mask-zero-scores",
    ("causal",),
    is_new=True,
    mask=lambda at, s: np.where(np.round(s * seen(at, s), 9) == 0, -math.inf, s),
)
