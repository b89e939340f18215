"""What replacements make of a step: of many at once roughly, and of those that matter exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.homework.answers.answer import Answered
from attncli.homework.answers.tolerance import Numbers, Tolerance, near
from attncli.homework.diagnosis.replacements import Replacement
from attncli.homework.diagnosis.replay import Replay
from attncli.homework.diagnosis.together import Together
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_AT_ONCE = 256  # replacements that are tried together
NUMBERS_AT_ONCE = 2**20  # and the numbers in all their matrices
LAST_BITS = 100  # times as far off as the last bits usually are


@record(frozen=True)
class Tried:
    """Replacements; whether they change anything; and the results that may be the answer's."""

    replacements: tuple[Replacement, ...]
    changes: bool
    results: Sequence[Numbers] = ()


class Trials:
    """Tries replacements on replays that lead to a step of this name."""

    def __init__(
        self, replays: Sequence[Replay], name: str, answered: Answered, tolerance: Tolerance
    ) -> None:
        self._replays, self._name = replays, name
        self._answered, self._tolerance = answered, tolerance
        self._together = [Together(replay) for replay in replays]
        known = replays[0].right
        self._right = np.asarray(known[name], dtype=np.float64) if name in known else None
        numbers = sum(known[step.name].size for step, _ in replays[0].steps if step.name in known)
        self._most = max(1, min(MOST_AT_ONCE, NUMBERS_AT_ONCE // max(1, numbers)))

    def all(self, tries: Iterable[tuple[Replacement, ...]], reach: Numbers) -> Iterator[Tried]:
        """Each of these tried: roughly, and to the last bit where that may matter.

        `reach` is how far a result that explains the answer is off at most.
        """
        left = iter(tries)
        while some := list(islice(left, self._most)):
            runs = [together.results(some, self._name) for together in self._together]
            matter = {number for run in runs for number in self._mattering(run, reach)}
            for number, replacements in enumerate(some):
                if number in matter:
                    yield self._tried(replacements)
                else:
                    yield Tried(replacements, any(run[number] is not None for run in runs))

    def _tried(self, replacements: tuple[Replacement, ...]) -> Tried:
        """What these make of the step, from what was exact and from what was written."""
        wrong = {name: r.mistake for r in replacements for name in r.steps}
        runs = (replay.run(wrong) for replay in self._replays)
        results = [np.asarray(run[self._name], dtype=np.float64) for run in runs if run is not None]
        return Tried(replacements, any(map(self._changes, results)), results)

    def _changes(self, result: Numbers) -> bool:
        """Whether a result is another than the right one."""
        return self._right is None or not np.array_equal(result, self._right, equal_nan=True)

    def _mattering(self, results: Sequence[Array | None], reach: Numbers) -> Iterator[int]:
        """The places of the results that are nearly the answer, or nearly right."""
        yield from self._like(self._answered.values, results, reach, self._answered.blank)
        if self._right is not None:
            yield from self._like(self._right, results)

    def _like(
        self,
        matrix: Numbers,
        results: Sequence[Array | None],
        reach: Numbers | float = 0.0,
        blank: NDArray[np.bool_] | bool = False,
    ) -> Iterator[int]:
        """The places of the results that are this matrix, but for their last bits."""
        places = [n for n, r in enumerate(results) if r is not None and r.shape == matrix.shape]
        if places:
            stacked = np.array([results[place] for place in places], dtype=np.float64)
            bits = LAST_BITS * self._tolerance.roundoff(self._answered, matrix)
            cells = near(stacked, matrix, reach + bits) | blank
            alike = cells.reshape(len(places), -1).all(axis=1)
            yield from np.array(places)[alike].tolist()
