"""What each kind of judgement shows the judge: an answer, its question, and the reference or passages beside them.

Answer relevance sees question and answer only. The reference kind sees the reference answer too. Groundedness sees
one sentence of the answer at a time with the passages that it cites; a sentence that a cited passage holds word for
word is a quotation, and one that cites nothing rests on nothing: of these no model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.language import Language, detect_language, say
from eval.grading import answer_sha256
from eval.judging.judgements import Kind, key_of
from eval.judging.reading import Reading
from eval.judging.rubrics import rubric
from eval.judging.weighing import Compared, marking
from eval.topics import Topic
from rag.citations import cited_numbers, is_refusal, split_sentences, strip_citations
from rag.prompts import Prompt

# What our answers add to a sentence: how far it is backed. It is no claim.
_NOTE = re.compile(r"\s*(?:\((?:em parte|in part)\)|\[(?:sem apoio nas aulas|not supported by the lectures)\])")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to be judged: by a model that is sent ``prompt``, or by the rule whose ``ruling`` stands.

    Attributes:
        text: the sentence, of groundedness; else empty.
        citations: the numbers that the sentence cites.
        compared: what is weighed rather than judged in writing (`eval.judging.weighing`): ``prompt`` asks one word.
    """

    prompt: Prompt | None = None
    ruling: Reading | None = None
    text: str = ""
    citations: tuple[int, ...] = ()
    compared: Compared | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An answer before a judge."""

    topic_id: str
    kind: Kind
    language: Language
    answer_sha256: str
    parts: tuple[Part, ...]

    @property
    def prompt_sha256(self) -> str | None:
        """Of the rubric that is used; ``None`` where rules decide everything."""
        return next((part.prompt.sha256 for part in self.parts if part.prompt is not None), None)

    def key(self, judge: str) -> str:
        """What this judge's judgement is found again by: everything that the judge is told."""
        told = [
            (part.prompt.sha256, part.prompt.user) if part.prompt else (part.text, part.ruling and part.ruling.score)
            for part in self.parts
        ]
        return key_of([self.kind, judge if self.prompt_sha256 else None, told])


def case_of(
    kind: Kind, record: Mapping[str, Any], topic: Topic, passage_words: int = 400, *, weighs: bool = False
) -> Case | None:
    """What is to be judged of an answer; ``None`` where this kind has nothing to judge in it.

    That is: without a reference answer, where a choice with a key decides, and for groundedness an answer that claims
    nothing. ``passage_words`` is how much of each cited passage a judge is shown, around what the reference quotes. A
    judge that ``weighs`` is asked one word of the reference kind.
    """
    language = detect_language(topic.question)
    if kind == "ar":
        parts: tuple[Part, ...] = (_ask(kind, language, topic.question, record),)
    elif kind == "reference":
        ruling = _declining(record, topic)
        if ruling is not None:
            parts = (Part(ruling=ruling),)
        elif topic.reference_answer and topic.reference_answer.strip() and not topic.correct:
            reference = _plain(topic.reference_answer)
            if weighs:
                compared = Compared(_plain(topic.question), reference, _plain(record["answer"]), language)
                parts = (Part(marking(compared), compared=compared),)
            else:
                parts = (_ask(kind, language, topic.question, record, reference=reference),)
        else:
            return None
    else:
        parts = tuple(_grounded(record, language, passage_words))
        if not parts:
            return None
    return Case(str(record["topic_id"]), kind, language, answer_sha256(record), parts)


def _ask(kind: Kind, language: Language, question: str, record: Mapping[str, Any], **more: str) -> Part:
    answer = record["answer"].strip()
    return Part(rubric(kind, language, question=_plain(question), answer=answer, **more))


