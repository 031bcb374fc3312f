"""Conversations and their turns; what a stream tells is kept to the last event, whatever happens meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interfaces.history import conversations as kept
from interfaces.history.database import History
from interfaces.history.errors import EventGap, NotKept
from interfaces.history.feedback import rate
from interfaces.history.records import Conversation, Person, Turn, TurnEvent

ROOT = Path(__file__).parents[3]
FIXTURES_STAY = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def words(first: int, last: int) -> list[TurnEvent]:
    return [TurnEvent(number, "text", {"text": f"palavra {number} "}) for number in range(first, last + 1)]


def test_a_conversation_from_its_first_question_to_its_end(history: History, ana: Person) -> None:
    talk = kept.start_conversation(history, ana.person_id, "redes", "O que é dropout?")
    turn = kept.add_turn(history, talk.conversation_id, "O que é dropout?", lectures=("aula-03",))
    assert (turn.number, turn.state, turn.lectures, turn.record) == (1, "waiting", ("aula-03",), None)
    kept.set_state(history, turn.turn_id, "answering")
    kept.append_events(history, turn.turn_id, [TurnEvent(1, "hits", {"hits": []}), TurnEvent(2, "text", {"text": "É"})])
    assert kept.events_of(history, turn.turn_id, after=1) == [TurnEvent(2, "text", {"text": "É"})]
    assert kept.set_state(history, turn.turn_id, "done", record={"answer": "É …", "mode": "quotes", "abstained": False})
    (stored,) = kept.turns_of(history, talk.conversation_id)
    assert (stored.state, stored.ended, stored.record) == (
        "done",
        True,
        {"answer": "É …", "mode": "quotes", "abstained": False},
    )
    assert stored.done_at is not None
    assert stored.done_at >= stored.asked_at

    again = kept.add_turn(history, talk.conversation_id, "O que é dropout?", replaces=turn.turn_id)
    assert (again.number, again.replaces) == (2, turn.turn_id)
    assert kept.rename_conversation(history, talk.conversation_id, "Regularização").title == "Regularização"


def test_the_conversation_that_changed_last_comes_first(history: History, ana: Person) -> None:
    first = kept.start_conversation(history, ana.person_id, "redes", "1")
    second = kept.start_conversation(history, ana.person_id, "algebra", "2")
    assert [one.title for one in kept.conversations_of(history, ana.person_id)] == ["2", "1"]
    kept.add_turn(history, first.conversation_id, "?")
    assert [one.title for one in kept.conversations_of(history, ana.person_id)] == ["1", "2"]
    assert kept.conversations_of(history, ana.person_id, "algebra") == [second]
    assert kept.conversations_of(history, "outra") == []


def test_deleting_takes_turns_events_and_feedback_along(history: History, asked: Turn, ana: Person) -> None:
    kept.append_events(history, asked.turn_id, words(1, 3))
    rate(history, asked.turn_id, ana.person_id, "up")
    kept.delete_conversation(history, asked.conversation_id)
    kept.delete_conversation(history, asked.conversation_id)
    for gone in (
        lambda: kept.conversation(history, asked.conversation_id),
        lambda: kept.turn(history, asked.turn_id),
        lambda: kept.state_of(history, asked.turn_id),
        lambda: kept.append_events(history, asked.turn_id, words(4, 4)),
        lambda: kept.set_state(history, asked.turn_id, "done"),
        lambda: kept.add_turn(history, asked.conversation_id, "?"),
    ):
        with pytest.raises(NotKept, match="it may have been deleted"):
            gone()
    assert kept.events_of(history, asked.turn_id) == []


@FIXTURES_STAY
@given(cuts=st.lists(st.integers(1, 30), max_size=8), overlap=st.integers(0, 4), data=st.data())
def test_whatever_batches_events_come_in_they_are_all_there_in_order(
    history: History, talk: Conversation, cuts: list[int], overlap: int, data: st.DataObject
) -> None:
    turn = kept.add_turn(history, talk.conversation_id, "?")
    ends = sorted({*cuts, 30})
    for first, last in zip([1, *(end + 1 for end in ends)], ends, strict=False):
        batch = words(max(1, first - overlap), last)
        kept.append_events(history, turn.turn_id, data.draw(st.permutations(batch)))
        assert kept.events_of(history, turn.turn_id) == words(1, last)
    assert kept.events_of(history, turn.turn_id, after=17) == words(18, 30)


@FIXTURES_STAY
@given(text=st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_is_kept_but_for_what_no_file_can_hold(history: History, talk: Conversation, text: str) -> None:
    plain = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
    turn = kept.add_turn(history, talk.conversation_id, text, lectures=[text])
    assert (turn.question, turn.lectures) == (plain, (plain,))
    kept.append_events(history, turn.turn_id, [TurnEvent(1, "text", {text: [text]})])
    kept.set_state(history, turn.turn_id, "failed", record={"answer": text}, error=text)
    stored = kept.turn(history, turn.turn_id)
    assert (stored.question, stored.record, stored.error) == (plain, {"answer": plain}, plain)
    assert kept.events_of(history, turn.turn_id)[0].payload == {plain: [plain]}


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (words(5, 6), "event 6 came before event 4"),
        ([*words(3, 4), *words(6, 6)], "event 6 came before event 5"),
        ([TurnEvent(0, "text", {})], "event 0 came before"),
    ],
)
def test_a_gap_is_refused_and_nothing_of_the_batch_is_kept(
    history: History, asked: Turn, batch: list[TurnEvent], message: str
) -> None:
    kept.append_events(history, asked.turn_id, words(1, 3))
    with pytest.raises(EventGap, match=message):
        kept.append_events(history, asked.turn_id, batch)
    assert kept.events_of(history, asked.turn_id) == words(1, 3)


def test_a_number_that_comes_again_does_not_change_what_was_told(history: History, asked: Turn) -> None:
    kept.append_events(history, asked.turn_id, words(1, 3))
    kept.append_events(history, asked.turn_id, [TurnEvent(3, "note", {"other": True}), *words(4, 4)])
    assert kept.events_of(history, asked.turn_id) == words(1, 4)


def test_two_answers_that_stream_at_once_lose_no_event(history: History, talk: Conversation) -> None:
    turns = [kept.add_turn(history, talk.conversation_id, f"pergunta {n}") for n in range(4)]
    start = threading.Barrier(len(turns))

    def stream(turn: Turn) -> None:
        start.wait()
        for number in range(1, 101):
            kept.append_events(history, turn.turn_id, words(number, number))
            if number % 10 == 0:
                assert kept.events_of(history, turn.turn_id) == words(1, number)

    with ThreadPoolExecutor(len(turns)) as pool:
        list(pool.map(stream, turns))
    for turn in turns:
        assert kept.events_of(history, turn.turn_id) == words(1, 100)


def test_two_tabs_that_ask_at_once_get_numbers_of_their_own(history: History, talk: Conversation) -> None:
    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(lambda n: kept.add_turn(history, talk.conversation_id, f"{n}"), range(24)))
    assert sorted(turn.number for turn in turns) == list(range(1, 25))


def test_an_ended_turn_stays_as_it_ended(history: History, asked: Turn) -> None:
    assert kept.set_state(history, asked.turn_id, "stopped")
    assert not kept.set_state(history, asked.turn_id, "done", record={"answer": "tarde demais"})
    assert kept.set_state(history, asked.turn_id, "stopped", record={"answer": "o que já havia"})
    stored = kept.turn(history, asked.turn_id)
    assert (stored.state, stored.record) == ("stopped", {"answer": "o que já havia"})


def test_a_kill_in_the_middle_of_a_transaction_leaves_what_was_before(
    database: str, history: History, asked: Turn
) -> None:
    kept.append_events(history, asked.turn_id, words(1, 3))
    program = f"""
