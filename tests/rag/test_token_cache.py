"""Token codes survive kills, and never outlive the calibration that made them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.encoder import TokenVectors
from rag.records import EncoderIdentity
from rag.token_cache import TokenCache
from rag.token_codes import Calibration, TokenCodes

IDENTITY = EncoderIdentity("e5", "r", "abc", 8, "carried", "onnx")
CALIBRATION = Calibration(np.zeros(8, np.float32), np.eye(8, dtype=np.float32), np.ones(8, np.float32))


def codes(n: int) -> TokenCodes:
    return TokenCodes(
        np.arange(n, dtype=np.int32), np.arange(n, dtype=np.int32) * 3, np.arange(2 * n, dtype=np.uint8).reshape(n, 2)
    )


def fill(folder: Path) -> Path:
    with TokenCache(folder, IDENTITY) as cache:
        cache.calibrate(CALIBRATION)
        cache.add(["a", "b", "c"], [codes(1), codes(0), codes(5)])
        return cache.path


def test_codes_come_back_in_the_order_asked(tmp_path: Path) -> None:
    fill(tmp_path)
    with TokenCache(tmp_path, IDENTITY) as cache:
        five, one = cache.codes(["c", "a"])
        assert five.codes.tolist() == codes(5).codes.tolist()
        assert five.starts.tolist() == [0, 3, 6, 9, 12]
        assert one.token_ids.tolist() == [0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40 * 3 + 60))
def test_a_file_cut_anywhere_keeps_its_whole_records(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    folder = tmp_path_factory.mktemp("tokens")
    path = fill(folder)
    whole = path.stat().st_size
    with path.open("r+b") as stream:
        stream.truncate(min(length, whole))
    with TokenCache(folder, IDENTITY) as cache:
        kept = [name for name in "abc" if name in cache]
        assert kept == list("abc")[: len(kept)]
        cache.add([n for n in "abc" if n not in cache], [codes(5) for n in "abc" if n not in kept])
        assert len(cache.codes(["a", "b", "c"])) == 3


def test_codes_without_their_calibration_are_dropped(tmp_path: Path) -> None:
    fill(tmp_path)
    next(tmp_path.glob("*.calibration.npz")).unlink()
    with TokenCache(tmp_path, IDENTITY) as cache:
        assert cache.calibration is None
        assert "a" not in cache


def test_what_is_held_before_the_calibration_survives_a_kill(tmp_path: Path) -> None:
    vectors = np.arange(16, dtype=np.float32).reshape(2, 8)
    found = TokenVectors(np.array([4, 5], np.int32), np.array([[0, 1], [1, 2]], np.int32), vectors)
    with TokenCache(tmp_path, IDENTITY) as cache:
        cache.hold(["a"], [found])
    with TokenCache(tmp_path, IDENTITY) as cache:
        again = cache.held("a")
        assert again is not None
        assert again.vectors.tolist() == vectors.tolist()
        assert cache.held("b") is None
        cache.release()
        assert cache.held("a") is None
