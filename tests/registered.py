"""A small document for every entry of every registry, for the laws of all entries.

An entry without an example here fails in `tests/calculation/test_registries.py`. The documents are
as JSON has them, so that the program can read them as files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.calculation.conventions import CONVENTIONS
from attncli.calculation.masks.mask_rules import MASKS
from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.positions.position_schemes import POSITIONS
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.homework.exercises.new_documents import made
from attncli.homework.exercises.orders import Order
from tests.matrices import Document, matrix

N, D, HIDDEN = 5, 8, 3

Make = Callable[[str], Document]  # makes a document that has this entry


def of_tokens(**choices: object) -> Document:
    """Return queries, keys and values of the same tokens."""
    return {**{name: matrix(name, N, D) for name in "QKV"}, **choices}


def projected(**choices: object) -> Document:
    """Return X and its projections, for two heads."""
    weights = {f"W_{letter}": matrix(letter, D, D) for letter in "qkv"}
    return {"X": matrix("X", N, D), **weights, "heads": 2, **choices}


def cached(**choices: object) -> Document:
    """Return queries, keys and values of the same tokens, after two cached tokens."""
    past = {f"{name}_past": matrix(f"{name} past", 2, D) for name in "KV"}
    return of_tokens(**past, **choices)


def layer(kind: str, **choices: object) -> Document:
    """Return the document that `attncli new` writes for a kind of layer."""
    return made(Order(kind, {}, choices, 1))


def scored(score: str) -> Document:
    """Return Q, K, V and the weights of a scoring function."""
    sizes = {"d_q": D, "d_k": D, "hidden": HIDDEN, "d_q + d_k": 2 * D}
    shapes = SCORING[score].shapes.items()
    weights = {name: matrix(name, *(sizes[axis] for axis in axes)) for name, axes in shapes}
    return of_tokens(score=score, **weights)


# Entries with an argument or with options, as a user writes them.

MASKS_AS_WRITTEN: dict[str, Sequence[str]] = {
    "causal": ["causal", "causal:lower-right"],
    "padding": ["padding:3"],
    "window": ["window:1,2", "window:-1,1"],
}
POSITIONS_AS_WRITTEN: dict[str, Sequence[str]] = {
    "none": ["none"],
    "sinusoidal": ["sinusoidal", "sinusoidal:halves,base=100"],
    "rope": ["rope", "rope:interleaved,dims=2,base=50"],
    "alibi": ["alibi"],
}

# A value for each choice, and the document that it changes.
CHOICES_AS_GIVEN: dict[str, Document] = {
    "score": of_tokens(score="dot"),
    "heads": of_tokens(heads=4),
    "kv_heads": {**of_tokens(heads=4, kv_heads=1), "K": matrix("k", N, 2), "V": matrix("v", N, 2)},
    "scale": of_tokens(scale=0.3),
    "softcap": of_tokens(softcap=0.8),
    "normaliser": of_tokens(normaliser="sigmoid"),
    "temperature": of_tokens(temperature=2.5),
    "mask": of_tokens(mask="window:2,0"),
    "masks": of_tokens(masks=["padding:4", "window:2,2"]),
    "mask_kind": of_tokens(mask=[[0, 0, 1, 0, 0]], mask_kind="drop"),
    "fill": of_tokens(mask="padding:4", fill=-3.5),
    "cache_lens": {**of_tokens(cache_lens=[4], mask="causal"), "Q": matrix("q", 2, D)},
    "position": of_tokens(position="alibi"),
    "layout": of_tokens(layout="torch"),
    "dtype": of_tokens(dtype="float32"),
    "softmax_dtype": of_tokens(softmax_dtype="float32"),
    "convention": of_tokens(convention="keras", mask="window:1,1"),
    "layer": layer("encoder"),
    "norm": layer("encoder", norm="pre"),
    "norm_kind": layer("encoder", norm_kind="rms"),
    "eps": layer("encoder", eps=0.25),
    "activation": layer("encoder", activation="gelu"),
    "scale_embeddings": projected(scale_embeddings=True),
    "tokens": of_tokens(tokens=["a", "b", "c", "d", "e"]),
    "memory_tokens": of_tokens(memory_tokens=["a", "b", "c", "d", "e"]),
    "title": of_tokens(title="A title"),
    "note": of_tokens(note="A note"),
}

# Each registry, its entries, and how a user writes them; None means by their names.
WRITTEN: dict[str, tuple[Collection[str], Mapping[str, Sequence[str]] | None]] = {
    "score": (SCORING, None),
    "normaliser": (NORMALISERS, None),
    "mask": (MASKS, MASKS_AS_WRITTEN),
    "position": (POSITIONS, POSITIONS_AS_WRITTEN),
    "activation": (ACTIVATIONS, None),
    "convention": (CONVENTIONS, None),
    "layer": (LAYERS, None),
    "choice": (CHOICES, {name: [name] for name in CHOICES_AS_GIVEN}),
}
MAKERS: dict[str, Sequence[Make]] = {
    "score": [scored],
    "normaliser": [lambda text: of_tokens(normaliser=text, temperature=1.5)],
    "mask": [lambda text: of_tokens(mask=text), lambda text: cached(mask=text)],
    "position": [lambda text: projected(position=text)],
    "activation": [lambda text: layer("encoder", activation=text)],
    "convention": [lambda text: of_tokens(convention=text, mask="causal")],
    "layer": [layer],
    "choice": [lambda text: CHOICES_AS_GIVEN[text]],
}


def as_written() -> Iterator[tuple[str, str]]:
    """Return each registry with each of its entries, as a user writes it."""
    for registry, (entries, written) in WRITTEN.items():
        for entry in entries:
            for text in [entry] if written is None else written.get(entry, []):
                yield registry, text


EVERY: dict[str, Document] = {
    f"{registry} {text}" + ("" if at == 0 else ", cached"): make(text)
    for registry, text in as_written()
    for at, make in enumerate(MAKERS[registry])
}
