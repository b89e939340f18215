"""Test layers in files and options: names, answers, labels, warnings and explanations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attncli.calculation.algebra.expressions import Cell
from attncli.calculation.algebra.layouts import LAYOUTS, sizes
from attncli.calculation.analyses.cell_names import paper
from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.calculation.operations.pointwise import Add
from attncli.calculation.plans.from_document import read
from attncli.documents.reader import Reader
from attncli.render.explain.explanations import Explanations
from tests import oracle
from tests.commands.test_explain import assert_spelled
from tests.layered import (
    D_FF,
    D_MODEL,
    D_V,
    KINDS,
    Entries,
    N,
    document,
    flat,
    on_paper,
    run,
    small,
)
from tests.running import compute

# Names with dots, in files and on the command line.


def steps_of(*arguments: str, given: Entries | None = None) -> dict[str, Any]:
    """Return every step that compute writes as JSON."""
    result = run("compute", *arguments, "-f", "json", given=given)
    assert result.exit_code == 0, result.stderr
    steps: dict[str, Any] = json.loads(result.stdout)
    return steps


def csv(entries: Entries) -> str:
    """Return a document as CSV: choices, then one section per matrix; a vector is one row."""
    lines = [f"{name} = {entry}" for name, entry in entries.items() if not isinstance(entry, list)]
    for name, entry in entries.items():
        if isinstance(entry, list):
            rows = entry if oracle.rank(entry) == 2 else [entry]
            lines += ["", name, *(",".join(map(repr, row)) for row in rows)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_nested_or_dotted(kind: str, tmp_path: Path) -> None:
    """Nested objects in JSON, and names with dots in JSON, CSV and NPZ, are one document."""
    given = {**document(kind, 2), "norm": "pre"}
    expected = compute(given)
    dotted = flat(given)
    assert compute(dotted) == expected
    path = tmp_path / "document.csv"
    path.write_text(csv(dotted))
    assert steps_of(str(path)) == expected
    archive = tmp_path / "document.npz"
    matrices: dict[str, Any] = {name: e for name, e in dotted.items() if isinstance(e, list)}
    np.savez(archive, **matrices)
    assert steps_of(str(archive), "--layer", kind, "--heads", "2", "--norm", "pre") == expected


def test_a_sublayer_is_given_beside_a_document(tmp_path: Path) -> None:
    """A sublayer beside the document may be a file or a literal, and the later one wins."""
    given = document("encoder")
    weight = tmp_path / "weight.csv"
    weight.write_text(csv({"W": small("other", D_MODEL, D_FF)}).partition("W\n")[2])
    beside = ("-", f"ffn.W_1={weight}", f"NORM1.Gamma={given['norm_2']['gamma']}")
    steps = steps_of(*beside, given=given)
    given["ffn"]["W_1"] = small("other", D_MODEL, D_FF)
    given["norm_1"]["gamma"] = given["norm_2"]["gamma"]
    assert steps == compute(given)


def test_only_reaches_every_step_of_every_layer() -> None:
    """--only names each step of each layer in any spelling, and shows no other step."""
    given = document("transformer", 2)
    every = compute(given)
    for name in list(every)[::7]:
        assert steps_of("-", "--only", name, given=given) == {name: every[name]}
    spelled = "Encoder.LAYERS.2.self.weights, decoder.layers.2.norm-3.mean"
    asked = steps_of("-", "--only", spelled, given=given)
    assert list(asked) == ["encoder.layers.2.self.weights", "decoder.layers.2.norm_3.mean"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["post", "pre"])
def test_names_and_axes_of_a_plan_are_those_of_its_matrices(kind: str, where: str) -> None:
    """All names of a plan differ, the last is `output`, and its axes are those of its matrices."""
    given = {**document(kind, 2), "norm": where, "position": "alibi", "score": "additive"}
    problem, plan = read(Reader().document(json.dumps(given)))
    trace = plan.run(problem.matrices)
    assert len(set(plan.names)) == len(plan.names)
    assert plan.names[-1] == "output"
    for step in plan.steps:
        assert sizes(step.axes) == trace.matrices[step.name].shape, step.name
        is_residual = where == "pre" and isinstance(step.operation, Add)
        assert problem.part_of(step.name) or is_residual, step.name


# Answers that are read back.


SUFFIXES = ["json", "csv", "npz"]


# A case exists for every pair of kind, layout and format.
@pytest.mark.parametrize(
    ("kind", "layout", "suffix"),
    [
        (kind, layout, SUFFIXES[(i + j) % len(SUFFIXES)])
        for i, kind in enumerate(KINDS)
        for j, layout in enumerate(LAYOUTS)
    ],
)
def test_computed_steps_are_right(kind: str, layout: str, suffix: str, tmp_path: Path) -> None:
    """The steps that compute writes pass check, through every format and in every layout."""
    dotted = {**flat(document(kind, 2)), "position": "sinusoidal", "layout": layout}
    given = {name: on_paper(name, entry, layout) for name, entry in dotted.items()}
    problem, key = tmp_path / "problem.json", tmp_path / f"key.{suffix}"
    problem.write_text(json.dumps(given))
    assert run("compute", str(problem), "-o", str(key)).exit_code == 0
    result = run("check", str(problem), str(key), "-f", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {entry["data"]["verdict"] for entry in report["results"]} == {"right"}
    assert [entry["name"] for entry in report["results"]] == list(compute(given))


def test_a_wrong_step_of_a_layer_is_found(tmp_path: Path) -> None:
    """A wrong step of a layer is named; steps before it are right, and steps after it follow."""
    given = document("encoder", 2)
    right = compute(given)
    names = ("sum", "mean", "variance")
    answer = {f"layers.1.norm_2.{name}": right[f"layers.1.norm_2.{name}"] for name in names}
    mean = answer["layers.1.norm_2.mean"] = small("wrong", N, 1)
    sums = np.array(answer["layers.1.norm_2.sum"])
    answer["layers.1.norm_2.variance"] = ((sums - mean) ** 2).mean(-1, keepdims=True).tolist()
    problem = tmp_path / "problem.json"
    problem.write_text(json.dumps(given))
    result = run("check", str(problem), "-", "-f", "json", given=answer)
    report = {entry["name"]: entry for entry in json.loads(result.stdout)["results"]}
    verdicts = [report[name]["data"]["verdict"] for name in answer]
    assert (result.exit_code, verdicts) == (1, ["right", "wrong", "follows"])


# Labels and warnings.


def headers(kind: str, step: str, layout: str = "rows") -> tuple[list[str], list[str]]:
    """Return the row headers and the column headers of a step's table."""
    labels = {"tokens": list("abcde")}
    labels |= {} if kind == "encoder" else {"memory_tokens": list("tuvwxyz")}
    given = {name: on_paper(name, entry, layout) for name, entry in flat(document(kind)).items()}
    result = run(
        "compute", "-", "--only", step, "-p", "4", given={**given, **labels, "layout": layout}
    )
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()[1:]
    lines = [line for line in lines if line and "head" not in line and "─" not in line]
    beside = [line.split()[0] for line in lines if "." in line]
    return list(dict.fromkeys(beside)), lines[0].split()


