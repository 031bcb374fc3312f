"""People: who they are, their roles and passwords; all that is a person's, handed to her or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from interfaces.history.admins import keep_an_admin
from interfaces.history.annotating import annotation_record, look_record
from interfaces.history.columns import iso, now, plain
from interfaces.history.conversations import conversation_record, events_in, turn_record
from interfaces.history.database import History
from interfaces.history.enrolling import everybody
from interfaces.history.errors import NotKept
from interfaces.history.feedback import feedback_record
from interfaces.history.known import known_person, login_of
from interfaces.history.passwords import hashed, matches, outdated
from interfaces.history.records import Person, Role
from interfaces.history.runs import run_record
from interfaces.history.tables import (
    AnnotationRow,
    ConversationRow,
    FeedbackRow,
    LookRow,
    PersonRow,
    RoleRow,
    RunRow,
    TurnRow,
)


def person(history: History, person_id: str) -> Person:
    """One person.

    Raises:
        NotKept: there is none of that id.
    """
    with history.reading() as session:
        row = session.get(PersonRow, person_id)
        if row is None:
            raise NotKept("pessoa", "person", person_id)
        return _person(session, row)


def people(history: History) -> list[Person]:
    """Everybody, by login."""
    return [person for person, _ in everybody(history)]


def person_by_login(history: History, login: str) -> Person | None:
    """Who logs in so; case and blanks around do not matter."""
    with history.reading() as session:
        row = session.scalar(select(PersonRow).where(PersonRow.login == login_of(login)))
        return None if row is None else _person(session, row)


def ensure_person(history: History, login: str, name: str, roles: Iterable[Role] | None = None) -> Person:
    """The person of that login, made where there is none, with this name and these roles.

    ``roles`` of ``None`` leaves somebody's roles as they are; somebody new is then a student.
    """
    try:
        return _ensure(history, login, name, roles)
    except IntegrityError:
        # Another process made her between our looking and our making.
        return _ensure(history, login, name, roles)


def set_roles(history: History, person_id: str, roles: Iterable[Role], *, keeps_admin: bool = False) -> Person:
    """Give a person these roles and no others.

    Raises:
        NotKept: no such person.
        LastAdmin: with ``keeps_admin``, where nobody would be left who may manage people.
    """
    wanted = frozenset(roles)
    with history.session() as session:
        if keeps_admin:
            keep_an_admin(session, person_id, wanted)
        row = known_person(session, person_id)
        _give(session, person_id, wanted)
        return _person(session, row)


def set_password(history: History, person_id: str, password: str) -> None:
    """Let a person log in with this password, and with no earlier one.

    Raises:
        NotKept: no such person.
        PasswordRefused: too short or too long.
    """
    kept = hashed(password)
    with history.session() as session:
        known_person(session, person_id).password_hash = kept


def check_password(history: History, login: str, password: str) -> Person | None:
    """Who logs in with that password; ``None`` whether the login or the password is wrong, and as slowly."""
    with history.reading() as session:
        row = session.scalar(select(PersonRow).where(PersonRow.login == login_of(login)))
        kept = None if row is None else row.password_hash
        found = None if row is None else _person(session, row)
    if not matches(kept, password) or found is None:
        return None
    if kept is not None and outdated(kept):
        set_password(history, found.person_id, password)
    return found


def with_password(history: History, person_id: str) -> tuple[Person, str | None] | None:
    """A person and the hash of her password, both of one moment; ``None`` where there is nobody of that id."""
    with history.reading() as session:
        row = session.get(PersonRow, person_id)
        return None if row is None else (_person(session, row), row.password_hash)


def export_person(history: History, person_id: str) -> dict[str, Any]:
    """All that is hers, as JSON: who she is, her conversations to the last event, feedback, annotations, runs.

    Raises:
        NotKept: no such person.
    """
    with history.reading() as session:
        row = session.get(PersonRow, person_id)
        if row is None:
            raise NotKept("pessoa", "person", person_id)
        who = _person(session, row)
        hers = session.scalars(
            select(ConversationRow)
            .where(ConversationRow.person_id == person_id)
            .order_by(ConversationRow.created_at, ConversationRow.conversation_id)
        )
        feedback = session.scalars(
            select(FeedbackRow).where(FeedbackRow.person_id == person_id).order_by(FeedbackRow.at)
        )
        annotations = session.scalars(
            select(AnnotationRow).where(AnnotationRow.person_id == person_id).order_by(AnnotationRow.at)
        )
        looks = session.scalars(select(LookRow).where(LookRow.person_id == person_id).order_by(LookRow.at))
        runs = session.scalars(select(RunRow).where(RunRow.person_id == person_id).order_by(RunRow.created_at))
        return {
            "person": asdict(who) | {"roles": sorted(who.roles), "created_at": iso(row.created_at)},
            "conversations": [_whole(session, one) for one in hers],
            "feedback": [asdict(feedback_record(one)) for one in feedback],
            "annotations": [{"run_id": one.run_id} | asdict(annotation_record(one)) for one in annotations],
            "looks": [{"run_id": one.run_id} | asdict(look_record(one)) for one in looks],
            "runs": [asdict(run_record(one)) for one in runs],
        }


def delete_person(history: History, person_id: str, *, keeps_admin: bool = False) -> None:
    """Delete a person and all that is hers, in one transaction; nothing happens where there is none.

    Evaluation runs that she started are of the course, and stay without her name.

    Raises:
        LastAdmin: with ``keeps_admin``, where nobody would be left who may manage people.
    """
    with history.session() as session:
        if keeps_admin:
            keep_an_admin(session, person_id)
        session.execute(delete(PersonRow).where(PersonRow.person_id == person_id))
    history.scrub()


def forget_older_than(history: History, days: int) -> int:
    """Delete turns asked more than ``days`` days ago, and older conversations left empty; how many turns went.

    A title that only repeats a forgotten question is made anew from the first question that is left.
    """
    limit = now() - timedelta(days=days)
    with history.session() as session:
        rows = session.execute(
            select(TurnRow.conversation_id, TurnRow.question)
            .where(TurnRow.asked_at < limit)
            .order_by(TurnRow.conversation_id)
        ).all()
        session.execute(delete(TurnRow).where(TurnRow.asked_at < limit))
        _delete_empty(session, ConversationRow.created_at < limit)
        for conversation_id, question in rows:
            _retitle(session, conversation_id, question)
    history.scrub()
    return len(rows)


def _delete_empty(session: Session, among: ColumnElement[bool]) -> None:
    asked = select(TurnRow.turn_id).where(TurnRow.conversation_id == ConversationRow.conversation_id)
    session.execute(
        delete(ConversationRow).where(among, ~asked.exists()), execution_options={"synchronize_session": False}
    )


def _retitle(session: Session, conversation_id: str, question: str) -> None:
    row = session.get(ConversationRow, conversation_id)
    if row is None:
        return
    words = row.title.rstrip("… .").strip()
    if not words or not question.strip().startswith(words):
        return
    left = session.scalar(
        select(TurnRow.question).where(TurnRow.conversation_id == conversation_id).order_by(TurnRow.number).limit(1)
    )
    if left is not None:
        row.title = left if len(left) <= len(row.title) else left[: len(row.title) - 1].rstrip() + "…"


def _whole(session: Session, row: ConversationRow) -> dict[str, Any]:
    turns = session.scalars(
        select(TurnRow).where(TurnRow.conversation_id == row.conversation_id).order_by(TurnRow.number)
    )
    return asdict(conversation_record(row)) | {
        "turns": [
            asdict(turn_record(one))
            | {"lectures": list(one.lectures), "events": [asdict(event) for event in events_in(session, one.turn_id)]}
            for one in turns
        ]
    }


def _ensure(history: History, login: str, name: str, roles: Iterable[Role] | None) -> Person:
    with history.session() as session:
        row = session.scalar(select(PersonRow).where(PersonRow.login == login_of(login)))
        if row is None:
            row = PersonRow(person_id=uuid4().hex, login=login_of(login), name=name, created_at=now())
            session.add(row)
            session.flush()
            roles = ("student",) if roles is None else roles
        row.name = plain(name)
        if roles is not None:
            _give(session, row.person_id, roles)
        return _person(session, row)


def _give(session: Session, person_id: str, roles: Iterable[Role]) -> None:
    wanted = set(roles)
    session.get(PersonRow, person_id, with_for_update={"key_share": True})
    held = set(session.scalars(select(RoleRow.role).where(RoleRow.person_id == person_id)))
    session.execute(delete(RoleRow).where(RoleRow.person_id == person_id, RoleRow.role.in_(held - wanted)))
    session.add_all(RoleRow(person_id=person_id, role=role) for role in sorted(wanted - held))
    session.flush()


def _person(session: Session, row: PersonRow) -> Person:
    roles = session.scalars(select(RoleRow.role).where(RoleRow.person_id == row.person_id))
    return Person(row.person_id, row.login, row.name, frozenset(cast("list[Role]", list(roles))))
