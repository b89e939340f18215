"""Test `attncli explain`: the arithmetic of every operation, to the letter and to the last bit."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from attncli.calculation.algebra.expressions import Cell
from attncli.calculation.algebra.plan import Plan, Trace
from attncli.calculation.analyses.cell_names import paper
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.plans.attention import attention
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.problem import Problem
from attncli.calculation.problem.read_problem import read_problem
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.cli.program import cli
from attncli.documents.reader import Reader
from attncli.formats import EXPLANATIONS
from attncli.render.explain.explanation_writers import wrap_chain
from attncli.render.explain.explanations import Explanations
from tests.running import ROOT

SAMPLES = sorted((ROOT / "samples").glob("*.*"))
GOLDEN = ROOT / "tests/golden/explain.txt"
LESSON = "samples/self_attention.json"


@pytest.fixture(autouse=True)
def _in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*arguments: str, stdin: str | None = None, width: int | None = None) -> Result:
    """Run explain, into a pipe or on a screen of the given width."""
    environment = {"COLUMNS": str(width) if width else None}
    return CliRunner(env=environment).invoke(cli, ["explain", *arguments], input=stdin)


def explained(*arguments: str, stdin: str | None = None, width: int | None = None) -> list[str]:
    """Return the lines of a run that must succeed without a warning."""
    result = run(*arguments, stdin=stdin, width=width)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout.splitlines()


# Every operation, layout and mistake, to the letter.

CASES = re.findall(r"(?m)^\$ attncli (.+)\n((?:.+\n)+)", GOLDEN.read_text(encoding="utf-8"))


def test_every_case_is_read() -> None:
    """Every case of the golden file is read, whatever form it is written in."""
    assert len(CASES) == GOLDEN.read_text(encoding="utf-8").count("$ attncli ")


@pytest.mark.parametrize(("line", "printed"), CASES, ids=[line for line, _ in CASES])
def test_a_cell_is_spelled_out(line: str, printed: str) -> None:
    """A cell is spelled out in names, numbers, halfway and as a value; a wrong cell is refused."""
    result = CliRunner().invoke(cli, shlex.split(line))
    if printed.startswith("Error: "):
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", printed)
    else:
        warning = "Warning: no key may be attended to" if "no key" in printed else ""
        assert (result.exit_code, result.stdout) == (0, printed)
        assert result.stderr.startswith(warning) if warning else not result.stderr


# The law: the arithmetic that is shown gives the calculated number.


def problem_of(entries: dict[str, object]) -> Problem:
    document = Document({name: Entry(value, "the test") for name, value in entries.items()})
    return read_problem(document)


def random_problem(**choices: object) -> Problem:
    """Return a problem with every matrix that two heads can have; all sizes differ."""
    random = np.random.default_rng(3)
    sizes: dict[str, tuple[int, ...]] = {"X": (2, 3, 5), "memory": (2, 7, 5)}
    sizes |= {"W_q": (5, 22), "W_k": (5, 22), "W_v": (5, 26), "W_o": (26, 17)}
    sizes |= {"b_q": (22,), "b_k": (22,), "b_v": (26,), "b_o": (17,)}
    sizes |= {"W_a": (11, 11)} if choices["score"] in ("general", "additive") else {}
    sizes |= {"U_a": (11, 11), "v_a": (11,)} if choices["score"] == "additive" else {}
    sizes |= {"W_a": (22, 17), "v_a": (17,)} if choices["score"] == "concat" else {}
    layout = choices.get("layout", "rows")
    matrices: dict[str, object] = {}
    for name, size in sizes.items():
        matrix = random.standard_normal(size)
        is_turned = layout == "columns" and matrix.ndim > 1
        is_fixed = name == "W_a" and choices["score"] == "general"
        matrices[name] = matrix.swapaxes(-1, -2) if is_turned and not is_fixed else matrix
    return problem_of({**matrices, "heads": 2, **choices})


CHOICES: dict[str, dict[str, object]] = {
    f"{score}-{layout}": {"score": score, "layout": layout, "masks": ["causal", "window:1,2"]}
    for score in SCORING
    for layout in ("rows", "columns")
}
ADDED = np.array([[0.5, -0.5, 0, 1, 2, -np.inf, 3]])
CHOICES["numbers-added"] = {"score": "scaled", "masks": [ADDED, {"padding": [3, 0]}]}
for position in ("sinusoidal", "rope:dims=6", "rope:interleaved,dims=4,base=7", "alibi"):
    CHOICES[position] = {"score": "scaled", "position": position, "masks": ["causal"]}
    filled = {"cache_lens": [7, 4], **CHOICES[position]}  # the first position of each batch entry
    CHOICES[f"{position}, filled"] = filled
CHOICES["learned"] = {"score": "dot", "position": np.array([[1.5, 0, -2, 3, 0.25]] * 3)}
for normaliser in NORMALISERS:
    CHOICES[normaliser] = {"score": "dot", "normaliser": normaliser, "masks": [ADDED, "causal"]}
    CHOICES[f"{normaliser}, hot"] = {**CHOICES[normaliser], "temperature": 7.3, "masks": []}
    CHOICES[f"{normaliser}, cold"] = {**CHOICES[normaliser], "temperature": 0.013}
CHOICES["large"] = {"score": "dot", "scale": 300.0, "fill": -1e6, "masks": ["causal"]}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_the_arithmetic_of_samples_gives_their_cells(sample: Path) -> None:
    """The arithmetic of samples evaluates to the cells of the trace, in the layout's order too."""
    assert_arithmetic(*read(Reader().document(str(sample))))


