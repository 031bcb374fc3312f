"""What an answer's record says of how it went, and that what an older version kept is looked through."""

from __future__ import annotations

from typing import Any

from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from interfaces.history.asked import asked_questions
from interfaces.history.conversations import add_turn, set_state, start_conversation
from interfaces.history.database import History
from interfaces.history.locating import locate
from interfaces.history.outcomes import passages_only
from interfaces.history.people import ensure_person
from interfaces.history.upgrading import configuration

RECORDS: dict[str, dict[str, Any]] = {
    "escrita": {"mode": "generated", "abstained": False, "llm": "openai:x", "error": None},
    "recusada": {"mode": "quotes", "abstained": True, "llm": "openai:x", "error": None},
    "sem modelo": {"mode": "quotes", "abstained": False, "llm": "none", "error": None},
    "nada ficou": {"mode": "quotes", "abstained": False, "llm": "openai:x", "error": None},
    "falhou": {"mode": "quotes", "abstained": False, "llm": "none", "error": "o modelo não abriu"},
}
WORDLESS = {"nada ficou", "falhou"}


def test_each_kind_of_answer_by_an_example() -> None:
    assert {name for name, record in RECORDS.items() if passages_only(record)} == WORDLESS
    assert not passages_only({})


@given(record=st.fixed_dictionaries({"mode": st.sampled_from(["generated", "quotes"]), "abstained": st.booleans()}))
def test_what_was_written_or_declined_is_never_passages_alone(record: dict[str, Any]) -> None:
    for llm, error in (("none", None), ("openai:x", None), ("openai:x", "caiu")):
        found = passages_only(record | {"llm": llm, "error": error})
        assert found <= (record["mode"] == "quotes" and not record["abstained"])
        assert found <= (llm != "none" or error is not None)


def test_answers_of_an_older_version_are_looked_through(database: str) -> None:
    now = History.open(database)
    ana = ensure_person(now, "ana", "Ana")
    talk = start_conversation(now, ana.person_id, "redes", "t")
    for question, record in RECORDS.items():
        turn = add_turn(now, talk.conversation_id, question)
        set_state(now, turn.turn_id, "done", record=record | {"hits": []})
    add_turn(now, talk.conversation_id, "espera")
    now.close()
    engine = create_engine(locate(database))
    with engine.begin() as connection:
        # As version 0002 left it.
        connection.execute(text("ALTER TABLE turns DROP COLUMN passages_only"))
        command.stamp(configuration(connection), "0002")
    engine.dispose()
    opened = History.open(database)
    found = {one.question: one.passages_only for one in asked_questions(opened, "redes")}
    opened.close()
    assert found == {name: name in WORDLESS for name in RECORDS} | {"espera": None}
