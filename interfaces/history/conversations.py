"""Conversations, their turns, and what each turn's stream told, stored as it comes.

Who may read what is decided before (`interfaces.access.own`); here an id is enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from corpus.language import say
from interfaces.history.columns import iso, now
from interfaces.history.database import History
from interfaces.history.errors import EventGap, NotKept
from interfaces.history.known import known_person
from interfaces.history.outcomes import passages_only
from interfaces.history.places import keep_places
from interfaces.history.processes import forget_dead, left_behind
from interfaces.history.records import ENDED, Conversation, Turn, TurnEvent, TurnState
from interfaces.history.tables import ConversationRow, EventRow, TurnRow

_INTERRUPTED_PT = "o processo que respondia terminou antes da resposta; pergunte de novo"
_INTERRUPTED_EN = "the process that was answering ended before the answer did; ask again"


def start_conversation(history: History, person_id: str, course: str, title: str) -> Conversation:
    """A new conversation of a person's about a course.

    Raises:
        NotKept: no such person.
    """
    with history.session() as session:
        known_person(session, person_id)
        moment = now()
        row = ConversationRow(
            conversation_id=uuid4().hex,
            person_id=person_id,
            course=course,
            title=title,
            created_at=moment,
            changed_at=moment,
        )
        session.add(row)
        session.flush()
        session.refresh(row)
        return conversation_record(row)


def conversations_of(history: History, person_id: str, course: str | None = None) -> list[Conversation]:
    """A person's conversations, the one that changed last first."""
    asked = select(ConversationRow).where(ConversationRow.person_id == person_id)
    if course is not None:
        asked = asked.where(ConversationRow.course == course)
    with history.reading() as session:
        rows = session.scalars(asked.order_by(ConversationRow.changed_at.desc(), ConversationRow.conversation_id))
        return [conversation_record(row) for row in rows]


def conversation(history: History, conversation_id: str) -> Conversation:
    """One conversation.

    Raises:
        NotKept: there is none of that id.
    """
    with history.reading() as session:
        return conversation_record(_conversation(session, conversation_id))


def rename_conversation(history: History, conversation_id: str, title: str) -> Conversation:
    """The conversation under another title.

    Raises:
        NotKept: there is none of that id.
    """
    with history.session() as session:
        row = _conversation(session, conversation_id)
        row.title, row.changed_at = title, now()
        session.flush()
        session.refresh(row)
        return conversation_record(row)


def delete_conversation(history: History, conversation_id: str) -> None:
    """Delete it with its turns, events and feedback; nothing happens where there is none."""
    with history.session() as session:
        session.execute(delete(ConversationRow).where(ConversationRow.conversation_id == conversation_id))
    history.scrub()


def turns_of(history: History, conversation_id: str) -> list[Turn]:
    """Its turns in the order asked, those that were asked again included."""
    with history.reading() as session:
        rows = session.scalars(
            select(TurnRow).where(TurnRow.conversation_id == conversation_id).order_by(TurnRow.number)
        )
        return [turn_record(row) for row in rows]


def turn(history: History, turn_id: str) -> Turn:
    """One turn.

    Raises:
        NotKept: there is none of that id.
    """
    with history.reading() as session:
        return turn_record(_turn(session, turn_id))


def add_turn(
    history: History,
    conversation_id: str,
    question: str,
    lectures: Sequence[str] = (),
    replaces: str | None = None,
) -> Turn:
    """A turn that waits for its answer, which this process is to produce.

    Raises:
        NotKept: no such conversation, or ``replaces`` is no turn of it.
    """
    history.live()
    with history.session() as session:
        owner = _conversation(session, conversation_id, lock=True)
        if replaces is not None and _turn(session, replaces).conversation_id != conversation_id:
            raise NotKept("pergunta nesta conversa", "turn in this conversation", replaces)
        last = session.scalar(select(func.max(TurnRow.number)).where(TurnRow.conversation_id == conversation_id))
        row = TurnRow(
            turn_id=uuid4().hex,
            conversation_id=conversation_id,
            number=(last or 0) + 1,
            question=question,
            lectures=list(lectures),
            state="waiting",
            asked_at=now(),
            replaces=replaces,
            process_id=history.process_id,
        )
        owner.changed_at = row.asked_at
        session.add(row)
        session.flush()
        session.refresh(row)
        return turn_record(row)


