"""The catalogue of mistakes as JSON."""

from __future__ import annotations

from typing import Any

from attncli.homework.mistakes.pages import MistakePage, MistakePages
from attncli.render.standard_data import to_json
from attncli.render.view import View


def mistakes_json(mistakes: MistakePages, _: View) -> str:
    """An object for each mistake: name, formula, family, its words, and an example on a page."""
    return to_json([_object(page) for page in mistakes.pages])


def _object(page: MistakePage) -> dict[str, Any]:
    entry, example = page.mistake, page.example
    words = {"done": entry.done, "right": entry.right, "why": entry.why}
    found = {"name": entry.name, "formula": entry.formula, "family": page.family, **words}
    if example is None:
        return found
    matrices = {"right": example.right.astype(float), "wrong": example.wrong.astype(float)}
    return {
        **found,
        "example": {
            "command": example.command,
            "step": example.step.name,
            **{name: matrix.tolist() for name, matrix in matrices.items()},
        },
    }
