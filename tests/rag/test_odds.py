"""Which quote answers, as a small model's odds: what it is asked, what is made of its reply, what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest

from rag.config import Settings
from rag.encoder import Encoder
from rag.errors import GenerationFailed
from rag.events import QuotesChosen
from rag.llm import LLM, WEIGHING, WRITING, ModelOnDemand, open_llm
from rag.odds import answering_odds
from rag.pipeline import Monitoria
from rag.quotes import Quote, choose_quotes
from rag.retriever import SegmentRetriever
from tests.scripted_server import Script, scripted_server

QUESTION = "Que horas sai o ônibus do passeio a campo?"


@pytest.fixture(scope="module")
def quotes(course: Monitoria) -> list[Quote]:
    hits = course.search(QUESTION)
    return choose_quotes(course.index, course.retriever.segments.encoder, QUESTION, hits, most=3, max_words=60)


@pytest.fixture
def llama(settings: Settings):
    """A model on script that goes on from the beginning of a reply, as llama.cpp does."""

    @contextmanager
    def opened(script: Script) -> Iterator[LLM]:
        with scripted_server(script) as url:
            update = {"spec": "openai:x", "base_url": url, "api_key": "x", "profile": "small"}
            llm = open_llm(settings.llm.model_copy(update=update))
            assert llm is not None
            yield replace(llm, takes_grammar=True)

    return opened


def says_where(held: Callable[[str], bool]) -> Callable[[str], Mapping[str, float]]:
    return lambda asked: {" diz": -0.5, " não": -2.5} if held(asked) else {" não": -0.2, " diz": -3.2}


def test_odds_are_in_the_order_of_the_quotes(llama, quotes: list[Quote]) -> None:
    third = " ".join(quotes[2].text.split())
    script = Script(chances=says_where(lambda asked: third[:40] in asked))
    with llama(script) as llm:
        odds = answering_odds(llm, QUESTION, quotes, "pt", 5.0)
    assert odds == pytest.approx((-3.0, -3.0, 2.0))
    assert {request["id_slot"] for request in script.requests} == {WEIGHING}
    assert {request["max_completion_tokens"] for request in script.requests} == {1}
    assert {request["messages"][-1]["content"] for request in script.requests} == {"O professor"}


def test_a_quote_of_which_the_model_says_neither_is_worth_the_least(llama, quotes: list[Quote]) -> None:
    first = quotes[0].text[:40]
    known = says_where(lambda _: False)
    script = Script(chances=lambda asked: {" foi": -0.1} if first in asked else known(asked))
    with llama(script) as llm:
        assert answering_odds(llm, QUESTION, quotes, "pt", 5.0) == pytest.approx((-3.0, -3.0, -3.0))
    with llama(Script(chances=lambda _: {" foi": -0.1})) as llm:
        assert answering_odds(llm, QUESTION, quotes, "pt", 5.0) == ()


def test_who_gives_no_probabilities_or_no_beginnings_weighs_nothing(llama, quotes: list[Quote]) -> None:
    script = Script(["x"])
    with llama(script) as llm:
        assert answering_odds(llm, QUESTION, quotes, "pt", 5.0) == ()
        asked = len(script.requests)
        assert answering_odds(replace(llm, takes_grammar=False), QUESTION, quotes, "pt", 5.0) == ()
        assert len(script.requests) == asked


def test_a_model_that_hangs_is_given_up(llama, quotes: list[Quote]) -> None:
    with llama(Script(hang_after=0)) as llm, pytest.raises(GenerationFailed, match="silent"):
        answering_odds(llm, QUESTION, quotes, "pt", 0.3)


def test_the_sentence_is_written_on_the_likeliest_quote(
    llama, course: Monitoria, encoder: Encoder, settings: Settings
) -> None:
    shown = list(course.stream(QUESTION))[1].quotes
    second = " ".join(shown[1].quote.split())
    script = Script(["o que vem aqui é " + second[:60] + "."], chances=says_where(lambda asked: second[:40] in asked))
    with llama(script) as llm:
        retriever = SegmentRetriever(course.index, encoder, settings.retrieval)
        answer = Monitoria(retriever, settings, ModelOnDemand(settings.llm, llm)).ask(QUESTION)
    written = [request for request in script.requests if request.get("stream")]
    assert {request["id_slot"] for request in written} == {WRITING}
    assert second[:40] in str(written[0]["messages"])
    assert len(written) == 1
    assert len(answer.references) == settings.small.quotes
    quoted = answer.text[answer.text.index("“") :].splitlines()
    assert [line[-3:] for line in quoted] == ["[2]", "[1]", "[3]", "[4]", "[5]", "[6]"]


def test_a_sentence_that_does_not_answer_by_itself_is_taken_back(
    llama, course: Monitoria, encoder: Encoder, settings: Settings
) -> None:
    """The quote answers, says the model, and holds the sentence; the sentence alone does not answer."""
    lenient = settings.small.model_copy(update={"min_relevance": 0.0, "attempts": 1})
    first = next(e.quotes for e in course.stream(QUESTION) if isinstance(e, QuotesChosen))[0].quote
    claim = " ".join(first.split()[:12]).rstrip(".,;:?!") + "."
    for alone, mode in (({" diz": -0.5, " não": -2.5}, "generated"), ({" diz": -1.0, " não": -1.0}, "quotes")):

        def chances(asked: str, alone: Mapping[str, float] = alone) -> Mapping[str, float]:
            return alone if asked.endswith(claim) else {" diz": -0.5, " não": -2.5}

        with llama(Script([" " + claim], chances=chances)) as llm:
            retriever = SegmentRetriever(course.index, encoder, settings.retrieval)
            changed = settings.model_copy(update={"small": lenient})
            answer = Monitoria(retriever, changed, ModelOnDemand(settings.llm, llm)).ask(QUESTION)
        assert answer.mode == mode


def test_on_quotes_that_are_unlikely_to_answer_nothing_is_written(
    llama, course: Monitoria, encoder: Encoder, settings: Settings
) -> None:
    script = Script(["x."], chances=says_where(lambda _: False))
    never = settings.model_copy(update={"abstention": settings.abstention.model_copy(update={"at_most": 0.0})})
    with llama(script) as llm:
        retriever = SegmentRetriever(course.index, encoder, settings.retrieval)
        answer = Monitoria(retriever, never, ModelOnDemand(settings.llm, llm)).ask(QUESTION)
    assert answer.mode == "quotes"
    assert not [request for request in script.requests if request.get("stream")]


def test_a_model_that_fails_while_weighing_leaves_the_quotes(
    llama, course: Monitoria, encoder: Encoder, settings: Settings
) -> None:
    with llama(Script(status=500)) as llm:
        retriever = SegmentRetriever(course.index, encoder, settings.retrieval)
        answer = Monitoria(retriever, settings, ModelOnDemand(settings.llm, llm)).ask(QUESTION)
    assert answer.mode == "quotes"
    assert answer.error
    assert answer.references


@pytest.mark.llm
def test_the_embedded_model_knows_an_answer_from_a_greeting(settings: Settings, quotes: list[Quote]) -> None:
    llm = open_llm(settings.llm.model_copy(update={"spec": "embedded"}))
    assert llm is not None
    greeting = replace(
        quotes[0],
        sentences=(replace(quotes[0].sentences[0], text="bom dia gente, o som está bom? vamos esperar mais um pouco"),),
    )
    first, other = answering_odds(llm, QUESTION, [quotes[0], greeting], "pt", 120.0)
    assert first > other
