"""Test positions against the oracle, and by the laws that they fulfil.

`POSITIONS` is read from its registry; an entry needs an example in `EXAMPLES`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attncli.calculation.algebra.layouts import LAYOUTS, sizes
from attncli.calculation.plans.attention import attention
from attncli.calculation.positions.angles import Angles
from attncli.calculation.positions.position_schemes import POSITIONS
from attncli.calculation.positions.rope import Rotate
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.read_problem import read_problem
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.cli.program import cli
from tests import oracle
from tests.matrices import assert_same, matrix
from tests.oracle_positions import SLOPES, distances, rotated, sinusoids
from tests.running import compute

Entries = dict[str, Any]  # what a JSON document holds

# A head is 10 = 2 · 5 wide, as pairs need; all the other sizes are different primes.
HEADS, BATCH, N, M, PAST, D_MODEL, D_K, D_V = 3, 2, 5, 7, 4, 11, 10, 13
CLOSE = 1e-12

EXAMPLES = {
    "none": ("none",),
    "sinusoidal": ("sinusoidal", "sinusoidal:base=2.5", "sinusoidal:interleaved"),
    "rope": ("rope", "rope:interleaved", "rope:dims=4,base=50", "rope:interleaved,dims=6"),
    "alibi": ("alibi",),
}
MEANT: dict[str, dict[str, Any]] = {  # the keywords of the oracle
    "sinusoidal": {},
    "sinusoidal:base=2.5": {"base": 2.5},
    "sinusoidal:interleaved": {},
    "rope": {},
    "rope:interleaved": {"interleaved": True},
    "rope:dims=4,base=50": {"dims": 4, "base": 50},
    "rope:interleaved,dims=6": {"interleaved": True, "dims": 6},
}

every_position = pytest.mark.parametrize(
    "position", [text for kind in POSITIONS for text in EXAMPLES.get(kind, ())]
)
modest = settings(deadline=None, derandomize=True, max_examples=10)


def test_every_entry_has_an_example() -> None:
    """Each registered position has an example, and each example is registered."""
    left_out = ", ".join(sorted(set(POSITIONS) - set(EXAMPLES)))
    assert not left_out, f"{left_out} has no example in {__name__}: no law is tested for it."
    gone = ", ".join(sorted(set(EXAMPLES) - set(POSITIONS)))
    assert not gone, f"{gone} has an example in {__name__}, but is not registered."


def projected(heads: int = HEADS, leading: tuple[int, ...] = ()) -> Entries:
    """Return X and its projections for this number of heads."""
    widths = {"W_q": heads * D_K, "W_k": heads * D_K, "W_v": heads * D_V}
    weights = {name: matrix(name, D_MODEL, width) for name, width in widths.items()}
    return {"X": matrix("X", *leading, N, D_MODEL), **weights, "heads": heads}


def numbers(nested: Any) -> Any:
    return np.array(nested, dtype=np.float64)


# Against the oracle.


def expected(document: Entries, position: str) -> dict[str, Any]:
    """Return the steps of the oracle with one kind of position, for the document's X and memory."""
    kind, heads = position.partition(":")[0], document.get("heads", 1)
    choices: dict[str, Any] = {"heads": heads}
    steps: dict[str, Any] = {}
    inputs = dict(document)
    if kind == "sinusoidal":
        steps["position"] = sinusoids(N, len(document["X"][0]), **MEANT[position])
        steps["embedded"] = (numbers(document["X"]) + steps["position"]).tolist()
        inputs = {**inputs, "memory": document.get("memory", steps["embedded"])}
        inputs["X"] = steps["embedded"]
    elif kind == "rope":
        choices["turned"] = lambda rows: rotated(rows, **MEANT[position])
    elif kind == "alibi":
        choices["added"] = [distances(heads)]
    steps |= oracle.attention(inputs, **choices)
    if kind == "alibi":
        of_heads = [
            [[distances(heads)(h, i, j) for j in range(len(row))] for i, row in enumerate(rows)]
            for h, rows in enumerate(steps["scores"] if heads > 1 else [steps["scores"]])
        ]
        at = list(steps).index("masked")
        before, after = list(steps.items())[:at], list(steps.items())[at:]
        steps = {**dict(before), "position": oracle.one_or_all(of_heads), **dict(after)}
    return steps