COUNTED = list(map(str, range(1, D_MODEL + 1)))
LABELS = [
    ("encoder", "self.weights", "abcde", "abcde"),
    ("encoder", "norm_1.mean", "abcde", "1"),
    ("encoder", "output", "abcde", COUNTED),
    ("decoder", "self.weights", "abcde", "abcde"),
    ("decoder", "cross.weights", "abcde", "tuvwxyz"),
    ("decoder", "cross.V_h", "tuvwxyz", [*COUNTED, *map(str, range(12, D_V + 1))]),
    ("decoder", "norm_3.variance", "abcde", "1"),
    ("transformer", "encoder.self.weights", "tuvwxyz", "tuvwxyz"),
    ("transformer", "encoder.norm_1.mean", "tuvwxyz", "1"),
    ("transformer", "encoder.output", "tuvwxyz", COUNTED),
    ("transformer", "decoder.self.weights", "abcde", "abcde"),
    ("transformer", "decoder.cross.weights", "abcde", "tuvwxyz"),
    ("transformer", "output", "abcde", COUNTED),
]


@pytest.mark.parametrize(("kind", "step", "rows", "columns"), LABELS)
@pytest.mark.parametrize("layout", ["rows", "columns"])
def test_tokens_are_named_in_tables(
    kind: str, step: str, rows: list[str], columns: list[str], layout: str
) -> None:
    """`tokens` name the rows of X, and `memory_tokens` those of memory or the encoder."""
    expected = [list(rows), list(columns)]
    assert headers(kind, step, layout) == tuple(expected[:: -1 if layout == "columns" else 1])


