"""Problems of every kind, drawn by seed with small numbers as people choose them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from tests.teaching.calculation.calculate import calculate
from tests.teaching.calculation.problem import Matrix, Problem

Random: TypeAlias = np.random.Generator
SATURATED = 0.97  # a row with a larger weight hides what was done before it


def seeded(*parts: str | int) -> Random:
    """Return the generator of a place in the measure: the same in every run."""
    words = [value for part in parts for value in str(part).encode()]
    return np.random.default_rng(words)


def matrix(random: Random, *shape: int, step: float = 1.0, size: float = 2.0) -> Matrix:
    """Return numbers from −size to size in whole steps, such as 0.1."""
    units = random.integers(round(-size / step), round(size / step), shape, endpoint=True)
    return np.round(units * step, 6)


def numbers_step(random: Random) -> float:
    """Return the step of the numbers: whole, halves or tenths."""
    return float(random.choice([1.0, 0.5, 0.1, 0.1]))


def draw(kind: str, random: Random) -> Problem:
    """Return a problem of a kind, in most of whose rows more than one key has a weight.

    After 40 draws the last one is taken.
    """
    for _ in range(40):
        problem = KINDS[kind](random)
        steps = calculate(problem)
        weights = [m for name, m in steps.items() if name.endswith("weights")]
        single = [(m.max(axis=-1) > SATURATED).mean() for m in weights]
        if max(single) <= 0.34:
            break
    return Problem(kind, problem.matrices, problem.choices)


def projections(
    random: Random, step: float, d: int, width: int, kv: int | None = None, prefix: str = ""
) -> dict[str, Matrix]:
    """Return W_q, W_k and W_v of a sublayer."""
    widths = {"q": width, "k": kv or width, "v": kv or width}
    return {
        f"{prefix}W_{letter}": matrix(random, d, widths[letter], step=step, size=1)
        for letter in "qkv"
    }


def biases(random: Random, step: float, matrices: dict[str, Matrix]) -> dict[str, Matrix]:
    """Return a bias for each weight."""
    return {
        name.replace("W_", "b_"): matrix(random, weight.shape[-1], step=step, size=1)
        for name, weight in matrices.items()
        if "W_" in name
    }


def self_attention(random: Random) -> Problem:
    """X with projections, one head; biases in a third of the problems."""
    step, n, d = numbers_step(random), int(random.integers(3, 5)), int(random.integers(3, 5))
    weights = projections(random, step, d, int(random.integers(2, 5)))
    matrices = {"X": matrix(random, n, d, step=step), **weights}
    if random.random() < 0.33:
        matrices |= biases(random, step, weights)
    return Problem("self", matrices)


def square(random: Random) -> Problem:
    """Self-attention where every matrix is square: n = d = d_k."""
    step = numbers_step(random)
    return Problem(
        "square", {"X": matrix(random, 3, 3, step=step), **projections(random, step, 3, 3)}
    )


def biased(random: Random) -> Problem:
    """Self-attention with a bias of each projection."""
    step = numbers_step(random)
    weights = projections(random, step, 4, 3)
    weights["W_o"] = matrix(random, 3, 4, step=step, size=1)
    return Problem(
        "biased",
        {"X": matrix(random, 3, 4, step=step), **weights, **biases(random, step, weights)},
    )


def cross(random: Random) -> Problem:
    """Queries of X, keys and values of memory, which has another number of tokens."""
    step, n, m = numbers_step(random), 3, int(random.integers(4, 6))
    given = {"X": matrix(random, n, 4, step=step), "memory": matrix(random, m, 4, step=step)}
    return Problem("cross", {**given, **projections(random, step, 4, 3)})


def heads(random: Random) -> Problem:
    """Two heads and W_o."""
    step, n = numbers_step(random), int(random.integers(3, 5))
    given = {"X": matrix(random, n, 4, step=step), **projections(random, step, 4, 4)}
    given["W_o"] = matrix(random, 4, 4, step=step, size=1)
    return Problem("heads", given, {"heads": 2})


def narrow_heads(random: Random) -> Problem:
    """Two heads of three features each, of tokens with four features, and W_o."""
    step = numbers_step(random)
    given = {"X": matrix(random, 3, 4, step=step), **projections(random, step, 4, 6)}
    given["W_o"] = matrix(random, 6, 4, step=step, size=1)
    return Problem("narrow_heads", given, {"heads": 2})


def shared_heads(random: Random) -> Problem:
    """Four query heads that share two heads of keys and values."""
    step = numbers_step(random)
    given = {"X": matrix(random, 3, 4, step=step), **projections(random, step, 4, 8, 4)}
    given["W_o"] = matrix(random, 8, 4, step=step, size=1)
    return Problem("shared_heads", given, {"heads": 4, "kv_heads": 2})


def masked(kind: str, mask: Callable[[Random, int], Any]) -> Callable[[Random], Problem]:
    """Return the drawer of self-attention under a mask."""

    def drawn(random: Random) -> Problem:
        step, n = numbers_step(random), int(random.integers(4, 6))
        given = {"X": matrix(random, n, 4, step=step), **projections(random, step, 4, 3)}
        value = mask(random, n)
        problem = Problem(kind, given)
        return problem.given(mask=value)

    return drawn


def added_numbers(random: Random, n: int) -> Matrix:
    """Return a mask whose numbers are added to the scores."""
    return matrix(random, n, n, step=0.5, size=2)


def given_sides(random: Random) -> Problem:
    """Q, K and V as they are; values of another width than the keys."""
    step, n, m = numbers_step(random), int(random.integers(2, 5)), int(random.integers(3, 5))
    d, d_v = int(random.integers(2, 5)), int(random.integers(2, 5))
    sides = {"Q": matrix(random, n, d, step=step), "K": matrix(random, m, d, step=step)}
    sides["V"] = matrix(random, m, d_v, step=step, size=4)
    return Problem("given", sides)


def dot(random: Random) -> Problem:
    """Q, K and V with plain dot products."""
    problem = given_sides(random)
    halved = {name: np.round(problem.matrices[name] / 2, 6) for name in ("Q", "K")}
    return Problem("dot", {**problem.matrices, **halved}, {"score": "dot"})


def additive(random: Random) -> Problem:
    """Additive scores of queries and keys with hidden units."""
    step, n, m, hidden = numbers_step(random), 3, 4, int(random.integers(2, 4))
    given = {
        "Q": matrix(random, n, 3, step=step),
        "K": matrix(random, m, 3, step=step),
        "V": matrix(random, m, 2, step=step, size=4),
        "W_a": matrix(random, 3, hidden, step=step, size=1),
        "U_a": matrix(random, 3, hidden, step=step, size=1),
        "v_a": matrix(random, hidden, step=step),
    }
    return Problem("additive", given, {"score": "additive"})


def general(random: Random) -> Problem:
    """Scores Q W_a Kᵀ."""
    step = numbers_step(random)
    given = {
        "Q": matrix(random, 3, 3, step=step),
        "K": matrix(random, 4, 3, step=step),
        "V": matrix(random, 4, 2, step=step, size=4),
        "W_a": matrix(random, 3, 3, step=min(step, 0.5), size=1),
    }
    return Problem("general", given, {"score": "general"})


def capped(random: Random) -> Problem:
    """Self-attention with a soft cap and a causal mask."""
    step = numbers_step(random)
    given = {"X": matrix(random, 4, 4, step=step), **projections(random, step, 4, 3)}
    return Problem("capped", given, {"softcap": 2, "mask": "causal"})


def sinusoidal(random: Random) -> Problem:
    """Scaled embeddings plus sinusoidal positions."""
    step = numbers_step(random)
    given = {"X": matrix(random, 4, 6, step=step), **projections(random, min(step, 0.5), 6, 3)}
    return Problem("sinusoidal", given, {"position": "sinusoidal", "scale_embeddings": True})


def rotary(random: Random) -> Problem:
    """Queries and keys turned by their positions."""
    step = numbers_step(random)
    given = {"X": matrix(random, 4, 4, step=step), **projections(random, step, 4, 4)}
    return Problem("rotary", given, {"position": "rope"})


def alibi(random: Random) -> Problem:
    """ALiBi with two or four heads and a causal mask."""
    step, h = numbers_step(random), int(random.choice([2, 4]))
    given = {"X": matrix(random, 4, 4, step=step), **projections(random, step, 4, 2 * h)}
    given["W_o"] = matrix(random, 2 * h, 4, step=step, size=1)
    return Problem("alibi", given, {"position": "alibi", "mask": "causal", "heads": h})


def cached(random: Random) -> Problem:
    """Two new tokens after two or three cached ones, under a causal mask."""
    step, past = numbers_step(random), int(random.integers(2, 4))
    given = {name: matrix(random, 2, 3, step=step) for name in "QK"}
    given["V"] = matrix(random, 2, 3, step=step, size=4)
    given |= {"K_past": matrix(random, past, 3, step=step)}
    given |= {"V_past": matrix(random, past, 3, step=step, size=4)}
    return Problem("cached", given, {"mask": "causal"})


def batched(random: Random) -> Problem:
    """A batch of three sequences of three tokens."""
    step = numbers_step(random)
    given = {"X": matrix(random, 3, 3, 3, step=step), **projections(random, step, 3, 3)}
    return Problem("batched", given)


def batched_heads(random: Random) -> Problem:
    """A batch of two sequences, two heads and W_o."""
    step = numbers_step(random)
    given = {"X": matrix(random, 2, 3, 4, step=step), **projections(random, step, 4, 4)}
    given["W_o"] = matrix(random, 4, 4, step=step, size=1)
    return Problem("batched_heads", given, {"heads": 2})


def attention_matrices(random: Random, step: float, prefix: str, d: int) -> dict[str, Matrix]:
    """Return the projections and W_o of a sublayer."""
    found = projections(random, step, d, d, prefix=prefix)
    found[f"{prefix}W_o"] = matrix(random, d, d, step=step, size=1)
    return found


def layer_matrices(random: Random, step: float, d: int, norms: int) -> dict[str, Matrix]:
    """Return the matrices of a feed-forward, and gamma and beta of the norms at times."""
    width = d + 1
    found = {
        "ffn.W_1": matrix(random, d, width, step=step, size=1),
        "ffn.b_1": matrix(random, width, step=step, size=1),
        "ffn.W_2": matrix(random, width, d, step=step, size=1),
        "ffn.b_2": matrix(random, d, step=step, size=1),
    }
    if random.random() < 0.6:
        for number in range(1, norms + 1):
            found[f"norm_{number}.gamma"] = 1 + matrix(random, d, step=0.5, size=0.5)
            found[f"norm_{number}.beta"] = matrix(random, d, step=0.5, size=1)
    return found


def encoder(random: Random) -> Problem:
    """An encoder layer, post norm, relu."""
    step, n, h = numbers_step(random), int(random.integers(2, 4)), int(random.choice([1, 2]))
    given = {
        "X": matrix(random, n, 4, step=step),
        **attention_matrices(random, step, "self.", 4),
        **layer_matrices(random, step, 4, 2),
    }
    return Problem("encoder", given, {"layer": "encoder", "heads": h})


def encoder_rms(random: Random) -> Problem:
    """An encoder layer, pre norm, rms norm, gelu."""
    drawn = encoder(random)
    choices = {**drawn.choices, "norm": "pre", "norm_kind": "rms", "activation": "gelu"}
    matrices = {n: m for n, m in drawn.matrices.items() if not n.endswith("beta")}
    return Problem("encoder_rms", matrices, choices)


def encoder_pre(random: Random) -> Problem:
    """An encoder layer, pre norm, layer norm, one of the activations."""
    drawn = encoder(random)
    activation = str(random.choice(["relu", "gelu", "gelu-tanh", "silu"]))
    return Problem(
        "encoder_pre", drawn.matrices, {**drawn.choices, "norm": "pre", "activation": activation}
    )


def encoder_silu(random: Random) -> Problem:
    """An encoder layer, post norm, silu or gelu."""
    drawn = encoder(random)
    activation = str(random.choice(["gelu", "silu"]))
    return Problem("encoder_silu", drawn.matrices, {**drawn.choices, "activation": activation})


def decoder(random: Random) -> Problem:
    """A decoder layer; one key of memory is padding at times."""
    step, h = numbers_step(random), int(random.choice([1, 2]))
    given = {
        "X": matrix(random, 3, 4, step=step),
        "memory": matrix(random, 4, 4, step=step),
        **attention_matrices(random, step, "self.", 4),
        **attention_matrices(random, step, "cross.", 4),
        **layer_matrices(random, step, 4, 3),
    }
    choices: dict[str, Any] = {"layer": "decoder", "heads": h}
    if random.random() < 0.4:
        choices["cross.mask"] = {"padding": 3}
    return Problem("decoder", given, choices)


KINDS: dict[str, Callable[[Random], Problem]] = {
    "self": self_attention,
    "square": square,
    "biased": biased,
    "cross": cross,
    "heads": heads,
    "narrow_heads": narrow_heads,
    "shared_heads": shared_heads,
    "causal": masked("causal", lambda random, n: "causal"),
    "padding": masked("padding", lambda random, n: {"padding": n - int(random.integers(1, 3))}),
    "wide_window": masked(
        "wide_window", lambda random, n: {"window": [int(random.integers(1, 3)), 1]}
    ),
    "window": masked("window", lambda random, n: {"window": [1, int(random.integers(0, 2))]}),
    "added": masked("added", added_numbers),
    "keep": masked("keep", lambda random, n: keep_matrix(random, n)),
    "given": given_sides,
    "dot": dot,
    "additive": additive,
    "general": general,
    "capped": capped,
    "sinusoidal": sinusoidal,
    "rotary": rotary,
    "alibi": alibi,
    "cached": cached,
    "batched": batched,
    "batched_heads": batched_heads,
    "encoder": encoder,
    "encoder_rms": encoder_rms,
    "encoder_pre": encoder_pre,
    "encoder_silu": encoder_silu,
    "decoder": decoder,
}


def keep_matrix(random: Random, n: int) -> Matrix:
    """Return a mask of 0 and 1, not symmetric, in which every query sees at least one key."""
    while True:
        kept = random.integers(0, 2, (n, n))
        if kept.any(axis=-1).all() and not kept.all() and (kept != kept.T).any():
            return kept


# The eleven kinds of the review of rounding.
ROUNDED_KINDS = (
    *("self", "cross", "heads", "causal", "padding", "given", "additive", "general"),
    *("encoder", "encoder_rms", "decoder"),
)
