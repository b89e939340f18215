"""Scoring functions, which measure how well a query fits a key: one entry each in `SCORING`.

A scoring function takes a plan under construction and the names of queries and keys. It adds its
steps to the plan and returns the name of the last one. It imports its operations only when it is
called, so that help can list the functions without NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attncli.calculation.algebra.layouts import Role
from attncli.errors import ProblemError
from attncli.records import by_name, field, record

if TYPE_CHECKING:
    from attncli.calculation.algebra.plan import Steps


def dot(steps: Steps, queries: str, keys: str) -> str:
    """Add the step q · k (Luong et al. 2015)."""
    from attncli.calculation.scoring.products import Dot

    return steps.add("scores", Dot(queries, keys))


def additive(steps: Steps, queries: str, keys: str) -> str:
    """Add the steps of v_aᵀ tanh(W_a q + U_a k) (Bahdanau et al. 2015).

    A missing W_a or U_a is the identity; a missing v_a is a vector of ones.
    """
    from attncli.calculation.operations.projections import Project

    if "W_a" in steps:
        queries = steps.add("q_hidden", Project(queries, "W_a"))
    if "U_a" in steps:
        keys = steps.add("k_hidden", Project(keys, "U_a"))
    return weighed(steps, queries, keys)


def weighed(steps: Steps, queries: str, keys: str) -> str:
    """Add the steps of v_aᵀ tanh(q + k); queries and keys are already projected."""
    from attncli.calculation.scoring.additive import TanhSum, WeighHidden

    hidden = steps.add("hidden", TanhSum(queries, keys))
    return steps.add("scores", WeighHidden(hidden, "v_a" if "v_a" in steps else None))


def concat(steps: Steps, queries: str, keys: str) -> str:
    """Add the steps of v_aᵀ tanh(W_a [q; k]) (Luong et al. 2015).

    This is additive scoring with W_a and U_a in one matrix. A missing v_a is a vector of ones.
    Raises ProblemError if W_a is missing or does not fit.
    """
    from attncli.calculation.scoring.additive import ProjectPart, Stacks

    require_weight(steps, "concat", "(d_q + d_k) × hidden", "additive")
    steps.require(Stacks("W_a", queries, keys))
    d_q, d_k = (steps.axes(name)[-1].size for name in (queries, keys))
    queries = steps.add("q_hidden", ProjectPart(queries, "W_a", range(d_q)))
    keys = steps.add("k_hidden", ProjectPart(keys, "W_a", range(d_q, d_q + d_k)))
    return weighed(steps, queries, keys)


def general(steps: Steps, queries: str, keys: str) -> str:
    """Add the step qᵀ W_a k (Luong et al. 2015). Raises ProblemError if W_a is missing."""
    from attncli.calculation.scoring.products import Bilinear

    require_weight(steps, "general", "d_q × d_k", "dot")
    return steps.add("scores", Bilinear(queries, "W_a", keys))


def cosine(steps: Steps, queries: str, keys: str) -> str:
    """Add the step q · k / (‖q‖ ‖k‖).

    With the learned factor g as the choice `scale`, this is QK-norm (Henry et al. 2020).
    """
    from attncli.calculation.scoring.measures import Cosine

    return steps.add("scores", Cosine(queries, keys))


def distance(steps: Steps, queries: str, keys: str) -> str:
    """Add the step −½ ‖q − k‖² (Nadaraya 1964, Watson 1964)."""
    from attncli.calculation.scoring.measures import Distance

    return steps.add("scores", Distance(queries, keys))


def require_weight(steps: Steps, score: str, shape: str, other: str) -> None:
    """Raise ProblemError if W_a is missing; the message names the `shape` that it should have."""
    if "W_a" not in steps:
        raise ProblemError(
            f"{score} scoring needs W_a, but there is none.",
            f"Give W_a ({shape}), or use --score {other}.",
            ("score",),
        )


@record(frozen=True)
class Scoring:
    """A scoring function; `score` adds its steps to a plan.

    `by_root`: the scores are divided by √d_k if the user does not set `scale`. `is_dot_product`:
    the scores are q · k. `matrices` are the weights that the function uses, with their roles in
    layouts; `shapes` are their sizes in the layout `rows`. `widths_may_differ`: queries and keys
    may have different widths.
    """

    name: str
    formula: str
    help: str
    score: Callable[[Steps, str, str], str]
    by_root: bool = False
    is_dot_product: bool = False
    matrices: Mapping[str, Role] = field(default_factory=dict)
    shapes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    widths_may_differ: bool = False


SCORING: dict[str, Scoring] = by_name(
    Scoring(
        "dot",
        "q · k",
        "dot product; queries and keys have the same width (Luong et al. 2015)",
        dot,
        is_dot_product=True,
    ),
    Scoring(
        "scaled",
        "q · k / √d_k",
        "dot product divided by √d_k (Vaswani et al. 2017)",
        dot,
        by_root=True,
        is_dot_product=True,
    ),
    Scoring(
        "additive",
        "v_aᵀ tanh(W_a q + U_a k)",
        "queries and keys may have different widths (Bahdanau et al. 2015)",
        additive,
        matrices={"W_a": Role.WEIGHT, "U_a": Role.WEIGHT, "v_a": Role.FIXED},
        shapes={"W_a": ("d_q", "hidden"), "U_a": ("d_k", "hidden"), "v_a": ("hidden",)},
        widths_may_differ=True,
    ),
    Scoring(
        "general",
        "qᵀ W_a k",
        "W_a is d_q × d_k in every layout (Luong et al. 2015)",
        general,
        matrices={"W_a": Role.FIXED},
        shapes={"W_a": ("d_q", "d_k")},
        widths_may_differ=True,
    ),
    Scoring(
        "concat",
        "v_aᵀ tanh(W_a [q; k])",
        "W_a is (d_q + d_k) × hidden, the rows for q first (Luong et al. 2015)",
        concat,
        matrices={"W_a": Role.WEIGHT, "v_a": Role.FIXED},
        shapes={"W_a": ("d_q + d_k", "hidden"), "v_a": ("hidden",)},
        widths_may_differ=True,
    ),
    Scoring(
        "cosine",
        "q · k / (‖q‖ ‖k‖)",
        "cosine of the angle; for QK-norm, set scale to its factor g (Henry et al. 2020)",
        cosine,
    ),
    Scoring(
        "distance",
        "−½ ‖q − k‖²",
        "with softmax, Nadaraya–Watson regression with a Gaussian kernel (1964)",
        distance,
    ),
)
