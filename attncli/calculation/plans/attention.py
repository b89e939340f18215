"""Attention step by step: project, split, score, scale, cap, mask, softmax, sum, merge.

  Attention(Q, K, V) = softmax(Q Kᵀ / √d_k) V                      (Vaswani et al. 2017)

Every function below adds named steps to the plan and checks their shapes. Nothing is calculated
here: running the plan and displaying it are separate.
"""

from __future__ import annotations

from attncli.calculation.algebra.plan import Plan, Steps
from attncli.calculation.algebra.requirements import Equal, OneHeadWidth, OneWidth, SameLeading
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.operations.pointwise import DivideByRoot, Multiply, SoftCap, TimesRoot
from attncli.calculation.operations.projections import Project, WeightedSum
from attncli.calculation.operations.split_heads import Average, Concat, SplitHeads
from attncli.calculation.plans.cache import first_position, joined
from attncli.calculation.positions.places import First
from attncli.calculation.problem.allowed_combinations import PROJECTIONS
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError
from attncli.words import count


def attention(problem: Problem) -> Plan:
    """Return the steps of one attention, in order; the last is `output`, or `weights` without V.

    Raises ProblemError if shapes do not fit each other.
    """
    steps = Steps(problem.layout, problem.axes, problem.roles)
    queries, keys, values, first = prepared(problem, steps)
    scores = problem.scoring.score(steps, queries, keys)
    scores = scaled(problem, steps, scores, queries)
    scores = capped(problem, steps, scores)
    scores = masked(problem, steps, scores, first)
    weights = weighed(problem, steps, scores)
    if values:
        output(steps, weights, values)
    return steps.plan()


def prepared(problem: Problem, steps: Steps) -> tuple[str, str, str | None, First]:
    """Add all steps before the scores.

    Return the names of the queries, keys and values (None without V), and the position of the first
    query among the keys.
    """
    embedded(problem, steps)
    queries, keys, values = projections(steps)
    queries, keys, values = heads(problem, steps, queries, keys, values)
    first = first_position(problem, steps, queries)
    first_key = first if problem.cache_lens is None else 0
    queries, keys = problem.position.turn(steps, queries, keys, first, first_key)
    keys, values = joined(steps, keys, values)
    return queries, keys, values, first


Names = tuple[str, str, str | None]  # queries, keys, and values if there are any


def embedding(problem: Problem) -> Plan:
    """Return the steps before the first layer: scaled embeddings and their positions."""
    steps = Steps(problem.layout, problem.axes, problem.roles)
    embedded(problem, steps)
    return steps.plan()


def embedded(problem: Problem, steps: Steps) -> None:
    """Add X + position if positions are learned or sinusoidal; `memory` gets no positions.

    Attention itself ignores the order of tokens: a permutation of the tokens only permutes
    the output. Positions make the order a part of the tokens. Embeddings may first be multiplied
    by √d_model, so that positions do not outweigh them (Vaswani et al. 2017, 3.4).
    """
    source = "X"
    if problem.choices.scale_embeddings and "X" in steps:
        source = steps.add("X_scaled", TimesRoot("X", steps.axes("X")[-1].size))
    problem.position.add_to_embeddings(
        steps, lambda: first_position(problem, steps, "X") if "X" in steps else 0
    )
    if "position" in steps:
        from attncli.calculation.positions.sinusoids import AddPositions

        steps.add("embedded", AddPositions(source, "position"))


def projections(steps: Steps) -> Names:
    """Add Q = X W_q, K = X W_k, V = X W_v; keys and values come from `memory` if it is given.

    Without weights, X itself is Q, K and V; if the document gives Q, K and V, they are inputs and
    not steps. Return the names of the queries, keys and values; values are None without V.
    """
    names: Names
    if "X" not in steps:
        names = ("Q", "K", "V" if "V" in steps else None)
    elif "W_q" not in steps:
        names = sources(steps)
    else:
        names = projected(steps)
    _, keys, values = names
    if values:
        cure = "Each key needs a value."
        steps.require(
            SameLeading(values, keys), Equal((values, -2), (keys, -2), "the weighted sum", cure)
        )
    return names


def sources(steps: Steps) -> tuple[str, str, str]:
    """Return the names of the matrices that queries, keys and values are projected from."""
    own = next(name for name in ("embedded", "X_scaled", "X") if name in steps)
    other = "memory" if "memory" in steps else own
    return own, other, other


