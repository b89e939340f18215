"""A document made of sizes: its matrices have shapes, and every number is 0.

NumPy repeats a single zero without copying it, so that a million tokens take no memory. The
document is checked and planned like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from attncli.calculation.algebra.layouts import LAYOUTS, AnyArray, Shape
from attncli.calculation.choices.choices import Choices
from attncli.calculation.choices.layer_kinds import FFN, LAYERS, Stack
from attncli.calculation.counting.sizes import Sizes, shape_of
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.calculation.problem.document import Document, Entry
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import in_words, shape_text

MOST_NUMBERS = 2**59  # numbers of a matrix; NumPy cannot count the bytes of more
SOURCE = "the sizes"

Shapes = Iterator[tuple[str, Shape]]


def sized(
    given: Mapping[str, int],
    choices: Document,
    biases: str = "ffn",
    final_norm: bool = False,
    spare: Collection[str] = (),
) -> Document:
    """Return the document that sizes and choices describe; `position` may be `learned`.

    `given` are sizes by their names in `SIZES`; `biases` is a key of `BIASES`; `spare` are names of
    sizes that no matrix needs to have. Raises ProblemError if a size is missing, if d_model cannot
    be split into heads, and if no matrix has a given size.
    """
    entries = dict(choices.entries)
    is_learned = "position" in entries and entries["position"].value == "learned"
    if is_learned:
        del entries["position"]
    made = Choices.read({name: entry.value for name, entry in entries.items()})
    sizes = Sizes(given, made)
    layout, dtype = LAYOUTS[made.layout], np.dtype(made.dtype)
    shapes = dict(Shaped(sizes, biases, is_learned, final_norm).matrices())
    _check_made(shapes, biases, final_norm)
    for name, shape in shapes.items():
        last = last_of(name)
        role = sizes.scoring.matrices.get(last, MATRICES[last].role)
        entries[name] = Entry(blank(name, layout.written_order(shape, role), dtype), SOURCE)
    sizes.check_used(spare)
    return Document(entries, (SOURCE,))


def _check_made(names: Iterable[str], biases: str, final_norm: bool) -> None:
    """Raise ProblemError if the user chose biases or a final norm, but no matrix here has them."""
    if final_norm and not any("norm_final" in name for name in names):
        message = (
            "--final-norm is given, but there are no layers: it is the norm after the last one."
        )
        raise ProblemError(message, f"Add --layer {in_words(list(LAYERS), 'or')}.")
    if biases == "all" and not any(last_of(name).startswith("b_") for name in names):
        message = "--biases all is given, but there is no projection that could have a bias."
        raise ProblemError(message, "Add --d-model: Q, K and V are then projected from X.")


def blank(name: str, shape: Shape, dtype: np.dtype[Any]) -> AnyArray:
    """Return zeros that take no memory. Raises ProblemError if NumPy cannot hold the shape."""
    if prod(shape) > MOST_NUMBERS:
        message = f"{name} would be {shape_text(shape)}, which is too large for any machine."
        raise ProblemError(message, "Choose smaller sizes.", (name,))
    return np.broadcast_to(dtype.type(0), shape)


@record(frozen=True)
class Shaped:
    """The shapes of the matrices that sizes imply, by name, in the layout `rows`.

    A `prefix`, such as `decoder.layers.1.self.`, stands before the names of a sublayer's matrices.
    """

    sizes: Sizes
    biases: str
    is_learned: bool
    final_norm: bool

    def matrices(self) -> Shapes:
        """Yield the shapes of all matrices, for one attention or for layers."""
        kind = LAYERS.get(self.sizes.kind)
        if kind is None:
            yield from self.attention()
        else:
            for stack in kind.stacks:
                yield from self.stack(stack, "n" if stack == kind.last else "m")
            if kind.inputs.get("memory") == "memory":
                yield from self.tokens("memory", "m")
        if self.sizes.has("words"):
            yield from self.linear("", "out", self.sizes["d_model"], self.sizes["words"])

    def attention(self) -> Shapes:
        """Yield X and its projections, or Q, K and V; then the weights."""
        sizes = self.sizes
        if sizes.has("d_model"):
            yield from self.tokens("X", "n")
            if sizes.has("m"):
                yield from self.tokens("memory", "m")
            yield from self.position("", "n")
        else:
            counts = (sizes["n"], sizes["m"], sizes["m"])
            for name, count, width in zip("QKV", counts, sizes.widths, strict=True):
                yield name, (*sizes.batch, count, width)
        several = sizes["d_model"] if sizes.heads > 1 and sizes.has("d_model") else None
        yield from self.weights("", sizes["d_out"] if sizes.has("d_out") else several)
        yield from self.past("")

    def tokens(self, name: str, count: str) -> Shapes:
        """Yield the shape of X or memory; `count` is the size of its tokens, n or m."""
        yield name, (*self.sizes.batch, self.sizes[count], self.sizes["d_model"])

    def position(self, prefix: str, count: str) -> Shapes:
        """Yield the learned positions if they are chosen."""
        if self.is_learned:
            yield f"{prefix}position", (self.sizes[count], self.sizes["d_model"])

    def weights(self, prefix: str, d_out: int | None) -> Shapes:
        """Yield the projections of one attention, and the weights of its scoring function."""
        sizes = self.sizes
        if sizes.has("d_model"):
            for letter, width in zip("qkv", sizes.widths, strict=True):
                yield from self.linear(prefix, letter, sizes["d_model"], width)
        if d_out:
            yield from self.linear(prefix, "o", sizes.heads * sizes["d_v"], d_out)
        for name, axes in sizes.scoring.shapes.items():
            yield prefix + name, shape_of(axes, sizes.__getitem__)

    def linear(self, prefix: str, letter: str, d_in: int, d_out: int) -> Shapes:
        """Yield a weight, and its bias if it has one."""
        yield f"{prefix}W_{letter}", (d_in, d_out)
        if self.biases == "all" or (self.biases == "ffn" and prefix.endswith("ffn.")):
            yield f"{prefix}b_{letter}", (d_out,)

    def past(self, prefix: str) -> Shapes:
        """Yield the cached keys and values of earlier calls."""
        sizes = self.sizes
        if sizes.has("past"):
            heads = (sizes.kv_heads,) if sizes.heads > 1 else ()
            for name, width in (("K_past", sizes["d_k"]), ("V_past", sizes["d_v"])):
                yield prefix + name, (*sizes.batch, *heads, sizes["past"], width)

    def stack(self, stack: Stack, count: str) -> Shapes:
        """Yield the inputs of one stack, its layers, and the norm after them."""
        side = stack.prefix
        yield from self.tokens(f"{side}X", count)
        yield from self.position(side, count)
        layers = [side]
        if self.sizes.has("layers"):
            numbers = range(1, self.sizes["layers"] + 1)
            layers = [f"{side}layers.{number}." for number in numbers]
        for prefix in layers:
            yield from self.layer(prefix, stack)
        if self.final_norm:
            yield from self.norm(f"{side}norm_final.")

    def layer(self, prefix: str, stack: Stack) -> Shapes:
        """Yield the weights of the sublayers of one layer, and of their norms."""
        for name in stack.attentions:
            yield from self.weights(f"{prefix}{name}.", self.sizes["d_model"])
        yield from self.past(f"{prefix}self.")
        if FFN in stack.sublayers:
            yield from self.feed_forward(f"{prefix}ffn.")
        for number in range(1, len(stack.sublayers) + 1):
            yield from self.norm(f"{prefix}norm_{number}.")

    def feed_forward(self, prefix: str) -> Shapes:
        """Yield W_1 and W_2 with their biases; a gated activation also needs W_3."""
        d_model, d_ff = self.sizes["d_model"], self.sizes["d_ff"]
        yield from self.linear(prefix, "1", d_model, d_ff)
        if ACTIVATIONS[self.sizes.choices.activation].gated:
            yield from self.linear(prefix, "3", d_model, d_ff)
        yield from self.linear(prefix, "2", d_ff, d_model)

    def norm(self, prefix: str) -> Shapes:
        """Yield the learned vectors of a norm."""
        yield f"{prefix}gamma", (self.sizes["d_model"],)
        if self.sizes.choices.norm_kind == "layer":
            yield f"{prefix}beta", (self.sizes["d_model"],)