@every_position
@pytest.mark.parametrize("heads", [1, HEADS])
@pytest.mark.parametrize("crossed", [False, True])
def test_every_step_is_that_of_the_oracle(position: str, heads: int, crossed: bool) -> None:
    """Every step agrees in self-attention and in cross-attention; memory gets no positions."""
    document = {**projected(heads), **({"memory": matrix("M", M, D_MODEL)} if crossed else {})}
    assert_same(compute({**document, "position": position}), expected(document, position))


@pytest.mark.parametrize("width", [1, 2, 5, 7, 10])
@pytest.mark.parametrize("base", [10000, 3])
def test_sinusoids_of_any_width(width: int, base: int) -> None:
    """Sines and cosines alternate, and an odd width ends with a sine."""
    document = {"X": matrix("X", N, width), "position": f"sinusoidal:base={base}"}
    ours = compute(document, "--only", "position")["position"]
    assert_allclose(ours, sinusoids(N, width, base=base), CLOSE, CLOSE)


@pytest.mark.parametrize("width", [2, 6, 10])
def test_halves_are_the_same_waves_in_another_order(width: int) -> None:
    """In halves all sines come first, then all cosines, with the same numbers."""
    document = {"X": matrix("X", N, width), "position": "sinusoidal:halves"}
    halves = numbers(compute(document)["position"])
    assert_allclose(halves, sinusoids(N, width, halves=True), CLOSE, CLOSE)
    turns = numbers(compute({**document, "position": "sinusoidal"})["position"])
    assert_array_equal(halves, np.concatenate((turns[:, 0::2], turns[:, 1::2]), axis=-1))


@pytest.mark.parametrize("heads", SLOPES)
def test_slopes_are_those_of_the_paper(heads: int) -> None:
    """ALiBi's slopes are the paper's, also for numbers of heads that are not powers of two."""
    sizes = (heads, N, 2)
    document = {name: matrix(name, 1, *sizes) for name in "QK"}
    steps = compute({**document, "position": "alibi"})
    assert_allclose(-numbers(steps["position"])[:, 2, 1], SLOPES[heads], CLOSE)
    assert_allclose(-numbers(steps["position"])[:, 0, 3], 3 * numbers(SLOPES[heads]), CLOSE)


def test_alibi_of_one_head_without_an_axis() -> None:
    """With one head the slope is 2^−8, and `position` has no axis of heads and none of batch."""
    document = {name: matrix(name, BATCH, N, 3) for name in "QK"}
    steps = compute({**document, "position": "alibi"})
    assert numbers(steps["position"]).shape == (N, N)
    lowered = numbers(steps["scaled"]) + numbers(steps["position"])
    assert_array_equal(numbers(steps["masked"]), lowered)


# Laws.

NEED_WEIGHTS = {"general", "concat"}


def in_order(document: Entries, order: list[int]) -> Entries:
    return {**document, "X": numbers(document["X"])[order].tolist()}


@modest
@given(order=st.permutations(range(N)), score=st.sampled_from(sorted(set(SCORING) - NEED_WEIGHTS)))
def test_without_positions_permuting_tokens_permutes_the_output(
    order: list[int], score: str
) -> None:
    """Attention is equivariant: tokens in another order give the same outputs in that order."""
    document = {**projected(), "score": score, "position": "none"}
    before = numbers(compute(document)["output"])
    after = numbers(compute(in_order(document, order))["output"])
    assert_allclose(after, before[order], 1e-10, CLOSE)


@every_position
def test_with_positions_permuting_tokens_changes_the_output(position: str) -> None:
    """With positions of any kind but `none`, tokens in another order give other outputs."""
    document, order = {**projected(), "position": position}, [1, 0, 2, 4, 3]
    before = numbers(compute(document)["output"])
    after = numbers(compute(in_order(document, order))["output"])
    assert np.allclose(after, before[order]) == (position == "none")


