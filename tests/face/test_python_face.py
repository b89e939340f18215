"""From Python: the same results, reports, explanations and errors as on the command line."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import attncli
from attncli import AttncliError, AttncliWarning
from attncli.render.numbers import number_text
from tests.running import SAMPLES, computed, run, succeed

LESSON = SAMPLES / "self_attention.json"
N, D_MODEL, D_K, D_V = 5, 7, 3, 2
DRAWN = np.random.default_rng(11)
X = DRAWN.normal(size=(N, D_MODEL))
WEIGHTS = {
    "W_q": DRAWN.normal(size=(D_MODEL, D_K)),
    "W_k": DRAWN.normal(size=(D_MODEL, D_K)),
    "W_v": DRAWN.normal(size=(D_MODEL, D_V)),
}
DOCUMENT = {"X": X, **WEIGHTS}


def by_hand(mask: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Return scores, weights and output of DOCUMENT, worked out with NumPy alone."""
    q, k, v = (X @ WEIGHTS[f"W_{letter}"] for letter in "qkv")
    scores = q @ k.T
    powers = np.exp(scores / np.sqrt(D_K)) * mask
    weights = powers / powers.sum(axis=1, keepdims=True)
    return {"scores": scores, "weights": weights, "output": weights @ v}


class Tensor:
    """An array of another library, which NumPy can read."""

    def __init__(self, values: object) -> None:
        self.values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return self.values


@pytest.mark.parametrize(
    "kind", [np.asarray, np.ndarray.tolist, Tensor], ids=lambda kind: str(kind)
)
def test_arrays_of_every_kind_are_read(kind: Any) -> None:
    """NumPy arrays, nested lists and tensors give the numbers of a calculation by hand."""
    document = {name: kind(matrix) for name, matrix in DOCUMENT.items()}
    result = attncli.compute(document, mask="causal")
    expected = by_hand(np.tri(N))
    for name, matrix in expected.items():
        np.testing.assert_allclose(result[name], matrix, rtol=1e-12)


def test_a_document_in_any_form_gives_what_the_command_gives() -> None:
    """A path, its text, an open file, a mapping and a literal are one document."""
    expected = computed(str(LESSON))
    text = LESSON.read_text(encoding="utf-8")
    with LESSON.open("rb") as file:
        forms: list[Any] = [LESSON, str(LESSON), text, io.StringIO(text), file, json.loads(text)]
        for form in forms:
            found = json.loads(attncli.compute(form).to_json())
            assert found == expected, type(form)


def test_a_file_beside_an_open_file_is_found() -> None:
    """Matrices that an open document points to are read from its folder."""
    with (SAMPLES / "models/gpt2.json").open(encoding="utf-8") as file:
        assert (
            attncli.compute(file, only="weights").to_json()
            == (
                succeed(
                    "compute", str(SAMPLES / "models/gpt2.json"), "--only", "weights", "-f", "json"
                )
            ).stdout
        )


def test_choices_win_over_the_document() -> None:
    """A keyword is the choice of the same name, and None leaves the choice open."""
    document = {**DOCUMENT, "score": "dot", "heads": 1}
    scaled = attncli.compute(document, score="scaled", heads=None)
    assert_array_equal(scaled["scaled"], attncli.compute(DOCUMENT)["scaled"])


def test_a_number_of_numpy_is_a_choice() -> None:
    """`heads` and `scale` may be numbers of NumPy, as a program calculates them."""
    q, k = DRAWN.normal(size=(N, 2 * D_K)), DRAWN.normal(size=(N, 2 * D_K))
    own = attncli.compute(Q=q, K=k, heads=np.int64(2), scale=np.float32(0.5))
    expected = [q[:, at] @ k[:, at].T / 2 for at in (slice(D_K), slice(D_K, None))]
    np.testing.assert_allclose(own["scaled"], expected, rtol=1e-12)


def test_a_document_may_be_keywords_alone() -> None:
    """Without a document the matrices are keywords, and without these there is nothing to do."""
    keywords: dict[str, Any] = dict(DOCUMENT)
    alone = attncli.compute(**keywords)
    assert_array_equal(alone["output"], attncli.compute(DOCUMENT)["output"])
    with pytest.raises(AttncliError, match="no matrix is given"):
        attncli.compute()


