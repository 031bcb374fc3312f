"""From hits to figures: each question's measures by its set's convention, then means, intervals and differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from benchmarks.records import BenchQuestion, BenchSet, Convention
from eval.measures import bootstrap_mean, hit_at, is_relevant, ndcg, reciprocal_rank

# Hits asked for: enough segments that ten different documents are among them.
DEPTH = 50

QuestionScores = Mapping[str, Mapping[str, float]]

# Each takes what was relevant, by rank. In every set one hit is enough, so that nDCG's ideal is one at rank 1.
_MEASURES: Mapping[str, Callable[[Sequence[bool]], float]] = {
    "nDCG@10": lambda relevant: ndcg(relevant, 1),
    "Recall@1": lambda relevant: hit_at(relevant, 1),
    "MRR@10": reciprocal_rank,
    "hit@1": lambda relevant: hit_at(relevant, 1),
    "hit@3": lambda relevant: hit_at(relevant, 3),
    "hit@5": lambda relevant: hit_at(relevant, 5),
    "hit@10": lambda relevant: hit_at(relevant, 10),
}


def score_question(
    hits: Sequence[Mapping[str, Any]], question: BenchQuestion, convention: Convention
) -> dict[str, float]:
    """The convention's measures of one question; ``hits`` are run objects, best first. No hits score zero."""
    relevant = _relevance(hits, question, convention)
    return {name: _MEASURES[name](relevant) for name in convention.measures}


def _relevance(hits: Sequence[Mapping[str, Any]], question: BenchQuestion, convention: Convention) -> list[bool]:
    if convention.unit == "segment":
        return [is_relevant(hit, question.gold) for hit in hits]
    gold = {span.lecture_id for span in question.gold}
    return [document in gold for document in dict.fromkeys(hit["lecture_id"] for hit in hits)]


def means(scores: QuestionScores, bench_set: BenchSet) -> dict[str, dict[str, float]]:
    """Each measure's mean with its bootstrap interval, ``n`` of ``n_topics`` questions."""
    n_questions = len(scores) + sum(bench_set.left_out.values())
    return {
        name: asdict(bootstrap_mean([scores[q.question_id][name] for q in bench_set.questions], n_questions))
        for name in bench_set.convention.measures
    }


def differences(scores: QuestionScores, baseline: QuestionScores, bench_set: BenchSet) -> dict[str, dict[str, float]]:
    """Mean of ``scores`` less ``baseline``, question by question, with the interval of those differences."""
    return {
        name: asdict(
            bootstrap_mean([scores[q.question_id][name] - baseline[q.question_id][name] for q in bench_set.questions])
        )
        for name in bench_set.convention.measures
    }


def chance(bench_set: BenchSet, n_documents: int) -> float | None:
    """What a random order of documents would find at rank 1; ``None`` where segments are ranked."""
    if bench_set.convention.unit == "segment":
        return None
    return fmean(len({span.lecture_id for span in q.gold}) / n_documents for q in bench_set.questions)
