"""What each scoring function adds to a plan, for queries and keys of these names.

Each gives back the name of its last step. What few documents use is imported where it is used.
"""

from __future__ import annotations

from attncli.calculation.algebra.plan import Steps
from attncli.calculation.operations.projections import Project
from attncli.calculation.scoring.products import Bilinear, Dot, TanhSum, WeighHidden
from attncli.errors import ProblemError


def dot(steps: Steps, queries: str, keys: str) -> str:
    """q · k (Luong et al. 2015)."""
    return steps.add("scores", Dot(queries, keys))


def additive(steps: Steps, queries: str, keys: str) -> str:
    """v_aᵀ tanh(W_a q + U_a k) (Bahdanau et al. 2015).

    Left out, W_a and U_a are the identity and v_a is ones.
    """
    if "W_a" in steps:
        queries = steps.add("q_hidden", Project(queries, "W_a"))
    if "U_a" in steps:
        keys = steps.add("k_hidden", Project(keys, "U_a"))
    return weighed(steps, queries, keys)


def weighed(steps: Steps, queries: str, keys: str) -> str:
    """v_aᵀ tanh(q + k) of hidden queries and keys."""
    hidden = steps.add("hidden", TanhSum(queries, keys))
    return steps.add("scores", WeighHidden(hidden, "v_a" if "v_a" in steps else None))


def concat(steps: Steps, queries: str, keys: str) -> str:
    """v_aᵀ tanh(W_a [q; k]) (Luong et al. 2015): additive, with W_a and U_a in one matrix.

    Left out, v_a is ones. Raises ProblemError where W_a is missing, or does not fit.
    """
    from attncli.calculation.scoring.stacked import ProjectPart, Stacks

    require_weight(steps, "concat", "(d_q + d_k) × hidden", "additive")
    steps.require(Stacks("W_a", queries, keys))
    d_q, d_k = (steps.axes(name)[-1].size for name in (queries, keys))
    queries = steps.add("q_hidden", ProjectPart(queries, "W_a", range(d_q)))
    keys = steps.add("k_hidden", ProjectPart(keys, "W_a", range(d_q, d_q + d_k)))
    return weighed(steps, queries, keys)


def general(steps: Steps, queries: str, keys: str) -> str:
    """qᵀ W_a k (Luong et al. 2015). Raises ProblemError where W_a is missing."""
    require_weight(steps, "general", "d_q × d_k", "dot")
    return steps.add("scores", Bilinear(queries, "W_a", keys))


def cosine(steps: Steps, queries: str, keys: str) -> str:
    """q · k / (‖q‖ ‖k‖); a learned factor g is `scale` (QK-norm, Henry et al. 2020)."""
    from attncli.calculation.scoring.measures import Cosine

    return steps.add("scores", Cosine(queries, keys))


def distance(steps: Steps, queries: str, keys: str) -> str:
    """−½ ‖q − k‖² (Nadaraya 1964, Watson 1964)."""
    from attncli.calculation.scoring.measures import Distance

    return steps.add("scores", Distance(queries, keys))


def require_weight(steps: Steps, score: str, shape: str, other: str) -> None:
    """Raise ProblemError where W_a is missing, with the shape it should have."""
    if "W_a" not in steps:
        raise ProblemError(
            f"{score} scoring needs W_a, but there is none.",
            f"Give W_a ({shape}), or use --score {other}.",
            ("score",),
        )
