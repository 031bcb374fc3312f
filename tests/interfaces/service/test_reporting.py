"""A run's report, its questions by what is said of them, its files, and two runs compared."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest

from corpus.language import set_interface_language
from eval.annotations import Annotation
from eval.trec import read_trec_run
from interfaces.access import AccessDenied
from interfaces.history.annotating import annotate
from interfaces.history.people import ensure_person
from interfaces.history.records import EvaluationRun, Person
from interfaces.service import evaluating, reporting
from interfaces.service.desk import Desk
from interfaces.service.plans import folder_of
from interfaces.service.reporting import Chosen
from rag.errors import UsageError
from tests.interfaces.service.evaluated import PLAN, judged_by_length, run_of
from tests.scripted_server import Script


@pytest.fixture
def rita(desk: Desk) -> Person:
    return ensure_person(desk.history, "rita@example.org", "Rita", ["researcher"])


@pytest.fixture
def run(desk: Desk, identity: str, rita: Person, script: Script) -> EvaluationRun:
    script.reply = judged_by_length
    return run_of(desk, rita, identity, 8)


def test_the_report_is_in_the_language_that_is_spoken(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    assert reporting.report(desk, rita, run.run_id).title == "Evaluation report"
    set_interface_language("pt")
    assert reporting.report(desk, rita, run.run_id).title == "Relatório de avaliação"


def test_questions_are_chosen_by_verdict_lecture_disagreement_and_error(
    desk: Desk, run: EvaluationRun, rita: Person
) -> None:
    every = reporting.questions(desk, rita, run.run_id)
    assert len(every) == 8
    for verdict in ("C", "P", "I"):
        chosen = reporting.questions(desk, rita, run.run_id, Chosen(verdict=verdict))
        assert [one.entry.number for one in chosen] == [one.entry.number for one in every if one.verdict == verdict]
    lecture = reporting.lectures(desk, rita, run.run_id)[0]
    assert {
        one.entry.topic.lecture_id for one in reporting.questions(desk, rita, run.run_id, Chosen(lecture=lecture))
    } == {lecture}
    assert reporting.questions(desk, rita, run.run_id, Chosen(errors=True)) == []
    # Two people on one answer who do not agree, one of them against the judge.
    said = next(one for one in every if one.entry.judgements["ar"].verdict == "I")
    for name, verdict in (("rita@example.org", "P"), ("olga@example.org", "C")):
        ensure_person(desk.history, name, name, ["researcher"])
        key = said.entry.key or ""
        annotate(desk.history, run.run_id, Annotation(said.entry.topic.topic_id, key, name, "person", verdict))  # type: ignore[arg-type]
    for disagreement in ("people", "judge and people"):
        chosen = reporting.questions(desk, rita, run.run_id, Chosen(disagreement=disagreement), insists=True)
        assert [one.entry.number for one in chosen] == [said.entry.number]
        assert {verdict for verdict, _ in chosen[0].people.values()} == {"P", "C"}


def test_every_file_can_be_taken_along_alone_or_together(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    for name in reporting.FILES:
        assert reporting.file(desk, rita, run.run_id, name) or name.startswith("annotations"), name
    together = zipfile.ZipFile(io.BytesIO(reporting.archive(desk, rita, run.run_id)))
    assert set(together.namelist()) == {*reporting.FILES} - {"annotations.jsonl"}
    answers = [json.loads(line) for line in together.read("answers.jsonl").decode().splitlines()]
    trec = read_trec_run(folder_of(desk.settings, run) / "run.trec")
    assert {key: len(hits) for key, hits in trec.items()} == {one["topic_id"]: len(one["hits"]) for one in answers}
    with pytest.raises(UsageError):
        reporting.file(desk, rita, run.run_id, "../../monitoria.sqlite3")


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
    topic_id = reporting.questions(desk, rita, run.run_id)[0].entry.topic.topic_id
    other = over({"id": topic_id, "question": "O que é viés?"})
    assert reporting.compare(desk, rita, run.run_id, other.run_id).other_questions == 1


def test_a_student_sees_no_report(desk: Desk, run: EvaluationRun, ana: Person) -> None:
    for act in (
        lambda: reporting.report(desk, ana, run.run_id, insists=True),
        lambda: reporting.questions(desk, ana, run.run_id, insists=True),
        lambda: reporting.lectures(desk, ana, run.run_id, insists=True),
        lambda: reporting.file(desk, ana, run.run_id, "answers.jsonl", insists=True),
        lambda: reporting.archive(desk, ana, run.run_id, insists=True),
        lambda: reporting.compare(desk, ana, run.run_id, run.run_id + "x"),
    ):
        with pytest.raises(AccessDenied):
            act()


def test_a_run_in_which_nothing_was_judged_has_no_report_yet(desk: Desk, identity: str, rita: Person) -> None:
    run = run_of(desk, rita, identity, 2, replace(PLAN, judge="ninguem", judge_at_server=False))
    with pytest.raises(UsageError, match=r"judging\.json"):
        reporting.report(desk, rita, run.run_id)
