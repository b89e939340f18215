"""A place in a document of layers: the entries under a name, and the choices that apply."""

from __future__ import annotations

from collections.abc import Iterator

from attncli.calculation.choices.choices import CHOICES, Choices
from attncli.calculation.problem.document import MASKS, Document, Entry
from attncli.errors import ProblemError
from attncli.records import record

# The choices that a sublayer does not take from the layer around it.
OF_THE_WHOLE = {
    *("layer", "title", "note", "tokens", "memory_tokens"),
    *("position", "scale_embeddings", *MASKS),
}


@record(frozen=True)
class Nested:
    """The entries under a path: ("encoder", "layers", "1") for `encoder.layers.1.self.W_q`."""

    document: Document
    path: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """The path as it stands before names in the document: `encoder.layers.1.`."""
        return "".join(f"{name}." for name in self.path)

    def within(self, *names: str) -> Nested:
        """Return the place under these names."""
        return Nested(self.document, self.path + names)

    def scopes(self) -> Iterator[str]:
        """Yield the prefixes of this place and all places around it, the innermost first."""
        for length in range(len(self.path), -1, -1):
            yield Nested(self.document, self.path[:length]).prefix

    def has(self, name: str) -> bool:
        """Return True if this place has entries under `name`."""
        return any(key.startswith(f"{self.prefix}{name}.") for key in self.document.entries)

    def own(self) -> dict[str, Entry]:
        """Return the entries directly at this place, by their last names."""
        return dict(self.document.by_place.get(self.prefix, {}))

    def matrices(self) -> dict[str, Entry]:
        """Return the entries directly at this place that are not choices."""
        return {name: entry for name, entry in self.own().items() if name not in CHOICES}

    def choices(self) -> dict[str, Entry]:
        """Return the choices that apply here; the innermost scope wins."""
        found: dict[str, Entry] = {}
        for prefix in self.scopes():
            for name in CHOICES.keys() - OF_THE_WHOLE:
                if prefix + name in self.document.entries:
                    found.setdefault(name, self.document.entries[prefix + name])
        return found

    def chosen(self) -> Choices:
        """Return the choices that apply here, as values."""
        return Choices.read({name: entry.value for name, entry in self.choices().items()})

    def masks(self, sublayer: str, least: int) -> dict[str, str]:
        """Return the full names of a sublayer's masks: its own, else those of the scopes around it.

        In an outer scope, `mask` is for self-attention and `cross.mask` for cross-attention. Scopes
        with a path shorter than `least` are not searched.
        """
        behind = "" if sublayer == "self" else f"{sublayer}."
        around = list(self.scopes())[: len(self.path) + 1 - least]
        for prefix in (self.within(sublayer).prefix, *(scope + behind for scope in around)):
            found = {
                name: prefix + name for name in MASKS if prefix + name in self.document.entries
            }
            if found:
                return found
        return {}

    def numbers(self) -> list[int]:
        """Return the numbers of the layers here, from 1. Raises ProblemError if one is missing."""
        prefix = f"{self.prefix}layers."
        found = {
            key.removeprefix(prefix).partition(".")[0]
            for key in self.document.entries
            if key.startswith(prefix)
        }
        numbers = sorted(int(number) for number in found if number.isdecimal())
        if numbers != list(range(1, len(found) + 1)):
            listed = ", ".join(sorted(found, key=lambda number: (len(number), number)))
            message = f"the layers are numbered {listed}, but the numbers must be 1, 2, 3, …"
            raise ProblemError(message, f"Name them {prefix}1, {prefix}2, …")
        return numbers
