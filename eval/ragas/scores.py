"""What ragas says of one answer, as a record: a number, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from corpus.language import Language
from eval.judging.judgements import is_number

RAGAS_VERSION = "0.4.3"
Metric = Literal["faithfulness", "answer_relevancy", "context_precision", "context_recall", "answer_accuracy"]
METRICS: tuple[Metric, ...] = get_args(Metric)
# Why there is no score. The model: wrote what cannot be read, reached its limit of tokens, was silent, was not there,
# refused. ragas: gave no number, raised, died. Or the answer has nothing to give it.
Cause = Literal[
    "unreadable", "cut_off", "timeout", "unreachable", "refused", "undefined", "failed", "died", "nothing_given"
]
NOT_THERE: frozenset[Cause | None] = frozenset({"timeout", "unreachable", "died"})


@dataclass(frozen=True, slots=True)
class RagasScore:
    """One metric of one answer.

    Attributes:
        score: 0 to 1; ``None`` where ``error`` says why in a sentence and ``cause`` in a word.
        llm: the chat model that ragas asked, through us.
        encoder: whose vectors it compared; ``None`` of a metric that compares none.
        language: of the question, and so of the prompts.
        prompts_sha256: of our prompts' files; ``None`` where ragas's own were sent.
        answer_sha256: what was measured (`eval.grading.answer_sha256`).
        key: what it is found again by: everything that decides it.
        asked: how many times the model was asked; ``raw`` is all that it wrote, in that order.
        tokens: read and written by the model.
    """

    topic_id: str
    metric: Metric
    score: float | None
    llm: str
    language: Language
    encoder: str | None = None
    error: str | None = None
    cause: Cause | None = None
    prompts_sha256: str | None = None
    answer_sha256: str = ""
    key: str = ""
    asked: int = 0
    raw: str | None = None
    tokens: tuple[int, int] = (0, 0)
    ragas: str = RAGAS_VERSION
    took_ms: float = field(default=0.0, compare=False)

    @property
    def worth_asking_again(self) -> bool:
        """Whether nothing was heard, rather than nothing understood."""
        return self.cause in NOT_THERE or self.cause == "refused"


def to_record(one: RagasScore) -> dict[str, Any]:
    """The score as an object of JSON."""
    return {
        "topic_id": one.topic_id,
        "metric": one.metric,
        "score": one.score,
        "llm": one.llm,
        "encoder": one.encoder,
        "ragas": one.ragas,
        "language": one.language,
        "prompts_sha256": one.prompts_sha256,
        "raw": one.raw,
        "error": one.error,
        "cause": one.cause,
        "answer_sha256": one.answer_sha256,
        "key": one.key,
        "asked": one.asked,
        "tokens": {"prompt": one.tokens[0], "completion": one.tokens[1]},
        "took_ms": round(one.took_ms, 1),
    }


def from_record(record: Mapping[str, Any]) -> RagasScore:
    """A score from its object.

    Raises:
        ValueError: it is none; the message names what is wrong in it.
    """
    score, error = record.get("score"), record.get("error")
    names = (record.get("topic_id"), record.get("llm"))
    if not all(isinstance(name, str) for name in names) or record.get("metric") not in METRICS:
        raise ValueError("topic_id, metric, llm")
    if score is not None and not (is_number(score) and 0 <= score <= 1):
        raise ValueError(f"score {score!r:.40}")
    if (score is None) != isinstance(error, str):
        raise ValueError("score, error")
    if record.get("language") not in get_args(Language):
        raise ValueError(f"language {record.get('language')!r:.40}")
    tokens = record.get("tokens") or {}
    return RagasScore(
        topic_id=record["topic_id"],
        metric=record["metric"],
        score=score,
        llm=record["llm"],
        language=record["language"],
        encoder=record.get("encoder"),
        error=error,
        cause=record.get("cause"),
        prompts_sha256=record.get("prompts_sha256"),
        answer_sha256=record.get("answer_sha256") or "",
        key=record.get("key") or "",
        asked=record.get("asked") or 0,
        raw=record.get("raw"),
        tokens=(tokens.get("prompt", 0), tokens.get("completion", 0)),
        ragas=record.get("ragas") or RAGAS_VERSION,
        took_ms=record.get("took_ms") or 0.0,
    )
