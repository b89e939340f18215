"""Test `attncli why-scale`: closed forms, loops, the law of the variance, and the text.

`python -m tests.commands.test_why_scale` writes the golden files anew.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as some

from attncli.calculation.analyses import scale_study as why_scale
from attncli.calculation.analyses.softmax_saturation import entropy, gradient_size
from attncli.cli.program import cli
from attncli.render.saturation.saturation_tables import bar
from tests import oracle
from tests.matrices import Document, matrix
from tests.running import ROOT, compute

GOLDEN = ROOT / "tests/golden/why_scale"
SIDES = ("dot", "scaled")
BATCH, HEADS, N, M, D_K, D_MODEL = 2, 3, 5, 7, 11, 6


def asked(*arguments: str, stdin: str | None = None, width: int | None = None) -> Result:
    """Return the result of a run that succeeds."""
    environment = {"COLUMNS": str(width) if width else None, "TERM": "xterm-256color"}
    run = CliRunner(env=environment).invoke(cli, ["why-scale", *arguments], input=stdin)
    assert run.exit_code == 0, run.stderr
    return run


def rows_of(*arguments: str, stdin: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of the JSON output."""
    rows: list[dict[str, Any]] = json.loads(asked(*arguments, "-f", "json", stdin=stdin).stdout)[
        "rows"
    ]
    return rows


def measured(document: Document, *options: str) -> list[dict[str, Any]]:
    """Return the rows of a document."""
    return rows_of("-", *options, stdin=json.dumps(document))


# In plain loops.


def loops_gradient(weights: Sequence[float]) -> float:
    """Return the Frobenius norm of the matrix of ∂wᵢ/∂sⱼ, cell by cell."""
    squares = 0.0
    for i in range(len(weights)):
        for j in range(len(weights)):
            squares += ((weights[i] if i == j else 0.0) - weights[i] * weights[j]) ** 2
    return math.sqrt(squares)


def loops_entropy(weights: Sequence[float]) -> float:
    """Return −Σ w log w over the weights that are not 0."""
    return -sum(w * math.log(w) for w in weights if w > 0)


def loops(sees: Sequence[Sequence[bool]], scores: Any, weights: Any) -> dict[str, float]:
    """Return the five measures of a list of rows, without hidden scores and empty rows."""
    seen = [scores[i][j] for i in range(len(sees)) for j in range(len(sees[i])) if sees[i][j]]
    kept = [weights[i] for i in range(len(sees)) if any(sees[i])]
    mean = sum(seen) / len(seen)
    return {
        "mean": mean,
        "variance": sum((score - mean) ** 2 for score in seen) / len(seen),
        "largest_weight": sum(max(row) for row in kept) / len(kept),
        "entropy": sum(loops_entropy(row) for row in kept) / len(kept),
        "gradient": sum(loops_gradient(row) for row in kept) / len(kept),
    }


def assert_side(actual: dict[str, Any], expected: Mapping[str, float]) -> None:
    """Assert that every measure agrees to roundoff."""
    for name, number in expected.items():
        assert actual[name] == pytest.approx(number, rel=1e-11, abs=1e-12), name


def row_of_oracle(given: Document, score: str, visible: Any = None) -> dict[str, float]:
    """Return the measures of a document without heads, from the oracle."""
    steps = oracle.attention(given, score=score, may_attend=[visible] if visible else [])
    scores = steps["scaled"] if score == "scaled" else steps["scores"]
    sees = [
        [visible(0, i, j) if visible else True for j in range(len(row))]
        for i, row in enumerate(scores)
    ]
    return loops(sees, scores, steps["weights"])


