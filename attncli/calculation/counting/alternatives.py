"""The alternatives at the same sizes: other scoring functions, and other layers."""

from __future__ import annotations

from collections.abc import Mapping

from attncli.calculation.algebra.layouts import LAYOUTS, Axes, Axis, Role, Shape
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.plan import Steps
from attncli.calculation.counting.costing import Costing, Doubled, StepCost
from attncli.calculation.counting.sizes import shape_of
from attncli.calculation.plans.attention import attention, prepared, scaled
from attncli.calculation.problem.problem import Problem
from attncli.calculation.scoring.scoring_functions import SCORING, Scoring
from attncli.errors import ProblemError
from attncli.records import record, replace


@record(frozen=True)
class Scored:
    """The cost of the scores under one scoring function.

    `weights` are the shapes of its weights by name. If the function cannot be used at these sizes,
    `steps` is empty and `why_not` gives the reason.
    """

    scoring: Scoring
    steps: tuple[StepCost, ...]
    weights: Mapping[str, Shape]
    why_not: str = ""

    @property
    def cost(self) -> Cost:
        """The cost of all steps together."""
        return sum((step.cost for step in self.steps), Cost())

    @property
    def parameters(self) -> int:
        """The number of cells of all weights together."""
        return sum(cells(_axes(shape)) for shape in self.weights.values())

    @property
    def largest(self) -> StepCost:
        """The step with the largest result."""
        return max(self.steps, key=lambda step: step.bytes)


@record(frozen=True)
class Pairs:
    """The axes of the queries and keys that are scored, and the hidden width of additive scoring.

    `name` is the name of their sublayer, or an empty text if there are no layers.
    """

    name: str
    problem: Problem
    queries: Axes
    keys: Axes
    hidden: int

    @property
    def n(self) -> int:
        return self.queries[-2].size

    @property
    def m(self) -> int:
        return self.keys[-2].size

    @property
    def heads(self) -> int:
        return next((axis.size for axis in self.queries if axis.name == "heads"), 1)

    @property
    def features(self) -> int:
        """The number of features of a token: of X, or of the queries of all heads together."""
        of_x = self.problem.axes.get("X")
        return of_x[-1].size if of_x else self.queries[-1].size * self.heads

    def size(self, name: str) -> int:
        """Return the size `name` of the weights of scoring functions: d_q, d_k or hidden."""
        own = {"d_q": self.queries[-1].size, "d_k": self.keys[-1].size, "hidden": self.hidden}
        return own[name]


def pairs(problem: Problem, hidden: int | None = None) -> Pairs:
    """Return the queries and keys of an attention, or of the first attention of layers.

    `hidden` is the hidden width of additive scoring if the problem has none; its default is d_k.
    """
    parts = [part for part in problem.parts if "weights" in part.plan.names]
    own = parts[0].problem if parts else problem
    name = parts[0].prefix.removesuffix(".") if parts else ""
    steps = Steps(own.layout, own.axes, own.roles)
    queries, keys, *_ = prepared(own, steps)
    plan = attention(own)
    widths = [step.axes[-1].size for step in plan.steps if step.name == "hidden"]
    width = hidden or next(iter(widths), steps.axes(keys)[-1].size)
    return Pairs(name, own, steps.axes(queries), steps.axes(keys), width)


def scorings(at: Pairs) -> list[Scored]:
    """Return the cost of every scoring function at these sizes, each with its default scale."""
    return [_scored(scoring, at) for scoring in SCORING.values()]


def _scored(scoring: Scoring, at: Pairs) -> Scored:
    shapes = {name: shape_of(axes, at.size) for name, axes in scoring.shapes.items()}
    axes = {"Q": at.queries, "K": at.keys} | {n: _axes(shape) for n, shape in shapes.items()}
    roles = {name: scoring.matrices.get(name, Role.TOKENS) for name in axes}
    steps = Steps(LAYOUTS["rows"], axes, roles)
    choices = at.problem.choices.but(scale=None)
    problem = replace(at.problem, scoring=scoring, choices=choices, axes=axes, parts=())
    try:
        scaled(problem, steps, scoring.score(steps, "Q", "K"), "Q")
    except ProblemError as error:
        return Scored(scoring, (), shapes, error.message)
    return Scored(scoring, Costing(problem, steps.plan()).steps, shapes)


def _axes(shape: Shape) -> Axes:
    return tuple(Axis("", size) for size in shape)


@record(frozen=True)
class LayerSizes:
    """The sizes at which layers are compared: n tokens of d features, a kernel, a window."""

    n: int
    d: int
    kernel: int
    window: int


@record(frozen=True)
class LayerAlternative:
    """A kind of layer that combines n tokens of d features, as an alternative to attention.

    `order`, `sequential_order` and `path_order` are the orders of growth of the layer's cost, of
    the operations that must wait for each other, and of the longest path between two tokens
    (Vaswani et al. 2017, table 1); `cost`, `sequential` and `path` are their values at the given
    sizes. `multiplications` is the exact number of multiplications in one layer.
    """

    name: str
    order: str
    cost: int
    sequential_order: str
    sequential: int
    path_order: str
    path: int
    multiplications: int


def layer_alternatives(at: LayerSizes) -> tuple[LayerAlternative, ...]:
    """Return all kinds of layers at these sizes."""
    n, d, k, r = at.n, at.d, at.kernel, at.window
    all_pairs, near, dense, recurrence = n**2 * d, r * n * d, k * n * d**2, n * d**2
    kind = LayerAlternative
    return (
        # Attention multiplies Q Kᵀ, and weights V.
        kind("self-attention", "n² · d", all_pairs, "1", 1, "1", 1, 2 * all_pairs),
        kind("restricted attention", "r · n · d", near, "1", 1, "n / r", -(-n // r), 2 * near),
        # For each token, a convolution has k products with d × d weights.
        kind("convolution", "k · n · d²", dense, "1", 1, "n / k", -(-n // k), dense),
        kind("dilated convolution", "k · n · d²", dense, "1", 1, "log_k n", _layers(n, k), dense),
        # A recurrence multiplies W x and U h.
        kind("recurrence", "n · d²", recurrence, "n", n, "n", n, 2 * recurrence),
    )


def _layers(n: int, reach: int) -> int:
    """Return the number of layers that see n tokens if each layer sees `reach` times as far."""
    layers, seen = 1, reach
    while seen < n:
        layers, seen = layers + 1, seen * reach
    return layers


@record(frozen=True)
class CostReport:
    """The costs of a calculation, and comparisons with alternatives if the user wants them.

    `pairs` and `place` are None without a comparison; `doubled` is empty without longer sequences.
    """

    costing: Costing
    pairs: Pairs | None = None
    place: LayerSizes | None = None
    doubled: tuple[Doubled, ...] = ()

    @property
    def is_plain(self) -> bool:
        """True if the report shows the steps and compares nothing."""
        return not (self.pairs or self.doubled)