WARNED: list[tuple[Entries, list[str]]] = [
    (
        {"mask": [[0] * N, *[[1] * N] * 4], "tokens": "a,b,c,d,e"},
        [
            (
                "no key may be attended to by head 1, query 1 (a); head 2, query 1 (a): "
                "self.weights and self.heads are 0 there."
            )
        ],
    ),
    ({"dtype": "float16", "ffn.b_1": [6e4] * D_FF, "ffn.W_1": [[9e3] * D_FF] * D_MODEL},
     ["ffn.hidden overflows float16: "]),
    ({"ffn.W_3": small("W_3", D_MODEL, D_FF)}, ["ffn.W_3 is not used by relu."]),
    (
        {"self.score": "dot", "self.W_a": small("W_a", D_MODEL, D_MODEL)},
        ["self.W_a is not used by dot scoring."],
    ),
    ({"norm_2.eps": 0, "norm_2.gamma": [0] * D_MODEL}, []),
]  # fmt: skip

BARE = [
    ("encoder", 1, ("self",), ["self has no W_q, W_k and W_v: X itself is Q, K and V."]),
    (
        "decoder",
        1,
        ("cross",),
        ["cross has no W_q, W_k and W_v: X itself is Q, memory is K and V."],
    ),
    (
        "encoder",
        2,
        ("self",),
        ["layers.1.self and layers.2.self have no W_q, W_k and W_v: X itself is Q, K and V."],
    ),
    (
        "transformer",
        1,
        ("self", "cross"),
        [
            "encoder.self and decoder.self have no W_q, W_k and W_v: X itself is Q, K and V.",
            "decoder.cross has no W_q, W_k and W_v: X itself is Q, memory is K and V.",
        ],
    ),
    (
        "encoder",
        7,
        ("self",),
        [
            (
                "layers.1.self, layers.2.self, layers.3.self, layers.4.self, layers.5.self and 2 "
                "more have no W_q, W_k and W_v: X itself is Q, K and V."
            )
        ],
    ),
]


@pytest.mark.parametrize(("kind", "layers", "forgotten", "warnings"), BARE)
def test_a_forgotten_sublayer_gives_a_warning(
    kind: str, layers: int, forgotten: tuple[str, ...], warnings: list[str]
) -> None:
    """A forgotten sublayer is calculated on X itself with a warning, and the others get none."""
    given = {
        name: entry
        for name, entry in flat(document(kind, layers)).items()
        if not set(name.split(".")[:-1]) & set(forgotten)
    }
    result = run("compute", "-", "--only", "output", "--heads", "1", given=given)
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [f"Warning: {warning}" for warning in warnings]


@pytest.mark.parametrize(
    ("said", "warnings"), WARNED, ids=["mask", "overflow", "gate", "W_a", "none"]
)
def test_warnings_name_the_sublayer(said: Entries, warnings: list[str]) -> None:
    """Warnings of overflow and of queries without keys name the sublayer."""
    result = run("compute", "-", given={**flat(document("encoder")), **said})
    lines = result.stderr.splitlines()
    assert result.exit_code == 0
    assert len(lines) == len(warnings)
    for line, warning in zip(lines, warnings, strict=True):
        assert line.startswith(f"Warning: {warning}")


def test_a_mask_of_a_sublayer_may_be_an_object() -> None:
    """The mask of a sublayer may be an object under a dotted name."""
    given = flat(document("encoder"))
    said = compute({**given, "self.mask": {"padding": [2]}})
    assert said == compute({**given, "mask": "padding:2"})


# The arithmetic of cells.


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(
    "choices",
    [
        {"position": "sinusoidal", "scale_embeddings": True},
        {"norm": "pre", "norm_kind": "rms"},
        {"convention": "annotated-transformer", "layout": "columns"},
    ],
    ids=["post", "rms", "annotated"],
)
def test_the_arithmetic_that_is_shown_gives_the_numbers(
    kind: str, activation: str, choices: Entries
) -> None:
    """The arithmetic of five cells of each step gives their numbers, in names and halfway."""
    dotted = {**flat(document(kind, 1, ACTIVATIONS[activation].gated)), "activation": activation}
    layout = choices.get("layout", "rows")
    given = {name: on_paper(name, entry, layout) for name, entry in dotted.items()}
    problem, plan = read(Reader().document(json.dumps({**given, **choices})))
    trace = plan.run(problem.matrices)
    explanations = Explanations(problem, trace, paper(problem, plan), [])
    random = np.random.default_rng(7)
    for step in plan.steps:
        indices = list(np.ndindex(trace.matrices[step.name].shape))
        for at in random.permutation(len(indices))[:5]:
            assert_spelled(explanations, Cell(step.name, indices[at]), trace)


