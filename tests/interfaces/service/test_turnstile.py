"""The gate lets at most so many through, in the order in which they came, and tells who is before whom."""

from __future__ import annotations

import threading
import time

import pytest

from interfaces.service.turnstile import Turnstile


@pytest.mark.parametrize("at_once", [1, 3])
def test_at_most_so_many_are_inside_and_the_first_to_come_goes_first(at_once: int) -> None:
    gate = Turnstile(at_once)
    lock = threading.Lock()
    inside, most, order = 0, 0, []

    def pass_through(name: str) -> None:
        nonlocal inside, most
        with gate.passed(name, lambda: False) as mine:
            assert mine
            with lock:
                inside += 1
                most = max(most, inside)
                order.append(name)
            time.sleep(0.005)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=pass_through, args=(str(n),)) for n in range(12)]
    for thread in threads:
        thread.start()
        time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert most == at_once
    if at_once == 1:
        assert order == [str(n) for n in range(12)]


def test_who_waits_is_told_how_many_are_before_her_and_may_give_up() -> None:
    gate = Turnstile(1)
    gave_up = threading.Event()
    results: list[bool] = []

    def wait() -> None:
        with gate.passed("second", gave_up.is_set) as mine:
            results.append(mine)

    with gate.passed("first", lambda: False):
        waiting = threading.Thread(target=wait)
        waiting.start()
        while gate.ahead("second") == 0:
            time.sleep(0.001)
        assert gate.ahead("second") == 1
        assert gate.ahead("first") == gate.ahead("stranger") == 0
        gave_up.set()
        gate.wake()
        waiting.join(10)
    assert results == [False]
    with gate.passed("third", lambda: False) as mine:
        assert mine
