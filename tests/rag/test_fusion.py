"""Fusion: worked by hand, compared with scipy, and blind to input order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import zscore

from rag.fusion import fuse, order, standardise, with_neighbours

scores = st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=30)


def test_two_stages_by_hand() -> None:
    # Standard deviations are 1 in both: z = (-1, +1) and (+1, -1), weighted 2 and 1.
    dense = np.array([0.0, 2.0], dtype=np.float32)
    lexical = np.array([9.0, 7.0], dtype=np.float32)
    assert fuse({"dense": dense, "lexical": lexical}, {"dense": 2.0, "lexical": 1.0}).tolist() == [-1.0, 1.0]


def test_equal_scores_decide_nothing() -> None:
    same = np.full(3, 0.8, dtype=np.float32)
    other = np.array([1, 3, 2], dtype=np.float32)
    fused = fuse({"dense": same, "lexical": other}, {"dense": 1.0, "lexical": 1.0})
    assert order(fused, np.array([1, 2, 3])).tolist() == [1, 2, 0]


def test_ties_are_broken_by_id_whatever_the_input_order() -> None:
    ids = np.array([30, 10, 20])
    assert ids[order(np.zeros(3), ids)].tolist() == [10, 20, 30]


@given(scores)
def test_standardise_agrees_with_scipy(values: list[float]) -> None:
    data = np.asarray(values, dtype=np.float32)
    ours = standardise(data)
    if np.any(ours):
        assert np.allclose(ours, zscore(data.astype(np.float64)), atol=1e-9)


@given(scores, st.randoms())
def test_fusion_is_blind_to_input_order(values: list[float], random: object) -> None:
    data = np.asarray(values, dtype=np.float32)
    ids = np.arange(len(data), dtype=np.int64)
    shuffled = np.asarray(random.sample(range(len(data)), len(data)))  # type: ignore[attr-defined]
    weights = {"a": 1.0, "b": 0.5}
    straight = ids[order(fuse({"a": data, "b": data[::-1].copy()}, weights), ids)]
    moved = {"a": data[shuffled], "b": data[::-1][shuffled]}
    again = ids[shuffled][order(np.round(fuse(moved, weights), 9), ids[shuffled])]
    rounded = ids[order(np.round(fuse({"a": data, "b": data[::-1].copy()}, weights), 9), ids)]
    assert again.tolist() == rounded.tolist()
    assert sorted(straight.tolist()) == ids.tolist()


def test_stages_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="lengths"):
        fuse({"a": np.zeros(2, np.float32), "b": np.zeros(3, np.float32)}, {"a": 1, "b": 1})


def test_a_stage_without_a_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="no weight"):
        fuse({"a": np.zeros(2, np.float32)}, {})


def test_neighbours_by_hand() -> None:
    """Rows 4, 5 and 9; 4 and 5 are neighbours, row 3 is no candidate, row 9 stands alone in its lecture."""
    scores, rows = np.array([2.0, 1.0, 0.0]), np.array([4, 5, 9])
    neighbours = np.array([[3, 5], [4, -1], [-1, -1]])
    # Row 4: worst (0) and 1; row 5: 2 and the mean (1); row 9: the mean twice.
    assert with_neighbours(scores, neighbours, rows, 1.0).tolist() == [2.5, 2.5, 1.0]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12))
def test_without_weight_or_with_equal_scores_neighbours_change_no_order(values: list[float]) -> None:
    scores, rows = np.array(values), np.arange(len(values))
    neighbours = np.stack([rows - 1, np.append(rows[1:], -1)], axis=1)
    assert with_neighbours(scores, neighbours, rows, 0.0).tolist() == scores.tolist()
    assert len(set(with_neighbours(np.ones(len(values)), neighbours, rows, 0.4).round(9))) == 1
