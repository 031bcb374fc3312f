"""Retrieval measures, by gold spans or by TREC judgements (qrels): per topic first, means after, with intervals.

By spans, a hit is relevant when it overlaps one by five seconds or more (or by half the span where that is shorter),
or is of the gold document where the gold has no times; by qrels, when its segment's grade is 1 or more. A topic
without hits counts as zero. One without gold, or with nothing relevant in the qrels, is left out, and counted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.topics import GoldSpan, Topic
from rag.errors import UsageError

MIN_OVERLAP_S = 5.0
MEASURES = ("hit@1", "hit@3", "hit@5", "hit@10", "MRR@10", "nDCG@10", "recall@10", "precision@10", "MAP")

Run = Mapping[str, Sequence[Mapping[str, Any]]]
Qrels = Mapping[str, Mapping[str, int]]
Scores = dict[str, dict[str, float]]


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


def precision_at(relevant: Sequence[bool], k: int) -> float:
    """The share of the first ``k`` ranks that hold something relevant; ranks that a short run leaves empty do not."""
    return sum(relevant[:k]) / k


def recall_at(found: Sequence[int], n_relevant: int, k: int) -> float:
    """The share of all ``n_relevant`` that the first ``k`` hits find; 0 of 0 is 0.

    ``found`` is how many each hit finds that none before it did: segments 0 or 1, gold spans perhaps more. What some
    call recall, one of them found being enough, is `hit_at`.
    """
    return sum(found[:k]) / n_relevant if n_relevant else 0.0


def average_precision(relevant: Sequence[bool], n_relevant: int) -> float:
    """The mean over all ``n_relevant`` of the precision at the rank of each, 0 for what is not found (Harman 1992).

    Over the whole run, without a cutoff. Its mean over topics is MAP.

    >>> average_precision([True, False, False, True], 2)
    0.75
    """
    ranks = [rank for rank, found in enumerate(relevant, start=1) if found]
    return sum(n_found / rank for n_found, rank in enumerate(ranks, start=1)) / n_relevant if n_relevant else 0.0


def graded_ndcg(gains: Sequence[float], known_gains: Sequence[float], k: int = 10) -> float:
    """Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002), discounted by log2 of the rank plus one.

    ``gains`` are the hits' by rank, ``known_gains`` those of everything judged, in any order; nothing to gain gives 0.
    The gain is the grade itself, as in trec_eval and, unless told otherwise, in ir-measures and ranx. Burges et al.
    2005 gain ``2**grade - 1``, the same for 0 and 1 and steeper above: give such gains to have theirs.

    >>> round(graded_ndcg([1, 3], [3, 1, 0]), 3)
    0.797
    """
    ideal = _dcg(sorted(known_gains, reverse=True), k)
    return _dcg(gains, k) / ideal if ideal else 0.0


def _dcg(gains: Sequence[float], k: int) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:k], start=1))


def ndcg(relevant: Sequence[bool], n_relevant: int, k: int = 10) -> float:
    """`graded_ndcg` where all ``n_relevant`` that there are gain 1 each; 0 of them gives 0."""
    return graded_ndcg([float(found) for found in relevant], [1.0] * min(k, n_relevant), k)


def ranked(hits: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Hits by rank, whatever order they came in; a rank given twice goes by score, then by segment id."""
    return sorted(hits, key=lambda hit: (hit["rank"], -(hit.get("score") or 0.0), str(hit.get("segment_id"))))


def spans_first_found(hits: Sequence[Mapping[str, Any]], gold: Sequence[GoldSpan]) -> list[int]:
    """How many gold spans each hit finds that no hit before it did; hits come best first."""
    missing, counts = list(gold), []
    for hit in hits:
        still = [span for span in missing if not _matches(hit, span)]
        counts.append(len(missing) - len(still))
        missing = still
    return counts


def score_run(run: Run, topics: Sequence[Topic]) -> Scores:
    """`MEASURES` of each topic that has gold, by its spans.

    Recall is over spans. For nDCG and average precision a hit is worth something where it finds a span that none
    before it did. What there is to find is a hit for each span; spans that one hit finds together ask for one hit
    only, so that neither measure leaves [0, 1] and each can reach 1. How many segments meet the gold is not known
    here: where the index is at hand, `eval.trec.qrels_from_gold` knows.
    """
    return {
        topic.topic_id: _by_spans(ranked(run.get(topic.topic_id, ())), topic.gold) for topic in topics if topic.gold
    }


def _by_spans(hits: Sequence[Mapping[str, Any]], gold: Sequence[GoldSpan]) -> dict[str, float]:
    first = spans_first_found(hits, gold)
    new = [n_spans > 0 for n_spans in first]
    return _by_rank([is_relevant(hit, gold) for hit in hits]) | {
        "nDCG@10": ndcg(new, _hits_to_find(first[:10], len(gold))),
        "recall@10": recall_at(first, len(gold), 10),
        "MAP": average_precision(new, _hits_to_find(first, len(gold))),
    }