@pytest.mark.parametrize("name", CHOICES)
def test_the_arithmetic_of_random_problems_gives_their_cells(name: str) -> None:
    """With heads, a batch, biases and masks, the arithmetic evaluates to the cells of the trace."""
    problem = random_problem(**CHOICES[name])
    assert_arithmetic(problem, attention(problem))


def assert_arithmetic(problem: Problem, plan: Plan) -> None:
    """Assert the arithmetic of forty cells of each step, or of all cells."""
    trace = plan.run(problem.matrices)
    explanations = Explanations(problem, trace, paper(problem, plan), [])
    random = np.random.default_rng(5)
    for step in plan.steps:
        indices = list(np.ndindex(trace.matrices[step.name].shape))
        for at in random.permutation(len(indices))[:40]:
            assert_spelled(explanations, Cell(step.name, indices[at]), trace)


def assert_spelled(explanations: Explanations, cell: Cell, trace: Trace) -> None:
    operation = explanations.steps[cell.name].operation
    operands = (trace.matrices[name] for name in operation.operands)
    expected = float(trace.matrices[cell.name][cell.index])
    for expression in (
        operation.cell(cell.index, *operands),
        explanations.expression(cell, trace),
        explanations.expression(cell, trace).halfway(trace.matrices),
    ):
        given = expression.value(trace.matrices)
        assert math.isclose(given, expected, rel_tol=1e-12, abs_tol=1e-12), (cell, expression)


# Which cells.


def cells(*arguments: str) -> list[str]:
    return [line.split(" = ")[0] for line in explained(*arguments)]


def test_rows_columns_and_whole_steps() -> None:
    """Rows, columns and whole steps list their cells in the order on paper, in any spelling."""
    assert cells(LESSON, "SCORES[2, :]") == ["scores[2,1]", "scores[2,2]", "scores[2,3]"]
    assert cells(LESSON, "scores[2]") == ["scores[2,1]", "scores[2,2]", "scores[2,3]"]
    assert cells(LESSON, "scores[:,3]") == ["scores[1,3]", "scores[2,3]", "scores[3,3]"]
    whole = [f"scores[{row},{column}]" for row in (1, 2, 3) for column in (1, 2, 3)]
    assert cells(LESSON, "scores") == whole
    assert cells("samples/self_attention_columns.json", "scores") == whole


def test_places_follow_the_layout() -> None:
    """In the layout columns the rows of scores are the keys, in numbers, labels and errors."""
    arguments = ("Q=[[1,2],[0,1]]", "K=[[1,0.5,3],[2,1,3]]", "--layout", "columns")
    labels = ("--tokens", "I,we", "--memory-tokens", "a,b,c")
    asked = (*arguments, *labels, "scores[c,we]", "scores[3,:]")
    assert [line.partition("=")[0] for line in explained(*asked)] == [
        "scores[3,2] ", "scores[3,1] ", "scores[3,2] "
    ]  # fmt: skip
    assert explained(*asked)[0].endswith("  (c, we)")
    assert run(*arguments, "scores[2,3]").stderr.endswith("no column 3. Count from 1 to 2.\n")