def projected(steps: Steps) -> Names:
    """Add the three projections; weights with an axis of heads give `Q_h`, `K_h` and `V_h`."""
    per_head = steps.has_heads("W_q")
    names = []
    for source, (result, weight) in zip(sources(steps), PROJECTIONS.items(), strict=True):
        bias = weight.replace("W", "b")
        operation = Project(source, weight, bias if bias in steps else None)
        names.append(steps.add(f"{result}_h" if per_head else result, operation))
    queries, keys, values = names
    return queries, keys, values


def heads(problem: Problem, steps: Steps, queries: str, keys: str, values: str | None) -> Names:
    """Split the features into heads; matrices that have an axis of heads stay as they are.

    Keys and values may have fewer heads, `kv_heads`; each of these then serves several query heads.
    Return the names of the queries, keys and values.
    """
    if steps.has_heads(queries):
        check_heads("heads", problem.heads, steps, queries)
        check_heads("kv_heads", problem.kv_heads, steps, keys)
        return queries, keys, values
    number, shared = problem.heads or 1, problem.kv_heads or problem.heads or 1
    if number == 1:
        return queries, keys, values
    if not problem.scoring.widths_may_differ:
        steps.require(
            OneWidth(keys, queries, number)
            if problem.kv_heads is None
            else OneHeadWidth(keys, queries, number, shared)
        )
    return (
        steps.add("Q_h", SplitHeads(queries, number)),
        steps.add("K_h", SplitHeads(keys, shared)),
        steps.add("V_h", SplitHeads(values, shared)) if values else None,
    )


def check_heads(choice: str, chosen: int | None, steps: Steps, name: str) -> None:
    """Raise ProblemError if the matrix `name` has another number of heads than `chosen`.

    `choice` is `heads` or `kv_heads`. A matrix without an axis of heads is refused later, when its
    shape is compared with the others.
    """
    if not steps.has_heads(name):
        return
    own = steps.axes(name)[-3].size
    if chosen not in (None, own):
        raise ProblemError(
            f"{choice} is {chosen}, but {name} has an axis of {count(own, 'heads')}.",
            f"Leave out {choice}, or use {own}: a matrix with an axis of heads is not split.",
            (choice, name),
        )


def scaled(problem: Problem, steps: Steps, scores: str, queries: str) -> str:
    """Add scores × `scale`; without `scale`, scaled scoring divides by √d_k.

    A product q · k of independent N(0, 1) entries has variance d_k, and large scores leave softmax
    almost no gradient; divided by √d_k, the variance is 1 (Vaswani et al. 2017, 3.2.1). A factor of
    1 adds no step.
    """
    d_k = steps.axes(queries)[-1].size
    if problem.choices.scale is not None:
        if problem.choices.scale == 1:
            return scores
        return steps.add("scaled", Multiply(scores, problem.choices.scale))
    if problem.scoring.by_root and d_k > 1:
        return steps.add("scaled", DivideByRoot(scores, d_k))
    return scores


def capped(problem: Problem, steps: Steps, scores: str) -> str:
    """Add c tanh(scores / c) if the soft cap c is set: after the scale, before the mask."""
    if problem.choices.softcap is None:
        return scores
    return steps.add("capped", SoftCap(scores, problem.choices.softcap))


def masked(problem: Problem, steps: Steps, scores: str, first: First) -> str:
    """Add the mask: −inf or `fill` where a query may not see a key, and numbers to add.

    `scores` is the name of the step to mask; `first` is the position of the first query.
    """
    masks, axes = problem.masks, steps.axes(scores)
    add = (*masks.add, *problem.position.add_to_scores(steps, scores, first))
    if not (masks or add):
        return scores
    rules = tuple(rule.fit(axes, first, problem.convention) for rule in masks.rules)
    operation = Mask(scores, rules, masks.keep, add, masks.fill, masks.fills_up)
    return steps.add("masked", operation)


def weighed(problem: Problem, steps: Steps, scores: str) -> str:
    """Add the weights, by the normaliser over the keys, and their mean over the heads.

    Only the convention `torch-mha` has the mean.
    """
    operation = problem.normaliser(
        scores, problem.choices.temperature, problem.choices.softmax_dtype, problem.convention.empty
    )
    weights = steps.add("weights", operation)
    if problem.convention.averages and steps.has_heads(weights):
        steps.add("average", Average(weights))
    return weights


def output(steps: Steps, weights: str, values: str) -> None:
    """Add weights V; join the heads if they were split; project the result if W_o is given."""
    is_split, has_w_o = "Q_h" in steps, "W_o" in steps
    last = steps.add("heads" if is_split or has_w_o else "output", WeightedSum(weights, values))
    if is_split:
        last = steps.add("concat" if has_w_o else "output", Concat(last))
    if has_w_o:
        steps.add("output", Project(last, "W_o", "b_o" if "b_o" in steps else None))
