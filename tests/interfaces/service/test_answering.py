"""Answers are made outside any page, stored as they come, and nothing of them is lost: not by many, not by a stop."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from corpus.errors import UsageError
from interfaces.history.conversations import add_turn, events_of, start_conversation, turn
from interfaces.history.database import History
from interfaces.history.locating import database_of
from interfaces.history.people import ensure_person
from interfaces.history.records import Person
from interfaces.service import chat
from interfaces.service.answering import Answering
from interfaces.service.desk import Desk
from interfaces.service.live import Job
from tests.scripted_server import Script

N_USERS = 20
ASKED = "o que é gradiente descendente?"


def stored_text(desk: Desk, turn_id: str) -> str:
    return "".join(event.payload["text"] for event in events_of(desk.history, turn_id) if event.kind == "text")


def wait_for(condition, within_s: float = 20.0) -> None:
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.005)


def test_what_the_stream_told_is_stored_in_order_with_its_answer(
    desk: Desk, identity: str, ana: Person, script
) -> None:
    asked = chat.ask(desk, ana, identity, ASKED)
    assert desk.answering.wait_stored([asked.turn_id], 20)
    stored = turn(desk.history, asked.turn_id)
    assert (stored.state, stored.error) == ("done", None)
    assert stored.record is not None
    assert stored.record["question"] == ASKED
    assert "desce mais [1]" in stored.record["answer"]
    events = events_of(desk.history, asked.turn_id)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    kinds = [event.kind for event in events]
    assert kinds[:2] == ["hits", "quotes"]
    assert kinds[-1] == "answer"
    assert stored_text(desk, asked.turn_id) == "".join(script.pieces)
    assert len(stored.record["follow_ups"]) == 3


def test_twenty_ask_at_once_and_no_token_of_any_is_lost(
    desk: Desk, identity: str, script: Script, record_property
) -> None:
    script.pieces = [f"palavra{n} " for n in range(40)] + ["fim."]
    script.pause_s = 0.05  # 20 tokens a second
    people = [ensure_person(desk.history, f"{n}@example.org", str(n)) for n in range(N_USERS)]
    desk.courses.opened(identity)
    asked: dict[str, str] = {}
    started = time.monotonic()

    def ask(person: Person) -> None:
        asked[person.person_id] = chat.ask(desk, person, identity, ASKED).turn_id

    threads = [threading.Thread(target=ask, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for turn_id in asked.values():
        desk.answering.wait_found(turn_id, 60)
        # On a busy machine the first may be over before the last is looked at.
        standing = desk.answering.snapshot(turn_id)
        assert standing.draft.quotes or standing.record
    found_s = time.monotonic() - started
    assert desk.answering.wait_stored(list(asked.values()), 300)
    for turn_id in asked.values():
        stored = turn(desk.history, turn_id)
        assert (stored.state, stored.error) == ("done", None)
        assert stored_text(desk, turn_id) == "".join(script.pieces)
    assert desk.answering.n_live == 0
    record_property("all_have_passages_s", found_s)


def test_who_waits_has_her_passages_already_and_is_told_how_many_are_before_her(
    desk: Desk, identity: str, ana: Person, script: Script
) -> None:
    script.hang_after = 1
    one_by_one = Answering(desk.history, desk.courses, at_once=1)
    about = start_conversation(desk.history, ana.person_id, identity, "")
    turns = [add_turn(desk.history, about.conversation_id, ASKED).turn_id for _ in range(3)]
    one_by_one.start(Job(turns[0], identity, ASKED))
    wait_for(lambda: one_by_one.snapshot(turns[0]).draft.text)
    for n, waiting in enumerate(turns[1:], start=1):
        one_by_one.start(Job(waiting, identity, ASKED))
        wait_for(lambda waiting=waiting, n=n: one_by_one.snapshot(waiting).ahead == n)
        assert one_by_one.snapshot(waiting).draft.quotes
    one_by_one.stop(turns[1])
    assert one_by_one.snapshot(turns[1]).state == "stopped"
    wait_for(lambda: one_by_one.snapshot(turns[2]).ahead == 1)
    script.stop.set()
    assert one_by_one.wait_stored(turns, 20)
    assert [turn(desk.history, each).state for each in turns] == ["done", "stopped", "done"]


def test_a_stop_keeps_what_is_written_and_ends_the_production(
    desk: Desk, identity: str, ana: Person, script: Script
) -> None:
    script.pieces = [f"palavra{n} " for n in range(2000)]
    script.pause_s = 0.02
    asked = chat.ask(desk, ana, identity, ASKED)
    wait_for(lambda: "palavra3" in desk.answering.snapshot(asked.turn_id).draft.text)
    chat.stop(desk, ana, asked.turn_id)
    shown = desk.answering.snapshot(asked.turn_id)
    assert shown.state == "stopped"
    assert desk.answering.wait_stored([asked.turn_id], 5), "the thread went on"
    assert turn(desk.history, asked.turn_id).state == "stopped"
    assert stored_text(desk, asked.turn_id) == shown.draft.text
    assert "".join(script.pieces).startswith(shown.draft.text)


def test_a_model_that_fails_leaves_the_quotes_and_a_sentence(
    desk: Desk, identity: str, ana: Person, script: Script
) -> None:
    script.status = 500
    asked = chat.ask(desk, ana, identity, ASKED)
    assert desk.answering.wait_stored([asked.turn_id], 30)
    record = turn(desk.history, asked.turn_id).record
    assert record is not None
    assert record["mode"] == "quotes"
    assert "failed" in record["error"]


def test_what_cannot_be_answered_at_all_is_a_failed_turn_with_a_plain_sentence(
    desk: Desk, identity: str, ana: Person
) -> None:
    about = start_conversation(desk.history, ana.person_id, identity, "")
    blank = add_turn(desk.history, about.conversation_id, " ")
    desk.answering.start(Job(blank.turn_id, identity, " ", language="pt"))
    assert desk.answering.wait_stored([blank.turn_id], 20)
    failed = turn(desk.history, blank.turn_id)
    assert failed.state == "failed"
    assert "pergunta" in (failed.error or "")


def test_another_process_sees_the_same_and_tells_when_the_first_one_died(
    desk: Desk, identity: str, ana: Person, tmp_path: Path
) -> None:
    about = start_conversation(desk.history, ana.person_id, identity, "")
    dead = History.open(database_of(desk.settings.app))
    left = add_turn(dead, about.conversation_id, ASKED)
    dead.close()
    assert desk.answering.snapshot(left.turn_id).state == "waiting", "its last beat is seconds old"


def test_a_deleted_conversation_is_answered_no_further(desk: Desk, identity: str, ana: Person, script: Script) -> None:
    script.pieces = ["palavra "] * 2000
    script.pause_s = 0.02
    asked = chat.ask(desk, ana, identity, ASKED)
    wait_for(lambda: desk.answering.snapshot(asked.turn_id).draft.text)
    chat.delete(desk, ana, asked.conversation_id)
    assert desk.answering.wait_stored([asked.turn_id], 5)
    assert chat.conversations(desk, ana, identity) == []


@pytest.mark.parametrize("question", ["", "   ", "x" * (chat.MOST_CHARACTERS + 1)])
def test_an_empty_or_endless_question_is_refused(desk: Desk, identity: str, ana: Person, question: str) -> None:
    with pytest.raises(UsageError):
        chat.ask(desk, ana, identity, question)
    assert chat.conversations(desk, ana, identity) == []
