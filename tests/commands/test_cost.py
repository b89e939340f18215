"""Test `attncli cost`: sizes, documents, tables, data, comparisons, doublings, refusals.

`python -m tests.commands.test_cost` writes the golden files anew. The counts themselves are tested
in tests/calculation/test_operation_costs.py.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from click.testing import CliRunner, Result

from attncli.calculation.algebra.expressions import FUNCTIONS
from attncli.calculation.counting.alternatives import LayerSizes, layer_alternatives
from attncli.calculation.plans.nested_places import Nested
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.cli.program import cli
from attncli.render.costs.cost_tables import MEANINGS
from tests import layered
from tests.matrices import matrix
from tests.running import ROOT, run

GOLDEN = ROOT / "tests/golden/cost"

# All sizes are different primes.
N, M, D_MODEL, D_Q, D_K, D_V, D_OUT, HIDDEN, PAST, BATCH = 5, 7, 11, 13, 17, 19, 23, 29, 3, 2

SAMPLE = "samples/self_attention.json"
ENCODER = ["--layer", "encoder", "--layers", "3", "--n", "5", "--d-model", "6", "--heads", "2"]
LESSON = ["--n", "5", "--m", "7", "--d-q", "256", "--d-k", "512", "--hidden", "128"]
SCREENS: dict[str, tuple[list[str], int | None]] = {
    "sample-pipe": ([SAMPLE, "--mask", "causal"], None),
    "sample-60": ([SAMPLE, "--mask", "causal"], 60),
    "compared-60": ([SAMPLE, "--compare"], 60),
    "lesson-pipe": ([*LESSON, "--score", "additive", "--compare", "--doublings", "3"], None),
    "encoder-pipe": (ENCODER, None),
    "encoder-60": (ENCODER, 60),
}


def asked(*arguments: str, given: Any = None, width: int | None = None) -> Result:
    """Return the output of a run that succeeds without a warning."""
    environment = {"COLUMNS": str(width) if width else None, "TERM": "xterm-256color"}
    stdin = None if given is None else json.dumps(given)
    run = CliRunner(env=environment).invoke(cli, ["cost", *arguments], input=stdin)
    assert (run.exit_code, run.stderr) == (0, "")
    return run


def data(*arguments: str, given: Any = None) -> dict[str, Any]:
    """Return the output of the same run as JSON."""
    found: dict[str, Any] = json.loads(asked(*arguments, "-f", "json", given=given).stdout)
    return found


def options(**sizes: object) -> list[str]:
    """Return sizes and choices as options of the command line."""
    return [w for name, size in sizes.items() for w in (f"--{name.replace('_', '-')}", str(size))]


# The text.


@pytest.mark.parametrize("name", SCREENS)
def test_text_is_that_of_the_golden_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text equals the golden file, in a pipe and on a screen."""
    monkeypatch.chdir(ROOT)
    arguments, width = SCREENS[name]
    text = asked(*arguments, width=width).stdout
    assert text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert width is None or max(map(len, text.split("\n"))) <= width


def test_color_changes_no_word() -> None:
    """Headings are coloured only with --color, and the words are the same."""
    sizes = options(n=N, d_model=D_MODEL)
    colorful = asked(*sizes, "--compare", "--color", "always").stdout
    plain = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", colorful).split("\n")]
    assert plain == asked(*sizes, "--compare").stdout.split("\n") != colorful.split("\n")


def test_steps_of_layers_are_left_out_and_full_shows_them() -> None:
    """A cost of layers has a row per sublayer, and fits a screen; --full shows every step."""
    assert asked(*ENCODER).stdout.count("\n") <= 24
    assert "left out: 69 steps (--full shows them)" in asked(*ENCODER).stdout
    full = asked(*ENCODER, "--full").stdout
    assert "left out" not in full
    assert all(f" {step['step']} " in full for step in data(*ENCODER)["steps"])


