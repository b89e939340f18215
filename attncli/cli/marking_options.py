"""Options that decide which steps of an answer are right, and what they are worth."""

from __future__ import annotations

from attncli.cli.options import complete, option, options, steps
from attncli.cli.values import distance, whole_number

CHECKING = ("decimals", "atol", "rtol", "strict", "points", "required")

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

# All options of checking: those of `CHECKING`, and the step of a matrix without a name.
checking_options = options(
    option(
        "--step",
        metavar="STEP",
        shell_complete=complete(steps),
        help="The step of a matrix that has no name in the answer.",
    ),
    decimals_option,
    option(
        "--atol",
        type=distance(),
        metavar="NUMBER",
        help="Largest difference at which a cell is right.",
    ),
    option(
        "--rtol",
        type=distance(),
        metavar="NUMBER",
        help="Largest relative difference at which a cell is right.",
    ),
    strict_option,
    points_option,
    required_option,
)
