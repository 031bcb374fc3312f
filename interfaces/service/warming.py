"""What the first question would else wait for, done when the app starts: the course opened, the model opened.

Where the model's weights are not on this machine yet, they are fetched now, and whoever asks meanwhile sees how far.
"""

from __future__ import annotations

import logging
import threading

from corpus.errors import MonitoriaError
from interfaces.service.courses import Courses
from interfaces.service.faults import kind_and_place

_log = logging.getLogger(__name__)
Fetched = tuple[int, int | None]


class Warming:
    """Opens one process's first course and its model in a thread. Any thread may look."""

    def __init__(self, courses: Courses) -> None:
        self._courses = courses
        self._fetched: Fetched | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def going_on(self) -> bool:
        """Whether something is still being opened or fetched."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def fetched(self) -> Fetched | None:
        """Bytes of the model's weights that are here, and of how many, while they are fetched; else ``None``."""
        return self._fetched if self.going_on else None

    def start(self) -> None:
        """Begin, once; returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._open, name="warm up", daemon=True)
                self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until nothing is being opened any more; whether that came in time."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return not self.going_on

    def _open(self) -> None:
        try:
            usable = next((one for one in self._courses.listed() if one.fault is None), None)
            if usable is not None:
                self._courses.opened(usable.course_id).warm_up(self._note)
        except MonitoriaError as error:
            # Nobody asked yet; whoever does is told by her own answer.
            _log.warning("%s", error.en)
        except Exception as error:  # noqa: BLE001 - the same of what nobody foresaw
            _log.error("warming up failed: %s", kind_and_place(error))

    def _note(self, _: str, done: int, of: int | None) -> None:
        self._fetched = (done, of)
