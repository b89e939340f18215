"""The worth of an exercise as JSON."""

from __future__ import annotations

from typing import Any

from attncli.homework.exercises.demands import DEMANDS
from attncli.homework.exercises.worth import Worth
from attncli.render.standard_data import to_json
from attncli.render.view import View


def worth_json(worth: Worth, _: View) -> str:
    """Return one object: the mistakes that the output hides, and the flaws on the numbers."""
    return to_json(
        {
            "title": worth.title,
            "decimals": worth.decimals,
            "steps": worth.effects.steps,
            "mistakes": worth.effects.names,
            "invisible": [
                {
                    "mistake": each.name,
                    "shown_by": each.step,
                    "always": worth.is_always_unseen(each),
                }
                for each in worth.invisible
            ],
            "look_alikes": [
                {
                    "mistakes": group.classes,
                    "told_apart_by": group.steps,
                    "always": worth.is_always_alike(group),
                }
                for group in worth.look_alikes
            ],
            "flaws": _flaws(worth),
            "no_calculation": [
                {"step": step, "cells": trivial, "of": cells}
                for step, (trivial, cells) in worth.trivial.items()
            ],
        }
    )


def _flaws(worth: Worth) -> list[dict[str, Any]]:
    return [
        {"demand": DEMANDS[name].help, "step": flaw.step, "text": flaw.text}
        for name, flaws in worth.flaws.items()
        for flaw in flaws
    ]
