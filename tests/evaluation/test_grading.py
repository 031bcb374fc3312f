"""The blind form and back: what a grader sees, and what a filled form may hold."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from eval.grading import answer_sha256, read_grades, write_form
from eval.topics import Topic
from rag.errors import UsageError

TOPICS = [
    Topic("t1", "O que é dropout?", True, "Desligar neurônios.", ()),
    Topic("t2", "Quanto custou a placa?", False, None, ()),
]
ANSWERS = [
    {"topic_id": "t1", "answer": "Desliga neurônios [1].", "llm": "secret"},
    {"topic_id": "t2", "answer": "As aulas não respondem.", "llm": "secret"},
]


def filled(path: Path, **columns: str) -> Path:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, **columns} for row in rows)
    return path


def test_the_form_shows_no_more_than_a_reader_needs(tmp_path: Path) -> None:
    write_form(tmp_path / "form.csv", TOPICS, ANSWERS)
    text = (tmp_path / "form.csv").read_text(encoding="utf-8")
    assert "secret" not in text
    assert "t1" not in text
    assert "Desligar neurônios." in text
    assert "the lectures do not answer this" in text


def test_grades_come_back_by_answer(tmp_path: Path) -> None:
    write_form(tmp_path / "form.csv", TOPICS, ANSWERS)
    assert read_grades(tmp_path / "form.csv") == {}
    grades = read_grades(filled(tmp_path / "form.csv", verdict=" p ", wrong_claim="yes", note="meio"))
    assert grades.keys() == {answer_sha256(answer)[:12] for answer in ANSWERS}
    assert {(g.verdict, g.wrong_claim, g.note) for g in grades.values()} == {("P", True, "meio")}


def test_a_verdict_that_nobody_knows_is_named_with_its_line(tmp_path: Path) -> None:
    write_form(tmp_path / "form.csv", TOPICS, ANSWERS)
    with pytest.raises(UsageError, match=r"form\.csv:2: the verdict 'ok' will not do; use C, P or I"):
        read_grades(filled(tmp_path / "form.csv", verdict="ok"))
    with pytest.raises(UsageError, match="could not be read"):
        read_grades(tmp_path / "nothing.csv")
