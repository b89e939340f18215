"""The commands: thin, with heavy imports inside their bodies. Only this room knows click."""

from attncli.cli.compute import compute
from attncli.cli.program import cli

cli.add_command(compute)

__all__ = ["cli"]