def append_events(history: History, turn_id: str, events: Sequence[TurnEvent]) -> None:
    """Keep what the stream told, in one transaction. What was kept before under a number stays as it is.

    Raises:
        NotKept: the turn is gone.
        EventGap: a number does not follow; nothing of the batch is kept.
    """
    if not events:
        return
    with history.session() as session:
        _turn(session, turn_id, lock=True)
        last = session.scalar(select(func.max(EventRow.number)).where(EventRow.turn_id == turn_id)) or 0
        new = {event.number: event for event in reversed(events) if event.number > last}
        expected = range(last + 1, last + 1 + len(new))
        missing = next((number for number in expected if number not in new), None)
        if missing is not None or any(event.number < 1 for event in events):
            found = min([event.number for event in events if event.number < 1], default=max(new, default=last))
            raise EventGap(
                pt=f"o evento {found} chegou antes do {missing or 1}; mande-os em ordem, a partir de {last + 1}",
                en=f"event {found} came before event {missing or 1}; send them in order, from {last + 1} on",
            )
        if new:
            session.execute(
                insert(EventRow),
                [
                    {"turn_id": turn_id, "number": n, "kind": new[n].kind, "payload": dict(new[n].payload)}
                    for n in expected
                ],
            )


def events_of(history: History, turn_id: str, after: int = 0) -> list[TurnEvent]:
    """What the stream told after event number ``after``, in order.

    Whoever watches asks `state_of` first and this second: then nothing is left once the turn has ended.
    """
    with history.reading() as session:
        return events_in(session, turn_id, after)


def state_of(history: History, turn_id: str) -> TurnState:
    """Only the state, which costs less than `turn`.

    Raises:
        NotKept: there is none of that id.
    """
    with history.reading() as session:
        state = session.scalar(select(TurnRow.state).where(TurnRow.turn_id == turn_id))
    if state is None:
        raise NotKept("pergunta", "turn", turn_id)
    return state  # type: ignore[return-value]


def set_state(
    history: History,
    turn_id: str,
    state: TurnState,
    record: Mapping[str, Any] | None = None,
    error: str | None = None,
) -> bool:
    """Move a turn on; an ended turn stays as it ended, and then this answers ``False``.

    ``record`` and ``error`` are kept where given; an ended turn still takes them under the state that it has.

    Raises:
        NotKept: the turn is gone.
    """
    with history.session() as session:
        row = _turn(session, turn_id, lock=True)
        if row.state in ENDED and row.state != state:
            return False
        row.state = state
        if state in ENDED and row.done_at is None:
            row.done_at = now()
        if error is not None:
            row.error = error
        if record is not None:
            row.record = dict(record)
            row.abstained, row.mode = record.get("abstained"), record.get("mode")
            row.passages_only = passages_only(record)
            keep_places(session, turn_id, record)
        return True


def fail_abandoned(history: History, older_than_s: float = 60.0) -> list[str]:
    """Turns that a dead process left waiting or answering become ``failed``, with the cause; their ids.

    A process is dead when it has not beaten for ``older_than_s`` seconds (a living one beats every five); this one
    never is.
    """
    with history.session() as session:
        rows = session.scalars(
            select(TurnRow)
            .where(TurnRow.state.in_(("waiting", "answering")), left_behind(history, TurnRow.process_id, older_than_s))
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            row.state, row.done_at = "failed", now()
            row.error = say(_INTERRUPTED_PT, _INTERRUPTED_EN)
        forget_dead(session)
        return [row.turn_id for row in rows]


def conversation_record(row: ConversationRow) -> Conversation:
    """The row as it is handed out."""
    return Conversation(
        row.conversation_id, row.person_id, row.course, row.title, iso(row.created_at), iso(row.changed_at)
    )


def turn_record(row: TurnRow) -> Turn:
    """The row as it is handed out."""
    return Turn(
        row.turn_id,
        row.conversation_id,
        row.number,
        row.question,
        tuple(row.lectures),
        row.state,  # type: ignore[arg-type]
        row.record,
        row.error,
        iso(row.asked_at),
        None if row.done_at is None else iso(row.done_at),
        row.replaces,
    )


def events_in(session: Session, turn_id: str, after: int = 0) -> list[TurnEvent]:
    """A turn's events after number ``after``."""
    rows = session.scalars(
        select(EventRow).where(EventRow.turn_id == turn_id, EventRow.number > after).order_by(EventRow.number)
    )
    return [TurnEvent(row.number, row.kind, row.payload) for row in rows]  # type: ignore[arg-type]


def _conversation(session: Session, conversation_id: str, *, lock: bool = False) -> ConversationRow:
    row = session.get(ConversationRow, conversation_id, with_for_update=lock or None)
    if row is None:
        raise NotKept("conversa", "conversation", conversation_id)
    return row


def _turn(session: Session, turn_id: str, *, lock: bool = False) -> TurnRow:
    row = session.get(TurnRow, turn_id, with_for_update=lock or None)
    if row is None:
        raise NotKept("pergunta", "turn", turn_id)
    return row
