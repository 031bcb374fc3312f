"""A person's word on an answer; the later one counts."""

from __future__ import annotations

from sqlalchemy import delete, select

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


def ratings_in(history: History, conversation_id: str, person_id: str) -> dict[str, Feedback]:
    """What the person thought of each answer of a conversation, by turn id, where she said."""
    asked = (
        select(FeedbackRow)
        .join(TurnRow, TurnRow.turn_id == FeedbackRow.turn_id)
        .where(TurnRow.conversation_id == conversation_id, FeedbackRow.person_id == person_id)
    )
    with history.reading() as session:
        return {row.turn_id: feedback_record(row) for row in session.scalars(asked)}


def withdraw(history: History, turn_id: str, person_id: str) -> None:
    """Take it back; nothing happens where nothing was said."""
    with history.session() as session:
        session.execute(delete(FeedbackRow).where(FeedbackRow.turn_id == turn_id, FeedbackRow.person_id == person_id))


def feedback_record(row: FeedbackRow) -> Feedback:
    """The row as it is handed out."""
    return Feedback(row.turn_id, row.person_id, row.rating, row.reason, iso(row.at))  # type: ignore[arg-type]
