"""Options that decide which steps of an answer are right, and what they are worth."""

from __future__ import annotations

from attncli.cli.options import option
from attncli.cli.values import whole_number

decimals_option = option(
    "--decimals",
    type=whole_number(0, 20),
    metavar="N",
    help="Decimals that must be right, from 0 to 20 (default: the decimals as written).",
)
strict_option = option(
    "--strict", is_flag=True, help="Fail steps that are rounded too early or to too few digits."
)
points_option = option(
    "--points",
    metavar="N|STEP=N,...",
    default="",
    help="Show points: N for each step (default: 1), or STEP=N; 0,output=2 combines both.",
)
required_option = option(
    "--required",
    metavar="STEP,...",
    default="",
    help="Show points, also of these steps if the answer lacks them (default: of the last step).",
)
