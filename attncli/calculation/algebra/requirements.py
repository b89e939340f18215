"""Conditions on the shapes of matrices; each has its own error message.

A message describes the matrices as the user wrote them, in the user's layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from attncli.calculation.algebra.layouts import Axes, Layout, Role, sizes
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import count, divisors, shape_text


@record(frozen=True)
class Paper:
    """The matrices known so far, as the user writes them on paper.

    `formulas` holds the formula of each matrix that is a step.
    """

    layout: Layout
    axes: Mapping[str, Axes]
    roles: Mapping[str, Role]
    formulas: Mapping[str, str]

    def size(self, name: str, axis: int) -> int:
        """Return the size of an axis; `axis` counts in the layout `rows`."""
        return self.axes[name][axis].size

    def shape(self, name: str) -> str:
        """Return the shape on paper, such as `3 × 2`."""
        written = self.layout.written_order(sizes(self.axes[name]), self.roles[name])
        return shape_text(written)

    def side(self, name: str, axis: int) -> str:
        """Return the word for an axis on paper, such as `columns`."""
        return self.layout.side(self.roles[name], axis, len(self.axes[name]))

    def two_shapes(self, left: str, right: str) -> str:
        """Return both shapes as a clause: `K is 5 × 4 but Q is 3 × 2`."""
        return f"{left} is {self.shape(left)} but {right} is {self.shape(right)}"

    def origins(self, *names: str) -> str:
        """Return the formulas of the matrices that are steps: ` (K = X W_k)`."""
        known = [f"{name} = {self.formulas[name]}" for name in names if name in self.formulas]
        return f" ({', '.join(known)})" if known else ""


class Need(Protocol):
    """One condition on the shapes of matrices."""

    def check(self, paper: Paper) -> None:
        """Raise ProblemError if the condition does not hold."""


@record(frozen=True)
class Equal:
    """An axis of one matrix has the same size as an axis of another.

    `left` and `right` are a name and an axis each. `purpose` begins the message's last clause:
    "`purpose` needs equal columns". `cure` is the hint.
    """

    left: tuple[str, int]
    right: tuple[str, int]
    purpose: str
    cure: str

    def check(self, paper: Paper) -> None:
        if paper.size(*self.left) == paper.size(*self.right):
            return
        (left, _), (right, _) = self.left, self.right
        left_side, right_side = paper.side(*self.left), paper.side(*self.right)
        need = (
            f"equal {left_side}"
            if left_side == right_side
            else f"as many {left_side} in {left} as {right_side} in {right}"
        )
        shapes = f"{paper.two_shapes(left, right)}{paper.origins(left, right)}"
        message = f"{shapes}: {self.purpose} needs {need}."
        raise ProblemError(message, self.cure, (left, right))


@record(frozen=True)
class SameLeading:
    """Two matrices have the same axes before the last two: batch, heads."""

    left: str
    right: str
    cure: str = (
        "Repeat the smaller one for each batch entry and head, or leave the axis out of both."
    )

    def check(self, paper: Paper) -> None:
        left, right = (sizes(paper.axes[name])[:-2] for name in (self.left, self.right))
        if left == right:
            return
        message = (
            f"{paper.two_shapes(self.left, self.right)}: both need the same axes before the last "
            "two (batch, then heads)."
        )
        raise ProblemError(message, self.cure, (self.left, self.right))


@record(frozen=True)
class SharesHeads:
    """Keys and queries have the same axes before the last two, except for shared heads.

    Keys may have fewer heads if their number divides the number of query heads.
    """

    keys: str
    queries: str

    def check(self, paper: Paper) -> None:
        keys, queries = (paper.axes[name][:-2] for name in (self.keys, self.queries))
        have_heads = all(axes and axes[-1].name == "heads" for axes in (keys, queries))
        if not have_heads or sizes(keys[:-1]) != sizes(queries[:-1]):
            return SameLeading(self.keys, self.queries).check(paper)
        heads = queries[-1].size
        if heads % keys[-1].size:
            shapes = paper.two_shapes(self.keys, self.queries)
            message = (
                f"{shapes}: {count(heads, 'query heads')} cannot share "
                f"{count(keys[-1].size, 'key heads')} evenly."
            )
            hint = f"The number of heads of {self.keys} must divide {heads}: {divisors(heads)}."
            raise ProblemError(message, hint, (self.keys, self.queries))
        return None


@record(frozen=True)
class OneWidth:
    """Queries and keys that are split into the same number of heads have the same width."""

    keys: str
    queries: str
    heads: int

    def check(self, paper: Paper) -> None:
        """Raise ProblemError if the keys are so narrow that they hold fewer heads."""
        width, narrow = paper.size(self.queries, -1), paper.size(self.keys, -1)
        shared = narrow * self.heads // width
        if narrow == width or shared * width != narrow * self.heads or self.heads % shared:
            return
        names = (self.keys, self.queries)
        message = (
            f"{paper.two_shapes(*names)}{paper.origins(*names)}: {self.queries} has "
            f"{count(self.heads, 'heads')}, but {self.keys} is only as wide as {shared} of them."
        )
        hint = f"If heads share keys, use --kv-heads {shared}; otherwise give both the same width."
        raise ProblemError(message, hint, (*names, "heads"))


@record(frozen=True)
class OneHeadWidth:
    """A query head is as wide as a key head, also if there are fewer key heads."""

    keys: str
    queries: str
    heads: int
    kv_heads: int

    def check(self, paper: Paper) -> None:
        """Raise ProblemError if the widths differ. `Divides` checks widths that cannot be split."""
        wide, narrow = paper.size(self.queries, -1), paper.size(self.keys, -1)
        each, other = wide / self.heads, narrow / self.kv_heads
        are_split = each.is_integer() and other.is_integer()
        if each == other or self.kv_heads == self.heads or not are_split:
            return
        is_one = self.keys == self.queries
        shapes = (
            f"{self.keys} is {paper.shape(self.keys)}"
            if is_one
            else f"{paper.two_shapes(self.keys, self.queries)}"
            f"{paper.origins(self.keys, self.queries)}"
        )
        message = (
            f"{shapes}: a query head is {wide} / {self.heads} = {each:.0f} wide, "
            f"but a key head is {narrow} / {self.kv_heads} = {other:.0f} wide."
        )
        needed = count(int(each) * self.kv_heads, paper.side(self.keys, -1))
        hint = (
            f"Leave out kv_heads, or give W_q, W_k and W_v that make keys and values of {needed}."
            if is_one
            else f"Give {self.keys} {needed}, or leave out kv_heads."
        )
        raise ProblemError(message, hint, (self.keys, self.queries, "kv_heads"))


@record(frozen=True)
class Divides:
    """The number of heads divides the width of a matrix."""

    name: str
    heads: int

    def check(self, paper: Paper) -> None:
        width = paper.size(self.name, -1)
        if width % self.heads == 0:
            return
        message = (
            f"{self.name} is {paper.shape(self.name)}: "
            f"its {count(width, paper.side(self.name, -1))} "
            f"cannot be split into {count(self.heads, 'heads')}."
        )
        hint = f"Choose a number of heads that divides {width}: {divisors(width)}."
        raise ProblemError(message, hint, (self.name, "heads"))


@record(frozen=True)
class Broadcasts:
    """A matrix broadcasts to the shape of `target` by NumPy's rule, from the last axis.

    `fills_up`: its last axis may be shorter than the last axis of `target`.
    """

    name: str
    target: str
    fills_up: bool = False

    def check(self, paper: Paper) -> None:
        shape, target = sizes(paper.axes[self.name]), sizes(paper.axes[self.target])
        if self.fills_up and shape[-1] < target[-1]:
            shape = (*shape[:-1], target[-1])
        try:
            fits = np.broadcast_shapes(shape, target) == target
        except ValueError:
            fits = False
        if fits:
            return
        message = (
            f"{paper.two_shapes(self.name, self.target)}: a mask needs the shape of the scores, "
            "or a shape that broadcasts to it."
        )
        hint = (
            f"Leave out the first axes of {self.name}."
            if len(shape) > len(target)
            else f"Compare from the last axis: each size must be 1 or the size in {self.target}."
        )
        raise ProblemError(message, hint, (self.name,))
