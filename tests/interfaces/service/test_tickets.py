"""A ticket is good once and for a moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from interfaces.service.tickets import LASTS_S, Ticket, Tickets

KEEP = Ticket("keep", "a token", 3600)


def test_a_ticket_is_taken_once() -> None:
    tickets = Tickets()
    word = tickets.give(KEEP)
    assert tickets.waits(word)
    assert tickets.take(word) == KEEP
    assert not tickets.waits(word)
    assert tickets.take(word) is None


def test_it_is_over_after_a_moment() -> None:
    tickets = Tickets()
    word = tickets.give(KEEP, now_s=100.0)
    assert tickets.waits(word, now_s=100.0 + LASTS_S - 1)
    assert not tickets.waits(word, now_s=100.0 + LASTS_S)
    assert tickets.take(word, now_s=100.0 + LASTS_S) is None


def test_words_are_long_different_and_no_token() -> None:
    tickets = Tickets()
    words = [tickets.give(KEEP) for _ in range(50)]
    assert len(set(words)) == 50
    assert all(len(word) == 64 and "token" not in word for word in words)
    assert tickets.take("0" * 64) is None


def test_of_many_who_bring_one_word_one_gets_it() -> None:
    tickets = Tickets()
    word = tickets.give(KEEP)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(tickets.take, [word] * 64))
    assert [one for one in taken if one is not None] == [KEEP]
