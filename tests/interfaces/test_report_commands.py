"""`monitoria eval report`, `agreement` and `compare`: what they print, where they write, how they fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.annotations import write_annotations
from tests.evaluation.judged_folder import ANSWERS, TOPICS, annotation, folder, judgement
from tests.interfaces.test_cli import monitoria


@pytest.mark.parametrize("command", ["report", "agreement", "compare"])
def test_each_has_help_with_an_example(command: str) -> None:
    shown = monitoria("eval", command, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert f"Example: monitoria eval {command}" in shown.out


def test_annotations_that_were_compared_are_in_the_report(tmp_path: Path) -> None:
    judged, path = folder(tmp_path), tmp_path / "annotations.csv"
    write_annotations(path, [annotation("q1", "ana", "person", "C"), annotation("q2", "ana", "person", "I")])
    compared = monitoria("eval", "agreement", judged, "--annotations", path)
    assert (compared.code, compared.err) == (0, "")
    assert "judge and people: embedded:j (ar) × people  n=2/3" in compared.out
    assert "kappa (quadratic)" in compared.out
    told = json.loads(monitoria("eval", "agreement", judged, "--annotations", path, "--json").out)
    assert told[0]["measures"]["exact"]["value"] == 1.0
    written = monitoria("eval", "report", judged, language="pt")
    assert (written.code, written.err) == (0, "")
    assert [Path(line).name for line in written.out.splitlines()[:4]] == [
        "report.md", "report.html", "results.csv", "results.jsonl",
    ]  # fmt: skip
    assert "**Anotação manual**: C" in (judged / "report.md").read_text(encoding="utf-8")
    # The recorded checksums are not those of these files.
    assert "aviso: ../answers.jsonl mudou" in written.out


def test_a_report_may_be_written_elsewhere(tmp_path: Path) -> None:
    judged, path = folder(tmp_path), tmp_path / "annotations.csv"
    write_annotations(path, [annotation("q1", "ana", "person", "C")])
    before = sorted(one.name for one in judged.iterdir())
    shown = monitoria("eval", "report", judged, "--annotations", path, "--out", tmp_path / "new" / "place")
    assert shown.code == 0
    assert sorted(one.name for one in judged.iterdir()) == before
    assert "**Manual annotation**: C" in (tmp_path / "new" / "place" / "report.md").read_text(encoding="utf-8")


def test_two_judged_runs_question_by_question(tmp_path: Path) -> None:
    first = folder(tmp_path / "a")
    second = folder(tmp_path / "b", [judgement("q1", 3), judgement("q2", 3), judgement("q5", 3)])
    shown = monitoria("eval", "compare", first, second)
    assert (shown.code, shown.err) == (0, "")
    line = next(line for line in shown.out.splitlines() if line.startswith("AR "))
    # Both know q1 and q2: 1 and a third against 1 and 1.
    assert "A     0.667  B     1.000  B−A +0.333" in line
    assert line.endswith("n=2/3")
    # By names that people read, in the report's order; what must be known of few, and of relevance, is said below.
    names = [line.split("  A ")[0].strip() for line in shown.out.splitlines() if "  A " in line]
    assert names[0] == "AR (questions that the lectures answer)"
    assert names.index("citations hold (answers given)") < names.index("hit@1") < names.index("whole answer, ms")
    assert "a confidence interval says nothing" in shown.out
    assert "AR says how far an answer, read without the lectures" in shown.out
    assert "recusas onde as aulas respondem" in monitoria("eval", "compare", first, second, language="pt").out
    found = {one["measure"]: one for one in json.loads(monitoria("eval", "compare", first, second, "--json").out)}
    assert found["hit@1"]["difference"] == 0.0
    assert found["AR"]["p"] == 1.0


def test_two_runs_of_hits_need_their_topics(tmp_path: Path) -> None:
    topics = tmp_path / "topics.jsonl"
    topics.write_text("".join(json.dumps(one) + "\n" for one in TOPICS), encoding="utf-8")
    runs = []
    for name, kept in (("a", ANSWERS), ("b", ANSWERS[:1])):
        path = tmp_path / f"{name}.jsonl"
        lines = [{"topic_id": one["topic_id"]} | hit for one in kept for hit in one["hits"]]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        runs.append(path)
    without = monitoria("eval", "compare", *runs)
    assert without.code == 2
    assert "--topics" in without.err
    shown = monitoria("eval", "compare", *runs, "--topics", topics)
    assert (shown.code, shown.err) == (0, "")
    assert "hit@1" in shown.out


def test_a_folder_without_judgements_is_one_sentence(tmp_path: Path) -> None:
    shown = monitoria("eval", "report", tmp_path)
    assert shown.code == 2
    assert shown.err.count("\n") == 1
    assert "monitoria eval judge" in shown.err