def test_labels_name_rows_and_columns() -> None:
    """Labels name queries and keys, and a number in range is a number, whatever the labels."""
    assert cells("samples/cross_attention.json", "weights[t'aime,love]") == ["weights[2,2]"]
    assert cells("samples/cross_attention.json", "K[you,2]") == ["K[3,2]"]
    assert cells(LESSON, 'scores["a, b",1]', "--tokens", '"a, b",x,y') == ["scores[1,1]"]
    assert cells(LESSON, "scores[1,1990]", "--tokens", "3,1,1990") == ["scores[1,3]"]


def test_heads_and_batch_entries() -> None:
    """All heads and batch entries are explained by default, and one where the user names it."""
    sample = "samples/two_heads.json"
    both = ["weights[2,1,head=1]", "weights[2,1,head=2]"]
    assert cells(sample, "weights[2,1]") == both
    assert cells(sample, "weights[2,1]", "head=2") == both[1:]
    assert cells(sample, "weights[2,1,head=1]", "weights[2,1]", "Head=2") == both
    assert cells(sample, "weights[2,1]", "Q[1,1]", "head=2") == [both[1], "Q[1,1]"]
    assert cells("samples/padded_batch.json", "Q[1,2]", "batch=2") == ["Q[1,2,batch=2]"]


def test_masks_have_the_axes_of_the_scores() -> None:
    """Without a batch, a mask of rank 3 has one matrix per head."""
    mask = "[[[1,1],[0,1]],[[1,0],[1,1]]]"
    lines = explained("X=[[1,2],[3,4]]", "--heads", "2", "--mask", mask, "masked[1,2]", "head=2")
    assert lines == ["masked[1,2,head=2] = -inf  (mask[1,2,head=2]: query 1 may not see key 2)"]


def test_a_document_may_come_from_anywhere() -> None:
    """The document may come from standard input, with or without `-`, or stand after the cells."""
    text = Path(LESSON).read_text(encoding="utf-8")
    expected = explained(LESSON, "scores[2,1]")
    assert explained("scores[2,1]", stdin=text) == expected
    assert explained("-", "scores[2,1]", stdin=text) == expected
    assert explained("scores[2,1]", LESSON) == expected


def test_cells_of_a_sublayer_need_no_document_before_them() -> None:
    """With the document on standard input, names with a dot are read as cells."""
    layer = "samples/encoder_layer.json"
    text = Path(layer).read_text(encoding="utf-8")
    for cell in ("norm_1.mean[2,1]", "self.Q[1,:]", "norm_1.mean"):
        assert explained(cell, stdin=text) == explained(layer, cell)


