"""Run the program, as `attncli` or as `python -m attncli`."""

import gc
import os
import sys
from _thread import start_new_thread
from importlib import import_module
from types import ModuleType

from attncli.ending import end_on_signals

LAST_STANDARD_STREAM = 2  # the file descriptor of standard error
LEAST_MEMORY = 160 * 2**20  # bytes of addresses with which a sample can be calculated
MEMORY_OF_THREADS = 2**30  # bytes of addresses with which NumPy may start threads


class WhenUsed(ModuleType):
    """A module that is loaded when one of its names is used, not when it is imported.

    Loading NumPy takes half the time of a small run; help and completion do not need NumPy.
    """

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            _fit_into_limits()
            del sys.modules[self.__name__]
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)  # the next use finds the name without this function
        return value


def _fit_into_limits() -> None:
    """Let NumPy start one thread if the system has no other, or little memory for others.

    Its library OpenBLAS would otherwise end the program with status 1 or 130. Raises AttncliError
    if there is too little memory for one thread.
    """
    try:
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit
    except ImportError:  # Windows
        return
    limit, _ = getrlimit(RLIMIT_AS)
    if limit != RLIM_INFINITY and limit < LEAST_MEMORY:
        from attncli.errors import AttncliError

        message = f"the shell allows {limit >> 20} MiB of memory (ulimit -v), but NumPy needs"
        raise AttncliError(
            f"{message} {LEAST_MEMORY >> 20} MiB.", "Raise the limit in a new shell."
        )
    has_room = limit in (RLIM_INFINITY, max(limit, MEMORY_OF_THREADS))
    if not has_room or not _starts_threads():
        os.environ["OPENBLAS_NUM_THREADS"] = "1"


def _starts_threads() -> bool:
    """Return True if the system starts a thread; the user may have too many (`ulimit -u`)."""
    try:
        start_new_thread(int, ())
    except RuntimeError:
        return False
    return True


def main() -> None:
    """Run the program; a signal ends it without a traceback, even while it is loading."""
    end_on_signals()
    # A small run has no garbage, and the search for garbage would take a twentieth of its time.
    gc.set_threshold(100_000)
    _hold_standard_streams()
    sys.modules.setdefault("numpy", WhenUsed("numpy"))
    from attncli.cli.program import cli

    cli(prog_name="attncli")


def _hold_standard_streams() -> None:
    """Open the null device in place of each closed standard stream.

    A file that the program opens would otherwise become, for libraries, a standard stream.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= LAST_STANDARD_STREAM:
        pass
    os.close(descriptor)


if __name__ == "__main__":
    main()
