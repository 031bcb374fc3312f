"""What is asked about a course, as its instructors see it: the questions, how they went, and where they lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from corpus.errors import UsageError
from interfaces.access import need
from interfaces.history import asked as kept
from interfaces.history.asked import Only
from interfaces.history.records import AskedQuestion, Person
from interfaces.service.desk import Desk
from rag.index import CourseIndex

MOST_QUESTIONS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A segment, and how many questions led there; times are ``None`` for written material."""

    segment_id: int
    lecture_id: str
    title: str
    start_s: float | None
    end_s: float | None
    asked: int
    unanswered: int
    badly_rated: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A lecture, and how many times questions led into it."""

    lecture_id: str
    title: str
    asked: int = 0
    unanswered: int = 0
    badly_rated: int = 0


def questions(
    desk: Desk, person: Person, course: str, *, only: Only | None = None, days: int | None = None
) -> list[AskedQuestion]:
    """The questions asked in a course, the newest first; names are in it only where the settings say so.

    Raises:
        AccessDenied: the person may not see what others ask.
        UsageError: an unknown course; ``days`` below 1.
    """
    need(person, "see asked questions")
    desk.courses.course(course)
    names = desk.settings.app.show_names
    return kept.asked_questions(desk.history, course, only, _since(days), show_names=names, limit=MOST_QUESTIONS)


def places(desk: Desk, person: Person, course: str, *, days: int | None = None) -> list[Place]:
    """The map of a course: each of its segments, by lecture and time, with how many questions led there.

    A question counts as `interfaces.history.asked.asked_by_place` counts it. What was asked of a segment that is no
    longer there counts for the one that has its second now.
    """
    need(person, "see asked questions")
    index = desk.courses.opened(course).index
    table = index.table
    row_of = {int(segment_id): row for row, segment_id in enumerate(table.ids)}
    counts = {row: [0, 0, 0] for row in range(len(table))}
    for one in kept.asked_by_place(desk.history, course, _since(days)):
        row = row_of.get(one.segment_id)
        if row is None:
            row = _row_at(index, one.lecture_id, one.start_s)
        if row is not None:
            for place, count in enumerate((one.asked, one.unanswered, one.badly_rated)):
                counts[row][place] += count
    return [
        Place(
            int(table.ids[row]),
            str(table.lecture_ids[row]),
            index.lecture(table.lecture_ids[row]).title,
            None if np.isnan(table.start_s[row]) else float(table.start_s[row]),
            None if np.isnan(table.end_s[row]) else float(table.end_s[row]),
            *counts[row],
        )
        for row in range(len(table))
    ]


def _row_at(index: CourseIndex, lecture_id: str, start_s: float | None) -> int | None:
    rows = np.flatnonzero(index.table.lecture_ids == lecture_id)
    if start_s is None or rows.size == 0:
        return None
    begun = rows[index.table.start_s[rows] <= start_s]
    return int(begun[-1]) if begun.size else int(rows[0])


def by_lecture(places: Sequence[Place]) -> list[Counted]:
    """The same by whole lectures, the most asked about first."""
    counted: dict[str, Counted] = {}
    for one in places:
        before = counted.get(one.lecture_id, Counted(one.lecture_id, one.title))
        counted[one.lecture_id] = replace(
            before,
            asked=before.asked + one.asked,
            unanswered=before.unanswered + one.unanswered,
            badly_rated=before.badly_rated + one.badly_rated,
        )
    return sorted(counted.values(), key=lambda one: (-one.asked, one.lecture_id))


def _since(days: int | None) -> str | None:
    if days is None:
        return None
    if days < 1:
        raise UsageError(
            pt=f"os últimos {days} dias não existem; peça pelo menos 1",
            en=f"there are no last {days} days; ask for at least 1",
        )
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()
