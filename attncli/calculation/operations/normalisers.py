"""Normalisers, which turn scores into weights: one entry each in `NORMALISERS`.

Scores are divided by a temperature before anything else: above 1 it evens the weights out, below 1
it sharpens them.
"""

from __future__ import annotations

from abc import abstractmethod
from math import inf, nan
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from attncli.calculation.algebra.cost import Cost, cells
from attncli.calculation.algebra.expressions import (
    Cell,
    Difference,
    Expression,
    Function,
    Index,
    Larger,
    Negative,
    Noted,
    Number,
    Quotient,
    Sum,
)
from attncli.calculation.algebra.layouts import Array, Axes, Layout, Role
from attncli.calculation.algebra.operation import OfOne
from attncli.calculation.algebra.vector_expressions import Line, Mapped, Total
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.calculation.algebra.tiles import RunningSum

READABLE = 30  # exponentials of more than this are shown less the largest score, as in `weigh`


@record(frozen=True)
class Normalise(OfOne):
    """Weights made of scores, of the same shape.

    The scores are divided by `temperature`. With a `dtype` they are of that type while they are
    normalised, and the weights are of their own again (`softmax_precision` of ONNX Attention). A
    row of −inf alone, which may attend nothing, gets `empty` for every key.
    """

    makes_weights = True

    temperature: float = 1
    dtype: str | None = None
    empty: float = 0.0

    name: ClassVar[str]
    meaning: ClassVar[str]  # in a formula, for help
    help: ClassVar[str]
    sums_to_1: ClassVar[bool] = True
    # How far a weight moves at most if no score moves more than 1; unknown, it may be any distance.
    steepness: ClassVar[float] = inf
    # How many temporaries as large as the weights `weigh` has at most, at temperature 1.
    temporaries: ClassVar[int] = 4

    def apply(self, source: Array) -> Array:
        scores = source.astype(self.dtype) if self.dtype else source
        is_empty = np.isneginf(scores).all(axis=-1, keepdims=True)
        weights = np.where(is_empty, self.empty, self.weigh(np.where(is_empty, 0, scores)))
        return weights.astype(source.dtype)

    def __init_subclass__(cls) -> None:
        """A class that changes `weigh` answers anew how it works some keys at a time."""
        super().__init_subclass__()
        if "weigh" in cls.__dict__ and "running_sum" not in cls.__dict__:
            cls.running_sum = Normalise.running_sum  # type: ignore[method-assign]

    @abstractmethod
    def weigh(self, scores: Array) -> Array:
        """The weights of rows that may attend something."""

    def running_sum(self, is_bounded: bool) -> type[RunningSum] | None:
        """A way to the weighted sum that needs some keys at a time; None where rows stay whole.

        `is_bounded`: no exponential of a score overflows or vanishes.
        """
        return None

    def rows_without_keys(self, *operands: Array) -> NDArray[np.bool_]:
        (source,) = operands
        return np.asarray(np.isneginf(source).all(axis=-1))

    def room(self, result: Axes, *operands: Axes) -> int:
        return (self.temporaries + (self.temperature != 1)) * cells(result)

    def formula(self, layout: Layout) -> str:
        line = "column" if Role.TOKENS in layout.swapped else "row"
        return f"{self.name} of each {line} of {self.tempered}"

    @property
    def tempered(self) -> str:
        """What is normalised, in words: `masked / 2 in float32`."""
        written = repr(self.temperature).removesuffix(".0")
        divisor = f" / {written}" if self.temperature != 1 else ""
        return f"{self.source}{divisor}{f' in {self.dtype}' if self.dtype else ''}"

    def cell(self, index: Index, source: Array) -> Expression:
        row = source[index[:-1]]
        if np.isneginf(row).all():
            return Noted(Number(self.empty), ("no key may be attended",))
        return self.weight(index, row)

    @abstractmethod
    def weight(self, index: Index, row: Array) -> Expression:
        """The arithmetic of one weight, in a row of scores that may attend something."""

    def cost(self, source: Axes) -> Cost:
        """That of each row; a temperature other than 1 divides each score."""
        keys = source[-1].size
        tempered = Cost(divisions=0 if self.temperature == 1 else keys)
        return (self.of_row(keys) + tempered) * cells(source[:-1])

    @abstractmethod
    def of_row(self, keys: int) -> Cost:
        """How much arithmetic the weights of one query take, at temperature 1."""

    def over_temperature(self, expression: Expression) -> Expression:
        """An expression as it is normalised: divided by the temperature where there is one."""
        if self.temperature == 1:
            return expression
        return Quotient(expression, Number(self.temperature))

    def powers(self, index: Index, row: Array, is_shifted: bool) -> Mapped:
        """exp(s / temperature) of each score of a row, less the largest where it says so."""
        less = Cell(self.source, (*index[:-1], int(row.argmax()))) if is_shifted else None
        line = Line(self.source, (*index[:-1], None), len(row))
        return Mapped("exp", line, less, self.temperature)


