"""Retrieval measures: by hand, against scikit-learn, within [0, 1], and topics that do not vanish.

`test_measures_peers` compares them with ir-measures and ranx.
"""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from eval.measures import (
    MEASURES,
    average_precision,
    bootstrap_mean,
    graded_ndcg,
    hit_at,
    is_relevant,
    ndcg,
    precision_at,
    ranked,
    recall_at,
    reciprocal_rank,
    score_judged,
    score_run,
    spans_first_found,
    summarise_judged,
    summarise_run,
)
from eval.topics import GoldSpan, Topic
from rag.errors import UsageError


def hit(rank: int, start_s: float | None, end_s: float | None, lecture_id: str = "a") -> dict[str, object]:
    return {"rank": rank, "lecture_id": lecture_id, "start_s": start_s, "end_s": end_s, "score": 1.0 / rank}


@pytest.mark.parametrize(
    ("span", "found", "relevant"),
    [
        ((100, 160), (0, 105), True),
        ((100, 160), (0, 104), False),
        ((100, 106), (0, 103), True),
        ((100, 106), (0, 102.9), False),
        ((100, 160), (160, 200), False),
        ((None, None), (0, 10), True),
        ((None, None), (None, None), True),
        ((100, 160), (None, None), False),
    ],
)
def test_what_counts_as_found(span: tuple, found: tuple, relevant: bool) -> None:
    assert is_relevant(hit(1, *found), [GoldSpan("a", *span)]) is relevant
    assert not is_relevant(hit(1, *found, lecture_id="b"), [GoldSpan("a", *span)])


def test_measures_by_hand() -> None:
    relevant = [False, True, False, True]
    assert [hit_at(relevant, k) for k in (1, 2)] == [0.0, 1.0]
    assert reciprocal_rank(relevant) == 0.5
    ideal = 1 / math.log2(2) + 1 / math.log2(3)
    assert ndcg(relevant, 2) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert ndcg(relevant, 0) == 0.0
    assert [precision_at(relevant, k) for k in (2, 4, 10)] == [1 / 2, 2 / 4, 2 / 10]
    assert [recall_at(relevant, 3, k) for k in (1, 2, 4)] == [0.0, 1 / 3, 2 / 3]
    assert recall_at(relevant, 0, 4) == average_precision(relevant, 0) == 0.0
    assert average_precision(relevant, 3) == pytest.approx((1 / 2 + 2 / 4) / 3)


def test_graded_gains_by_hand() -> None:
    # Two segments are judged 2 and 1; the run has the lesser first, then one that gains nothing.
    gained = 1 / math.log2(2) + 0 + 2 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert graded_ndcg([1, 0, 2], [1, 2]) == pytest.approx(gained / ideal)
    assert graded_ndcg([1, 0, 2], [1, 2], k=1) == 1 / 2
    assert graded_ndcg([1], []) == 0.0


@given(st.lists(st.booleans(), min_size=2, max_size=30))
def test_ndcg_agrees_with_scikit_learn(relevant: list[bool]) -> None:
    n_relevant = sum(relevant)
    expected = ndcg_score([np.array(relevant, dtype=float)], [np.arange(len(relevant), 0, -1)], k=10)
    assert ndcg(relevant, n_relevant) == pytest.approx(expected)
    assert 0.0 <= ndcg(relevant, n_relevant) <= 1.0 + 1e-12


TWO_SPANS = (GoldSpan("a", 0, 60), GoldSpan("a", 200, 260))


def test_spans_by_hand() -> None:
    """The first span is found at rank 2 and again at 3, the second at 4."""
    hits = [hit(1, 100, 150), hit(2, 0, 40), hit(3, 40, 80), hit(4, 190, 270)]
    assert spans_first_found(hits, TWO_SPANS) == [0, 1, 0, 1]
    scores = score_run({"t": hits}, [Topic("t", "?", gold=TWO_SPANS)])["t"]
    ideal = 1 / math.log2(2) + 1 / math.log2(3)
    assert scores["nDCG@10"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert scores["MAP"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert (scores["recall@10"], scores["precision@10"], scores["MRR@10"]) == (1.0, 0.3, 0.5)


def test_spans_that_one_hit_finds_together_ask_for_one_hit() -> None:
    topic = Topic("t", "?", gold=(*TWO_SPANS, GoldSpan("b", 0, 60)))
    both = score_run({"t": [hit(1, 0, 260), hit(2, 300, 400)]}, [topic])["t"]
    assert both["nDCG@10"] == pytest.approx(1 / (1 + 1 / math.log2(3)))
    assert (both["recall@10"], both["MAP"]) == (2 / 3, 1 / 2)
    everything = score_run({"t": [hit(1, 0, 260), hit(2, 0, 60, "b")]}, [topic])["t"]
    assert everything["nDCG@10"] == everything["recall@10"] == everything["MAP"] == 1.0


def judged_hit(segment_id: int, rank: int, score: float = 0.0) -> dict[str, object]:
    return {"segment_id": segment_id, "rank": rank, "score": score}


def test_judgements_by_hand() -> None:
    run = {"t": [judged_hit(7, 1), judged_hit(8, 2), judged_hit(9, 3)]}
    qrels = {"t": {"8": 2, "9": -1, "10": 1}}
    scores = score_judged(run, qrels)["t"]
    assert scores["nDCG@10"] == pytest.approx((2 / math.log2(3)) / (2 + 1 / math.log2(3)))
    assert (scores["recall@10"], scores["MAP"], scores["MRR@10"]) == (1 / 2, (1 / 2) / 2, 1 / 2)


def test_a_segment_that_a_run_has_twice_counts_once() -> None:
    qrels = {"t": {"7": 1, "8": 1}}
    scores = score_judged({"t": [judged_hit(7, 1), judged_hit(7, 2)]}, qrels)["t"]
    assert (scores["recall@10"], scores["precision@10"], scores["MAP"]) == (0.5, 0.1, 0.5)


hits_in_time = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 400), st.integers(1, 180)), max_size=15)
spans_in_time = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 400), st.integers(1, 180)), min_size=1, max_size=5
)


