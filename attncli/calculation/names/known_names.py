"""The names that people use for matrices, steps and choices, and the names that they mean."""

from __future__ import annotations

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.pytorch_names import from_pytorch
from attncli.calculation.names.step_names import STEPS
from attncli.errors import ProblemError
from attncli.words import closest

_DROPPED = dict.fromkeys(map(ord, "_^{}-"))


def plain(name: str) -> str:
    """Return a name in lower case, without blanks, `_`, `^`, braces and hyphens."""
    return "".join(name.split()).translate(_DROPPED).casefold()


_KNOWN = {
    **{plain(step): step for step in STEPS},
    **{plain(alias): step.name for step in STEPS.values() for alias in step.aliases},
    **{plain(alias): m.name for m in MATRICES.values() for alias in (m.name, *m.aliases)},
    **{plain(alias): name for name, c in CHOICES.items() for alias in (name, *c.aliases)},
}


# The sublayers and stacks that contain names; layers are numbered: `layers.2.self.W_q`.
SCOPES = (
    *("self", "cross", "ffn", "norm_1", "norm_2", "norm_3", "norm_final"),
    *("encoder", "decoder", "layers"),
)
_SCOPES = {plain(scope): scope for scope in SCOPES}


def last_of(name: str) -> str:
    """Return the last part of a name: `W_q` of `layers.2.self.W_q`."""
    return name.rpartition(".")[2]


def known_name(name: str) -> str | None:
    """Return the name that this program uses, or None if `name` is unknown."""
    of_pytorch = from_pytorch(name.strip())
    if of_pytorch:
        return of_pytorch
    *scopes, last = name.strip().split(".")
    known = [scope if scope.isdecimal() else _SCOPES.get(plain(scope)) for scope in scopes]
    parts = [*known, _KNOWN.get(plain(last))]
    return ".".join(part for part in parts if part) if all(parts) else None


def canonical(name: str) -> str:
    """Return the name that this program uses: `W_q` for `WQ`, `W^Q` or `q_proj_weight`.

    Raises ProblemError for an unknown name, with the most similar known name.

    >>> canonical("W^Q"), canonical("queries"), canonical("linear1.weight")
    ('W_q', 'Q', 'ffn.W_1')
    """
    known = known_name(name)
    if known:
        return known
    *scopes, last = name.split(".")
    for scope in scopes:
        if not scope.isdecimal() and plain(scope) not in _SCOPES:
            message = f"the name {name!r} is unknown: {scope} is not a sublayer."
            listed = f"Known are {', '.join(SCOPES)}."
            near = closest(plain(scope), _SCOPES)
            raise ProblemError(message, f"Did you mean {_SCOPES[near]}?" if near else listed)
    if plain(last) in _SCOPES:
        message = f"{name} is not a matrix, but contains matrices."
        raise ProblemError(message, f"Name one of them: {name}.NAME, or write an object in JSON.")
    close = closest(plain(last), _KNOWN)
    listed = "attncli guide names lists the known names."
    hint = f"Did you mean {_KNOWN[close]}?" if close else listed
    raise ProblemError(f"the name {name!r} is unknown.", hint)
