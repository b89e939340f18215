"""Matrices as programs print them and people paste them, whose numbers are known.

A print must be read as its matrix, or be refused; a print with `...` has lost numbers.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.fuzz.csv_dialects import misread
from tests.fuzz.trial import Outcome, Trial

Array = np.ndarray[Any, np.dtype[np.float64]]
SUFFIXES = (
    *("", "", "", ", grad_fn=<SoftmaxBackward0>", ", dtype=torch.float64", ", requires_grad=True"),
    *(", device='cuda:0'", ",\n       device='cuda:0', dtype=torch.float16"),
)


def pasted_print(random: random.Random) -> Trial:
    """Return a print of X alone, of four named matrices, or one in the place of an argument."""
    write = random.choice(PRINTS)
    if random.random() < 0.3:
        names = ("X", "W_q", "W_k", "W_v")
        text, truth = _named(random, write, names)
    else:
        text, numbers = write(random, _numbers(random))
        truth = {"X": numbers}
        text = random.choice(("", "", "X = ", "X: ", "X:\n", "X\n", ">>> X\n", "X=")) + text
    if random.random() < 0.15:
        text, truth = _broken(random, text), {}
    content = text.encode()

    def judge(outcome: Outcome) -> str:
        if outcome.status == 0 and "..." in text:
            return f"a print with ... is read\n{text}"
        return misread(outcome, "print.txt", content, truth) if truth else ""

    arguments: tuple[str, ...] = ("compute", "print.txt", "-f", "json", "--only", "output")
    if random.random() < 0.2:
        whole = random.choice((("compute", "X=-"), ("check", "sample:self_attention", "-")))
        return Trial((*whole, "-f", "json"), content)
    return Trial(arguments, files={"print.txt": content}, judge=judge)


def _named(
    random: random.Random, write: Callable[..., tuple[str, Any]], names: tuple[str, ...]
) -> tuple[str, dict[str, Any]]:
    n, d, d_k = (random.randint(1, 4) for _ in range(3))
    between, parts, truth = random.choice((" = ", ": ", ":\n", "\n", "=")), [], {}
    for name in names:
        shape = (n, d) if name == "X" else (d, d_k)
        written, truth[name] = write(random, _numbers(random, *shape))
        parts.append(f"{name}{between}{written}\n")
    return random.choice(("", "\n")).join(parts), truth


def _numbers(random: random.Random, *shape: int) -> Array:
    shape = shape or tuple(random.randint(1, 4) for _ in range(random.choice((2, 2, 2, 3))))
    kind = random.randrange(6)
    cells = [random.gauss(0, 1) for _ in range(int(np.prod(shape)))]
    if kind == 0:
        cells = [float(round(cell * 3)) for cell in cells]
    elif kind == 1:
        cells = [cell * 10.0 ** random.randint(-6, 6) for cell in cells]
    elif kind == 2:
        cells = [round(cell, 2) for cell in cells]
    return np.array(cells).reshape(shape)


def _of_numpy(random: random.Random, numbers: Array) -> tuple[str, Any]:
    """Return what NumPy prints: with str or repr, of float64 or float32, whole or elided."""
    digits = random.choice((8, 8, 4, 3))
    is_elided = random.random() < 0.1 and numbers.size > 6
    with np.printoptions(precision=digits, threshold=3 if is_elided else 1000, edgeitems=1):
        text = str(numbers) if random.random() < 0.5 else repr(numbers)
    if random.random() < 0.1:
        text = text.removesuffix(")") + ", dtype=float64)" if text.endswith(")") else text
    return text, _printed(numbers, text)


def _printed(numbers: Array, text: str) -> Any:
    """Return the numbers with the digits that their print has."""
    for mark in ("array", "tensor", "dtype=float64", "[", "]", "(", ")", ","):
        text = text.replace(mark, " ")
    words = text.split()
    if "..." in words:
        return numbers.tolist()
    return np.array([float(word) for word in words]).reshape(numbers.shape).tolist()


def _of_torch(random: random.Random, numbers: Array) -> tuple[str, Any]:
    """Return what PyTorch prints: four decimals, whole numbers with a point, or exponents."""
    sizes = np.abs(numbers[numbers != 0])
    if (numbers == np.round(numbers)).all():
        cells = [f"{number:.0f}." for number in numbers.flat]
    elif sizes.max() / sizes.min() > 1000 or sizes.max() > 1e8 or sizes.min() < 1e-4:
        cells = [f"{number:.4e}" for number in numbers.flat]
    else:
        cells = [f"{number:.4f}" for number in numbers.flat]
    width = max(map(len, cells))
    texts = iter([cell.rjust(width) for cell in cells])
    is_elided = random.random() < 0.1 and numbers.shape[-1] > 2

    def nested(shape: tuple[int, ...], depth: int) -> str:
        if len(shape) == 1:
            row = [next(texts) for _ in range(shape[0])]
            return f"[{', '.join([row[0], '...', row[-1]] if is_elided else row)}]"
        lines = "," + "\n" * (len(shape) - 1) + " " * (depth + 8)
        return f"[{lines.join(nested(shape[1:], depth + 1) for _ in range(shape[0]))}]"

    text = f"tensor({nested(numbers.shape, 0)}{random.choice(SUFFIXES)})"
    if random.random() < 0.1:
        text = f"Parameter containing:\n{text}"
    return text, np.array([float(cell) for cell in cells]).reshape(numbers.shape).tolist()


def _of_matlab(random: random.Random, numbers: Array) -> tuple[str, Any]:
    """Return a matrix as MATLAB takes it: blanks or commas, and semicolons."""
    rows = numbers.reshape(-1, numbers.shape[-1]).round(4)
    comma, end = random.choice((" ", ", ", ",")), random.choice(("; ", ";", "\n ", ";\n"))
    text = end.join(comma.join(f"{number:.15g}" for number in row) for row in rows)
    return f"[{text}]{random.choice(('', '', ';'))}", rows.tolist()


def _of_matlab_display(random: random.Random, numbers: Array) -> tuple[str, Any]:
    """Return what MATLAB displays: columns of blanks, sometimes with a factor before them."""
    rows = numbers.reshape(-1, numbers.shape[-1])
    power = int(np.floor(np.log10(max(np.abs(rows).max(), 1e-12))))
    scaled = rows if 0 <= power < 3 else rows / 10.0**power
    lines = ["   ".join(f"{number:9.4f}" for number in row) for row in scaled]
    head = "" if 0 <= power < 3 else f"   1.0e{power:+03d} *\n\n"
    values = scaled.round(4) * (1 if 0 <= power < 3 else 10.0**power)
    return f"\n\n{head}" + "\n".join(f"   {line}" for line in lines) + "\n", values.tolist()


def _of_latex(random: random.Random, numbers: Array) -> tuple[str, Any]:
    r"""Return a matrix in LaTeX, with \frac and \sqrt in some of its cells."""
    rows = numbers.reshape(-1, numbers.shape[-1]).round(3)
    kind = random.choice(("bmatrix", "pmatrix", "matrix"))
    values = rows.copy()
    lines = []
    for i, row in enumerate(rows):
        cells = [f"{number:.15g}" for number in row]
        for j in range(len(cells)):
            top, bottom = random.randint(1, 9), random.randint(1, 9)
            if random.random() < 0.1:
                cells[j], values[i, j] = rf"\frac{{{top}}}{{{bottom}}}", top / bottom
            elif random.random() < 0.05:
                cells[j], values[i, j] = rf"\sqrt{{{top}}}", top**0.5
        lines.append(" & ".join(cells))
    body = " \\\\\n".join(lines) + random.choice(("", " \\\\"))
    return f"\\begin{{{kind}}}\n{body}\n\\end{{{kind}}}", values.tolist()


def _of_markdown(random: random.Random, numbers: Array) -> tuple[str, Any]:
    """Return a table of Markdown, whose first row is a heading, of words or empty."""
    rows = numbers.reshape(-1, numbers.shape[-1]).round(4)
    heads = random.choice(("d1", "", "a b"))
    head = f"| {' | '.join([heads] * rows.shape[1])} |\n|{'---|' * rows.shape[1]}\n"
    lines = [f"| {' | '.join(f'{number:.15g}' for number in row)} |" for row in rows]
    return "\n" * random.randint(0, 1) + head + "\n".join(lines) + "\n", rows.tolist()


def _of_python(random: random.Random, numbers: Array) -> tuple[str, Any]:
    """Return lists as Python or JSON writes them."""
    return json.dumps(numbers.tolist()), numbers.tolist()


PRINTS: tuple[Callable[[random.Random, Array], tuple[str, Any]], ...] = (
    *(_of_numpy, _of_numpy, _of_torch, _of_torch, _of_matlab, _of_latex, _of_markdown),
    *(_of_matlab_display, _of_python),
)


def _broken(random: random.Random, text: str) -> str:
    """Return a print with a part cut off, doubled or replaced."""
    at, length = random.randrange(len(text)), random.choice((1, 3, 20))
    other = random.choice(("", "", "[", "]", "(", "...", "nan", "\x1b", "e", ";", "&", "\\", "|"))
    return text[:at] + other + text[at + random.choice((0, length)) :]
