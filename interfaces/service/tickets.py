"""Tickets by which a browser fetches, or lets go of, the cookie that says who signed in; no script sees what is in it.

A page can only hand its browser what a script can read. So it hands out a word that is good once, for a moment, and
the server answers whoever brings it with the cookie. Tickets are of this process, as the page that gives them is.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Literal

LASTS_S = 60


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the browser is to do with its cookie: keep this token so long, or drop this one (empty: whichever)."""

    act: Literal["keep", "drop"]
    token: str
    for_s: int = 0


class Tickets:
    """Those that nobody has brought yet. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Ticket, float]] = {}

    def give(self, ticket: Ticket, now_s: float | None = None) -> str:
        """The word that stands for the ticket: letters and figures, 256 random bits."""
        word, now_s = secrets.token_hex(32), time.monotonic() if now_s is None else now_s
        with self._lock:
            self._waiting = {one: told for one, told in self._waiting.items() if told[1] > now_s}
            self._waiting[word] = (ticket, now_s + LASTS_S)
        return word

    def waits(self, word: str, now_s: float | None = None) -> bool:
        """Whether nobody has brought the word, and still might."""
        with self._lock:
            found = self._waiting.get(word)
        return found is not None and found[1] > (time.monotonic() if now_s is None else now_s)

    def take(self, word: str, now_s: float | None = None) -> Ticket | None:
        """What the word stands for, once; ``None`` for one that is used, too old or invented."""
        with self._lock:
            found = self._waiting.pop(word, None)
        if found is None or found[1] <= (time.monotonic() if now_s is None else now_s):
            return None
        return found[0]


TICKETS = Tickets()
