"""What the model reads of a hit, and where a quote is taken from."""

from __future__ import annotations

import numpy as np
import pytest

from rag.excerpts import around, excerpts, sentence_scores
from rag.pipeline import Monitoria
from rag.records import Hit, Query
from rag.sentences import timed_sentences

QUESTION = "que horas sai o ônibus do passeio?"


@pytest.fixture(scope="module")
def hit(course: Monitoria) -> Hit:
    return course.search(QUESTION, k=1)[0]


def test_a_sentence_beside_two_good_ones_beats_a_good_one_alone() -> None:
    assert int(np.argmax(around(np.array([2.0, 0.0, 0.0, 1.5, 1.6, 1.5])))) == 4


def test_sentences_are_scored_in_their_order_and_the_right_one_is_near_the_top(course: Monitoria, hit: Hit) -> None:
    sentences = timed_sentences(hit.segment)
    asked = course.retriever.segments.encoder.token_vectors([Query(sentences[3].text)])[0]
    scores = sentence_scores(course.index, asked, hit, sentences)
    assert scores.shape == (len(sentences),)
    assert int(np.argmax(scores)) == 3


def test_excerpts_fit_and_are_consecutive_words_of_their_segment(course: Monitoria) -> None:
    hits = course.search(QUESTION, k=3)
    encoder = course.retriever.segments.encoder
    for excerpt in excerpts(course.index, encoder, QUESTION, hits, 240):
        assert excerpt.text in " ".join(excerpt.hit.segment.text.split())
        assert encoder.count_tokens([excerpt.text])[0] <= 90
    whole = excerpts(course.index, encoder, QUESTION, hits[:1], 4000)
    assert whole[0].text == hits[0].segment.text
