"""How well a query fits a key: one entry a scoring function in `SCORING`.

What each of them adds to a plan is in `scores`, which is loaded when a plan is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attncli.calculation.algebra.layouts import Role
from attncli.records import field, record

if TYPE_CHECKING:
    from attncli.calculation.algebra.plan import Steps


@record(frozen=True)
class Scoring:
    """A scoring function.

    `adds` is the function of `scores` that adds its steps. `by_root` says that the scores are
    divided by √d_k unless the user sets `scale`; `matrices` are the weights it works with, and how
    layouts write them; `shapes` are their sizes in the layout `rows`. `widths_may_differ`: queries and keys need not have one width.
    """

    name: str
    formula: str
    help: str
    adds: str
    by_root: bool = False
    matrices: Mapping[str, Role] = field(default_factory=dict)
    shapes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    widths_may_differ: bool = False

    def score(self, steps: Steps, queries: str, keys: str) -> str:
        """Add the steps for queries and keys of these names, and give back the name of the last."""
        from attncli.calculation.scoring import scores

        return str(getattr(scores, self.adds)(steps, queries, keys))


SCORING: dict[str, Scoring] = {
    scoring.name: scoring
    for scoring in (
        Scoring("dot", "q · k", "dot product; queries and keys have one width", "dot"),
        Scoring("scaled", "q · k / √d_k", "dot product over √d_k", "dot", by_root=True),
        Scoring(
            "additive",
            "v_aᵀ tanh(W_a q + U_a k)",
            "Bahdanau's; queries and keys may differ in width",
            "additive",
            matrices={"W_a": Role.WEIGHT, "U_a": Role.WEIGHT, "v_a": Role.FIXED},
            shapes={"W_a": ("d_q", "hidden"), "U_a": ("d_k", "hidden"), "v_a": ("hidden",)},
            widths_may_differ=True,
        ),
        Scoring(
            "general",
            "qᵀ W_a k",
            "Luong's; W_a is d_q × d_k in every layout",
            "general",
            matrices={"W_a": Role.FIXED},
            shapes={"W_a": ("d_q", "d_k")},
            widths_may_differ=True,
        ),
        Scoring(
            "concat",
            "v_aᵀ tanh(W_a [q; k])",
            "Luong's; W_a is (d_q + d_k) × hidden, the rows of q first",
            "concat",
            matrices={"W_a": Role.WEIGHT, "v_a": Role.FIXED},
            shapes={"W_a": ("d_q + d_k", "hidden"), "v_a": ("hidden",)},
            widths_may_differ=True,
        ),
        Scoring(
            "cosine", "q · k / (‖q‖ ‖k‖)", "directions alone; the g of QK-norm is --scale", "cosine"
        ),
        Scoring(
            "distance",
            "−½ ‖q − k‖²",
            "under softmax a Gaussian kernel: Nadaraya–Watson",
            "distance",
        ),
    )
}
