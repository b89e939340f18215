"""`python -m attncli` is the command `attncli`."""

from attncli.cli import main

main(prog_name="attncli")