import time
from interfaces.history.database import History
from interfaces.history.tables import EventRow
history = History.open({database!r})
with history.session() as session:
    session.add_all(EventRow(turn_id={asked.turn_id!r}, number=n, kind="text", payload={{}}) for n in (4, 5, 6))
    session.flush()
    print("written, not committed", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "written, not committed\n"
        assert kept.events_of(history, asked.turn_id) == words(1, 3)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    kept.append_events(history, asked.turn_id, words(4, 6))
    assert kept.events_of(history, asked.turn_id) == words(1, 6)


def test_what_a_dead_process_left_fails_with_the_cause_and_what_lives_goes_on(
    database: str, history: History, asked: Turn
) -> None:
    program = f"""
import os
from interfaces.history.conversations import add_turn, set_state
from interfaces.history.database import History
history = History.open({database!r})
waiting = add_turn(history, {asked.conversation_id!r}, "?")
answering = add_turn(history, {asked.conversation_id!r}, "?")
done = add_turn(history, {asked.conversation_id!r}, "?")
set_state(history, answering.turn_id, "answering")
set_state(history, done.turn_id, "done")
print(waiting.turn_id, answering.turn_id, flush=True)
os.kill(os.getpid(), 9)
"""
    died = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    other = History.open(database)
    mine = kept.add_turn(other, asked.conversation_id, "?")
    assert kept.fail_abandoned(other) == [], "it beat less than a minute ago"
    # This process's beat is renewed, the killed one's grows old.
    other._beat()
    history._beat()
    deadline = threading.Event()
    deadline.wait(1.2)
    other._beat()
    history._beat()
    assert sorted(kept.fail_abandoned(other, older_than_s=1.0)) == sorted(died.stdout.split())
    states = {one.turn_id: one.state for one in kept.turns_of(history, asked.conversation_id)}
    assert sorted(states.values()) == ["done", "failed", "failed", "waiting", "waiting"]
    assert states[asked.turn_id] == states[mine.turn_id] == "waiting"
    failed = kept.turn(other, died.stdout.split()[0])
    assert failed.error == "the process that was answering ended before the answer did; ask again"
    other.close()