# One token of two features, so that every number can be followed by eye: the sum is [2, 4], the
# mean 3, the variance 1; the feed-forward makes [-1, 2] of [-1, 1], and then the sum [-1, 3].
BY_HAND: Entries = {
    "layer": "encoder",
    "X": [[1, 2]],
    "self": {name: [[1, 0], [0, 1]] for name in ("W_q", "W_k", "W_v")},
    "norm_1": {"gamma": [1, 1.5], "beta": [0, -0.5]},
    "ffn": {"W_1": [[1, 0], [0, 2]], "W_2": [[1, 0], [0, 1]]},
    "eps": 0,
}


def explained(*arguments: str, given: Entries) -> list[str]:
    result = run("explain", "-", *arguments, given=given)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.splitlines()


def test_depth_goes_through_sublayers() -> None:
    """--depth goes from a norm to its sum and to the attention before it, each cell once."""
    lines = explained("norm_1.output[1,2]", "--depth", "2", "-p", "1", given=BY_HAND)
    assert [line.partition(" = ")[0] for line in lines] == [
        "norm_1.output[1,2]",
        "  norm_1.sum[1,2]",
        "    self.output[1,2]",
        "  norm_1.mean[1,1]",
        "    norm_1.sum[1,1]",
        "  norm_1.variance[1,1]",
    ]
    assert lines[1].endswith("norm_1.sum[1,2] = X[1,2] + self.output[1,2] = 2.0 + 2.0 = 4.0")
    assert lines[3].endswith(" = Σ norm_1.sum[1] / 2 = (2.0 + 4.0) / 2 = 6.0 / 2 = 3.0")
    assert lines[5].endswith(" / 2 = ((2.0 - 3.0)² + (4.0 - 3.0)²) / 2 = 2.0 / 2 = 1.0")


def test_relu_names_the_number_below_0() -> None:
    """relu names the number below 0 that it replaces."""
    lines = explained("ffn.activated[1,:]", "-p", "1", given=BY_HAND)
    assert lines == [
        "ffn.activated[1,1] = 0.0  (ffn.hidden[1,1] is below 0)",
        "ffn.activated[1,2] = ffn.hidden[1,2] = 2.0",
    ]
    lines = explained("ffn.activated[1,2]", "-p", "1", "--activation", "silu", given=BY_HAND)
    (line,) = lines
    assert line == (
        "ffn.activated[1,2] = ffn.hidden[1,2] / (1 + exp(-ffn.hidden[1,2]))"
        " = 2.0 / (1 + exp(-2.0)) ≈ 2.0 / 1.1 ≈ 1.8"
    )


def test_cells_of_layers_in_every_form() -> None:
    """LaTeX writes a name with dots and underscores as one name; JSON has the tree."""
    cells = ("norm_1.variance[1,1]", "ffn.activated[1,1]")
    latex = "\n".join(explained(*cells, "-f", "latex", "-p", "0", given=BY_HAND))
    assert r"  \mathrm{norm\_1.variance}_{1,1} &= \frac{\left(\mathrm{norm\_1.sum}_{1,1}" in latex
    assert (
        r"  \mathrm{ffn.activated}_{1,1} &= 0 "
        r"\quad (\mathrm{ffn.hidden}_{1,1}\text{ is below 0})" in latex
    )
    markdown = explained(*cells, "-f", "markdown", "-p", "0", given=BY_HAND)
    assert markdown[-1] == r"- `ffn.activated[1,1] = 0` (ffn.hidden\[1,1\] is below 0)"
    entries = json.loads("\n".join(explained(*cells, "-f", "json", "--depth", "1", given=BY_HAND)))
    assert [entry["value"] for entry in entries] == [1, 0]
    below = {entry["cell"] for entry in entries[0]["operands"]}
    assert below == {"norm_1.sum[1,1]", "norm_1.sum[1,2]", "norm_1.mean[1,1]"}
