"""Make exercises: documents with matrices of small numbers that a person can calculate with.

The numbers are drawn with a seed, and are the same on every machine. Each kind of layer is one kind
of document that `attncli new` writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from random import Random
from typing import Any

from attncli.calculation.algebra.layouts import Role, Shape
from attncli.calculation.choices.choices import CHOICES, Choices
from attncli.calculation.choices.layer_kinds import LAYERS, LayerKind
from attncli.calculation.counting.document_of_sizes import Shaped
from attncli.calculation.counting.sizes import Sizes
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import option_name

MOST_NUMBERS = 10**6  # a document with more numbers is too large for an exercise

# Only halves, and few in a sum: products stay short, and few weights come near 0 or 1.
Numbers = Sequence[float]
TOKENS: Numbers = (-1, -0.5, 0, 0.5, 1, 1.5, 2)
ENLARGED: Numbers = (-0.5, 0, 0.5)  # for tokens that are multiplied by √d_model first
WEIGHTS: Numbers = (0.5, 0.5, 0.5, 1)  # with either sign
TERMS = 3  # the numbers in a column of a weight that are not 0, whatever its length
GAMMA: Numbers = (0.5, 1, 1.5)
ADDED: Numbers = (-0.5, 0, 0.5)  # beta, and biases

ENGLISH = ("I", "love", "math", "and", "the", "cats", "that", "sleep", "on", "old", "red", "sofas")
FRENCH = ("j'aime", "bien", "les", "maths", "et", "ton", "chat", "qui", "dort", "sur", "un", "lit")
START = "<s>"  # the token before the first word of a decoder

Nested = dict[str, Any]  # a document as JSON holds it: objects, lists of numbers, words


@record(frozen=True)
class Order:
    """An order for an exercise: a kind, sizes and choices as the user gives them, and the seed."""

    kind: str
    sizes: Mapping[str, int]
    choices: Mapping[str, object]
    seed: int

    def command(self) -> str:
        """Return the command that writes this document."""
        given = {**self.sizes, **self.choices, "seed": self.seed}
        said = (f"{option_name(name)} {value}" for name, value in given.items())
        return f"attncli new {self.kind} {' '.join(said)}"


def made(order: Order) -> Nested:
    """Return the document of an order, as compute reads it: title, choices, labels, matrices.

    Raises ProblemError if the kind is unknown, or if the sizes do not allow it.
    """
    kind = LAYERS[order.kind]
    sizes = {**kind.sizes, **order.sizes}
    if sizes.get("layers") == 1:  # one layer needs no list
        del sizes["layers"]
    chosen = {name: CHOICES[name].read(value) for name, value in order.choices.items()}
    choices = {"layer": order.kind, **kind.choices, **chosen}
    is_stack = kind.is_composed or "layers" in sizes
    has_last_norm = is_stack and choices.get("norm") == "pre"
    shapes = _shapes(sizes, choices, has_last_norm)
    tokens = ENLARGED if "scale_embeddings" in choices else TOKENS
    matrices = {name: drawn(name, shape, order.seed, tokens) for name, shape in shapes.items()}
    return {
        "title": title(kind, sizes.get("layers", 1)),
        "note": order.command(),
        **choices,
        **labels(kind, sizes),
        **nested(matrices),
    }


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


def title(kind: LayerKind, layers: int) -> str:
    """Return the title, such as `An encoder layer` or `A decoder of 2 layers`."""
    if kind.is_composed:
        return f"A small {kind.name.capitalize()}"
    name = f"{kind.article.capitalize()} {kind.name}"
    return f"{name} layer" if layers == 1 else f"{name} of {layers} layers"


def labels(kind: LayerKind, sizes: Mapping[str, int]) -> dict[str, list[str]]:
    """Return a word for each token, if there are enough; a decoder's X is one word behind."""
    own = (START, *ENGLISH) if kind.last.is_causal else ENGLISH
    found = {}
    if sizes["n"] <= len(own):
        found["tokens"] = list(own[: sizes["n"]])
    if "memory" in kind.inputs and sizes["m"] <= len(FRENCH):
        found["memory_tokens"] = list(FRENCH[: sizes["m"]])
    return found


def drawn(name: str, shape: Shape, seed: int, tokens: Numbers) -> list[Any]:
    """Return a vector, or rows of numbers; in each column of a weight, most numbers are 0.

    They are drawn with the seed and the name of the matrix: a larger n does not change the first
    rows.
    """
    dice, last = Dice(f"{seed} {name}"), last_of(name)
    if len(shape) == 1:
        values = GAMMA if last == "gamma" else ADDED
        return [dice.pick(values) for _ in range(shape[0])]
    rows, columns = shape
    if MATRICES[last].role is Role.WEIGHT:
        turned = [dice.column(rows) for _ in range(columns)]
        return [list(row) for row in zip(*turned, strict=True)]
    return [[dice.pick(tokens) for _ in range(columns)] for _ in range(rows)]


class Dice:
    """Choices made with a seed. Only `random()` is the same in every version of Python."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed).random

    def pick(self, values: Numbers) -> float:
        """Return one of these values."""
        return values[int(self._random() * len(values))]

    def column(self, rows: int) -> list[float]:
        """Return a column of a weight: a few numbers, each at its own place, and zeros."""
        places = list(range(rows))
        column: list[float] = [0] * rows
        for _ in range(min(TERMS, rows)):
            place = places.pop(int(self._random() * len(places)))
            column[place] = self.pick((1, -1)) * self.pick(WEIGHTS)
        return column


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
