"""The words of a diagnosis agree with the problem: masks, layout, axes, scale and norms."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from attncli.calculation.algebra.layouts import LAYOUTS
from attncli.calculation.algebra.plan import Trace
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.problem import Problem
from attncli.documents.reader import Reader
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import scene_at
from attncli.homework.mistakes.wording import DROP, GENERAL, KEEP, PLACEHOLDER, Texts, at_step
from attncli.records import replace
from tests.problems import PROBLEMS, solved

BINARY = [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
TOKENS = {"Q": [[1, 0], [0, 1], [1, 1]], "K": [[1, 2], [0, 1], [3, 1]]}


def told(name: str, **entries: Any) -> Texts:
    """The texts of a mistake in a problem, at the first step where it can be made."""
    problem, plan = read(Reader().document(json.dumps({**TOKENS, **entries})))
    trace = plan.run(problem.matrices)
    return next(texts for texts in in_problem(name, problem, trace))


def in_problem(name: str, problem: Problem, trace: Trace) -> list[Texts]:
    """The texts of a mistake at each step of a problem where it can be made."""
    entry = MISTAKES[name]
    return [
        at_step(entry.texts, problem, trace.plan, step.name)
        for step in trace.plan.steps
        if entry.make(scene_at(problem, trace.plan, step, trace.matrices)) is not None
    ]


# The words of the layouts `rows` and `torch`, and those of `columns`.
OF_ROWS = r"Q Kᵀ|\bX W|memory W|weights V|concat W|x W_|axis=-1|\brows?\b(?! of W)|NumPy's tril"
OF_COLUMNS = r"Kᵀ Q|W\w* X|V weights|axis=-2|\bcolumns?\b(?! of W)|NumPy's triu"
# These name both sides of a matrix.
BOTH_SIDES = {"mask-on-query-axis", "mask-on-query-axis-nan", "mask-on-query-axis-mean"}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("problem_name", PROBLEMS)
def test_advice_is_in_the_words_of_the_layout(problem_name: str, layout: str) -> None:
    """No advice has a product, a side or an axis of another layout than the problem's."""
    problem, trace = solved(problem_name)
    parts = tuple(
        replace(part, problem=replace(part.problem, layout=LAYOUTS[layout]))
        for part in problem.parts
    )
    problem = replace(problem, layout=LAYOUTS[layout], parts=parts)
    other = OF_ROWS if layout == "columns" else OF_COLUMNS
    for name in MISTAKES.keys() - BOTH_SIDES:
        for texts in in_problem(name, problem, trace):
            for text in texts[1:]:
                assert not re.search(other, text), (name, text)


@pytest.mark.parametrize("name", MISTAKES)
def test_no_text_has_words_of_a_layout_of_its_own(name: str) -> None:
    """Words that depend on the layout, the mask or the axis stand in braces."""
    if name in ("weight-on-left", "weight-on-right"):  # made in one layout only
        return
    for text in MISTAKES[name].texts:
        bare = PLACEHOLDER.sub("", text)
        assert not re.search(rf"{OF_ROWS}|{OF_COLUMNS}|tri[lu]\b|1 \(true\)", bare), bare


@pytest.mark.parametrize("name", MISTAKES)
def test_every_name_in_braces_is_known(name: str) -> None:
    """A name that is misspelt would be shown as it is."""
    layout_words = {"row", "rows", "column", "columns", "last axis", "token axis", "tril", "triu"}
    known = {*GENERAL, *layout_words, "lower", "split", "merge"}
    fields = {field for kind in MISTAKES[name].replaces for field in kind_fields(kind)}
    matrices = {"X", "Q", "K", "V", "W", "x", "concat", "weights"}
    for text in MISTAKES[name].texts:
        for found in PLACEHOLDER.findall(text):
            if found not in known:
                for factor in found.split(" "):
                    bare = factor.removesuffix("ᵀ")
                    assert bare in known | fields | matrices or bare.startswith("W_"), found


def kind_fields(kind: type) -> tuple[str, ...]:
    """The names of the fields of an operation."""
    names: tuple[str, ...] = getattr(kind, "_names", ())
    return names


@pytest.mark.parametrize(
    ("choices", "polarity", "other"),
    [
        ({}, KEEP, DROP),
        ({"mask_kind": "keep"}, KEEP, DROP),
        ({"mask_kind": "drop"}, DROP, KEEP),
        ({"convention": "torch-sdpa"}, KEEP, DROP),
        ({"convention": "torch-mha", "heads": 1}, DROP, KEEP),
        ({"convention": "torch-mha", "heads": 1, "mask_kind": "keep"}, KEEP, DROP),
    ],
)
def test_an_inverted_mask_gets_the_polarity_of_the_problem(
    choices: dict[str, Any], polarity: str, other: str
) -> None:
    """Where 1 hides a key, the advice does not say that 1 lets it be seen."""
    right = told("mask-inverted", mask=BINARY, **choices).right
    assert polarity in right
    assert other not in right