def rotations() -> list[Rotate]:
    return [
        Rotate("Q", Angles(is_interleaved, base), dims)
        for is_interleaved in (False, True)
        for base in (10000.0, 7.0)
        for dims in (None, 4)
    ]


@pytest.mark.parametrize("rotate", rotations(), ids=str)
def test_rotations_keep_lengths_and_the_first_token(rotate: Rotate) -> None:
    """Rotations keep lengths, and leave place 0 and the features beyond dims as they are."""
    queries = numbers(matrix("Q", BATCH, N, D_K))
    turned = rotate.apply(queries)
    lengths = np.linalg.norm(queries, axis=-1)
    assert_allclose(np.linalg.norm(turned, axis=-1), lengths, CLOSE)
    assert_array_equal(turned[:, 0], queries[:, 0])
    assert_array_equal(turned[..., rotate.dims or D_K :], queries[..., rotate.dims or D_K :])


@pytest.mark.parametrize("rotate", rotations(), ids=str)
def test_rotations_one_after_the_other_are_one(rotate: Rotate) -> None:
    """Places add up: a rotation from place 0, then by 3 places, is a rotation from place 3."""
    queries = numbers(matrix("Q", N, D_K))
    by_3 = np.concatenate(
        [Rotate("Q", rotate.angles, rotate.dims, 3).apply(row[None]) for row in queries]
    )
    turned = Rotate("Q", rotate.angles, rotate.dims).apply(by_3)
    assert_allclose(turned, Rotate("Q", rotate.angles, rotate.dims, 3).apply(queries), 1e-10, 1e-10)


@pytest.mark.parametrize("position", EXAMPLES["rope"])
def test_rotary_scores_depend_on_the_distance_alone(position: str) -> None:
    """With one query and one key everywhere, every diagonal of the scores holds one number."""
    document = {"Q": matrix("q", 1, D_K) * N, "K": matrix("k", 1, D_K) * M, "position": position}
    scores = numbers(compute(document)["scores"])
    for offset in range(1 - N, M):
        diagonal = np.diagonal(scores, offset)
        assert_allclose(diagonal, diagonal[0], 1e-10)
    assert not np.allclose(scores, scores[0, 0])


@pytest.mark.parametrize("position", EXAMPLES["rope"])
@pytest.mark.parametrize("shift", [1, 1000])
def test_rotary_scores_do_not_know_where_counting_begins(position: str, shift: int) -> None:
    """Queries and keys shifted by the same number of places have the same scores."""
    queries, keys = numbers(matrix("Q", N, D_K)), numbers(matrix("K", M, D_K))
    meant = {"is_interleaved": False, **MEANT[position]}
    angles = Angles(meant.get("interleaved", False), meant.get("base", 10000.0))
    here, there = (Rotate("Q", angles, meant.get("dims"), first) for first in (0, shift))
    scores = here.apply(queries) @ here.apply(keys).T
    assert_allclose(there.apply(queries) @ there.apply(keys).T, scores, 1e-9, 1e-9)


# A cache: a sequence in two calls gives what it gives in one.


@every_position
@pytest.mark.parametrize("heads", [1, HEADS])
def test_a_cache_continues_the_places(position: str, heads: int) -> None:
    """After a cache, the last tokens get the outputs that they get in the whole sequence."""
    document = {**projected(heads), "position": position, "mask": "causal"}
    whole = compute(document)
    early = compute({**document, "X": document["X"][:PAST]})
    keys, values = (
        next(early[name] for name in names if name in early)
        for names in (("K_rotated", "K_h", "K"), ("V_h", "V"))
    )
    late = {**document, "X": document["X"][PAST:], "K_past": keys, "V_past": values}
    output = numbers(compute(late)["output"])
    assert_allclose(output, numbers(whole["output"])[PAST:], 1e-10, 1e-10)


