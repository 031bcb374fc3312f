"""Which processes still live, told by their beat: what a dead one left unfinished can then be said so."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from interfaces.history.columns import now
from interfaces.history.database import History
from interfaces.history.tables import ProcessRow

_DAY_S = 86_400.0


def left_behind(history: History, process_id: InstrumentedAttribute[str], older_than_s: float) -> ColumnElement[bool]:
    """The condition that a row's process is dead: it has not beaten for so long, and is not this one."""
    living = select(ProcessRow.process_id).where(ProcessRow.beat_at >= now() - timedelta(seconds=older_than_s))
    return and_(process_id != history.process_id, process_id.not_in(living))


def forget_dead(session: Session) -> None:
    """Delete the beats of processes that have not beaten for a day; one that wakes up beats anew."""
    session.execute(delete(ProcessRow).where(ProcessRow.beat_at < now() - timedelta(seconds=_DAY_S)))