def test_a_file_may_be_called_as_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first argument that is a file is the document, whatever its name."""
    (tmp_path / "scores").write_text(Path(LESSON).read_text(encoding="utf-8"), encoding="utf-8")
    expected = explained(LESSON, "scores[2,1]")
    monkeypatch.chdir(tmp_path)
    assert explained("scores", "scores[2,1]") == expected


# The length of an explanation.


def test_depth_goes_back_step_by_step() -> None:
    """--depth goes back to X and the weights, and shows each cell once."""
    assert explained(LESSON, "scaled[1,1]", "--depth", "2", "-p", "0") == [
        "scaled[1,1] = scores[1,1] / √3 = 2 / √3 ≈ 1",
        "  scores[1,1] = Q[1]·K[1] = 1 × 0 + 0 × 1 + 2 × 1 = 2",
        "    Q[1,1] = X[1]·W_q[:,1] = 1 × 1 + 0 × 1 + 1 × 0 + 0 × 0 = 1",
        "    Q[1,2] = X[1]·W_q[:,2] = 1 × 0 + 0 × 0 + 1 × 0 + 0 × 1 = 0",
        "    Q[1,3] = X[1]·W_q[:,3] = 1 × 1 + 0 × 0 + 1 × 1 + 0 × 1 = 2",
        "    K[1,1] = X[1]·W_k[:,1] = 1 × 0 + 0 × 1 + 1 × 0 + 0 × 1 = 0",
        "    K[1,2] = X[1]·W_k[:,2] = 1 × 0 + 0 × 1 + 1 × 1 + 0 × 1 = 1",
        "    K[1,3] = X[1]·W_k[:,3] = 1 × 1 + 0 × 0 + 1 × 0 + 0 × 0 = 1",
    ]
    lines = explained(LESSON, "output[1,1]", "--depth", "9")
    found = [line.strip().split(" = ")[0] for line in lines]
    assert len(found) == len(set(found))
    assert max(len(line) - len(line.lstrip()) for line in lines) == 8


def test_explanations_of_several_lines_stand_apart() -> None:
    """An empty line separates explanations of several lines."""
    lines = explained(LESSON, "scaled[1,1]", "scaled[1,2]", "--depth", "1")
    assert [bool(line) for line in lines] == [True, True, False, True, True]
    lines = explained(LESSON, "Q[1,1]", "scaled[1,2]", "--depth", "1")
    assert [bool(line) for line in lines] == [True, False, True, True]


def test_long_sums_are_elided_with_a_count() -> None:
    """A long sum is abbreviated, and so are its operands; --full shows all of them."""
    arguments = ("X=[[1,2,3,4,5,6,7,8,9,10]]", "scores[1,1]", "-p", "0")
    assert explained(*arguments) == [
        "scores[1,1] = X[1]·X[1] = 1 × 1 + 2 × 2 + 3 × 3 + … 6 more … + 10 × 10 = 385"
    ]
    assert "7 × 7" in explained(*arguments, "--full")[0]
    assert "more" not in explained("X=[[1,2,3,4,5,6,7,8]]", "scores[1,1]")[0]
    below = explained("samples/image.json", "output[3,1]", "--depth", "1")
    assert [line.split(" = ")[0] for line in below] == [
        "output[3,1]", *(f"  weights[3,{key}]" for key in (1, 2, 3, 50))
    ]  # fmt: skip
    assert len(explained("samples/image.json", "output[3,1]", "--depth", "1", "--full")) == 51


def test_many_cells_are_elided_with_a_count() -> None:
    """A whole step of 2500 cells is abbreviated to 24 cells."""
    lines = explained("samples/image.json", "scores")
    assert len(lines) == 25
    assert lines[-1] == "left out: 2476 of 2500 cells (--full shows them)"
    assert len(explained("samples/image.json", "scores", "--full")) == 2500


def test_narrow_screens_get_a_line_for_each_equals_sign() -> None:
    """Narrow screens get one line per equals sign, broken before a plus; a long name is alone."""
    assert explained("samples/two_heads.json", "output[2,3]", width=54) == [
        "output[2,3] = concat[2]·W_o[:,3] + b_o[3]",
        "            ≈ 1.1956 × 0.5 + 3.8044 × 0.5 + 2.9717 × 1",
        "              + 1.0283 × 1 + (-0.1)",
        "            = 6.4  (cat)",
    ]
    lines = explained("samples/two_heads.json", "masked[2,1]", "head=1", width=60)
    assert lines == [
        "masked[2,1,head=1] = scaled[2,1,head=1]",
        "                   ≈ 3.5355",
        "                     (cat, the; causal: query 2 may see key 1)",
    ]
    assert list(wrap_chain("  scores[1,1]", ["= 1 + 2", "≈ 3"], "", 15)) == [
        "  scores[1,1]",
        "     = 1 + 2",
        "     ≈ 3",
    ]


# Formats.


def test_latex() -> None:
    """LaTeX has one align* per step, with fractions, roots and functions of its own."""
    lines = explained(LESSON, "weights[2,1]", "scaled[2,1]", "-f", "latex", "--fragment")
    assert (
        "\n".join(lines)
        == r"""
% \usepackage{amsmath,colortbl,longtable}
\section*{Three inputs of four numbers}

\subsection*{\normalsize 6\quad \mdseries
    $\displaystyle \mathrm{weights} = \text{softmax of each row of }\mathrm{scaled}$
    \hfill 3 $\times$ 3}

\begin{align*}
  \mathrm{weights}_{2,1} &= \frac{\exp\left(\mathrm{scaled}_{2,1}\right)}
    {\sum \exp\left(\mathrm{scaled}_{2}\right)}
     \approx \frac{\exp\left(2.309401\right)}
    {\exp\left(2.309401\right) + \exp\left(9.237604\right) + \exp\left(6.928203\right)}
     \approx \frac{10.068}{11307} \approx 0.0008904
\end{align*}

\subsection*{\normalsize 5\quad \mdseries
    $\displaystyle \mathrm{scaled} = \frac{\mathrm{scores}}{\sqrt{3}}$\hfill 3 $\times$ 3}

\begin{align*}
  \mathrm{scaled}_{2,1} &= \frac{\mathrm{scores}_{2,1}}{\sqrt{3}}
     = \frac{4}{\sqrt{3}} \approx 2.3094
