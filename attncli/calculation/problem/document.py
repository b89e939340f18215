"""A document: named matrices and choices, with the place where each was written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from attncli.records import record

MASKS = ("mask", "masks")


class JsonNumber(str):
    """A number of a JSON text, as it is written; in JSON, trailing zeros may have been lost."""


@record(frozen=True)
class Entry:
    """A matrix (an array) or a choice as it was written, and its source: a file or option.

    `is_torch_weight`: the key in the file is the name of a weight that PyTorch stores as
    d_out × d_in.
    """

    value: object
    source: str
    row_labels: tuple[str, ...] | None = None
    column_labels: tuple[str, ...] | None = None
    is_torch_weight: bool = False


@record(frozen=True)
class Document:
    """Entries by their canonical names, as they were written: not yet transposed or checked.

    `sources` are the files, literals and options that the entries come from.
    """

    entries: Mapping[str, Entry]
    sources: tuple[str, ...] = ()

    @cached_property
    def by_place(self) -> Mapping[str, Mapping[str, Entry]]:
        """The entries by their last names, for each prefix, such as `encoder.layers.1.self.`."""
        found: dict[str, dict[str, Entry]] = {}
        for name, entry in self.entries.items():
            scope, dot, last = name.rpartition(".")
            found.setdefault(scope + dot, {})[last] = entry
        return found

    def merged(self, later: Document) -> Document:
        """Return both documents as one; entries of `later` win, and its masks replace all masks."""
        earlier = dict(self.entries)
        for name in later.entries:
            scope, dot, last = name.rpartition(".")
            if last in MASKS:
                for mask in MASKS:
                    earlier.pop(scope + dot + mask, None)
        return Document({**earlier, **later.entries}, self.sources + later.sources)

    def source(self, names: Collection[str]) -> str:
        """Return the sources of the entries `names`; all sources if none of them has an entry."""
        wanted = [*names, *(MASKS if any(name.startswith("mask") for name in names) else ())]
        known = [self.entries[name].source for name in wanted if name in self.entries]
        return ", ".join(dict.fromkeys(known or self.sources))
