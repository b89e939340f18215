"""An example of each mistake: a small problem, and the right and the wrong matrix of one step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Step, Trace
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.problem import Problem
from attncli.homework.exercises.drawn_numbers import HALVES, Dice, drawn
from attncli.homework.exercises.new_documents import document_of, made
from attncli.homework.exercises.orders import Nested, Order
from attncli.homework.mistakes.mistake import Mistake, scene_at
from attncli.records import record
from attncli.words import option_name

VISIBLE = 1e-3  # the least difference that an example shows: tables have four decimals

# A problem by its matrices, each with its shape or its numbers, and its choices.
Shapes: TypeAlias = "Mapping[str, Any]"


@record(frozen=True)
class Example:
    """A problem where a mistake changes a step: the command that calculates it, and both matrices.

    The matrices are in the layout of the problem.
    """

    command: str
    problem: Problem
    step: Step
    right: Array
    wrong: Array


@record(frozen=True)
class NewLayer:
    """A document of `attncli new`, with further choices that are options of `attncli compute`."""

    order: Order
    choices: Mapping[str, object]


def _new(
    kind: str,
    sizes: Mapping[str, int] | None = None,
    given: Mapping[str, str] | None = None,
    seed: int = 0,
    **choices: object,
) -> NewLayer:
    """Return a layer; with this seed, `attncli new` accepts its first draw, which is used here."""
    return NewLayer(Order(kind, sizes or {}, given or {}, seed), choices)


SQUARE = {"X": (3, 4), "W_q": (4, 4), "W_k": (4, 4), "W_v": (4, 4)}
LONGER = {"X": (4, 4), "W_q": (4, 3), "W_k": (4, 3), "W_v": (4, 2)}
GIVEN = {"Q": (3, 3), "K": (4, 3), "V": (4, 2)}
PAST = {"Q": (2, 4), "K": (2, 4), "V": (2, 2), "K_past": (2, 4), "V_past": (2, 2)}
WIDE = {"X": (3, 4), "W_q": (4, 6), "W_k": (4, 6), "W_v": (4, 6)}
HEADS = {**SQUARE, "heads": 2, "W_o": (4, 4)}

# The simplest first: a mistake is shown with the first problem where it changes something.
PROBLEMS: tuple[Shapes | NewLayer, ...] = (
    {"Q": (3, 2), "K": (3, 2), "V": (3, 2)},
    {"X": (3, 4), "W_q": (4, 3), "W_k": (4, 3), "W_v": (4, 2)},
    SQUARE,
    GIVEN,
    {**SQUARE, "memory": (4, 4)},
    {**LONGER, "mask": "causal"},
    {**LONGER, "mask": "padding:3"},
    {**LONGER, "X": (5, 4), "mask": "window:2,1"},
    {**LONGER, "masks": ["padding:3", "causal"]},
    {**SQUARE, "X": (2, 3, 4), "mask": {"padding": [3, 2]}},
    HEADS,
    {**HEADS, "mask": "causal"},
    {**SQUARE, "b_q": (4,), "b_k": (4,), "b_v": (4,)},
    {**GIVEN, "score": "additive", "W_a": (3, 2), "U_a": (3, 2), "v_a": (2,)},
    {**GIVEN, "score": "cosine"},
    {**GIVEN, "score": "distance"},
    {**GIVEN, "score": "general", "W_a": (3, 3)},
    {**GIVEN, "score": "concat", "W_a": (6, 2), "v_a": (2,)},
    {**GIVEN, "scale": 0.3},
    {**GIVEN, "softcap": 0.8, "mask": "causal"},
    {**GIVEN, "temperature": 2.5},
    {**GIVEN, "normaliser": "softmax1", "temperature": 2},
    {**GIVEN, "normaliser": "sparsemax"},
    {**GIVEN, "normaliser": "sigmoid", "temperature": 2},
    {"X": (3, 6), "W_q": (6, 3), "W_k": (6, 3), "W_v": (6, 2), "position": "sinusoidal:base=100"},
    {**GIVEN, "Q": (3, 4), "K": (3, 4), "V": (3, 2), "position": "rope"},
    {**HEADS, "position": "rope"},
    {**HEADS, "X": (4, 4), "position": "alibi", "mask": "causal"},
    {**PAST, "mask": "causal"},
    {**PAST, "position": "rope"},
    {**PAST, "mask": "window:2,1"},
    {**PAST, "position": "alibi"},
    {**PAST, "position": "rope:base=100"},
    {"Q": (3, 6), "K": (3, 6), "V": (3, 2), "position": "rope:interleaved,dims=4"},
    {**SQUARE, "K_past": (2, 4), "V_past": (2, 4), "position": "sinusoidal"},
    {**SQUARE, "position": "sinusoidal:halves"},
    {**SQUARE, "memory": (4, 4), "position": "sinusoidal"},
    {**SQUARE, "X": (4, 4), "layout": "columns"},
    {"Q": (3, 3, 3), "K": (3, 3, 3), "V": (3, 3, 2)},
    {**SQUARE, "b_q": (4,), "score": "additive"},
    {**WIDE, "heads": 3, "position": "alibi"},
    {**HEADS, "X": (2, 3, 4)},
    {**HEADS, "X": (3, 3, 4), "mask": {"padding": [3, 2, 1]}},
    {**GIVEN, "K": (6, 3), "V": (6, 2), "mask": "causal", "cache_lens": [4]},
    {**GIVEN, "mask": [[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 1, 1]]},
    {**GIVEN, "mask": [[0, 0.5, -1, 0], [2, 0, 0, 0], [0, 1, 0, -0.5]]},
    {**SQUARE, "position": "sinusoidal", "mask": [[0, 1, 1]]},
    {**GIVEN, "Q": (4, 4), "K": (4, 4), "position": "rope", "mask": [[0, 1, 1, 1]]},
    {**GIVEN, "normaliser": "sparsemax", "mask": "causal"},
    {"X": [[90, 0, 1], [0, 90, 1], [3, 2, 90]], "score": "dot"},
    {"Q": (3, 8), "K": (3, 4), "V": (3, 4), "heads": 4, "kv_heads": 2},
    {"X": (3, 4), "W_qkv": (4, 16), "heads": 4, "kv_heads": 2},
    {**HEADS, "convention": "torch-mha"},
    _new("encoder"),
    _new("decoder", seed=1),
    _new("transformer"),
    _new("encoder", None, {"norm": "pre"}, seed=2),
    _new("encoder", None, {"activation": "gelu"}),
    _new("encoder", None, {"activation": "silu"}),
    _new("encoder", None, {"activation": "swiglu"}, seed=4),
    _new("encoder", eps=0.25),
    _new("encoder", norm_kind="rms"),
    _new("encoder", convention="annotated-transformer", layout="rows", eps=0.25),
    _new("encoder", {"d_ff": 6}),
    _new("transformer", {"layers": 2}, seed=3),
)


def example_of(mistake: Mistake) -> Example | None:
    """Return an example of a mistake; None if it changes nothing in any of the problems."""
    for number in range(len(PROBLEMS)):
        _, problem, trace = _solved(number)
        for step in trace.plan.steps:
            with np.errstate(all="ignore"):
                wrong = mistake.make(scene_at(problem, trace.plan, step, trace.matrices))
            if wrong is not None and _differ(wrong, trace.matrices[step.name]):
                return _example(number, step, wrong)
    return None


def _differ(wrong: Array, right: Array) -> bool:
    return wrong.shape != right.shape or not np.allclose(wrong, right, rtol=0, atol=VISIBLE)


def _example(number: int, step: Step, wrong: Array) -> Example:
    document, problem, trace = _solved(number)
    origin = PROBLEMS[number]
    command = f"attncli compute '{json.dumps(document)}'"
    if isinstance(origin, NewLayer):
        options = [f"{option_name(name)} {value}" for name, value in origin.choices.items()]
        command = " ".join((f"{origin.order.command()} | attncli compute -", *options))
    right, wrong = (
        problem.layout.swap(matrix, step.role) for matrix in (trace.matrices[step.name], wrong)
    )
    return Example(f"{command} --only {step.name}", problem, step, right, wrong)


@cache
def _solved(number: int) -> tuple[Nested, Problem, Trace]:
    """Return the document of a problem of the list, what it states, and all its steps."""
    origin = PROBLEMS[number]
    if isinstance(origin, NewLayer):
        document = {**made(origin.order), **origin.choices}
    else:
        document = {name: _numbers(name, value) for name, value in origin.items()}
    problem, plan = read(document_of(document))
    return document, problem, plan.run(problem.matrices)


def _numbers(name: str, value: Any) -> Any:
    """Return the numbers of a matrix from its shape; everything else as it is."""
    if not isinstance(value, tuple):
        return value
    if len(value) < 3:
        return drawn(name, value, Dice(f"0 {name}"), HALVES)
    slices = (Dice(f"{seed} {name}") for seed in range(value[0]))
    return [drawn(name, value[1:], dice, HALVES) for dice in slices]