def _hits_to_find(first: Sequence[int], n_spans: int) -> int:
    """How many hits it takes to find all spans: those that found some, and one for each span not found."""
    return sum(n_found > 0 for n_found in first) + n_spans - sum(first)


def _by_rank(relevant: Sequence[bool]) -> dict[str, float]:
    return {f"hit@{k}": hit_at(relevant, k) for k in (1, 3, 5, 10)} | {
        "MRR@10": reciprocal_rank(relevant),
        "precision@10": precision_at(relevant, 10),
    }


def score_judged(run: Run, qrels: Qrels) -> Scores:
    """`MEASURES` of each topic that has a segment of grade 1 or more, by the grades of the segments that were hit.

    A segment that nobody judged is not relevant, and one that a run has twice counts at its better rank only.
    """
    return {
        topic_id: _by_grades(ranked(run.get(topic_id, ())), judged)
        for topic_id, judged in qrels.items()
        if any(grade > 0 for grade in judged.values())
    }


def _by_grades(hits: Sequence[Mapping[str, Any]], judged: Mapping[str, int]) -> dict[str, float]:
    known = {segment_id: grade for segment_id, grade in judged.items() if grade > 0}
    left = dict(known)
    gains = [left.pop(str(hit["segment_id"]), 0) for hit in hits]
    relevant = [gain > 0 for gain in gains]
    return _by_rank(relevant) | {
        "nDCG@10": graded_ndcg(gains, list(known.values())),
        "recall@10": recall_at(relevant, len(known), 10),
        "MAP": average_precision(relevant, len(known)),
    }


def bootstrap_mean(values: Sequence[float], n_topics: int | None = None, *, seed: int = 7) -> Mean:
    """Mean with a percentile bootstrap interval (10,000 resamples over topics, Efron 1979)."""
    data = np.asarray(values, dtype=np.float64)
    if data.size == 0:
        return Mean(math.nan, math.nan, math.nan, 0, n_topics or 0)
    generator = np.random.default_rng(seed)
    # A tenth at a time: the same resamples, and thousands of topics do not fill the memory.
    tenths = [data[generator.integers(0, data.size, size=(1_000, data.size))].mean(axis=1) for _ in range(10)]
    low, high = np.quantile(np.concatenate(tenths), (0.025, 0.975))
    return Mean(float(data.mean()), float(low), float(high), data.size, n_topics or data.size)


def summarise_run(run: Run, topics: Sequence[Topic]) -> dict[str, Mean]:
    """Each measure's mean over the topics that have gold, by its spans, with its interval and coverage.

    Raises:
        UsageError: no topic has gold, so that there is no mean.
    """
    scores = score_run(run, topics)
    if not scores:
        raise UsageError(
            pt=f"nenhuma das {len(topics)} perguntas tem gold; dê um arquivo de perguntas com gold para medir",
            en=f"none of the {len(topics)} topics has gold; give a topics file with gold to measure",
        )
    return _means(scores, len(topics))


def summarise_judged(run: Run, qrels: Qrels, asked: Collection[str] | None = None) -> dict[str, Mean]:
    """Each measure's mean over the topics that have something relevant, by qrels, with its interval and coverage.

    ``asked`` are the ids of the topics that count; without it, all that the qrels or the run have. trec_eval, and so
    ir-measures, gives a topic with nothing relevant zero; here it is left out, for there is nothing to find.

    Raises:
        UsageError: no topic has anything relevant, or the run is of other topics, so that there is no mean.
    """
    asked = qrels.keys() | run.keys() if asked is None else set(asked)
    scores = score_judged(run, {topic_id: judged for topic_id, judged in qrels.items() if topic_id in asked})
    if not scores:
        raise UsageError(
            pt=f"nenhum dos {len(asked)} tópicos tem julgamento de grau 1 ou mais; dê os qrels destes tópicos",
            en=f"none of the {len(asked)} topics has a judgement of grade 1 or more; give the qrels of these topics",
        )
    if run and not run.keys() & scores.keys():
        other, judged = next(iter(run)), next(iter(scores))
        raise UsageError(
            pt=f"a busca tem tópicos como {other!r:.60} e os qrels como {judged!r:.60}, nenhum em comum; "
            "dê a busca e os qrels dos mesmos tópicos",
            en=f"the run has topics such as {other!r:.60} and the qrels such as {judged!r:.60}, none of them both; "
            "give a run and qrels of the same topics",
        )
    return _means(scores, len(asked))


def _means(scores: Scores, n_topics: int) -> dict[str, Mean]:
    return {name: bootstrap_mean([one[name] for one in scores.values()], n_topics) for name in MEASURES}