LENGTHS = [N, N - 2]
LAST = 2  # the queries of each entry


@pytest.mark.parametrize("position", [*EXAMPLES["none"], *EXAMPLES["rope"], *EXAMPLES["alibi"]])
@pytest.mark.parametrize("heads", [1, HEADS])
def test_batch_entries_of_a_cache_begin_at_their_own_places(position: str, heads: int) -> None:
    """With cache_lens, the queries of a batch entry stand at the end of its filled keys."""
    keys, values = matrix("K", BATCH, N, heads * D_K), matrix("V", BATCH, N, heads * D_V)
    sequence = matrix("Q", BATCH, N, heads * D_K)
    queries = [rows[length - LAST : length] for rows, length in zip(sequence, LENGTHS, strict=True)]
    choices = {"heads": heads, "position": position, "mask": "causal"}
    together = compute({**choices, "Q": queries, "K": keys, "V": values, "cache_lens": LENGTHS})
    for entry, length in enumerate(LENGTHS):
        given = (("Q", sequence), ("K", keys), ("V", values))
        alone = compute({**choices, **{name: rows[entry][:length] for name, rows in given}})
        output = numbers(together["output"])[entry]
        assert_allclose(output, numbers(alone["output"])[length - LAST :], 1e-10, 1e-10)


@pytest.mark.parametrize("position", EXAMPLES["sinusoidal"])
def test_sinusoids_of_batch_entries_begin_at_their_own_places(position: str) -> None:
    """With X as the last tokens of each entry's cache, `position` has an axis of the batch."""
    document = {"X": matrix("X", BATCH, LAST, D_MODEL), "memory": matrix("M", BATCH, N, D_MODEL)}
    steps = compute({**document, "position": position, "cache_lens": LENGTHS})
    for entry, length in enumerate(LENGTHS):
        alone = sinusoids(LAST, D_MODEL, **MEANT[position], first=length - LAST)
        assert_allclose(steps["position"][entry], alone, CLOSE, CLOSE)
        embedded = numbers(document["X"][entry]) + alone
        assert_allclose(steps["embedded"][entry], embedded, CLOSE, CLOSE)


@every_position
@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("leading", [(BATCH,), (BATCH, HEADS)])
def test_axes_are_those_of_the_numbers(
    position: str, lengths: list[int] | None, leading: tuple[int, ...]
) -> None:
    """The axes that a step announces are those of its result, in a batch and with heads."""
    document = projected(leading=leading)
    choices = {"position": position, **({"cache_lens": lengths} if lengths else {})}
    arrays = {name: Entry(np.array(rows), "") for name, rows in document.items() if name != "heads"}
    entries = {**arrays, **{name: Entry(value, "") for name, value in choices.items()}}
    problem = read_problem(Document({**entries, "heads": Entry(HEADS, "")}))
    trace = attention(problem).run(problem.matrices)
    for step in trace.plan.steps:
        assert sizes(step.axes) == trace.matrices[step.name].shape, step.name


# Documents.


def on_paper(nested: Any, is_transposed: bool) -> Any:
    return np.swapaxes(nested, -1, -2).tolist() if is_transposed else nested


@every_position
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_agree(position: str, layout: str) -> None:
    """Positions are laid out as tokens are, and the angles are the same in every layout."""
    is_columns, is_torch = layout == "columns", layout == "torch"
    rows = {**projected(leading=(BATCH,)), "position": position}
    if position == "none":
        rows["position"] = matrix("learned", N, D_MODEL)
    written = {
        name: on_paper(value, is_columns or (is_torch and name.startswith("W_")))
        if isinstance(value, list)
        else value
        for name, value in rows.items()
    }
    ours = compute({**written, "layout": layout})
    assert list(ours) == list(compute(rows))
    for name, step in compute(rows).items():
        assert_allclose(on_paper(ours[name], is_columns), step, 1e-10, CLOSE, err_msg=name)


