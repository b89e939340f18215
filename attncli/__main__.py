"""`attncli`, and `python -m attncli`."""

import gc
import sys
from importlib import import_module
from types import ModuleType


class WhenUsed(ModuleType):
    """A module that is loaded when something of it is used, not when it is imported.

    Half the time of a small run is NumPy's own start; help and completion do not need it.
    """

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)  # from now on it is found without coming here
        return value


def main() -> None:
    """Run the program; an interruption while it is still loading ends as quietly as one later."""
    # Looking for garbage, of which a small run has none, would take a twentieth of its time.
    gc.set_threshold(100_000)
    try:
        sys.modules.setdefault("numpy", WhenUsed("numpy"))
        from attncli.cli.program import cli

        cli(prog_name="attncli")
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as a shell says it


if __name__ == "__main__":
    main()
