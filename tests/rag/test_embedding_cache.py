"""Vectors survive kills: torn and damaged records are cut off, whole ones are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.embedding_cache import EmbeddingCache, cache_name
from rag.records import EncoderIdentity

IDENTITY = EncoderIdentity("e5", "r", "abc", 4, "carried", "onnx")


def vectors(n: int) -> np.ndarray:
    return np.arange(n * 4, dtype=np.float32).reshape(n, 4)


def test_vectors_come_back_in_the_order_asked(tmp_path: Path) -> None:
    with EmbeddingCache(tmp_path, IDENTITY) as cache:
        cache.add(["a", "b", "c"], vectors(3))
    with EmbeddingCache(tmp_path, IDENTITY) as cache:
        assert cache.vectors(["c", "a"]).tolist() == vectors(3)[[2, 0]].tolist()
        assert "b" in cache
        assert "d" not in cache


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 5 * (32 + 16 + 4)))
def test_a_file_cut_anywhere_keeps_its_whole_records(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    folder = tmp_path_factory.mktemp("cache")
    texts = ["a", "b", "c", "d", "e"]
    with EmbeddingCache(folder, IDENTITY) as cache:
        cache.add(texts, vectors(5))
        path = cache.path
    with path.open("r+b") as stream:
        stream.truncate(length)
    with EmbeddingCache(folder, IDENTITY) as cache:
        whole = length // 52
        assert len(cache) == whole
        cache.add(texts[whole:], vectors(5)[whole:])
        assert cache.vectors(texts).tolist() == vectors(5).tolist()


def test_a_flipped_byte_is_not_believed(tmp_path: Path) -> None:
    with EmbeddingCache(tmp_path, IDENTITY) as cache:
        cache.add(["a", "b"], vectors(2))
        path = cache.path
    data = bytearray(path.read_bytes())
    data[52 + 40] ^= 1
    path.write_bytes(data)
    with EmbeddingCache(tmp_path, IDENTITY) as cache:
        assert ("a" in cache, "b" in cache) == (True, False)


def test_other_weights_and_other_precision_have_other_files() -> None:
    names = {cache_name(IDENTITY), cache_name(replace(IDENTITY, sha256="x"))}
    names |= {cache_name(replace(IDENTITY, runtime="onnx-int8")), cache_name(replace(IDENTITY, passage_prefix=""))}
    assert len(names) == 4
    assert cache_name(replace(IDENTITY, runtime="torch")) == cache_name(IDENTITY)


def test_what_nobody_needs_is_dropped_when_it_is_most_of_the_file(tmp_path: Path) -> None:
    texts = [str(i) for i in range(1000)]
    with EmbeddingCache(tmp_path, IDENTITY) as cache:
        cache.add(texts, vectors(1000))
        cache.keep_only(texts[:10])
        assert len(cache) == 10
        assert cache.vectors(["3"]).tolist() == vectors(1000)[[3]].tolist()


def test_lone_surrogates_have_a_key_too(tmp_path: Path) -> None:
    with EmbeddingCache(tmp_path, IDENTITY) as cache:
        cache.add(["\ud800"], vectors(1))
        assert "\ud800" in cache
