"""The commands: thin, with heavy imports inside their bodies. Only this room knows click."""

from attncli.cli.check import check
from attncli.cli.compare import compare
from attncli.cli.compute import compute
from attncli.cli.explain import explain
from attncli.cli.mask import mask
from attncli.cli.program import cli
from attncli.cli.why_scale import why_scale

cli.add_command(compute)
cli.add_command(check)
cli.add_command(compare)
cli.add_command(mask)
cli.add_command(explain)
cli.add_command(why_scale)

__all__ = ["cli"]
