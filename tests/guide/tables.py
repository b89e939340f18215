"""The tables of the guide that list what is registered, made from the registries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from attncli import formats
from attncli.calculation.algebra.layouts import LAYOUTS
from attncli.calculation.choices.choices import CHOICES, MASK_KINDS
from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.calculation.conventions import CONVENTIONS
from attncli.calculation.masks.mask_rules import MASKS
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.positions.position_schemes import POSITIONS
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.documents.exports.name_patterns import PLATFORMS
from attncli.homework.classes.grade import Status
from attncli.homework.exercises.demands import DEMANDS
from attncli.homework.exercises.drawn_numbers import VALUES
from attncli.homework.exercises.kinds import KINDS, Kind
from attncli.homework.judging.verdicts import Verdict
from attncli.homework.laws import attention_laws, layer_laws  # noqa: F401  # enter their laws
from attncli.homework.laws.law import LAWS
from attncli.render.explore.keys import KEYS

Rows = Iterable[tuple[str, ...]]

# In a page a table stands between its name and `end`, in comments that no reader sees.
TABLE = re.compile(r"(?ms)^<!-- table: (\w+) -->\n.*?^<!-- end -->$")


def rewritten(page: str) -> str:
    """Return the page with its tables as the registries give them now."""
    return TABLE.sub(lambda found: _block(found[1]), page)


def _block(name: str) -> str:
    header, rows = TABLES[name]()
    lines = [_line(header), _line(["---"] * len(header)), *map(_line, rows)]
    return "\n".join([f"<!-- table: {name} -->", "", *lines, "", "<!-- end -->"])


def _line(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def code(text: str) -> str:
    """Return each of the words before `, ` as code; an empty text stays empty."""
    return ", ".join(f"`{word}`" for word in text.split(", ")) if text else ""


def _named(header: str, rows: Rows) -> tuple[list[str], list[list[str]]]:
    """Return a table whose first column is code, with the titles of its columns."""
    return header.split(" | "), [[code(name), *texts] for name, *texts in rows]


def _choice(name: str) -> tuple[str, str, str]:
    choice = CHOICES[name]
    return name, code(choice.metavar), choice.help.removesuffix(".")


def _verdict(verdict: Verdict) -> tuple[str, str, str, str]:
    passes = {True: "yes", False: "no", None: "does not fail the answer"}[verdict.passes]
    return verdict.word, verdict.meaning, passes, "all" if verdict.earns else "none"


def _usual(kind: Kind) -> str:
    """Return the usual sizes and choices of a kind of exercise."""
    usual = {**kind.sizes, **kind.choices}
    said = (f"{name} {value}".replace(" True", "") for name, value in usual.items())
    return ", ".join(text for text in said if not text.startswith("layer "))


def _summary(function: Callable[..., object]) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return " ".join((function.__doc__ or "").partition("\n\n")[0].split())


def _formats(registry: Mapping[str, formats.Format[object]]) -> Rows:
    return ((name, code(entry.suffix), entry.help) for name, entry in registry.items())


def _matrices(*owners: str) -> Rows:
    return ((m.name, m.shape, m.meaning) for m in MATRICES.values() if m.owner in owners)


TABLES: dict[str, Callable[[], tuple[list[str], list[list[str]]]]] = {
    "MATRICES": lambda: _named("name | shape | meaning", _matrices("attention")),
    "LAYER_MATRICES": lambda: _named(
        "name | shape | meaning", _matrices(*{m.owner for m in MATRICES.values()} - {"attention"})
    ),
    "STEPS": lambda: _named("step | meaning", ((s.name, s.meaning) for s in STEPS.values())),
    "CHOICES": lambda: _named("name | value | meaning", map(_choice, CHOICES)),
    "SCORING": lambda: _named(
        "name | score of q and k | about", ((n, e.formula, e.help) for n, e in SCORING.items())
    ),
    "NORMALISERS": lambda: _named(
        "name | weight of score sⱼ | about",
        ((n, e.meaning, e.help) for n, e in NORMALISERS.items()),
    ),
    "MASKS": lambda: _named("mask | meaning", ((e.signature, e.help) for e in MASKS.values())),
    "MASK_KINDS": lambda: _named("kind | meaning", MASK_KINDS.items()),
    "POSITIONS": lambda: _named(
        "position | meaning", ((e.signature, e.help) for e in POSITIONS.values())
    ),
    "LAYOUTS": lambda: _named("layout | meaning", ((n, e.help) for n, e in LAYOUTS.items())),
    "CONVENTIONS": lambda: _named(
        "convention | meaning", ((n, e.help) for n, e in CONVENTIONS.items())
    ),
    "ACTIVATIONS": lambda: _named(
        "name | formula | about", ((n, e.formula, e.help) for n, e in ACTIVATIONS.items())
    ),
    "LAYERS": lambda: _named("layer | sublayers", ((n, e.help) for n, e in LAYERS.items())),
    "KINDS": lambda: _named(
        "kind | exercise | usual sizes and choices",
        ((n, k.help, _usual(k)) for n, k in KINDS.items()),
    ),
    "VALUES": lambda: _named("values | numbers", ((n, e.help) for n, e in VALUES.items())),
    "DEMANDS": lambda: _named("demand | meaning", ((n, e.help) for n, e in DEMANDS.items())),
    "VERDICTS": lambda: _named("verdict | meaning | passes | points", map(_verdict, Verdict)),
    "STATUSES": lambda: _named("status | meaning", ((s.word, s.meaning) for s in Status)),
    "PLATFORMS": lambda: _named(
        "platform | a path in the export",
        ((name, f"`{e.example}`") for name, e in PLATFORMS.items()),
    ),
    "LAWS": lambda: _named(
        "law | what must hold", ((n, _summary(e.check)) for n, e in LAWS.items())
    ),
    "KEYS": lambda: _named("key | effect", ((k.shown, k.help.removesuffix(".")) for k in KEYS)),
    **{
        name: lambda registry=registry: _named("format | suffix | form", _formats(registry))  # type: ignore[misc]
        for name, registry in vars(formats).items()
        if isinstance(registry, dict) and name.isupper()
    },
}
