"""What an answer claims, and where it was said: numbers parsed and checked, sentences tied to their second.

A number that points to nothing is removed. Each sentence is compared with the passages it cites, or, where it
cites none, with all that the model read; the timed sentence that it rests on gives the reference its start. A
sentence that nothing backs is marked. No absolute cosine decides anything: cover is counted in words, and
across languages only ranks are compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from corpus.language import detect_language
from rag.excerpts import sentence_scores
from rag.fusion import standardise
from rag.lexical import analyse
from rag.quotes import Quote, choose_quotes
from rag.records import Hit, Passage, Query, Reference, Sentence, Support
from rag.retriever import SegmentRetriever
from rag.sentences import TimedSentence, timed_sentences
from rag.support import backing, is_circular, level, numbers

# Half of a claim's content words said in the passage: supported. Chosen, not fitted.
_SUPPORTED = 0.5
_NEAREST = 3
# What a claim is compared with to see whether it speaks of what was asked: so many stretches, of so many words.
_COMPARED = 40
_SHORT = 40
_CITATION = re.compile(r"\s*\[\s*(\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*)\s*\]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])(?:\s*\[\s*[\d\s,;–-]+\])*\s+(?=[\"“'(\[A-ZÀ-Ý0-9*•-])|\n+")


# What models write instead of the sentence that they were given for it. A negation and a verb, both: "os trechos
# falam de X" is a claim.
_REFUSAL = re.compile(
    r"\b(aulas?|trechos?|passage(m|ns)|professor|material|textos?|transcriç\w+)\b[^.]{0,40}\b(não|nao|nunca)\b[^.]{0,30}"
    r"\b(respond|fala|menciona|cont[eéê]m|diz|trata|abord|explica|inform|especific|fornec|cobre)"
    r"|\bnenhum(a)?( d[oa]s)? (trechos?|aulas?|passage)[^.]{0,40}(respond|fala|menciona|cont[eéê]m|diz|trata|abord)"
    r"|\b(não|nao) (há|existe|foi|é|são|está|estão)\b[^.]{0,30}(menç|mencionad|informaç|abordad|respost|especificad)"
    r"|^(eu )?(não|nao) (sei|encontrei|consigo responder|foi possível (encontrar|responder))\b"
    r"|\b(lectures?|passages?|transcripts?|lecturer|text|material)\b[^.]{0,40}\b(do|does|did|is|are|was)"
    r"(n['’]t| not)\b[^.]{0,30}\b(answer|mention|contain|say|cover|address|specif|provid|discuss|explain|state)"
    r"|\bthere is no (information|mention|answer)\b|^i (do not|don['’]t) know\b"
    r"|\bnot (mentioned|answered|covered|specified|provided|discussed|stated) in the\b",
    re.IGNORECASE,
)


def is_refusal(sentence: str) -> bool:
    """Whether a sentence says that the lectures do not answer, in whatever words.

    >>> is_refusal("Os trechos não mencionam a carga horária."), is_refusal("Os trechos falam de dropout.")
    (True, False)
    """
    return _REFUSAL.search(sentence) is not None


@dataclass(frozen=True, slots=True)
class Attached:
    """An answer's sentences after checking, the references they point to, and which sentences decline to answer."""

    sentences: tuple[Sentence, ...]
    references: tuple[Reference, ...]
    refusals: frozenset[int] = frozenset()


def split_sentences(text: str) -> list[str]:
    """Sentences of a written text; the citations after a full stop stay with the sentence before them.

    >>> split_sentences("O dropout desliga neurônios. [1] Isso regulariza [2].")
    ['O dropout desliga neurônios. [1]', 'Isso regulariza [2].']
    """
    parts: list[str] = []
    begin = 0
    for match in _SENTENCE_END.finditer(text):
        # What matched may begin with citations; they belong to the sentence that has just ended.
        parts.append(text[begin : match.end()].strip())
        begin = match.end()
    parts.append(text[begin:].strip())
    return _join_openings([part for part in parts if part])


