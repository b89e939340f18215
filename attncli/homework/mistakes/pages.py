"""The pages of the catalogue: each mistake with its family, and an example where one is wanted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from attncli.errors import AttncliError
from attncli.homework.mistakes.catalogue import FAMILIES, MISTAKES
from attncli.homework.mistakes.examples import Example, example_of
from attncli.homework.mistakes.mistake import Mistake
from attncli.records import record
from attncli.words import did_you_mean


@record(frozen=True)
class MistakePage:
    """A mistake, the heading of its family, and an example of it."""

    mistake: Mistake
    family: str
    example: Example | None = None


@record(frozen=True)
class MistakePages:
    """Pages in the order of the calculation; those of a whole catalogue have no examples."""

    pages: Sequence[MistakePage]
    is_catalogue: bool


def pages_of(names: Collection[str]) -> MistakePages:
    """Return the pages of the mistakes of these names, each with an example; of all without names.

    Raises AttncliError for an unknown name.
    """
    for name in names:
        if name not in MISTAKES:
            message = f"{name!r} is not a known mistake{did_you_mean(name, MISTAKES)}."
            raise AttncliError(message, "attncli check --mistakes lists them all.")
    pages = [
        MistakePage(mistake, family, example_of(mistake) if names else None)
        for family, entries in FAMILIES.items()
        for mistake in entries
        if not names or mistake.name in names
    ]
    return MistakePages(pages, not names)
