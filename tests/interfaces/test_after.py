"""A question after others: the conversation's file, and what the command line shows of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import UsageError
from rag.exchange import answer_record, read_conversation
from rag.pipeline import Monitoria
from rag.records import Turn
from tests.interfaces.test_cli import monitoria


def test_a_conversation_is_lines_a_list_or_answers(tmp_path: Path, course: Monitoria) -> None:
    turns = (Turn("a?", "b\u2028c"), Turn("d?", ""))
    objects = [{"question": t.question, "answer": t.answer, "llm": 1} for t in turns]
    lines = tmp_path / "c.jsonl"
    lines.write_text("\ufeff" + "\n\n".join(json.dumps(o, ensure_ascii=False) for o in objects), encoding="utf-8")
    assert read_conversation(lines) == turns
    lines.write_text(json.dumps(objects, indent=1), encoding="utf-8")
    assert read_conversation(lines) == turns
    lines.write_text(json.dumps({"title": "t", "turns": objects}), encoding="utf-8")
    assert read_conversation(lines) == turns
    answer = course.ask("O que é uma época?")
    lines.write_text(json.dumps(answer_record(answer)), encoding="utf-8")
    assert read_conversation(lines) == (Turn(answer.question, answer.text),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "could not be read"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b" \n", "is empty"),
        (b"[]", "is empty"),
        (b'{"title": "t", "turns": []}', "is empty"),
        (b'{"title": "t", "turns": "a?"}', "line 1, lacks question and answer"),
        (b'{"question": "a?", "answer": "b"}\noops', "line 2, is not JSON"),
        (b'[{"question": "a?",\n', "line 2, is not JSON"),
        (b'{"question": "a?", "answer": "b"}\n{"question": " ", "answer": "b"}', "line 2, lacks question and answer"),
        (b'{"question": "a?", "answer": null}', "line 1, lacks question and answer"),
        (b'"a?"', "line 1, lacks question and answer"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_another_file_is_refused_by_name_line_and_what_to_do(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "c.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_conversation(path)
    assert str(path) in str(refused.value)
    assert said in str(refused.value)
    assert "one {" in str(refused.value)


def test_the_command_line_shows_what_was_understood(sample_index: Path, tmp_path: Path) -> None:
    after = tmp_path / "c.jsonl"
    after.write_text('{"question": "O que é dropout?", "answer": "Desligar unidades ao acaso."}\n', encoding="utf-8")
    command = ["ask", "E no teste?", "--index", sample_index, "--llm", "none", "--after", after]
    understood = "E no teste? (sobre: dropout; Desligar unidades ao acaso)"
    shown = monitoria(*command, language="pt")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(f"entendi como: {understood}\n")
    record = json.loads(monitoria(*command, "--json").out)
    assert (record["question"], record["understood"]) == ("E no teste?", understood)
    after.write_text("oops", encoding="utf-8")
    refused = monitoria(*command)
    assert refused.code == 2
    assert f"{after}, line 1, is not JSON" in refused.err
    topics = ["ask", "--topics", "t.jsonl", "--answers", "a.jsonl", "--index", sample_index, "--after", after]
    assert monitoria(*topics).err == "monitoria: --after is for one question; with --topics each is the first\n"
