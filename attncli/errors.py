"""What can go wrong for a user: a short fact, and what to try."""

from __future__ import annotations

from attncli.words import printable


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
