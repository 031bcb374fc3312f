"""What takes seconds to minutes and changes or reads a whole index: done by threads that no page run owns.

One work at a time a course in this process, in the order in which they were asked for; `rag.generations.build_lock`
keeps other processes apart. A process that dies loses no index: a build is live or it is not.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import uuid4

from corpus.errors import MonitoriaError, UsageError
from interfaces.access import Action, need
from interfaces.history.records import Person
from interfaces.service.faults import kind_and_place

_log = logging.getLogger(__name__)
_KEPT = 200

Kind = Literal["correction", "upload", "removal", "verification"]
State = Literal["waiting", "running", "done", "failed"]
Step = Callable[[int, int | None], None]
_NEEDS: Mapping[Kind, Action] = {
    "correction": "correct segments",
    "upload": "upload",
    "removal": "upload",
    "verification": "see segments",
}


@dataclass(frozen=True, slots=True)
class Work:
    """A work as it stands: ``done`` of ``of`` steps, where these are known.

    ``about`` is the segment that is corrected; ``result`` is what the kind of work returns, ``error`` why it failed.
    """

    work_id: str
    course: str
    kind: Kind
    person_id: str
    about: int | None = None
    state: State = "waiting"
    done: int = 0
    of: int | None = None
    result: Any = None
    error: MonitoriaError | None = None
    seconds: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self.state in ("done", "failed")


class Works:
    """The works of one process; those that ended are remembered for a while. Safe to use from many threads."""

    def __init__(self) -> None:
        self._works: dict[str, Work] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    def start(
        self, course: str, kind: Kind, person: Person, run: Callable[[Step], Any], *, about: int | None = None
    ) -> Work:
        """Begin a work in a thread of its own, or have it wait for those of the same course.

        Raises:
            AccessDenied: the person may not have that kind of work done.
        """
        need(person, _NEEDS[kind])
        work = Work(uuid4().hex, course, kind, person.person_id, about)
        with self._lock:
            self._works[work.work_id] = work
            turn = self._turns.setdefault(course, threading.Lock())
            ended = [one.work_id for one in self._works.values() if one.ended]
            for old in ended[: max(0, len(self._works) - _KEPT)]:
                del self._works[old]
        # Threads take a lock nearly in the order in which they ask for it, which is all that is promised.
        threading.Thread(target=self._run, args=(work.work_id, turn, run), name=kind, daemon=True).start()
        return work

    def watched(self, person: Person, work_id: str) -> Work:
        """A work as it stands now.

        Raises:
            AccessDenied: the person may not have that kind of work done.
            UsageError: none of that id is known here: it is long over, or the app was started anew.
        """
        with self._lock:
            found = self._works.get(work_id)
        if found is None:
            raise UsageError(
                pt="este trabalho já não é conhecido aqui (o app foi reiniciado?); veja no curso o que ficou",
                en="this work is no longer known here (was the app restarted?); see in the course what was kept",
            )
        need(person, _NEEDS[found.kind])
        return found

    def running(self, person: Person, course: str, kind: Kind) -> Work | None:
        """The person's own work of that kind that goes on in a course: what a page shows again after a reload."""
        need(person, _NEEDS[kind])
        with self._lock:
            asked = (person.person_id, course, kind)
            mine = [one for one in self._works.values() if (one.person_id, one.course, one.kind) == asked]
        return next((one for one in mine if not one.ended), None)

    def waited_for(self, person: Person, work_id: str, timeout_s: float) -> Work:
        """The work once it has ended, or as it stands after ``timeout_s`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: work_id not in self._works or self._works[work_id].ended, timeout_s)
        return self.watched(person, work_id)

    def _run(self, work_id: str, turn: threading.Lock, run: Callable[[Step], Any]) -> None:
        with turn:
            started = time.monotonic()
            self._set(work_id, state="running")
            try:
                result = run(lambda done, of: self._set(work_id, done=done, of=of))
            except MonitoriaError as error:
                self._set(work_id, state="failed", error=error, seconds=time.monotonic() - started)
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
                _log.error("a work failed: %s", kind_and_place(error))
                self._set(work_id, state="failed", error=_unexpected(error), seconds=time.monotonic() - started)
            else:
                self._set(work_id, state="done", result=result, seconds=time.monotonic() - started)

    def _set(self, work_id: str, **changes: Any) -> None:  # noqa: ANN401 - a work's own fields
        with self._changed:
            if work_id in self._works:
                self._works[work_id] = replace(self._works[work_id], **changes)
            self._changed.notify_all()


def _unexpected(error: Exception) -> MonitoriaError:
    kind = type(error).__name__
    return MonitoriaError(
        pt=f"algo inesperado impediu isto ({kind}); o curso ficou como estava; tente de novo",
        en=f"something unexpected prevented this ({kind}); the course is as it was; try again",
    )
