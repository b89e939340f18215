"""Run the program, as `attncli` or as `python -m attncli`."""

import gc
import sys
from importlib import import_module
from types import ModuleType


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
    """Run the program; an interruption ends it without a traceback, even while it is loading."""
    # A small run has no garbage, and the search for garbage would take a twentieth of its time.
    gc.set_threshold(100_000)
    try:
        sys.modules.setdefault("numpy", WhenUsed("numpy"))
        from attncli.cli.program import cli

        cli(prog_name="attncli")
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as a shell reports it


if __name__ == "__main__":
    main()
