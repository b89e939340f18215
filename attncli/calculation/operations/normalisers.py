"""Normalisers, which turn scores into weights: one entry each in `NORMALISERS`.

Scores are first divided by a temperature: above 1, the weights become more even; below 1, sharper.
"""

from __future__ import annotations

from abc import abstractmethod
from math import inf, nan
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from attncli.calculation.algebra.expressions import (
    Cell,
    Expression,
    Function,
    Index,
    Larger,
    Negative,
    Noted,
    Number,
    Sum,
)
from attncli.calculation.algebra.layouts import Array, Axes, Booleans, Layout, Role
from attncli.calculation.algebra.operation import OfOne
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.row_sums import row_sums
from attncli.calculation.algebra.vector_expressions import Line, Mapped, Total
from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.algebra.tiles import RunningSum

READABLE = 30  # a row with a larger score is shown with its largest score subtracted


@record(frozen=True)
class Normalise(OfOne):
    """Turn scores into weights of the same shape.

    The scores are divided by `temperature`. With a `dtype`, the work is done in that type, and the
    weights then get the type of the scores again (`softmax_precision` of ONNX Attention). If all
    scores of a row are −inf, its query may attend to no key: all its weights are `empty`.
    """

    makes_weights = True
    shows_attention = True

    temperature: float = 1
    dtype: str | None = None
    empty: float = 0.0

    name: ClassVar[str]
    meaning: ClassVar[str]  # a formula, for help
    help: ClassVar[str]
    sums_to_1: ClassVar[bool] = True
    # The most that a weight can change if no score changes by more than 1; inf if unknown.
    steepness: ClassVar[float] = inf
    # The most temporaries, each as large as the weights, that `weigh` needs at temperature 1.
    temporaries: ClassVar[int] = 4

    def apply(self, source: Array) -> Array:
        scores = source.astype(self.dtype) if self.dtype else source
        is_empty = np.isneginf(scores).all(axis=-1, keepdims=True)
        weights = np.where(is_empty, self.empty, self.weigh(np.where(is_empty, 0, scores)))
        return weights.astype(source.dtype)

    def __init_subclass__(cls) -> None:
        """Reset `running_sum` to the default if a class changes `weigh` alone."""
        super().__init_subclass__()
        if "weigh" in cls.__dict__ and "running_sum" not in cls.__dict__:
            cls.running_sum = Normalise.running_sum  # type: ignore[method-assign]

    @abstractmethod
    def weigh(self, scores: Array) -> Array:
        """Return the weights; each row has a score above −inf."""

    def running_sum(self, is_bounded: bool) -> type[RunningSum] | None:
        """Return the class that adds up weighted values over parts of the keys.

        `is_bounded`: no exponential of a score overflows or vanishes. Return None if the normaliser
        needs whole rows of scores.
        """
        return None

    @property
    def works_in(self) -> str | None:
        return self.dtype

    def rows_without_keys(self, *operands: Array) -> Booleans:
        (source,) = operands
        return np.asarray(np.isneginf(source).all(axis=-1))

    def room(self, result: Axes, *operands: Axes) -> int:
        return (self.temporaries + (self.temperature != 1)) * cells(result)

    def formula(self, layout: Layout) -> str:
        line = "column" if Role.TOKENS in layout.swapped else "row"
        return f"{self.name} of each {line} of {self.tempered}"

    @property
    def tempered(self) -> str:
        """The matrix that is normalised, with temperature and type: `masked / 2 in float32`."""
        written = repr(self.temperature).removesuffix(".0")
        divisor = f" / {written}" if self.temperature != 1 else ""
        return f"{self.source}{divisor}{f' in {self.dtype}' if self.dtype else ''}"

    def cell(self, index: Index, source: Array) -> Expression:
        row = source[index[:-1]]
        if np.isneginf(row).all():
            return Noted(Number(self.empty), ("no key may be attended to",))
        return self.weight(index, row)

    @abstractmethod
    def weight(self, index: Index, row: Array) -> Expression:
        """Return the arithmetic of one weight; `row` has a score above −inf."""

    def cost(self, source: Axes) -> Cost:
        """The cost of each row; a temperature other than 1 adds a division for each score."""
        keys = source[-1].size
        tempered = Cost(divisions=0 if self.temperature == 1 else keys)
        return (self.of_row(keys) + tempered) * cells(source[:-1])

    @abstractmethod
    def of_row(self, keys: int) -> Cost:
        """Return the cost of the weights of one query at temperature 1."""

    def over_temperature(self, expression: Expression) -> Expression:
        """Return the expression divided by the temperature; unchanged if that is 1."""
        return expression if self.temperature == 1 else expression / self.temperature

    def powers(self, index: Index, row: Array, is_shifted: bool) -> Mapped:
        """Return exp(s / temperature) for each score s of a row.

        With `is_shifted`, the largest score is subtracted from s first.
        """
        less = Cell(self.source, (*index[:-1], int(row.argmax()))) if is_shifted else None
        line = Line(self.source, (*index[:-1], None), len(row))
        return Mapped("exp", line, less, self.temperature)