\end{align*}
""".replace("\n    ", "").strip()
    )


LATEX = [
    (["samples/additive.json", "hidden[2,1,4]"],
     r"= \tanh\left({q_{\mathrm{hidden}}}_{2,4} + {k_{\mathrm{hidden}}}_{1,4}\right)"),
    (["samples/additive.json", "scores[2,1]"], r"{v_{a}} \cdot \mathrm{hidden}_{2,1}"),
    (["samples/two_heads.json", "concat[1,3]"], r"\mathrm{heads}_{1,1,\mathrm{head}=2}"),
    (["samples/positions.json", "position[2,3]"],
     r"= \sin\left(\frac{1}{10000^{\frac{2}{4}}}\right)"),
    (["samples/two_heads.json", "masked[1,2]"],
     r"= -\infty \quad (\text{the, cat}\text{; }\text{causal}\text{: query 1 may not see key 2})"),
    (["X=[[1,2,3,4,5,6,7,8,9]]", "scores[1,1]"], r"+ \underbrace{\cdots}_{\text{5 more}} +"),
    (["Q=[[1,0],[2,1]]", "K=[[1,2],[0.5,1],[0.25,3]]", "W_a=[[1,2],[3,4]]", "scores[2,3]",
      "--score", "general"],
     r"\left(2 \cdot 1 + 1 \cdot 3\right) \cdot 0.25"),
    ([LESSON, "Q[1,1]", "--tokens", r"50%,a_b,\c"], r"\text{50\%}"),
    (["samples/encoder_layer.json", "norm_1.output[1,2]"],
     r"{\sqrt{\mathrm{norm\_1.variance}_{1,1} + 10^{-5}}} + \mathrm{norm\_1.beta}_{2}"),
    (["samples/encoder_layer.json", "norm_1.output[1,2]", "--eps", "2.5e-7"],
     r" + 2.5 \times 10^{-7}}} +"),
    (["Q=[[1.25e17]]", "K=[[2]]", "scores", "--score", "dot"],
     r"= 1.25 \times 10^{17} \cdot 2"),
    (["Q=[[-1e-20]]", "K=[[0]]", "scores", "--score", "distance"],
     r"\left(-10^{-20} - 0\right)^{2}"),
    (["Q=[[-1e-20]]", "K=[[3e-20]]", "scores", "--score", "distance"],
     r"= -\frac{1.6 \times 10^{-39}}{2}"),
    (["samples/encoder_layer.json", "ffn.activated[1,2]", "--activation", "gelu"],
     r"\operatorname{erf}\left(\frac{\mathrm{ffn.hidden}_{1,2}}{\sqrt{2}}\right)"),
    (["Q=[[1]]", "K=[[1]]", "W_a=[[1]]", "scores", "--score", "general", "--layout", "columns"],
     r"K_{:,1} \cdot ({W_{a}}^\top Q_{:,1})"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "part"), LATEX, ids=[part for _, part in LATEX])
def test_latex_of_names_and_notes(arguments: list[str], part: str) -> None:
    """LaTeX has balanced braces and no double subscripts, and escapes labels and names."""
    text = "\n".join(explained(*arguments, "-f", "latex"))
    assert part in text
    assert text.replace(r"\{", "").count("{") == text.replace(r"\}", "").count("}")
    assert text.count(r"\left(") == text.count(r"\right)")


def test_markdown_is_a_nested_list() -> None:
    """Markdown is a nested list with arithmetic as code; labels and names are escaped."""
    arguments = (LESSON, "scaled[2,1]", "--depth", "1", "--tokens", "I,*love*,m", "-p", "0")
    assert explained(*arguments, "-f", "markdown", "--math", "dollars") == [
        "# Three inputs of four numbers",
        "",
        "## 5 `scaled`",
        "",
        r"$\mathrm{scaled} = \frac{\mathrm{scores}}{\sqrt{3}}$, 3 × 3",
        "",
        r"- `scaled[2,1] = scores[2,1] / √3 = 4 / √3 ≈ 2` (\*love\*, I)",
        r"  - `scores[2,1] = Q[2]·K[1] = 2 × 0 + 2 × 1 + 2 × 1 = 4` (\*love\*, I)",
    ]


def test_json_is_the_tree() -> None:
    """JSON is a tree: cells with values, operations with terms, operands below them."""
    run = "\n".join(explained(LESSON, "scaled[2,1]", "--depth", "1", "-f", "json"))
    (entry,) = json.loads(run)
    scores = entry["terms"][0]
    (operand,) = entry.pop("operands")
    assert entry == {
        "cell": "scaled[2,1]",
        "formula": "scores[2,1] / √3",
        "operation": "quotient",
        "terms": [
            {"cell": "scores[2,1]", "value": 4.0},
            {"operation": "root", "terms": [3], "value": math.sqrt(3)},
        ],
        "value": 4 / math.sqrt(3),
    }
    assert (operand["cell"], operand["formula"], operand["value"]) == (
        scores["cell"], "Q[2]·K[1]", scores["value"]
    )  # fmt: skip
    assert [term["value"] for term in operand["terms"]] == [0, 2, 2]
    assert operand["terms"][1]["terms"] == [
        {"cell": "Q[2,2]", "value": 2.0},
        {"cell": "K[1,2]", "value": 1.0},
    ]


def test_json_is_standard_and_never_elided() -> None:
    """JSON writes −inf as a string and a reason as a note, and shows all sums and steps."""
    (entry,) = json.loads(
        "".join(explained("samples/two_heads.json", "masked[1,2]", "head=1", "-f", "json"))
    )
    assert (entry["value"], entry["note"]) == ("-inf", "causal: query 1 may not see key 2")
    assert entry["labels"] == ["the", "cat"]
    row = ("samples/image.json", "weights[1,:]", "-f", "json", "--depth", "1")
    every = json.loads("".join(explained(*row)))
    assert len(every) == 50
    assert len(every[0]["terms"][1]["terms"]) == 50
    assert len(every[0]["operands"]) == 50


def test_every_form_has_a_suffix(tmp_path: Path) -> None:
    """Each format has a suffix, and a file holds the text that is printed."""
    assert "text, json, markdown, latex, typst" in run("explain", "--help").stdout
    for name, form in EXPLANATIONS.items():
        target = tmp_path / f"cell{form.suffix}"
        assert explained(LESSON, "scores[2,1]", "-o", str(target)) == []
        printed = run(LESSON, "scores[2,1]", "-f", name).stdout_bytes
        assert target.read_bytes() == printed


def test_explaining_does_not_load_rich() -> None:
    """Explaining does not load rich, because plain text has no tables."""
    script = (
        "import sys\nsys.argv = ['attncli', 'explain', 'X=[[1]]', 'scores']\n"
        "from attncli.cli import cli\ntry:\n    cli()\nfinally:\n    print('rich' in sys.modules)"
    )
    program = [sys.executable, "-c", script]
    done = subprocess.run(program, capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == "scores[1,1] = X[1]·X[1] = 1 × 1 = 1\nFalse\n"


# An answer beside it.


def answer(folder: Path, **steps: object) -> str:
    path = folder / "answer.json"
    path.write_text(json.dumps(steps), encoding="utf-8")
    return str(path)


def test_an_answer_stands_beside_the_right_arithmetic(tmp_path: Path) -> None:
    """A second line has the answer's numbers; lines where they disagree are first, with a ✗."""
    own = answer(
        tmp_path,
        scores=[[2, 4, 4], [4, 15, 12], [None, 12, 10]],
        scaled=[[1.15, 2.31, 2.31], [2.31, 8.66, "12/3"], [2.31, 6.93, 5.77]],
    )
    lines = explained(
        LESSON, "scores[2,2]", "scaled[2,2]", "scaled[2,3]", "weights[2,2]", "--answer", own
    )
    (line,) = explained(LESSON, "weights[2,2]")
    assert lines == [
        "scores[2,2] = Q[2]·K[2] = 2 × 4 + 2 × 4 + 2 × 0 = 16",
        "✗ answer    = 2 × 4 + 2 × 4 + 2 × 0 = 16, but the answer has 15",
        "",
        "scaled[2,3] = scores[2,3] / √3 = 12 / √3 ≈ 6.9282",
        "✗ answer    = 12 / √3 ≈ 6.9282, but the answer has 12/3",
        "",
        "scaled[2,2] = scores[2,2] / √3 = 16 / √3 ≈ 9.2376",
        "  answer    = 15 / √3 ≈ 8.6603, and the answer has 8.66",
        "",
        line,
        "  answer     = exp(8.66) / (exp(2.31) + exp(8.66) + exp(4)) ≈ 5767.5 / 5832.2 ≈ 0.9889",
    ]


