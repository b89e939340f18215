"""Run the program, as `attncli` or as `python -m attncli`."""

import gc
import os
import sys
from importlib import import_module
from types import ModuleType

from attncli.ending import end_on_signals

LAST_STANDARD_STREAM = 2  # the file descriptor of standard error


class WhenUsed(ModuleType):
    """A module that is loaded when one of its names is used, not when it is imported.

    Loading NumPy takes half the time of a small run; help and completion do not need NumPy.
    """

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)  # the next use finds the name without this function
        return value


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