def _largest(scores: Array) -> Array:
    """Return the largest score of each row, as a column."""
    largest: Array = scores.max(axis=-1, keepdims=True)
    return largest


def lowered(scores: Array, largest: Array, temperature: float) -> Array:
    """Return (scores − largest) / temperature; `largest` is a column with one number per row.

    If the difference of two finite numbers overflows, both are divided by the temperature first.
    """
    lower: Array = (scores - largest) / temperature
    if temperature <= 1:  # the quotients would overflow too
        return lower
    is_lost = np.isneginf(lower) & np.isfinite(scores)
    if not is_lost.any():
        return lower
    return np.where(is_lost, scores / temperature - largest / temperature, lower)


@record(frozen=True)
class Softmax(Normalise):
    """exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ) over the keys.

    The row maximum is subtracted first: the result is the same, but nothing overflows.
    """

    name = "softmax"
    meaning = "exp(sⱼ) / Σ exp(s)"
    help = "the weights of a query sum to 1 (Vaswani et al. 2017)"
    temporaries = 2
    steepness = 0.5

    def running_sum(self, is_bounded: bool) -> type[RunningSum]:
        from attncli.calculation.operations import running_sums

        return running_sums.BoundedPowers if is_bounded else running_sums.Powers

    def weigh(self, scores: Array) -> Array:
        powers: Array = np.exp(lowered(scores, _largest(scores), self.temperature))
        return (powers / row_sums(powers)).astype(powers.dtype, copy=False)

    def weight(self, index: Index, row: Array) -> Expression:
        is_shifted = abs(row.max() / self.temperature) > READABLE
        powers = self.powers(index, row, bool(is_shifted))
        return powers.at(index[-1]) / Total(powers)

    def of_row(self, keys: int) -> Cost:
        """The largest of m scores, m subtractions, m exp, m − 1 additions and m divisions."""
        return Cost(0, 2 * keys - 1, divisions=keys, exponentials=keys, comparisons=keys - 1)


@record(frozen=True)
class Softmax1(Normalise):
    """exp(sᵢⱼ) / (1 + Σⱼ exp(sᵢⱼ)): softmax with one more key, of score 0 and value 0.

    That key is a sink: a query that fits no other key gives its weight to the sink, and its other
    weights sum to less than 1 (Evan Miller 2023, "Attention is off by one"). If the row maximum is
    subtracted, the 1 of the sink becomes exp(−max); a maximum below 0 is not subtracted.
    """

    name = "softmax1"
    meaning = "exp(sⱼ) / (1 + Σ exp(s))"
    help = "softmax with an attention sink, a key of score 0 and value 0 (Miller 2023)"
    temporaries = 3
    steepness = 0.5
    sums_to_1 = False

    def running_sum(self, is_bounded: bool) -> type[RunningSum]:
        from attncli.calculation.operations import running_sums

        return running_sums.BoundedPowersWithSink if is_bounded else running_sums.PowersWithSink

    def weigh(self, scores: Array) -> Array:
        largest = np.maximum(_largest(scores), 0)
        powers: Array = np.exp(lowered(scores, largest, self.temperature))
        sink = np.exp(-largest / self.temperature)
        return (powers / (sink + row_sums(powers))).astype(powers.dtype, copy=False)

    def weight(self, index: Index, row: Array) -> Expression:
        is_shifted = bool(row.max() / self.temperature > READABLE)
        powers = self.powers(index, row, is_shifted)
        sink = powers.of(Number(0)) if is_shifted else Number(1)
        return powers.at(index[-1]) / (sink + Total(powers))

    def of_row(self, keys: int) -> Cost:
        """The cost of softmax; the sink adds a comparison, an exp and an addition."""
        tempered = Cost(divisions=0 if self.temperature == 1 else 1)  # the sink's score
        sink = Cost(additions=1, exponentials=1, comparisons=1) + tempered
        return Softmax(self.source).of_row(keys) + sink


