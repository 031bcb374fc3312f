"""What one process has open: the database, the courses, the answers and the indexes being made."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from interfaces.course_folders import course_folders
from interfaces.history.database import History
from interfaces.history.errors import HistoryProblem
from interfaces.history.locating import database_of
from interfaces.history.people import forget_older_than
from interfaces.service.answering import Answering
from interfaces.service.courses import Courses
from interfaces.service.evaluations import Evaluations
from interfaces.service.warming import Warming
from interfaces.service.works import Works
from rag.config import Settings, load_settings

_log = logging.getLogger(__name__)
_FORGET_EVERY_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that an action needs besides the person who asks for it."""

    settings: Settings
    history: History
    courses: Courses
    answering: Answering
    warming: Warming
    works: Works = field(default_factory=Works)
    evaluations: Evaluations = field(default_factory=Evaluations)

    def close(self) -> None:
        """End what goes on in the background and close the database; answers under way are not waited for."""
        self.answering.close()
        self.history.close()


def open_desk(
    folders: Sequence[Path] = (),
    *,
    settings: Settings | None = None,
    llm: str | BaseChatModel | None = None,
) -> Desk:
    """Open the database and list the courses.

    ``folders`` are index folders; without any, those of ``app.courses``, and without these ``demo/index`` where
    `make demo` left one.
    """
    settings = settings or load_settings()
    named = tuple(folders) or course_folders(settings)
    history = History.open(database_of(settings.app))
    if settings.app.keep_days is not None:
        arguments = (history, settings.app.keep_days)
        threading.Thread(target=_keep_forgetting, args=arguments, name="forget", daemon=True).start()
    courses = Courses(named, settings, llm)
    answering = Answering(history, courses, at_once=settings.app.at_once)
    return Desk(settings, history, courses, answering, Warming(courses))


def _keep_forgetting(history: History, days: int) -> None:
    while True:
        try:
            forget_older_than(history, days)
        except HistoryProblem as problem:
            _log.warning("%s", problem.en)
        time.sleep(_FORGET_EVERY_S)
