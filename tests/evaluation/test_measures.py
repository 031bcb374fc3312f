"""Retrieval measures: by hand, against scikit-learn, within [0, 1], and topics that do not vanish."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from eval.measures import bootstrap_mean, hit_at, is_relevant, ndcg, reciprocal_rank, score_run, summarise_run
from eval.topics import GoldSpan, Topic


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


@given(st.lists(st.booleans(), min_size=2, max_size=30))
def test_ndcg_agrees_with_scikit_learn(relevant: list[bool]) -> None:
    n_relevant = sum(relevant)
    expected = ndcg_score([np.array(relevant, dtype=float)], [np.arange(len(relevant), 0, -1)], k=10)
    assert ndcg(relevant, n_relevant) == pytest.approx(expected)
    assert 0.0 <= ndcg(relevant, n_relevant) <= 1.0 + 1e-12


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
