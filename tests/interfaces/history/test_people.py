"""People: logins, roles, passwords; and that all that is hers goes with her or out to her."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from eval.annotations import Annotation
from interfaces.access import LOCAL
from interfaces.history import people as known
from interfaces.history.annotating import annotate, annotations_of, look, looked
from interfaces.history.columns import now
from interfaces.history.conversations import (
    add_turn,
    append_events,
    conversations_of,
    rename_conversation,
    set_state,
    start_conversation,
    turns_of,
)
from interfaces.history.database import History
from interfaces.history.errors import NotKept, PasswordRefused
from interfaces.history.feedback import rate, rating_of
from interfaces.history.records import Conversation, Person, Turn, TurnEvent
from interfaces.history.runs import run, start_run
from interfaces.history.tables import ConversationRow, PersonRow, Table, TurnRow


def test_somebody_new_is_a_student_and_her_login_is_one_however_it_is_written(history: History) -> None:
    ana = known.ensure_person(history, " Ana@Exemplo.BR ", "Ana")
    assert (ana.login, ana.roles) == ("ana@exemplo.br", {"student"})
    assert known.person_by_login(history, "ANA@exemplo.br") == ana == known.person(history, ana.person_id)
    again = known.ensure_person(history, "ana@exemplo.br", "Ana Souza", ["researcher", "student"])
    assert (again.person_id, again.name, again.roles) == (ana.person_id, "Ana Souza", {"student", "researcher"})
    assert known.ensure_person(history, "ana@exemplo.br", "Ana Souza").roles == again.roles
    assert known.set_roles(history, ana.person_id, ["admin"]).roles == {"admin"}
    assert known.person_by_login(history, "bia") is None
    with pytest.raises(NotKept, match="no person 'bia'"):
        known.set_roles(history, "bia", [])


def test_a_password_lets_in_and_only_its_hash_is_kept(history: History, ana: Person) -> None:
    assert known.check_password(history, ana.login, "") is None, "without a password nobody comes in by one"
    known.set_password(history, ana.person_id, "correto cavalo ção")
    assert known.check_password(history, " ANA@exemplo.br", "correto cavalo ção") == ana
    assert known.check_password(history, ana.login, "correto cavalo cao") is None
    assert known.check_password(history, "bia", "correto cavalo ção") is None
    with history.reading() as session:
        kept = session.scalar(select(PersonRow.password_hash))
    assert kept is not None
    assert kept.startswith("$argon2id$")
    assert "cavalo" not in json.dumps(known.export_person(history, ana.person_id))
    for wrong in ("curta", "x" * 1001):
        with pytest.raises(PasswordRefused) as caught:
            known.set_password(history, ana.person_id, wrong)
        assert wrong not in str(caught.value)
    assert known.check_password(history, ana.login, "correto cavalo ção") == ana


def test_she_gets_all_that_is_hers_as_json(history: History, ana: Person, asked: Turn) -> None:
    append_events(history, asked.turn_id, [TurnEvent(1, "text", {"text": "É"})])
    set_state(history, asked.turn_id, "done", record={"answer": "É …"})
    rate(history, asked.turn_id, ana.person_id, "down", "faltou a fórmula")
    begun = start_run(history, ana.person_id, "redes", "runs/1", of=3)
    annotate(history, begun.run_id, Annotation("t1", "abc", ana.login, "person", "C", note="ok"))
    look(history, begun.run_id, ana.person_id, insists=True)
    _somebody_else(history, begun.run_id)
    whole = json.loads(json.dumps(known.export_person(history, ana.person_id), ensure_ascii=False))
    assert whole["person"]["login"] == "ana@exemplo.br"
    (talk,) = whole["conversations"]
    (turn,) = talk["turns"]
    assert (turn["question"], turn["record"]) == ("O que é dropout?", {"answer": "É …"})
    assert turn["events"] == [{"number": 1, "kind": "text", "payload": {"text": "É"}}]
    assert [one["reason"] for one in whole["feedback"]] == ["faltou a fórmula"]
    assert [(one["run_id"], one["note"]) for one in whole["annotations"]] == [(begun.run_id, "ok")]
    assert [(one["run_id"], one["insisted"]) for one in whole["looks"]] == [(begun.run_id, True)]
    assert [one["folder"] for one in whole["runs"]] == ["runs/1"]
    assert "bia" not in json.dumps(whole)


def test_deleting_her_leaves_nothing_of_hers_and_all_of_others(history: History, ana: Person, asked: Turn) -> None:
    append_events(history, asked.turn_id, [TurnEvent(1, "text", {"text": "É"})])
    record = {"hits": [{"segment_id": 7, "lecture_id": "aula-03", "rank": 1}]}
    set_state(history, asked.turn_id, "done", record=record)
    rate(history, asked.turn_id, ana.person_id, "up")
    begun = start_run(history, ana.person_id, "redes", "runs/1", of=3)
    annotate(history, begun.run_id, Annotation("t1", "abc", ana.person_id, "person", "C"))
    annotate(history, begun.run_id, Annotation("t1", "abc", "juiz", "program", "P"))
    look(history, begun.run_id, ana.person_id)
    bia, hers = _somebody_else(history, begun.run_id)
    rate(history, hers.turn_id, ana.person_id, "down", "da Ana")
    before = _counts(history)
    known.delete_person(history, ana.person_id)
    known.delete_person(history, ana.person_id)
    after = _counts(history)
    assert {table for table in after if after[table] == before[table]} == {"processes", "runs"}
    assert all(after[table] == 0 for table in ("turn_events", "turn_segments"))
    assert [one.annotator for one in annotations_of(history, begun.run_id)] == ["juiz", "bia"]
    assert looked(history, begun.run_id, bia.person_id) is not None
    assert run(history, begun.run_id).person_id is None, "the run is the course's"
    (talk,) = conversations_of(history, bia.person_id)
    assert len(turns_of(history, talk.conversation_id)) == 1
    assert rating_of(history, hers.turn_id, bia.person_id) is not None
    with pytest.raises(NotKept):
        known.export_person(history, ana.person_id)


def test_what_is_deleted_is_not_left_in_the_file(tmp_path: Path) -> None:
    history = History.open(tmp_path / "monitoria.sqlite3")
    talk = start_conversation(history, LOCAL.person_id, "redes", "segredo-do-titulo")
    turn = add_turn(history, talk.conversation_id, "segredo-da-pergunta")
    append_events(history, turn.turn_id, [TurnEvent(1, "text", {"text": "segredo-da-resposta " * 400})])
    known.delete_person(history, LOCAL.person_id)
    assert not [path for path in tmp_path.iterdir() if b"segredo-d" in path.read_bytes()]
    history.close()


def test_the_local_person_is_there_when_she_is_needed_even_after_deleting_herself(history: History) -> None:
    for _ in range(2):
        start_conversation(history, LOCAL.person_id, "redes", "oi")
        assert known.person(history, LOCAL.person_id) == LOCAL
        known.delete_person(history, LOCAL.person_id)
    with pytest.raises(NotKept, match="no person"):
        start_conversation(history, "ninguém", "redes", "oi")


def test_two_that_make_the_same_person_at_once_make_one(history: History) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: start_conversation(history, LOCAL.person_id, "redes", f"{n}"), range(8)))
        made = list(pool.map(lambda n: known.ensure_person(history, "bia", "Bia", ["instructor"]), range(16)))
        list(pool.map(lambda n: known.set_roles(history, made[0].person_id, ["student", "admin"]), range(8)))
    assert len(conversations_of(history, LOCAL.person_id)) == 8
    assert len({one.person_id for one in made}) == 1
    assert [one.login for one in known.people(history)] == ["bia", "local"]
    assert known.person(history, made[0].person_id).roles == {"student", "admin"}


def test_old_questions_are_forgotten_and_the_young_stay(history: History, ana: Person) -> None:
    empty = start_conversation(history, ana.person_id, "redes", "acabou de abrir")
    old = start_conversation(history, ana.person_id, "redes", "velha")
    mixed = start_conversation(history, ana.person_id, "redes", "O que é dro…")
    named = rename_conversation(history, start_conversation(history, ana.person_id, "redes", "x").conversation_id, "P2")
    _age(history, add_turn(history, old.conversation_id, "velha?"), old)
    first = add_turn(history, mixed.conversation_id, "O que é dropout? Meu nome é Ana", replaces=None)
    young = add_turn(history, mixed.conversation_id, "E para que serve?", replaces=first.turn_id)
    _age(history, first, mixed)
    _age(history, add_turn(history, named.conversation_id, "outra velha"), mixed)
    add_turn(history, named.conversation_id, "nova")
    assert known.forget_older_than(history, 40) == 0
    assert known.forget_older_than(history, 20) == 3
    left = {one.conversation_id: one for one in conversations_of(history, ana.person_id)}
    assert set(left) == {empty.conversation_id, mixed.conversation_id, named.conversation_id}
    (kept,) = turns_of(history, mixed.conversation_id)
    assert (kept.turn_id, kept.replaces) == (young.turn_id, None)
    assert left[mixed.conversation_id].title == "E para que…", "a title made from a forgotten question goes too"
    assert left[named.conversation_id].title == "P2"


def _age(history: History, turn: Turn, talk: Conversation, days: int = 30) -> None:
    then = now() - timedelta(days=days)
    with history.session() as session:
        session.execute(update(TurnRow).where(TurnRow.turn_id == turn.turn_id).values(asked_at=then))
        session.execute(
            update(ConversationRow)
            .where(ConversationRow.conversation_id == talk.conversation_id)
            .values(created_at=then)
        )


def _somebody_else(history: History, run_id: str) -> tuple[Person, Turn]:
    bia = known.ensure_person(history, "bia", "Bia")
    turn = add_turn(history, start_conversation(history, bia.person_id, "redes", "da bia").conversation_id, "bia?")
    rate(history, turn.turn_id, bia.person_id, "up", "da bia")
    annotate(history, run_id, Annotation("t1", "abc", "bia", "person", "I"))
    look(history, run_id, bia.person_id)
    return bia, turn


def _counts(history: History) -> dict[str, int]:
    with history.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Table.metadata.tables.items()
        }
