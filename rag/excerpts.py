"""What the model gets to read of each hit: the sentences nearest to the question, with their neighbours.

Two minutes of speech hold one or two sentences that answer, and a small model on two cores reads about sixty
tokens a second and loses the thread among the rest. A model with room reads the whole segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.encoder import Encoder
from rag.fusion import standardise
from rag.lexical import analyse
from rag.records import Hit, Passage, Query
from rag.sentences import TimedSentence, timed_sentences


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Consecutive sentences of a hit's segment, as the model reads them."""

    hit: Hit
    text: str


def sentence_scores(
    encoder: Encoder, question: str, hit: Hit, sentences: Sequence[TimedSentence]
) -> NDArray[np.float64]:
    """How near each sentence of a hit is to the question: ``(n_sentences,)``.

    The words they share and E5's cosine, each standardised over the segment's own sentences, are added.
    """
    language = hit.lecture.language
    asked = set(analyse(question, language))
    shared = [len(asked & set(analyse(sentence.text, language))) for sentence in sentences]
    vectors = encoder.encode_passages([Passage(sentence.text) for sentence in sentences])
    cosines = vectors @ encoder.encode_queries([Query(question)])[0]
    return standardise(np.asarray(shared, dtype=np.float32)) + standardise(cosines)


def excerpts(encoder: Encoder, question: str, hits: Sequence[Hit], max_tokens: int) -> list[Excerpt]:
    """An excerpt of each hit, ``max_tokens`` of the encoder's tokens in all, shared equally; best hit first.

    A hit that fits its share is read whole. Otherwise the window grows from the sentence nearest to the
    question, towards whichever neighbour is nearer, while it fits.
    """
    if not hits:
        return []
    share = max_tokens // len(hits)
    return [Excerpt(hit, _window(encoder, question, hit, share)) for hit in hits]


def _window(encoder: Encoder, question: str, hit: Hit, max_tokens: int) -> str:
    if encoder.count_tokens([hit.segment.text])[0] <= max_tokens:
        return hit.segment.text
    sentences = timed_sentences(hit.segment)
    scores = sentence_scores(encoder, question, hit, sentences)
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
