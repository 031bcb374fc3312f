"""A turn that is being answered in this process: what is asked, how it stands, and what of it is stored already."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corpus.language import Language
from interfaces.history.conversations import append_events, set_state
from interfaces.history.database import History
from interfaces.history.records import ENDED, TurnEvent, TurnState
from interfaces.service.drafts import Draft
from rag.records import Turn


@dataclass(frozen=True, slots=True)
class Job:
    """A question to be answered: for which stored turn, of which course, after what, in whose language."""

    turn_id: str
    course: str
    question: str
    lectures: tuple[str, ...] = ()
    before: tuple[Turn, ...] = ()
    language: Language = "pt"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A turn as it stands: its draft, its state, how many are before it, its answer or what went wrong."""

    draft: Draft
    state: TurnState
    ahead: int = 0
    record: Mapping[str, Any] | None = None
    error: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED


class Live:
    """A turn that is being answered in this process. One thread writes, any may look."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.stopping = threading.Event()
        self.abandoned = False  # nobody wants it stored: its conversation is gone
        self._changed = threading.Condition()
        self._draft = Draft()
        self._state: TurnState = "waiting"
        self._record: Mapping[str, Any] | None = None
        self._error: str | None = None
        self._pending: list[tuple[str, dict[str, Any]]] = []
        self._stored = 0
        self._said: TurnState = "waiting"
        self.closed = False

    def take(self, kind: str, payload: dict[str, Any]) -> None:
        """One more event; pieces of text that were not stored yet are joined."""
        with self._changed:
            if self.stopping.is_set():
                return
            self._state = "answering"
            self._draft = self._draft.take(kind, payload)
            last = self._pending[-1] if self._pending else None
            if kind == "text" and last is not None and last[0] == "text":
                self._pending[-1] = ("text", {"text": last[1]["text"] + payload["text"]})
            else:
                self._pending.append((kind, payload))
            self._changed.notify_all()

    def end(self, state: TurnState, record: Mapping[str, Any] | None = None, error: str | None = None) -> None:
        """How it ended; the first end stands."""
        with self._changed:
            if self._state not in ENDED:
                self._state, self._record, self._error = state, record, error
            self._changed.notify_all()

    def close(self) -> None:
        """Its thread is done; once stored it may be forgotten."""
        with self._changed:
            self.closed = True

    def snapshot(self, ahead: int) -> Snapshot:
        """As it stands now, with so many before it."""
        with self._changed:
            return Snapshot(self._draft, self._state, ahead, self._record, self._error)

    def wait_found(self, timeout_s: float) -> None:
        """Wait until its quotes are there, it has ended, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._draft.found or self._state in ENDED, timeout_s)

    def store(self, history: History) -> bool:
        """Store what came since the last time; whether all is stored and nothing more will come."""
        with self._changed:
            pending = self._pending
            self._pending = []
            state, record, error, last = self._state, self._record, self._error, self.closed
        events = [TurnEvent(n, kind, payload) for n, (kind, payload) in enumerate(pending, start=self._stored + 1)]  # type: ignore[arg-type]
        try:
            if events:
                append_events(history, self.job.turn_id, events)
        except Exception:
            with self._changed:
                self._pending = pending + self._pending
            raise
        self._stored += len(events)
        if state != self._said:
            set_state(history, self.job.turn_id, state, record=record, error=error)
            self._said = state
        return last and state in ENDED
