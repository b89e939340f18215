"""The verdicts on a step of an answer: one table, from which reports and the guide are written."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """A verdict: its word, its meaning, whether it passes, and whether it earns the points.

    `passes` is None where nothing was answered.
    """

    RIGHT = ("right", "right to the digits that are written, or an equal form", True, True)
    ROUNDED = (
        "rounded",
        "right, but rounded too early, cut off, or to fewer digits (fails with --strict)",
        True,
        True,
    )
    NOT_YET = (
        "not yet",
        "the step was left out here and done later; it passes if that is right",
        True,
        True,
    )
    FOLLOWS = ("follows", "follows correctly from an earlier wrong step", False, True)
    WRONG = ("wrong", "wrong by itself; the cells are listed", False, False)
    SHAPE = ("shape", "the matrix has another size than the step", False, False)
    UNDECIDED = (
        "undecided",
        "the digits cannot decide; the report names a step to show",
        False,
        False,
    )
    MISSING = ("missing", "the answer does not hold the step", None, False)

    def __init__(self, word: str, meaning: str, passes: bool | None, earns: bool) -> None:
        self.word, self.meaning, self.passes, self.earns = word, meaning, passes, earns

    def __str__(self) -> str:
        return self.word

    @property
    def words(self) -> str:
        """The verdict as a sentence has it: `wrong shape`."""
        return {Verdict.SHAPE: "wrong shape", Verdict.MISSING: "not answered"}.get(self, self.word)

    @property
    def is_wrong(self) -> bool:
        """True if the step is wrong by itself."""
        return self in (Verdict.WRONG, Verdict.SHAPE)
