"""The tables. What is a person's goes with the person: foreign keys cascade, so that no path forgets a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Double, ForeignKey, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from interfaces.history.columns import Document, Moment, Words

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """What every table shares: names of constraints that are the same on both engines."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: Words, float: Double, datetime: Moment, dict[str, Any]: Document, list[str]: Document}  # noqa: RUF012


class PersonRow(Table):
    """Somebody who uses the app; without ``password_hash`` she cannot log in by password."""

    __tablename__ = "people"
    person_id: Mapped[str] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]


class RoleRow(Table):
    """A role that a person has."""

    __tablename__ = "roles"
    person_id: Mapped[str] = mapped_column(ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class ProcessRow(Table):
    """A process that produces answers or runs; it beats while it lives."""

    __tablename__ = "processes"
    process_id: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]


class ConversationRow(Table):
    """A person's conversation about a course."""

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "person_id", "changed_at"),)
    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.person_id", ondelete="CASCADE"))
    course: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class TurnRow(Table):
    """A question and its answer; the last three repeat what ``record`` says, to be searched by.

    ``passages_only``: a model was to write, and nothing of it stands.
    """

    __tablename__ = "turns"
    __table_args__ = (UniqueConstraint("conversation_id", "number"),)
    turn_id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.conversation_id", ondelete="CASCADE"))
    number: Mapped[int]
    question: Mapped[str]
    lectures: Mapped[list[str]]
    state: Mapped[str] = mapped_column(index=True)
    record: Mapped[dict[str, Any] | None] = mapped_column(Document)
    error: Mapped[str | None]
    asked_at: Mapped[datetime] = mapped_column(index=True)
    done_at: Mapped[datetime | None]
    replaces: Mapped[str | None] = mapped_column(ForeignKey("turns.turn_id", ondelete="SET NULL"), index=True)
    process_id: Mapped[str]
    abstained: Mapped[bool | None]
    mode: Mapped[str | None]
    passages_only: Mapped[bool | None]


class EventRow(Table):
    """One thing that a turn's stream told."""

    __tablename__ = "turn_events"
    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]


class SegmentRow(Table):
    """A segment that an answer found (``rank``) or rests on (``reference``, the number it is cited by)."""

    __tablename__ = "turn_segments"
    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True)
    segment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lecture_id: Mapped[str]
    start_s: Mapped[float | None]
    end_s: Mapped[float | None]
    rank: Mapped[int | None]
    reference: Mapped[int | None]


class FeedbackRow(Table):
    """What a person thought of an answer."""

    __tablename__ = "feedback"
    turn_id: Mapped[str] = mapped_column(ForeignKey("turns.turn_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(
        ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True, index=True
    )
    rating: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]


class RunRow(Table):
    """An evaluation run; it belongs to the course, so it stays when who started it goes."""

    __tablename__ = "runs"
    run_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.person_id", ondelete="SET NULL"), index=True)
    course: Mapped[str] = mapped_column(index=True)
    folder: Mapped[str]
    state: Mapped[str]
    done: Mapped[int]
    of: Mapped[int]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    process_id: Mapped[str]


class AnnotationRow(Table):
    """The last word of one annotator on one answer of a run; ``person_id`` is null for programs.

    ``blind`` is false where she had seen before what others say, and null where that was not noted yet.
    """

    __tablename__ = "annotations"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[str] = mapped_column(primary_key=True)
    answer_sha256: Mapped[str] = mapped_column(primary_key=True)
    annotator: Mapped[str] = mapped_column(primary_key=True)
    annotator_kind: Mapped[str]
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.person_id", ondelete="CASCADE"), index=True)
    verdict: Mapped[str]
    score: Mapped[float | None]
    at: Mapped[str]
    note: Mapped[str]
    blind: Mapped[bool | None]


class LookRow(Table):
    """When a person first saw what others say of a run's answers; ``insisted``: she asked to while annotating."""

    __tablename__ = "looks"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(
        ForeignKey("people.person_id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime]
    insisted: Mapped[bool]