def test_a_number_agrees_with_what_rounded_operands_may_give(tmp_path: Path) -> None:
    """A number agrees if half a unit of each wrong operand explains it, and else disagrees."""
    sample = "sample:answers/self_attention/mistake"
    lines = explained(LESSON, "output[1,2]", "--answer", sample)
    assert lines[1].endswith(" = 6.683, and the answer has 6.6831")
    weights = [[0.0634, 0.4683, 0.4683], [0.0, 0.982, 0.018], [0.0003, 0.8805, 0.1192]]
    own = answer(tmp_path, weights=weights, output=[["", "6.6841", ""]] + [["", "", ""]] * 2)
    (_, line) = explained(LESSON, "output[1,2]", "--answer", own)
    assert line.startswith("✗ answer")
    assert line.endswith(" = 6.683, but the answer has 6.6841")
    own = answer(
        tmp_path,
        scores=[[2, 4, 4], [4, 15, 12], [4, 12, 10]],
        scaled=[["", "", ""], ["", 8.9, ""], ["", "", ""]],
    )
    (_, line) = explained(LESSON, "scaled[2,2]", "--answer", own)
    assert line.endswith(" ≈ 8.6603, but the answer has 8.9")


def test_only_operands_that_lead_to_a_disagreement_are_shown(tmp_path: Path) -> None:
    """With --depth, a cell where the answer disagrees is shown below the cells that need it."""
    scores = [[2, 4, 4], [4, 15, 12], [4, 12, 10]]
    own = answer(
        tmp_path,
        scores=scores,
        scaled=[[1.15, 2.31, 2.31], ["4/sqrt(3)", 8.66, 6.93], [2.31, 6.93, 5.77]],
    )
    asked = (LESSON, "weights[2,2]", "--depth", "2", "--answer", own)
    lines = explained(*asked)
    assert [re.split(" *[=≈]", line)[0] for line in lines] == [
        "weights[2,2]",
        "  answer",
        "  scaled[2,2]",
        "    answer",
        "    scores[2,2]",
        "    ✗ answer",
        "",
        "left out: 4 operands without a disagreement (--full shows them)",
    ]
    assert len(explained(*asked, "--full")) > 10
    coloured = "\n".join(explained(*asked, "--color", "always"))
    assert "\x1b[1;91m✗ answer\x1b[0m" in coloured
    assert "\x1b[1;91mbut the answer has 15\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).splitlines() == lines