def test_a_mask_may_be_a_rule_a_matrix_or_several() -> None:
    """A mask is given as a word, as an object, as an array, or as a list of these."""
    causal = attncli.compute(DOCUMENT, mask="causal")["weights"]
    assert_array_equal(attncli.compute(DOCUMENT, mask=np.tri(N, dtype=bool))["weights"], causal)
    both = attncli.compute(DOCUMENT, masks=["causal", {"padding": 3}])["weights"]
    expected = by_hand(np.tri(N) * (np.arange(N) < 3))["weights"]
    np.testing.assert_allclose(both, expected, rtol=1e-12)


def test_inputs_are_left_as_they_are() -> None:
    """No array of the caller is changed."""
    before = {name: matrix.copy() for name, matrix in DOCUMENT.items()}
    attncli.compute(DOCUMENT, mask="causal", softcap=2.0)
    for name, matrix in DOCUMENT.items():
        assert_array_equal(matrix, before[name])


def test_a_result_is_a_mapping_of_the_steps_in_their_order() -> None:
    """Names, length and membership are those of the plan, or of the wanted steps."""
    result = attncli.compute(LESSON)
    assert list(result) == list(result.plan.names)
    assert len(result) == len(result.plan.steps)
    assert "weights" in result
    assert "X" not in result
    assert list(attncli.compute(LESSON, only=["output", "weights"])) == ["weights", "output"]
    assert list(attncli.compute(LESSON, only="Weights")) == ["weights"]
    assert repr(attncli.compute(LESSON, only="weights")) == "Result(weights: 3 × 3)"


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_result_is_written_as_the_command_writes_it(form: str) -> None:
    """`write` gives the bytes that the command prints."""
    printed = succeed("compute", str(LESSON), "-f", form).stdout_bytes
    assert attncli.compute(LESSON).write(form) == printed
    assert f"{attncli.compute(LESSON)}\n" == succeed("compute", str(LESSON)).stdout
    with pytest.raises(AttncliError, match=r"there is no form 'xlsx'\. Choose table, json"):
        attncli.compute(LESSON).write("xlsx")


def test_decimals_of_the_text_can_be_chosen() -> None:
    """`precision` is the option -p."""
    printed = succeed("compute", str(LESSON), "-p", "1").stdout_bytes
    assert attncli.compute(LESSON).write(precision=1) == printed
    with pytest.raises(AttncliError, match="precision has no effect on csv"):
        attncli.compute(LESSON).write("csv", precision=1)


def test_a_notebook_shows_the_coloured_tables() -> None:
    """The HTML has every number and label, shaded weights, and no escape sequence."""
    document = {**DOCUMENT, "tokens": ["a<b", "c", "d", "e", "f"]}
    html = attncli.compute(document, only="weights")._repr_html_()
    assert "a&lt;b" in html
    assert "background-color" in html
    assert "\x1b" not in html
    for number in by_hand(np.ones((N, N)))["weights"].flat:
        assert number_text(float(number)) in html


def test_an_explanation_is_what_the_command_prints() -> None:
    """`explain` has the text, the depth, the answer and the forms of the command."""
    answer = SAMPLES / "answers/self_attention/rounded.json"
    arguments = (str(LESSON), "output[2,1]", "--depth", "2", "--answer", str(answer))
    explained = attncli.explain(LESSON, "output[2,1]", depth=2, answer=answer)
    assert f"{explained}\n" == succeed("explain", *arguments).stdout
    assert explained.to_json() == succeed("explain", *arguments, "-f", "json").stdout
    heads = attncli.explain(SAMPLES / "two_heads.json", ["masked[1,:]"], slices={"head": "2"})
    printed = succeed("explain", str(SAMPLES / "two_heads.json"), "masked[1,:]", "head=2").stdout
    assert f"{heads}\n" == printed


