"""Test the text of report pages: verdicts, signs, and the sentence on each cell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.pages.embedded import data_of, page_of, tables_of
from tests.running import computed


def report_of(*arguments: str) -> str:
    return page_of("check", *arguments)


MISTAKE = ("sample:two_heads", "sample:answers/two_heads/mistake")


def test_a_report_names_the_wrong_cells() -> None:
    """Each wrong cell has a sign, and a sentence with both numbers and the cause."""
    page = report_of(*MISTAKE)
    (one, yours), (_, right), _, _, (_, verdicts), *_ = tables_of(page)
    assert one["data-before"] == "masked["
    assert yours[1] == ["the", "7.7782  ", "3.5355 ✗", "8.4853 ✗"]
    assert [text.strip() for text in right[1]] == ["the", "·", "-inf", "-inf"]
    cells = data_of(page)["cells"]
    assert cells["masked[1,2,head=1]"][0].startswith(
        "masked[1,2,head=1]: yours 3.5355, right -inf. The causal mask was transposed"
    )
    assert cells["masked[1,1,head=1]"][0] == "masked[1,1,head=1]: 7.7782 is not wrong."
    assert verdicts[0] == ["step", "verdict", "mistake"]
    assert verdicts[9] == ["masked", "✗\u00a0wrong", "causal-transposed"]
    assert verdicts[10][:2] == ["weights", "→\u00a0follows"]


def test_a_report_begins_with_its_headline() -> None:
    """The first heading is the headline, and a report without matrices needs no script."""
    page = report_of("sample:two_heads", "sample:answers/two_heads/right")
    assert '<h1 class="good">All right: 13 of 13 steps.</h1>' in page
    assert "<script" not in report_of("--laws", "sample:answers/two_heads/right")
    assert '<h1 class="bad">Wrong from masked on: ' in report_of(*MISTAKE)


def test_right_steps_have_their_numbers_too() -> None:
    """Every step is there with the numbers of the answer as written, and the right ones to see."""
    page = report_of(*MISTAKE)
    folded = tables_of(page[page.index("<details class") :])
    assert [table["aria-label"] for table, _ in folded][-2:] == ["concat", "output"]
    assert folded[11][1][1] == ["the", "7.7782", "3.5355", "8.4853"]
    cells = data_of(page)["cells"]
    assert cells["scaled[1,2,head=1]"][0] == "scaled[1,2,head=1]: 3.5355 is right."
    follows = "The method is right: the numbers follow from masked, which is wrong."
    assert cells["output[1,1]"][0] == f"output[1,1]: yours 4.2563, right 2.0000. {follows}"
    assert len(cells) == sum(map(np.size, computed("sample:two_heads").values()))


def test_empty_cells_are_not_wrong(tmp_path: Path) -> None:
    """A cell that is not answered has a dash, and its sentence says so."""
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps({"scores": [[None, 7]]}), encoding="utf-8")
    page = report_of("Q=[[1,0]]", "K=[[1,2],[3,4]]", str(answer))
    (_, rows), *_ = tables_of(page)
    assert [text.strip() for text in rows[1]] == ["1", "–", "7 ✗"]
    cells = data_of(page)["cells"]
    assert cells["scores[1,1]"][0] == "scores[1,1]: not answered."
    assert cells["scores[1,2]"][0].startswith("scores[1,2]: yours 7, right 3.")


def test_numbers_from_earlier_numbers_stand_in_a_table_of_their_own(tmp_path: Path) -> None:
    """Where an earlier step is wrong, a third table has what follows from the answer's numbers."""
    answer = tmp_path / "answer.json"
    wrong = {"scores": [[9, 3]], "scaled": [[5.0, 2.12]]}
    answer.write_text(json.dumps(wrong), encoding="utf-8")
    page = report_of("Q=[[1,0]]", "K=[[1,2],[3,4]]", str(answer))
    labels = [attributes.get("aria-label") for attributes, _ in tables_of(page)]
    assert "scaled, from your numbers" in labels
    line = data_of(page)["cells"]["scaled[1,1]"][0]
    assert ", from your numbers 6.36" in line


def test_points_are_shown_only_if_the_user_chose_them() -> None:
    """Points stand in the page only with --points."""
    assert "points" not in report_of(*MISTAKE).partition("<body>")[2]
    assert "points</p>" in report_of(*MISTAKE, "--points", "2")
