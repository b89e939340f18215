"""The groups of answers, how many of each are drawn, and the judging of one of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.teaching.answers.late_and_sizes import late_error, wrong_size
from tests.teaching.answers.presented import presented_otherwise
from tests.teaching.answers.right_forms import right_form
from tests.teaching.answers.rounded import cut_off, other_habit, rounded_half_up
from tests.teaching.answers.single_mistakes import new_mistake, one_mistake, unknown_mistake
from tests.teaching.answers.slips_and_pairs import mistake_and_slip, one_slip, two_mistakes
from tests.teaching.case import Case
from tests.teaching.judging.program import ask
from tests.teaching.judging.teacher import Outcome, judged
from tests.teaching.kinds import seeded

GROUPS: dict[str, tuple[Callable[[int], Case | None], int]] = {
    "one mistake": (one_mistake, 1400),
    "one new mistake": (new_mistake, 110),
    "two mistakes": (two_mistakes, 260),
    "mistake and slip": (mistake_and_slip, 120),
    "one slip": (one_slip, 320),
    "late in a layer": (late_error, 120),
    "wrong size": (wrong_size, 100),
    "in no catalogue": (unknown_mistake, 200),
    "right": (right_form, 350),
    "presented otherwise": (presented_otherwise, 50),
    "cut off": (cut_off, 50),
    "rounded half up": (rounded_half_up, 8008),
    "other habits": (other_habit, 700),
}


def judge_one(place: tuple[str, int]) -> Outcome | None:
    """Return the outcome of the answer with this seed in a group, or None without an answer."""
    group, seed = place
    case = GROUPS[group][0](seed)
    return judged(case, ask(case.problem, case.answer)) if case else None


def places(share: float, only: str = "") -> list[tuple[str, int]]:
    """Return the group and the seed of each answer; a share takes some seeds of each group."""
    found = []
    for group, (_, size) in GROUPS.items():
        if only in ("", group):
            kept = max(1, round(size * share))
            drawn = np.sort(seeded("share", group).choice(size, kept, replace=False))
            found += [(group, int(seed)) for seed in drawn]
    return found
