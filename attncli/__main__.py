"""`attncli`, and `python -m attncli`."""

import signal
import sys


def main() -> None:
    """Run the program; an interruption while it is still loading ends as quietly as one later."""
    try:
        from attncli.cli import cli

        cli(prog_name="attncli")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
