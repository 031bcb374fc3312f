"""How an index is: what it holds, what it was made with, how old it is, and whether every byte is as it was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from corpus.records import Lecture
from interfaces.access import need
from interfaces.history.records import Person
from interfaces.service.desk import Desk
from interfaces.service.membership import need_course
from interfaces.service.works import Step, Work
from rag.corrections import Status, corrections
from rag.generations import Manifest
from rag.index import index_contents, verify_index


@dataclass(frozen=True, slots=True)
class Health:
    """The live generation as its manifest tells, and what became of people's corrections.

    ``opened`` is the generation that answers come from; another one than the live only for the moment of a change.
    """

    manifest: Manifest
    lectures: tuple[Lecture, ...]
    opened: str
    size_bytes: int
    days_old: float
    corrections: Mapping[Status, int]


def health(desk: Desk, person: Person, course: str) -> Health:
    """Look at a course's index without reading it whole.

    Raises:
        AccessDenied: the person may not see segments.
        IndexProblem: it cannot be used; the message has the command that mends it.
    """
    need(person, "see segments")
    folder = need_course(desk, person, course).folder
    manifest, lectures = index_contents(folder)
    opened = desk.courses.opened(course).index.generation
    age = datetime.now(UTC) - datetime.fromisoformat(manifest.created_at)
    counts = Counter(one.status for one in corrections(folder))
    size = sum(record.size_bytes for record in manifest.files)
    return Health(manifest, tuple(lectures), opened, size, age.total_seconds() / 86400, dict(counts))


def verify(desk: Desk, person: Person, course: str) -> Work:
    """Check every byte of the live generation, in the background; its manifest is the work's result."""
    need(person, "see segments")
    folder = need_course(desk, person, course).folder

    def run(_: Step) -> Manifest:
        return verify_index(folder)

    return desk.works.start(course, "verification", person, run)
