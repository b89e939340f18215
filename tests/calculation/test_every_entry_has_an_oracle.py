"""Test that each registered entry is calculated a second time: in loops, or by a framework."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from functools import cache
from inspect import signature
from typing import Any

import pytest

from attncli.calculation.algebra.layouts import LAYOUTS
from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.calculation.conventions import CONVENTIONS, PAPER
from attncli.calculation.masks.mask_rules import MASKS
from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.positions.position_schemes import POSITIONS
from attncli.calculation.scoring.scoring_functions import SCORING
from tests import layered, oracle, oracle_layers, oracle_positions
from tests.running import ROOT


def chosen(document: Mapping[str, Any], choice: str) -> Iterator[str]:
    """Return the kinds that a document, or a sublayer of it, names for a choice."""
    for name, value in document.items():
        if name in (choice, f"{choice}s"):
            values = value if name == f"{choice}s" else [value]
            words = [next(iter(v)) if isinstance(v, dict) else v for v in values]
            yield from (word.partition(":")[0] for word in words if isinstance(word, str))
        elif isinstance(value, dict):
            yield from chosen(value, choice)


@cache
def frozen(choice: str) -> set[str]:
    """Return the kinds that a document of tests/reference names for a choice."""
    return {
        kind
        for file in (ROOT / "tests/reference").glob("*.json")
        for case in json.loads(file.read_text("utf-8"))["cases"]
        for kind in chosen(case["document"], choice)
    }


def in_documents(entries: object) -> Iterator[str]:
    """Return the names in the documents of tests/reference, at any depth."""
    for name, value in entries.items() if isinstance(entries, dict) else ():
        yield name
        yield from in_documents(value)


@cache
def choices_of_others() -> set[str]:
    """Return the choices that the oracle takes as keywords, or that frozen documents make."""
    keywords = {
        *signature(oracle.attention).parameters,
        *(field.name for field in fields(oracle_layers.Choices)),
    }
    documents = (
        case["document"]
        for file in (ROOT / "tests/reference").glob("*.json")
        for case in json.loads(file.read_text("utf-8"))["cases"]
    )
    return keywords.union(*map(in_documents, documents))


# Each registry by the choice that names its entries, and its entries in plain loops. By default
# the oracle adds no positions, and calculates as the paper does.
REGISTRIES: dict[str, tuple[Collection[str], Collection[str]]] = {
    "score": (SCORING, oracle.SCORES),
    "normaliser": (NORMALISERS, oracle.NORMALISERS),
    "mask": (MASKS, oracle.MASKS),
    "position": (POSITIONS, ["none", *oracle_positions.POSITIONS]),
    "activation": (ACTIVATIONS, oracle_layers.ACTIVATIONS),
    "convention": (CONVENTIONS, [PAPER.name]),
    "layout": (LAYOUTS, oracle.LAYOUTS),
    "layer": (LAYERS, layered.KINDS),
}


@pytest.mark.parametrize(
    ("choice", "entry"),
    [(choice, entry) for choice, (registry, _) in REGISTRIES.items() for entry in registry],
)
def test_every_entry_has_an_oracle(choice: str, entry: str) -> None:
    """Every registered entry has an oracle, because the program cannot prove itself right."""
    _, in_loops = REGISTRIES[choice]
    assert entry in {*in_loops, *frozen(choice)}, (
        f"{choice} {entry} has no oracle: write it in plain loops in a file "
        "tests/oracle*.py, or freeze what a framework gives with a script of tests/reference."
    )


@pytest.mark.parametrize("choice", REGISTRIES)
def test_every_oracle_has_an_entry(choice: str) -> None:
    """Every entry of the oracle is still registered."""
    registry, in_loops = REGISTRIES[choice]
    gone = {*in_loops, *frozen(choice)} - set(registry) - {"learned"}
    assert not gone, f"{choice} {', '.join(sorted(gone))} is tested, but no longer registered."


WORDS = {"title", "note", "tokens", "memory_tokens"}  # choices that change no number


@pytest.mark.parametrize("choice", [name for name in CHOICES if name not in WORDS])
def test_every_choice_has_an_oracle(choice: str) -> None:
    """Every choice that changes numbers is calculated by an oracle too."""
    assert choice in choices_of_others(), (
        f"the choice {choice} has no oracle: make it a keyword of the oracle and "
        "compare, or freeze what a framework gives with a script of tests/reference."
    )
