"""`--topics` of files that are no lines of topics: a self-assessment asked, an exam searched for, what asks nothing."""

from __future__ import annotations

import json
from pathlib import Path

from eval.choices import score_choice
from eval.topics import read_topics
from tests.interfaces.test_cli import monitoria
from tests.scripted_server import Script, scripted_server

QUIZ = "<quiz>\nO que é dropout?\n- [ ] um corte de luz\n- [x] um sorteio de neurônios\n</quiz>\n"


def test_a_self_assessment_is_answered_by_choices(sample_index: Path, tmp_path: Path) -> None:
    quiz, answers = tmp_path / "aula_01.md", tmp_path / "answers.jsonl"
    quiz.write_text(QUIZ, encoding="utf-8")
    command = ["ask", "--topics", quiz, "--answers", answers, "--index", sample_index, "--llm", "openai:x"]
    with scripted_server(Script(["B"])) as url:
        shown = monitoria(*command, "--base-url", url)
    assert (shown.code, shown.err) == (0, "")
    record = json.loads(answers.read_text(encoding="utf-8"))
    assert (record["topic_id"], record["choice"]) == ("aula_01-q01", [1])
    score = score_choice(record, read_topics(quiz)[0])
    assert score is not None
    assert score.verdict == "C"


def test_an_exam_is_searched_for(sample_index: Path, tmp_path: Path) -> None:
    (tmp_path / "exams").mkdir()
    (tmp_path / "exams" / "p1.txt").write_text("9. O que é dropout?\n\nUm sorteio.\n", encoding="utf-8")
    run = tmp_path / "run.jsonl"
    command = ["search", "--topics", tmp_path / "exams", "--index", sample_index, "--run"]
    assert monitoria(*command, run, "-k", 2).code == 0
    assert {json.loads(line)["topic_id"] for line in run.read_text(encoding="utf-8").splitlines()} == {"p1-q09"}
    refused = monitoria(*command, tmp_path / "exams" / "run.jsonl")
    assert refused.code == 2
    assert "lies in the topics folder" in refused.err


def test_a_lesson_that_asks_nothing_is_one_sentence(sample_index: Path, tmp_path: Path) -> None:
    (tmp_path / "aula.md").write_text("# Aula\n\nProsa.\n", encoding="utf-8")
    shown = monitoria("search", "--topics", tmp_path / "aula.md", "--run", tmp_path / "r", "--index", sample_index)
    assert shown.code == 2
    assert len(shown.err.strip().splitlines()) == 1
    assert "what is looked for: <quiz> blocks" in shown.err
