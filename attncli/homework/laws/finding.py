"""The result of a law: the places where an answer breaks it, with a sentence on each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Role
from attncli.homework.answers.tolerance import Numbers, near
from attncli.homework.laws.law import SublayerAnswer
from attncli.records import record
from attncli.words import count, differing_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

BrokenCells: TypeAlias = "NDArray[np.bool_]"
Index: TypeAlias = tuple[int, ...]

MOST_PLACES_NAMED = 3  # the largest number of places that a text names
# Steps with an axis for the heads, if the heads are split, and steps without it.
OF_HEADS = (
    *("Q_h", "K_h", "V_h", "Q_rotated", "K_rotated", "K_present", "V_present"),
    *("scores", "scaled", "capped", "masked", "weights", "heads"),
)
WITHOUT_HEADS = ("Q", "K", "V", "average", "concat", "output")


@record(frozen=True)
class Finding:
    """The places where an answer breaks a law: True in `broken` for each broken cell, or row.

    `sentence` takes the index of a broken place, and returns the sentence on it.
    """

    broken: BrokenCells
    sentence: Callable[[Index], str]

    @property
    def text(self) -> str:
        """The sentences on the first broken places, and the number of the others; or nothing."""
        places = [tuple(index) for index in np.argwhere(self.broken).tolist()]
        sentences = [self.sentence(index) for index in places[:MOST_PLACES_NAMED]]
        more = len(places) - MOST_PLACES_NAMED
        if more > 0:
            fails = "fails" if more == 1 else "fail"
            sentences.append(f"{count(more, 'more places')} {fails} in the same way.")
        return " ".join(sentences)


@record(frozen=True)
class Places:
    """Names the places of one step of an answer as they are on paper."""

    answer: SublayerAnswer
    name: str

    @property
    def step(self) -> str:
        """The full name of the step."""
        return self.answer.scope + self.name

    def cell(self, index: Index) -> str:
        """Return the place of a cell: `head 1, row 2, column 3`."""
        *leading, token, feature = index
        sides = [self.token(token), self.feature(feature)]
        return ", ".join([*self._leading(leading), *(sides[::-1] if self._is_swapped else sides)])

    def token(self, number: int) -> str:
        """Return the place of a token, such as `row 2`: a column if the layout writes columns."""
        return f"{'column' if self._is_swapped else 'row'} {number + 1}"

    def feature(self, number: int) -> str:
        """Return the place of a feature or a key, such as `column 2`."""
        return f"{'row' if self._is_swapped else 'column'} {number + 1}"

    def begin(self, leading: Sequence[int], rest: str) -> str:
        """Return a sentence that begins with its slice: `In head 1, row 2 of weights …`."""
        where = ", ".join(self._leading(leading))
        return f"In {where}, {rest}" if where else rest[0].upper() + rest[1:]

    @property
    def _is_swapped(self) -> bool:
        return Role.TOKENS in self.answer.assumptions.layout.swapped

    def _leading(self, index: Sequence[int]) -> list[str]:
        words = ("batch entry", "head") if len(index) == 2 else (self._first_axis,)
        return [f"{word} {at + 1}" for word, at in zip(words, index, strict=False)]

    @property
    def _first_axis(self) -> str:
        """The word for the first of three axes, which may be the batch or the heads."""
        if self.name not in OF_HEADS:
            return "batch entry"
        others = [self.answer[name] for name in WITHOUT_HEADS if name in self.answer]
        if others:
            return "head" if others[0].values.ndim == 2 else "batch entry"
        return "head" if self.answer.assumptions.has_heads else "slice"


def differing(given: Numbers, expected: Numbers, distance: Numbers | float) -> BrokenCells:
    """Return True for cells that differ by more than a distance; blanks (NaN) never do."""
    known = ~np.isnan(given) & ~np.isnan(expected)
    return np.asarray(known & ~near(given, expected, np.broadcast_to(distance, given.shape)))


def compared(
    answer: SublayerAnswer, name: str, expected: Numbers, distance: Numbers | float, rule: str
) -> Finding:
    """Return the cells of a step that differ from expected numbers by more than a distance.

    `rule` names the expected numbers, such as `the softmax of masked`.
    """
    given = answer[name].values
    return Finding(differing(given, expected, distance), unequal(answer, name, expected, rule))


def unequal(
    answer: SublayerAnswer, name: str, expected: Numbers, rule: str
) -> Callable[[Index], str]:
    """Return a function that writes the sentence on a cell that differs from the expected number.

    The sentence is `At row 1, column 2, weights is 0.5, but the softmax of masked is 0.4.`
    """
    places, given = Places(answer, name), answer[name].values

    def sentence(index: Index) -> str:
        yours, right = differing_texts(float(given[index]), float(expected[index]))
        return f"At {places.cell(index)}, {places.step} is {yours}, but {rule} is {right}."

    return sentence