@record(frozen=True)
class Sparsemax(Normalise):
    """max(sᵢⱼ − τᵢ, 0), where τᵢ makes the weights of a row sum to 1.

    The weights are the point of the simplex that is nearest to the scores in Euclidean distance:
    much smaller scores get the weight 0 (Martins & Astudillo 2016). τ is (Σ s − 1) / k over the
    k largest scores, where k is the largest number for which all these scores are above τ.
    """

    name = "sparsemax"
    meaning = "max(sⱼ − τ, 0)"
    help = "τ makes the weights sum to 1; many are exactly 0 (Martins & Astudillo 2016)"
    # The temporaries include the sorted scores and their sums.
    temporaries = 4
    steepness = 2.0

    def weigh(self, scores: Array) -> Array:
        tempered = lowered(scores, _largest(scores), self.temperature)
        return np.maximum(tempered - _threshold(tempered), 0)

    def weight(self, index: Index, row: Array) -> Expression:
        support = np.flatnonzero(self.weigh(row) > 0).tolist()
        if not support:
            return Noted(Number(nan), ("a score is infinite or NaN",))
        total = Sum(tuple(Cell(self.source, (*index[:-1], key)) for key in support))
        threshold = self.over_temperature(total) - Number(1)
        if len(support) > 1:
            threshold = threshold / len(support)
        score = self.over_temperature(Cell(self.source, index))
        keys = "one key has" if len(support) == 1 else f"{len(support)} keys share"
        return Noted(Larger((score - threshold, Number(0))), (f"{keys} all the weight",))

    def of_row(self, keys: int) -> Cost:
        """The row maximum, its subtraction, a sort, τ, its subtraction, and m comparisons with 0.

        For m scores, the sort takes m ⌈log₂ m⌉ comparisons; τ takes m − 1 additions, m
        subtractions, m multiplications, m comparisons and a division.
        """
        sorting = keys * (keys - 1).bit_length()
        comparisons = (keys - 1) + sorting + keys + keys
        return Cost(keys, 4 * keys - 1, divisions=1, comparisons=comparisons)


def _threshold(scores: Array) -> Array:
    """Return τ of each row, as a column; float64 sums keep their digits for many keys."""
    falling = -np.sort(-scores, axis=-1)
    sums = falling.cumsum(axis=-1, dtype=np.float64) - 1
    is_above = falling * np.arange(1, scores.shape[-1] + 1) > sums
    count = is_above.sum(axis=-1, keepdims=True)
    threshold: Array = np.take_along_axis(sums, count - 1, axis=-1) / count
    return threshold.astype(scores.dtype)


@record(frozen=True)
class Sigmoid(Normalise):
    """1 / (1 + exp(−sᵢⱼ)) of each score by itself: the weights of a row may have any sum.

    Ramapuram et al. 2024 add a bias of −log m to the scores; here a mask of numbers can add it.
    """

    name = "sigmoid"
    meaning = "1 / (1 + exp(−sⱼ))"
    help = "each score by itself, so the sum of a row varies (Ramapuram et al. 2024, no bias)"
    steepness = 0.5
    sums_to_1 = False

    def running_sum(self, is_bounded: bool) -> type[RunningSum]:
        from attncli.calculation.operations import running_sums

        return running_sums.Singles

    def weigh(self, scores: Array) -> Array:
        tempered = scores / self.temperature
        power: Array = np.exp(-np.abs(tempered))  # at most 1: it cannot overflow
        return np.where(tempered < 0, power, 1) / (1 + power)

    def formula(self, layout: Layout) -> str:
        return f"{self.name} of {self.tempered}"

    def weight(self, index: Index, row: Array) -> Expression:
        power = Function("exp", self.over_temperature(Negative(Cell(self.source, index))))
        return Number(1) / (Number(1) + power)

    def of_row(self, keys: int) -> Cost:
        """A comparison with 0, an exp, an addition and a division for each score."""
        return Cost(additions=1, divisions=1, exponentials=1, comparisons=1) * keys


NORMALISERS: dict[str, type[Normalise]] = {
    normaliser.name: normaliser for normaliser in (Softmax, Softmax1, Sparsemax, Sigmoid)
}
