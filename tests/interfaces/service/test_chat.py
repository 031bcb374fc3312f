"""What a student does with her conversations, and that nobody else may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interfaces.access import AccessDenied
from interfaces.history.conversations import turns_of
from interfaces.history.records import Person
from interfaces.service import chat
from interfaces.service.account import delete_all, export_all
from interfaces.service.desk import Desk
from interfaces.service.export import conversation_json, conversation_markdown
from rag.exchange import read_conversation

ASKED = "o que é gradiente descendente?"


def answered(desk: Desk, turn_id: str) -> str:
    assert desk.answering.wait_stored([turn_id], 30)
    return turn_id


def test_a_follow_up_is_understood_as_a_whole_question_and_may_be_corrected(
    desk: Desk, identity: str, ana: Person
) -> None:
    first = chat.ask(desk, ana, identity, ASKED)
    answered(desk, first.turn_id)
    second = chat.ask(desk, ana, identity, "e como ele funciona?", conversation_id=first.conversation_id)
    answered(desk, second.turn_id)
    understood = chat.watch(desk, ana, second.turn_id).record["understood"]
    assert "gradiente" in understood

    corrected = chat.ask_again(desk, ana, second.turn_id, "como funciona a retropropagação?")
    answered(desk, corrected.turn_id)
    shown = chat.shown_turns(desk, ana, first.conversation_id)
    assert [one.turn.question for one in shown] == [ASKED, "como funciona a retropropagação?"]
    assert [(one.number, len(one.versions)) for one in shown] == [(1, 1), (2, 2)]
    assert "understood" not in shown[1].snapshot.record, "a whole question is left as it is"


def test_each_version_keeps_its_citations_and_its_thumb(desk: Desk, identity: str, ana: Person, script) -> None:
    first = chat.ask(desk, ana, identity, ASKED)
    answered(desk, first.turn_id)
    chat.rate(desk, ana, first.turn_id, "down", "faltou o porquê")
    script.pieces = ["Você dá um passo pra esse lado que desce mais [2]."]
    second = chat.ask_again(desk, ana, first.turn_id)
    answered(desk, second.turn_id)
    third = chat.ask_again(desk, ana, first.turn_id)
    answered(desk, third.turn_id)
    ids = (first.turn_id, second.turn_id, third.turn_id)

    def shown(*earlier: str) -> chat.Shown:
        (one,) = chat.shown_turns(desk, ana, first.conversation_id, earlier)
        return one

    assert (shown().turn.turn_id, shown().number, shown().versions) == (ids[2], 3, ids)
    assert shown().feedback is None
    old = shown(first.turn_id, "of another conversation")
    assert (old.turn.turn_id, old.number, old.versions) == (ids[0], 1, ids)
    assert old.feedback is not None
    assert (old.feedback.rating, old.feedback.reason) == ("down", "faltou o porquê")
    assert old.snapshot.record is not None
    assert old.snapshot.record["answer"] != shown(second.turn_id).snapshot.record["answer"]


def test_only_the_lectures_named_are_searched(desk: Desk, identity: str, ana: Person) -> None:
    asked = chat.ask(desk, ana, identity, ASKED, lectures=["aula-05"])
    answered(desk, asked.turn_id)
    hits = chat.watch(desk, ana, asked.turn_id).record["hits"]
    assert {hit["lecture_id"] for hit in hits} == {"aula-05"}


def test_nobody_reads_stops_rates_or_deletes_anothers(desk: Desk, identity: str, ana: Person, bia: Person) -> None:
    asked = chat.ask(desk, ana, identity, ASKED)
    answered(desk, asked.turn_id)
    for action in (
        lambda: chat.conversation(desk, bia, asked.conversation_id),
        lambda: chat.shown_turns(desk, bia, asked.conversation_id),
        lambda: chat.watch(desk, bia, asked.turn_id),
        lambda: chat.stop(desk, bia, asked.turn_id),
        lambda: chat.rate(desk, bia, asked.turn_id, "up"),
        lambda: chat.ask_again(desk, bia, asked.turn_id),
        lambda: chat.ask(desk, bia, identity, ASKED, conversation_id=asked.conversation_id),
        lambda: chat.rename(desk, bia, asked.conversation_id, "minha"),
        lambda: chat.delete(desk, bia, asked.conversation_id),
        lambda: conversation_json(desk, bia, asked.conversation_id),
        lambda: conversation_markdown(desk, bia, asked.conversation_id),
    ):
        with pytest.raises(AccessDenied):
            action()
    assert chat.conversations(desk, bia, identity) == []
    nobody = Person("nobody", "nobody", "", frozenset())
    with pytest.raises(AccessDenied):
        chat.ask(desk, nobody, identity, ASKED)


def test_a_rating_is_kept_changed_and_taken_back(desk: Desk, identity: str, ana: Person) -> None:
    asked = chat.ask(desk, ana, identity, ASKED)
    answered(desk, asked.turn_id)

    def rating() -> tuple[str, str] | None:
        feedback = chat.shown_turns(desk, ana, asked.conversation_id)[0].feedback
        return feedback and (feedback.rating, feedback.reason)

    assert rating() is None
    chat.rate(desk, ana, asked.turn_id, "down", " não era isso ")
    assert rating() == ("down", "não era isso")
    chat.rate(desk, ana, asked.turn_id, "up")
    assert rating() == ("up", "")
    chat.rate(desk, ana, asked.turn_id, None)
    assert rating() is None


def test_conversations_are_listed_renamed_and_deleted(desk: Desk, identity: str, ana: Person) -> None:
    long = "por que " + "a taxa de aprendizado importa " * 5 + "?"
    asked = chat.ask(desk, ana, identity, long)
    (listed,) = chat.conversations(desk, ana, identity)
    assert len(listed.title) <= 61
    assert listed.title.endswith("…")
    chat.rename(desk, ana, asked.conversation_id, "  Taxa  de aprendizado ")
    assert chat.conversation(desk, ana, asked.conversation_id).title == "Taxa de aprendizado"
    chat.delete(desk, ana, asked.conversation_id)
    assert chat.conversations(desk, ana, identity) == []


def test_an_export_is_read_by_the_command_line_and_means_no_markup(
    desk: Desk, identity: str, ana: Person, script, tmp_path: Path
) -> None:
    script.pieces = ["<script>alert(1)</script> é um passo para o lado que desce mais [1]."]
    asked = chat.ask(desk, ana, identity, "o que é **gradiente** <b>descendente</b>?")
    answered(desk, asked.turn_id)
    chat.rename(desk, ana, asked.conversation_id, "Sobre **passos**")
    chat.rate(desk, ana, asked.turn_id, "down", "não <i>disse</i>")
    exported = conversation_json(desk, ana, asked.conversation_id)
    (tmp_path / "conversa.json").write_text(exported, encoding="utf-8")
    (turn,) = read_conversation(tmp_path / "conversa.json")
    assert turn.question == "o que é **gradiente** <b>descendente</b>?"
    whole = json.loads(exported)
    assert (whole["title"], whole["course"]) == ("Sobre **passos**", identity)
    assert whole["turns"][0]["references"]
    said = whole["turns"][0]["feedback"]
    assert (said["rating"], said["reason"]) == ("down", "não <i>disse</i>")
    page = conversation_markdown(desk, ana, asked.conversation_id)
    assert r"\<b\>" in page
    assert "<script>" not in page
    assert r"\[1\] Aula 03" in page
    assert page.startswith("# Sobre \\*\\*passos")
    assert r"*Badly rated*: não \<i\>disse" in page
    chat.rate(desk, ana, asked.turn_id, None)
    assert json.loads(conversation_json(desk, ana, asked.conversation_id))["turns"][0]["feedback"] is None
    assert "rated" not in conversation_markdown(desk, ana, asked.conversation_id)


def test_one_takes_all_that_is_ones_own_along_and_deletes_it(
    desk: Desk, identity: str, ana: Person, bia: Person
) -> None:
    asked = chat.ask(desk, ana, identity, ASKED)
    other = chat.ask(desk, bia, identity, ASKED)
    answered(desk, asked.turn_id)
    answered(desk, other.turn_id)
    everything = json.loads(export_all(desk, ana))
    assert everything["conversations"][0]["turns"][0]["question"] == ASKED
    delete_all(desk, ana)
    assert turns_of(desk.history, asked.conversation_id) == []
    assert len(turns_of(desk.history, other.conversation_id)) == 1
