"""What instructors see of the questions, feedback, evaluation runs and their annotations."""

from __future__ import annotations

from typing import Any

import pytest

from eval.annotations import Annotation
from interfaces.access import LOCAL
from interfaces.history.annotating import annotate, annotations_of, blind_order_of, take_back
from interfaces.history.asked import asked_by_place, asked_questions, asked_turn
from interfaces.history.conversations import add_turn, set_state
from interfaces.history.database import History
from interfaces.history.errors import NotKept
from interfaces.history.feedback import rate, rating_of, ratings_in, withdraw
from interfaces.history.records import AskedPlace, Conversation, Person, Turn
from interfaces.history.runs import (
    delete_run,
    fail_abandoned_runs,
    resume_run,
    run,
    runs_of,
    set_run,
    start_run,
)


def hit(segment_id: int, rank: int, start_s: float | None = None) -> dict[str, Any]:
    end_s = None if start_s is None else start_s + 120
    return {"rank": rank, "segment_id": segment_id, "lecture_id": "aula-03", "start_s": start_s, "end_s": end_s}


def answered(history: History, talk: Conversation, question: str, record: dict[str, Any]) -> Turn:
    turn = add_turn(history, talk.conversation_id, question)
    set_state(history, turn.turn_id, "done", record=record)
    return turn


@pytest.fixture
def three(history: History, talk: Conversation, ana: Person) -> tuple[Turn, Turn, Turn]:
    hits = [hit(9_007_199_254_740_993, 1, 120.0), hit(8, 2, 240.0), hit(7, 3, 0.0)]
    references = [{"n": 2, "segment_id": 8, "lecture_id": "aula-03", "start_s": 250.5}]
    references += [{"n": 1, "segment_id": 7, "lecture_id": "aula-03"}, {"n": 3, "segment_id": 8, "lecture_id": "x"}]
    good = answered(
        history, talk, "boa", {"abstained": False, "mode": "generated", "hits": hits, "references": references}
    )
    bad = answered(history, talk, "ruim", {"abstained": False, "mode": "quotes", "hits": [hit(8, 1, 240.0)]})
    none = answered(history, talk, "sem resposta", {"abstained": True, "mode": "quotes", "hits": [hit(7, 1, 0.0)]})
    rate(history, bad.turn_id, ana.person_id, "down", "confusa")
    return good, bad, none


def test_instructors_see_questions_newest_first_without_names(
    history: History, three: tuple[Turn, Turn, Turn], ana: Person
) -> None:
    seen = asked_questions(history, "redes")
    assert [one.question for one in seen] == ["sem resposta", "ruim", "boa"]
    assert {one.name for one in seen} == {None}
    assert ana.name not in repr(seen)
    assert ana.person_id not in repr(seen)
    assert (seen[2].cited, seen[2].hits) == ((7, 8), (9_007_199_254_740_993, 8, 7))
    assert (seen[2].abstained, seen[2].mode, seen[2].rating, seen[2].reason) == (False, "generated", None, "")
    assert (seen[1].rating, seen[1].reason) == ("down", "confusa")
    assert [one.passages_only for one in seen] == [False, False, False]
    assert [one.name for one in asked_questions(history, "redes", show_names=True, limit=1)] == ["Ana"]
    assert asked_questions(history, "algebra") == []


def test_only_those_that_went_wrong_and_only_since_a_moment(
    history: History, three: tuple[Turn, Turn, Turn], talk: Conversation
) -> None:
    broken = add_turn(history, talk.conversation_id, "quebrou")
    set_state(history, broken.turn_id, "failed", error="sem rede")
    assert [one.question for one in asked_questions(history, "redes", "unanswered")] == ["quebrou", "sem resposta"]
    assert [one.question for one in asked_questions(history, "redes", "badly rated")] == ["ruim"]
    since = three[2].asked_at
    assert [one.question for one in asked_questions(history, "redes", since=since)] == ["quebrou", "sem resposta"]
    assert len(asked_questions(history, "redes", since=since.replace("+00:00", ""))) == 2, "without a zone it is UTC"


def test_passages_alone_are_no_answer_where_a_model_was_to_write(
    history: History, three: tuple[Turn, Turn, Turn], talk: Conversation
) -> None:
    quotes = {"abstained": False, "mode": "quotes", "hits": [hit(9, 1, 600.0)]}
    answered(history, talk, "nada ficou", quotes | {"llm": "openai:x", "error": None})
    answered(history, talk, "não abriu", quotes | {"llm": "none", "error": "o modelo não está aqui"})
    answered(history, talk, "sem modelo", quotes | {"llm": "none", "error": None})
    wordless = asked_questions(history, "redes", "passages only")
    assert [one.question for one in wordless] == ["não abriu", "nada ficou"]
    assert [one.question for one in asked_questions(history, "redes", "unanswered")] == ["sem resposta"]
    assert asked_by_place(history, "redes")[-1] == AskedPlace(
        "aula-03", 9, 600.0, 720.0, asked=3, unanswered=0, passages_only=2, badly_rated=0
    )


