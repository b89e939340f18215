"""Read the names of cells: `scores[2,1]`, `weights[love,I]`, `Q_h[2,:,head=1]`, `output`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod

from attncli.calculation.algebra.expressions import Cell
from attncli.calculation.algebra.layouts import Axis
from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.algebra.requirements import Paper
from attncli.calculation.masks.mask_operation import masks_in
from attncli.calculation.names.known_names import plain
from attncli.calculation.problem.problem import Problem
from attncli.calculation.problem.shown import WORDS, StepPart, part_name
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import between_commas, closest, printable

HOW_TO_WRITE = "Write 'scores[2,1]', 'scores[2,:]' or scores."

_WRITTEN = re.compile(r"\s*([^\[\]]+?)\s*(?:\[(.*)\]\s*)?", re.DOTALL)
_WHOLE = r"[+-]?\d{1,18}"
_LEADING = re.compile(r"\s*(\w+)\s*=\s*(\S*)\s*")


def paper(problem: Problem, plan: Plan) -> Paper:
    """Return all matrices of a plan, inputs included, as the user writes them on paper."""
    axes = {**problem.axes, **{step.name: step.axes for step in plan.steps}}
    for step, mask in masks_in(plan.steps):
        for name in (*mask.keep, *mask.add):
            if name in problem.axes:  # the axes of the scores say what a mask's axes count
                own = axes[name]
                counted = step.axes[len(step.axes) - len(own) :]
                axes[name] = tuple(
                    Axis(like.name, axis.size) for like, axis in zip(counted, own, strict=True)
                )
    roles = {**problem.roles, **{step.name: step.role for step in plan.steps}}
    return Paper(problem.layout, axes, roles, {})


@record(frozen=True)
class Selection:
    """Cells of one step, in the order on paper: row by row."""

    name: str
    positions: tuple[Sequence[int], ...]
    is_swapped: bool

    def __len__(self) -> int:
        return prod(map(len, self.positions))

    def __iter__(self) -> Iterator[Cell]:
        for index in product(*self.positions):
            swapped = (*index[:-2], index[-1], index[-2])
            yield Cell(self.name, swapped if self.is_swapped else index)


@record(frozen=True)
class CellFinder:
    """Finds the cells of a plan that a text names.

    `chosen` holds the places along `head` and `batch` for texts that do not name them.
    """

    problem: Problem
    plan: Plan
    chosen: Mapping[str, str]

    def read(self, text: str) -> Selection:
        """Return the cells that the text names. Raises ProblemError if there are none."""
        written = _WRITTEN.fullmatch(printable(text))  # as labels are
        if not written:
            raise ProblemError("this is not a cell.", HOW_TO_WRITE)
        step = self._step(written[1])
        try:
            places = between_commas(written[2] or "")
        except ValueError:
            raise ProblemError("this is too long for a cell.", HOW_TO_WRITE) from None
        own = [place.strip() for place in places if not _LEADING.fullmatch(place)]
        leading = [match.groups() for place in places if (match := _LEADING.fullmatch(place))]
        leading_axes = [axis for axis in step.axes if axis.name in WORDS]
        own_axes = [axis for axis in step.axes if axis.name not in WORDS]
        is_swapped = step.role in self.problem.layout.swapped
        if is_swapped:
            own_axes.reverse()
        if len(own) > len(own_axes):
            shape = " × ".join(str(axis.size) for axis in own_axes)
            message = f"[{written[2]}] names {len(own)} places, but {step.name} is {shape}."
            raise ProblemError(message, "Heads and batch entries are written head=2, batch=1.")
        own += [":"] * (len(own_axes) - len(own))
        positions = (
            *self._leading(step, leading_axes, {word.casefold(): at for word, at in leading}),
            *(
                self._own(step, axis, side, place)
                for axis, side, place in zip(own_axes, _sides(own_axes), own, strict=True)
            ),
        )
        return Selection(step.name, positions, is_swapped)

    def check_chosen(self, selections: Sequence[Selection]) -> None:
        """Raise ProblemError if none of the steps has a chosen head or batch entry."""
        steps = [step for step in self.plan.steps if step.name in {s.name for s in selections}]
        words = {WORDS[axis.name] for step in steps for axis in step.axes if axis.name in WORDS}
        for word in self.chosen.keys() - words:
            names = ", ".join(step.name for step in steps)
            message = f"{word}={self.chosen[word]}: {names} has no {_counted(word)}."
            raise ProblemError(message, f"Leave out {word}={self.chosen[word]}.")

    def _step(self, name: str) -> Step:
        """Return the step with this name, in any spelling."""
        steps = {plain(step.name): step for step in self.plan.steps}
        if plain(name) in steps:
            return steps[plain(name)]
        known = {plain(given): given for given in self.problem.matrices}
        every = ", ".join(self.plan.names)
        if plain(name) in known:
            message = f"{known[plain(name)]} is an input, not a step."
            raise ProblemError(message, f"The steps are {every}.")
        self.plan.needed_for([printable(name)])
        raise AssertionError("needed_for raises an error for an unknown step")

    def _leading(
        self, step: Step, axes: Sequence[Axis], named: Mapping[str, str]
    ) -> Iterator[Sequence[int]]:
        """Yield the places along batch and heads: as the text names them, as chosen, else all."""
        words = [WORDS[axis.name] for axis in axes]
        for word in named:
            if word not in WORDS.values():
                close = closest(word, WORDS.values())
                hint = f"Did you mean {close}=?" if close else "Write head=2 or batch=1."
                raise ProblemError(f"{step.name} has no axis {word}.", hint)
            if word not in words:
                message = f"{step.name} has no {_counted(word)}."
                raise ProblemError(message, f"Leave out {word}={named[word]}.")
        for axis, word in zip(axes, words, strict=True):
            place = named.get(word, self.chosen.get(word, ":"))
            yield range(axis.size) if place == ":" else [_place(step, axis, word, place)]

    def _own(self, step: Step, axis: Axis, side: str, place: str) -> Sequence[int]:
        """Return all places along the axis, or one: by number from 1, else by label."""
        if place == ":":
            return range(axis.size)
        labels = self.problem.labels.get(axis.name, ())
        is_number = bool(re.fullmatch(_WHOLE, place))
        found = [at for at, label in enumerate(labels) if label == place]
        if (is_number and 1 <= int(place) <= axis.size) or (is_number and not found):
            return [_place(step, axis, side, place)]
        if len(found) > 1:
            numbers = " and ".join(str(at + 1) for at in found)
            message = f"{len(found)} {side}s of {step.name} are called {place}: {numbers}."
            raise ProblemError(message, "Name one by its number.")
        if not found:
            raise _unknown_label(step, axis, side, place, labels)
        return found


def parts_of(
    problem: Problem, plan: Plan, texts: Iterable[str]
) -> tuple[list[str], list[StepPart]]:
    """Return the steps that the texts name whole, and the parts of steps that they name.

    A text holds names of cells with commas between: `scores,weights[2,:]`. Raises ProblemError for
    a step or a place that does not exist.
    """
    finder = CellFinder(problem, plan, {})
    names: dict[str, None] = {}  # in the order of the texts, each name once
    parts: dict[str, StepPart] = {}
    for name in (name for text in texts for name in split_names(text)):
        if not _WRITTEN.fullmatch(name):
            message = f"{printable(name) or 'an empty name'} is not a step or a part of a step."
            raise ProblemError(message, HOW_TO_WRITE)
        selection = finder.read(name)
        step = plan.step(selection.name)
        axes = problem.layout.written_order(step.axes, step.role)
        found = part_name(step.name, axes, selection.positions)
        if found == step.name:
            names[found] = None
        else:
            parts[found] = StepPart(step.name, found, selection.positions)
    return list(names), list(parts.values())


def split_names(text: str) -> list[str]:
    """Split names of cells at the commas outside brackets; a label in quotes may hold brackets.

    >>> split_names("scores, weights[2,:]"), split_names('scores["]",1]')
    (['scores', 'weights[2,:]'], ['scores["]",1]'])
    """
    names, is_inside, is_quoted = [""], False, False
    for character in text:
        is_quoted ^= is_inside and character == '"'
        if character in "[]" and not is_quoted:
            is_inside = character == "["
        if character == "," and not is_inside:
            names.append("")
        else:
            names[-1] += character
    return [name.strip() for name in names]


def _sides(axes: Sequence[Axis]) -> tuple[str, ...]:
    """Return words for places along the axes; `hidden` of additive scoring has a third axis."""
    return ("row", "column") if len(axes) == 2 else ("query", "key", "hidden unit")


def _counted(word: str) -> str:
    return "heads" if word == "head" else "batch entries"


def _place(step: Step, axis: Axis, word: str, place: str) -> int:
    """Return a place counted from 0, from its number counted from 1."""
    if re.fullmatch("[0-9]{1,18}", place) and 1 <= int(place) <= axis.size:
        return int(place) - 1
    word = "batch entry" if word == "batch" else word
    message = f"{step.name} has no {word} {place or '(nothing)'}."
    raise ProblemError(message, f"Count from 1 to {axis.size}.")


def _unknown_label(
    step: Step, axis: Axis, side: str, place: str, labels: Sequence[str]
) -> ProblemError:
    close = closest(place, labels)
    message = f"{step.name} has no {side} {place!r}."
    if place == "*":
        return ProblemError(message, f"Write : for every {side}.")
    if close:
        return ProblemError(message, f"Did you mean {close!r}?")
    if labels:
        known = ", ".join(labels[:10]) + (", …" if len(labels) > 10 else "")
        return ProblemError(message, f"Its {side}s are {known}, or count from 1 to {axis.size}.")
    cure = f"Count from 1 to {axis.size}, or give labels with --tokens or --memory-tokens."
    return ProblemError(message, cure)
