"""Who is next: a first-come, first-served gate that lets a few through at a time and tells who is before whom."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Turnstile:
    """At most ``at_once`` inside; the others wait in the order in which they came."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._inside: set[str] = set()
        self._waiting: deque[str] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def passed(self, name: str, gave_up: Callable[[], bool]) -> Iterator[bool]:
        """Wait for one's turn and hold it; false, and nothing held, where ``gave_up`` came true while waiting.

        Whoever makes ``gave_up`` true calls `wake`.
        """
        with self._changed:
            self._waiting.append(name)
            self._changed.wait_for(lambda: gave_up() or self._is_next(name))
            self._waiting.remove(name)
            inside = not gave_up()
            if inside:
                self._inside.add(name)
            self._changed.notify_all()
        try:
            yield inside
        finally:
            with self._changed:
                self._inside.discard(name)
                self._changed.notify_all()

    def wake(self) -> None:
        """Have those who wait look whether they still want to."""
        with self._changed:
            self._changed.notify_all()

    def ahead(self, name: str) -> int:
        """How many must come out before this one may go in; 0 for who is inside or not here."""
        with self._changed:
            if name not in self._waiting:
                return 0
            return max(0, self._waiting.index(name) + 1 + len(self._inside) - self._at_once)

    def _is_next(self, name: str) -> bool:
        return len(self._inside) < self._at_once and self._waiting[0] == name
