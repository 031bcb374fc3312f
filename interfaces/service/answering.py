"""Answers produced by threads that no page run owns, stored as they come, watched by whoever may see them.

Every question is searched at once; only writing waits for its turn, since an embedded model does one thing at a time.
One thread stores what all of them produce, in batches and in order.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from corpus.errors import MonitoriaError
from corpus.language import say, set_interface_language
from interfaces.history.conversations import events_of, fail_abandoned, turn
from interfaces.history.database import History
from interfaces.history.errors import NotKept
from interfaces.history.records import Turn as StoredTurn
from interfaces.service.courses import Courses
from interfaces.service.drafts import draft_of, told
from interfaces.service.faults import kind_and_place
from interfaces.service.live import Job, Live, Snapshot
from interfaces.service.suggestions import questions_after
from interfaces.service.turnstile import Turnstile
from rag.events import AnswerReady, QuotesChosen
from rag.exchange import answer_record
from rag.index import Filters
from rag.llm import physical_cores
from rag.records import Answer

_log = logging.getLogger(__name__)

STORE_EVERY_S = 0.1
_MOST_LIVE = 500
# A living process beats every five seconds; one that has been silent for so long left its turns behind.
_DEAD_AFTER_S = 20.0
_LOOK_FOR_DEAD_EVERY_S = 5.0


class TooBusy(MonitoriaError):
    """More questions wait than this process takes."""


class Answering:
    """Takes questions and answers them in the background. One a process."""

    def __init__(self, history: History, courses: Courses, *, at_once: int | None = None) -> None:
        """Answers ``at_once`` at a time; by default one by the embedded model, eight by any other."""
        llm = courses.settings.llm
        embedded = llm.spec.strip() == "embedded" and llm.base_url is None
        at_once = at_once or (1 if embedded else 8)
        self._history = history
        self._courses = courses
        self._turnstile = Turnstile(at_once)
        self._finding = threading.Semaphore(max(physical_cores(), at_once))
        self._live: dict[str, Live] = {}
        self._lock = threading.Lock()
        self._something = threading.Event()
        self._looked = float("-inf")
        self._closing = False
        threading.Thread(target=self._store_forever, name="store answers", daemon=True).start()

    @property
    def n_live(self) -> int:
        """How many turns are being answered, or wait, in this process."""
        return len(self._live)

    @property
    def turnstile(self) -> Turnstile:
        """Where whatever else asks the same model waits for its turn among the answers."""
        return self._turnstile

    def close(self) -> None:
        """Have its thread store what there is, and end; nothing more is to be asked of it."""
        self._closing = True
        self._something.set()

    def start(self, job: Job) -> None:
        """Begin to answer a stored turn; returns at once.

        Raises:
            TooBusy: too many wait already.
        """
        live = Live(job)
        with self._lock:
            if len(self._live) >= _MOST_LIVE:
                raise TooBusy(
                    pt=f"{_MOST_LIVE} perguntas já esperam resposta; tente de novo em alguns minutos",
                    en=f"{_MOST_LIVE} questions are waiting already; try again in a few minutes",
                )
            self._live[job.turn_id] = live
        self._something.set()
        threading.Thread(target=self._answer, args=(live,), name="answer", daemon=True).start()

    def stop(self, turn_id: str) -> None:
        """Stop an answer: what is written stays, nothing is added."""
        if live := self._live.get(turn_id):
            live.stopping.set()
            live.end("stopped")
            self._turnstile.wake()

    def abandon(self, turn_id: str) -> None:
        """Stop an answer and store nothing more of it: its conversation is being deleted."""
        if live := self._live.get(turn_id):
            live.abandoned = True
            self.stop(turn_id)

    def snapshot(self, turn_id: str) -> Snapshot:
        """A turn as it stands, from this process's memory or as stored.

        Raises:
            NotKept: there is no such turn.
        """
        if live := self._live.get(turn_id):
            return live.snapshot(self._turnstile.ahead(turn_id))
        stored = turn(self._history, turn_id)
        if not stored.ended and self._look_for_dead():
            stored = turn(self._history, turn_id)
        return self.snapshot_of(stored)

    def snapshot_of(self, stored: StoredTurn) -> Snapshot:
        """The same of a turn that was read already."""
        if live := self._live.get(stored.turn_id):
            return live.snapshot(self._turnstile.ahead(stored.turn_id))
        told_before = () if stored.record and not stored.record["abstained"] else self._events(stored.turn_id)
        return Snapshot(draft_of(told_before), stored.state, 0, stored.record, stored.error)

    def wait_found(self, turn_id: str, timeout_s: float) -> None:
        """Wait until a turn's quotes are there, it has ended, or the time is over."""
        if live := self._live.get(turn_id):
            live.wait_found(timeout_s)

    def wait_stored(self, turn_ids: Sequence[str], timeout_s: float) -> bool:
        """Wait until these turns have ended and are stored; whether they are."""
        until = time.monotonic() + timeout_s
        while any(turn_id in self._live for turn_id in turn_ids):
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        return True

    def _events(self, turn_id: str) -> list[tuple[str, Mapping[str, Any]]]:
        return [(event.kind, event.payload) for event in events_of(self._history, turn_id)]

    def _look_for_dead(self) -> bool:
        """Have turns of dead processes say so; whether it was looked, which is not done at every glance."""
        if time.monotonic() - self._looked < _LOOK_FOR_DEAD_EVERY_S:
            return False
        self._looked = time.monotonic()
        fail_abandoned(self._history, _DEAD_AFTER_S)
        return True

    def _answer(self, live: Live) -> None:
        set_interface_language(live.job.language)
        try:
            answer = self._produced(live)
            if answer is not None:
                live.end("done", answer)
        except MonitoriaError as error:
            live.end("failed", error=str(error))
        except Exception as error:  # noqa: BLE001 - a thread's end; told to the asker in a plain sentence
            _log.error("an answer failed: %s", kind_and_place(error))
            live.end("failed", error=_unexpected(error))
        finally:
            live.close()
            self._something.set()

    def _produced(self, live: Live) -> dict[str, Any] | None:
        """The answer's record; ``None`` where it was stopped."""
        job = live.job
        course = self._courses.opened(job.course)
        filters = Filters(lectures=job.lectures) if job.lectures else None
        with closing(course.stream(job.question, filters=filters, history=job.before)) as events:  # type: ignore[type-var]
            with self._finding:
                for event in events:
                    live.take(*told(event))
                    if isinstance(event, QuotesChosen) or live.stopping.is_set():
                        break
            answer: Answer | None = None
            with self._turnstile.passed(job.turn_id, live.stopping.is_set) as mine:
                for event in events if mine else ():
                    if live.stopping.is_set():
                        return None
                    live.take(*told(event))
                    if isinstance(event, AnswerReady):
                        answer = event.answer
        if answer is None:
            return None
        encoder = course.retriever.segments.encoder
        return answer_record(answer) | {"follow_ups": questions_after(course.index, encoder, answer, job.before)}

    def _store_forever(self) -> None:
        pause = STORE_EVERY_S
        closing = False
        while not closing:
            self._something.wait()
            time.sleep(pause)
            closing = self._closing
            started = time.monotonic()
            for live in list(self._live.values()):
                self._store(live)
            # A slow database is written to less often, in larger batches.
            pause = max(STORE_EVERY_S, 3 * (time.monotonic() - started))
            with self._lock:
                if not self._live and not self._closing:
                    self._something.clear()

    def _store(self, live: Live) -> None:
        turn_id = live.job.turn_id
        try:
            finished = live.closed if live.abandoned else live.store(self._history)
        except NotKept:
            live.abandoned, finished = True, False
            self.stop(turn_id)
        except Exception as error:  # noqa: BLE001 - the database is away; tried again
            _log.error("an answer could not be stored: %s", kind_and_place(error))
            finished = False
        if finished:
            with self._lock:
                self._live.pop(turn_id, None)


def _unexpected(error: Exception) -> str:
    kind = type(error).__name__
    return say(
        f"algo inesperado impediu a resposta ({kind}); tente de novo",
        f"something unexpected prevented the answer ({kind}); try again",
    )