def test_arithmetic_of_an_answer_is_shown_with_its_value(tmp_path: Path) -> None:
    """An answer that is arithmetic, such as 1/2, stands there as it is written."""
    own = answer(tmp_path, scores=[["1/2", 4, 4], [4, 16, 12], [4, 12, 10]])
    line = explained(LESSON, "scores[1,1]", "--answer", own)[1]
    assert line.endswith(", but the answer has 1/2")


def test_arithmetic_of_an_answer_is_escaped(tmp_path: Path) -> None:
    """LaTeX and Markdown show the signs ^ and * of arithmetic as they are written."""
    own = answer(tmp_path, scores=[["2*e^0", 4, 4], [4, 16, 12], [4, 12, 10]])
    asked = (LESSON, "scores[1,1]", "--answer", own, "-f")
    in_latex = "\n".join(explained(*asked, "latex", "--fragment"))
    assert r"\text{and the answer has 2*e\textasciicircum{}0}" in in_latex
    assert r", and the answer has 2\*e^0" in "\n".join(explained(*asked, "markdown"))


def test_an_answer_without_the_cell_is_left_out(tmp_path: Path) -> None:
    """A cell that the answer does not touch has one line; blanks get the right numbers."""
    own = answer(tmp_path, scores=[[2, 4, 4], [4, 16, 12], [None, 12, 10]])
    assert len(explained(LESSON, "Q[1,1]", "--answer", own)) == 1
    of_row = answer(tmp_path, scaled=[[1.15, 2.31, 2.31], [2, 9, 7], [None, 6, 5.77]])
    assert "≈ exp(2.3094) / (exp(2.3094) + exp(6) + exp(5.77)) ≈ " in explained(
        LESSON, "weights[3,1]", "--answer", of_row
    )[1]  # fmt: skip
    own = answer(tmp_path, scores=[[2, 4, 4], [4, 16, 12], [None, 12, 10]])
    assert explained(LESSON, "scores[3,1]", "scaled[3,1]", "--answer", own) == [
        "scores[3,1] = Q[3]·K[1] = 2 × 0 + 1 × 1 + 3 × 1 = 4",
        "scaled[3,1] = scores[3,1] / √3 = 4 / √3 ≈ 2.3094",
    ]