def test_inputs_are_listed() -> None:
    """The inputs that follow from sizes are listed: here d_k from d_model and heads, and W_o."""
    text = asked(*options(n=N, d_model=6, heads=2)).stdout
    assert text.startswith(
        f"Inputs: X {N} × 6.\nParameters: W_q 6 × 6, W_k 6 × 6, W_v 6 × 6, W_o 6 × 6.\n"
    )
    assert (
        "Inputs: Q 5 × 17, K 5 × 17, V 5 × 17.\nParameters: none."
        in asked(*options(n=N, d_k=D_K)).stdout
    )


def test_totals_come_first() -> None:
    """FLOPs, parameters and bytes of all steps stand above the tables, bytes also in KiB or GiB."""
    lines = asked(*options(n=8192, d_model=128, heads=2), width=80).stdout.splitlines()
    found = data(*options(n=8192, d_model=128, heads=2))["total"]
    assert [line.split() for line in lines[3:9] if "─" not in line] == [
        ["total", "number", "bytes", "size"],
        ["FLOPs", f"{found['flops']:,}"],
        ["all", "operations", f"{found['operations']:,}"],
        ["parameters", "65,536", "524,288", "512", "KiB"],
        ["results", f"{found['bytes'] // 8:,}", f"{found['bytes']:,}", "3.1", "GiB"],
    ]


def test_the_steps_of_a_layer_are_one_table() -> None:
    """At 80 columns one table has all columns of all steps; a count of 0 is left out."""
    text = asked("samples/encoder_layer.json", "--full", width=80).stdout
    assert text.count(" step ") == text.count(" sublayer ") == 1
    lines = text.splitlines()
    assert " self.Q_h          2 × 3 × 3            144" in lines
    assert len(lines) <= 54


# Sizes and documents.


def weights(letters: str, d_in: int, *widths: int) -> dict[str, Any]:
    return {f"W_{x}": matrix(x, d_in, width) for x, width in zip(letters, widths, strict=True)}


TOKENS = {"X": matrix("X", N, D_MODEL), "memory": matrix("m", M, D_MODEL)}
DIRECT = {"Q": matrix("Q", N, D_K), "K": matrix("K", M, D_K), "V": matrix("V", M, D_V)}
UNEQUAL = {**DIRECT, "Q": matrix("Q", N, D_Q)}
OF_DIRECT: dict[str, object] = {"n": N, "m": M, "d_k": D_K, "d_v": D_V}
OF_ADDITIVE: dict[str, object] = {**OF_DIRECT, "d_q": D_Q, "hidden": HIDDEN}
VECTOR = {"v_a": matrix("v_a", HIDDEN)}

