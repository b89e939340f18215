"""Test `attncli check` on layers, with answers of an oracle in which one thing is wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from tests import oracle, oracle_layers
from tests.oracle_layers import Choices, norm, sublayer, summed
from tests.problems import decoder, drawn_alone, encoder, transformer

Entries = dict[str, Any]
Steps = dict[str, Any]
Layer = Callable[[Entries, Any, Any, Choices, Steps], Any]

EPS = 0.1  # large enough that its place has a visible effect


def nested(entries: Entries) -> Entries:
    """Return a document as JSON nests it, from names with a dot."""
    found: Entries = {}
    for name, value in entries.items():
        *scopes, last = name.split(".")
        inner = found
        for scope in scopes:
            inner = inner.setdefault(scope, {})
        inner[last] = value.tolist() if isinstance(value, np.ndarray) else value
    for side in (found, *(found[name] for name in ("encoder", "decoder") if name in found)):
        if "layers" in side:
            side["layers"] = [side["layers"][str(n)] for n in range(1, len(side["layers"]) + 1)]
    return found


with drawn_alone():
    ENCODER = nested(encoder(n=5, eps=EPS))
    DECODER = nested(decoder(n=5, eps=EPS))
    TRANSFORMER = nested(transformer(eps=EPS))


def written(matrix: Any, decimals: int = 4) -> Any:
    """Return a matrix with this number of decimals, as a person writes it."""
    rounded = np.round(np.array(matrix, dtype=np.float64), decimals)
    cells: Any = np.vectorize(lambda x: f"{x:.{decimals}f}", otypes=[object])(rounded).tolist()
    return cells


def check(document: Entries, answer: Entries, *options: str) -> dict[str, Any]:
    """Return the results of a check by the names of their steps."""
    command = ["check", json.dumps(document), "-", "-f", "json", *options]
    run = CliRunner().invoke(cli, command, input=json.dumps(answer))
    assert run.exit_code in (0, 1), run.stderr
    return {result["name"]: result for result in json.loads(run.stdout)["results"]}


def mistakes(document: Entries, answer: Entries, step: str = "output") -> list[str]:
    """Return the mistakes that are named for a step."""
    result = check(document, answer)[step]
    assert result["data"]["verdict"] in ("wrong", "shape")
    named: list[str] = result["cause"]["mistakes"]
    return named


def verdicts(document: Entries, answer: Entries) -> dict[str, str]:
    """Return the verdicts on the steps that were answered."""
    found = {name: result["data"]["verdict"] for name, result in check(document, answer).items()}
    return {name: verdict for name, verdict in found.items() if verdict != "missing"}


# Right answers under other names of their steps.


RIGHT: dict[str, Callable[[Steps], Entries]] = {
    "nested": lambda s: {
        "self": {"scores": s["self.scores"]},
        "norm_1": {"mean": s["norm_1.mean"]},
    },
    "dotted": lambda s: {"self.scores": s["self.scores"], "norm_1.mean": s["norm_1.mean"]},
    "a list": lambda s: {"norm_1": {"mean": [row[0] for row in s["norm_1.mean"]]}},
    "a row": lambda s: {"norm_1.variance": [[row[0] for row in s["norm_1.variance"]]]},
    "the end": lambda s: {"output": s["output"]},
    "the end of a norm": lambda s: {"norm_2": {"output": s["output"]}},
    "sums": lambda s: {"self": {"sum": s["norm_1.sum"]}, "ffn": {"sum": s["norm_2.sum"]}},
    "left out": lambda s: {"self": {"masked": s["self.scaled"]}},
}


@pytest.mark.parametrize("answer", RIGHT)
def test_right_answers_of_a_few_steps(answer: str) -> None:
    """Right answers may be nested or dotted, with steps by place and means in any shape."""
    steps = oracle_layers.encoder(ENCODER, Choices(2, eps=EPS))
    steps["norm_1.sum"] = summed(ENCODER["X"], steps["self.output"])
    steps["norm_2.sum"] = summed(steps["norm_1.output"], steps["ffn.output"])
    given = RIGHT[answer]({name: written(matrix) for name, matrix in steps.items()})
    assert set(verdicts(ENCODER, given).values()) == {"right"}


def test_steps_named_by_their_place_earn_points() -> None:
    """The last norm of a layer may be named by its place, and earns the points of the step."""
    pre = {**ENCODER, "norm": "pre"}
    steps = oracle_layers.encoder(pre, Choices(2, norm="pre", eps=EPS))
    stack = {"layer": "encoder", "heads": 2, "X": ENCODER["X"], "eps": EPS}
    layer = {name: ENCODER[name] for name in ("self", "norm_1", "ffn", "norm_2")}
    stack["layers"] = [layer, layer]
    of_stack = oracle_layers.encoder(stack, Choices(2, eps=EPS))
    for document, name, matrix in (
        (pre, "ffn.sum", steps["output"]),
        (stack, "layers.1.norm_2.output", of_stack["layers.1.output"]),
        (stack, "layers.2.output", of_stack["output"]),
    ):
        found = check(document, {name: written(matrix)})
        assert name not in found
        assert [result["passed"] for result in found.values()].count(True) == 1


def test_steps_that_the_layer_lacks_are_refused() -> None:
    """An answer to a step that the layer lacks is refused with the names of the steps."""
    for name in ("norm_3.output", "layers.9.output", "cross.sum", "ffn.weights"):
        run = CliRunner().invoke(
            cli, ["check", json.dumps(ENCODER), "-"], input=f'{{"{name}": [[1]]}}'
        )
        assert run.exit_code == 2
        assert f"{name} is not a step of this calculation" in run.stderr


# One wrong choice: the answer of somebody who understood the whole layer otherwise.

WRONG_CHOICES: list[tuple[Entries, Entries, set[str]]] = [
    ({}, {"sample_variance": True}, {"ln-sample-variance"}),
    ({}, {"eps_outside": True}, {"ln-eps-outside"}),
    ({}, {"sample_variance": True, "eps_outside": True}, {"ln-sample-variance", "ln-eps-outside"}),
    ({}, {"norm": "pre"}, {"prenorm-for-post"}),
    ({"norm": "pre"}, {"norm": "post"}, {"postnorm-for-pre"}),
    ({}, {"norm_kind": "rms"}, {"rms-for-ln"}),
    ({"norm_kind": "rms"}, {"norm_kind": "layer"}, {"ln-for-rms"}),
    ({}, {"activation": "gelu"}, {"gelu-instead"}),
    ({"activation": "gelu"}, {"activation": "gelu-tanh"}, {"gelu-tanh-instead"}),
    ({"activation": "gelu"}, {"activation": "relu"}, {"relu-instead"}),
    ({}, {"eps": 1e-5}, {"ln-eps-usual"}),
    ({"scale_embeddings": True}, {"scale_embeddings": False}, {"no-embedding-scale"}),
    ({}, {"of_all": {"scale": 1}}, {"no-scale"}),
]


@pytest.mark.parametrize(
    ("said", "done", "names"), WRONG_CHOICES, ids=[f"{s} {d}" for s, d, _ in WRONG_CHOICES]
)
def test_a_wrong_choice_is_named_by_the_output_alone(
    said: Entries, done: Entries, names: set[str]
) -> None:
    """A wrong choice in both sublayers is named by the output alone."""
    choices = {"heads": 2, "eps": EPS, **said, **done}
    steps = oracle_layers.encoder(ENCODER, Choices(**choices))
    named = mistakes({**ENCODER, **said}, {"output": written(steps["output"], 5)})
    assert names <= set(named)
    assert len(named) <= len(names) + 2


@pytest.mark.parametrize(
    ("said", "done", "names"), WRONG_CHOICES[:3], ids=[str(d) for _, d, _ in WRONG_CHOICES[:3]]
)
def test_a_wrong_choice_is_named_at_the_step_where_it_is_made(
    said: Entries, done: Entries, names: set[str]
) -> None:
    """With every step answered, the wrong choice is named, and later steps follow."""
    steps = oracle_layers.encoder(ENCODER, Choices(2, eps=EPS, **done))
    found = check(ENCODER, {name: written(matrix, 9) for name, matrix in steps.items()})
    wrong = {name: r["cause"]["mistakes"] for name, r in found.items() if r["cause"]}
    for name, named in wrong.items():
        verdict = found[name]["data"]["verdict"]
        assert verdict == "follows" or set(named) <= names, (name, named)
    assert {name for named in wrong.values() for name in named} == names


# One layer, put together wrongly.


def put_together(given: Entries, source: Any, memory: Any, choices: Choices, wrong: str) -> Any:
    """Return the result of a layer of two or three sublayers in which one thing is wrong."""
    names = ("self", "cross", "ffn") if memory else ("self", "ffn")
    steps: Steps = {}
    first = source
    for number, name in enumerate(names, 1):
        own = f"norm_{number}"
        is_pre = choices.norm == "pre"
        normed = norm(given, own, source, choices, steps) if is_pre else source
        of_memory = normed if wrong == "cross-is-self" and name == "cross" else memory
        of_sublayer = first if wrong == "ffn-of-input" and name == "ffn" else normed
        result = sublayer(given, name, of_sublayer, of_memory, choices, steps)
        if wrong == "no-residual":
            source = result
        elif wrong == "residual-wrong-source":
            source = summed(first, result)
        elif wrong == "prenorm-residual-normed":
            source = summed(normed, result)
        elif wrong == "norm-before-add":
            source = summed(source, norm(given, own, result, choices, steps))
            continue
        else:
            source = summed(source, result)
        if not is_pre and wrong != "no-norm":
            source = norm(given, own, source, choices, steps)
    return source


@pytest.mark.parametrize("where", ["post", "pre"])
@pytest.mark.parametrize("document", [ENCODER, DECODER], ids=["encoder", "decoder"])
@pytest.mark.parametrize(
    "wrong",
    [
        "no-residual",
        "residual-wrong-source",
        "prenorm-residual-normed",
        "norm-before-add",
        "no-norm",
        "ffn-of-input",
        "cross-is-self",
    ],
)
def test_layers_put_together_wrongly_are_named_by_their_output(
    document: Entries, where: str, wrong: str
) -> None:
    """A layer that the oracle puts together wrongly is named by its output."""
    is_elsewhere = {"prenorm-residual-normed": "post", "norm-before-add": "pre", "no-norm": "pre"}
    memory = document.get("memory")
    if is_elsewhere.get(wrong) == where or (wrong == "cross-is-self" and not memory):
        return
    if wrong == "ffn-of-input" and where == "pre":  # the first norm's result
        return
    choices = Choices(2, norm=where, eps=EPS)
    said = {**document, "norm": where}
    right = put_together(said, document["X"], memory, choices, "nothing")
    assert set(verdicts(said, {"output": written(right)}).values()) == {"right"}
    answer = put_together(said, document["X"], memory, choices, wrong)
    assert wrong in mistakes(said, {"output": written(answer, 5)})


def test_the_activation_last_and_none_are_named() -> None:
    """activation(W_2 (W_1 x)) and W_2 (W_1 x), calculated by the oracle, are named."""
    steps = oracle_layers.encoder(ENCODER, Choices(2, eps=EPS))
    given = ENCODER["ffn"]
    linear = oracle.affine(steps["ffn.hidden"], given["W_2"], given["b_2"])
    bent = [[max(0.0, x) for x in row] for row in linear]
    for result, name in ((linear, "ffn-linear"), (bent, "ffn-activation-last")):
        assert name in mistakes(ENCODER, {"ffn.output": written(result)}, "ffn.output")
        total = summed(steps["norm_1.output"], result)
        output = norm(ENCODER, "norm_2", total, Choices(2, eps=EPS), {})
        assert name in mistakes(ENCODER, {"output": written(output, 5)})


def test_norms_over_tokens_and_over_all_are_named() -> None:
    """A norm of features over the tokens, or over the whole matrix, is named."""
    steps = oracle_layers.encoder(ENCODER, Choices(2, eps=EPS))
    total = summed(ENCODER["X"], steps["self.output"])
    gamma, beta = (np.array(ENCODER["norm_1"][name]) for name in ("gamma", "beta"))
    for axis, name in ((0, "ln-axis"), (None, "ln-axis-all")):
        x = np.array(total)
        z = (x - x.mean(axis=axis)) / np.sqrt(x.var(axis=axis) + EPS)
        answer = {"norm_1": {"output": written(gamma * z + beta)}}
        assert name in mistakes(ENCODER, answer, "norm_1.output")


# A whole Transformer.


def from_memory(document: Entries, memory: Any) -> Any:
    """Return the probabilities of a transformer whose decoder attends to this memory."""
    steps: Steps = {}
    choices = Choices(2, eps=EPS)
    result = oracle_layers.stack(
        document["decoder"], document["decoder"]["X"], memory, choices, steps
    )
    return oracle.softmax(oracle.affine(result, document["W_out"], document["b_out"]))


@pytest.fixture(scope="module")
def steps_of_transformer() -> Steps:
    """Return every right step of the transformer."""
    return oracle_layers.transformer(TRANSFORMER, Choices(2, eps=EPS))


@pytest.mark.parametrize(
    ("memory", "name"),
    [("encoder.X", "memory-unencoded"), ("encoder.layers.2.output", "no-norm")],
)
def test_another_memory_is_named_by_the_output_alone(
    steps_of_transformer: Steps, memory: str, name: str
) -> None:
    """Embeddings, or the encoder without its last norm, as memory are named by the output alone."""
    inputs = {"encoder.X": TRANSFORMER["encoder"]["X"]}
    answer = from_memory(TRANSFORMER, {**inputs, **steps_of_transformer}[memory])
    assert mistakes(TRANSFORMER, {"output": written(answer, 7)})[0] == name


def test_a_missing_causal_mask_is_named_by_the_output_alone(steps_of_transformer: Steps) -> None:
    """A decoder whose self-attention is not causal is named by the probabilities alone."""
    given = TRANSFORMER["decoder"]
    choices = Choices(2, eps=EPS)
    source = given["X"]
    for layer in given["layers"]:
        steps: Steps = {}
        for number, name in enumerate(("self", "cross", "ffn"), 1):
            memory = None if name == "self" else steps_of_transformer["encoder.output"]
            result = sublayer(layer, name, source, memory, choices, steps)
            source = norm(layer, f"norm_{number}", summed(source, result), choices, steps)
    source = norm(given, "norm_final", source, choices, {})
    output = oracle.softmax(oracle.affine(source, TRANSFORMER["W_out"], TRANSFORMER["b_out"]))
    assert mistakes(TRANSFORMER, {"output": written(output, 7)})[0] == "causal-missing"


def test_logits_in_place_of_probabilities_are_named(steps_of_transformer: Steps) -> None:
    """Logits as the output are named softmax-missing."""
    answer = {"output": written(steps_of_transformer["logits"])}
    assert "softmax-missing" in mistakes(TRANSFORMER, answer)


def test_the_steps_of_a_hidden_mistake_are_named() -> None:
    """The report names up to three steps of a hidden mistake, and none if the answer shows it."""
    steps = oracle_layers.encoder(ENCODER, Choices(2, eps=EPS, sample_variance=True))
    answer = {"output": written(steps["output"], 6)}
    told = check(ENCODER, answer)["output"]["cause"]["rationale"]
    assert (
        "In norm_1.variance and norm_2.variance: The sum of the squares was divided by d − 1"
        in told
    )
    answer = {"norm_1.variance": written(steps["norm_1.variance"], 6)}
    told = check(ENCODER, answer)["norm_1.variance"]["cause"]["rationale"]
    assert "cells wrong. The sum of the squares was divided by d − 1" in told
    steps = oracle_layers.transformer(TRANSFORMER, Choices(2, eps=EPS, sample_variance=True))
    answer = {"output": written(steps["output"], 9)}
    told = check(TRANSFORMER, answer)["output"]["cause"]["rationale"]
    assert "encoder.layers.2.norm_1.variance and 9 more: The sum of the squares" in told


def test_a_wrong_output_of_a_deep_stack_is_judged_soon(steps_of_transformer: Steps) -> None:
    """A wrong output without explanation, among thousands of mistakes, is judged in 12 s."""
    shares = np.array(steps_of_transformer["output"])[:, ::-1] + 0.125
    start = time.process_time()
    cause = check(TRANSFORMER, {"output": written(shares)})["output"]["cause"]
    assert time.process_time() - start < 12
    assert "No known mistake explains these numbers." in cause["rationale"]


@pytest.mark.parametrize("document", [ENCODER, DECODER], ids=["encoder", "decoder"])
def test_answers_of_other_shapes_and_ranks_are_judged(
    document: Entries,
) -> None:
    """A wrong shape or rank of any step leaves the verdict on the output as it is."""
    run = CliRunner().invoke(cli, ["compute", json.dumps(document), "-f", "csv"])
    names = [line for line in run.stdout.splitlines() if line and not line[0] in "-0123456789"]
    steps = sorted({name.partition("[")[0] for name in names} - {"output"})[::2]
    for name, cells in zip(steps, cycle(([[1.5]], [1.5, 2.5, 3.5], [[[1.5, 2.5]]]))):
        found = verdicts(document, {name: cells, "output": [[0.5] * 4] * 5})
        assert found["output"] == "wrong"


# Laws.


@pytest.mark.parametrize("decimals", [2, 4, 15])
@pytest.mark.parametrize(
    "document",
    [ENCODER, {**ENCODER, "norm": "pre", "norm_kind": "rms"}, DECODER, TRANSFORMER],
    ids=["encoder", "pre, rms", "decoder", "transformer"],
)
def test_right_answers_of_layers_break_no_law(document: Entries, decimals: int) -> None:
    """Right answers break no law in any sublayer, however they were rounded."""
    run = CliRunner().invoke(cli, ["compute", "-", "-f", "json"], input=json.dumps(document))
    answer = flat("", json.loads(run.stdout))
    rounded = {name: np.round(np.array(cells, float), decimals) for name, cells in answer.items()}
    texts = {name: json.loads(json.dumps(m.tolist()).replace("-Infinity", '"-inf"'))
             for name, m in rounded.items()}  # fmt: skip
    command = ["check", "--laws", "-", "-f", "json", "--eps", str(EPS)]
    run = CliRunner().invoke(cli, command, input=json.dumps(texts))
    report = json.loads(run.stdout)
    assert not [result for result in report["results"] if result["passed"] is False]
    assert report["score"] > 5


def test_the_last_sum_may_be_named_after_its_layer() -> None:
    """With norm pre and no final norm, the last sum is the output, and may have either name."""
    layer = {name: value for name, value in ENCODER.items() if isinstance(value, dict)}
    rest = {name: value for name, value in ENCODER.items() if name not in layer}
    document = {**rest, "norm": "pre", "layers": [layer, layer]}
    run = CliRunner().invoke(cli, ["compute", "-", "-f", "json"], input=json.dumps(document))
    answer = {"layers.2.output": json.loads(run.stdout)["output"]}
    assert check(document, answer)["output"]["passed"] is True


def flat(prefix: str, entries: Entries) -> Entries:
    """Return entries under names with a dot, from nested objects and lists of layers."""
    found: Entries = {}
    for name, value in entries.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            value = {str(number): layer for number, layer in enumerate(value, 1)}
        nests = isinstance(value, dict)
        found |= flat(f"{prefix}{name}.", value) if nests else {prefix + name: value}
    return found


def test_laws_are_checked_in_each_sublayer() -> None:
    """Laws name their sublayer, and detect a norm over tokens instead of features."""
    steps = oracle_layers.encoder(ENCODER, Choices(2, eps=EPS))
    total = summed(ENCODER["X"], steps["self.output"])
    over_tokens = (np.array(total) - np.mean(total, axis=0)) / np.std(total, axis=0)
    answer = {
        "self": {"weights": written(steps["self.weights"])},
        "norm_1": {
            "sum": written(total),
            "mean": written(steps["norm_1.mean"]),
            "output": written(over_tokens),
        },
    }
    command = ["check", "--laws", "-", "-f", "json", "--eps", str(EPS)]
    run = CliRunner().invoke(cli, command, input=json.dumps(answer))
    found = {result["name"]: result["passed"] for result in json.loads(run.stdout)["results"]}
    assert found["self.weights-sum-to-1"] is True
    assert found["norm_1.mean-is-that-of-the-sum"] is True
    assert found["norm_1.norm-has-one-gamma-and-beta"] is False
    assert "activated-is-the-activation" not in found
