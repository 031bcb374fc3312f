"""Quotes: which stretch of speech is shown, that they are the lecture's words, and that none is shown twice."""

from __future__ import annotations

from itertools import combinations

import pytest

from rag.pipeline import Monitoria
from rag.quotes import Quote, choose_quotes


def quotes_for(course: Monitoria, question: str, *, most: int = 4, max_words: int = 60) -> list[Quote]:
    hits = course.search(question)
    encoder = course.retriever.segments.encoder
    return choose_quotes(course.index, encoder, question, hits, most=most, max_words=max_words)


def test_the_first_quote_holds_the_answer(course: Monitoria) -> None:
    first = quotes_for(course, "Que horas sai o ônibus do passeio a campo?")[0]
    assert "sete da manhã" in first.text
    assert first.place.start_s is not None
    assert first.hit.segment.start_s <= first.place.start_s < first.hit.segment.end_s


@pytest.mark.parametrize(
    "question", ["o que é dropout?", "Why do they feed such large pictures?", "qual a nota da prova"]
)
def test_quotes_are_the_lectures_words_and_do_not_overlap(course: Monitoria, question: str) -> None:
    quotes = quotes_for(course, question, most=8)
    assert [quote.score for quote in quotes] == sorted((quote.score for quote in quotes), reverse=True)
    for quote in quotes:
        assert quote.text in " ".join(quote.hit.segment.text.split())
        assert len(quote.text.split()) <= 60
    for one, other in combinations(quotes, 2):
        same = one.hit.segment.segment_id == other.hit.segment.segment_id
        assert not (same and set(one.sentences) & set(other.sentences))


def test_without_hits_there_is_nothing_to_quote(course: Monitoria) -> None:
    encoder = course.retriever.segments.encoder
    assert choose_quotes(course.index, encoder, "dropout", [], most=3, max_words=60) == []
