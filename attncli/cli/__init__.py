"""The commands: thin, with heavy imports inside their bodies. Only this room knows click."""

from attncli.cli.program import cli

__all__ = ["cli"]
