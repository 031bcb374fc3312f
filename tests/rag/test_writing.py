"""A small model's part: one sentence on one quote, checked, or the quotes alone. The server speaks on script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.config import Settings
from rag.encoder import Encoder
from rag.events import AnswerReady, Event, HitsFound, QuotesChosen, SentenceChecked, TextWritten
from rag.pipeline import Monitoria
from tests.scripted_server import Script, scripted_server

QUESTION = "Que horas sai o passeio a campo e que roupa preciso usar?"


@pytest.fixture
def small(sample_index: Path, encoder: Encoder, settings: Settings):
    @contextmanager
    def opened(script: Script, **profile: object) -> Iterator[Monitoria]:
        with scripted_server(script) as url:
            llm = settings.llm.model_copy(
                update={"spec": "openai:x", "base_url": url, "api_key": "x", "timeout_s": 5.0, "profile": "small"}
            )
            update = {"llm": llm, "small": settings.small.model_copy(update=profile)}
            yield Monitoria.open(sample_index, settings=settings.model_copy(update=update), encoder=encoder)

    return opened


def kinds(events: list[Event]) -> list[type]:
    """Their kinds, neighbours of one kind taken together."""
    found = [type(event) for event in events]
    return [kind for place, kind in enumerate(found) if place == 0 or kind is not found[place - 1]]


def test_a_sentence_that_the_quote_holds_stands_above_the_quotes(small) -> None:
    script = Script(["o ônibus sai às sete da manhã, ", "e tem que ir de calça comprida."])
    with small(script, quotes=4, quote_words=80) as course:
        events = list(course.stream(QUESTION))
    assert kinds(events) == [HitsFound, QuotesChosen, TextWritten, SentenceChecked, AnswerReady]
    answer = events[-1].answer
    said = "O professor diz que o ônibus sai às sete da manhã, e tem que ir de calça comprida"
    assert answer.text.startswith(f"{said} [1].\n\n“")
    assert answer.mode == "generated"
    assert [reference.n for reference in answer.references] == [1, 2, 3, 4]
    written = "".join(event.text for event in events if isinstance(event, TextWritten))
    assert written == f"{said}."


def test_an_echo_is_taken_back_and_the_next_quote_is_tried(small) -> None:
    script = Script(["o passeio a campo sai e preciso usar roupa."])
    with small(script, attempts=3) as course:
        events = list(course.stream(QUESTION))
    checked = [event.sentence for event in events if isinstance(event, SentenceChecked)]
    assert [(sentence.support, sentence.citations) for sentence in checked] == [("not", ())] * 3
    assert len(script.requests) == 3
    answer = events[-1].answer
    assert answer.mode == "quotes"
    assert answer.text.startswith("Não consegui resumir")
    assert len(answer.references) == 6


def test_a_sentence_that_was_cut_off_does_not_stand(small) -> None:
    with small(Script(["o ônibus sai às sete da manhã do portão dois"], finish_reason="length")) as course:
        assert course.ask(QUESTION).mode == "quotes"


def test_a_refusal_is_no_claim(small) -> None:
    with small(Script(["as aulas não respondem a essa pergunta."])) as course:
        answer = course.ask(QUESTION)
    assert answer.mode == "quotes"
    assert "respondem" not in answer.text


def test_the_model_sees_the_examples_the_quote_and_no_number(small) -> None:
    script = Script(["o ônibus sai às sete da manhã."])
    with small(script) as course:
        course.ask(QUESTION)
    messages = script.requests[0]["messages"]
    assert [message["role"] for message in messages[-3:]] == ["user", "assistant", "user"]
    assert "sete da manhã" in messages[-3]["content"]
    assert messages[-2]["content"] == QUESTION
    assert not any("[1]" in message["content"] for message in messages)


def test_the_quotes_come_before_the_model_is_asked(small) -> None:
    script = Script(status=500)
    with small(script) as course:
        events = course.stream(QUESTION)
        assert isinstance(next(events), HitsFound)
        assert isinstance(next(events), QuotesChosen)
        assert script.requests == []
        assert "failed" in list(events)[-1].answer.error


def test_an_english_question_is_reported_in_english(small) -> None:
    with small(Script(["the bus leaves at seven."])) as course:
        events = list(course.stream("At what time does the field trip's bus leave?"))
    (first, *_) = [event.text for event in events if isinstance(event, TextWritten)]
    assert first.startswith("The lecturer says that")


def test_quotes_do_not_wait_for_a_model_that_has_to_be_opened(
    sample_index: Path, encoder: Encoder, settings: Settings, tmp_path: Path
) -> None:
    """Opening the embedded model takes seconds; here it fails, after the quotes were told."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    llm = settings.llm.model_copy(update={"model_file": broken})
    course = Monitoria.open(sample_index, settings=settings.model_copy(update={"llm": llm}), encoder=encoder)
    found, chosen, ready = course.stream(QUESTION)
    assert isinstance(found, HitsFound)
    assert isinstance(chosen, QuotesChosen)
    assert isinstance(ready, AnswerReady)
    assert "did not open" in str(ready.answer.error)
    assert ready.answer.references == chosen.quotes
    assert ready.answer.timings.quotes_ms is not None
