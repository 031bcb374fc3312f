"""What instructors see of the questions, the map of a course, and how its index is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corpus.errors import UsageError
from interfaces.access import AccessDenied
from interfaces.history.conversations import add_turn, set_state, start_conversation
from interfaces.history.errors import NotKept
from interfaces.history.feedback import rate
from interfaces.service import asked, correcting
from interfaces.service.health import health, verify
from rag.exchange import answer_record
from tests.interfaces.service.teaching import Teaching

QUESTIONS = ("o que a Festa API recebe?", "para que servem as rotas?", "quem ganhou a copa?")


@pytest.fixture
def questioned(teaching: Teaching) -> Teaching:
    """Three questions of Bia's, the second badly rated."""
    course = teaching.desk.courses.opened(teaching.course)
    history = teaching.desk.history
    for question in QUESTIONS:
        talk = start_conversation(history, teaching.bia.person_id, teaching.course, question)
        turn = add_turn(history, talk.conversation_id, question)
        set_state(history, turn.turn_id, "answering")
        set_state(history, turn.turn_id, "done", record=answer_record(course.ask(question)))
        if question == QUESTIONS[1]:
            rate(history, turn.turn_id, teaching.bia.person_id, "down", "não disse")
    return teaching


def test_questions_come_newest_first_without_names(questioned: Teaching) -> None:
    desk, ines, course = questioned.desk, questioned.ines, questioned.course
    found = asked.questions(desk, ines, course)
    assert [one.question for one in found] == list(reversed(QUESTIONS))
    assert {one.name for one in found} == {None}
    assert [one.question for one in asked.questions(desk, ines, course, only="badly rated", days=1)] == [QUESTIONS[1]]
    app = desk.settings.app.model_copy(update={"show_names": True})
    named = replace(desk, settings=desk.settings.model_copy(update={"app": app}))
    assert {one.name for one in asked.questions(named, ines, course)} == {"Bia"}


def test_the_map_has_every_segment_and_counts_what_led_there(questioned: Teaching) -> None:
    desk, ines, course = questioned.desk, questioned.ines, questioned.course
    places = asked.places(desk, ines, course)
    index = desk.courses.opened(course).index
    assert [place.segment_id for place in places] == index.table.ids.tolist()
    counted = {one.lecture_id: one for one in asked.by_lecture(places)}
    assert sum(one.asked for one in counted.values()) == sum(place.asked for place in places) > 0
    cited = asked.questions(desk, ines, course)[-1].cited
    by_id = {place.segment_id: place for place in places}
    assert all(by_id[segment_id].asked >= 1 for segment_id in cited)
    assert counted["notas"].title == "Notas"
    assert [(place.start_s, place.part) for place in places if place.lecture_id == "notas"] == [(None, 1)]
    assert {place.part for place in places if place.start_s is not None} == {None}


def test_what_was_asked_of_a_segment_that_changed_counts_for_what_is_there_now(questioned: Teaching) -> None:
    desk, ines, course = questioned.desk, questioned.ines, questioned.course
    before = sum(place.asked for place in asked.places(desk, ines, course))
    path = questioned.lectures / "aula-01.srt"
    path.write_text(path.read_text(encoding="utf-8").replace("Agora vamos", "Depois vamos"), encoding="utf-8")
    questioned.build()
    assert sum(place.asked for place in asked.places(desk, ines, course)) == before


def test_an_instructor_reads_the_answer_that_was_given_and_not_whose_it_is(questioned: Teaching) -> None:
    desk, ines, course = questioned.desk, questioned.ines, questioned.course
    (badly,) = asked.questions(desk, ines, course, only="badly rated")
    found = asked.given(desk, ines, course, badly.turn_id)
    assert (found.question, found.snapshot.state) == (QUESTIONS[1], "done")
    assert found.snapshot.record is not None
    assert [one["segment_id"] for one in found.snapshot.record["references"]]
    assert questioned.bia.person_id not in repr(found)
    assert questioned.bia.name not in repr(found)
    for who in (questioned.bia, questioned.rui):
        with pytest.raises(AccessDenied):
            asked.given(desk, who, course, badly.turn_id)
    with pytest.raises(NotKept):
        asked.given(desk, ines, course, "0" * 32)


def test_passages_alone_are_a_kind_only_where_a_model_is_to_write(questioned: Teaching) -> None:
    desk, ines, course = questioned.desk, questioned.ines, questioned.course
    assert asked.kinds(desk, ines) == ("unanswered", "badly rated")
    assert asked.questions(desk, ines, course, only="passages only") == []
    llm = desk.settings.llm.model_copy(update={"spec": "openai:x"})
    writes = replace(desk, settings=desk.settings.model_copy(update={"llm": llm}))
    assert asked.kinds(writes, ines) == ("unanswered", "passages only", "badly rated")
    counted = asked.by_lecture(asked.places(desk, ines, course))
    assert {one.of_kind("passages only") for one in counted} == {0}
    assert sum(one.of_kind("badly rated") for one in counted) == sum(one.badly_rated for one in counted) > 0


def test_who_may_not_see_what_others_ask(teaching: Teaching) -> None:
    for who in (teaching.bia, teaching.rui):
        with pytest.raises(AccessDenied):
            asked.questions(teaching.desk, who, teaching.course)
        with pytest.raises(AccessDenied):
            asked.places(teaching.desk, who, teaching.course)
        with pytest.raises(AccessDenied):
            asked.kinds(teaching.desk, who)
    with pytest.raises(UsageError, match="at least 1"):
        asked.questions(teaching.desk, teaching.ines, teaching.course, days=0)


def test_health_tells_what_the_index_is_and_what_became_of_corrections(teaching: Teaching) -> None:
    desk, ines, course = teaching.desk, teaching.ines, teaching.course
    found = health(desk, teaching.rui, course)
    assert (found.manifest.n_lectures, found.opened, dict(found.corrections)) == (3, "gen-000001", {})
    assert 0 <= found.days_old < 0.1
    assert found.size_bytes > 10_000
    work = correcting.correct(desk, ines, course, teaching.misheard(), "A FastAPI responde.")
    desk.works.waited_for(ines, work.work_id, 60)
    found = health(desk, ines, course)
    assert (found.opened, found.manifest.generation, dict(found.corrections)) == (
        "gen-000002",
        "gen-000002",
        {"live": 1},
    )


def test_every_byte_is_checked_and_the_first_that_changed_is_named(teaching: Teaching) -> None:
    desk, ines, course = teaching.desk, teaching.ines, teaching.course
    work = desk.works.waited_for(ines, verify(desk, ines, course).work_id, 60)
    assert (work.state, work.result.generation) == ("done", "gen-000001")
    path = teaching.index / "gen-000001" / "segments.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    work = desk.works.waited_for(ines, verify(desk, ines, course).work_id, 60)
    assert work.state == "failed"
    assert "segments.parquet" in str(work.error)
    with pytest.raises(AccessDenied):
        verify(desk, teaching.bia, course)
