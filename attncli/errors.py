"""What can go wrong for a user: a short fact, and what to try."""

from __future__ import annotations

from collections.abc import Iterable

MOST_MEANT = 3  # names that are suggested


class AttncliError(Exception):
    """A mistake of the input or the usage, never of the program.

    `message` says object, fact and expectation; `hint` says the cure. `names` are the matrices and
    choices it speaks of: the border looks up where they came from and puts that in `where`.
    """

    def __init__(self, message: str, hint: str = "", names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.names = names
        self.where = ""

    def at(self, where: str) -> AttncliError:
        """The same error, told where it happened: a file, an option, standard input."""
        self.where = self.where or where
        return self

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return printable(f"{text} {self.hint}".rstrip())


class DocumentError(AttncliError):
    """A file or a literal that cannot be read, or cannot be written."""


class ProblemError(AttncliError):
    """Names, choices and shapes that make no calculation together."""


def printable(text: str) -> str:
    """Text of the user on one line, without what would steer a terminal: that is spelled out."""
    if text.isprintable():
        return text
    return "".join(c.encode("unicode_escape").decode() if _steers(c) else c for c in text)


def _steers(character: str) -> bool:
    import unicodedata

    turns_text_round = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return turns_text_round or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def closest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known word that this one was probably meant to be."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=likeness)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'causal'?)` where a known word is close, else nothing.

    A name without the layer and the sublayer where it stands is that of several full names: the
    first of those, ` (did you mean 'self.weights' or 'cross.weights'?)`.
    """
    known = list(known)
    full = [name for name in known if name.casefold().endswith(f".{word.casefold()}")]
    close = closest(word, known)
    meant = full[:MOST_MEANT] or ([close] if close else [])
    return f" (did you mean {' or '.join(map(repr, meant))}?)" if meant else ""
