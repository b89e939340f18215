"""Write the document of an order: title, choices, labels, and matrices of small numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from attncli.calculation.algebra.layouts import Shape
from attncli.calculation.choices.choices import CHOICES, Choices
from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.calculation.counting.document_of_sizes import Shaped
from attncli.calculation.counting.sizes import Sizes
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.problem.document import Document, Entry
from attncli.errors import ProblemError
from attncli.homework.exercises.drawn_numbers import VALUES, Dice, Values, drawn
from attncli.homework.exercises.kinds import KINDS, Kind
from attncli.homework.exercises.orders import Nested, Order
from attncli.records import record
from attncli.words import in_words, option_name

MOST_NUMBERS = 10**6  # a document with more numbers is too large for an exercise

ENGLISH = ("I", "love", "math", "and", "the", "cats", "that", "sleep", "on", "old", "red", "sofas")
FRENCH = ("j'aime", "bien", "les", "maths", "et", "ton", "chat", "qui", "dort", "sur", "un", "lit")
START = "<s>"  # the token before the first word of a decoder
FIRST = 1  # the number of the first draw
OF_LAYERS = ("norm", "activation")  # choices that only layers have
LABELS = {"n": "--tokens", "m": "--memory-tokens"}  # by the size that counts them


@record(frozen=True)
class Blank:
    """A document without its numbers: the entries before them, and the shapes of its matrices."""

    order: Order
    entries: Nested
    shapes: Mapping[str, Shape]
    values: Values

    def numbers(self, draw: int = FIRST) -> dict[str, Any]:
        """Return the numbers of each matrix; each `draw`, counted from 1, has other numbers."""
        is_enlarged = "scale_embeddings" in self.entries
        again = "" if draw == FIRST else f" {draw}"
        return {
            name: drawn(
                name, shape, Dice(f"{self.order.seed} {name}{again}"), self.values, is_enlarged
            )
            for name, shape in self.shapes.items()
        }

    def filled(self, draw: int = FIRST) -> Nested:
        """Return the document of a draw."""
        return {**self.entries, **nested(self.numbers(draw))}


def blank_of(order: Order, values: Values | None = None) -> Blank:
    """Return the blank of an order; `values` replaces its own values.

    Raises ProblemError if the sizes and tokens do not fit the kind.
    """
    kind = KINDS[order.kind]
    sizes = _sizes(order, kind)
    for name in OF_LAYERS:
        if kind.layer is None and name in order.choices:
            message = f"{option_name(name)} has no effect on {kind.name}, which has no layers."
            raise ProblemError(message, f"Leave it out, or choose {in_words([*LAYERS], 'or')}.")
    chosen = {name: CHOICES[name].read(value) for name, value in order.choices.items()}
    choices = {**kind.choices, **chosen}
    is_stack = kind.layer is not None and (kind.layer.is_composed or "layers" in sizes)
    shapes = _shapes(sizes, choices, is_stack and choices.get("norm") == "pre")
    entries = {
        "title": title(kind, sizes.get("layers", 1)),
        "note": order.command(),
        **choices,
        **_labels(order, kind, sizes, shapes),
    }
    return Blank(order, entries, shapes, values or VALUES[order.values or kind.values])


def made(order: Order) -> Nested:
    """Return the document of the first draw, as compute reads it.

    It holds title, choices, labels and matrices. Raises ProblemError if the sizes do not fit.
    """
    return blank_of(order).filled()


def _sizes(order: Order, kind: Kind) -> dict[str, int]:
    """Return the sizes of an order. Raises ProblemError if they do not fit its tokens."""
    sizes = {**kind.sizes, **order.sizes}
    for name, words in order.labelled.items():
        option = LABELS[name]
        if name not in kind.sizes:
            message = f"{option} has no effect on {kind.name}, which has no memory."
            raise ProblemError(message, "Leave it out, or choose another kind.")
        sizes[name] = len(words)
        if order.sizes.get(name, len(words)) != len(words):
            message = f"--{name} is {order.sizes[name]}, but {option} has {len(words)} words."
            raise ProblemError(message, f"Leave out --{name}.", (name,))
    if sizes.get("layers") == 1:  # one layer needs no list
        del sizes["layers"]
    return sizes


def _shapes(
    given: Mapping[str, int], choices: Mapping[str, object], has_last_norm: bool
) -> dict[str, Shape]:
    """The shapes of all matrices. Raises ProblemError if they hold over `MOST_NUMBERS` numbers."""
    sizes = Sizes(given, Choices.read(choices))
    shapes = dict(Shaped(sizes, "ffn", False, has_last_norm).matrices())
    sizes.check_used(())
    numbers = sum(map(prod, shapes.values()))
    if numbers > MOST_NUMBERS:
        message = f"these sizes make {numbers} numbers: too many to calculate with."
        raise ProblemError(message, "Choose smaller ones; attncli cost counts sizes of any size.")
    inputs = {name: shape for name, shape in shapes.items() if name in ("X", "memory")}
    return inputs | shapes


def title(kind: Kind, layers: int) -> str:
    """Return the title, such as `An encoder layer` or `A decoder of 2 layers`."""
    if kind.layer is None:
        return kind.title
    if kind.layer.is_composed:
        return f"A small {kind.name.capitalize()}"
    return f"{kind.title} layer" if layers == 1 else f"{kind.title} of {layers} layers"


def _labels(
    order: Order, kind: Kind, sizes: Mapping[str, int], shapes: Mapping[str, Shape]
) -> dict[str, list[str]]:
    """Return a word for each token, if there are enough; a decoder's X is one word behind."""
    is_decoder = kind.layer is not None and kind.layer.last.is_causal
    own = order.tokens or ((START, *ENGLISH) if is_decoder else ENGLISH)
    found = {}
    if sizes["n"] <= len(own):
        found["tokens"] = list(own[: sizes["n"]])
    has_memory = "K" in shapes or "memory" in (kind.layer.inputs if kind.layer else shapes)
    count = sizes.get("m", sizes["n"])
    others = order.memory_tokens or FRENCH
    if has_memory and count <= len(others):
        found["memory_tokens"] = list(others[:count])
    return found


def nested(matrices: Mapping[str, Any]) -> Nested:
    """Return names with dots as nested objects, and numbered layers as a list of objects."""
    document: Nested = {}
    for name, matrix in matrices.items():
        place: Any = document
        *scopes, last = name.split(".")
        for scope in scopes:
            if scope.isdecimal():
                if int(scope) > len(place):
                    place.append({})
                place = place[int(scope) - 1]
            else:
                place = place.setdefault(scope, [] if scope == "layers" else {})
        place[last] = matrix
    return document


def document_of(value: Nested) -> Document:
    """Return a nested document as the program reads it."""
    return Document(dict(_entries(value, "")))


def _entries(value: Nested, scope: str) -> Iterator[tuple[str, Entry]]:
    """Yield the entries of a nested document under their names with dots, matrices as arrays."""
    for name, entry in value.items():
        if isinstance(entry, dict) and name != "mask":
            yield from _entries(entry, f"{scope}{name}.")
        elif name == "layers":
            for number, layer in enumerate(entry, 1):
                yield from _entries(layer, f"{scope}layers.{number}.")
        else:
            is_matrix = last_of(name) in MATRICES and isinstance(entry, list)
            yield scope + name, Entry(np.array(entry, dtype=float) if is_matrix else entry, "")