def _largest(scores: Array) -> Array:
    """The largest score of each row, as a column."""
    largest: Array = scores.max(axis=-1, keepdims=True)
    return largest


def _total(powers: Array) -> Array:
    """The sum of each row, as a column."""
    total: Array = powers.sum(axis=-1, keepdims=True)
    return total


@record(frozen=True)
class Softmax(Normalise):
    """exp(sᵢⱼ) / Σⱼ exp(sᵢⱼ) over the keys.

    The row maximum is subtracted first, which changes nothing but the overflow.
    """

    name = "softmax"
    meaning = "exp(sⱼ) / Σ exp(s)"
    help = "weights of a query sum to 1"
    temporaries = 2
    steepness = 0.5

    def running_sum(self, is_bounded: bool) -> type[RunningSum]:
        from attncli.calculation.operations import running_sums

        return running_sums.BoundedPowers if is_bounded else running_sums.Powers

    def weigh(self, scores: Array) -> Array:
        powers = np.exp((scores - _largest(scores)) / self.temperature)
        return powers / _total(powers)

    def weight(self, index: Index, row: Array) -> Expression:
        is_shifted = abs(row.max() / self.temperature) > READABLE
        powers = self.powers(index, row, bool(is_shifted))
        return Quotient(powers.at(index[-1]), Total(powers))

    def of_row(self, keys: int) -> Cost:
        """The largest of m scores, m subtractions, m exp, m − 1 additions and m divisions."""
        return Cost(0, 2 * keys - 1, divisions=keys, exponentials=keys, comparisons=keys - 1)


@record(frozen=True)
class Softmax1(Normalise):
    """exp(sᵢⱼ) / (1 + Σⱼ exp(sᵢⱼ)): softmax with one key more, of score 0 and value 0.

    That key is a sink: a query that fits no key gives it the weight, and the others sum to less
    than 1 (Evan Miller 2023, "Attention is off by one"). Less the row maximum, the 1 of the sink
    becomes exp(−max); a maximum below 0 need not be subtracted.
    """

    name = "softmax1"
    meaning = "exp(sⱼ) / (1 + Σ exp(s))"
    help = "with an attention sink of score 0 and value 0"
    temporaries = 3
    steepness = 0.5
    sums_to_1 = False

    def running_sum(self, is_bounded: bool) -> type[RunningSum]:
        from attncli.calculation.operations import running_sums

        return running_sums.BoundedPowersWithSink if is_bounded else running_sums.PowersWithSink

    def weigh(self, scores: Array) -> Array:
        largest = np.maximum(_largest(scores), 0)
        powers: Array = np.exp((scores - largest) / self.temperature)
        sink = np.exp(-largest / self.temperature)
        return powers / (sink + _total(powers))

    def weight(self, index: Index, row: Array) -> Expression:
        is_shifted = bool(row.max() / self.temperature > READABLE)
        powers = self.powers(index, row, is_shifted)
        sink = powers.of(Number(0)) if is_shifted else Number(1)
        return Quotient(powers.at(index[-1]), Sum((sink, Total(powers))))

    def of_row(self, keys: int) -> Cost:
        """That of softmax; the sink adds a comparison, an exp and an addition."""
        tempered = Cost(divisions=0 if self.temperature == 1 else 1)  # of the sink
        sink = Cost(additions=1, exponentials=1, comparisons=1) + tempered
        return Softmax(self.source).of_row(keys) + sink