# A document, and the sizes that describe it.
SAME: dict[str, tuple[dict[str, Any], dict[str, object]]] = {
    "direct": (DIRECT, OF_DIRECT),
    "self": (
        {"X": TOKENS["X"], **weights("qkv", D_MODEL, D_K, D_K, D_V)},
        {"n": N, "d_model": D_MODEL, "d_k": D_K, "d_v": D_V},
    ),
    "cross, one W_o": (
        {**TOKENS, **weights("qkv", D_MODEL, D_K, D_K, D_V), **weights("o", D_V, D_OUT)},
        {**OF_DIRECT, "d_model": D_MODEL, "d_out": D_OUT},
    ),
    "heads": (
        {
            **TOKENS,
            **weights("qkv", D_MODEL, 6 * D_K, 2 * D_K, 2 * D_V),
            **weights("o", 6 * D_V, D_MODEL),
            "heads": 6,
            "kv_heads": 2,
            "softcap": 2,
        },
        {**OF_DIRECT, "d_model": D_MODEL, "heads": 6, "kv_heads": 2, "softcap": 2},
    ),
    "biases": (
        {
            "X": TOKENS["X"],
            **weights("qkv", D_MODEL, D_K, D_K, D_V),
            **{f"b_{x}": matrix(x, size) for x, size in zip("qkv", (D_K, D_K, D_V), strict=True)},
        },
        {"n": N, "d_model": D_MODEL, "d_k": D_K, "d_v": D_V, "biases": "all"},
    ),
    "additive": (
        {
            **UNEQUAL,
            **VECTOR,
            "W_a": matrix("W_a", D_Q, HIDDEN),
            "U_a": matrix("U_a", D_K, HIDDEN),
            "score": "additive",
        },
        {**OF_ADDITIVE, "score": "additive"},
    ),
    "concat": (
        {**UNEQUAL, **VECTOR, "W_a": matrix("W_a", D_Q + D_K, HIDDEN), "score": "concat"},
        {**OF_ADDITIVE, "score": "concat"},
    ),
    "general": (
        {**UNEQUAL, "W_a": matrix("W_a", D_Q, D_K), "score": "general"},
        {**OF_DIRECT, "d_q": D_Q, "score": "general"},
    ),
    "cache": (
        {**DIRECT, "K_past": matrix("p", PAST, D_K), "V_past": matrix("p", PAST, D_V)},
        {**OF_DIRECT, "past": PAST},
    ),
    "cache of heads in a batch": (
        {
            "X": matrix("X", BATCH, N, 6),
            **weights("qkvo", 6, 6, 6, 6, 6),
            "K_past": matrix("p", BATCH, 3, PAST, 2),
            "V_past": matrix("p", BATCH, 3, PAST, 2),
            "heads": 3,
            "position": "rope",
            "mask": "causal",
        },
        {"n": N, "d_model": 6, "heads": 3, "past": PAST, "batch": BATCH}
        | {"position": "rope", "mask": "causal"},
    ),
    "learned positions": (
        {"X": TOKENS["X"], "position": matrix("p", N, D_MODEL)}
        | weights("qkv", D_MODEL, D_MODEL, D_MODEL, D_MODEL),
        {"n": N, "d_model": D_MODEL, "position": "learned"},
    ),
    "columns": (
        {
            "X": matrix("X", D_MODEL, N),
            **{f"W_{x}": matrix(x, D_K, D_MODEL) for x in "qkv"},
            "layout": "columns",
        },
        {"n": N, "d_model": D_MODEL, "d_k": D_K, "layout": "columns"},
    ),
    "float16": ({**DIRECT, "dtype": "float16"}, {**OF_DIRECT, "dtype": "float16"}),
}


def without_title(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "title": ""}


@pytest.mark.parametrize("name", SAME)
def test_sizes_give_the_counts_of_a_document(name: str) -> None:
    """Sizes give the same counts as a document: steps, parameters, bytes and scoring functions."""
    given, sizes = SAME[name]
    compared = ["--compare", "--hidden", str(HIDDEN)] if "hidden" not in sizes else ["--compare"]
    asked_for = ["--doublings", "2", *compared]
    theirs = data("-", *asked_for, given=given)
    assert data(*options(**sizes), *asked_for) == theirs


@pytest.mark.parametrize("kind", layered.KINDS)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("gated", [False, True])
def test_sizes_of_layers_give_the_counts_of_a_document(kind: str, count: int, gated: bool) -> None:
    """Sizes of layers and stacks give the counts of a document, with norms, softmax and gates."""
    given = layered.document(kind, count, gated)
    given["W_out"] = matrix("W_out", layered.D_MODEL, layered.WORDS)
    given["b_out"] = matrix("b_out", layered.WORDS)
    for side in layered.sides(given):
        side["norm_final"] = layered.norm("last")
    given["activation"] = "swiglu" if gated else "relu"
    sizes: dict[str, object] = {"n": layered.N, "d_model": layered.D_MODEL, "d_k": layered.D_K}
    sizes |= {"d_v": layered.D_V, "d_ff": layered.D_FF, "heads": layered.HEADS, "layer": kind}
    sizes |= {"words": layered.WORDS, "biases": "all", "activation": given["activation"]}
    sizes |= {} if kind == "encoder" else {"m": layered.M}
    sizes |= {"layers": count} if count > 1 else {}
    found = data(*options(**sizes), "--final-norm", "--doublings", "1")
    theirs = data("-", "--doublings", "1", given=given)
    for part in ("inputs", "parameters"):  # their order differs
        assert found.pop(part) == theirs.pop(part)
    assert found == theirs