def test_a_learned_position_is_added() -> None:
    """A learned position may stand in the document, a file or an argument, and is not a step."""
    document = projected(1)
    learned = matrix("learned", N, D_MODEL)
    embedded = (numbers(document["X"]) + numbers(learned)).tolist()
    steps = compute({**document, "position": learned})
    assert_same(steps, {"embedded": embedded, **oracle.attention({**document, "X": embedded})})
    for option in (f"position={json.dumps(learned)}", f"POSITIONAL_ENCODING={json.dumps(learned)}"):
        assert compute(document, option) == steps


def test_a_position_may_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A position in a document may name a file, which is looked for beside the document."""
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text("1,2\n3,4\n")
    Path("folder").mkdir()
    Path("folder/beside.csv").write_text("5,6\n7,8\n")
    Path("folder/document.json").write_text('{"X": [[0,0],[0,0]], "position": "beside.csv"}')
    run = ["compute", "folder/document.json", "--only", "embedded", "-f", "csv"]
    assert CliRunner().invoke(cli, run).stdout == "5.0,6.0\n7.0,8.0\n"
    assert CliRunner().invoke(cli, [*run, "position=table.csv"]).stdout == "1.0,2.0\n3.0,4.0\n"


CSV = """position = rope:interleaved,dims=2
Q
1,2,3
4,5,6

K
1,0,0
"""


def test_a_position_is_a_line_or_a_section_of_csv(tmp_path: Path) -> None:
    """In CSV, a choice stands before the first matrix, and a learned position under its name."""
    words, learned = tmp_path / "words.csv", tmp_path / "learned.csv"
    words.write_text(CSV)
    learned.write_text("X\n1,2\n\nposition\n3,4\n")
    run = CliRunner().invoke(cli, ["compute", str(words), "--only", "Q_rotated", "-f", "json"])
    ours = json.loads(run.stdout)["Q_rotated"]
    assert_allclose(ours, rotated([[1, 2, 3], [4, 5, 6]], interleaved=True, dims=2), CLOSE)
    run = CliRunner().invoke(cli, ["compute", str(learned), "--only", "embedded", "-f", "csv"])
    assert run.stdout == "4.0,6.0\n"


@every_position
def test_an_option_wins_over_the_document(position: str) -> None:
    """`--position` replaces the document's positions, and `--position none` removes them."""
    document = {**projected(), "position": "sinusoidal:base=3"}
    ours = compute(document, "--position", position.upper())
    assert ours == compute({**document, "position": position})


def test_alibi_adds_to_a_mask() -> None:
    """With ALiBi, hidden keys stay hidden, and the numbers of a mask are added too."""
    inputs = {name: matrix(name, HEADS, N, D_K) for name in "QK"}
    document = {name: [value] for name, value in inputs.items()}
    bias = numbers(matrix("bias", N, N))
    steps = compute({**document, "position": "alibi", "masks": ["causal", bias.tolist()]})
    total = numbers(steps["scaled"]) + bias + numbers(steps["position"])
    hidden = np.triu(np.ones((N, N), dtype=np.bool_), 1)
    assert_allclose(numbers(steps["masked"]), np.where(hidden, -np.inf, total), CLOSE)


@every_position
def test_float32_stays_float32(position: str) -> None:
    """Angles are calculated in full precision, and every step is of the chosen dtype."""
    single = compute({**projected(), "position": position, "dtype": "float32"})
    double = compute({**projected(), "position": position})
    for name, step in single.items():
        assert_array_equal(numbers(step), numbers(step).astype(np.float32))
        assert_allclose(step, double[name], 1e-3, 1e-4, err_msg=name)


def test_a_relative_bias_is_a_mask_of_numbers() -> None:
    """ALiBi's own numbers as a mask, one matrix per head, give what ALiBi gives."""
    steps = compute({**projected(), "position": "alibi"})
    by_mask = compute({**projected(), "mask": steps.pop("position")})
    assert_same(by_mask, steps)


# Answers.


