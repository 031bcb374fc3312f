"""What is asked about a course, as its instructors see it: the questions, how they went, and where they lead."""

from __future__ import annotations

from collections import Counter
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
from interfaces.service.live import Snapshot
from rag.index import CourseIndex

MOST_QUESTIONS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A segment, and how many questions led there.

    Written material has no times, but ``part``: its place in the lecture, from 1; ``None`` for what is spoken.
    """

    segment_id: int
    lecture_id: str
    title: str
    start_s: float | None
    end_s: float | None
    part: int | None
    asked: int
    unanswered: int
    passages_only: int
    badly_rated: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A lecture, and how many times questions led into it."""

    lecture_id: str
    title: str
    asked: int = 0
    unanswered: int = 0
    passages_only: int = 0
    badly_rated: int = 0

    def of_kind(self, kind: Only) -> int:
        """How many of them are of a kind."""
        counts = {"unanswered": self.unanswered, "passages only": self.passages_only, "badly rated": self.badly_rated}
        return counts[kind]


@dataclass(frozen=True, slots=True)
class Given:
    """A question and the answer as whoever asked saw it; who that was is not in it."""

    turn_id: str
    question: str
    snapshot: Snapshot


def kinds(desk: Desk, person: Person) -> tuple[Only, ...]:
    """The kinds of questions that one looks for. Where no model writes, none fails to: passages are the answer."""
    need(person, "see asked questions")
    writes = desk.settings.llm.spec.strip() != "none"
    return ("unanswered", *(("passages only",) if writes else ()), "badly rated")


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


def given(desk: Desk, person: Person, course: str, turn_id: str) -> Given:
    """The answer that was given to one of a course's questions.

    Raises:
        AccessDenied: the person may not see what others ask.
        UsageError: an unknown course.
        NotKept: there is no such question in this course, or no longer.
    """
    need(person, "see asked questions")
    desk.courses.course(course)
    turn = kept.asked_turn(desk.history, course, turn_id)
    return Given(turn.turn_id, turn.question, desk.answering.snapshot_of(turn))


def places(desk: Desk, person: Person, course: str, *, days: int | None = None) -> list[Place]:
    """The map of a course: each of its segments, by lecture and time, with how many questions led there.

    A question counts as `interfaces.history.asked.asked_by_place` counts it. What was asked of a segment that is no
    longer there counts for the one that has its second now.
    """
    need(person, "see asked questions")
    index = desk.courses.opened(course).index
    table = index.table
    row_of = {int(segment_id): row for row, segment_id in enumerate(table.ids)}
    counts = {row: [0, 0, 0, 0] for row in range(len(table))}
    for one in kept.asked_by_place(desk.history, course, _since(days)):
        row = row_of.get(one.segment_id)
        if row is None:
            row = _row_at(index, one.lecture_id, one.start_s)
        if row is not None:
            for place, count in enumerate((one.asked, one.unanswered, one.passages_only, one.badly_rated)):
                counts[row][place] += count
    found = []
    parts: Counter[str] = Counter()
    for row in range(len(table)):
        lecture_id = str(table.lecture_ids[row])
        start_s, end_s = (None if np.isnan(at[row]) else float(at[row]) for at in (table.start_s, table.end_s))
        parts[lecture_id] += 1
        part = parts[lecture_id] if start_s is None or end_s is None else None
        title = index.lecture(lecture_id).title
        found.append(Place(int(table.ids[row]), lecture_id, title, start_s, end_s, part, *counts[row]))
    return found


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
            passages_only=before.passages_only + one.passages_only,
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
