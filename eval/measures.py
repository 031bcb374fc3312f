"""Retrieval measures against gold spans: per topic first, means after, with bootstrap intervals.

A hit is relevant when it overlaps a gold span by five seconds or more (or by half the span where that is
shorter), or is of the gold document where the gold has no times. A topic without hits counts as zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.topics import GoldSpan, Topic
from rag.errors import UsageError

MIN_OVERLAP_S = 5.0


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over ``n`` of ``n_topics`` topics with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    n: int
    n_topics: int


def is_relevant(hit: Mapping[str, Any], gold: Sequence[GoldSpan]) -> bool:
    """Whether a run object answers a topic with these gold spans."""
    return any(_matches(hit, span) for span in gold)


def _matches(hit: Mapping[str, Any], span: GoldSpan) -> bool:
    if hit["lecture_id"] != span.lecture_id:
        return False
    if span.start_s is None or span.end_s is None:
        return True
    if hit["start_s"] is None or hit["end_s"] is None:
        return False
    overlap = min(hit["end_s"], span.end_s) - max(hit["start_s"], span.start_s)
    return bool(overlap >= min(MIN_OVERLAP_S, (span.end_s - span.start_s) / 2) and overlap > 0)


def hit_at(relevant: Sequence[bool], k: int) -> float:
    """1 when one of the first ``k`` hits is relevant, else 0."""
    return float(any(relevant[:k]))


def reciprocal_rank(relevant: Sequence[bool], k: int = 10) -> float:
    """1 over the rank of the first relevant hit among the first ``k``; 0 without one."""
    return next((1.0 / rank for rank, found in enumerate(relevant[:k], start=1) if found), 0.0)


def ndcg(relevant: Sequence[bool], n_relevant: int, k: int = 10) -> float:
    """Normalised discounted cumulative gain with binary gains (Järvelin & Kekäläinen 2002, log base 2).

    ``n_relevant`` is how many relevant segments there are at all; 0 gives 0.
    """
    gain = sum(1.0 / math.log2(rank + 1) for rank, found in enumerate(relevant[:k], start=1) if found)
    ideal = sum(1.0 / math.log2(rank + 1) for rank in range(1, min(k, n_relevant) + 1))
    return gain / ideal if ideal else 0.0


def score_run(run: Mapping[str, Sequence[Mapping[str, Any]]], topics: Sequence[Topic]) -> dict[str, dict[str, float]]:
    """For each topic that has gold: ``hit@1``, ``@3``, ``@5``, ``@10`` and ``MRR@10``."""
    scores = {}
    for topic in topics:
        if not topic.gold:
            continue
        hits = sorted(run.get(topic.topic_id, ()), key=lambda hit: hit["rank"])
        relevant = [is_relevant(hit, topic.gold) for hit in hits]
        scores[topic.topic_id] = {f"hit@{k}": hit_at(relevant, k) for k in (1, 3, 5, 10)} | {
            "MRR@10": reciprocal_rank(relevant)
        }
    return scores


def bootstrap_mean(values: Sequence[float], n_topics: int | None = None, *, seed: int = 7) -> Mean:
    """Mean with a percentile bootstrap interval (10,000 resamples over topics, Efron 1979)."""
    data = np.asarray(values, dtype=np.float64)
    if data.size == 0:
        return Mean(math.nan, math.nan, math.nan, 0, n_topics or 0)
    generator = np.random.default_rng(seed)
    means = data[generator.integers(0, data.size, size=(10_000, data.size))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Mean(float(data.mean()), float(low), float(high), data.size, n_topics or data.size)


def summarise_run(run: Mapping[str, Sequence[Mapping[str, Any]]], topics: Sequence[Topic]) -> dict[str, Mean]:
    """Each measure's mean over the topics that have gold, with its interval and coverage.

    Raises:
        UsageError: no topic has gold, so that there is no mean.
    """
    scores = score_run(run, topics)
    if not scores:
        raise UsageError(
            pt=f"nenhuma das {len(topics)} perguntas tem gold; dê um arquivo de perguntas com gold para medir",
            en=f"none of the {len(topics)} topics has gold; give a topics file with gold to measure",
        )
    names = ("hit@1", "hit@3", "hit@5", "hit@10", "MRR@10")
    return {name: bootstrap_mean([s[name] for s in scores.values()], len(topics)) for name in names}
