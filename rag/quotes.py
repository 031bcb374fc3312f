"""Evidence first: the stretches of speech that answer, chosen before any model writes.

They are what a small model reads, and what the reader sees quoted, each with its second. Two minutes of speech
hold a few sentences that answer; which, the encoder's token vectors say, with the words that question and stretch
share and with how well their segment was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rag.encoder import Encoder, TokenVectors
from rag.excerpts import spans_of
from rag.fusion import standardise
from rag.index import CourseIndex
from rag.records import Hit, Query
from rag.sentences import TimedSentence, timed_sentences

# On half of the lectures' questions, within noise of each other: late alone, with words, with the segment's score.
_LATE, _WORDS, _SEGMENT = 1.0, 0.5, 1.0


@dataclass(frozen=True, slots=True)
class Quote:
    """Consecutive sentences of a hit's segment.

    ``score`` is a sum of scores that are standardised among the ``among`` stretches which it was chosen from.
    """

    hit: Hit
    sentences: tuple[TimedSentence, ...]
    score: float
    among: int = 0

    @property
    def place(self) -> TimedSentence:
        """The whole quote as one timed sentence."""
        first, last = self.sentences[0], self.sentences[-1]
        text = " ".join(sentence.text for sentence in self.sentences)
        return TimedSentence(text, first.start_s, last.end_s, first.interpolated)

    @property
    def text(self) -> str:
        """As it was said."""
        return self.place.text


@dataclass(frozen=True, slots=True)
class _Stretch:
    hit: int
    first: int
    last: int  # half-open
    late: float
    words: float


def choose_quotes(
    index: CourseIndex, encoder: Encoder, question: str, hits: Sequence[Hit], *, most: int, max_words: int
) -> list[Quote]:
    """The ``most`` stretches nearest to the question, best first, none overlapping another.

    A stretch is as many whole sentences as ``max_words`` hold (one where a sentence is longer), beginning at any
    sentence of any hit. A hit that the index no longer holds gives none.
    """
    asked = encoder.token_vectors([Query(question)])[0]
    said = [timed_sentences(hit.segment) for hit in hits]
    stretches = [
        _Stretch(place, *found)
        for place, hit in enumerate(hits)
        for found in _stretches(index, asked, question, hit, said[place], max_words)
    ]
    if not stretches:
        return []
    segment = np.array([hits[stretch.hit].score for stretch in stretches])
    scores = (
        _LATE * standardise(np.array([stretch.late for stretch in stretches]))
        + _WORDS * standardise(np.array([stretch.words for stretch in stretches]))
        + _SEGMENT * standardise(segment)
    )
    chosen: list[tuple[_Stretch, float]] = []
    for place in np.argsort(-scores, kind="stable"):
        stretch = stretches[place]
        if len(chosen) < most and not any(_overlap(stretch, other) for other, _ in chosen):
            chosen.append((stretch, float(scores[place])))
    return [Quote(hits[s.hit], tuple(said[s.hit][s.first : s.last]), score, len(stretches)) for s, score in chosen]


def _stretches(
    index: CourseIndex,
    asked: TokenVectors,
    question: str,
    hit: Hit,
    sentences: Sequence[TimedSentence],
    max_words: int,
) -> Iterator[tuple[int, int, float, float]]:
    """Each stretch of one hit: first and last sentence, how near it is by token vectors and by words."""
    try:
        row = index.table.row_of(hit.segment.segment_id)
    except KeyError:
        return
    nearest, token_weights = index.late.span_matches(asked, row, spans_of(hit.segment.text, sentences))
    texts = [sentence.text for sentence in sentences]
    word_weights, held = index.lexical.words_held(question, texts, hit.lecture.language)
    total = float(word_weights.sum())
    for first, last in _ranges([len(text.split()) for text in texts], max_words):
        late = nearest[first:last].max(axis=0) @ token_weights if token_weights.size else 0.0
        words = held[first:last].any(axis=0) @ word_weights / total if total else 0.0
        yield first, last, float(late), float(words)


def _ranges(n_words: Sequence[int], max_words: int) -> list[tuple[int, int]]:
    """From each sentence on, as many as fit; those that end with the last sentence and begin later are left out.

    >>> _ranges([3, 3, 3, 9], 6)
    [(0, 2), (1, 3), (2, 3), (3, 4)]
    """
    found: list[tuple[int, int]] = []
    for first in range(len(n_words)):
        last, total = first + 1, n_words[first]
        while last < len(n_words) and total + n_words[last] <= max_words:
            total += n_words[last]
            last += 1
        found.append((first, last))
        if last == len(n_words):
            break
    return found


def _overlap(a: _Stretch, b: _Stretch) -> bool:
    return a.hit == b.hit and a.first < b.last and b.first < a.last