def test_a_question_is_read_with_its_answer_only_in_its_own_course(
    history: History, three: tuple[Turn, Turn, Turn], ana: Person
) -> None:
    found = asked_turn(history, "redes", three[0].turn_id)
    assert (found.question, found.record and found.record["mode"]) == ("boa", "generated")
    assert ana.person_id not in repr(found)
    for course, turn_id in (("algebra", three[0].turn_id), ("redes", "0" * 32)):
        with pytest.raises(NotKept, match="no question in this course"):
            asked_turn(history, course, turn_id)


def test_the_map_counts_where_questions_lead(history: History, three: tuple[Turn, Turn, Turn]) -> None:
    # The good answer cites 7 and 8; the bad one cites nothing and found 8 first; the declined one found 7 first.
    assert asked_by_place(history, "redes") == [
        AskedPlace("aula-03", 7, 0.0, 120.0, asked=2, unanswered=1, passages_only=0, badly_rated=0),
        AskedPlace("aula-03", 8, 240.0, 360.0, asked=2, unanswered=0, passages_only=0, badly_rated=1),
    ]
    assert asked_by_place(history, "redes", since=three[2].asked_at) == [
        AskedPlace("aula-03", 7, 0.0, 120.0, asked=1, unanswered=1, passages_only=0, badly_rated=0)
    ]


def test_the_later_word_on_an_answer_counts_until_it_is_taken_back(history: History, asked: Turn, ana: Person) -> None:
    assert rating_of(history, asked.turn_id, ana.person_id) is None
    rate(history, asked.turn_id, ana.person_id, "up")
    given = rate(history, asked.turn_id, ana.person_id, "down", "não cita a aula \0")
    assert rating_of(history, asked.turn_id, ana.person_id) == given
    assert ratings_in(history, asked.conversation_id, ana.person_id) == {asked.turn_id: given}
    assert ratings_in(history, asked.conversation_id, "outra") == {}
    assert (given.rating, given.reason) == ("down", "não cita a aula \ufffd")
    withdraw(history, asked.turn_id, ana.person_id)
    assert rating_of(history, asked.turn_id, ana.person_id) is None
    with pytest.raises(NotKept, match="no turn"):
        rate(history, "outra", ana.person_id, "up")
    with pytest.raises(NotKept, match="no person"):
        rate(history, asked.turn_id, "outra", "up")


def test_annotators_go_on_where_they_left_and_may_think_again(history: History, ana: Person) -> None:
    begun = start_run(history, LOCAL.person_id, "redes", "runs/1", of=2)
    first = Annotation("t1", "abc", ana.login, "person", "C", 2.5, at="2026-11-25T10:00:00+00:00", note="boa")
    annotate(history, begun.run_id, Annotation("t1", "abc", ana.login, "person", "I"))
    annotate(history, begun.run_id, first)
    annotate(history, begun.run_id, Annotation("t1", "abc", LOCAL.login, "person", "P"))
    assert annotations_of(history, begun.run_id, ana.login) == [first]
    assert [one.annotator for one in annotations_of(history, begun.run_id)] == [ana.login, "local"]
    take_back(history, begun.run_id, "t1", ana.login)
    assert annotations_of(history, begun.run_id, ana.login) == []
    with pytest.raises(NotKept, match="no person 'ninguém'"):
        annotate(history, begun.run_id, Annotation("t1", "abc", "ninguém", "person", "P"))
    with pytest.raises(NotKept, match="no evaluation run"):
        annotate(history, "outra", first)


def test_each_annotator_has_an_order_of_her_own_that_stays() -> None:
    answers = [f"{number:064x}" for number in range(20)]
    hers = blind_order_of("run-1", "ana", answers)
    assert hers == blind_order_of("run-1", "ana", answers[::-1])
    assert sorted(hers) == answers
    assert hers not in (answers, blind_order_of("run-1", "bia", answers), blind_order_of("run-2", "ana", answers))


def test_a_run_from_its_start_to_its_end(database: str, history: History, ana: Person) -> None:
    begun = start_run(history, ana.person_id, "redes", "runs/1", of=40)
    assert (begun.state, begun.done, begun.of, begun.ended) == ("waiting", 0, 40, False)
    assert set_run(history, begun.run_id, "running", done=12)
    assert set_run(history, begun.run_id, "cancelled")
    assert not set_run(history, begun.run_id, "running", done=13), "it was cancelled meanwhile"
    assert (run(history, begun.run_id).state, run(history, begun.run_id).done) == ("cancelled", 12)
    assert resume_run(history, begun.run_id).state == "waiting"
    other = History.open(database)
    assert fail_abandoned_runs(other, older_than_s=-1.0) == [begun.run_id]
    other.close()
    assert run(history, begun.run_id).error == "the process that was evaluating ended before the run did; resume it"
    assert resume_run(history, begun.run_id).error is None
    assert set_run(history, begun.run_id, "done", done=40)
    assert resume_run(history, begun.run_id).state == "done"
    newer = start_run(history, ana.person_id, "redes", "runs/2", of=1)
    assert [one.run_id for one in runs_of(history, "redes")] == [newer.run_id, begun.run_id]
    delete_run(history, begun.run_id)
    assert [one.run_id for one in runs_of(history)] == [newer.run_id]
    with pytest.raises(NotKept):
        set_run(history, begun.run_id, "done")