def _declining(record: Mapping[str, Any], topic: Topic) -> Reading | None:
    """The ruling where the answer declines or should have; else ``None``.

    Where the lectures do not answer, to decline is right, to show quotes and claim nothing is half right, and to
    answer is wrong; where they do answer, to decline is wrong (as `eval.grading.Grade` has it).
    """
    if topic.answerable is False:
        criteria = say("As aulas não respondem; o certo é dizer isso.", "The lectures do not answer; so it should say.")
        if record.get("abstained"):
            return Reading(criteria, say("Diz isso.", "It says so."), 3)
        if record.get("mode") == "quotes":
            return Reading(criteria, say("Mostra trechos e nada afirma.", "It shows quotes and claims nothing."), 2)
        return Reading(criteria, say("Responde assim mesmo.", "It answers all the same."), 0)
    if record.get("abstained") and topic.reference_answer:
        criteria = say("As aulas respondem.", "The lectures answer this.")
        return Reading(criteria, say("Diz que não respondem.", "It says that they do not."), 0)
    return None


def _grounded(record: Mapping[str, Any], language: Language, passage_words: int) -> Iterator[Part]:
    if record.get("abstained"):
        return
    passages = _passages(record)
    for shown in _sentences(record["answer"], quotes_alone=record.get("mode") == "quotes"):
        citations = tuple(cited_numbers(shown))
        sentence = _NOTE.sub("", strip_citations(shown)).strip()
        if not _WORD.search(sentence) or (sentence.endswith(":") and not citations) or is_refusal(sentence):
            continue
        cited = [passages[n] for n in citations if n in passages]
        ruling = _without_model(sentence, cited)
        if ruling is not None:
            yield Part(ruling=ruling, text=sentence, citations=citations)
            continue
        # The passages come first: sentences that cite the same ones share what the server has read.
        told = "\n\n".join(_around(text, quote, passage_words) for text, quote in cited)
        yield Part(rubric("groundedness", language, passages=told, sentence=sentence), None, sentence, citations)


def _without_model(sentence: str, cited: Sequence[tuple[str, str]]) -> Reading | None:
    criteria = say("Os trechos citados sustentam a frase?", "Do the passages that it cites support the sentence?")
    if not cited:
        return Reading(criteria, say("Não cita trecho nenhum.", "It cites no passage."), 0)
    said = _bare(sentence)
    if any(said in _bare(text) for text, _ in cited):
        return Reading(criteria, say("É citação literal do trecho.", "It quotes the passage word for word."), 3)
    return None


def _sentences(answer: str, *, quotes_alone: bool) -> Iterator[str]:
    """The sentences of an answer as it is shown; a line that quotes is one, however many sentences it holds.

    Of quotes alone the line above them claims nothing: it says that there is no answer beside them.
    """
    for line in answer.splitlines():
        text = line.strip()
        if text.startswith(("“", '"', "«", ">")):
            yield text
        elif not (quotes_alone and text.endswith(":") and not cited_numbers(text)):
            yield from split_sentences(text)


def _passages(record: Mapping[str, Any]) -> dict[int, tuple[str, str]]:
    """What each number points to, as ``(text of the passage, what the reference quotes of it)``."""
    texts = {hit.get("segment_id"): str(hit.get("text") or "") for hit in record.get("hits") or ()}
    found = {}
    for reference in record.get("references") or ():
        quote = str(reference.get("quote") or "")
        text = texts.get(reference.get("segment_id")) or quote
        if text.strip():
            found[int(reference["n"])] = (text, quote)
    return found


def _around(text: str, quote: str, words: int) -> str:
    """At most ``words`` words of a passage, those around the quote where it is longer."""
    spoken = text.split()
    if len(spoken) <= words:
        return " ".join(spoken)
    before = text.find(quote) if quote else -1
    middle = len(text[: max(before, 0)].split()) + len(quote.split()) // 2
    begin = min(max(0, middle - words // 2), len(spoken) - words)
    return " ".join(spoken[begin : begin + words])


def _plain(text: str) -> str:
    return " ".join(text.split())


def _bare(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.lower()))} "
