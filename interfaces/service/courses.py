"""Which courses there are, and one opened `Monitoria` for each in this process.

An index that is built anew is opened beside the old one and takes its place; whoever still answers from the old one
goes on with it. A course that cannot be opened is listed with what is wrong and the command that mends it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from corpus.errors import MonitoriaError, UsageError
from corpus.records import Lecture
from rag.config import Settings
from rag.encoder import Encoder
from rag.generations import current_generation, read_manifest
from rag.index import index_contents, open_encoder_for
from rag.pipeline import Monitoria


@dataclass(frozen=True, slots=True)
class Course:
    """A course as it is listed.

    Attributes:
        course_id: what conversations keep; the folder's name and a digest of where it lies.
        name: of the course, as most of its lectures say; the folder's where none does.
        lectures: in the index's order; empty where it could not be read.
        fault: why it cannot be asked, else ``None``.
    """

    course_id: str
    name: str
    folder: Path
    lectures: tuple[Lecture, ...] = ()
    fault: MonitoriaError | None = None

    def lecture(self, lecture_id: str) -> Lecture | None:
        """A lecture of the course, if it still has it."""
        return next((lecture for lecture in self.lectures if lecture.lecture_id == lecture_id), None)


@dataclass(slots=True)
class _Shelf:
    """One course's folder, what is known of it, and what of it is open."""

    folder: Path
    opening: threading.Lock = field(default_factory=threading.Lock)
    opened: Monitoria | None = None
    mark: str = ""  # of the generation that is open
    listed: tuple[str, Course] | None = None


class Courses:
    """The courses of one process. Safe to use from many threads."""

    def __init__(self, folders: Sequence[Path], settings: Settings, llm: str | BaseChatModel | None = None) -> None:
        """Courses by their index folders; nothing is opened yet. ``llm`` is as in `Monitoria.open`."""
        self.settings = settings
        self._llm = llm
        self._shelves = {course_id(folder): _Shelf(folder) for folder in folders}
        self._encoders: dict[tuple[str, str], Encoder] = {}
        self._encoders_lock = threading.Lock()

    def listed(self) -> list[Course]:
        """All courses in the order they were given; reads a course's lectures again when it was built anew."""
        return [self._listed(identity, shelf) for identity, shelf in self._shelves.items()]

    def course(self, identity: str) -> Course:
        """One course by its id.

        Raises:
            UsageError: there is none of that id here.
        """
        return self._listed(identity, self._shelf(identity))

    def opened(self, identity: str) -> Monitoria:
        """The course, open, in its live generation.

        Where another thread is already opening a newer generation, the older one is given at once.

        Raises:
            UsageError: there is no course of that id here.
            IndexProblem, ModelUnavailable: it cannot be opened, and was not open before.
        """
        shelf = self._shelf(identity)
        if shelf.opened is None:
            with shelf.opening:
                if shelf.opened is None:
                    self._open(shelf)
            return _open_on(shelf)
        if _mark(shelf.folder) not in ("", shelf.mark) and shelf.opening.acquire(blocking=False):
            try:
                self._open(shelf)
            except MonitoriaError as error:
                # A foreign or damaged generation stops nobody: what is open answers on.
                _open_on(shelf).on_fault(error)
            finally:
                shelf.opening.release()
        return _open_on(shelf)

    def _shelf(self, identity: str) -> _Shelf:
        try:
            return self._shelves[identity]
        except KeyError:
            raise UsageError(
                pt=f"o curso {identity!r} não está aqui; abra o app com --index PASTA, ou escolha outro",
                en=f"the course {identity!r} is not here; start the app with --index FOLDER, or choose another",
            ) from None

    def _open(self, shelf: _Shelf) -> None:
        mark = _mark(shelf.folder)
        manifest = read_manifest(shelf.folder)[1]
        key = (manifest.encoder.sha256, manifest.encoder.runtime)
        with self._encoders_lock:
            if key not in self._encoders:
                self._encoders[key] = open_encoder_for(manifest, self.settings.encoder)
            encoder = self._encoders[key]
        shelf.opened = Monitoria.open(shelf.folder, llm=self._llm, settings=self.settings, encoder=encoder)
        shelf.mark = mark

    def _listed(self, identity: str, shelf: _Shelf) -> Course:
        mark = _mark(shelf.folder)
        known = shelf.listed
        if known is None or known[0] != mark or known[1].fault is not None:
            known = (mark, _read(identity, shelf.folder))
            shelf.listed = known
        return known[1]


def course_id(folder: Path) -> str:
    """The folder's name with a digest of its place, so that two folders named ``index`` are two courses."""
    return f"{folder.name}-{sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"


def _open_on(shelf: _Shelf) -> Monitoria:
    if shelf.opened is None:
        raise AssertionError("a course that could not be opened raised before")
    return shelf.opened


def _mark(folder: Path) -> str:
    """The live generation and when it went live: a folder made anew begins with the same name again."""
    try:
        name = current_generation(folder)
        return "" if name is None else f"{name}@{(folder / 'CURRENT').stat().st_mtime_ns}"
    except (MonitoriaError, OSError):
        return ""


def _read(identity: str, folder: Path) -> Course:
    try:
        lectures = tuple(index_contents(folder)[1])
    except MonitoriaError as error:
        return Course(identity, folder.name, folder, fault=error)
    named = Counter(lecture.course for lecture in lectures if lecture.course)
    name = named.most_common(1)[0][0] if named else folder.name
    return Course(identity, name, folder, lectures)
