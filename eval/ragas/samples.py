"""What ragas is shown of an answer: question, answer, reference and contexts, by metric.

A small model has little room: it is shown fewer contexts, and where several stand together, of each the stretch that
holds most words of what is asked, or of what the answer quotes. It is shown whole what fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.language import Language, detect_language, say
from eval.grading import answer_sha256
from eval.judging.judgements import key_of
from eval.ragas.prompts import prompts_sha256
from eval.ragas.scores import RAGAS_VERSION, Metric
from eval.topics import Topic
from rag.citations import strip_citations
from rag.lexical import analyse
from rag.llm import Size
from rag.prompts import harmless

_NEEDS: dict[Metric, tuple[str, ...]] = {
    "faithfulness": ("user_input", "response", "retrieved_contexts"),
    "answer_relevancy": ("user_input", "response"),
    "context_precision": ("user_input", "reference", "retrieved_contexts"),
    "context_recall": ("user_input", "retrieved_contexts", "reference"),
    "answer_accuracy": ("user_input", "response", "reference"),
}
_QUOTING = ("“", '"', "«", ">")
_STEPS = 4  # stretches overlap by all but a fourth


@dataclass(frozen=True, slots=True)
class Room:
    """How much a model is shown: so many contexts, of so many words in all where they stand in one prompt."""

    contexts: int
    words: int


ROOMS: dict[Size, Room] = {"small": Room(5, 800), "large": Room(10, 6000)}


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer before one metric.

    Attributes:
        given: what ragas's ``ascore`` is called with.
        lacks: why it cannot be called, in a sentence; else ``None``.
        encoder: whose vectors are compared; ``None`` of a metric that compares none.
    """

    topic_id: str
    metric: Metric
    language: Language
    answer_sha256: str
    given: Mapping[str, Any]
    encoder: str | None = None
    lacks: str | None = None

    def key(self, llm: str) -> str:
        """What this model's score is found again by: everything that decides it."""
        prompts = prompts_sha256(self.metric, self.language)
        return key_of([self.metric, RAGAS_VERSION, prompts, llm, self.encoder, self.given])


def sample_of(
    metric: Metric, record: Mapping[str, Any], topic: Topic, room: Room, *, encoder: str | None = None
) -> Sample | None:
    """What ``metric`` is shown of an answer; ``None`` where it has nothing to say of it.

    That is: without a reference answer where it compares with one, and, of faithfulness, an answer that declines, or
    that is quotes alone: those are in their passages, whatever a model says, and only what is claimed is checked.
    """
    needs = _NEEDS[metric]
    reference = (topic.reference_answer or "").strip()
    claims_nothing = record.get("abstained") or record.get("mode") == "quotes"
    if ("reference" in needs and not reference) or (metric == "faithfulness" and claims_nothing):
        return None
    said = _claimed(record["answer"]) if metric == "faithfulness" else _answered(record)
    if record["answer"].strip() and not said:
        return None
    language = detect_language(topic.question)
    shown: dict[str, Any] = {
        "user_input": _plain(topic.question),
        "response": harmless(strip_citations(said)),
        "reference": _plain(reference),
        "retrieved_contexts": _contexts(metric, record, topic.question, language, room),
    }
    given = {name: shown[name] for name in needs}
    return Sample(
        str(record["topic_id"]),
        metric,
        language,
        answer_sha256(record),
        given,
        encoder if metric == "answer_relevancy" else None,
        _lacks(given),
    )


def _claimed(answer: str) -> str:
    """An answer without the lines that quote."""
    return "\n".join(line for line in answer.splitlines() if not line.strip().startswith(_QUOTING)).strip()


def _answered(record: Mapping[str, Any]) -> str:
    """What an answer says: of one of quotes alone the quotes, without the sentence that announces them."""
    quotes = [str(ref["quote"]).strip() for ref in record.get("references") or () if ref.get("quote")]
    if record.get("mode") == "quotes" and not record.get("abstained") and quotes:
        return "\n".join(f"“{quote}”" for quote in quotes)
    return str(record["answer"])


def _lacks(given: Mapping[str, Any]) -> str | None:
    if not given.get("response", "-").strip():
        return say("a resposta está em branco", "the answer is blank")
    if not given.get("retrieved_contexts", ["-"]):
        return say("a resposta não traz trecho nenhum da busca", "the answer has no passage that was found")
    return None


def _contexts(metric: Metric, record: Mapping[str, Any], question: str, language: Language, room: Room) -> list[str]:
    """The passages found, best first; of faithfulness those that the answer cites stand before the others."""
    hits = [hit for hit in record.get("hits") or () if str(hit.get("text") or "").strip()]
    quotes = {ref.get("segment_id"): str(ref.get("quote") or "") for ref in record.get("references") or ()}
    if metric == "faithfulness":
        hits.sort(key=lambda hit: hit.get("segment_id") not in quotes)
    hits = hits[: room.contexts]
    # Context precision shows one context at a time.
    share = room.words if metric == "context_precision" else room.words // max(1, len(hits))
    return [
        harmless(stretch(hit["text"].split(), share, quotes.get(hit.get("segment_id")) or question, language))
        for hit in hits
    ]


def stretch(words: Sequence[str], most: int, about: str, language: Language) -> str:
    """At most ``most`` words in a row: those that hold most of the different words that ``about`` has.

    >>> stretch("a chuva cai e o rio sobe até a ponte".split(), 4, "o rio sobe?", "pt")
    'o rio sobe até'
    """
    if len(words) <= most:
        return " ".join(words)
    wanted = set(analyse(about, language))
    starts = [*range(0, len(words) - most, max(1, most // _STEPS)), len(words) - most]

    def held(start: int) -> int:
        return len(wanted & set(analyse(" ".join(words[start : start + most]), language)))

    best = max(starts, key=lambda start: (held(start), -start))
    return " ".join(words[best : best + most])


def _plain(text: str) -> str:
    return harmless(" ".join(text.split()))
