"""An order for an exercise, as the options of `attncli new` give it."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Any

from attncli.records import record
from attncli.words import option_name

DECIMALS = 2  # the usual decimals of an answer

Nested = dict[str, Any]  # a document as JSON holds it: objects, lists of numbers, words


@record(frozen=True)
class Order:
    """An order for an exercise: a kind, sizes and choices as the user gives them, and the seed.

    `tokens` are the labels of X or Q, `memory_tokens` those of memory or K. `values` is a name in
    `VALUES`; None is the usual name of the kind. Answers are asked with this many `decimals`.
    `reveal` are mistakes that must change the answer.
    """

    kind: str
    sizes: Mapping[str, int]
    choices: Mapping[str, object]
    seed: int
    tokens: tuple[str, ...] = ()
    memory_tokens: tuple[str, ...] = ()
    values: str | None = None
    decimals: int | None = None
    reveal: tuple[str, ...] = ()

    @property
    def labelled(self) -> dict[str, tuple[str, ...]]:
        """The labels that are given, by the size that counts them."""
        given = {"n": self.tokens, "m": self.memory_tokens}
        return {size: words for size, words in given.items() if words}

    def command(self) -> str:
        """Return the command that writes this document."""
        tokens, memory_tokens = " ".join(self.tokens), " ".join(self.memory_tokens)
        given = {
            "tokens": tokens or None,
            "memory_tokens": memory_tokens or None,
            "values": self.values,
            "decimals": self.decimals,
        }
        words = {**self.sizes, **self.choices, **given, "for": ",".join(self.reveal) or None}
        options = {**words, "seed": self.seed}
        said = (
            f"{option_name(name)} {quote(str(value))}"
            for name, value in options.items()
            if value is not None
        )
        return f"attncli new {self.kind} {' '.join(said)}"
