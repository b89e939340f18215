"""The errors that a user can cause: each has a short message, and a hint how to correct it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attncli.words import printable


class AttncliError(Exception):
    """A mistake in the input or the usage, never in the program.

    `message` names the object, the fact and the expectation; `hint` says how to correct it. `names`
    are the matrices and choices that the message mentions: the command line looks up where they
    came from and passes that to `at`.
    """

    def __init__(self, message: str, hint: str = "", names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.names = names
        self.where = ""

    def at(self, where: str) -> AttncliError:
        """Record where the error happened (a file, an option, standard input); return it."""
        self.where = self.where or where
        return self

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return printable(f"{text} {self.hint}".rstrip())


class AttncliWarning(UserWarning):
    """A result that the user should look at twice, such as a query that may attend nothing."""


class DocumentError(AttncliError):
    """A file or a literal that cannot be read or written."""


class ProblemError(AttncliError):
    """Names, choices and shapes that do not fit together in one calculation."""


@contextmanager
def errors_at(where: str) -> Iterator[None]:
    """Record where errors happen: in which file, argument, option or standard input."""
    try:
        yield
    except AttncliError as error:
        raise error.at(where) from None
