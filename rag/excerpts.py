"""What the model gets to read of each hit: the sentences nearest to the question, with their neighbours.

Two minutes of speech hold one or two sentences that answer, and a small model on two cores reads about sixty
tokens a second and loses the thread among the rest. A model with room reads the whole segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.encoder import Encoder, TokenVectors
from rag.fusion import standardise
from rag.index import CourseIndex
from rag.records import Hit, Query
from rag.sentences import TimedSentence, timed_sentences


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Consecutive sentences of a hit's segment, as the model reads them."""

    hit: Hit
    text: str


def sentence_scores(
    index: CourseIndex, question: TokenVectors, hit: Hit, sentences: Sequence[TimedSentence]
) -> NDArray[np.float64]:
    """How near each sentence of a hit is to a question or claim: ``(n_sentences,)``, standardised.

    Late interaction's own token matches, which are in the index: nothing is encoded. All zero where the index does
    not hold the segment (a hit of an earlier generation).
    """
    try:
        row = index.table.row_of(hit.segment.segment_id)
    except KeyError:
        return np.zeros(len(sentences))
    found = index.late.span_scores(question, row, spans_of(hit.segment.text, sentences))
    # How bad a bad sentence is says nothing, and one without a telling word would stretch the scale.
    return standardise(np.maximum(found, np.quantile(found, 0.25)))


def around(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each sentence's score with half of its neighbours': who answers says it in more than one sentence.

    >>> around(np.array([0.0, 2.0, 0.0, 0.0])).tolist()
    [1.0, 2.0, 1.0, 0.0]
    """
    padded = np.pad(scores, 1, constant_values=scores.min())
    return np.asarray(scores + (padded[:-2] + padded[2:]) / 2)


def spans_of(text: str, sentences: Sequence[TimedSentence]) -> NDArray[np.int64]:
    """First and last character of each sentence in its segment's text, ``(n_sentences, 2)``; they follow each other."""
    spans = np.empty((len(sentences), 2), dtype=np.int64)
    place = 0
    for row, sentence in enumerate(sentences):
        begin = text.find(sentence.text, place)
        place = (place if begin < 0 else begin) + len(sentence.text)
        spans[row] = place - len(sentence.text), place
    return spans


def excerpts(
    index: CourseIndex, encoder: Encoder, question: str, hits: Sequence[Hit], max_tokens: int
) -> list[Excerpt]:
    """An excerpt of each hit, ``max_tokens`` of the encoder's tokens in all, shared equally; best hit first.

    A hit that fits its share is read whole. Otherwise the window grows from the sentence nearest to the
    question, towards whichever neighbour is nearer, while it fits.
    """
    if not hits:
        return []
    share = max_tokens // len(hits)
    asked = encoder.token_vectors([Query(question)])[0]
    return [Excerpt(hit, _window(index, encoder, asked, hit, share)) for hit in hits]


def _window(index: CourseIndex, encoder: Encoder, asked: TokenVectors, hit: Hit, max_tokens: int) -> str:
    if encoder.count_tokens([hit.segment.text])[0] <= max_tokens:
        return hit.segment.text
    sentences = timed_sentences(hit.segment)
    scores = around(sentence_scores(index, asked, hit, sentences))
    tokens = encoder.count_tokens([sentence.text for sentence in sentences])
    first = last = int(np.argmax(scores))
    left = max_tokens - tokens[first]
    while True:
        sides = [i for i in (first - 1, last + 1) if 0 <= i < len(sentences) and tokens[i] <= left]
        if not sides:
            break
        grown = max(sides, key=lambda i: (scores[i], i))
        left -= tokens[grown]
        first, last = min(first, grown), max(last, grown)
    return " ".join(sentence.text for sentence in sentences[first : last + 1])