def test_a_matrix_of_another_size_is_passed_over(tmp_path: Path) -> None:
    """A matrix of another size in the answer is ignored with a warning."""
    own = answer(tmp_path, scores=[[1, 2]], weights=[[0.1, 0.2, 0.75]] * 3)
    result = run(LESSON, "weights[1,1]", "--answer", own)
    assert result.stderr == f"Warning: {own}: scores is 1 × 2, not 3 × 3: it is left out.\n"
    assert result.stdout.endswith("but the answer has 0.10\n")


def test_an_answer_in_every_form(tmp_path: Path) -> None:
    """Each format shows the answer, which is read in the layout of the problem."""
    columns = "samples/self_attention_columns.json"
    own = answer(tmp_path, scores=[[2, 40, 4], [4, 16, 12], [4, 12, 10]])
    asked = (columns, "scores[1,2]", "--answer", own, "-f")
    (entry,) = json.loads("".join(explained(*asked, "json")))
    assert (entry["value"], entry["answer"]["value"], entry["answer"]["written"]) == (4, 4, 40)
    numbers = "0 × 2 + 1 × 2 + 1 × 2 = 4"
    said = "**but the answer has 40**"
    assert explained(*asked, "markdown")[-1] == f"  - answer: `{numbers}`, {said}"
    assert r" = 4\text{, }\textbf{but the answer has 40}" in "".join(explained(*asked, "latex"))


def test_warnings_are_those_of_compute() -> None:
    """Warnings are those of compute, and the cell is explained all the same."""
    result = run("X=[[1,0],[0,1]]", "weights[2,1]", "--mask", "[[1,0],[0,0]]")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: no key may be attended to by query 2")
    assert result.stdout == "weights[2,1] = 0  (no key may be attended to)\n"


def test_a_masked_cell_stays_masked_though_its_score_overflowed() -> None:
    """A masked cell is −inf in compute and in its arithmetic, though its score overflowed."""
    arguments = ("[[300,0],[0,1]]", "--dtype", "float16", "--score", "dot", "masked[1,1]")
    result = run(*arguments, "--mask", '[["-inf",0.5],[0,0]]')
    assert result.stdout == "masked[1,1] = -inf  (mask[1,1]: query 1 may not see key 1)\n"


def test_a_mask_that_is_too_short_has_no_cell_to_name() -> None:
    """Under onnx a short mask hides the keys beyond its end, and the arithmetic says so."""
    lesson = (LESSON, "masked[1,:]", "--convention", "onnx")
    for mask, seen in (("[1,0]", "scaled[1,1]"), ('[0.5,"-inf"]', "scaled[1,1] + mask[1]")):
        first, *hidden = explained(*lesson, "--mask", mask)
        assert first.startswith(f"masked[1,1] = {seen} ≈ ")
        assert "(mask[2]: query 1 may not see key 2)" in hidden[0]
        assert hidden[1] == "masked[1,3] = -inf  (mask has no such key: query 1 may not see key 3)"


@pytest.mark.parametrize("form", ["text", "json", "latex", "markdown"])
@pytest.mark.parametrize("score", ["distance", "cosine"])
@pytest.mark.parametrize("size", ["1e200", "1e-200"])
def test_squares_that_overflow_are_spelled_out(form: str, score: str, size: str) -> None:
    """Squares that overflow, and products of lengths that round to 0, are spelled out."""
    matrices = (f"Q=[[{size},{size}]]", f"K=[[-{size},{size}],[1,1]]")
    result = run(*matrices, "scores", "weights", "--score", score, "--depth", "1", "-f", form)
    assert result.exit_code == 0, result.stderr


def test_an_overflow_gives_one_warning() -> None:
    """An overflow gives one warning of attncli and none of NumPy."""
    result = run("Q=[[1e308]]", "K=[[1e308],[-1e308]]", "weights", "--normaliser", "sparsemax")
    assert result.stderr == (
        "Warning: scores overflows float64: 2 of 2 values became infinite or NaN.\n"
    )
    assert "weights[1,1] = nan  (a score is infinite or NaN)" in result.stdout
    tiny = run("Q=[[1e300]]", "K=[[1],[2]]", "weights", "--temperature", "1e-10")
    assert tiny.stderr == ""