def test_a_million_tokens_take_no_memory_and_no_time() -> None:
    """A million tokens are counted at once, without a matrix of that size, not even for a mask."""
    began = process_time()
    found = data(*options(n=10**6, d_model=512, heads=8, mask="causal"), "--doublings", "3")
    assert process_time() - began < 5
    assert found["total"]["largest_bytes"] == 8 * 10**12 * 8
    assert found["open"] == [
        {"step": "masked", "open": 8 * 10**6 * (10**6 + 1) // 2, "scores": 8 * 10**12}
    ]


def test_weights_that_nothing_uses_are_no_parameters() -> None:
    """Weights that no step uses are not counted, and give the warning that compute gives."""
    given = json.dumps({**DIRECT, "v_a": matrix("v_a", HIDDEN)})
    run = CliRunner().invoke(cli, ["cost", "-", "-f", "json"], input=given)
    assert run.stderr == "Warning: v_a is not used by scaled scoring.\n"
    assert json.loads(run.stdout)["total"]["parameters"] == 0


@pytest.mark.parametrize(
    ("position", "parameters"), [("learned", 3 * 7 * 7 + 5 * 7), ("sinusoidal", 3 * 7 * 7)]
)
def test_learned_positions_are_parameters(position: str, parameters: int) -> None:
    """Learned positions are parameters, one row per token; sinusoidal positions are not."""
    found = data(*options(n=5, d_model=7, position=position))
    assert found["total"]["parameters"] == parameters


# Comparisons.


def scorings(*arguments: str) -> dict[str, dict[str, Any]]:
    rows = data(*arguments, "--compare")["scorings"]
    return {row["score"]: row for row in rows}


def test_every_scoring_function_is_compared() -> None:
    """Every registered scoring function is compared by the cost that it has when chosen alone."""
    sizes = {"n": N, "m": M, "d_k": D_K, "heads": 3}
    rows = scorings(*options(**sizes, hidden=HIDDEN))
    assert list(rows) == list(SCORING)
    for name, row in rows.items():
        own = {"hidden": HIDDEN} if "hidden" in str(SCORING[name].shapes) else {}
        alone = data(*options(**sizes, **own, score=name))
        steps = [
            step
            for step in alone["steps"]
            if step["step"] in ("q_hidden", "k_hidden", "hidden", "scores", "scaled")
        ]
        for counted in ("multiplications", "functions", "operations", "flops"):
            assert row[counted] == sum(step[counted] for step in steps)
        assert row["largest_bytes"] == max(step["bytes"] for step in steps)
        assert row["parameters"] == alone["total"]["parameters"]


def test_a_scoring_function_that_cannot_be_used_says_why() -> None:
    """A scoring function that cannot be used has the reason beside it."""
    rows = scorings(*LESSON, "--score", "additive")
    assert rows["additive"]["parameters"] == 128 * 256 + 128 * 512 + 128
    assert rows["additive"]["largest_bytes"] == 5 * 7 * 128 * 8
    for name, row in rows.items():
        assert (row["needs"] == "any widths") is SCORING[name].widths_may_differ
        assert (row["flops"] is None) is not SCORING[name].widths_may_differ
    assert rows["dot"]["why_not"].startswith("K is 7 × 512 but Q is 5 × 256: dot scoring needs")


def test_a_scale_of_the_document_is_not_that_of_the_compared() -> None:
    """In the comparison each scoring function has its own scale: scaled divides, dot does not."""
    rows = scorings(*options(n=N, d_k=D_K, scale=3))
    assert (rows["dot"]["divisions"], rows["scaled"]["divisions"]) == (0, N * N)
    assert (rows["dot"]["multiplications"], rows["scaled"]["multiplications"]) == (N * N * D_K,) * 2


def loops(at: LayerSizes) -> Mapping[str, int]:
    """Return the multiplications of a layer of each kind, counted in loops."""
    done = dict.fromkeys(("self-attention", "restricted attention", "convolution", "recurrence"), 0)
    for _token in range(at.n):
        for _key in range(at.n):
            for _feature in range(at.d):
                done["self-attention"] += 2  # one in a score, and one in the weighted sum
        for _key in range(at.window):
            for _feature in range(at.d):
                done["restricted attention"] += 2
        for _result in range(at.d):
            for _feature in range(at.d):
                done["recurrence"] += 2  # one with the token, and one with the state
                for _place in range(at.kernel):
                    done["convolution"] += 1
    return {**done, "dilated convolution": done["convolution"]}


@pytest.mark.parametrize(
    "at", [LayerSizes(7, 3, 5, 2), LayerSizes(11, 5, 2, 3), LayerSizes(1, 2, 3, 1)]
)
def test_kinds_of_layers_multiply_as_often_as_their_loops(at: LayerSizes) -> None:
    """Convolution, recurrence and attention multiply as often as their loops do."""
    assert {kind.name: kind.multiplications for kind in layer_alternatives(at)} == loops(at)


def reached(n: int, step: Any) -> int:
    """Return the number of layers until the receptive field covers n tokens."""
    layers, seen = 1, step(1, 1)
    while seen < n:
        layers += 1
        seen = step(layers, seen)
    return layers


def test_orders_are_those_of_table_1() -> None:
    """The orders are n² d, r n d, k n d², n d²; 1, 1, 1, n; paths 1, n/r, n/k, log_k n and n."""
    rows = data(*options(n=64, d_model=32, kernel=4, window=8), "--compare")["layers"]
    found = {row["layer"]: (row["cost"], row["sequential"], row["path"]) for row in rows}
    assert found == {
        "self-attention": (64**2 * 32, 1, 1),
        "restricted attention": (8 * 64 * 32, 1, 8),
        "convolution": (4 * 64 * 32**2, 1, 16),
        "dilated convolution": (4 * 64 * 32**2, 1, 3),
        "recurrence": (64 * 32**2, 64, 64),
    }


@pytest.mark.parametrize("n", [1, 2, 26, 27, 28, 81, 82])
def test_paths_of_convolutions(n: int) -> None:
    """Contiguous kernels of width 3 reach 3 tokens farther per layer, dilated ones three times."""
    paths = {kind.name: kind.path for kind in layer_alternatives(LayerSizes(n, 5, 3, 1))}
    assert paths["convolution"] == reached(n, lambda layers, seen: 3 * layers)
    assert paths["dilated convolution"] == reached(n, lambda layers, _: 3**layers)


def test_layers_are_compared_by_their_first_attention() -> None:
    """Layers are compared by their first attention, which is named, and d is the width of X."""
    text = asked(*ENCODER, "--compare").stdout
    assert "Scores of layers.1.self: n = 5, m = 5, d_q = 3, d_k = 3, hidden = 3, heads = 2" in text
    assert "A layer: n = 5, d = 6, kernel k = 3, window r = 3" in text


# Doublings.


@pytest.mark.parametrize(
    "sizes",
    [
        {"d_model": D_MODEL},
        {"d_model": D_MODEL, "m": M},
        {"d_k": D_K, "past": PAST},
        {"d_model": 6, "heads": 2, "layer": "decoder", "m": M, "norm": "pre"},
        {"d_model": 6, "heads": 2, "layer": "transformer", "m": M, "position": "sinusoidal"},
    ],
)
def test_a_doubling_has_the_counts_of_twice_the_sizes(sizes: dict[str, object]) -> None:
    """A doubling has the counts of twice n, and of twice m where there is one; a cache stays."""
    rows = data(*options(n=N, **sizes), "--doublings", "2")["doublings"]
    assert len(rows) == 3
    for power, row in enumerate(rows):
        longer = {"m": M * 2**power} if "m" in sizes else {}
        total = data(*options(**{"n": N * 2**power, **sizes, **longer}))["total"]
        assert row["n"] == N * 2**power
        assert {name: row[name] for name in total if name in row} == {
            name: number for name, number in total.items() if name in row
        }


def test_attention_grows_by_four_and_its_projections_by_two() -> None:
    """Doubling n multiplies the cost by 2 to 4, because n² · d outgrows n · d²."""
    rows = data(*options(n=2, d_model=64), "--doublings", "12")["doublings"]
    factors = [b["flops"] / a["flops"] for a, b in pairwise(rows)]
    assert 2 < factors[0] < 2.05
    assert factors == sorted(factors)
    assert 3.9 < factors[-1] < 4


# Data.


def test_json_adds_up() -> None:
    """The total is the sum of the steps, and each count has a name."""
    found = data(str(ROOT / SAMPLE))
    for name in ("multiplications", "additions", "flops", "operations", "bytes"):
        assert found["total"][name] == sum(step[name] for step in found["steps"])
    assert found["counting"]["flops"].startswith("2 per multiply-add in matrix products")
    assert found["parameters"] == {f"W_{letter}": [4, 3] for letter in "qkv"}
    assert found["total"]["parameter_bytes"] == 36 * 8
    assert found["dtype"] == "float64"


def test_csv_has_one_line_per_step() -> None:
    """CSV has one line per step: bare for a single table, under names for several."""
    text = asked(str(ROOT / SAMPLE), "-f", "csv").stdout
    rows = list(csv.DictReader(StringIO(text)))
    steps = data(str(ROOT / SAMPLE))["steps"]
    assert [row["step"] for row in rows] == [step["step"] for step in steps]
    assert [int(row["flops"]) for row in rows] == [step["flops"] for step in steps]
    both = asked(str(ROOT / SAMPLE), "-f", "csv", "--compare", "--doublings", "1").stdout
    parts = both.split("\n\n")
    assert [part.partition("\n")[0] for part in parts] == ["scorings", "layers", "doublings"]
    assert len(parts[0].split("\n")) == 2 + len(SCORING)


@pytest.mark.parametrize(
    ("suffix", "start"), [(".json", "{"), (".csv", "step,"), (".txt", "Three")]
)
def test_a_file_is_written_in_the_form_of_its_suffix(
    suffix: str, start: str, tmp_path: Path
) -> None:
    """A file is written in the form of its suffix."""
    file = tmp_path / f"cost{suffix}"
    assert asked(str(ROOT / SAMPLE), "-o", str(file)).stdout == ""
    assert file.read_text(encoding="utf-8").startswith(start)


# Refusals.

ERRORS: list[tuple[Sequence[str], str]] = [
    ([], "there is nothing to count. Name a document, or sizes: attncli cost --n 512"),
    (["--n", "5"], "--d-model and --d-k are missing: one of them is needed."),
    (
        ["--d-k", "5"],
        "--n is missing: attention without layers needs it. It is the number of tokens of X, or",
    ),
    (["--n", "-5", "--d-k", "3"], "--n is '-5': it must be a whole number of at least 1."),
    (["--n", "0", "--d-k", "3"], "--n is '0': it must be a whole number of at least 1."),
    (["--n", "2.5", "--d-k", "3"], "--n is '2.5': it must be a whole number of at least 1."),
    (["--n", "10000001", "--d-k", "3"], "sizes are whole numbers from 1 to 10000000."),
    (
        options(n=10**7, d_model=10**7, batch=10**7),
        "X would be 10000000 × 10000000 × 10000000, which is too large for any machine.",
    ),
    (
        options(n=N, d_model=10, heads=3),
        (
            "d_model is 10, but heads is 3: without --d-k, a head has d_model / heads features. "
            "Use --heads 1, 2, 5 or 10, or give --d-k."
        ),
    ),
    (options(n=N, d_model=12, heads=4, kv_heads=3), "must divide 4: 1, 2 or 4."),
    (options(n=N, m=M, d_q=D_Q, d_k=D_K), "the sizes: K is 7 × 17 but Q is 5 × 13: dot scoring"),
    (
        options(n=N, d_model=6, d_ff=3),
        "--d-ff is given, but attention without layers does not have",
    ),
    (
        options(n=N, d_model=6, m=M, layer="encoder"),
        "--m is given, but an encoder does not have this size.",
    ),
    (options(n=N, layer="decoder"), "--d-model is missing: a decoder needs it."),
    (options(n=N, d_k=D_K, hidden=3), "--hidden is given, but no matrix here has this size."),
    (options(n=N, d_k=D_K, mask="padding:9"), "counts 9 real keys, but there are 5 keys."),
    (options(n=N, d_k=D_K, position="sinusoidal"), "position is added to X, but there is no X"),
    (options(n=N, d_k=D_K, window=2), "--window has no effect without --compare."),
    ([*options(n=N, d_k=D_K, window=6), "--compare"], "--window is 6, but there are 5 tokens."),
    (
        [*options(n=N, d_k=D_K, kernel=1), "--compare"],
        "--kernel is '1': it must be a whole number of at least 2.",
    ),
    (
        options(n=N, d_k=D_K, doublings=0),
        "--doublings is '0': it must be a whole number from 1 to 20.",
    ),
    ([SAMPLE, "--n", "3"], f"--n is for sizes without a document, but {SAMPLE} is given."),
    ([SAMPLE, "--biases", "all"], "--biases is for sizes without a document"),
    ([SAMPLE, "--hidden", "3"], "--hidden is for sizes without a document"),
    ([*options(n=N, d_model=6), "--final-norm"], "--final-norm is given, but there are no layers"),
    (options(n=N, d_k=6, biases="all"), "--biases all is given, but there is no projection that"),
    (["missing.json"], "missing.json: there is no such file."),
    (options(n=N, d_k=D_K, score="dut"), "(did you mean 'dot'?)"),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS, ids=[m[:60] for _, m in ERRORS])
def test_bad_input_ends_with_2(
    arguments: Sequence[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad input ends with status 2, its cause and cure on stderr, and nothing on stdout."""
    monkeypatch.chdir(ROOT)
    run = CliRunner().invoke(cli, ["cost", *arguments])
    assert (run.exit_code, run.stdout) == (2, "")
    assert message in run.stderr


def test_every_sample_can_be_counted() -> None:
    """Every sample can be counted."""
    for path in sorted((ROOT / "samples").glob("*.*")):
        assert CliRunner().invoke(cli, ["cost", str(path), "--compare"]).exit_code == 0, path


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, (arguments, width) in SCREENS.items():
        text = asked(*arguments, width=width).stdout
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")


def test_every_function_is_named_below_the_table() -> None:
    """The note below the table names every function that the column counts: all but exp."""
    words = {"sqrt": "√"}
    for name in FUNCTIONS.keys() - {"exp"}:
        word = words.get(name, name)
        assert f" {word}" in MEANINGS["functions"], (
            f"the note on the column functions, {MEANINGS['functions']!r}, does not name {word}."
        )


def test_the_number_of_layers_has_a_limit() -> None:
    """More layers than any model has are refused at once; each layer has steps of its own."""
    result = run("cost", "--layer", "encoder", "--n", "4", "--d-model", "4", "--layers", "10000000")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "layers are whole numbers from 1 to 1000." in result.stderr


def test_the_entries_of_a_place_are_found_without_a_search_of_all() -> None:
    """A sublayer's entries come from an index of the document, which is made once."""
    entries = {f"layers.{n}.ffn.W_1": Entry(n, "") for n in range(2000)}
    document = Document(entries)
    places = [Nested(document, ("layers", str(n), "ffn")).own() for n in range(2000)]
    assert [place["W_1"].value for place in places] == list(range(2000))
    assert Nested(document, ("layers",)).own() == {}
