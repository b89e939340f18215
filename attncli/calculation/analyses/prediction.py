"""Prediction: the same calculation token by token, with earlier keys and values in a cache.

Training processes all tokens at once under a causal mask; prediction processes them one by one and
needs no such mask, because later tokens do not exist yet. Both give each token the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Array, Booleans, Layout, Role
from attncli.calculation.algebra.plan import Step, Trace
from attncli.calculation.analyses.comparison import Calculated
from attncli.calculation.masks.mask_operation import masks_in
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import MASKS, Document, Entry
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError
from attncli.records import record

# For each cache, the matrix of an attention to keep: the first of these that exists.
KEPT = {step.kept_as: (step.name, *step.equals) for step in STEPS.values() if step.kept_as}
FED = {"X", "Q", "K", "V", "position", "decoder.X", "decoder.position"}  # one row for each token
OF_THE_WHOLE = {*MASKS, "tokens", "memory_tokens", "title", "note"}


@record(frozen=True)
class Masked:
    """An attention of the tokens, whose keys may grow by one token at a time.

    `name` turns a name in the sublayer into its name in the whole calculation. `grows` is True if
    the keys grow. `may_attend` (booleans) and `added` (numbers) are all masks of the attention
    except the causal one, for all tokens at once; None if there is no such mask.
    """

    prefix: str
    name: Callable[[str], str]
    grows: bool
    may_attend: Booleans | None
    added: Array | None


def token_by_token(document: Document, problem: Problem, trace: Trace) -> Trace:
    """Return every step of `trace` as prediction calculates it, one token after the other.

    `trace` is the calculation of all tokens at once. Prediction never calculates scores of later
    keys: the values of `trace` stay in their places. Raises ProblemError if no attention is causal,
    and if the document already has a cache.
    """
    if problem.cache_lens is not None or any(last_of(n) in KEPT for n in problem.matrices):
        message = "the document already has a cache, but prediction makes its own."
        raise ProblemError(message, "Leave out K_past, V_past and cache_lens.")
    attentions = list(_masked(problem, trace))
    if not any(attention.grows for attention in attentions):
        message = "no attention is causal: the first tokens depend on later tokens."
        raise ProblemError(message, "Add --mask causal, or use a decoder.", ("mask",))
    source = next(name for name in ("decoder.X", "X", "Q") if name in problem.axes)
    tokens = problem.axes[source][-2]
    matrices = {name: matrix.copy() for name, matrix in trace.matrices.items()}
    caches: dict[str, Array] = {}
    for at in range(tokens.size):
        now, plan = read(_fed(document, problem.layout, attentions, at, caches))
        ran = Calculated("", now, plan.run(now.matrices))
        caches = dict(_caches(attentions, ran.trace.matrices))
        for step in trace.plan.steps:
            _put(matrices[step.name], step, ran.matrix(step.name), tokens.name, at)
    return Trace(trace.plan, matrices)


def _masked(problem: Problem, trace: Trace) -> Iterator[Masked]:
    """Yield the attentions that have a mask, except attentions of an encoder below a decoder."""
    for step, mask in masks_in(trace.plan.steps):
        if step.name.startswith("encoder."):
            continue
        part = problem.part_of(step.name)
        n, m = trace.matrices[mask.source].shape[-2:]
        others = [rule for rule in mask.rules if not rule.hides_later_only]
        has_memory = "memory" in (part.problem if part else problem).axes
        keep = [rule.may_attend(n, m) for rule in others]
        keep += [np.asarray(trace.matrices[name], np.bool_) for name in mask.keep]
        add = [trace.matrices[name] for name in mask.add if name not in trace.plan.names]
        yield Masked(
            step.name.removesuffix("masked"),
            part.name if part else str,
            len(others) < len(mask.rules) and not has_memory,
            np.logical_and.reduce(np.broadcast_arrays(*keep)) if keep else None,
            np.add.reduce(np.broadcast_arrays(*add)) if add else None,
        )


def _fed(
    document: Document,
    layout: Layout,
    attentions: Sequence[Masked],
    at: int,
    caches: Mapping[str, Array],
) -> Document:
    """Return the document of one token: its rows of inputs and masks, and the caches."""
    entries = {
        name: entry
        for name, entry in document.entries.items()
        if last_of(name) not in OF_THE_WHOLE or name.startswith("encoder.")
    }
    for name in FED & entries.keys():
        value = entries[name].value
        if isinstance(value, np.ndarray):
            row = layout.swap(value, Role.TOKENS)[..., at : at + 1, :]
            entries[name] = Entry(layout.swap(row, Role.TOKENS), entries[name].source)
    for name, cache in caches.items():
        entries[name] = Entry(layout.swap(cache, Role.TOKENS), "the cache")
    for attention in attentions:
        mask = _mask_of(attention, at)
        if mask is not None:
            kind = "keep" if mask.dtype.kind == "b" else "add"
            entries[f"{attention.prefix}mask"] = Entry(layout.swap(mask, Role.TOKENS), "the mask")
            entries[f"{attention.prefix}mask_kind"] = Entry(kind, "the mask")
    return Document(entries, document.sources)


def _mask_of(attention: Masked, at: int) -> AnyArray | None:
    """Return the masks of the query `at`, except causal, as one: booleans, or numbers to add."""
    mask: AnyArray | None = attention.may_attend
    if attention.added is not None:
        hidden = False if mask is None else ~mask
        mask = np.where(hidden, -np.inf, attention.added)
    if mask is None:
        return None
    own = np.atleast_2d(mask)
    own = own if own.shape[-2] == 1 else own[..., at : at + 1, :]
    return own[..., : at + 1] if attention.grows and own.shape[-1] > 1 else own


def _caches(
    attentions: Sequence[Masked], matrices: Mapping[str, Array]
) -> Iterator[tuple[str, Array]]:
    """Yield the keys and values that each attention has used, by the names of its cache."""
    for attention in attentions:
        for cache, kept in KEPT.items() if attention.grows else ():
            names = (attention.name(name) for name in kept)
            found = next((name for name in names if name in matrices), None)
            if found:
                yield attention.prefix + cache, matrices[found]


def _put(matrix: Array, step: Step, row: Array | None, tokens: str, at: int) -> None:
    """Write the row of the token `at` into `matrix`; a matrix without tokens does not change."""
    counted = [axis.name for axis in step.axes]
    if row is None or tokens not in counted:
        return
    place = [slice(0, size) for size in row.shape]
    place[counted.index(tokens)] = slice(at, at + 1)
    matrix[tuple(place)] = row
