"""`python -m attncli` is the command `attncli`."""

from attncli.cli import cli

cli(prog_name="attncli")