def check(folder: Path, problem: Entries, answer: Entries) -> tuple[int, str]:
    """Return the exit status and the report of a check."""
    paths = []
    for name, content in (("problem", problem), ("answer", answer)):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content))
        paths.append(str(path))
    run = CliRunner().invoke(cli, ["check", *paths, "-f", "markdown"])
    return run.exit_code, run.stdout


ROTARY = {"Q": matrix("Q", N, D_K), "K": matrix("K", M, D_K), "position": "rope"}


@pytest.mark.parametrize("decimals", [4, 15])
@pytest.mark.parametrize("shown", ["Q_rotated", "K_rotated", "Q_rotated K_rotated"])
def test_rotary_places_may_be_counted_from_1(shown: str, decimals: int, tmp_path: Path) -> None:
    """Rotary positions counted from 1 pass, because the scores are the same."""
    steps = compute(ROTARY)
    answer = {name: steps[name] for name in ("scores", "scaled", "weights")}
    for name in shown.split():
        turned = rotated(ROTARY[name[0]], first=1)
        answer[name] = np.round(turned, decimals).tolist()
    assert check(tmp_path, ROTARY, answer)[0] == 0


def test_queries_and_keys_are_counted_alike(tmp_path: Path) -> None:
    """Counting only the queries, or only the keys, from 1 is a named mistake."""
    steps = compute(ROTARY)
    shifted = rotated(ROTARY["Q"], first=1)
    answer = {"Q_rotated": shifted, "K_rotated": steps["K_rotated"]}
    status, report = check(tmp_path, ROTARY, answer)
    assert status == 1
    assert "rope-positions-from-1" in report
    scores = numbers(shifted) @ numbers(steps["K_rotated"]).T
    status, report = check(tmp_path, ROTARY, {"Q_rotated": shifted, "scores": scores.tolist()})
    assert status == 1


def test_steps_without_effect_are_judged_by_the_step_before(tmp_path: Path) -> None:
    """Without positions, `embedded` is judged as X, and a rotated matrix as the one before it."""
    problem = {key: value for key, value in projected(1).items() if key != "heads"}
    steps = compute(problem)
    same: Entries = {"embedded": problem["X"], "Q_rotated": steps["Q"], "K_rotated": steps["K"]}
    assert check(tmp_path, problem, {**same, **steps})[0] == 0
    assert check(tmp_path, problem, {**steps, "Q_rotated": steps["K"]})[0] == 1


def test_each_position_is_read_back_as_an_answer(tmp_path: Path) -> None:
    """The steps that compute writes with each position pass check."""
    for position in (text for texts in EXAMPLES.values() for text in texts):
        problem = {**projected(), "position": position}
        assert check(tmp_path, problem, compute(problem))[0] == 0
    learned = {**projected(), "position": matrix("learned", N, D_MODEL)}
    answer = {**compute(learned), "position": learned["position"]}
    assert check(tmp_path, learned, answer)[0] == 0


@pytest.mark.parametrize("position", ["rope", "alibi"])
@pytest.mark.parametrize("left_out", ["", "masked", "K_rotated", "Q_rotated K_rotated scores"])
def test_laws_allow_for_positions(position: str, left_out: str, tmp_path: Path) -> None:
    """The laws accept scores and weights with positions in them."""
    steps = compute({**projected(1), "position": position})
    answer = {name: step for name, step in steps.items() if name not in left_out.split()}
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer))
    assert CliRunner().invoke(cli, ["check", "--laws", str(path)]).exit_code == 0


@pytest.mark.parametrize("mask", [{}, {"mask": "causal"}])
def test_alibi_left_out_differs_from_mask_left_out(mask: Entries, tmp_path: Path) -> None:
    """Where ALiBi is left out, the report names alibi-missing and not mask-missing."""
    problem = {**projected(), **mask, "position": "alibi"}
    answer = {"output": compute({**problem, "position": "none"})["output"]}
    status, report = check(tmp_path, problem, answer)
    assert status == 1
    assert "alibi-missing" in report
    assert "mask-missing" not in report