@given(hits_in_time, spans_in_time)
def test_measures_by_spans_stay_within_0_and_1(found: list[tuple], wanted: list[tuple]) -> None:
    hits = [hit(rank, start, start + length, a) for rank, (a, start, length) in enumerate(found, start=1)]
    gold = tuple(GoldSpan(a, start, start + length) for a, start, length in wanted)
    scores = score_run({"t": hits}, [Topic("t", "?", gold=gold)])["t"]
    assert tuple(sorted(scores)) == tuple(sorted(MEASURES))
    assert all(0.0 <= score <= 1.0 + 1e-12 for score in scores.values())
    assert all((score > 0) == (scores["hit@10"] > 0) for name, score in scores.items() if name.endswith("@10"))
    assert (scores["recall@10"] == 1.0) == all(any(is_relevant(one, [span]) for one in hits[:10]) for span in gold)


@given(st.permutations([(1, 0.5, 3), (1, 0.5, 1), (1, 0.9, 2), (2, 0.9, 5), (3, 0.9, 4)]))
def test_a_rank_given_twice_goes_by_score_and_then_by_id(hits: list[tuple[int, float, int]]) -> None:
    order = ranked([judged_hit(segment_id, rank, score) for rank, score, segment_id in hits])
    assert [one["segment_id"] for one in order] == [2, 1, 3, 5, 4]


def test_the_order_of_equal_scores_is_worth_a_third_of_ndcg() -> None:
    """Why ranks are what counts: three hits of one score, the relevant one first or last."""
    qrels = {"t": {"1": 1}}
    first = {"t": [judged_hit(segment_id, rank, 0.5) for rank, segment_id in enumerate([1, 2, 3], start=1)]}
    last = {"t": [judged_hit(segment_id, rank, 0.5) for rank, segment_id in enumerate([3, 2, 1], start=1)]}
    assert score_judged(first, qrels)["t"]["nDCG@10"] == 1.0
    assert score_judged(last, qrels)["t"]["nDCG@10"] == 0.5
    shuffled = {"t": random.Random(3).sample(first["t"], 3)}
    assert score_judged(shuffled, qrels) == score_judged(first, qrels)


def test_what_nobody_could_find_is_left_out_and_counted() -> None:
    run = {"t": [judged_hit(1, 1)], "unjudged": [judged_hit(1, 1)]}
    qrels = {"t": {"1": 1}, "no-hits": {"1": 2}, "nothing": {"1": 0}}
    mean = summarise_judged(run, qrels)["hit@1"]
    assert (mean.value, mean.n, mean.n_topics) == (0.5, 2, 4)
    asked = summarise_judged(run, qrels, ["t", "nothing", "elsewhere"])["hit@1"]
    assert (asked.value, asked.n, asked.n_topics) == (1.0, 1, 3)


@pytest.mark.parametrize(
    ("qrels", "said"),
    [
        ({"t": {"1": 0}}, "none of the 1 topics has a judgement of grade 1 or more"),
        ({"301": {"1": 1}}, "the run has topics such as 't' and the qrels such as '301'"),
    ],
)
def test_judgements_of_something_else_are_refused(qrels: dict[str, dict[str, int]], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        summarise_judged({"t": [judged_hit(1, 1)]}, qrels)
    assert said in caught.value.en
    assert caught.value.exit_code == 2


def test_a_topic_without_hits_counts_as_zero() -> None:
    topics = [
        Topic("t1", "?", gold=(GoldSpan("a", 0, 60),)),
        Topic("t2", "?", gold=(GoldSpan("a", 0, 60),)),
        Topic("t3", "?"),
    ]
    run = {"t1": [hit(1, 0, 60)]}
    assert score_run(run, topics)["t2"]["hit@5"] == 0.0
    mean = summarise_run(run, topics)["hit@5"]
    assert (mean.value, mean.n, mean.n_topics) == (0.5, 2, 3)


def test_the_order_of_lines_in_a_run_does_not_matter() -> None:
    topics = [Topic("t", "?", gold=(GoldSpan("a", 0, 60),))]
    hits = [hit(1, 100, 200), hit(2, 0, 60)]
    assert score_run({"t": hits}, topics) == score_run({"t": hits[::-1]}, topics)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_an_interval_holds_its_mean_and_repeats(values: list[float]) -> None:
    mean = bootstrap_mean(values)
    assert mean.low - 1e-9 <= mean.value <= mean.high + 1e-9
    assert mean == bootstrap_mean(values)


def test_no_values_have_no_mean() -> None:
    mean = bootstrap_mean([], 7)
    assert math.isnan(mean.value)
    assert (mean.n, mean.n_topics) == (0, 7)
