"""One thread for small products, while they last."""

from __future__ import annotations

import threading

import numpy as np
from threadpoolctl import threadpool_info

from rag.blas import one_blas_thread


def blas_threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))  # numpy's BLAS is loaded
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_inside_there_is_one_thread_and_afterwards_as_many_as_before() -> None:
    before = blas_threads()
    with one_blas_thread:
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_two_questions_at_once_leave_nothing_behind() -> None:
    """A enters, B enters, A leaves, B leaves: what B found set by A must not stay."""
    before = blas_threads()
    entered, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with one_blas_thread:
            entered.set()
            leave.wait(10)

    with one_blas_thread:
        other = threading.Thread(target=stay)
        other.start()
        assert entered.wait(10)
    leave.set()
    other.join()
    assert blas_threads() == before
