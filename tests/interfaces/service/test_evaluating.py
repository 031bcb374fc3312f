"""Evaluation runs: answered and judged in the background, stopped, gone on with, refused to whom they are not for."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.language import set_interface_language
from eval.answers import read_answers
from eval.judging.asking import Patience
from eval.judging.recorded import read_judgements
from interfaces.access import AccessDenied
from interfaces.history import runs as kept
from interfaces.history.database import History
from interfaces.history.errors import NotKept
from interfaces.history.people import ensure_person
from interfaces.history.records import Person
from interfaces.service import evaluating, reporting
from interfaces.service.desk import Desk, open_desk
from interfaces.service.evaluations import Evaluations
from interfaces.service.judged import judgements_made
from interfaces.service.plans import folder_of
from rag.errors import UsageError
from tests.interfaces.service.evaluated import PLAN, run_of, sample_questions, until
from tests.interfaces.test_cli import monitoria
from tests.scripted_server import Script


def test_a_run_leaves_a_folder_that_the_command_line_reports_on(desk: Desk, identity: str, rita: Person) -> None:
    run = run_of(desk, rita, identity, 6)
    folder = folder_of(desk.settings, run)
    assert (run.state, run.done, run.of, run.error) == ("done", 6, 6, None)
    assert folder == desk.settings.app.folder / "runs" / run.run_id
    assert {"answers.jsonl", "topics.jsonl", "judgements.jsonl", "judging.json", "run.json"} <= {
        path.name for path in folder.iterdir()
    }
    assert len(read_answers(folder / "answers.jsonl").recorded) == 6
    printed = monitoria("eval", "report", folder)
    assert (printed.code, printed.err) == (0, "")
    assert (folder / "report.md").read_bytes() == reporting.file(desk, rita, run.run_id, "report.md")


def test_fewer_questions_are_taken_from_all_over_the_file(desk: Desk, identity: str, rita: Person) -> None:
    every = sample_questions(desk, rita).topics
    chosen = [every[place].topic_id for place in (0, len(every) // 3, 2 * len(every) // 3)]
    run = run_of(desk, rita, identity, 3)
    folder = folder_of(desk.settings, run)
    assert [json.loads(line)["id"] for line in (folder / "topics.jsonl").read_text().splitlines()] == chosen
    again = evaluating.questions_from_run(desk, rita, run.run_id)
    assert (again.name, [topic.topic_id for topic in again.topics]) == ("topics.jsonl", chosen)


def test_cancelled_while_the_judge_is_silent_it_stops_at_once_and_goes_on_later(
    desk: Desk, identity: str, rita: Person, script: Script
) -> None:
    script.hang_after = 0
    run = evaluating.start(desk, rita, identity, sample_questions(desk, rita), PLAN, 4)
    until(lambda: len(script.requests) > 0)
    started = time.monotonic()
    evaluating.cancel(desk, rita, run.run_id)
    assert desk.evaluations.wait(run.run_id, 5)
    assert time.monotonic() - started < 2
    stopped = evaluating.evaluation(desk, rita, run.run_id)
    assert (stopped.run.state, stopped.run.done, stopped.progress) == ("cancelled", 4, None)
    # Every answer was to be judged for relevance, and those with a reference against it: what is left is known.
    assert stopped.judgements is not None
    made, of = stopped.judgements
    assert made < of
    assert 4 < of <= 8
    folder = folder_of(desk.settings, run)
    answers = (folder / "answers.jsonl").read_bytes()
    assert reporting.report(desk, rita, run.run_id).sections
    script.hang_after = None
    evaluating.resume(desk, rita, run.run_id)
    assert desk.evaluations.wait(run.run_id, 30)
    assert evaluating.evaluation(desk, rita, run.run_id).run.state == "done"
    assert judgements_made(folder, PLAN) == (of, of)
    assert judgements_made(folder, replace(PLAN, repeat=2)) == (of, 2 * of)
    assert (folder / "answers.jsonl").read_bytes() == answers
    assert {one.topic_id for one in read_judgements(folder / "judgements.jsonl")}


def test_after_a_restart_a_run_says_that_it_was_interrupted_and_is_resumed_without_asking_twice(
    desk: Desk, identity: str, rita: Person, script: Script, sample_index: Path
) -> None:
    done = run_of(desk, rita, identity, 4)
    folder = folder_of(desk.settings, done)
    # As a kill leaves it: half of the judgements, the last line torn, the row still running, its process gone.
    lines = (folder / "judgements.jsonl").read_text().splitlines()
    (folder / "judgements.jsonl").write_text("\n".join(lines[:3]) + "\n" + lines[3][:40], encoding="utf-8")
    with desk.history.session() as session:
        kept.run_row(session, done.run_id).state = "running"
        kept.run_row(session, done.run_id).process_id = "a process that is gone"
    again = open_desk([sample_index], settings=desk.settings)
    found = evaluating.evaluations(again, rita, identity)[0]
    assert found.run.state == "failed"
    assert found.judgements == (3, len(lines))
    assert "resume" in (found.run.error or "")
    script.requests.clear()
    evaluating.resume(again, rita, done.run_id)
    assert again.evaluations.wait(done.run_id, 30)
    assert evaluating.evaluation(again, rita, done.run_id).run.state == "done"
    asked_again = [line for line in lines[3:] if json.loads(line)["judge"] != "rule"]
    assert len(script.requests) == len(asked_again)
    again.close()


def test_a_judge_that_is_not_there_fails_the_run_in_a_sentence_and_the_answers_stay(
    desk: Desk, identity: str, rita: Person, script: Script
) -> None:
    hurried = replace(desk, evaluations=Evaluations(Patience(tries=1)))
    script.status = 503
    set_interface_language("pt")
    run = run_of(hurried, rita, identity, 6)
    assert run.state == "failed"
    assert "o juiz openai:judge não está respondendo" in (run.error or "")
    assert run.done == 6
    script.status = 200
    evaluating.resume(hurried, rita, run.run_id)
    assert hurried.evaluations.wait(run.run_id, 30)
    assert evaluating.evaluation(hurried, rita, run.run_id).run.state == "done"


def test_a_model_that_fails_again_and_again_ends_the_run(
    desk: Desk, identity: str, rita: Person, script: Script
) -> None:
    script.status = 503
    run = run_of(desk, rita, identity, 30, replace(PLAN, llm=""))
    assert run.state == "failed"
    assert "several times in a row" in (run.error or "")
    assert run.done < 30


def test_only_one_run_goes_on_at_a_time_and_one_that_waits_can_be_stopped(
    desk: Desk, identity: str, rita: Person, script: Script
) -> None:
    script.hang_after = 0
    first = evaluating.start(desk, rita, identity, sample_questions(desk, rita), PLAN, 2)
    until(lambda: len(script.requests) > 0)
    second = evaluating.start(desk, rita, identity, sample_questions(desk, rita), PLAN, 2)
    time.sleep(0.3)
    waiting = evaluating.evaluation(desk, rita, second.run_id)
    assert waiting.progress is not None
    assert waiting.progress.phase == "waiting"
    for one in (second, first):
        evaluating.cancel(desk, rita, one.run_id)
        assert desk.evaluations.wait(one.run_id, 5)
        assert evaluating.evaluation(desk, rita, one.run_id).run.state == "cancelled"


def test_a_run_goes_on_in_the_order_of_the_chat(desk: Desk, identity: str, rita: Person) -> None:
    # Somebody in front of the turnstile for as long as this lasts: the run waits for her and can still be stopped.
    with desk.answering.turnstile.passed("a", lambda: False):
        taken = [desk.answering.turnstile.passed(f"{n}", lambda: False) for n in range(7)]
        for one in taken:
            one.__enter__()
        run = evaluating.start(desk, rita, identity, sample_questions(desk, rita), PLAN, 2)
        until(lambda: desk.answering.turnstile.ahead(f"evaluation {run.run_id}") == 1)
        for one in taken:
            one.__exit__(None, None, None)
    assert desk.evaluations.wait(run.run_id, 30)
    assert evaluating.evaluation(desk, rita, run.run_id).run.state == "done"


def test_files_beside_the_runs_can_be_chosen_and_no_others(desk: Desk, identity: str, rita: Person) -> None:
    root = desk.settings.app.folder / "runs"
    root.mkdir(parents=True)
    (root / "perguntas.csv").write_text("id,question\na,O que é dropout?\n", encoding="utf-8")
    run_of(desk, rita, identity, 1)
    assert evaluating.server_files(desk, rita) == ["perguntas.csv"]
    assert evaluating.questions_from_server(desk, rita, "perguntas.csv").topics[0].question == "O que é dropout?"
    with pytest.raises(UsageError, match="choose one"):
        evaluating.questions_from_server(desk, rita, "../monitoria.sqlite3")


def test_what_is_wrong_with_a_file_is_said_without_where_it_lies(desk: Desk, rita: Person) -> None:
    with pytest.raises(UsageError) as caught:
        evaluating.questions_from_upload(desk, rita, "../../perguntas.jsonl", b'{"id": "a"}\n')
    assert caught.value.en.startswith("perguntas.jsonl:1: the question is missing on line 1")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("perguntas.txt", "O que é viés?\r\n\r\nE a variância?\r\n"),
        ("perguntas.csv", "\ufeffPergunta;Aula\nO que é viés?;1\nE a variância?;2\n"),
        ("perguntas.jsonl", '{"questão": "O que é viés?"}\n{"questão": "E a variância?"}\n'),
    ],
)
def test_a_list_of_questions_as_people_write_them_is_run(
    desk: Desk, identity: str, rita: Person, name: str, content: str
) -> None:
    questions = evaluating.questions_from_upload(desk, rita, name, content.encode())
    run = evaluating.start(desk, rita, identity, questions, PLAN)
    assert desk.evaluations.wait(run.run_id, 60)
    again = evaluating.questions_from_run(desk, rita, run.run_id)
    assert [(one.topic_id, one.question) for one in again.topics] == [
        ("q001", "O que é viés?"),
        ("q002", "E a variância?"),
    ]


def test_judgements_that_cannot_be_counted_are_not(tmp_path: Path) -> None:
    (tmp_path / "topics.jsonl").write_text("?", encoding="utf-8")
    assert judgements_made(tmp_path, PLAN) is None


@pytest.mark.parametrize("plan", [replace(PLAN, judge="none"), replace(PLAN, kinds=())])
def test_a_plan_that_judges_nothing_is_refused_before_anything_is_kept(
    desk: Desk, identity: str, rita: Person, plan
) -> None:
    with pytest.raises(UsageError):
        evaluating.start(desk, rita, identity, sample_questions(desk, rita), plan)
    assert evaluating.evaluations(desk, rita, identity) == []


def test_a_judge_that_means_nothing_fails_before_anything_is_answered(desk: Desk, identity: str, rita: Person) -> None:
    run = run_of(desk, rita, identity, 3, replace(PLAN, judge="seja-quem-for", judge_at_server=False))
    assert (run.state, run.done) == ("failed", 0)
    assert "names no provider" in (run.error or "")


def test_whoever_may_not_evaluate_is_refused_by_every_action(
    desk: Desk, identity: str, rita: Person, ana: Person
) -> None:
    run = run_of(desk, rita, identity, 1)
    questions = evaluating.questions_from_run(desk, rita, run.run_id)
    for act in (
        lambda: evaluating.start(desk, ana, identity, questions, PLAN),
        lambda: evaluating.evaluations(desk, ana, identity),
        lambda: evaluating.evaluation(desk, ana, run.run_id),
        lambda: evaluating.cancel(desk, ana, run.run_id),
        lambda: evaluating.resume(desk, ana, run.run_id),
        lambda: evaluating.delete(desk, ana, run.run_id),
        lambda: evaluating.server_files(desk, ana),
        lambda: evaluating.questions_from_upload(desk, ana, "a.jsonl", b""),
        lambda: evaluating.questions_from_server(desk, ana, "a.jsonl"),
        lambda: evaluating.questions_from_run(desk, ana, run.run_id),
    ):
        with pytest.raises(AccessDenied):
            act()


def test_a_run_is_deleted_with_its_files_by_who_started_it_or_an_admin(desk: Desk, identity: str, rita: Person) -> None:
    run = run_of(desk, rita, identity, 1)
    other = ensure_person(desk.history, "olga@example.org", "Olga", ["researcher"])
    with pytest.raises(AccessDenied, match="did not start"):
        evaluating.delete(desk, other, run.run_id)
    evaluating.delete(desk, ensure_person(desk.history, "adm@example.org", "Adm", ["admin"]), run.run_id)
    assert not folder_of(desk.settings, run).exists()
    with pytest.raises(NotKept):
        evaluating.evaluation(desk, rita, run.run_id)


def test_where_two_processes_share_a_database_one_stops_what_the_other_does(
    desk: Desk, identity: str, rita: Person, script: Script
) -> None:
    script.pause_s = 0.0
    run = evaluating.start(desk, rita, identity, sample_questions(desk, rita), PLAN, None)
    until(lambda: (one := desk.evaluations.progress(run.run_id)) is not None and one.done > 0)
    elsewhere = History.open(desk.settings.app.folder / "monitoria.sqlite3")
    kept.set_run(elsewhere, run.run_id, "cancelled")
    elsewhere.close()
    assert desk.evaluations.wait(run.run_id, 10)
    assert evaluating.evaluation(desk, rita, run.run_id).run.state == "cancelled"
