"""What was asked, for instructors: the questions, how they went, and where in the lectures they lead.

No name goes out unless the caller says that names are shown.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from interfaces.history.columns import iso
from interfaces.history.conversations import turn_record
from interfaces.history.database import History
from interfaces.history.errors import NotKept
from interfaces.history.records import AskedPlace, AskedQuestion, Turn
from interfaces.history.tables import ConversationRow, FeedbackRow, PersonRow, SegmentRow, TurnRow

# What the lectures did not answer and what failed; what a model was to answer, and passages are all that stands; and
# what the asker did not like.
Only = Literal["unanswered", "passages only", "badly rated"]
_KINDS: dict[Only, ColumnElement[bool]] = {
    "unanswered": or_(TurnRow.abstained.is_(True), TurnRow.state == "failed"),
    "passages only": TurnRow.passages_only.is_(True),
    "badly rated": FeedbackRow.rating == "down",
}


def asked_questions(
    history: History,
    course: str,
    only: Only | None = None,
    since: str | None = None,
    *,
    show_names: bool = False,
    limit: int = 1000,
) -> list[AskedQuestion]:
    """The questions asked in a course, the newest first, ``limit`` at most; ``since`` is a moment in ISO 8601."""
    asked = (
        select(TurnRow, FeedbackRow.rating, FeedbackRow.reason, PersonRow.name)
        .join(ConversationRow, ConversationRow.conversation_id == TurnRow.conversation_id)
        .join(PersonRow, PersonRow.person_id == ConversationRow.person_id)
        .outerjoin(FeedbackRow, _hers())
        .where(*_wanted(course, only, since))
        .order_by(TurnRow.asked_at.desc(), TurnRow.turn_id)
        .limit(limit)
    )
    with history.reading() as session:
        rows = session.execute(asked).all()
        found = _segments(session, [row.turn_id for row, *_ in rows])
        return [
            AskedQuestion(
                turn_id=row.turn_id,
                question=row.question,
                asked_at=iso(row.asked_at),
                state=row.state,  # type: ignore[arg-type]
                abstained=row.abstained,
                mode=row.mode,
                passages_only=row.passages_only,
                rating=rating,  # type: ignore[arg-type]
                reason=reason or "",
                cited=_in_order(found[row.turn_id], "reference"),
                hits=_in_order(found[row.turn_id], "rank"),
                name=name if show_names else None,
            )
            for row, rating, reason, name in rows
        ]


def asked_turn(history: History, course: str, turn_id: str) -> Turn:
    """One of the questions asked in a course, with what was answered; who asked is not in it.

    Raises:
        NotKept: there is none of that id in this course.
    """
    asked = (
        select(TurnRow)
        .join(ConversationRow, ConversationRow.conversation_id == TurnRow.conversation_id)
        .where(TurnRow.turn_id == turn_id, ConversationRow.course == course)
    )
    with history.reading() as session:
        row = session.scalar(asked)
        if row is None:
            raise NotKept("pergunta neste curso", "question in this course", turn_id)
        return turn_record(row)


def asked_by_place(history: History, course: str, since: str | None = None) -> list[AskedPlace]:
    """How many questions lead to each segment, by lecture and time: the map of what is asked about.

    A question counts at every segment that its answer cites; one without citations at the first segment found.
    """
    cites = select(SegmentRow.turn_id).where(SegmentRow.reference.is_not(None)).correlate(None)
    leads = or_(SegmentRow.reference.is_not(None), and_(SegmentRow.rank == 1, SegmentRow.turn_id.not_in(cites)))
    counted = (
        select(
            SegmentRow.lecture_id,
            SegmentRow.segment_id,
            func.min(SegmentRow.start_s),
            func.max(SegmentRow.end_s),
            func.count(),
            *(func.sum(case((of_kind, 1), else_=0)) for of_kind in _KINDS.values()),
        )
        .join(TurnRow, TurnRow.turn_id == SegmentRow.turn_id)
        .join(ConversationRow, ConversationRow.conversation_id == TurnRow.conversation_id)
        .outerjoin(FeedbackRow, _hers())
        .where(leads, *_wanted(course, None, since))
        .group_by(SegmentRow.lecture_id, SegmentRow.segment_id)
    )
    with history.reading() as session:
        places = [AskedPlace(*row) for row in session.execute(counted)]
    return sorted(places, key=lambda place: (place.lecture_id, place.start_s or 0.0, place.segment_id))


def _hers() -> ColumnElement[bool]:
    return and_(FeedbackRow.turn_id == TurnRow.turn_id, FeedbackRow.person_id == ConversationRow.person_id)


def _wanted(course: str, only: Only | None, since: str | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [ConversationRow.course == course]
    if since is not None:
        moment = datetime.fromisoformat(since)
        wanted.append(TurnRow.asked_at >= (moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
    if only is not None:
        wanted.append(_KINDS[only])
    return wanted


def _segments(session: Session, turn_ids: list[str]) -> dict[str, list[SegmentRow]]:
    found: dict[str, list[SegmentRow]] = defaultdict(list)
    # SQLite takes a bounded number of values at once.
    for first in range(0, len(turn_ids), 500):
        rows = session.scalars(select(SegmentRow).where(SegmentRow.turn_id.in_(turn_ids[first : first + 500])))
        for row in rows:
            found[row.turn_id].append(row)
    return found


def _in_order(rows: list[SegmentRow], by: Literal["reference", "rank"]) -> tuple[int, ...]:
    named = [(getattr(row, by), row.segment_id) for row in rows if getattr(row, by) is not None]
    return tuple(segment_id for _, segment_id in sorted(named))
