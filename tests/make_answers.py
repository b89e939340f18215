"""Write the answers in samples/answers: `python tests/make_answers.py`.

Each sample has four: all steps right; the same rounded to 2 decimals at every step and carried on;
one mistake early; and the final output alone, which that mistake has spoilt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.problem.problem import Computation
from attncli.face.functions import compute
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import scene_at

SAMPLES = Path(__file__).parent.parent / "samples"

# The mistake that is made in each sample.
MADE = {
    "additive": "additive-no-tanh",
    "alibi": "alibi-slope-shift",
    "attention_sink": "softmax-instead",
    "cross_attention": "v-uses-wk",
    "decoder_layer": "residual-wrong-source",
    "encoder_layer": "ln-sample-variance",
    "image": "divide-by-dk",
    "nadaraya_watson": "distance-no-half",
    "padded_batch": "mask-inverted",
    "positions": "pe-cos-own-exponent",
    "rope": "rope-pairing",
    "self_attention": "no-scale",
    "self_attention_columns": "softmax-columns",
    "self_attention_torch": "sqrt-dmodel",
    "transformer": "memory-unencoded",
    "two_heads": "causal-transposed",
}
LARGE = {"image": ("weights", "output")}  # of a large sample, an answer has only some steps


def carried(result: Computation, decimals: int | None, mistake: str | None) -> dict[str, Array]:
    """Return all steps, each from the ones before it, rounded and with a mistake at one step."""
    known = dict(result.problem.matrices)
    left = [mistake] if mistake else []
    for step in result.trace.plan.steps:
        scene = scene_at(result.problem, result.trace.plan, step, known)
        wrong = MISTAKES[left[0]].make(scene) if left else None
        made = scene.right() if wrong is None else wrong
        if wrong is not None:
            left.clear()
        known[step.name] = made if decimals is None else np.round(made, decimals)
    return {step.name: known[step.name] for step in result.trace.plan.steps}


def text(result: Computation, steps: Mapping[str, Array], decimals: int, title: str) -> str:
    """Return a JSON document of steps with this number of decimals, one row per line."""
    blocks = [f'  "title": {json.dumps(title)}']
    for step in result.trace.plan.steps:
        if step.name in steps:
            matrix = result.problem.layout.swap(steps[step.name], step.role)
            blocks.append(f'  "{step.name}": {rows(np.round(matrix, decimals).tolist(), "  ")}')
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def rows(cells: list[object], indent: str) -> str:
    """Return nested lists, one row per line, with infinities as the strings of documents."""
    if not isinstance(cells[0], list):
        return json.dumps([str(c) if c in (np.inf, -np.inf) else c for c in cells])
    inner = [f"{indent}  {rows(row, indent + '  ')}" for row in cells if isinstance(row, list)]
    return "[\n" + ",\n".join(inner) + f"\n{indent}]"


def answers(name: str) -> Iterator[tuple[str, str]]:
    """Return the four answers to a sample, by their names."""
    result = compute(SAMPLES / f"{name}.json").made
    shown = LARGE.get(name, result.trace.plan.names)

    def only(steps: Mapping[str, Array]) -> dict[str, Array]:
        return {step: matrix for step, matrix in steps.items() if step in shown}

    shown_steps = "weights and output" if name in LARGE else "every step"
    wrong = carried(result, None, MADE[name])
    right, rounded = carried(result, None, None), carried(result, 2, None)
    yield "right", text(result, only(right), 4, f"Right: {shown_steps}, to 4 decimals")
    title = f"Right: {shown_steps}, each rounded to 2 decimals before the next"
    yield "rounded", text(result, only(rounded), 2, title)
    title = f"Wrong: {shown_steps}, after the mistake {MADE[name]}"
    yield "mistake", text(result, only(wrong), 4, title)
    title = f"Wrong: the output alone, after the mistake {MADE[name]}"
    yield "output_only", text(result, {"output": wrong["output"]}, 4, title)


if __name__ == "__main__":
    for sample in MADE:
        folder = SAMPLES / "answers" / sample
        folder.mkdir(parents=True, exist_ok=True)
        for kind, document in answers(sample):
            (folder / f"{kind}.json").write_text(document, encoding="utf-8")
