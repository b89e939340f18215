"""Results that come back as answers: each must pass, and a changed one must not."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.fuzz.odd_values import Document, sound_document
from tests.fuzz.trial import Outcome, Trial
from tests.running import run

LARGEST, LOWEST = 1e6, -50.0  # a number beyond these may hide a key, whatever it is exactly


def returned_answer(random: random.Random) -> Trial:
    """Return a check of a document's own result, as JSON, CSV, TSV or NPZ, whole or changed."""
    document = sound_document(random)
    text = json.dumps(document)
    form = random.choice(("json", "json", "csv", "tsv", "npz"))
    result = run("compute", "-", "-f", form, stdin=text)
    if result.exit_code:
        return Trial(("compute", "-", "-f", form), text.encode())
    content = result.stdout_bytes
    has_nan = "Warning" in result.stderr
    is_changed = form == "json" and random.random() < 0.4
    if is_changed:
        content = json.dumps(_with_a_wrong_number(random, json.loads(content))).encode()

    def judge(outcome: Outcome) -> str:
        if has_nan or outcome.status == is_changed:
            return ""
        kind = "a changed result passes" if is_changed else f"a result as {form} does not pass"
        return f"{kind}\n{text}\n{content!r}\n{outcome.stdout.decode()}{outcome.stderr}"

    arguments = ["check", "problem.json", f"answer.{form}"]
    arguments += ["-f", "json"] * (random.random() < 0.5)
    files = {"problem.json": text.encode(), f"answer.{form}": content}
    return Trial(tuple(arguments), files=files, judge=judge)


def _with_a_wrong_number(random: random.Random, result: Document) -> Document:
    """Return a result in which one number of usual size is another one."""
    places = [place for name, part in result.items() for place in _numbers(part, name)]
    if not places:
        return {}
    row, i = random.choice(places)
    row[i] += random.choice((1, -2, 10)) * (abs(row[i]) + 1)
    return result


def _numbers(part: Any, name: str) -> Any:
    """Yield every list of numbers in a step, with each index of a number of usual size."""
    if name.endswith("tokens"):
        return
    if isinstance(part, dict):
        for inner, value in part.items():
            yield from _numbers(value, inner)
    elif isinstance(part, list):
        for i, value in enumerate(part):
            if isinstance(value, int | float) and LOWEST < value < LARGEST:
                yield part, i
            else:
                yield from _numbers(value, name)
