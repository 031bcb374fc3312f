"""A question's products: numpy's to rounding, and the same bits in every thread."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.products import product, product_with


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(1, 400), st.integers(1, 60), st.integers(0, 99))
def test_products_are_numpys(m: int, k: int, n: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    left, right = chance.normal(size=(m, k)).astype(np.float32), chance.normal(size=(k, n)).astype(np.float32)
    assert np.allclose(product(left, right), left.astype(np.float64) @ right, atol=1e-3)
    assert np.allclose(product_with(left, right[:, 0]), left.astype(np.float64) @ right[:, 0], atol=1e-3)


@pytest.mark.parametrize("shape", [(20, 384, 384), (1000, 384, 20), (384, 384, 7), (3, 384, 384)])
def test_every_thread_gets_the_same_bits(shape: tuple[int, int, int]) -> None:
    m, k, n = shape
    chance = np.random.default_rng(1)
    left, right = chance.normal(size=(m, k)).astype(np.float32), chance.normal(size=(k, n)).astype(np.float32)
    here = product(left, right)
    there: list[bool] = []
    threads = [threading.Thread(target=lambda: there.append(np.array_equal(product(left, right), here))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert there == [True, True]
