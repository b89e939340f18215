"""The names that a command knows, at the end of its help."""

from __future__ import annotations

import click

from attncli.formats import FORMATS


class WithNames(click.Command):
    """A command whose help ends with the names it knows, read where they are registered."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from attncli.calculation.algebra.layouts import LAYOUTS
        from attncli.calculation.choices.choices import MASK_KINDS
        from attncli.calculation.conventions import CONVENTIONS
        from attncli.calculation.masks.mask_rules import MASKS
        from attncli.calculation.names.matrix_names import MATRICES
        from attncli.calculation.names.step_names import STEPS
        from attncli.calculation.operations.activations import ACTIVATIONS
        from attncli.calculation.operations.normalisers import NORMALISERS
        from attncli.calculation.positions.position_schemes import POSITIONS
        from attncli.calculation.scoring.scoring_functions import SCORING

        sections = {
            "Matrices": [(m.name, f"{m.shape}: {m.meaning}") for m in MATRICES.values()],
            "Steps (--only)": [("", " ".join(STEPS))],
            "Scoring functions (--score)": [
                (name, f"{entry.formula}: {entry.help}") for name, entry in SCORING.items()
            ],
            "Normalisers (--normaliser)": [
                (name, f"{entry.meaning}: {entry.help}") for name, entry in NORMALISERS.items()
            ],
            "Masks (--mask)": [
                *((entry.signature, entry.help) for entry in MASKS.values()),
                ("FILE, '[[1, 0], [1, 1]]'", "a matrix: 1 may be attended; or numbers to add"),
            ],
            "Positions (--position)": [
                *((entry.signature, entry.help) for entry in POSITIONS.values()),
                ("position=FILE", "learned: n × d_model, added to X"),
            ],
            "Cells of a mask matrix (--mask-kind)": list(MASK_KINDS.items()),
            "Layouts (--layout)": [(name, entry.help) for name, entry in LAYOUTS.items()],
            "Conventions (--convention)": [
                (name, entry.help) for name, entry in CONVENTIONS.items()
            ],
            "Activations of a feed-forward (--activation)": [
                (name, f"{entry.formula}: {entry.help}") for name, entry in ACTIVATIONS.items()
            ],
            "Formats (--format)": [
                (name, f"{entry.help}; {entry.suffix}") for name, entry in FORMATS.items()
            ],
        }
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)