PLAIN = {"Q": matrix("Q", N, D_K), "K": matrix("K", M, D_K)}
MASKS = {
    "none": ({}, None),
    "causal": ({"mask": "causal"}, oracle.causal()),
    "padding": ({"mask": "padding:3"}, oracle.padding(3)),
    "window": ({"mask": "window:1,0"}, oracle.window(1, 0)),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_document_is_measured_as_in_plain_loops(name: str) -> None:
    """Scores and weights are measured as in the oracle, under each mask."""
    mask, visible = MASKS[name]
    (row,) = measured({**PLAIN, **mask})
    assert (row["d_k"], row["head"], row["queries"], row["left_out"]) == (D_K, None, N, 0)
    for side, theory in zip(SIDES, (D_K, 1), strict=True):
        assert row[side]["theory"] == theory
        assert_side(row[side], row_of_oracle(PLAIN, side, visible))


def test_each_head_has_a_row_and_all_have_one() -> None:
    """Head h has the measures of that head alone; the last row has those of all queries."""
    Q, K = matrix("Q", BATCH, HEADS, N, D_K), matrix("K", BATCH, HEADS, M, D_K)
    rows = measured({"Q": Q, "K": K})
    assert [row["head"] for row in rows] == [1, 2, 3, None]
    scores: dict[str, list[Any]] = {side: [] for side in SIDES}
    weights: dict[str, list[Any]] = {side: [] for side in SIDES}
    for head in range(HEADS):
        (alone,) = measured({"Q": [batch[head] for batch in Q], "K": [batch[head] for batch in K]})
        assert rows[head]["queries"] == BATCH * N
        assert alone == {**rows[head], "head": None}
        for entry in range(BATCH):
            for side in SIDES:
                pair = {"Q": Q[entry][head], "K": K[entry][head]}
                steps = oracle.attention(pair, score=side)
                scores[side] += steps["scaled" if side == "scaled" else "scores"]
                weights[side] += steps["weights"]
    for side in SIDES:
        every = [[True] * M] * (BATCH * HEADS * N)
        assert_side(rows[-1][side], loops(every, scores[side], weights[side]))


def test_heads_that_are_split_and_shared_are_heads() -> None:
    """Four query heads that share two key heads have a row each, and d_k is the width of one."""
    rows = rows_of(str(ROOT / "samples/shared_heads.json"))
    assert [row["head"] for row in rows] == [1, 2, 3, 4, None]
    assert {row["d_k"] for row in rows} == {2}


@pytest.mark.parametrize("layout", ["columns", "torch"])
def test_the_layout_changes_nothing(layout: str) -> None:
    """The same example has the same measures in three layouts."""
    rows = rows_of(str(ROOT / "samples/self_attention.json"))
    assert rows_of(str(ROOT / f"samples/self_attention_{layout}.json")) == rows


def encoder_layer(*places: str) -> Document:
    """Return the weights of an encoder layer, with attentions at these places."""
    projections = {name: matrix(name, D_MODEL, D_MODEL) for name in ("W_q", "W_k", "W_v")}
    ffn = {"W_1": matrix("W_1", D_MODEL, 2), "W_2": matrix("W_2", 2, D_MODEL)}
    return {**dict.fromkeys(places, projections), "ffn": ffn}


LAYERED: dict[str, Document] = {
    "encoder": {"X": matrix("X", N, D_MODEL), **encoder_layer("self")},
    "decoder": {
        "X": matrix("X", N, D_MODEL),
        "memory": matrix("memory", M, D_MODEL),
        **encoder_layer("self", "cross"),
    },
    "stack": {
        "layer": "encoder",
        "X": matrix("X", N, D_MODEL),
        "layers": [encoder_layer("self"), encoder_layer("self")],
    },
}


@pytest.mark.parametrize("name", LAYERED)
@pytest.mark.parametrize("heads", [1, 2])
def test_each_attention_of_a_layer_is_measured_by_itself(name: str, heads: int) -> None:
    """Each attention of a layer is measured with its own Q and K, whatever its score."""
    document = {"layer": name, "heads": heads, **LAYERED[name], "scale": 0.25}
    steps = compute(document)
    rows = measured({**document})
    places = [step.removesuffix(".scores") for step in steps if step.endswith(".scores")]
    assert list(dict.fromkeys(row["attention"] for row in rows)) == places
    for place in places:
        suffix = "" if heads == 1 else "_h"
        Q, K = (steps[f"{place}.{letter}{suffix}"] for letter in "QK")
        masks = {"mask": "causal"} if (name, place) == ("decoder", "self") else {}
        alone = measured({"Q": Q if heads == 1 else [Q], "K": K if heads == 1 else [K], **masks})
        ours = [row for row in rows if row["attention"] == place]
        assert [row["head"] for row in ours] == [row["head"] for row in alone]
        for row, expected in zip(ours, alone, strict=True):
            for side in SIDES:
                assert_side(row[side], expected[side])


def test_an_attention_of_a_layer_that_cannot_be_measured_is_named() -> None:
    """The message names the sublayer of an attention that cannot be measured."""
    document = {"layer": "encoder", **LAYERED["encoder"], "score": "cosine"}
    run = CliRunner().invoke(cli, ["why-scale", "-"], input=json.dumps(document))
    assert (run.exit_code, run.stdout) == (2, "")
    assert "self: score is cosine, q · k / (‖q‖ ‖k‖), but √d_k scales" in run.stderr


# By hand.


def test_two_keys_by_hand() -> None:
    """Scores log 3 and 0 give weights ¾ and ¼, and every ∂w/∂s is ±3/16; √1 changes nothing."""
    (row,) = measured({"Q": [[1]], "K": [[math.log(3)], [0]]})
    expected = {
        "mean": math.log(3) / 2,
        "variance": math.log(3) ** 2 / 4,
        "theory": 1,
        "largest_weight": 0.75,
        "entropy": math.log(4) - 0.75 * math.log(3),
        "gradient": 3 / 8,
    }
    assert row["log_m"] == pytest.approx(math.log(2), rel=1e-15)
    for side in SIDES:
        assert_side(row[side], expected)


def test_over_the_root_by_hand() -> None:
    """Scores 2 log 3 and 0 of width 4 give weights 9/10 and 1/10; over √4, ¾ and ¼."""
    (row,) = measured({"Q": [[1, 1, 0, 0]], "K": [[math.log(3)] * 2 + [0, 5], [0, 0, 7, 0]]})
    assert_side(row["dot"], {"largest_weight": 0.9, "gradient": 2 * 0.09, "theory": 4})
    assert_side(row["scaled"], {"largest_weight": 0.75, "gradient": 2 * 3 / 16, "theory": 1})


@pytest.mark.parametrize("m", [2, 3, 7, 53])
def test_equal_weights(m: int) -> None:
    """Equal weights have the entropy log m, which stands beside it, and ‖J‖ = √(m − 1) / m."""
    (row,) = measured({"Q": [[0, 0]], "K": matrix("K", m, 2)})
    assert row["log_m"] == pytest.approx(math.log(m), rel=1e-15)
    for side in SIDES:
        assert_side(
            row[side],
            {"largest_weight": 1 / m, "entropy": math.log(m), "gradient": math.sqrt(m - 1) / m},
        )


@given(some.lists(some.floats(0, 60), min_size=1, max_size=7))
def test_entropy_and_gradient_are_those_of_the_loops(scores: list[float]) -> None:
    """Any weights have a gradient of at most ½ and an entropy of at most log m."""
    (weights,) = oracle.softmax([scores])
    size, spread = (float(f(np.array(weights))) for f in (gradient_size, entropy))
    assert size == pytest.approx(loops_gradient(weights), rel=1e-6, abs=1e-15)
    assert spread == pytest.approx(loops_entropy(weights), rel=1e-12, abs=1e-15)
    assert 0 <= size <= 0.5 + 1e-15
    assert 0 <= spread <= math.log(len(weights)) + 1e-15


def test_a_gradient_far_below_roundoff_keeps_its_digits() -> None:
    """Scores 200 apart have the gradient 2 e⁻²⁰⁰, although 1 − w rounds to 0."""
    (row,) = measured({"Q": [[200]], "K": [[1], [0]]})
    assert row["dot"]["gradient"] == pytest.approx(2 * math.exp(-200), rel=1e-12)


# The law.


@pytest.mark.parametrize("seed", range(3))
def test_the_variance_of_random_scores_is_d_k(seed: int) -> None:
    """Random scores have mean 0 and variance d_k, within 5 theoretical standard errors."""
    queries, keys = 4001, 23
    options = ("--queries", str(queries), "--keys", str(keys), "--seed", str(seed))
    rows = rows_of("--d-k", "1,2,7,31,101", *options)
    for row in rows:
        d_k, scores = row["d_k"], queries * keys
        error = math.sqrt(2 / (d_k * queries) + 2 * (1 + 2 / d_k) / scores)
        assert abs(row["dot"]["variance"] / d_k - 1) < 5 * error
        assert abs(row["scaled"]["variance"] - 1) < 5 * error
        assert abs(row["dot"]["mean"]) < 5 * math.sqrt(d_k / scores)


def test_softmax_saturates_without_the_root_and_not_with_it() -> None:
    """From d_k 16 to 1024 the largest weight grows without the root, and stays with it."""
    rows = rows_of("--d-k", "16,64,256,1024")
    for less, more in pairwise(rows):
        assert more["dot"]["largest_weight"] > less["dot"]["largest_weight"] + 0.03
        assert more["dot"]["entropy"] < less["dot"]["entropy"] / 1.5
        assert more["dot"]["gradient"] < less["dot"]["gradient"] / 1.5
        for name in ("largest_weight", "entropy", "gradient"):
            assert more["scaled"][name] == pytest.approx(less["scaled"][name], rel=0.03)


def test_a_row_is_the_same_whatever_stands_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row does not depend on the other rows or on block sizes, and another seed changes it."""
    options = ("--queries", "13", "--keys", "5")
    *_, row = rows_of("--d-k", "3,2,7", *options)
    assert [row] == rows_of("--d-k", "7", *options)
    assert [row] == rows_of("--d-k", "7", *options, "--seed", "0")
    assert [row] != rows_of("--d-k", "7", *options, "--seed", "1")
    monkeypatch.setattr(why_scale, "AT_ONCE", 100)
    (again,) = rows_of("--d-k", "7", *options)
    for side in SIDES:
        assert_side(again[side], row[side])


def test_random_rows_are_those_of_their_vectors() -> None:
    """A query is drawn with its keys, from PCG64 seeded by the seed and d_k."""
    (row,) = rows_of("--d-k", "3", "--queries", "2", "--keys", "5", "--seed", "41")
    vectors = np.random.Generator(np.random.PCG64([41, 3])).standard_normal((2, 6, 3)).tolist()
    for side in SIDES:
        scores, weights = [], []
        for query, *keys in vectors:
            steps = oracle.attention({"Q": [query], "K": keys}, score=side)
            scores += steps["scaled" if side == "scaled" else "scores"]
            weights += steps["weights"]
        assert_side(row[side], loops([[True] * 5] * 2, scores, weights))


# Edge cases.


def test_one_key_has_no_choice() -> None:
    """A single key has weight 1, entropy 0 of at most 0, gradient 0, and its score variance 0."""
    for (row,) in (
        rows_of("--d-k", "1", "--queries", "1", "--keys", "1"),
        measured({"Q": [[3, 1]], "K": [[2, 5]]}),
    ):
        assert row["log_m"] == 0
        for side in SIDES:
            expected = {"variance": 0, "largest_weight": 1, "entropy": 0, "gradient": 0}
            assert_side(row[side], expected)


def test_a_query_is_measured_over_the_keys_it_sees() -> None:
    """Under a causal mask, log m is the mean of log 1, log 2 and log 3."""
    (row,) = measured({"Q": matrix("Q", 3, 2), "K": matrix("K", 3, 2), "mask": "causal"})
    assert row["log_m"] == pytest.approx((math.log(2) + math.log(3)) / 3, rel=1e-15)


EMPTY = [[False] * M, *[[True, False, True, True, False, True, True]] * (N - 1)]


@pytest.mark.parametrize("convention", ["paper", "torch-mha", "d2l", "annotated-transformer"])
@pytest.mark.parametrize("numbers", [False, True])
def test_queries_without_keys_are_left_out(convention: str, numbers: bool) -> None:
    """Queries without keys are left out of the measures, whatever their weights, and counted."""
    added = [[0.0 if cell else -1e9 for cell in row] for row in EMPTY]
    mask = {"mask": added} if numbers else {"mask": EMPTY, "mask_kind": "keep"}
    run = asked("-", stdin=json.dumps({**PLAIN, **mask, "convention": convention}))
    assert "Left out: 1 query that may attend to no key." in run.stdout
    (row,) = measured({**PLAIN, **mask, "convention": convention})
    assert (row["queries"], row["left_out"]) == (N - 1, 1)
    for side in SIDES:
        assert_side(row[side], row_of_oracle(PLAIN, side, lambda _, i, j: EMPTY[i][j]))


def test_a_head_without_visible_keys_has_no_numbers() -> None:
    """A head without visible keys has NaN in its row, and the last row is that of the others."""
    mask = [[[False] * 2] * 2, [[True] * 2] * 2]
    document = {"Q": matrix("Q", 1, 2, 2, 3), "K": matrix("K", 1, 2, 2, 3), "mask": mask}
    first, second, every = measured(document)
    assert (first["queries"], first["left_out"], first["dot"]["entropy"]) == (0, 2, "nan")
    assert (every["queries"], every["left_out"]) == (2, 2)
    assert every["dot"] == second["dot"]


def test_huge_scores_give_no_warning_of_numpy() -> None:
    """Scores near overflow give no warning of NumPy, and an overflow gives that of attncli."""
    run = asked("-", "-f", "json", stdin='{"Q": [[1e100, 1]], "K": [[1e90, 1], [1, 3]]}')
    assert run.stderr == (
        "Warning: the mean or the variance of q·k and q·k / √d_k overflows float64: "
        "see inf and nan.\n"
    )
    side = json.loads(run.stdout)["rows"][0]["dot"]
    assert (side["variance"], side["largest_weight"], side["gradient"]) == ("inf", 1, 0)
    run = asked("-", stdin='{"Q": [[1e200, 1]], "K": [[1e200, 1], [1, 3]]}')
    assert run.stderr.startswith("Warning: scores overflows float64")
    assert "nan" in run.stdout


def test_entries_whose_mean_overflows_are_named() -> None:
    """A mean or variance that is shown as inf is reported on standard error."""
    run = asked("-", stdin='{"Q": [[1e308, -1e308]], "K": [[1, 1], [1, 1]]}')
    assert run.stderr.startswith("Warning: the mean or the variance of Q overflows float64")


def test_a_float16_document_is_measured_in_float64() -> None:
    """Measures of a float16 document are calculated in float64, where squares do not overflow."""
    (row,) = measured({"Q": [[300]], "K": [[1]] * 300 + [[0]] * 300, "dtype": "float16"})
    assert (row["dot"]["mean"], row["dot"]["variance"]) == (150, 22500)


def test_the_scale_of_a_document_is_replaced_with_a_warning() -> None:
    """The document's scale is replaced by none and 1/√d_k, and a warning names it."""
    document = json.dumps({**PLAIN, "scale": 0.5})
    run = asked("-", "-f", "json", stdin=document)
    assert json.loads(run.stdout)["rows"] == measured(PLAIN)
    assert run.stderr == (
        "Warning: the document's scale, 0.5, is not used: the scales compared are 1 and 1/√d_k.\n"
    )
    assert asked("-", "--scale", "none", stdin=json.dumps(PLAIN)).stderr == ""
    assert measured({**PLAIN, "score": "dot"}) == measured(PLAIN)


def test_cap_and_temperature_stay() -> None:
    """The document's softcap and temperature apply on both sides."""
    document = {**PLAIN, "softcap": 2, "temperature": 3}
    (row,) = measured(document)
    for side in SIDES:
        steps = oracle.attention(PLAIN, score=side, softcap=2, temperature=3)
        scores = steps["scaled" if side == "scaled" else "scores"]
        assert_side(row[side], loops([[True] * M] * N, scores, steps["weights"]))


# Output.

QUERIES, KEYS = "Q=[[1,2],[3,5]]", "K=[[1,0],[0,1]]"
SCREENS = {
    "random-60": ((), 60),
    "random-pipe": ((), None),
    "few-37": (("--d-k", "1,100", "--queries", "7", "--keys", "3", "--seed", "5"), 37),
    "self_attention-60": (("samples/self_attention.json",), 60),
    "two_heads-60": (("samples/two_heads.json", "-p", "4"), 60),
    "nothing_to_see-60": ((QUERIES, KEYS, "--mask", "[[false,false],[true,true]]"), 60),
    "stack-60": ((json.dumps({"heads": 2, **LAYERED["stack"]}),), 60),
    "padded_batch-60": (("samples/padded_batch.json",), 60),
}


@pytest.mark.parametrize("name", SCREENS)
def test_the_screen_equals_the_golden_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen equals the golden file, and no line is wider than the screen."""
    monkeypatch.chdir(ROOT)
    arguments, width = SCREENS[name]
    shown = asked(*arguments, width=width).stdout
    assert shown == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    if width == 60:
        assert max(map(len, shown.split("\n"))) <= width


@pytest.mark.parametrize("width", [10, 37, 60, 173, None])
def test_no_digit_is_cut(width: int | None) -> None:
    """Every number is printed with all its decimals, on any screen."""
    options = ("--d-k", "3,257", "--queries", "5", "--keys", "7")
    shown = asked(*options, "-p", "20", width=width).stdout
    for row in rows_of(*options):
        for side in SIDES:
            for name in ("mean", "variance", "largest_weight", "entropy", "gradient"):
                assert f"{row[side][name]:.20f}" in shown, name


def test_the_output_names_seed_and_sizes() -> None:
    """The output names the seed and the sizes, from which the table can be made again."""
    shown = asked("--d-k", "2", "--queries", "7", "--keys", "3", "--seed", "911").stdout
    assert "7 random queries, each with 3 keys of its own" in shown
    assert "seed 911, PCG64" in shown
    random = json.loads(asked("--seed", "911", "-f", "json").stdout)["random"]
    assert random == {"queries": 1000, "keys": 16, "seed": 911}


def test_colours_are_only_added() -> None:
    """A pipe has no colours, and without them the coloured text is the same."""
    plain = asked("--queries", "7").stdout
    colored = asked("--queries", "7", "--color", "always").stdout
    assert "\x1b" not in plain
    assert "\x1b" in colored
    bare = re.sub(r"\x1b\[[\d;]*m", "", colored)
    assert [line.rstrip() for line in bare.split("\n")] == plain.split("\n")


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, ""), (1, "████"), (0.5, "██"), (1 / 32, "▏"), (0.97, "███▉"), (2, "████"), (-1, ""),
     (math.nan, ""), (math.inf, "████")],
)  # fmt: skip
def test_bars_are_drawn_to_the_eighth(share: float, expected: str) -> None:
    """A bar of four characters is drawn to an eighth of a character, from empty to full."""
    assert bar(share, 4) == expected


def test_bars_are_as_long_as_their_numbers() -> None:
    """The bars show the largest weight out of 1, and the gradient out of ½."""
    lines = asked("--d-k", "7", "--queries", "7").stdout.split("\n")
    (row,) = rows_of("--d-k", "7", "--queries", "7")
    for side, line in zip(SIDES, lines[-3:-1], strict=True):
        numbers = (row[side]["largest_weight"], row[side]["gradient"] / 0.5)
        first, second = (bar(number, 20) for number in numbers)
        assert line.endswith(f" {first.ljust(20)}  {second}")


def test_json_gives_every_digit_and_csv_the_same(tmp_path: Path) -> None:
    """JSON and CSV give numbers bit for bit, and the suffix of a file sets its form."""
    fields = ("mean", "variance", "largest", "entropy", "gradient")
    found = why_scale.of_random([3, 5], why_scale.Drawn(7, 11, 13))
    options = ("--d-k", "3,5", "--queries", "7", "--keys", "11", "--seed", "13")
    rows = rows_of(*options)
    for row, exact in zip(rows, found.rows, strict=True):
        assert row["log_m"] == exact.log_m
        for side, measured_ in zip(SIDES, (exact.without, exact.scaled), strict=True):
            numbers = [row[side][n] for n in row[side] if n != "theory"]
            assert numbers == [getattr(measured_, name) for name in fields]
    file = tmp_path / "rows.csv"
    asked(*options, "-o", str(file))
    lines = list(csv.DictReader(StringIO(file.read_text(encoding="utf-8"))))
    for line, row in zip(lines, rows, strict=True):
        assert (line["keys"], line["seed"], line["queries"], line["head"]) == ("11", "13", "7", "")
        for side in SIDES:
            assert {n: float(line[f"{side}.{n}"]) for n in row[side]} == row[side]


def test_json_describes_the_document() -> None:
    """JSON names the entries whose products the scores are, and whether a mask hid any."""
    run = asked(str(ROOT / "samples/two_heads.json"), "-f", "json")
    document = json.loads(run.stdout)["document"]
    assert document["is_masked"] is True
    assert document["batch"] is None
    assert list(document["entries"]) == ["Q_h", "K_h"]
    queries = document["entries"]["Q_h"]
    assert_side(queries, {"mean": 5 / 3, "variance": 13 / 18})


ADDITIVE = "score is additive, v_aᵀ tanh(W_a q + U_a k), but √d_k scales the dot product q · k."
ERRORS = [
    (["--d-k", "1,x"], "--d-k is '1,x': it must be whole numbers from 1 to 10000, such as 1,16"),
    (["--d-k", "4,0"], "--d-k is '4,0': it must be whole numbers from 1 to 10000, such as"),
    (["--d-k", ""], "--d-k is '': it must be whole numbers from 1 to 10000, such as"),
    (["--d-k", "9" * 5000], "9': it must be whole numbers from 1 to 10000, such as"),
    (["--d-k", "٣"], "'٣': it must be whole numbers from 1 to 10000, such as"),
    (["--keys", "0"], "--keys is '0': it must be a whole number from 1 to 10000."),
    (["--seed", "-1"], "--seed is '-1': it must be a whole number of at least 0."),
    (
        ["--keys", "9999", "--queries", "1000", "--d-k", "4,7"],
        "these sizes need 110000000 random numbers, but at most 100000000 are drawn. Use fewer",
    ),
    (["--mask", "causal"], "--mask is for a document, but none is given. Name a document:"),
    (["--softcap", "5"], "--softcap is for a document, but none is given."),
    (
        ["samples/rope.json", "--seed", "0"],
        "--seed is for random vectors, but a document is given. Leave out the option,",
    ),
    (["samples/rope.json", "--d-k", "3"], "--d-k is for random vectors, but a document is given."),
    (["samples/additive.json"], f"samples/additive.json: {ADDITIVE} Use --score dot, which needs"),
    (
        ["samples/rope.json", "--normaliser", "sigmoid"],
        "--normaliser is sigmoid, but √d_k keeps the gradient of softmax large. Use",
    ),
    (
        [QUERIES, KEYS, "--mask", "[[false,false]]"],
        "no query may attend to any key: there is nothing to measure. Check the mask.",
    ),
    (["missing.json"], "missing.json: there is no such file."),
    (["Q=[[1,2]]", "K=[[1]]"], "K is 1 × 1 but Q is 1 × 2: dot scoring needs equal columns."),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS, ids=[m[:60] for _, m in ERRORS])
def test_bad_input_ends_with_2(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bad input ends with status 2, its cause and cure on stderr, and nothing on stdout."""
    monkeypatch.chdir(ROOT)
    run = CliRunner().invoke(cli, ["why-scale", *arguments])
    assert (run.exit_code, run.stdout) == (2, "")
    assert message in run.stderr


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, (arguments, width) in SCREENS.items():
        text = asked(*arguments, width=width).stdout
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
