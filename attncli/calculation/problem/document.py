"""A document: named matrices plus choices, and where each was written."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from attncli.records import record

MASKS = ("mask", "masks")


@record(frozen=True)
class Entry:
    """A matrix (an array) or a choice as it was written, and the file or option it stands in."""

    value: object
    source: str
    row_labels: tuple[str, ...] | None = None
    column_labels: tuple[str, ...] | None = None


@record(frozen=True)
class Document:
    """Entries by their canonical names, on paper: nothing is transposed or checked yet.

    `sources` are the files, literals and options that it was gathered from.
    """

    entries: Mapping[str, Entry]
    sources: tuple[str, ...] = ()

    def merged(self, later: Document) -> Document:
        """Both together; what comes later wins, and its masks replace all earlier ones there."""
        earlier = dict(self.entries)
        for name in later.entries:
            scope, dot, last = name.rpartition(".")
            if last in MASKS:
                for mask in MASKS:
                    earlier.pop(scope + dot + mask, None)
        return Document({**earlier, **later.entries}, self.sources + later.sources)

    def source(self, names: Collection[str]) -> str:
        """Where these names were written; all the sources where these say nothing."""
        wanted = [*names, *(MASKS if any(name.startswith("mask") for name in names) else ())]
        known = [self.entries[name].source for name in wanted if name in self.entries]
        return ", ".join(dict.fromkeys(known or self.sources))
