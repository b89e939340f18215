"""The errors that a user can cause: each has a short message, and a hint that says the cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attncli.words import in_short


class AttncliError(Exception):
    """A mistake in the input or the usage, never in the program.

    `message` names the object, the fact and the expectation; `hint` says how to correct the
    mistake. `names` are the matrices and choices that the message mentions: the command line looks
    up the file, argument or option of each and passes it to `at`.
    """

    def __init__(self, message: str, hint: str = "", names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.names = names
        self.where = ""

    def at(self, where: str) -> AttncliError:
        """Record where the error happened (a file, an option, standard input); return self.

        The first call counts: an inner place is more exact than an outer one.
        """
        self.where = self.where or where
        return self

    def __str__(self) -> str:
        return f"{in_short(self._with_place())} {in_short(self.hint)}".rstrip()

    def _with_place(self) -> str:
        """Return the message after its place; a message that begins with the place repeats nothing.

        The option `--mask-kind` is the place of messages about `mask_kind`.
        """
        if self.where.startswith("--"):
            name = self.where.removeprefix("--").replace("-", "_")
            if self.message.startswith(f"{name} "):
                return self.where + self.message.removeprefix(name)
        option, _, value = self.where.rpartition(" ")
        if value and self.message.startswith(f"{value} "):
            return f"{option} {self.message}".lstrip()
        if value and self.message.startswith(f"{value!r} "):
            return f"{option}: {self.message}".removeprefix(": ")
        return f"{self.where}: {self.message}" if self.where else self.message


class AttncliWarning(UserWarning):
    """A result that the user should look at twice, such as a query that may attend to nothing."""


class DocumentError(AttncliError):
    """A file or a literal that cannot be read or written."""


class ProblemError(AttncliError):
    """Names, choices and shapes that do not fit together in one calculation."""


@contextmanager
def errors_at(where: str) -> Iterator[None]:
    """Record in errors of the block that they happened at `where`: a file, or an option."""
    try:
        yield
    except AttncliError as error:
        raise error.at(where) from None