def _join_openings(parts: list[str]) -> list[str]:
    """``As notas são:`` claims nothing by itself; it is read with the item that follows."""
    joined: list[str] = []
    for part in parts:
        if joined and joined[-1].endswith(":"):
            joined[-1] = f"{joined[-1]} {part}"
        else:
            joined.append(part)
    return joined


def cited_numbers(sentence: str) -> list[int]:
    """Numbers that a sentence cites, in order, each once: ``[1]``, ``[1][2]``, ``[1, 2]``, ``[1-3]``.

    >>> cited_numbers("Isso vale [2][1, 3] sempre [2].")
    [2, 1, 3]
    """
    numbers: list[int] = []
    for match in _CITATION.finditer(sentence):
        for part in re.split(r"\s*[,;]\s*", match.group(1)):
            ends = [int(x) for x in re.split(r"\s*[–-]\s*", part)]
            # A span that is absurdly long is no citation of ours; only its ends are looked at.
            whole = range(ends[0], ends[-1] + 1) if 0 <= ends[-1] - ends[0] <= 20 else ends
            numbers.extend(n for n in whole if n not in numbers)
    return numbers


def strip_citations(sentence: str) -> str:
    """The sentence without its citation numbers.

    >>> strip_citations("Isso regulariza [2].")
    'Isso regulariza.'
    """
    return _CITATION.sub("", sentence).strip()


