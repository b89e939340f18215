"""Documents with odd values, names, shapes and layers, in every command that reads a document."""

from __future__ import annotations

import json
import random
from typing import Any

from attncli.calculation.conventions import CONVENTIONS
from attncli.calculation.names.step_names import STEPS
from attncli.formats import FORMATS
from tests.fuzz.odd_values import Document, matrix, names, odd, sound_document
from tests.fuzz.trial import Trial


def odd_document(random: random.Random) -> Trial:
    """Return a command with a document that is sound but for a few changes."""
    document: Any = sound_document(random)
    for _ in range(random.choice((0, 1, 1, 1, 2, 3, 6))):
        document = changed(random, document)
    text = json.dumps(document, ensure_ascii=random.random() < 0.5)
    stdin = text.encode("utf-8", "surrogatepass")
    return Trial(_arguments(random, document), stdin, _answer(random, document))


def _arguments(random: random.Random, document: Any) -> tuple[str, ...]:
    """Return the arguments of a command; half of all are `compute`, as JSON."""
    match random.randrange(16):
        case 0:
            return ("explain", "-", f"{_step(random)}[1,1]", *_only(random, document))
        case 1:
            return ("explain", "-", _step(random))
        case 2 | 3:
            return ("check", "-", "answer.json")
        case 4:
            return ("check", "--laws", "-")
        case 5:
            return ("compare", "-", "--convention", random.choice(tuple(CONVENTIONS)))
        case 6:
            return ("compare", "-", "--token-by-token")
        case 7:
            return ("cost", "-")
        case 8:
            return ("why-scale", "-")
        case 9 | 10:
            return ("compute", "-", "-f", random.choice(tuple(FORMATS)))
        case 11:
            return ("compute", "-")
        case _:
            return ("compute", "-", "-f", "json", *_only(random, document))


def _step(random: random.Random) -> str:
    return random.choice((*STEPS, "weights", "scores", "output", "output"))


def _only(random: random.Random, document: Any) -> tuple[str, ...]:
    """Return, now and then, one more argument NAME=VALUE."""
    if random.random() < 0.8:
        return ()
    return (f"{random.choice(names())}={json.dumps(odd(random))}".replace("\0", ""),)


def _answer(random: random.Random, document: Any) -> dict[str, bytes]:
    """Return the file of an answer that has some steps, of any size."""
    answer = {_step(random): matrix(random, random.randint(1, 4), random.randint(1, 4))}
    if isinstance(document, dict) and isinstance(document.get("X"), list):
        rows = len(document["X"])
        answer |= {"weights": matrix(random, rows, rows), "scores": matrix(random, rows, rows)}
    if random.random() < 0.5:
        answer = changed(random, answer)
    return {"answer.json": json.dumps(answer).encode()}


def changed(random: random.Random, document: Document | Any) -> Any:
    """Return a document with one change, somewhere in it."""
    places = list(_places(document))
    if not places:
        return odd(random)
    holder, key = random.choice(places)
    if random.random() < 0.4:  # as often at the top as in all the cells together
        holder, key = random.choice([place for place in places if place[0] is document])
    match random.randrange(10):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]]
        case 2 if isinstance(holder, list):
            holder.insert(key, holder[key])
        case 2 | 3 if isinstance(holder, dict):
            holder[random.choice(names())] = holder.pop(key)
        case 4 if isinstance(holder, dict):
            holder[random.choice(names())] = odd(random)
        case 5:
            holder[key] = _scaled(holder[key], random.choice((0, -1, 1e-200, 1e6, 1e160, 1e300)))
        case 6 if isinstance(holder[key], list) and holder[key]:
            holder[key] = holder[key][0]
        case _:
            holder[key] = odd(random)
    return document


def _places(part: Any) -> Any:
    """Yield every list and object in a document, with each index or name in it."""
    if isinstance(part, dict | list):
        for key in list(part) if isinstance(part, dict) else range(len(part)):
            yield part, key
            yield from _places(part[key])


def _scaled(part: Any, factor: float) -> Any:
    if isinstance(part, list):
        return [_scaled(inner, factor) for inner in part]
    return part * factor if isinstance(part, int | float) and abs(part) < 1e300 else part
