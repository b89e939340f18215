"""The reason to divide scores by √d_k, shown on random vectors and on a document.

If the components of q and k are independent with mean 0 and variance 1, q · k has mean 0 and
variance d_k. Large scores push softmax to where its gradient is extremely small (Vaswani et al.
2017, section 3.2.1); divided by √d_k, scores have variance 1 for every d_k.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np

from attncli.calculation.algebra.layouts import Array, Booleans
from attncli.calculation.algebra.plan import Plan, Step, Trace
from attncli.calculation.analyses.softmax_saturation import Measured, SaturationRow, by_query, row
from attncli.calculation.masks.mask_operation import HIDES, masks_in
from attncli.calculation.operations.normalisers import Softmax
from attncli.calculation.operations.pointwise import DivideByRoot
from attncli.calculation.plans.attention import attention
from attncli.calculation.problem.problem import Problem, Sublayer, naming
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.errors import AttncliError, ProblemError
from attncli.records import record, replace

AT_ONCE = 2**20  # random numbers that are held at the same time
MOST_DRAWN = 10**8  # random numbers in all; drawing them takes some seconds


@record(frozen=True)
class Drawn:
    """Random vectors as a source: random queries, each with its own random keys."""

    queries: int
    keys: int
    seed: int


@record(frozen=True)
class Entries:
    """The mean and the variance of the entries of a matrix, such as Q."""

    name: str
    mean: float
    variance: float


@record(frozen=True)
class Given:
    """A document as a source, with the matrices whose products are the scores.

    `batch` is None if there is no batch; `is_masked` is true if any attention has a mask.
    """

    title: str
    entries: tuple[Entries, ...]
    batch: int | None
    is_masked: bool


@record(frozen=True)
class Saturation:
    """All measurements, one row per width, or per head and attention of a document.

    The rows of the heads of an attention come first, then one row for all its heads together.
    """

    source: Drawn | Given
    rows: tuple[SaturationRow, ...]


def of_random(widths: Sequence[int], drawn: Drawn) -> Saturation:
    """Return one row for each width d_k, for vectors of independent N(0, 1) components.

    The generator is PCG64, seeded with the seed and d_k, so that a row does not depend on the
    others. Raises AttncliError if drawing the numbers would take too long.
    """
    total = drawn.queries * (drawn.keys + 1) * sum(widths)
    if total > MOST_DRAWN:
        raise AttncliError(
            f"these sizes need {total} random numbers, but at most {MOST_DRAWN} are drawn.",
            "Use fewer --queries or --keys, or smaller --d-k.",
        )
    return Saturation(drawn, tuple(_of_width(d_k, drawn) for d_k in widths))


def _of_width(d_k: int, drawn: Drawn) -> SaturationRow:
    over_root = DivideByRoot("scores", d_k).apply
    sides = [(_all_seen(s), _all_seen(over_root(s))) for s in _random_scores(d_k, drawn)]
    return row(d_k, "", None, *map(np.concatenate, zip(*sides, strict=True)))


def _random_scores(d_k: int, drawn: Drawn) -> Iterator[Array]:
    """Yield q · k for some queries at a time: (some, keys)."""
    generator = np.random.Generator(np.random.PCG64([drawn.seed, d_k]))
    some = max(1, AT_ONCE // ((drawn.keys + 1) * d_k))
    for start in range(0, drawn.queries, some):
        # A query is drawn together with its keys, so the numbers do not depend on `some`.
        size = (min(some, drawn.queries - start), drawn.keys + 1, d_k)
        vectors = generator.standard_normal(size)
        yield (vectors[:, 1:] @ vectors[:, 0, :, None])[..., 0]


def _all_seen(scores: Array) -> Array:
    weights = Softmax("scores").apply(scores)
    return by_query(scores, weights, np.ones(scores.shape, dtype=np.bool_))


def attentions(problem: Problem, plan: Plan) -> list[Sublayer]:
    """Return the sublayers that are attention; without layers, the whole problem as one."""
    parts = problem.parts or (Sublayer("", problem, plan, {}),)
    return [part for part in parts if "weights" in part.plan.names]


def of_document(title: str, parts: Sequence[Sublayer], trace: Trace) -> Saturation:
    """Return a row for each attention in `parts`; with heads, one for each head and one for all.

    All batch entries count together. The inputs of each attention come from `trace`, the run of the
    whole document. Raises ProblemError if the scores are not dot products, if the normaliser is not
    softmax, and if no query may attend to any key.
    """
    rows: list[SaturationRow] = []
    entries: list[Entries] = []
    steps: list[Step] = []
    for part in parts:
        where = part.prefix.removesuffix(".")
        with naming(where):
            without, scaled = (_run(side, part, trace) for side in without_and_with(part.problem))
            rows += _rows_of(where, without, scaled)
        operands = without.plan.step("scores").operation.operands
        entries += (
            _entries(part.name(name), without.matrices[name]) for name in dict.fromkeys(operands)
        )
        steps += without.plan.steps
    batch = next((axis.size for step in steps for axis in step.axes if axis.name == "batch"), None)
    is_masked = any(step.operation.hides for step in steps)
    return Saturation(Given(title, tuple(entries), batch, is_masked), tuple(rows))


def overflowed(found: Saturation) -> Iterator[str]:
    """Yield the names of the numbers whose mean or variance is shown as infinite or NaN."""
    if isinstance(found.source, Given):
        yield from (one.name for one in found.source.entries if not _is_finite(one))
    rows = [row for row in found.rows if row.queries]
    if not all(_is_finite(row.without) for row in rows):
        yield "q·k"
    if not all(_is_finite(row.scaled) for row in rows):
        yield "q·k / √d_k"


def _is_finite(measured: Entries | Measured) -> bool:
    return isfinite(measured.mean) and isfinite(measured.variance)


def without_and_with(problem: Problem) -> tuple[Problem, Problem]:
    """Return the problem with dot scoring, q · k, and with scaled scoring, q · k / √d_k.

    The problem's own `scale` is ignored. Raises ProblemError if the scores are not dot products,
    and if the normaliser is not softmax.
    """
    if not problem.scoring.is_dot_product:
        raise ProblemError(
            f"score is {problem.scoring.name}, {problem.scoring.formula}, but √d_k scales the dot "
            "product q · k.",
            "Use --score dot, which needs queries and keys of one width, "
            "or leave out the document.",
            ("score",),
        )
    if problem.normaliser is not Softmax:
        raise ProblemError(
            f"normaliser is {problem.normaliser.name}, "
            "but √d_k keeps the gradient of softmax large.",
            "Use --normaliser softmax.",
            ("normaliser",),
        )
    without, scaled = (
        replace(problem, scoring=SCORING[name], choices=problem.choices.but(scale=None))
        for name in ("dot", "scaled")
    )
    return without, scaled


def _run(side: Problem, part: Sublayer, whole: Trace) -> Trace:
    """Calculate the weights of one attention by itself, from its inputs in the whole."""
    given = {name: whole.matrices.get(part.name(name)) for name in side.axes}
    inputs = {name: matrix for name, matrix in given.items() if matrix is not None}
    return attention(side).run({**inputs, **side.matrices}, ["weights"])


def _rows_of(where: str, without: Trace, scaled: Trace) -> Iterator[SaturationRow]:
    """Yield a row for each head, if there are heads, and one for the whole attention."""
    sees = visible(without)
    if not sees.any():
        message = "no query may attend to any key: there is nothing to measure."
        raise ProblemError(message, "Check the mask.", ("mask",))
    over_root = "scaled" if "scaled" in scaled.matrices else "scores"  # √1 adds no step
    sides = [
        by_query(trace.matrices[scores], trace.matrices["weights"], sees)
        for trace, scores in ((without, "scores"), (scaled, over_root))
    ]
    queries, _ = without.plan.step("scores").operation.operands
    d_k = without.matrices[queries].shape[-1]
    counted = [axis.name for axis in without.plan.step("weights").axes]
    if "heads" in counted:
        by_head = (np.moveaxis(side, counted.index("heads"), 0) for side in sides)
        for head, both in enumerate(zip(*by_head, strict=True), 1):
            yield row(d_k, where, head, *map(_flat, both))
    yield row(d_k, where, None, *map(_flat, sides))


def visible(trace: Trace) -> Booleans:
    """Return True where a query sees a key, in the shape of the scores of `trace`.

    The mask is applied to zeros: −inf hides a key, and so does any number of −10⁴ or less.
    """
    laid: Array = np.zeros(trace.matrices["scores"].shape)
    for _, mask in masks_in(trace.plan.steps):
        _, *masks = mask.operands
        laid = mask.apply(laid, *(trace.matrices[name] for name in masks))
    sees: Booleans = laid > HIDES
    return sees


def _flat(queries: Array) -> Array:
    return queries.reshape(-1, queries.shape[-1])


def _entries(name: str, matrix: Array) -> Entries:
    numbers = matrix.astype(np.float64)
    with np.errstate(all="ignore"):
        return Entries(name, float(numbers.mean()), float(numbers.var()))
