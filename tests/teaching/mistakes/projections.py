"""Mistakes in projections, and in the sides that they project."""

from __future__ import annotations

import numpy as np

from tests.teaching.calculation.operations import project, source
from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Scene
from tests.teaching.mistakes.registry import PROJECTED, SQUARE, only, wrong


def plus_bias(at: Scene, letter: str, product: Matrix, times: float = 1.0) -> Matrix:
    """Return a product plus its bias, if it has one."""
    bias = at.given(f"b_{letter}")
    return product if bias is None else product + times * bias


def transposed(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """X Wᵀ."""
    return plus_bias(at, letter, matrix @ at.need(f"W_{letter}").T)


def without_bias(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """X W."""
    return matrix @ at.need(f"W_{letter}")


def activated(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """max(0, X W)."""
    return np.maximum(project(at, letter, matrix), 0)


def unprojected(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """X."""
    return matrix


def first_block(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """Each head's part of X times the first block of W."""
    heads, weight = at.heads, at.need(f"W_{letter}")
    part, width = weight.shape[0] // heads, weight.shape[1] // heads
    block = weight[:part, :width]
    return np.concatenate([matrix[..., h * part :][..., :part] @ block for h in range(heads)], -1)


for letters in ("qkv", "q", "k", "v", "o"):
    name = "three" if letters == "qkv" else f"W_{letters}"
    kinds = ("heads", "encoder", "decoder") if letters == "o" else SQUARE
    wrong("weight-transposed", kinds, name, project=only(letters, project, transposed))

wrong(
    "weight-on-left",
    ("square",),
    project=only("qkv", project, lambda at, letter, matrix: at.need(f"W_{letter}") @ matrix),
)
wrong(
    "weight-on-left",
    ("square",),
    "V",
    project=only("v", project, lambda at, letter, matrix: at.need(f"W_{letter}") @ matrix),
)
wrong(
    "v-uses-wk context-from-projected-keys context-from-keys",
    ("self", "square", "heads", "causal", "cross"),
    project=only("v", project, lambda at, letter, matrix: project(at, "k", matrix)),
)
wrong(
    "k-uses-wq",
    ("self", "square", "heads", "causal", "cross"),
    project=only("k", project, lambda at, letter, matrix: project(at, "q", matrix)),
)
wrong(
    "q-uses-wk",
    ("self", "square", "heads", "causal", "cross"),
    project=only("q", project, lambda at, letter, matrix: project(at, "k", matrix)),
)
wrong("q-unprojected", ("square", "heads", "rotary"), project=only("q", project, unprojected))
wrong("k-unprojected", ("square", "heads", "rotary"), project=only("k", project, unprojected))
wrong(
    "v-unprojected context-from-inputs",
    ("square", "heads", "rotary"),
    project=only("v", project, unprojected),
)
wrong(
    "cross-swapped",
    ("cross",),
    source=lambda at, letter: source(at, "k" if letter == "q" else "q"),
)
wrong("cross-is-self", ("cross", "decoder"), source=lambda at, letter: at.x)
wrong("split-before-project", ("heads",), project=only("qkv", project, first_block))
wrong("bias-missing", ("biased",), "all", project=without_bias)
wrong("bias-missing", ("biased",), "three", project=only("qkv", project, without_bias))
wrong("bias-missing", ("biased",), "W_v", project=only("v", project, without_bias))
wrong("bias-missing", ("biased",), "W_q", project=only("q", project, without_bias))
wrong(
    "bias-twice",
    ("biased",),
    project=lambda at, letter, matrix: plus_bias(at, letter, project(at, letter, matrix)),
)
wrong("relu-on-projection", PROJECTED, "three", project=only("qkv", project, activated))
wrong("relu-on-projection", PROJECTED, "V", project=only("v", project, activated))
wrong("relu-on-projection", ("heads", "encoder"), "W_o", project=only("o", project, activated))
