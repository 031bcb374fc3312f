"""The evaluation page in Streamlit's own test harness: what each part says and does, both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from corpus.language import set_interface_language
from eval.grading import Verdict
from interfaces.history import runs as kept
from interfaces.history.people import ensure_person
from interfaces.history.records import Person
from interfaces.service import annotating, evaluating, reporting, sifting
from interfaces.service.courses import course_id
from interfaces.service.desk import Desk, open_desk
from rag.config import Settings
from tests.app.harness import press, run, said
from tests.interfaces.service.evaluated import PLAN, judged_by_length, run_of
from tests.scripted_server import Script, scripted_server

N = 5


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, sample_index: Path, settings: Settings) -> Iterator[Desk]:
    with scripted_server(Script(reply=judged_by_length)) as url:
        llm = settings.llm.model_copy(update={"spec": "openai:scripted", "base_url": url})
        app = settings.app.model_copy(update={"folder": tmp_path_factory.mktemp("app")})
        desk = open_desk([sample_index], settings=settings.model_copy(update={"llm": llm, "app": app}))
        yield desk
        desk.close()


@pytest.fixture(scope="module")
def course(sample_index: Path) -> str:
    return course_id(sample_index)


@pytest.fixture(scope="module")
def rita(lab: Desk) -> Person:
    return ensure_person(lab.history, "rita@example.org", "Rita", ["researcher"])


@pytest.fixture(scope="module")
def done(lab: Desk, course: str, rita: Person) -> str:
    return run_of(lab, rita, course, N).run_id


def _script(desk, person, course, language) -> None:
    from corpus.language import set_interface_language
    from interfaces.pages.context import Context
    from interfaces.pages.evaluation import page

    # A run is in a thread of its own, which knows no language yet.
    set_interface_language(language)
    page(Context(desk, person, desk.courses.course(course)))


def shown(desk: Desk, person: Person, course: str, language: str = "en", **address: str) -> AppTest:
    app = AppTest.from_function(_script, args=(desk, person, course, language), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    return run(app)


def test_where_nothing_was_evaluated_there_is_the_form(tmp_path: Path, lab: Desk, rita: Person, course: str) -> None:
    assert "The course answers a file of questions" in said(shown(lab, rita, course))
    assert "O curso responde a um arquivo de perguntas" in said(shown(lab, rita, course, "pt"))


def test_a_run_is_listed_and_its_report_has_totals_with_intervals(
    lab: Desk, rita: Person, course: str, done: str
) -> None:
    app = shown(lab, rita, course)
    app.button(key=f"open-{done}").click()
    run(app)
    assert app.query_params["run"] == done
    totals = app.table[0].value
    assert list(totals.columns) == ["measure", "mean", "95 \\% CI", "n\\/N"]
    assert "Retrieval" in said(app)
    assert f"{N} questions" in said(app)


def test_figures_are_read_as_the_language_writes_them(lab: Desk, rita: Person, course: str, done: str) -> None:
    """Five answers: no interval is shown of them, and why is said once a table."""
    for language, mark in (("pt", ","), ("en", ".")):
        app = shown(lab, rita, course, language, run=done)
        totals = app.table[0].value.iloc[:, 1:3].to_numpy().ravel().tolist()
        figures = [cell.replace("\\", "") for cell in totals]
        assert any(re.fullmatch(rf"\d{re.escape(mark)}\d\d", cell) for cell in figures)
        assert not any("[" in cell for cell in figures)
        assert "(n = 5: pouco)" in figures or "(n = 5: too few)" in figures
    assert "a confidence interval says nothing" in said(app)
    assert "AR says how far an answer, read without the lectures" in said(app)
    questions = said(shown(lab, rita, course, "pt", run=done, part="questions"))
    assert "Trechos citados (nenhum LLM escreveu)" in questions
    assert questions.count("AR diz quanto uma resposta, lida sem as aulas") == 1
    assert "Resposta gerada pelo LLM" not in questions
    assert re.search(r"Answer Relevance \(AR\)\W+\d,\d\d", questions)
    # A file has a point in any language.
    set_interface_language("pt")
    assert re.search(rb"Answer Relevance \(AR\)\*\*: \d\.\d\d", reporting.file(lab, rita, done, "report.md"))
    set_interface_language(None)


def test_questions_are_filtered_to_disagreements_and_say_who_said_what(
    lab: Desk, rita: Person, course: str, done: str
) -> None:
    other = ensure_person(lab.history, "olga@example.org", "Olga", ["researcher"])
    item = annotating.annotating(lab, other, done).item
    assert item is not None
    judged = next(one for one in sifting.questions(lab, rita, done) if one.entry.key == item.answer_sha256)
    against = judged.entry.judgements["reference"].verdict
    verdict: Verdict = "P" if against != "P" else "C"
    annotating.annotate(lab, other, done, item.answer_sha256, verdict, "<b>meia</b> resposta")
    app = shown(lab, rita, course, run=done, part="questions")
    assert len(app.header) == N
    assert f"olga@example.org: {verdict}. <b>meia</b> resposta" in said(app).replace("**", "")
    assert len(app.selectbox(key="by-disagreement").options) == 2
    app.selectbox(key="by-disagreement").set_value("reference and people")
    run(app)
    assert [judged.entry.topic.question in header.value.replace("\\", "") for header in app.header] == [True]
    assert f"Judge, against the reference: {against} · " in said(app)
    assert said(app).endswith(f" · olga@example.org: {verdict}")


def test_answers_are_annotated_one_by_one_and_what_others_say_comes_last(lab: Desk, course: str, done: str) -> None:
    nina = ensure_person(lab.history, "nina@example.org", "Nina", ["researcher"])
    app = shown(lab, nina, course, run=done, part="annotate")
    first = app.header[0].value
    for label in ("C · correct", "Z · undo"):
        press(app, label)
    assert app.header[0].value == first
    press(app, "P · partial")
    assert "1 of" in app.get("progress")[0].proto.text
    for part in ("report", "questions", "files"):
        blind = shown(lab, nina, course, run=done, part=part)
        assert "you have read 1 of 5" in said(blind)
        assert not blind.table
        assert not blind.get("download_button")
    press(blind, "See it anyway")
    assert blind.get("download_button")
    for label in ("I · incorrect", "C · correct", "P · partial", "I · incorrect"):
        assert "olga" not in said(app)
        press(app, label)
    assert "You have read every answer" in said(app)
    assert app.table[-1].value["you and"].iloc[0].startswith("Judge")
    assert "κ" in app.table[-1].value.columns


def test_who_is_yet_to_annotate_is_told_what_spoils_it_and_who_looked_that_it_is_spoilt(
    lab: Desk, course: str, done: str
) -> None:
    eva = ensure_person(lab.history, "eva@example.org", "Eva", ["researcher"])
    assert "To annotate blind, annotate before you open Questions" in said(shown(lab, eva, course, run=done))
    assert "does not count as blind" not in said(shown(lab, eva, course, run=done, part="annotate"))
    shown(lab, eva, course, run=done, part="questions")
    assert "To annotate blind" not in said(shown(lab, eva, course, run=done))
    app = shown(lab, eva, course, run=done, part="annotate")
    assert "does not count as blind (0 of your 0 annotations)" in said(app)
    press(app, "P · partial")
    assert "(1 of your 1 annotation)" in said(app)


def test_a_run_that_failed_says_why_and_offers_to_go_on(lab: Desk, rita: Person, course: str) -> None:
    failed = run_of(lab, rita, course, 1, replace(PLAN, judge="ninguem", judge_at_server=False))
    app = shown(lab, rita, course, run=failed.run_id)
    assert "'ninguem' names no provider" in said(app)
    assert "Done so far: 0 of 1 answer." in said(app)
    assert [button.label for button in app.button if button.label == "Resume"] == ["Resume"]
    assert not app.table


def test_a_run_that_was_stopped_says_what_is_left_to_judge(
    lab: Desk, rita: Person, course: str, done: str, settings: Settings
) -> None:
    folder = lab.settings.app.folder / "runs" / done
    lines = (folder / "judgements.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    with lab.history.session() as session:
        kept.run_row(session, done).state = "cancelled"
    (folder / "judgements.jsonl").write_text("".join(lines[:1]), encoding="utf-8")
    try:
        app = shown(lab, rita, course, "pt", run=done)
        assert f"Parada com {N} de {N} respostas, 1 de {len(lines)} julgamentos; o que foi feito" in said(app)
        assert f"parada: {N} de {N} respostas, 1 de {len(lines)} julgamentos" in said(shown(lab, rita, course, "pt"))
    finally:
        (folder / "judgements.jsonl").write_text("".join(lines), encoding="utf-8")
        with lab.history.session() as session:
            kept.run_row(session, done).state = "done"


def test_two_runs_are_compared_with_intervals_and_corrected_chances(
    lab: Desk, rita: Person, course: str, done: str
) -> None:
    second = run_of(lab, rita, course, N)
    app = shown(lab, rita, course, part="compare")
    app.selectbox(key="compare-a").set_value(done)
    app.selectbox(key="compare-b").set_value(second.run_id)
    run(app)
    assert app.table, said(app)
    table = app.table[0].value
    assert list(table.columns) == ["measure", "A", "B", "B − A\\, 95 \\% CI", "p", "p\\*", "n\\/N"]
    assert not app.warning
    app.selectbox(key="compare-b").set_value(done)
    run(app)
    assert "the same evaluation" in said(app)


def test_what_else_than_the_answers_may_make_two_runs_differ_is_said(
    lab: Desk, rita: Person, course: str, done: str
) -> None:
    lenient = run_of(lab, rita, course, N, replace(PLAN, judge="openai:outro", correct_from=2, partial_from=1))
    app = shown(lab, rita, course, part="compare")
    app.selectbox(key="compare-a").set_value(done)
    app.selectbox(key="compare-b").set_value(lenient.run_id)
    run(app)
    assert "The judges are not the same, openai:judge in A and openai:outro in B" in said(app)
    assert "not one verdict in both (in A, C from 3, P from 2; in B, C from 2, P from 1)" in said(app)


def test_a_new_run_takes_the_options_of_the_command_line(lab: Desk, rita: Person, course: str, done: str) -> None:
    app = shown(lab, rita, course)
    app.button_group(key="source").set_value("run")
    run(app)
    app.selectbox(key="questions-of").set_value(done)
    run(app)
    app.text_input(key="answers-by").set_value("none")
    app.text_input(key="judge").set_value("openai:judge")
    run(app)
    assert app.checkbox(key="reasoned").disabled
    assert "Scores from 0 to 3. C: from 3 on; P: from 2 to less than 3; I: less than 2." in said(app)
    app.number_input(key="repeat").set_value(2)
    app.select_slider(key="least-scores").set_value((1.0, 2.5))
    run(app)
    assert "C: from 2.5 on; P: from 1 to less than 2.5; I: less than 1." in said(app)
    press(app, "Start")
    started = app.query_params["run"]
    assert lab.evaluations.wait(started if isinstance(started, str) else started[0], 60)
    standing = evaluating.evaluations(lab, rita, course)[0]
    assert standing.plan is not None
    assert (standing.plan.repeat, standing.plan.partial_from, standing.plan.correct_from) == (2, 1.0, 2.5)
    run(app)
    assert "judged 2 times · C from 2.5, P from 1" in said(app)
    assert "the judge again: openai:judge" in said(app)


def test_an_address_of_a_run_that_is_gone_leads_to_the_list(lab: Desk, rita: Person, course: str, done: str) -> None:
    app = shown(lab, rita, course, run="nada")
    assert "there is no evaluation run 'nada'" in said(app)
    assert app.button(key=f"open-{done}")
    assert "run" not in app.query_params


def test_whoever_started_a_run_deletes_it_and_others_are_not_offered_to(lab: Desk, rita: Person, course: str) -> None:
    mine = run_of(lab, rita, course, 1)
    vera = ensure_person(lab.history, "vera@example.org", "Vera", ["researcher"])
    assert not [one for one in shown(lab, vera, course, run=mine.run_id).button if one.label == "Delete"]
    app = shown(lab, rita, course, run=mine.run_id)
    app.checkbox(key=f"sure-{mine.run_id}").check()
    run(app)
    press(app, "Delete")
    assert "run" not in app.query_params
    assert not [one for one in app.button if one.key == f"open-{mine.run_id}"]