def test_a_report_is_what_the_command_prints() -> None:
    """`check` has the verdicts, the options and the forms of the command."""
    answer = SAMPLES / "answers/self_attention/mistake.json"
    report = attncli.check(LESSON, answer, points="weights=3", strict=True)
    arguments = ("check", str(LESSON), str(answer), "--points", "weights=3", "--strict")
    assert f"{report}\n" == run(*arguments).stdout
    assert report.to_json() == run(*arguments, "-f", "json").stdout
    assert not report.passed
    assert [step.name for step in report.steps] == list(attncli.compute(LESSON).plan.names)


def test_an_answer_in_any_form_has_one_verdict() -> None:
    """Arrays, lists, texts and a matrix without a name are judged; the mistake is named."""
    unscaled = by_hand(np.ones((N, N)))["scores"]
    powers = np.exp(unscaled)
    wrong = powers / powers.sum(axis=1, keepdims=True)
    for matrix in (
        wrong,
        wrong.round(4).tolist(),
        Tensor(wrong),
        [[f"{x:.3f}" for x in row] for row in wrong],
    ):
        report = attncli.check(DOCUMENT, {"weights": matrix})
        assert report.steps[0].mistakes[0] == "no-scale"
    assert attncli.check(DOCUMENT, wrong, step="weights").steps[0].mistakes[0] == "no-scale"
    assert "weights: wrong" in repr(attncli.check(DOCUMENT, {"weights": wrong}))
    exact = attncli.check({"Q": [[1, 0]], "K": [[1, 0]]}, {"scaled": [["1/sqrt(2)"]]})
    assert exact.passed


def test_a_tolerance_replaces_the_digits() -> None:
    """`atol` is the option --atol, and its opposite `decimals` excludes it."""
    weights = by_hand(np.ones((N, N)))["weights"]
    assert attncli.check(DOCUMENT, {"weights": weights + 1e-7}, atol=1e-6).passed
    assert not attncli.check(DOCUMENT, {"weights": weights + 1e-5}, atol=1e-6).passed
    with pytest.raises(AttncliError, match="--decimals and --atol exclude each other"):
        attncli.check(DOCUMENT, {"weights": weights}, decimals=2, atol=1e-6)


class TensorWithGradient(Tensor):
    """A tensor that NumPy may not read, as one of PyTorch that requires a gradient."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        raise RuntimeError("Use tensor.detach() instead.")


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (DOCUMENT, {"score": "dto"}, "score is 'dto': it must be dot, scaled, "),
    (DOCUMENT, {"heds": 2}, "the name 'heds' is unknown. Did you mean heads?"),
    (DOCUMENT, {"only": "wieghts"}, "only: wieghts is not a step of this calculation"),
    ("nowhere.json", {}, "nowhere.json: there is no such file."),
    (5, {}, "a document cannot be of type int. Give a path, "),
    ({"X": np.array([["a"]])}, {}, "X is an array of <U1, but a matrix holds real numbers."),
    ({"X": TensorWithGradient(X)}, {}, "X is not read as an array: Use tensor.detach() instead."),
    ({"X": X, "W_q": X}, {}, "W_q is given without W_k and W_v"),
]


@pytest.mark.parametrize(("document", "choices", "message"), REFUSED)
def test_errors_are_those_of_the_command(document: Any, choices: Any, message: str) -> None:
    """Every error is an AttncliError that begins with the fact."""
    with pytest.raises(AttncliError) as caught:
        attncli.compute(document, **choices)
    assert str(caught.value).startswith(message)


def test_a_warning_names_the_line_of_the_caller() -> None:
    """A query that may attend to nothing is an AttncliWarning at the line that called."""
    with pytest.warns(AttncliWarning, match="no key may be attended to by query 1") as caught:
        attncli.compute(DOCUMENT, mask=np.tri(N, k=-1, dtype=bool))
    assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]


def test_the_import_is_light() -> None:
    """`import attncli` loads neither NumPy nor click nor rich."""
    script = "import sys, attncli; print(*sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "click", "rich", "attncli.calculation"} & set(process.stdout.split())


def test_the_face_lists_its_names() -> None:
    """`dir` shows the public names, and each can be used."""
    assert set(attncli.__all__) == set(dir(attncli))
    for name in attncli.__all__:
        assert getattr(attncli, name)
    with pytest.raises(AttributeError, match="attncli has no nothing"):
        attncli.nothing  # type: ignore[attr-defined]  # noqa: B018
