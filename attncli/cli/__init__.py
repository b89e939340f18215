"""The commands: thin, with slow imports inside functions. Only this package imports click."""

from attncli.cli.program import cli

__all__ = ["cli"]
