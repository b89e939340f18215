"""Checking an answer: with its problem, or alone by the laws that hold of any answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from attncli.calculation.algebra.layouts import LAYOUTS, AnyArray
from attncli.calculation.choices.choices import CHOICES, Choices
from attncli.calculation.names.known_names import plain
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.problem.problem import Computation
from attncli.errors import AttncliError
from attncli.homework.answers.answer import read_answer, read_without_problem
from attncli.homework.answers.tolerance import Tolerance
from attncli.homework.judging.judge import start
from attncli.homework.judging.report import AnswerReport, Files, Marking, report
from attncli.records import record
from attncli.words import did_you_mean


@record(frozen=True)
class CheckOptions:
    """The options of a check.

    A cell is right by the digits that it is written with; with `decimals`, to that many decimals;
    with `atol` or `rtol`, within that absolute or relative distance. `strict` fails rounded steps.
    `points` are the points of each step, as `read_points` reads them; the steps `required` count
    although they are missing: `Q,K,V`.
    """

    decimals: int | None = None
    atol: float | None = None
    rtol: float | None = None
    strict: bool = False
    points: str = ""
    required: str = ""

    def check(self) -> None:
        """Raise AttncliError for a distance that is not finite, and for options that exclude."""
        for name, distance in (("--atol", self.atol), ("--rtol", self.rtol)):
            if distance is None:
                continue
            if not isfinite(distance):
                raise AttncliError(f"{name} is {distance}: it must be a finite distance.")
            if self.decimals is not None:
                message = (
                    f"--decimals and {name} exclude each other: each decides which cells are right."
                )
                raise AttncliError(message, "Leave out one of them.")

    def marking(self, names: Sequence[str]) -> Marking:
        """Return the rule of marking the steps with these names. Raises AttncliError for others."""
        where = f"--required {self.required}"
        required = [_step(name.strip(), names, where) for name in _split(self.required)]
        return Marking(read_points(self.points, names), required, self.strict)


def check_answer(
    result: Computation, entries: Mapping[str, object], options: CheckOptions, files: Files
) -> AnswerReport:
    """Return the report on an answer to a problem that is calculated.

    `entries` are the steps of the answer by their canonical names, as they are written; `options`
    fit together (see `CheckOptions.check`). The advice names the `files`. Raises AttncliError for
    entries that are not steps of the problem.
    """
    marking = options.marking(result.names)
    with np.errstate(all="ignore"):  # the numbers of an answer may be as large as they can be
        answer = read_answer(result.problem, result.trace.plan, entries)
        epsilon = _epsilon(result.trace.matrices)
        finest = (matrix.finest_decimal or 0 for matrix in answer.values())
        tolerance = Tolerance(options.decimals, options.atol, options.rtol, epsilon, max(finest))
        trail = start(result.problem, result.trace, answer, tolerance)
        return report(trail, marking, files)


def check_by_laws(entries: Mapping[str, object], choices: Mapping[str, object]) -> AnswerReport:
    """Return the report on an answer alone.

    `entries` are the steps and the choices of the answer by their canonical names, as they are
    written; `choices` win over its own. Raises ProblemError for values that cannot be read.
    """
    from attncli.homework.laws.check_laws import check_laws
    from attncli.homework.laws.law import assumed

    own = {
        name: value
        for name, value in entries.items()
        if name in CHOICES and not (name in STEPS and isinstance(value, list))
    }
    chosen = Choices.read({**own, **choices})
    answer = read_without_problem(entries, LAYOUTS[chosen.layout])
    return check_laws(answer, assumed(chosen))


def _epsilon(matrices: Mapping[str, AnyArray]) -> float:
    """Return the relative distance of neighbouring numbers in the precision of a calculation."""
    return max(float(np.finfo(m.dtype).eps) for m in matrices.values() if m.dtype.kind == "f")


def read_points(text: str, names: Sequence[str]) -> dict[str, float]:
    """Read the points of the steps with these names: `2` for each, or `weights=3,output=2`.

    Raises AttncliError for an unknown step, and for a number that is negative or not finite.
    """
    points: dict[str, float] = {}
    for part in _split(text):
        name, separator, number = part.rpartition("=")
        step = _step(name, names, f"--points {text}") if separator else None
        try:
            worth = float(number)
        except ValueError:
            worth = -1.0
        if not 0 <= worth < float("inf"):
            message = f"{number!r} is not a number of points."
            hint = "Write --points 2, or --points weights=3,output=2."
            raise AttncliError(message, hint).at(f"--points {text}")
        points.update(dict.fromkeys([step] if step else names, worth))
    return points


def _split(text: str) -> list[str]:
    return [part for part in text.split(",") if part.strip()]


def _step(name: str, names: Sequence[str], option: str) -> str:
    """Return the step with this name, read as users write it. Raises AttncliError for others."""
    known = {plain(step): step for step in names}
    if plain(name) not in known:
        message = f"{name} is not a step of this calculation{did_you_mean(name, names)}."
        raise AttncliError(message, f"Its steps are {', '.join(names)}.").at(option)
    return known[plain(name)]
