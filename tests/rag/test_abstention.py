"""Declining: what it looks at, what its setting means, and what it does to an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.abstention import SHARES, declines, probability, quote_signals
from rag.config import Settings
from rag.encoder import Encoder
from rag.pipeline import Monitoria
from rag.quotes import Quote, choose_quotes


@pytest.fixture(scope="module")
def quotes(course: Monitoria) -> list[Quote]:
    question = "Que horas sai o ônibus do passeio a campo?"
    hits = course.search(question)
    return choose_quotes(course.index, course.retriever.segments.encoder, question, hits, most=4, max_words=80)


def test_a_first_quote_that_stands_out_is_likelier_to_answer(quotes: list[Quote]) -> None:
    assert quote_signals(quotes) == (quotes[0].score, quotes[0].score - quotes[3].score)
    assert probability(quotes) > probability(quotes[1:]) > 0.0


def test_what_a_small_model_makes_of_the_quotes_counts_too(quotes: list[Quote]) -> None:
    odds = (1.0, -2.0, -2.0)
    assert quote_signals(quotes, odds) == (quotes[0].score - quotes[3].score, -1.0)
    assert probability(quotes, odds) > probability(quotes, (-2.0, -2.0, -2.0))


def test_nothing_found_is_declined_unless_nothing_may_be(quotes: list[Quote]) -> None:
    assert declines([], (), 0.1)
    assert not declines(quotes, (), 0.1)
    assert not declines(quotes, (), 0.0)


def test_who_may_decline_more_declines_no_less(quotes: list[Quote]) -> None:
    weak = [Quote(quotes[0].hit, quotes[0].sentences, score, 150) for score in (4.0, 3.9, 3.8, 3.7)]
    decided = [declines(weak, (), share) for share in SHARES]
    assert decided == sorted(decided)
    assert decided[0] is False
    assert decided[-1] is True


def test_among_few_stretches_only_a_model_can_tell(quotes: list[Quote]) -> None:
    """Where a filter or a small course leaves a handful of stretches, the first cannot stand out."""
    few = [Quote(quotes[0].hit, quotes[0].sentences, score, 20) for score in (1.2, 1.1)]
    assert not declines(few, (), 0.5)
    assert quote_signals(few, (-1.0, -3.0)) == (-2.0,)
    assert declines(few, (-6.0, -6.0), 0.1)
    assert not declines(few, (-6.0, -6.0), 0.0)
    assert not declines(few, (1.0, -1.0), 0.1)


def test_a_declined_question_is_answered_by_no_quote(sample_index: Path, encoder: Encoder, settings: Settings) -> None:
    update = {
        "llm": settings.llm.model_copy(update={"spec": "none"}),
        "abstention": settings.abstention.model_copy(update={"at_most": 0.5}),
    }
    course = Monitoria.open(sample_index, settings=settings.model_copy(update=update), encoder=encoder)
    answer = course.ask("Qual é o melhor restaurante da cidade para comer uma pizza de calabresa?")
    assert answer.abstained
    assert answer.references == ()
    assert answer.hits
    assert answer.text == "As aulas não respondem a essa pergunta."
