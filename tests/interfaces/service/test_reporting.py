"""A run's report, its questions by what is said of them, its files, and two runs compared."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.language import set_interface_language
from eval.judging.judgements import VerdictRule
from eval.trec import read_trec_run
from interfaces.access import AccessDenied
from interfaces.history.people import ensure_person
from interfaces.history.records import EvaluationRun, Person
from interfaces.service import annotating, evaluating, reporting, sifting
from interfaces.service.account import delete_all
from interfaces.service.desk import Desk
from interfaces.service.plans import folder_of
from rag.errors import UsageError
from tests.interfaces.service.evaluated import PLAN, run_of
from tests.interfaces.test_cli import monitoria
from tests.scripted_server import Script


def test_the_report_is_in_the_language_that_is_spoken(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    assert reporting.report(desk, rita, run.run_id).title == "Evaluation report"
    set_interface_language("pt")
    assert reporting.report(desk, rita, run.run_id).title == "Relatório de avaliação"


def test_every_file_can_be_taken_along_alone_or_together(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    named = reporting.files(desk, rita, run.run_id)
    assert named == [
        "report.md", "report.html", "results.csv", "results.jsonl", "judgements.jsonl", "judging.json",
        "topics.jsonl", "answers.jsonl", "run.trec",
    ]  # fmt: skip
    alone = {name: reporting.file(desk, rita, run.run_id, name) for name in named}
    assert all(alone.values())
    together = zipfile.ZipFile(io.BytesIO(reporting.archive(desk, rita, run.run_id)))
    assert {name: together.read(name) for name in together.namelist()} == alone
    answers = [json.loads(line) for line in together.read("answers.jsonl").decode().splitlines()]
    trec = read_trec_run(folder_of(desk.settings, run) / "run.trec")
    assert {key: len(hits) for key, hits in trec.items()} == {one["topic_id"]: len(one["hits"]) for one in answers}
    for name in ("annotations.csv", "../../monitoria.sqlite3"):
        with pytest.raises(UsageError, match="has no file"):
            reporting.file(desk, rita, run.run_id, name)


def test_what_was_taken_along_reads_as_it_does_here(
    desk: Desk, identity: str, rita: Person, script: Script, tmp_path: Path
) -> None:
    scores = itertools.cycle([3, 2, 0, 3, 1])
    script.reply = lambda _: json.dumps({"criteria": "o", "supporting_evidence": "e", "score": next(scores)})
    run = run_of(desk, rita, identity, 6, replace(PLAN, repeat=2))
    while (item := annotating.annotating(desk, rita, run.run_id).item) is not None:
        annotating.annotate(desk, rita, run.run_id, item.answer_sha256, "P")
    together = zipfile.ZipFile(io.BytesIO(reporting.archive(desk, rita, run.run_id)))
    assert {"judgements-2.jsonl", "annotations.jsonl", "annotations.csv"} <= set(together.namelist())
    here = together.read("report.md").decode()
    assert "the judge again: openai:judge (reference) (rows) × openai:judge (reference), 2 (columns)" in here
    together.extractall(tmp_path / "levada")
    assert monitoria("eval", "report", tmp_path / "levada").code == 0
    assert (tmp_path / "levada" / "report.md").read_text(encoding="utf-8") == here


def test_nothing_that_a_person_said_stays_in_files_once_she_is_gone(
    desk: Desk, run: EvaluationRun, rita: Person
) -> None:
    olga = ensure_person(desk.history, "olga@example.org", "Olga", ["researcher"])
    item = annotating.annotating(desk, olga, run.run_id).item
    assert item is not None
    annotating.annotate(desk, olga, run.run_id, item.answer_sha256, "P")
    folder = folder_of(desk.settings, run)
    reporting.archive(desk, rita, run.run_id)
    assert "olga" in (folder / "annotations.csv").read_text(encoding="utf-8")
    delete_all(desk, olga)
    assert [path.name for path in folder.iterdir() if b"olga" in path.read_bytes()] == []


def test_two_runs_are_compared_question_by_question(
    desk: Desk, identity: str, run: EvaluationRun, rita: Person, script: Script
) -> None:
    script.reply = lambda _: json.dumps({"criteria": "o", "supporting_evidence": "e", "score": 3})
    other = run_of(desk, rita, identity, 8)
    found = reporting.compare(desk, rita, run.run_id, other.run_id)
    assert found.other_questions == 0
    relevance = next(one for one in found.comparisons if one.measure == "AR")
    assert relevance.second == 1.0
    assert relevance.difference > 0
    assert relevance.low <= relevance.difference <= relevance.high
    assert 0 < relevance.p <= relevance.p_corrected <= 1
    with pytest.raises(UsageError, match="same evaluation"):
        reporting.compare(desk, rita, run.run_id, run.run_id)


def test_measures_come_in_the_reports_order_and_what_else_differs_is_known(
    desk: Desk, identity: str, run: EvaluationRun, rita: Person
) -> None:
    same = reporting.compare(desk, rita, run.run_id, run_of(desk, rita, identity, 8).run_id)
    order = [one.measure for one in same.comparisons]
    assert order[:3] == ["AR", "reference", "correct"]
    assert order[-2:] == ["retrieve_ms", "total_ms"]
    assert [name for name in order if name.startswith("hit")] == ["hit@1", "hit@3", "hit@5", "hit@10"]
    assert (len(set(same.judges)), len(set(same.rules)), same.same_rubrics) == (1, 1, True)
    plan = replace(PLAN, judge="openai:outro", correct_from=2)
    other = reporting.compare(desk, rita, run.run_id, run_of(desk, rita, identity, 8, plan).run_id)
    assert other.judges == ("openai:judge", "openai:outro")
    assert other.rules == (VerdictRule(), VerdictRule(correct_from=2))


def test_runs_over_other_questions_are_not_compared_or_it_is_said(
    desk: Desk, identity: str, run: EvaluationRun, rita: Person
) -> None:
    def over(*lines: dict[str, str]) -> EvaluationRun:
        content = "".join(json.dumps(line) + "\n" for line in lines).encode()
        questions = evaluating.questions_from_upload(desk, rita, "a.jsonl", content)
        started = evaluating.start(desk, rita, identity, questions, PLAN)
        assert desk.evaluations.wait(started.run_id, 30)
        return started

    with pytest.raises(UsageError, match="no question in common"):
        reporting.compare(desk, rita, run.run_id, over({"id": "x", "question": "O que é viés?"}).run_id)
    topic_id = sifting.questions(desk, rita, run.run_id)[0].entry.topic.topic_id
    other = over({"id": topic_id, "question": "O que é viés?"})
    assert reporting.compare(desk, rita, run.run_id, other.run_id).other_questions == 1


def test_a_student_sees_no_report(desk: Desk, run: EvaluationRun, ana: Person) -> None:
    for act in (
        lambda: reporting.report(desk, ana, run.run_id),
        lambda: reporting.files(desk, ana, run.run_id),
        lambda: reporting.file(desk, ana, run.run_id, "answers.jsonl"),
        lambda: reporting.archive(desk, ana, run.run_id),
        lambda: reporting.compare(desk, ana, run.run_id, run.run_id + "x"),
    ):
        with pytest.raises(AccessDenied):
            act()


def test_a_run_in_which_nothing_was_judged_has_no_report_yet(desk: Desk, identity: str, rita: Person) -> None:
    run = run_of(desk, rita, identity, 2, replace(PLAN, judge="ninguem", judge_at_server=False))
    with pytest.raises(UsageError, match=r"judging\.json"):
        reporting.report(desk, rita, run.run_id)
