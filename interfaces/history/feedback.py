"""A person's word on an answer; the later one counts."""

from __future__ import annotations

from sqlalchemy import delete

from interfaces.history.columns import iso, now
from interfaces.history.database import History
from interfaces.history.errors import NotKept
from interfaces.history.known import known_person
from interfaces.history.records import Feedback, Rating
from interfaces.history.tables import FeedbackRow, TurnRow


def rate(history: History, turn_id: str, person_id: str, rating: Rating, reason: str = "") -> Feedback:
    """Keep what a person thinks of an answer, in the place of what she thought before.

    Raises:
        NotKept: no such turn or person.
    """
    with history.session() as session:
        known_person(session, person_id)
        if session.get(TurnRow, turn_id, with_for_update=True) is None:
            raise NotKept("pergunta", "turn", turn_id)
        row = session.get(FeedbackRow, (turn_id, person_id)) or FeedbackRow(turn_id=turn_id, person_id=person_id)
        row.rating, row.reason, row.at = rating, reason, now()
        session.add(row)
        session.flush()
        session.refresh(row)
        return feedback_record(row)


def rating_of(history: History, turn_id: str, person_id: str) -> Feedback | None:
    """What the person thought of it, if she said."""
    with history.reading() as session:
        row = session.get(FeedbackRow, (turn_id, person_id))
        return None if row is None else feedback_record(row)


def withdraw(history: History, turn_id: str, person_id: str) -> None:
    """Take it back; nothing happens where nothing was said."""
    with history.session() as session:
        session.execute(delete(FeedbackRow).where(FeedbackRow.turn_id == turn_id, FeedbackRow.person_id == person_id))


def feedback_record(row: FeedbackRow) -> Feedback:
    """The row as it is handed out."""
    return Feedback(row.turn_id, row.person_id, row.rating, row.reason, iso(row.at))  # type: ignore[arg-type]
