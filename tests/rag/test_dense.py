"""FAISS search against numpy, filters inside the search, ties, and the GPU wheel's words without a GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.dense import DenseIndex, import_faiss
from rag.errors import IndexDamaged


def unit_rows(n: int, dim: int = 8, seed: int = 3) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 999))
def test_the_same_rows_as_sorting_all_products(n: int, k: int, seed: int) -> None:
    vectors = unit_rows(n, seed=seed)
    query = unit_rows(1, seed=seed + 1)[0]
    rows, scores = DenseIndex.build(vectors).search(query, k)
    exact = vectors @ query
    assert np.allclose(scores, np.sort(exact)[::-1][:k], atol=1e-5)
    assert np.allclose(exact[rows], scores, atol=1e-5)


def test_a_filter_acts_inside_the_search() -> None:
    """The three allowed rows are the worst of a hundred; a filter after the search would leave nothing."""
    vectors = unit_rows(100)
    query = vectors[0]
    worst = np.argsort(vectors @ query)[:3]
    allowed = np.zeros(100, dtype=np.bool_)
    allowed[worst] = True
    rows, _ = DenseIndex.build(vectors).search(query, 10, allowed)
    assert sorted(rows.tolist()) == sorted(worst.tolist())


def test_equal_scores_come_by_row() -> None:
    vectors = np.repeat(unit_rows(1), 40, axis=0)
    rows, _ = DenseIndex.build(vectors).search(vectors[0], 5)
    assert rows.tolist() == [0, 1, 2, 3, 4]


def test_nothing_allowed_finds_nothing() -> None:
    rows, scores = DenseIndex.build(unit_rows(5)).search(unit_rows(1)[0], 3, np.zeros(5, dtype=np.bool_))
    assert rows.size == scores.size == 0


def test_a_query_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="7 dimensions, the index 8"):
        DenseIndex.build(unit_rows(5)).search(np.zeros(7, dtype=np.float32), 3)


def test_round_trip(tmp_path: Path) -> None:
    vectors = unit_rows(20)
    DenseIndex.build(vectors).save(tmp_path / "dense.faiss")
    again = DenseIndex.load(tmp_path / "dense.faiss")
    assert np.array_equal(again.vectors(), vectors)
    assert np.allclose(again.scores_of(vectors[3], np.array([3, 5])), vectors[[3, 5]] @ vectors[3], atol=1e-6)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dense.faiss").write_bytes(b"not an index")
    with pytest.raises(IndexDamaged, match="rebuild"):
        DenseIndex.load(tmp_path / "dense.faiss")


def test_asking_for_a_gpu_where_there_is_none_falls_back_with_one_sentence() -> None:
    faiss = import_faiss()
    if getattr(faiss, "get_num_gpus", lambda: 0)() > 0:
        pytest.skip("this machine has a GPU")
    index = DenseIndex(faiss.IndexFlatIP(8), "gpu")
    assert index.note is not None
    assert "CPU" in index.note