@record(frozen=True)
class Sparsemax(Normalise):
    """max(sᵢⱼ − τᵢ, 0) with the τᵢ for which the weights of a row sum to 1.

    It is the point of the simplex nearest to the scores, in Euclid's sense: far smaller scores get
    no weight at all (Martins & Astudillo 2016). τ is (Σ s − 1) / k over the k largest scores, and k
    the largest for which the least of them is above τ.
    """

    name = "sparsemax"
    meaning = "max(sⱼ − τ, 0)"
    help = "the nearest shares that sum to 1; many are exactly 0"
    # Among them the scores in their order, and their sums.
    temporaries = 4
    steepness = 2.0

    def weigh(self, scores: Array) -> Array:
        tempered = (scores - _largest(scores)) / self.temperature
        return np.maximum(tempered - _threshold(tempered), 0)

    def weight(self, index: Index, row: Array) -> Expression:
        support = np.flatnonzero(self.weigh(row) > 0).tolist()
        if not support:
            return Noted(Number(nan), ("a score is infinite, or no number",))
        total: Expression = Sum(tuple(Cell(self.source, (*index[:-1], key)) for key in support))
        threshold: Expression = Difference(self.over_temperature(total), Number(1))
        if len(support) > 1:
            threshold = Quotient(threshold, Number(len(support)))
        score = self.over_temperature(Cell(self.source, index))
        keys = "one key has" if len(support) == 1 else f"{len(support)} keys share"
        return Noted(Larger((Difference(score, threshold), Number(0))), (f"{keys} all the weight",))

    def of_row(self, keys: int) -> Cost:
        """The largest of m scores is taken from all, they are sorted (m ⌈log₂ m⌉ comparisons), τ
        found by m − 1 sums, m subtractions, m multiplications, m comparisons and a division, and
        taken from all; those above 0 stay.
        """
        sorting = keys * (keys - 1).bit_length()
        comparisons = (keys - 1) + sorting + keys + keys
        return Cost(keys, 4 * keys - 1, divisions=1, comparisons=comparisons)


def _threshold(scores: Array) -> Array:
    """τ of each row, as a column; sums in float64, as they grow with the number of keys."""
    falling = -np.sort(-scores, axis=-1)
    sums = falling.cumsum(axis=-1, dtype=np.float64) - 1
    is_above = falling * np.arange(1, scores.shape[-1] + 1) > sums
    count = is_above.sum(axis=-1, keepdims=True)
    threshold: Array = np.take_along_axis(sums, count - 1, axis=-1) / count
    return threshold.astype(scores.dtype)


@record(frozen=True)
class Sigmoid(Normalise):
    """1 / (1 + exp(−sᵢⱼ)) of each score by itself: keys do not compete, and rows have any sum.

    Ramapuram et al. 2024 add a bias of −log m to the scores; that is left to a mask of numbers.
    """

    name = "sigmoid"
    meaning = "1 / (1 + exp(−sⱼ))"
    help = "each score by itself, without a bias"
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
        return Quotient(Number(1), Sum((Number(1), power)))

    def of_row(self, keys: int) -> Cost:
        """A comparison with 0, an exp, an addition and a division a score."""
        return Cost(additions=1, divisions=1, exponentials=1, comparisons=1) * keys


NORMALISERS: dict[str, type[Normalise]] = {
    normaliser.name: normaliser for normaliser in (Softmax, Softmax1, Sparsemax, Sigmoid)
}
