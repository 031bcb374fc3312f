"""FAISS search against numpy, exact and approximate: filters inside the search, ties, and the GPU wheel's words."""

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


def clustered_rows(n: int, dim: int = 16, seed: int = 3) -> np.ndarray:
    """Unit rows around 50 centres, as lectures lie around their subjects."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(50, dim))[random.integers(0, 50, n)] + 0.7 * random.normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


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


def test_the_index_is_exact_up_to_a_size_and_says_so() -> None:
    vectors = unit_rows(40)
    assert DenseIndex.build(vectors, exact_up_to=40).kind == "exact"
    assert DenseIndex.build(vectors, exact_up_to=39).kind == "approximate"
    assert DenseIndex.build(vectors).kind == "exact"


def test_an_approximate_search_finds_nearly_all_of_the_exact_ten() -> None:
    vectors, queries = clustered_rows(6000), clustered_rows(50, seed=4)
    index = DenseIndex.build(vectors, exact_up_to=1000)
    exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
    found = [
        len(set(index.search(q, 10)[0].tolist()) & set(ten.tolist())) for q, ten in zip(queries, exact, strict=True)
    ]
    assert np.mean(found) / 10 >= 0.98


def test_an_approximate_index_rounds_cosines_to_half_precision() -> None:
    vectors, query = clustered_rows(3000, dim=384), clustered_rows(1, dim=384, seed=4)[0]
    index = DenseIndex.build(vectors, exact_up_to=100)
    rows, scores = index.search(query, 20)
    assert np.allclose(scores, vectors[rows] @ query, atol=1e-4)
    assert np.allclose(index.scores_of(query, rows), vectors[rows] @ query, atol=1e-4)
    assert np.allclose(index.vectors(), vectors, atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 1000), st.integers(1, 40), st.integers(0, 99))
def test_a_filter_that_leaves_few_rows_makes_an_approximate_search_exact(n_allowed: int, k: int, seed: int) -> None:
    """Whatever is allowed, and however far from the question it lies."""
    vectors, query = clustered_rows(3000), clustered_rows(1, seed=seed)[0]
    index = DenseIndex.build(vectors, exact_up_to=100)
    allowed = np.zeros(3000, dtype=np.bool_)
    allowed[np.random.default_rng(seed).choice(3000, n_allowed, replace=False)] = True
    rows, scores = index.search(query, k, allowed)
    stored = np.where(allowed, index.vectors() @ query, -2.0)
    assert allowed[rows].all()
    assert np.allclose(scores, np.sort(stored)[::-1][: min(k, n_allowed)], atol=1e-5)


def test_a_filter_of_the_far_half_still_fills_the_list() -> None:
    """The lists that are searched first hold next to none of the rows that the filter leaves."""
    vectors, query = clustered_rows(3000), clustered_rows(1, seed=5)[0]
    allowed = np.zeros(3000, dtype=np.bool_)
    allowed[np.argsort(vectors @ query)[:1500]] = True
    rows, _ = DenseIndex.build(vectors, exact_up_to=100).search(query, 1400, allowed)
    assert rows.size == np.unique(rows).size == 1400
    assert allowed[rows].all()


def test_an_approximate_search_that_asks_for_everything_gets_everything() -> None:
    vectors = clustered_rows(500)
    rows, _ = DenseIndex.build(vectors, exact_up_to=100).search(vectors[0], 600)
    assert sorted(rows.tolist()) == list(range(500))


def test_equal_scores_come_by_row_from_an_approximate_index_too() -> None:
    vectors = np.concatenate([clustered_rows(400), np.repeat(clustered_rows(1, seed=8), 12, axis=0)])
    rows, _ = DenseIndex.build(vectors, exact_up_to=100).search(vectors[-1], 5)
    assert rows.tolist() == [400, 401, 402, 403, 404]


def test_the_same_vectors_give_the_same_file_and_the_file_the_same_hits(tmp_path: Path) -> None:
    vectors, queries = clustered_rows(3000), clustered_rows(10, seed=4)
    index = DenseIndex.build(vectors, exact_up_to=100)
    index.save(tmp_path / "one.faiss")
    DenseIndex.build(vectors, exact_up_to=100).save(tmp_path / "two.faiss")
    assert (tmp_path / "one.faiss").read_bytes() == (tmp_path / "two.faiss").read_bytes()
    again = DenseIndex.load(tmp_path / "one.faiss")
    assert again.kind == "approximate"
    assert len(again) == 3000
    assert np.array_equal(again.vectors(), index.vectors())
    for query in queries:
        assert [part.tolist() for part in again.search(query, 30)] == [p.tolist() for p in index.search(query, 30)]


def test_vectors_on_the_disk_are_indexed_without_being_read_at_once(tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", clustered_rows(2000))
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    index = DenseIndex.build(mapped, exact_up_to=100)
    assert np.allclose(index.vectors(), mapped, atol=1e-3)


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
