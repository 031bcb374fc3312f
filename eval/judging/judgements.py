"""One judgement as the contract spells it, and the rule that makes a verdict of a score."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from eval.grading import Verdict
from rag.errors import UsageError

Kind = Literal["ar", "reference", "groundedness"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TOP_SCORE = 3
# Why there is no score: the judge wrote what is no judgement, or did not write.
Cause = Literal["unreadable", "cut_off", "timeout", "unreachable", "refused"]
# The judge was not there, which may pass; it was not heard, whether that may pass or not.
MAY_PASS: frozenset[Cause | None] = frozenset({"timeout", "unreachable"})
NOT_HEARD: frozenset[Cause | None] = MAY_PASS | {"refused"}
RULE = "rule"  # who judges where no model is needed


@dataclass(frozen=True, slots=True)
class VerdictRule:
    """Which verdict a score from 0 to 3 means: C from ``correct_from``, P from ``partial_from``, else I.

    >>> [VerdictRule().verdict(score) for score in (3, 2, 1, 0)]
    ['C', 'P', 'I', 'I']
    """

    correct_from: float = 3
    partial_from: float = 2

    def __post_init__(self) -> None:
        """Refuse what no score could mean.

        Raises:
            UsageError: not 0 < ``partial_from`` <= ``correct_from`` <= 3.
        """
        if not 0 < self.partial_from <= self.correct_from <= TOP_SCORE:
            told = f"P {self.partial_from:g}, C {self.correct_from:g}"
            raise UsageError(
                pt=f"as notas de P e C são {told}; devem crescer, acima de 0 e até {TOP_SCORE}",
                en=f"the least scores of P and C are {told}; they must rise, above 0 and up to {TOP_SCORE}",
            )

    def verdict(self, score: float) -> Verdict:
        """C, P or I."""
        if score >= self.correct_from:
            return "C"
        return "P" if score >= self.partial_from else "I"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge says of one answer, or why it says nothing.

    Attributes:
        ar: the score over 3, from 0 to 1.
        score: 0 to 3, a whole number; of groundedness the mean over the sentences. ``None`` where ``error`` says why.
        criteria: the rubric restated for this question.
        supporting_evidence: the reasons.
        judge: the model's name, or ``rule`` where none was asked.
        prompt_sha256: of the rubric's file; ``None`` where no model was asked.
        raw: all that the judge wrote.
        error: why there is no score, in one sentence; ``cause`` says it in a word.
        answer_sha256: what was judged (`eval.grading.answer_sha256`).
        key: what it may be found again by: who judged what, by which rubric.
        sentences: of groundedness, each sentence with its citations, score and reason.
        coverage: how many of how many parts have a score.
        tokens: read and written by the judge.
    """

    topic_id: str
    kind: Kind
    judge: str
    ar: float | None = None
    score: float | None = None
    verdict: Verdict | None = None
    criteria: str | None = None
    supporting_evidence: str | None = None
    prompt_sha256: str | None = None
    raw: str | None = None
    error: str | None = None
    cause: Cause | None = None
    answer_sha256: str = ""
    key: str = ""
    sentences: tuple[Mapping[str, Any], ...] = ()
    coverage: tuple[int, int] = (0, 1)
    tokens: tuple[int, int] = (0, 0)
    judge_ms: float = field(default=0.0, compare=False)

    @property
    def worth_asking_again(self) -> bool:
        """Whether the judge was not heard, rather than not understood."""
        return self.cause in NOT_HEARD

    def under(self, rule: VerdictRule) -> Judgement:
        """The same judgement with the verdict that ``rule`` makes of its score."""
        return self if self.score is None else replace(self, verdict=rule.verdict(self.score))


def to_record(judgement: Judgement) -> dict[str, Any]:
    """The judgement as an object of JSON: the contract's keys in its order, then the rest."""
    record: dict[str, Any] = {
        "topic_id": judgement.topic_id,
        "kind": judgement.kind,
        "ar": judgement.ar,
        "score": judgement.score,
        "verdict": judgement.verdict,
        "criteria": judgement.criteria,
        "supporting_evidence": judgement.supporting_evidence,
        "judge": judgement.judge,
        "prompt_sha256": judgement.prompt_sha256,
        "raw": judgement.raw,
        "error": judgement.error,
        "cause": judgement.cause,
        "answer_sha256": judgement.answer_sha256,
        "key": judgement.key,
        "coverage": {"n": judgement.coverage[0], "of": judgement.coverage[1]},
        "tokens": {"prompt": judgement.tokens[0], "completion": judgement.tokens[1]},
        "judge_ms": round(judgement.judge_ms, 1),
    }
    if judgement.kind == "groundedness":
        record["sentences"] = list(judgement.sentences)
    return record


def from_record(record: Mapping[str, Any]) -> Judgement:
    """A judgement from its object.

    Raises:
        ValueError: no judgement, or one whose score and verdict cannot be.
    """
    score, error, kind = record.get("score"), record.get("error"), record.get("kind")
    if not isinstance(record.get("topic_id"), str) or kind not in KINDS or not isinstance(record.get("judge"), str):
        raise ValueError("topic_id, kind, judge")
    if score is not None and not (is_number(score) and 0 <= score <= TOP_SCORE):
        raise ValueError(f"score {score!r:.40}")
    if (score is None) != isinstance(error, str):
        raise ValueError("score, error")
    if score is not None and record.get("verdict") not in get_args(Verdict):
        raise ValueError(f"verdict {record.get('verdict')!r:.40}")
    coverage, tokens = record.get("coverage") or {}, record.get("tokens") or {}
    return Judgement(
        topic_id=record["topic_id"],
        kind=kind,
        judge=record["judge"],
        ar=None if score is None else score / TOP_SCORE,
        score=score,
        verdict=record.get("verdict"),
        criteria=record.get("criteria"),
        supporting_evidence=record.get("supporting_evidence"),
        prompt_sha256=record.get("prompt_sha256"),
        raw=record.get("raw"),
        error=error,
        cause=record.get("cause"),
        answer_sha256=record.get("answer_sha256") or "",
        key=record.get("key") or "",
        sentences=tuple(record.get("sentences") or ()),
        coverage=(coverage.get("n", int(score is not None)), coverage.get("of", 1)),
        tokens=(tokens.get("prompt", 0), tokens.get("completion", 0)),
        judge_ms=record.get("judge_ms") or 0.0,
    )


def is_number(value: object) -> bool:
    """Whether a value of JSON is a number that can be compared; ``true`` and ``NaN`` are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124 (NaN)


def key_of(parts: Sequence[object]) -> str:
    """What a judgement is found again by: the SHA-256 of everything that decides it."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