def test_an_inverted_mask_is_put_right_by_check() -> None:
    """The report on an answer under torch-mha has the polarity of that convention."""
    from click.testing import CliRunner

    from attncli.cli.program import cli

    document = {**TOKENS, "convention": "torch-mha", "heads": 1, "mask": BINARY}
    inverted = {**document, "mask_kind": "keep"}
    key = CliRunner().invoke(cli, ["compute", json.dumps(inverted), "-f", "json"]).stdout
    answer = json.dumps({"weights": json.loads(key)["weights"]})
    run = CliRunner().invoke(cli, ["check", json.dumps(document), "-"], input=answer)
    text = " ".join(run.stdout.split())
    assert "used upside down" in text
    assert DROP in text
    assert KEEP not in text


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("causal", "Hide the keys that causal hides, and no others."),
        ("padding:2", "Hide the keys that padding:2 hides, and no others."),
        ([[0, "-inf", 0]] * 3, "a key at 0 may be attended to, a key at −∞ is hidden"),
    ],
)
def test_a_mask_without_ones_is_named_as_it_is(mask: object, words: str) -> None:
    """A rule, or a mask that is added, has no meaning of 1."""
    right = told("mask-inverted", mask=mask).right
    assert words in right
    assert "1 (true)" not in right


@pytest.mark.parametrize(
    ("name", "choices", "words"),
    [
        ("no-scale", {}, "divide the scores by √d_k = √2."),
        ("no-scale", {"scale": 0.3}, "multiply the scores by 0.3."),
        ("scale-inverted", {"scale": 0.3}, "multiply the scores by 0.3."),
        ("mask-multiplied", {"mask": "causal", "fill": -1e9}, "Put −1e9 where a key is hidden."),
        ("mask-multiplied", {"mask": "causal"}, "Put −∞ where a key is hidden."),
        ("causal-transposed", {"mask": "causal"}, "the lower triangle (NumPy's tril, not triu)"),
        (
            "causal-transposed",
            {"mask": "causal", "layout": "columns"},
            "the upper triangle (NumPy's triu, not tril)",
        ),
        (
            "causal-one-too-far",
            {"mask": "causal:lower-right", "Q": [[1, 0], [1, 1]]},
            "the keys j ≤ i + 1: NumPy's tril with k=1.",
        ),
        ("window-off-by-one", {"mask": "window:1,-1"}, "from i − 1 to the last key."),
        (
            "window-off-by-one",
            {"mask": "window:2,1", "convention": "keras"},
            "from i − 1 to i.",
        ),
        ("softmax-columns", {"layout": "columns"}, "(axis=-2)"),
        ("temperature-missing", {"temperature": 2.5}, "by the temperature 2.5 before"),
        ("softcap-missing", {"softcap": 20}, "20 · tanh(s / 20)"),
        ("empty-row-mean", {"mask": "padding:0"}, "the weight 0 for every key"),
        ("rope-pairing", {"position": "rope"}, "of the other half"),
        ("rope-pairing", {"position": "rope:interleaved"}, "its neighbour"),
        ("rope-base", {"position": "rope:base=500"}, "The base is 500."),
    ],
)
def test_numbers_and_sides_are_those_of_the_problem(
    name: str, choices: dict[str, Any], words: str
) -> None:
    """The advice names the scale, the fill, the triangle and the axis that hold here."""
    assert words in told(name, **choices).right


def test_slopes_are_those_of_three_heads() -> None:
    """For 3 heads: both slopes for 2 heads, then the first for 4."""
    problem, trace = solved("alibi")
    (texts, *_) = in_problem("alibi-slope-shift", problem, trace)
    assert "2^(−4), 2^(−8), 2^(−2)" in texts.right


@pytest.mark.parametrize(
    ("problem_name", "norm"),
    [
        ("encoder", "gamma (x − mean) / √(variance + eps) + beta"),
        ("encoder, rms", "gamma x / √(mean_square + eps)"),
        ("encoder, annotated", "gamma (x − mean) / (√variance + eps) + beta"),
    ],
)
def test_a_norm_is_written_with_the_parts_that_it_has(problem_name: str, norm: str) -> None:
    """RMSNorm has no mean, and some conventions add eps after the root."""
    problem, trace = solved(problem_name)
    texts = in_problem("no-norm", problem, trace)
    assert any(f": {norm}" in text.right for text in texts)


def test_rmsnorm_is_written_without_the_mean() -> None:
    """RMSNorm has no mean, with and without a problem."""
    problem, trace = solved("encoder, rms")
    for name in ("ln-for-rms", "ln-mean-subtracted"):
        assert "gamma x / √(mean_square + eps)" in MISTAKES[name].right
        for texts in in_problem(name, problem, trace):
            assert "gamma x / √(mean_square + eps)" in texts.right


def test_a_projection_names_its_own_sequence_and_layout() -> None:
    """In cross-attention the keys come from memory; PyTorch's weights are transposed."""
    problem, trace = solved("memory")
    (texts,) = in_problem("v-uses-wk", problem, trace)
    assert "V = memory W_v" in texts.right
    torch = replace(problem, layout=LAYOUTS["torch"])
    (texts,) = in_problem("v-uses-wk", torch, trace)
    assert "V = memory W_vᵀ" in texts.right


def test_without_a_problem_the_layout_is_rows() -> None:
    """The list of all mistakes has no braces left."""
    for entry in MISTAKES.values():
        for text in (entry.done, entry.right, entry.why):
            assert not re.search(r"[{}]", text)
    assert MISTAKES["wrong-order"].right == "Give each query a row: Q Kᵀ."


def test_documents_without_json_have_the_same_words() -> None:
    """Booleans mean what 1 and 0 mean."""
    entries = {name: np.array(matrix, float) for name, matrix in TOKENS.items()}
    mask = np.array(BINARY, bool)
    given = {**entries, "mask": mask, "mask_kind": "drop"}
    problem, plan = read(Document({key: Entry(value, key) for key, value in given.items()}))
    (texts, *_) = in_problem("mask-inverted", problem, plan.run(problem.matrices))
    assert DROP in texts.right
