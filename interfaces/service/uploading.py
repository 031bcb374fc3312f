"""Transcripts that an instructor uploads or takes back: in the app's folder, and in the course, in the background.

Every file is read before it is kept. One that cannot be, or that may not be, is named with its reason, and the others
go in; if the build itself fails, everything is as it was before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from corpus.errors import MonitoriaError, UnreadableSource, UsageError
from interfaces.access import need
from interfaces.history.records import Person
from interfaces.service.correcting import waits
from interfaces.service.desk import Desk
from interfaces.service.inbox import FOLDER, Inbox, Offered, Refusal, admitted
from interfaces.service.works import Step, Work
from rag.build import BuildReport, build_index
from rag.corrections import corrections
from rag.encoder import Encoder
from rag.errors import IndexMissing
from rag.generations import read_manifest
from rag.index import open_encoder_for
from rag.update import read_content

Outcome = Literal["new", "changed", "unchanged", "unreadable", "refused"]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one file. ``reason`` is there where it did not go in, and for what was survived in it."""

    name: str
    outcome: Outcome
    lecture_id: str | None = None
    reason: MonitoriaError | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What an upload did: each file in the order given, and how many corrections wait for a decision afterwards."""

    files: tuple[Told, ...]
    n_lectures: int
    n_segments: int
    n_conflicts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A file that is no longer there, and what the course has without it."""

    name: str
    n_lectures: int
    n_segments: int


def upload(desk: Desk, person: Person, course: str, files: Sequence[Offered]) -> Work:
    """Put files into a course, in the background; `Uploaded` is the work's result.

    A course without an index is given one.

    Raises:
        AccessDenied: the person may not upload.
        UsageError: an unknown course.
    """
    need(person, "upload")
    about = desk.courses.course(course)
    if about.fault is not None and not isinstance(about.fault, IndexMissing):
        raise about.fault
    inbox = _inbox(desk, course)

    def run(step: Step) -> Uploaded:
        with inbox.held():
            return _put(desk, course, inbox, files, step)

    return desk.works.start(course, "upload", person, run)


def uploaded(desk: Desk, person: Person, course: str) -> list[str]:
    """The names of the files that were uploaded into a course, by the alphabet."""
    need(person, "upload")
    return _inbox(desk, course).names()


def take_back(desk: Desk, person: Person, course: str, name: str) -> Work:
    """Take an uploaded file out of the course and of the app's folder, in the background; `TakenBack` is the result.

    Raises:
        AccessDenied: the person may not upload.
        UsageError: an unknown course; no such file was uploaded into it.
    """
    need(person, "upload")
    inbox = _inbox(desk, course)
    _check_uploaded(inbox, name)

    def run(step: Step) -> TakenBack:
        with inbox.held(), inbox.staging() as staged:
            _check_uploaded(inbox, name)
            return _take(desk, course, inbox, name, staged, step)

    return desk.works.start(course, "removal", person, run)


def _take(desk: Desk, course: str, inbox: Inbox, name: str, staged: Path, step: Step) -> TakenBack:
    folder = desk.courses.course(course).folder
    manifest = read_manifest(folder)[1]
    sources = read_content(folder, manifest).sources
    lectures = [key for key, source in sources.items() if Path(source["path"]) == inbox.folder / name]
    if lectures and len(lectures) == manifest.n_lectures:
        raise UsageError(
            pt=f"{name} é tudo o que o curso tem; envie outra aula antes de retirá-lo",
            en=f"{name} is all that the course has; send another lecture before you take it out",
        )
    with inbox.taken_out(name, staged):
        if lectures:
            encoder = _encoder(desk, course)
            build_index(
                folder, [], encoder, desk.settings, remove=lectures, progress=lambda _, done, of: step(done, of)
            )
    desk.courses.opened(course)
    after = read_manifest(folder)[1]
    return TakenBack(name, after.n_lectures, after.n_segments)


def _check_uploaded(inbox: Inbox, name: str) -> None:
    if name not in inbox.names():
        raise UsageError(
            pt=f"{name!r:.100} não está entre os enviados; escolha um dos que estão na lista",
            en=f"{name!r:.100} is not among what was sent; choose one of the list",
        )


def _inbox(desk: Desk, course: str) -> Inbox:
    return Inbox(desk.settings.app.folder.absolute() / FOLDER / desk.courses.course(course).course_id)


def _put(desk: Desk, course: str, inbox: Inbox, files: Sequence[Offered], step: Step) -> Uploaded:
    folder = desk.courses.course(course).folder
    told: dict[int, Told] = {}
    with inbox.staging() as staged:
        ready = admitted(files, staged, _taken(folder, inbox.folder), lambda read: step(read, len(files)))
        step(0, None)
        for place, found in enumerate(ready):
            if isinstance(found, Refusal):
                told[place] = Told(files[place].name, found.outcome, reason=found.reason)
        accepted = {place: one for place, one in enumerate(ready) if not isinstance(one, Refusal)}
        if not accepted:
            return Uploaded(tuple(told[place] for place in sorted(told)), 0, 0, 0, 0.0)
        with inbox.placed(list(accepted.values()), staged):
            report = build_index(
                folder,
                [inbox.folder],
                _encoder(desk, course),
                desk.settings,
                progress=lambda _, done, of: step(done, of),
            )
    desk.courses.opened(course)
    for place, one in accepted.items():
        told[place] = _told(one.name, one.lecture_id, inbox.folder, report)
    conflicts = sum(waits(correction) for correction in corrections(folder))
    return Uploaded(
        tuple(replace(told[place], name=files[place].name) for place in sorted(told)),
        report.n_lectures,
        report.n_segments,
        conflicts,
        report.seconds,
    )


def _told(name: str, lecture_id: str, folder: Path, report: BuildReport) -> Told:
    path = str(folder / name)
    for error in report.unreadable:
        if error.name == path:
            return Told(name, "unreadable", lecture_id, _without_folder(error, folder))
    outcome: Outcome = "unchanged"
    if lecture_id in report.new:
        outcome = "new"
    elif lecture_id in report.changed:
        outcome = "changed"
    survived = [warning for warning in report.warnings if warning.name == path]
    reason = None
    if survived:
        reason = MonitoriaError(
            pt="; ".join(_at(warning.line, "linha ", warning.pt) for warning in survived),
            en="; ".join(_at(warning.line, "line ", warning.en) for warning in survived),
        )
    return Told(name, outcome, lecture_id, reason)


def _at(line: int | None, word: str, text: str) -> str:
    return text if line is None else f"{word}{line}: {text}"


def _without_folder(error: UnreadableSource, folder: Path) -> MonitoriaError:
    return MonitoriaError(pt=error.pt.replace(f"{folder}/", ""), en=error.en.replace(f"{folder}/", ""))


def _taken(index: Path, uploads: Path) -> Mapping[str, str]:
    """The lectures of a course that come from elsewhere, by id, with the names of their files."""
    try:
        sources = read_content(index, read_manifest(index)[1]).sources
    except IndexMissing:
        return {}
    paths = {lecture_id: Path(source["path"]) for lecture_id, source in sources.items()}
    # A lecture whose file is gone may be taken over, as by any build.
    return {k: path.name for k, path in paths.items() if uploads not in path.parents and path.exists()}


def _encoder(desk: Desk, course: str) -> Encoder:
    try:
        return desk.courses.opened(course).retriever.segments.encoder
    except IndexMissing:
        return open_encoder_for(None, desk.settings.encoder)