class CitationChecker:
    """Ties sentences to passages. Holds the retriever, whose encoder compares a claim with what was said."""

    def __init__(self, retriever: SegmentRetriever) -> None:
        self._retriever = retriever
        self._encoder = retriever.encoder

    def attach(self, text: str, passages: Sequence[Hit], question: str = "") -> Attached:
        """Check an answer against the passages that the model read; number *n* is ``passages[n - 1]``.

        Sentences come back with valid numbers only; a sentence that cited nothing and is backed by a passage is
        given that passage's number. The references are those still cited, numbered anew from 1 as they are
        mentioned.
        """
        sentences: list[Sentence] = []
        refusals: set[int] = set()
        places: dict[int, TimedSentence] = {}
        scores: dict[int, float] = {}
        for raw in split_sentences(text):
            claim = strip_citations(raw)
            if not analyse(claim, detect_language(claim)):
                continue
            valid = [n for n in cited_numbers(raw) if 1 <= n <= len(passages)]
            declines = is_refusal(claim)
            candidates = valid if declines else valid or range(1, len(passages) + 1)
            found = {n: self._backing(claim, passages, n, question) for n in candidates}
            backed = sorted((n for n in found if level(found[n], _SUPPORTED) != "not"), key=lambda n: (-found[n], n))
            cited = [n for n in valid if n in backed] if valid else backed[:1]
            if declines and (not cited or not self._same_language(claim, passages[cited[0] - 1])):
                refusals.add(len(sentences))
                cited = []
            for n in cited:
                place = self.best_sentence(claim, passages[n - 1])
                if n not in places or found[n] > scores[n]:
                    places[n], scores[n] = place, found[n]
            sentences.append(
                Sentence(claim, tuple(cited), level(max((found[n] for n in cited), default=0.0), _SUPPORTED))
            )
        mentioned = dict.fromkeys(n for sentence in sentences for n in sentence.citations)
        new = {n: position for position, n in enumerate(mentioned, start=1)}
        renumbered = (replace(s, citations=tuple(new[n] for n in s.citations)) for s in sentences)
        references = tuple(reference(new[n], passages[n - 1], places[n]) for n in mentioned)
        return Attached(tuple(renumbered), references, frozenset(refusals))

    def support_of(self, claim: str, quote: Quote, question: str, least: float) -> Support:
        """How far one quote backs one sentence of a small model's; see `rag.support.backing`, strictly.

        Across languages: in full where the sentence, taken as a question, leads to the quote's segment.
        """
        if self._same_language(claim, quote.hit):
            return level(backing(claim, quote.text, quote.hit.lecture.language, question, strictly=True), least)
        return "supported" if self._backing_across_languages(claim, [quote.hit], 1) else "not"

    def relevance(self, claim: str, question: str, hits: Sequence[Hit]) -> float:
        """Share of the stretches of the hits that come less near to the question than the claim does, 0 to 1.

        A small model may well report what the lecturer says about something else. Claim and stretches of about its
        length, each encoded by itself, are compared token by token with the question: a rank decides, no cosine.
        """
        index = self._retriever.index
        others = choose_quotes(
            index, self._encoder, question, hits, most=_COMPARED, max_words=max(_SHORT, len(claim.split()))
        )
        if not others:
            return 0.0
        asked = self._encoder.token_vectors([Query(question)])[0]
        texts = self._encoder.token_vectors([Passage(claim), *(Passage(other.text) for other in others)])
        near, *nears = (index.late.text_score(asked, text) for text in texts)
        return sum(x < near for x in nears) / len(nears)

    def best_sentence(self, claim: str, hit: Hit) -> TimedSentence:
        """The timed sentence of a hit that says most nearly what the claim says; the earlier one wins a tie.

        Late interaction's token matches and the words that both share, each standardised, are added.
        """
        candidates = timed_sentences(hit.segment)
        language = hit.lecture.language
        said = set(analyse(claim, language))
        shared = np.array([len(said & set(analyse(sentence.text, language))) for sentence in candidates], np.float32)
        return candidates[int(np.argmax(self._scores(claim, hit, candidates) + standardise(shared)))]

    def _scores(self, text: str, hit: Hit, candidates: Sequence[TimedSentence]) -> NDArray[np.float64]:
        tokens = self._encoder.token_vectors([Query(text)])[0]
        return sentence_scores(self._retriever.index, tokens, hit, candidates)

    def _backing(self, claim: str, passages: Sequence[Hit], n: int, question: str) -> float:
        """How far passage ``n`` backs a claim, 0 to 1."""
        hit = passages[n - 1]
        if self._same_language(claim, hit):
            return backing(claim, hit.segment.text, hit.lecture.language, question)
        if is_circular(claim):
            return 0.0
        return self._backing_across_languages(claim, passages, n)

    def _same_language(self, claim: str, hit: Hit) -> bool:
        return detect_language(claim, default=hit.lecture.language) == hit.lecture.language

    def _backing_across_languages(self, claim: str, passages: Sequence[Hit], n: int) -> float:
        """1 when the claim, taken as a question, leads to this passage among the index's first three, else 0.

        Words do not match across languages, and a cosine alone says nothing; a rank in the whole index does.
        Figures are the same in both languages, and must occur.
        """
        segment = passages[n - 1].segment
        if not numbers(claim) <= numbers(segment.text):
            return 0.0
        nearest = self._retriever.search(claim, k=_NEAREST, mode="dense")
        return 1.0 if segment.segment_id in {hit.segment.segment_id for hit in nearest} else 0.0


def reference(n: int, hit: Hit, place: TimedSentence) -> Reference:
    """The reference with number ``n``: the hit's lecture at the second where ``place`` is said."""
    return Reference(
        n=n,
        segment_id=hit.segment.segment_id,
        lecture_id=hit.lecture.lecture_id,
        title=hit.lecture.title,
        url=timed_url(hit.lecture.url, place.start_s),
        start_s=place.start_s,
        end_s=place.end_s,
        quote=place.text,
        interpolated=place.interpolated,
    )


def timed_url(url: str | None, start_s: float | None) -> str | None:
    """The address that starts at a second: ``?t=754``, or ``&t=`` after a query; a fragment stays last.

    >>> timed_url("https://youtu.be/x?si=1#c", 754.9)
    'https://youtu.be/x?si=1&t=754#c'
    """
    if not url or start_s is None:
        return url
    address, hash_mark, fragment = url.partition("#")
    separator = "&" if "?" in address else "?"
    return f"{address}{separator}t={int(start_s)}{hash_mark}{fragment}"
